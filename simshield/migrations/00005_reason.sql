-- +goose Up

-- Why the authority did not certify a key: its reason word; empty: it did, or was not asked.
alter table simshield_registration add column reason text not null default '';
