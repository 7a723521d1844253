-- +goose Up

-- Times are UTC milliseconds.

-- The cards. counter is the highest that may have left the server: it is raised in the transaction before a packet is sent, and never
-- lowered. flight is the packet on its way, empty where there is none.
create table ota_card (
    iccid   text    primary key,
    imsi    text    not null unique,
    key_set bigint  not null,
    legacy  boolean not null,
    keys    bytea   not null,           -- sealed, see custody.go
    counter bigint  not null,
    flight  text    not null,
    created bigint  not null
);
create index ota_card_flight on ota_card (flight) where flight <> '';

-- What is to be said to a card. It is done when the one who asked was told the end, in the same transaction.
create table ota_packet (
    id       text   primary key,
    iccid    text   not null,
    tar      bytea  not null,
    ref      text   not null,
    data     bytea  not null,
    state    text   not null,           -- queued, sending, sent, done
    cause    text   not null,           -- of the end; empty before
    created  bigint not null,
    expires  bigint not null,
    due      bigint not null,           -- when to look at it again
    sendings bigint not null
);
create index ota_packet_due on ota_packet (due) where state <> 'done';
create index ota_packet_card on ota_packet (iccid) where state <> 'done';
create index ota_packet_ref on ota_packet (ref);

-- Each packet as it left. The primary key holds that no counter is used twice.
create table ota_sending (
    iccid   text   not null,
    counter bigint not null,
    packet  text   not null,
    command bytea  not null,
    at      bigint not null,
    primary key (iccid, counter)
);
