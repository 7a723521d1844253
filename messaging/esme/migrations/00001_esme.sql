-- +goose Up

-- Times are UTC milliseconds, 0 for never.

-- Who may bind. password is a keyed digest.
create table messaging_esme (
    system_id  text   primary key,
    password   bytea  not null,
    chatbot    text   not null,
    class      text   not null,
    rcs        boolean not null,          -- rich messages first
    source     text   not null,           -- source_addr of its messages
    networks   text   not null,           -- prefixes that it binds from, JSON; empty list: any
    created    bigint not null,
    created_by text   not null,
    withdrawn  bigint not null,
    acked      bigint not null,           -- the last event of the chatbot that it was told
    due        bigint not null            -- when to tell it more; in the future while a node is at it
);

-- What was taken from them, until nobody asks about it any more. person is a keyed digest of the number it was for.
create table messaging_esme_sent (
    id         text   primary key,        -- message_id, which is the delivery's
    system_id  text   not null,
    message    text   not null,
    person     bytea  not null,
    registered bigint not null,           -- registered_delivery
    at         bigint not null,
    told       bigint not null default 0, -- message_state of the last receipt
    expires    bigint not null
);
create index messaging_esme_sent_expires on messaging_esme_sent (expires);
