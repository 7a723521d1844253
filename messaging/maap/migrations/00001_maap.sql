-- +goose Up

-- Times are UTC milliseconds. No table holds a number of a person or a word of a message.

-- Copies by the ids that they have at platforms, written before they are handed over.
create table messaging_maap_copy (
    id      text   primary key,     -- at the platform: a UUID made of the copy's own id
    account text   not null,        -- which it was handed to; empty: to nobody, and never will be
    copy    text   not null,        -- dispatch's id of the copy
    ends    bigint not null,        -- when the platform takes it back by itself; 0: it does not
    expires bigint not null         -- when nobody asks about it any more
);
create index messaging_maap_copy_expires on messaging_maap_copy (expires);

-- The nonces of callbacks whose bodies are not signed, each with a keyed digest of the one request that it was used for.
create table messaging_maap_nonce (
    account text   not null,
    nonce   text   not null,
    digest  bytea  not null,
    at      bigint not null,
    primary key (account, nonce)
);
create index messaging_maap_nonce_at on messaging_maap_nonce (at);
