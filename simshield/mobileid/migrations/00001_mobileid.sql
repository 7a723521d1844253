-- +goose Up

-- Sessions. One that was refused has a result; the others are as their transaction is. Times are UTC milliseconds.
create table mobileid_session (
    id          text   primary key,
    party       text   not null,
    kind        text   not null,            -- login, document
    hash        text   not null,
    txn         text   not null,            -- simshield's id; empty: refused
    result      text   not null,            -- empty: as the transaction
    created     bigint not null
);
create index mobileid_session_created on mobileid_session (created);
