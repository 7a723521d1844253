-- +goose Up

-- Times are UTC milliseconds.

-- The cards. counter is the highest that may have left the server: it is raised in the transaction before a packet is sent, and never
-- lowered.
create table ota_card (
    iccid   text    primary key,
    imsi    text    not null unique,
    key_set bigint  not null,
    legacy  boolean not null,
    keys    bytea   not null,           -- sealed, see custody.go
    counter bigint  not null,
    created bigint  not null
);

-- What is to be said to a card. It is done when the one who asked was told the end, in the same transaction.
create table ota_packet (
    id      text   primary key,
    iccid   text   not null,
    tar     bytea  not null,
    ref     text   not null,
    data    bytea  not null,
    state   text   not null,            -- waiting, flying, done
    cause   text   not null,            -- of the end; empty before
    expires bigint not null,
    due     bigint not null,            -- when it is sent, again or at all; at expires at the latest
    counter bigint not null             -- it was sent with last; 0: it never left
);
create index ota_packet_due on ota_packet (due, id) where state <> 'done';
create index ota_packet_ref on ota_packet (ref) where state <> 'done';
create index ota_packet_done on ota_packet (expires, id) where state = 'done';
-- One packet at a time is on its way to a card.
create unique index ota_packet_flying on ota_packet (iccid) where state = 'flying';

-- Each packet as it left. The primary key holds that no counter is used twice.
create table ota_sending (
    iccid   text   not null,
    counter bigint not null,
    packet  text   not null,
    command bytea  not null,
    at      bigint not null,
    primary key (iccid, counter)
);
create index ota_sending_packet on ota_sending (packet);
