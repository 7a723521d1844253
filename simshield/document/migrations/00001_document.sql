-- +goose Up

-- Documents that parties ordered. What is kept of one (head, content, digest, signed) is emptied when its day is over, or when the party
-- removes it; the row stays, so that an order is never carried out twice. Times are UTC milliseconds.
create table document (
    id        text   primary key,
    party     text   not null,
    ref       text   not null,              -- the party's own id
    digest    bytea  not null,              -- of the order: the same ref with another is refused
    format    text   not null,              -- cades, jades, pades
    title     text   not null,
    key       text   not null,              -- simshield's id of the key that it was prepared for
    hash      bytea  not null,              -- what the card is asked to sign
    algorithm text   not null,              -- of hash
    head      bytea  not null,              -- signed attributes, or protected header
    content   bytea  not null,              -- the document, of a PDF the one with room for the signature; empty: elsewhere
    sum       bytea  not null,              -- of the document, where a message is made without it
    gap_start bigint not null,              -- the room in a PDF
    gap_end   bigint not null,
    txn       text   not null,              -- simshield's id; empty: the card was not asked yet
    signed    bytea  not null,              -- the signed document; empty: not yet
    octets    bigint not null,              -- kept; 0: removed
    created   bigint not null
);
create unique index document_ref on document (party, ref);
create index document_txn on document (txn) where txn <> '';
create index document_kept on document (party) where octets > 0;
create index document_created on document (created) where octets > 0;
