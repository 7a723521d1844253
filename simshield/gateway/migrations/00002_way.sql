-- +goose Up

-- How the card is reached: sms, or polling, where it asks for its packets over a data channel.
alter table ota_card add column way text not null default 'sms';
