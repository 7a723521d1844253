-- +goose Up
create table sqldb_heartbeat (
    beats bigint not null
);
insert into sqldb_heartbeat (beats) values (0);
