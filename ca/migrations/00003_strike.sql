-- +goose Up
-- When all certificates of a blocked key were found revoked; null: the sweeper sees to it.
alter table ca_blocked_key add column struck bigint;
create index ca_blocked_key_open on ca_blocked_key (key_hash) where struck is null;

-- When the primary SIM of a tenure was last replaced.
create table ca_sim_change (
    tenure_id text primary key,
    at bigint not null
);

-- When the request was authorised; null, and not later than created, where a node of an earlier version wrote the row.
alter table ca_certificate add column authorised bigint;
