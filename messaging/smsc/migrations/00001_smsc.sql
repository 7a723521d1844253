-- +goose Up

-- Times are UTC milliseconds. No table holds a number of a person.

-- What the service centre took, by its own ids: a copy that has room in one message is one segment.
create table messaging_smsc_segment (
    name    text   primary key,           -- the id in the form that receipts have it
    id      text   not null,              -- as the service centre gave it
    copy    text   not null,              -- dispatch's id of the copy
    part    bigint not null,              -- from 1
    total   bigint not null,
    source  text   not null,              -- the chatbot's address
    fate    text   not null default '',   -- of copies of several segments: what became of this one; empty: nothing yet
    expires bigint not null               -- when nobody asks about it any more
);
create index messaging_smsc_segment_copy on messaging_smsc_segment (copy);
create index messaging_smsc_segment_expires on messaging_smsc_segment (expires);

-- What is appended to the operator's base number to make a chatbot's address. It is never another's.
create table messaging_shortcode (
    chatbot   text   primary key,
    extension bigint not null unique
);

-- Messages from persons that came lately, so that one which is delivered again keeps its id. digest is keyed, over all of it.
create table messaging_smsc_heard (
    digest text   primary key,
    id     text   not null,
    at     bigint not null
);
create index messaging_smsc_heard_at on messaging_smsc_heard (at);
