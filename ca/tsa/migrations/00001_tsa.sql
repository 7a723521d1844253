-- +goose Up
-- One row for each time-stamping key: no token of any node has a later time than this. A node raises it before it stamps past it.
create table tsa_clock (
    signer text not null primary key,   -- SHA-256 of the public key, hex
    latest bigint not null
);
