-- +goose Up

-- Cards on which a PIN is blocked.
create index simshield_key_blocked on simshield_key (iccid) where cause = 'pin_blocked';
create index simshield_registration_blocked on simshield_registration (iccid) where cause = 'pin_blocked';
