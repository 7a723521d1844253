-- +goose Up
alter table est_credential add column last_used bigint;                    -- null: never; to the minute
alter table est_credential add column withdrawn_by text not null default '';
