-- +goose Up

-- Segments of long messages, until all are there. digest is keyed, over both addresses and the reference; at is UTC milliseconds.
create table messaging_part (
    digest text   not null,
    part   bigint not null,
    coding bigint not null,
    body   bytea  not null,
    at     bigint not null,
    primary key (digest, part)
);
create index messaging_part_at on messaging_part (at);
