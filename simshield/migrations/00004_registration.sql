-- +goose Up

-- Of a person's registrations, and those whose time is over.
create index simshield_registration_tenure on simshield_registration (tenure);
create index simshield_registration_expires on simshield_registration (expires) where state in ('open', 'awaiting');
