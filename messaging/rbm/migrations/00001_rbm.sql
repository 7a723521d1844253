-- +goose Up
create table messaging_rbm_token (
	chatbot text primary key,
	serial bigint not null, -- of the client token; a chatbot without a row is at 1
	changed bigint not null
);
create table messaging_rbm_file (
	id text primary key,
	chatbot text not null,
	url text not null,
	thumbnail text not null, -- a URL, or empty
	created bigint not null
);
create index messaging_rbm_file_created on messaging_rbm_file (created);
create index messaging_rbm_file_chatbot on messaging_rbm_file (chatbot);
