-- +goose Up
-- How many testers an agent has asked for; who they are is nowhere.
create table messaging_rbm_tester (
	chatbot text primary key,
	total bigint not null,
	day bigint not null, -- in UTC, by its first millisecond, on which an agent asked last
	today bigint not null -- of total, on that day
);
