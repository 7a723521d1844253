-- +goose Up
-- The bytes to be signed of every certificate, committed before the signature. The row never changes: what became of it is in
-- ca_outcome and ca_revocation.
create table ca_certificate (
    id text primary key,                -- issuer, dot, serial number in hexadecimal: unique per issuer
    issuer text not null,
    profile text not null,
    name text not null,                 -- common name or first DNS name, for searches
    names text not null,                -- subject and alternative names, JSON
    tenure_id text not null,
    relying_party text not null,
    requester text not null,
    not_before bigint not null,
    not_after bigint not null,
    shard bigint not null,
    key_hash text not null,             -- SHA-256 of the SubjectPublicKeyInfo, hexadecimal
    tbs bytea not null,
    created bigint not null
);
create index ca_certificate_created on ca_certificate (created, id);
create index ca_certificate_profile on ca_certificate (profile, not_after, id);
create index ca_certificate_name on ca_certificate (name);
create index ca_certificate_tenure on ca_certificate (tenure_id) where tenure_id <> '';
create index ca_certificate_key on ca_certificate (key_hash);

-- How the signing ended: with a signature, or abandoned (null). The first row for an id is the only one.
create table ca_outcome (
    id text primary key,
    signature bytea,
    at bigint not null
);

-- Everything created up to here has an outcome.
create table ca_swept (
    one bigint primary key check (one = 1),
    through bigint not null
);
insert into ca_swept (one, through) values (1, 0);

create table ca_revocation (
    id text primary key,
    issuer text not null,
    shard bigint not null,
    serial bytea not null,
    at bigint not null,
    reason bigint not null,             -- RFC 5280 CRLReason; 8: released from hold
    revoked_by text not null,
    expires bigint not null,
    change bigint not null
);
create index ca_revocation_shard on ca_revocation (issuer, shard, change);

create table ca_shard (
    issuer text not null,
    shard bigint not null,
    change bigint not null,
    primary key (issuer, shard)
);

create table ca_blocked_key (
    key_hash text primary key,
    cause text not null,                -- the certificate whose key was compromised, or who says so
    at bigint not null
);

create table ca_ended_tenure (
    tenure_id text primary key,
    at bigint not null
);

create table ca_spent_token (
    id text primary key,
    certificate text not null,
    at bigint not null
);

create table ca_request (
    request_key text primary key,
    digest bytea not null,
    certificate text not null
);

-- A chain: hash covers the entry and the hash before it.
create table ca_audit (
    seq bigint primary key,
    at bigint not null,
    kind text not null,
    subject text not null,
    detail text not null,
    hash bytea not null
);
create table ca_audit_head (
    one bigint primary key check (one = 1),
    size bigint not null,
    hash bytea not null
);
insert into ca_audit_head (one, size, hash) values (1, 0, '');

create table ca_bulk (
    id text primary key,
    query text not null,
    reason bigint not null,
    requested_by text not null,
    total bigint not null,
    done bigint not null,
    cursor_created bigint not null,
    cursor_id text not null,
    started bigint not null,
    updated bigint not null,
    finished bigint,
    lease bigint not null
);
create index ca_bulk_open on ca_bulk (lease) where finished is null;
