-- +goose Up
-- One row per event and subscriber, until the subscriber has handled it. due is when it may next be claimed: at once, after a
-- lease, or after the pause that follows a failure. attempts counts claims and tells a late claimant that its lease ran out.
create table outbox_delivery (
    id text primary key,
    subscriber text not null,
    tenure_id text not null,
    seq bigint not null,
    event_type text not null,
    body text not null,
    attempts bigint not null,
    due bigint not null
);
create unique index outbox_delivery_order on outbox_delivery (subscriber, tenure_id, seq, event_type);
create index outbox_delivery_due on outbox_delivery (subscriber, due);
