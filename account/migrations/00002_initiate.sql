-- +goose Up
alter table account_app add column initiate_login_uri text not null default '';
