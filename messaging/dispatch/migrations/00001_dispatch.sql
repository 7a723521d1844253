-- +goose Up

-- Times are UTC milliseconds.

-- What is sent, once for all its recipients.
create table dispatch_message (
    id         text   primary key,
    chatbot    text   not null,
    class      text   not null,
    sim_window bigint not null,           -- milliseconds; 0: none
    route      text   not null,           -- the steps without their content, see route.go
    expires    bigint not null
);
create index dispatch_message_expires on dispatch_message (expires);

create table dispatch_step (
    message      text   not null,
    step         bigint not null,
    channel      text   not null,
    content_type text   not null,
    payload      bytea  not null,
    primary key (message, step)
);

-- One row per message and recipient: where it stands (position.go), and when it is looked at again.
create table dispatch_delivery (
    id        text    primary key,
    message   text    not null,
    tenure    text    not null,
    name      text    not null,           -- the sender's own for the recipient
    channel   text    not null,           -- whose bearer is concerned next, or was last
    urgent    boolean not null,
    place     bigint  not null,           -- among the recipients of the message
    queued    bigint  not null,           -- since when it waits for its step
    due       bigint  not null,           -- 2^62 once it has ended
    expires   bigint  not null,
    changed   bigint  not null,
    phase     text    not null default 'waiting',
    state     text    not null default 'queued',
    reason    text    not null default '',
    step      bigint  not null default 0,
    attempt   bigint  not null default 0, -- the newest copy, written before the bearer is given it
    via       bigint  not null default 0,
    live      boolean not null default false,
    doubted   bigint  not null default 0,
    doubt_via bigint  not null default 0,
    halt      text    not null default '',
    duplicate boolean not null default false,
    tries     bigint  not null default 0,
    claims    bigint  not null default 0, -- counts the leases, so that one which ran out is known by its number
    revoking  boolean not null default false
);
create unique index dispatch_delivery_recipient on dispatch_delivery (message, tenure);
-- The condition is on due alone, so that a row whose due time stays can change in place on PostgreSQL.
create index dispatch_delivery_due on dispatch_delivery (channel, urgent, due, place) where due < 4611686018427387904;

-- The copies that a bearer has given a reference.
create table dispatch_sent (
    delivery text   not null,
    attempt  bigint not null,
    bearer   text   not null,
    channel  text   not null,
    ref      text   not null,
    at       bigint not null,
    primary key (delivery, attempt)
);
create index dispatch_sent_ref on dispatch_sent (bearer, ref);

-- Reports that came before the reference they are about was known.
create table dispatch_early (
    bearer   text   not null,
    ref      text   not null,
    fate     text   not null,
    reason   text   not null,
    at       bigint not null,
    received bigint not null,
    primary key (bearer, ref, fate)
);
