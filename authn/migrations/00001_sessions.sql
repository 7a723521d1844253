-- +goose Up

-- Times are UTC milliseconds, 0 for never. Those of sessions and claims are event times. Rows are merged by least and greatest
-- values only, so records may come in any order, any number of times, on any number of servers.

-- The gateways. Sessions that opened before cleared are over (Accounting-On, Accounting-Off). listened is the listener's heartbeat;
-- gap is the end of its last absence that was longer than horizon.
create table authn_nas (
    nas      text   primary key,
    cleared  bigint not null,
    gap      bigint not null,
    listened bigint not null,
    horizon  bigint not null
);

-- Accounting sessions: the latest Start, the latest Start or Interim-Update, the latest of those that was quarantined, the latest
-- Stop. A Stop may come first.
create table authn_session (
    nas     text   not null,
    sid     text   not null,
    started bigint not null,
    heard   bigint not null,
    unsure  bigint not null,
    stopped bigint not null,
    primary key (nas, sid)
);

-- What a session named as its own: an address, or a range of its ports. Without a tenure it comes from a quarantined record.
-- Only columns outside the key change, so that PostgreSQL updates rows in place.
create table authn_claim (
    place    text   not null,
    low      bigint not null,
    high     bigint not null,
    nas      text   not null,
    sid      text   not null,
    tenure   text   not null,
    imsi     text   not null,
    since    bigint not null,
    last     bigint not null,
    released bigint not null,
    primary key (place, low, high, nas, sid, tenure, imsi)
);

-- Records that could not be attributed; those of one session that say the same are one row, with the first event and the last
-- arrival.
create table authn_quarantine (
    id       text   primary key,
    reason   text   not null,
    nas      text   not null,
    realm    text   not null,
    sid      text   not null,
    what     text   not null,
    number   text   not null,
    imsi     text   not null,
    imeisv   text   not null,
    places   text   not null,
    at       bigint not null,
    received bigint not null
);

create index authn_quarantine_number on authn_quarantine (number, received);
create index authn_quarantine_received on authn_quarantine (received);

-- When a record about the number last went into quarantine.
create table authn_doubt (
    number text   primary key,
    at     bigint not null
);

-- Enrichment assertions that were used; winner names the attempt that used it.
create table authn_assertion (
    id      text   primary key,
    winner  text   not null,
    expires bigint not null
);

create index authn_assertion_expires on authn_assertion (expires);
