-- +goose Up

-- The last number given in each chatbot's log. Its row orders the writers.
create table messaging_event_head (
    chatbot text   primary key,
    seq     bigint not null
);

create table messaging_event (
    chatbot text   not null,
    seq     bigint not null,
    id      text   not null,
    type    text   not null,
    at      bigint not null,           -- when it happened, UTC milliseconds
    data    text   not null,           -- a JSON object
    written bigint not null,           -- when it came into the log, from when on it is kept
    primary key (chatbot, seq)
);
create index messaging_event_age on messaging_event (written);

-- Where a chatbot's events are sent to.
create table messaging_webhook (
    chatbot  text   not null,
    kind     text   not null,          -- the form that the receiver speaks
    url      text   not null,
    acked    bigint not null,          -- the last event acknowledged
    due      bigint not null,          -- when to try next; in the future while somebody is at it
    failures bigint not null,          -- in a row
    changed  bigint not null,
    primary key (chatbot, kind)
);
create index messaging_webhook_due on messaging_webhook (due);
