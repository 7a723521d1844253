-- +goose Up
alter table acme_eab add column withdrawn bigint;                          -- null: it binds accounts
alter table acme_eab add column withdrawn_by text not null default '';
create index acme_account_eab on acme_account (eab);
