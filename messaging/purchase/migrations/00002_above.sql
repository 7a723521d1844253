-- +goose Up
alter table messaging_purchase add column sim_above text not null default ''; -- the amount above which the SIM confirms; empty: it always does
-- Of what was asked before it is known only that a button could confirm it.
update messaging_purchase set sim_above = amount where not needs_sim and ended = 0;
