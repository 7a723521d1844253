-- +goose Up
-- The published CRL of every shard. A publication replaces the row it was made after, by its number, so numbers only rise
-- whatever nodes publish.
create table status_crl (
    issuer text not null,
    shard bigint not null,
    number bigint not null,             -- CRLNumber
    change bigint not null,             -- the shard's counter in ca's register that the list contains
    this_update bigint not null,
    next_update bigint not null,
    der bytea not null,
    primary key (issuer, shard)
);
