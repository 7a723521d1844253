-- +goose Up
create table est_credential (
    id text primary key,                -- the user name
    secret bytea not null,              -- SHA-256 of the password
    profile text not null,
    names text not null,                -- JSON: the names its certificates may have, each with all below it; "*": any
    subject text not null,              -- JSON: the subject beside the common name
    created bigint not null,
    created_by text not null,
    withdrawn bigint                    -- null: it is in use
);
