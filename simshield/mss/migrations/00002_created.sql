-- +goose Up

-- What nobody is to be told of any more is forgotten in time.
create index mss_transaction_created on mss_transaction (created) where due = 0;
