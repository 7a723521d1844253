-- +goose Up

-- Times are UTC milliseconds, 0 for never. Amounts are in minor units.

-- Registrations: a party has identified a person and lets keys of an applet on the person's card be certified. The code is what the
-- party gave to the person; it is entered on the card.
create table simshield_registration (
    id          text    primary key,
    party       text    not null,
    tenure      text    not null,
    iccid       text    not null,
    application text    not null,
    algorithm   text    not null,
    identified  text    not null,
    subject     text    not null,           -- JSON
    person      text    not null,           -- keyed hash, hexadecimal, of tenure and national identity number; empty: not known
    code        bytea   not null,           -- SHA-256 over id and code
    tries       bigint  not null,           -- wrong codes
    state       text    not null,           -- awaiting, open, done, failed
    cause       text    not null,
    created     bigint  not null,
    expires     bigint  not null
);
create unique index simshield_registration_open on simshield_registration (iccid, application) where state in ('open', 'awaiting');

-- The keys that a registration is about.
create table simshield_enrolment (
    registration text   not null,
    kind         text   not null,
    place        bigint not null,           -- in the order asked for
    challenge    bytea  not null,
    state        text   not null,           -- asked, certified, installed
    key          text   not null,           -- the row of simshield_key, once certified
    primary key (registration, kind)
);

-- Operators' approvals of registrations that need two.
create table simshield_approval (
    registration text   not null,
    operator     text   not null,
    at           bigint not null,
    primary key (registration, operator)
);

-- Keys in cards, each with its certificate. A key is pending until the card says that it has taken its certificate; at most one of an
-- applet and kind is active on a card.
create table simshield_key (
    id           text   primary key,
    registration text   not null,
    party        text   not null,
    tenure       text   not null,
    iccid        text   not null,
    application  text   not null,
    kind         text   not null,
    algorithm    text   not null,
    public_key   bytea  not null,
    certificate  text   not null,           -- ca's id
    raw          bytea  not null,           -- DER
    chain        bytea  not null,           -- DER of the issuers, one after the other, the root last
    identified   text   not null,
    person       text   not null,           -- as in the registration
    cooled_from  bigint not null,           -- when the card replaced another; 0: it did not
    state        text   not null,           -- pending, active, suspended, ended
    cause        text   not null,
    created      bigint not null,
    changes      bigint not null default 0  -- of the state: numbers the key's events
);
create unique index simshield_key_active on simshield_key (iccid, application, kind) where state = 'active';
create index simshield_key_tenure on simshield_key (tenure, application, kind);
create index simshield_key_registration on simshield_key (registration);

-- Transactions: something that a party asked a person to confirm. Each ends once. A card has one open at a time.
create table simshield_transaction (
    id          text    primary key,
    party       text    not null,
    ref         text    not null,           -- the party's own id: an order, a session
    digest      bytea   not null,           -- of the request: the same ref with another is refused
    form        text    not null,           -- statement, hash
    kind        text    not null,
    tenure      text    not null,
    iccid       text    not null,
    key         text    not null,
    request     bytea   not null,           -- as the party signed it
    signed_over bytea   not null,           -- the statement's DER; of a hash the hash
    command     bytea   not null,           -- what the applet was asked
    code        text    not null,           -- verification code
    customer    text    not null,
    amount      bigint  not null,
    day         text    not null,           -- of the sums that the amount is in; empty: in none
    decision    text    not null,           -- of the policy, JSON
    state       text    not null,           -- open, signed, cancelled, refused, unanswered, expired, blocked, failed
    cause       text    not null,
    created     bigint  not null,
    expires     bigint  not null,
    ended       bigint  not null,
    signature   bytea   not null,           -- r and s
    evidence    bytea   not null,           -- the receipt without its proof of inclusion
    unique (party, ref)
);
create unique index simshield_transaction_open on simshield_transaction (iccid) where state = 'open';
create index simshield_transaction_tenure on simshield_transaction (tenure) where state = 'open';
create index simshield_transaction_ended on simshield_transaction (ended) where ended > 0;
create index simshield_transaction_expires on simshield_transaction (expires) where state = 'open';

-- The sums of a day that are signed or being confirmed.
create table simshield_sum (
    party   text   not null,
    kind    text   not null,                -- customer, shield
    subject text   not null,                -- the party's customer, the card
    day     text   not null,
    amount  bigint not null check (amount >= 0),
    primary key (party, kind, subject, day)
);

-- How many prompts a card has had in a minute.
create table simshield_prompts (
    iccid  text   not null,
    minute bigint not null,
    count  bigint not null,
    primary key (iccid, minute)
);
