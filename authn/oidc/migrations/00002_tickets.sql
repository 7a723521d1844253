-- +goose Up
-- One row per link that logs one person in once. The id is a hash of the ticket. Times are UTC milliseconds.
create table oidc_tickets (
    id           text   not null primary key,
    client       text   not null, -- who had it made, under which reference of its own
    ref          text   not null,
    tenure       text   not null,
    app          text   not null,
    target       text   not null,
    expires      bigint not null,
    asked_at     bigint,          -- when a code was asked for, in which browser, on which SIM, and the prompt on the phone
    browser      bytea,
    sim_recorded bigint,
    prompt       text   not null default '',
    tries        bigint not null default 0,
    proven_at    bigint,          -- when the right code was typed in
    spent_at     bigint
);

create unique index oidc_tickets_ref on oidc_tickets (client, ref);
create index oidc_tickets_expires on oidc_tickets (expires);
create index oidc_tickets_asked on oidc_tickets (tenure, asked_at);
