-- +goose Up

-- Times are UTC milliseconds, 0 for never.

create table messaging_brand (
    id              text   primary key,
    name            text   not null,
    holder          text   not null,          -- the operator's reference of the organisation
    organization    text   not null,          -- O of its certificates
    organization_id text   not null,          -- organizationIdentifier of its certificates, or empty
    created         bigint not null,
    verified        bigint not null
);

-- Whose a name is, by what it looks like: a second one that looks alike finds the row taken.
create table messaging_brand_name (
    skeleton text primary key,
    brand    text not null references messaging_brand (id)
);

create table messaging_chatbot (
    id              text    primary key,
    client          text    not null,         -- the only client that sends in its name
    brand           text    not null references messaging_brand (id),
    name            text    not null,
    service_id      text    not null unique,  -- a SIP URI
    sms_fallback    boolean not null,
    profile         text    not null,         -- JSON
    proposed        text    not null,         -- JSON: the profile that waits for review, or null
    menu            text    not null,         -- JSON
    revision        bigint  not null,         -- counts what a reviewer has to see
    certificate     text    not null,         -- id in the register, or empty
    certificate_sum bytea   not null,         -- SHA-256 of its DER
    proof_at        bigint  not null,         -- when possession of its key was proven
    per_second      bigint  not null,
    per_day         bigint  not null,
    per_month       bigint  not null,
    per_year        bigint  not null,
    created         bigint  not null,
    verified        bigint  not null,
    suspended       bigint  not null,
    cause           text    not null,         -- of the suspension, or of the last refusal
    throttled       bigint  not null,         -- until when
    pardoned        bigint  not null,         -- spam reports up to here are settled
    changes         bigint  not null          -- orders the events about it
);
create index messaging_chatbot_client on messaging_chatbot (client, id);

-- What a chatbot sent in the current second, day, month and year. Starts never go back.
create table messaging_counter (
    chatbot      text   primary key references messaging_chatbot (id),
    second_start bigint not null,
    second_used  bigint not null,
    day_start    bigint not null,
    day_used     bigint not null,
    month_start  bigint not null,
    month_used   bigint not null,
    year_start   bigint not null,
    year_used    bigint not null,
    before_used  bigint not null              -- in the month before
);

create table messaging_template (
    id          text   primary key,
    chatbot     text   not null references messaging_chatbot (id),
    class       text   not null,
    body        text   not null,
    digest      bytea  not null,              -- SHA-256 of class and body
    approved    bytea  not null,              -- the digest that was approved, or empty
    state       text   not null,
    submitted   bigint not null,
    reviewed    bigint not null,
    reviewed_by text   not null,
    why         text   not null,
    unique (chatbot, digest)
);

create table messaging_spam_report (
    message text   not null,
    tenure  text   not null,
    chatbot text   not null references messaging_chatbot (id),
    kind    text   not null,
    at      bigint not null,
    primary key (message, tenure)
);
create index messaging_spam_report_chatbot on messaging_spam_report (chatbot, at);

-- Who did what about a brand, chatbot or template, when and why. Rows are only ever added.
create table messaging_act (
    subject text   not null,
    seq     bigint not null,
    at      bigint not null,
    actor   text   not null,
    act     text   not null,
    why     text   not null,
    primary key (subject, seq)
);
