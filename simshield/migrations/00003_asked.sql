-- +goose Up

-- How often a party asks a card: in its last minute, and in the last hour in which a question was not signed.
create table simshield_asked (
    party    text   not null,
    iccid    text   not null,
    minute   bigint not null,               -- since 1970; 0: none
    count    bigint not null,
    hour     bigint not null,               -- since 1970; 0: none
    unheeded bigint not null,
    primary key (party, iccid)
);

-- What is older than any limit looks at is forgotten.
create index simshield_sum_day on simshield_sum (day);
