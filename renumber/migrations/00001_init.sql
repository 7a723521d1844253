-- +goose Up

-- One holder's unbroken holding of one number, half-open [opened, closed). Times are UTC milliseconds; the recorded ones say when
-- this system learned of it. seq counts what happened to the tenure.
create table renumber_tenure (
    id              text    primary key,
    number          text    not null,
    holder          text    not null,
    organisation    boolean not null,
    named_user      text    not null,
    opened          bigint  not null,
    opened_by       text    not null,
    opened_recorded bigint  not null,
    closed          bigint,
    closed_by       text    not null,
    closed_recorded bigint,
    out_of_sight    boolean not null,
    suspended       boolean not null,
    device          text    not null,
    device_since    bigint,
    seq             bigint  not null,
    check (closed is null or closed >= opened)
);

create unique index renumber_tenure_open on renumber_tenure (number) where closed is null;
create index renumber_tenure_number on renumber_tenure (number, opened);

-- The dated set of SIMs; a SIM ends with its tenure at the latest.
create table renumber_sim (
    tenure         text    not null references renumber_tenure (id),
    seq            bigint  not null,
    iccid          text    not null,
    imsi           text    not null,
    is_primary     boolean not null,
    since          bigint  not null,
    recorded       bigint  not null,
    until          bigint,
    until_recorded bigint,
    primary key (tenure, seq),
    check (until is null or until >= since)
);

create unique index renumber_sim_primary on renumber_sim (tenure) where is_primary and until is null;

-- Dated facts that open and close nothing: suspension, porting, devices.
create table renumber_fact (
    tenure    text   not null references renumber_tenure (id),
    seq       bigint not null,
    kind      text   not null,
    value     text   not null,
    effective bigint not null,
    recorded  bigint not null,
    primary key (tenure, seq)
);

-- The events that were applied, so that each is applied once.
create table renumber_feed (
    source   text   not null,
    seq      bigint not null,
    digest   bytea  not null,
    tenure   text   not null,
    recorded bigint not null,
    primary key (source, seq)
);
