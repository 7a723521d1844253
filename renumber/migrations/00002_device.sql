-- +goose Up

-- The open tenures that a telephone serves.
create index renumber_tenure_device on renumber_tenure (device) where closed is null and device <> '';
