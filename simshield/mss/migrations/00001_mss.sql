-- +goose Up

-- Transactions of this face, by simshield's id, with what it takes to answer for them. Times are UTC milliseconds.
create table mss_transaction (
    id       text   primary key,
    party    text   not null,
    trans_id text   not null,               -- AP_TransID
    ap_id    text   not null,
    msisdn   text   not null,               -- as the application wrote it
    profile  text   not null,
    format   text   not null,
    data     bytea  not null,               -- to be signed
    url      text   not null,               -- AP_URL, where the end is told; empty: nowhere
    soap     bigint not null,               -- 1: in SOAP
    major    text   not null,
    minor    text   not null,
    created  bigint not null,
    due      bigint not null,               -- when it is told, or looked at again; 0: not any more
    tries    bigint not null
);
create index mss_transaction_due on mss_transaction (due) where due > 0;
