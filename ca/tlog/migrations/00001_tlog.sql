-- +goose Up
-- The order of the log, settled here before an entry reaches the folder: index n is the n-th certificate of the register that an
-- event told of. The folder is written from it and can be made again from it.
create table tlog_entry (
    idx bigint primary key,
    certificate text not null unique,
    data bytea not null                 -- the entry as it is published: a certificate, or the SHA-256 of one
);

-- size is the number of entries; signed is the largest tree that a checkpoint was ever signed for.
create table tlog_head (
    one bigint primary key,
    size bigint not null,
    signed_size bigint not null,
    signed_root bytea not null
);
insert into tlog_head (one, size, signed_size, signed_root) values (1, 0, 0, '');

-- The one writer, and until when it is that.
create table tlog_lease (
    one bigint primary key,
    holder text not null,
    until bigint not null
);
insert into tlog_lease (one, holder, until) values (1, '', 0);
