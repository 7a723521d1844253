-- +goose Up

-- One chatbot's standing with one tenure. number_hash is keyed, over chatbot and number. Times are UTC milliseconds. Without a basis
-- there never was an opt-in, and obtained and recorded are 0. seq counts the changes.
create table messaging_optin (
    tenure      text   not null,
    chatbot     text   not null,
    number_hash text   not null,
    state       text   not null,
    basis       text   not null,
    obtained    bigint not null,
    evidence    text   not null,
    recorded    bigint not null,
    changed     bigint not null,
    seq         bigint not null,
    over        bigint not null default 0, -- when the end of the tenure was told; 0: it is not
    primary key (tenure, chatbot)
);
create index messaging_optin_hash on messaging_optin (number_hash);
create index messaging_optin_over on messaging_optin (over) where over > 0;

-- What has happened about one chatbot and number. Its row is what changes wait for. told is when the chatbot was told that the
-- recipient had changed; 0: never.
create table messaging_optin_number (
    number_hash text   primary key,
    told        bigint not null
);
create index messaging_optin_number_told on messaging_optin_number (told);

-- The record of changes.
create table messaging_optin_change (
    tenure   text   not null,
    chatbot  text   not null,
    seq      bigint not null,
    action   text   not null,
    at       bigint not null,
    client   text   not null,
    basis    text   not null,
    obtained bigint not null,
    evidence text   not null,
    primary key (tenure, chatbot, seq)
);
create index messaging_optin_change_time on messaging_optin_change (chatbot, at, tenure, seq);
create index messaging_optin_change_age on messaging_optin_change (at);

-- What a chatbot has used of its limits on a day, counted from 1970-01-01 (UTC).
create table messaging_optin_day (
    chatbot  text   not null,
    day      bigint not null,
    renewals bigint not null,
    changes  bigint not null,             -- numbers of which it was told that the recipient had changed
    primary key (chatbot, day)
);
create index messaging_optin_day_age on messaging_optin_day (day);
