-- +goose Up
alter table messaging_purchase add column sim_above text not null default ''; -- the amount above which the SIM confirms; empty: it always does
