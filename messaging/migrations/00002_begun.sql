-- +goose Up

-- As messaging_conversation, of the copies that were begun: they may have reached the person before anybody knows that they were taken.
create table messaging_begun (
    id       text   primary key,
    chatbot  text   not null,
    tenure   text   not null,
    message  text   not null,
    delivery text   not null,
    at       bigint not null
);
create index messaging_begun_tenure on messaging_begun (tenure);
