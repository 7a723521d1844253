-- +goose Up

-- Times are UTC milliseconds.

-- Which apps a chatbot may open, and where they are.
create table messaging_onetap_app (
    chatbot    text   not null,
    client     text   not null,          -- client_id of the app
    name       text   not null,          -- as persons know it
    origin     text   not null,
    allowed    bigint not null,
    allowed_by text   not null,
    primary key (chatbot, client)
);

-- What the links of a message lead to, once for all its recipients.
create table messaging_onetap_login (
    message text   not null,
    place   bigint not null,             -- in the request, from 0
    client  text   not null,
    url     text   not null,
    expires bigint not null,
    primary key (message, place)
);
create index messaging_onetap_login_expires on messaging_onetap_login (expires);

-- Links that their sender took back.
create table messaging_onetap_revoked (
    message  text   not null,
    delivery text   not null,            -- empty: all of the message
    expires  bigint not null,
    primary key (message, delivery)
);
create index messaging_onetap_revoked_expires on messaging_onetap_revoked (expires);
