-- +goose Up
alter table messaging_purchase add column language text not null default ''; -- of the notice, and of what the person is told at the end
-- due is 0 when there is nothing more to do, which after the end is to tell the person.
drop index messaging_purchase_due;
create index messaging_purchase_due on messaging_purchase (due) where due > 0;
