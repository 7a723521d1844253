-- +goose Up
create index ca_spent_token_at on ca_spent_token (at);

-- When a request key was used; null, and never pruned, where a node of an earlier version wrote the row beside newer ones.
alter table ca_request add column at bigint;
update ca_request set at = (select c.created from ca_certificate c where c.id = ca_request.certificate);
create index ca_request_at on ca_request (at);
