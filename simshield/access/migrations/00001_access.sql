-- +goose Up

-- By what applications are known on the faces that have names and secrets of their own. Times are UTC milliseconds, 0 for never.
create table simshield_access (
    face        text   not null,            -- mobile-id, mss
    folded      text   not null,            -- the name in lower case
    name        text   not null,
    secret      bytea  not null,            -- SHA-256
    application text   not null,
    networks    text   not null,            -- prefixes that the application calls from, JSON; empty list: any
    created     bigint not null,
    created_by  text   not null,
    withdrawn   bigint not null,
    primary key (face, folded)
);
