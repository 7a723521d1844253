-- +goose Up
-- External accounts. Their keys are derived from the kid and never stored.
create table acme_eab (
    kid text primary key,
    profile text not null,
    names text not null,                -- JSON: what its accounts may order, a name with all below it; empty: any
    created bigint not null,
    created_by text not null
);

create table acme_account (
    id text primary key,
    eab text not null,
    thumbprint text not null,           -- RFC 7638; moves with a key change
    jwk text not null,
    contact text not null,              -- JSON
    status text not null,               -- valid, deactivated
    created bigint not null
);
create unique index acme_account_key on acme_account (thumbprint);

-- status: pending, ready, processing, valid, invalid; only ever in this direction.
create table acme_order (
    id text primary key,
    account text not null,
    profile text not null,
    names text not null,                -- JSON, sorted
    status text not null,
    error text not null,                -- JSON problem of an invalid order
    csr bytea,                          -- from processing on
    certificate text not null,          -- ca's id, once valid
    replaces text not null,             -- ca's id of the certificate this one renews (RFC 9773)
    claimed bigint not null,            -- when a node last took up the issuance
    expires bigint not null,
    created bigint not null
);
create index acme_order_account on acme_order (account, created, id);
create index acme_order_certificate on acme_order (certificate) where certificate <> '';
create index acme_order_processing on acme_order (claimed) where status = 'processing';
create unique index acme_order_replaces on acme_order (replaces) where replaces <> '' and status <> 'invalid';

-- status: pending, then valid, invalid or deactivated; valid, then deactivated.
create table acme_authorization (
    id text primary key,
    order_id text not null,
    account text not null,
    name text not null,                 -- without the asterisk
    wildcard boolean not null,
    status text not null,
    expires bigint not null
);
create index acme_authorization_order on acme_authorization (order_id, name);
create index acme_authorization_account on acme_authorization (account, status, name);

-- status: pending, processing, then valid or invalid.
create table acme_challenge (
    id text primary key,
    authorization_id text not null,
    type text not null,
    token text not null,
    status text not null,
    error text not null,                -- JSON problem of an invalid challenge
    validated bigint not null,
    claimed bigint not null             -- when a node last began to look
);
create index acme_challenge_authorization on acme_challenge (authorization_id, type);
create index acme_challenge_processing on acme_challenge (claimed) where status = 'processing';

-- Spent nonces, until they would be too old anyway.
create table acme_nonce (
    nonce text primary key,
    expires bigint not null
);
create index acme_nonce_expires on acme_nonce (expires);
