-- +goose Up

-- Times are UTC milliseconds.

-- Chatbots that may use the interface. app_key is SHA-256, token that of the access token, in hexadecimal; empty: none.
create table messaging_csp_account (
    chatbot    text   primary key,
    service_id text   not null unique,    -- its sip URI
    client     text   not null,           -- that sends for it
    app_id     text   not null unique,
    app_key    bytea  not null,
    serial     bigint not null,           -- of the token that signs callbacks
    token      text   not null,
    expires    bigint not null,           -- of the access token
    day        bigint not null,           -- when the day began that issued counts access tokens of
    issued     bigint not null,
    changed    bigint not null,
    changed_by text   not null
);
create index messaging_csp_account_token on messaging_csp_account (token);

-- What was taken from them, until nobody asks about it any more.
create table messaging_csp_sent (
    message      text   primary key,
    message_id   text   not null,         -- the chatbot's own
    conversation text   not null,
    contribution text   not null,
    reports      text   not null,         -- statuses that it wants, with a space between two
    expires      bigint not null
);
create index messaging_csp_sent_expires on messaging_csp_sent (expires);

-- Deliveries that were asked back, until the chatbot was told how that ended.
create table messaging_csp_revocation (
    delivery text   primary key,
    expires  bigint not null
);
create index messaging_csp_revocation_expires on messaging_csp_revocation (expires);
