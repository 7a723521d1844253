-- +goose Up

-- Amounts are whole units: hundredths of a currency, or KB or MB of data. Times are UTC milliseconds, 0 for never.

-- What the operator holds for a chatbot, by unit.
create table messaging_redenvelope_account (
    id      text   primary key,           -- the chatbot's id, a stroke and the unit
    balance bigint not null,
    check (balance >= 0)
);

create table messaging_redenvelope_campaign (
    id          text   primary key,
    chatbot     text   not null,
    request     text   not null,          -- the client's key
    digest      bytea  not null,          -- of the request
    kind        text   not null,          -- money, data
    unit        text   not null,          -- CNY …, KB, MB
    budget      bigint not null,
    shares      bigint not null,
    split       text   not null,          -- fixed, random
    min_days    bigint not null,          -- rules; 0: none
    sim_days    bigint not null,
    per_device  bigint not null,
    greeting    text   not null,
    language    text   not null,
    created     bigint not null,
    expires     bigint not null,
    ended       bigint not null,          -- when the rest went back
    given       bigint not null,          -- shares
    left_amount bigint not null,
    refunded    bigint not null,
    unique (chatbot, request),
    check (budget >= shares and shares > 0),
    check (given between 0 and shares),
    check (ended > 0 or left_amount >= shares - given),
    check (left_amount >= 0 and (given < shares or left_amount = 0))
);
create index messaging_redenvelope_campaign_open on messaging_redenvelope_campaign (expires) where ended = 0;

-- The ledger: every row moves an amount from one account to another, so debits are credits at every moment. The id is a digest of debit,
-- credit and ref, which has each happen once:
--   operator/UNIT → BOT/UNIT    the operator funds a chatbot; ref is the key of the request
--   BOT/UNIT → env_…            a budget is set aside
--   env_… → ten_…               a share is claimed, the first of them with number 1
--   env_… → BOT/UNIT            the rest goes back
-- A digest is a third of the three in length, and with it the index that every share is looked up and inserted in, at random places.
create table messaging_redenvelope_entry (
    id     text   primary key,
    debit  text   not null,
    credit text   not null,
    ref    text   not null,
    amount bigint not null,
    number bigint not null,               -- of a share in its campaign; 0: no share
    at     bigint not null,
    check (amount > 0)
);
create unique index messaging_redenvelope_entry_number on messaging_redenvelope_entry (debit, number) where number > 0;

-- How far the operator's systems were told of a campaign's shares, in the order of their numbers; gone when they were told all there are.
create table messaging_redenvelope_fulfilment (
    campaign text   primary key,
    told     bigint not null,
    due      bigint not null,             -- in the future while a node is at it
    failures bigint not null              -- in a row
);
create index messaging_redenvelope_fulfilment_due on messaging_redenvelope_fulfilment (due);
