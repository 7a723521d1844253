-- +goose Up
-- One row per authorization at /authorize. Times are UTC milliseconds. used_at marks the code as redeemed, spent_at the one call
-- of a number-verification token; both stay until expires, when the last token of the grant has expired.
create table oidc_grants (
    id           text not null primary key,
    code_hash    bytea not null,
    client       text not null,
    redirect     text not null,
    challenge    text not null,
    nonce        text not null,
    scope        text not null,
    tenure       text not null,
    account      text not null,
    subject      text not null,
    session      text not null,
    imsi         text not null,
    method       text not null,
    sim_recorded bigint not null,
    auth_time    bigint not null,
    issued       bigint not null,
    code_expires bigint not null,
    expires      bigint not null,
    used_at      bigint,
    spent_at     bigint,
    revoked_at   bigint
);

create index oidc_grants_expires on oidc_grants (expires);

-- What is not accepted again, until it expires by itself: client assertions that were used, 2-legged tokens that were revoked.
create table oidc_burnt (
    id      text not null primary key,
    expires bigint not null
);

create index oidc_burnt_expires on oidc_burnt (expires);

-- A consent page that was shown and not yet answered.
create table oidc_prompts (
    id        text not null primary key,
    cookie    bytea not null,
    request   text not null,
    tenure    text not null,
    session   text not null,
    expires   bigint not null,
    used_at   bigint
);

create index oidc_prompts_expires on oidc_prompts (expires);
