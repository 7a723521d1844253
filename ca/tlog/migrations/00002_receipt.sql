-- +goose Up
-- Receipts of signatures are in the log beside certificates: an entry is named by the id of either. Only a certificate's has a dot.
alter table tlog_entry rename column certificate to id;
