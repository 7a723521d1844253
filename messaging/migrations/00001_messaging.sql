-- +goose Up

-- Messages, once for all their recipients. Times are UTC milliseconds.
create table messaging_message (
    id       text   primary key,
    chatbot  text   not null,
    client   text   not null,
    request  text   not null,            -- the client's key; the message's id where there was none
    digest   bytea  not null,            -- of the request, keyed
    class    text   not null,
    content  text   not null,            -- as the sender wrote it, JSON
    language text   not null,
    answers  text   not null,            -- what can be typed on channels without buttons, JSON
    refused  text   not null,            -- reasons by place of those who get none, JSON
    total    bigint not null,            -- recipients, the refused ones too
    created  bigint not null,
    expires  bigint not null,
    unique (chatbot, request)
);
create index messaging_message_expires on messaging_message (expires);

-- What short links lead to: the message's page, or a URL in it.
create table messaging_link (
    code    text   primary key,
    message text   not null,
    url     text   not null,             -- empty: the page
    expires bigint not null
);
create index messaging_link_expires on messaging_link (expires);

-- Who talks with whom, and what a typed answer refers to.
create table messaging_conversation (
    id       text   primary key,
    chatbot  text   not null,
    tenure   text   not null,
    message  text   not null,            -- the last one with answers to type; empty: none
    delivery text   not null,
    at       bigint not null             -- of that
);
create index messaging_conversation_tenure on messaging_conversation (tenure);

-- Tenures that ended lately: their conversations go with them.
create table messaging_ended (
    tenure text   primary key,
    at     bigint not null
);
create index messaging_ended_at on messaging_ended (at);

-- What came in, by the bearer's ids, so that a repetition changes nothing.
create table messaging_inbound (
    id text   primary key,
    at bigint not null
);
create index messaging_inbound_at on messaging_inbound (at);

create table messaging_file (
    id           text   primary key,
    chatbot      text   not null,
    content_type text   not null,
    data         bytea  not null,
    created      bigint not null
);
create index messaging_file_created on messaging_file (created);
create index messaging_file_chatbot on messaging_file (chatbot);
