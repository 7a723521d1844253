-- +goose Up

-- Access tokens at platforms where each new one ends the former: all nodes use the same.
create table messaging_maap_token (
    account text   primary key,
    sealed  bytea  not null,          -- AES-GCM, under a key that is not in the store
    fresh   bigint not null           -- until when it is used
);
