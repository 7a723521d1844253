-- +goose Up

-- Times are UTC milliseconds, 0 for never.

-- Whose requests a chatbot may carry.
create table messaging_purchase_party (
    chatbot    text   not null,
    party      text   not null,
    created    bigint not null,
    created_by text   not null,
    primary key (chatbot, party)
);

-- Purchases that a person was asked about. Each ends once, with one result.
create table messaging_purchase (
    id             text    primary key,
    chatbot        text    not null,
    party          text    not null,
    ref            text    not null,          -- the party's own id: its order
    digest         bytea   not null,          -- of what was asked: the same order with another is refused
    claims         bytea   not null,          -- digest of the request's claims, which names the transaction on the SIM
    request        text    not null,          -- as the party signed it; empty after the end
    request_sha256 bytea   not null,
    tenure         text    not null,          -- who was asked, and alone may answer
    sim_since      bigint  not null,          -- since when the SIM that was asked serves
    amount         text    not null,
    currency       text    not null,
    needs_sim      boolean not null,          -- a button alone does not confirm it
    message        text    not null,          -- the notice; empty while it is not sent
    state          text    not null,          -- asked, starting, signing, confirmed, denied, expired, failed
    method         text    not null,          -- button, sim, text; empty: no answer by the person
    cause          text    not null,
    stop           boolean not null,          -- the SIM is to be asked no more
    txn            text    not null,          -- on the SIM; empty: none
    result         text    not null,          -- signed; empty before the end
    created        bigint  not null,
    expires        bigint  not null,
    ended          bigint  not null,
    due            bigint  not null           -- when to look at it next; while a node is at it, when its claim ends
);
create unique index messaging_purchase_ref on messaging_purchase (party, ref);
create index messaging_purchase_due on messaging_purchase (due) where ended = 0;
create index messaging_purchase_tenure on messaging_purchase (tenure) where ended = 0;
create index messaging_purchase_ended on messaging_purchase (ended) where ended > 0;
