-- +goose Up
create table account_app (
    id            text   not null primary key,
    name          text   not null,
    auth          text   not null,
    profile       text   not null,
    sector        text   not null,
    redirect_uris text   not null, -- JSON array
    scopes        text   not null, -- JSON array
    legal_bases   text   not null, -- JSON object, purpose to basis
    credentials   text   not null, -- JSON array: SHA-256 of secrets, public keys, each with its end
    registered    bigint not null,
    suspended     bigint
);

-- Tenures that are over: whatever commits after its row here is refused.
create table account_ended (
    tenure   text   not null primary key,
    recorded bigint not null
);

create table account (
    id       text    not null primary key,
    tenure   text    not null, -- where it stands now
    since    bigint  not null, -- when it came to that tenure
    opened   bigint  not null,
    closed   bigint,
    cause    text,
    disputed boolean not null default false
);
create unique index account_open on account (tenure) where closed is null;
create index account_tenure on account (tenure);

create table account_link (
    id       text    not null primary key,
    account  text    not null references account (id),
    tenure   text    not null,
    app      text    not null,
    opened   bigint  not null,
    closed   bigint,
    disputed boolean not null default false
);
create unique index account_link_open on account_link (tenure, app) where closed is null;
create index account_link_tenure on account_link (tenure);
create index account_link_account on account_link (account);

-- One row a scope; the rows of one act of consent share its id.
create table account_consent (
    act       text    not null,
    tenure    text    not null,
    app       text    not null,
    purpose   text    not null, -- dpv:X or empty
    scope     text    not null,
    given     bigint  not null,
    withdrawn bigint,
    disputed  boolean not null default false,
    primary key (act, scope)
);
create unique index account_consent_open on account_consent (tenure, app, purpose, scope) where withdrawn is null;
create index account_consent_tenure on account_consent (tenure);

create table account_move (
    id          text    not null primary key,
    ticket      bytea   not null unique, -- SHA-256
    account     text    not null references account (id),
    from_tenure text    not null,
    to_tenure   text,
    started     bigint  not null,
    expires     bigint  not null,
    redeemed    bigint,
    disputed    boolean not null default false
);
create index account_move_account on account_move (account);
create index account_move_from on account_move (from_tenure);

-- One row: a keyed hash that tells which subject key the accounts are used with.
create table account_subject_key (
    id   bigint not null primary key check (id = 1),
    mark bytea  not null
);
