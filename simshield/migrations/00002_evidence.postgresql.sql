-- +goose Up

-- Evidence is signatures and certificates in base64. PostgreSQL's compression makes a quarter less of it, and takes longer for that than for
-- all else that ends a transaction.
alter table simshield_transaction alter column evidence set storage external;
