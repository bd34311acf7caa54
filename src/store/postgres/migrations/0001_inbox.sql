-- The tables of SQLite's migrations 0001 to 0003, and what several sidecars need.
-- Times are UTC, milliseconds since 1970. Amounts are decimal text.

-- Every order received, once per key, with its newest content.
create table inbox (
    seq         bigint generated always as identity primary key,
    key         text   not null unique,
    source      text   not null,
    external_id text   not null,
    format      text   not null,   -- name and version, e.g. orderid/1
    meaning     text   not null,   -- hash of what the order says
    raw_hash    bytea  not null,   -- SHA-256 of raw
    reading     text   not null,   -- state the reader gave this content
    revision    bigint not null,   -- counts changes of content and reading
    sale_at     bigint,
    updated_at  bigint,            -- the source's change stamp
    total       text,
    received_at bigint not null,
    raw         text   not null
);

create index inbox_external_id on inbox (external_id);

-- What became of an order at a destination ('pos.order' is the first). Whoever changes an
-- order, in whichever table, locks its row here first.
create table outcome (
    seq           bigint not null references inbox (seq),
    destination   text   not null,
    sync          text   not null,  -- the sync that delivers it
    state         text   not null,
    reason        text,             -- JSON: code, message, fix
    attempts      bigint not null default 0,
    payload_hash  text,             -- of the last attempt with this content
    next_try_at   bigint,
    record_id     bigint,           -- the destination's record, once booked
    record_name   text,
    record_total  text,
    warnings      text,             -- JSON: list of texts
    completion    text,             -- JSON: a person's word that the order is complete
    lease         bigint,           -- while sending: the lease under which it was marked
    changed_at    bigint not null,
    primary key (seq, destination)
);

-- For counting.
create index outcome_state on outcome (sync, state);

-- Work in order of receipt; the booked majority is not in it.
create index outcome_open on outcome (seq, sync, state, next_try_at)
    where state not in ('booked', 'skipped', 'ignored');

-- Content that arrived while the inbox's own was being sent or after it was booked.
create table newer (
    seq         bigint primary key references inbox (seq),
    external_id text   not null,
    format      text   not null,
    meaning     text   not null,
    raw_hash    bytea  not null,
    reading     text   not null,
    reason      text,
    sale_at     bigint,
    updated_at  bigint,
    total       text,
    received_at bigint not null,
    raw         text   not null
);

create table cursor (
    feed text   primary key,
    at   bigint not null
);

-- The one Odoo database this store belongs to.
create table odoo (
    id       bigint primary key check (id = 1),
    uuid     text   not null,
    database text   not null
);

-- Work that a one-shot command hands to a running service.
create table request (
    id         bigint generated always as identity primary key,
    kind       text   not null,
    payload    text   not null,
    state      text   not null,    -- asked, taken, done
    text       text   not null,    -- progress, then the answer
    lease      bigint,             -- once taken: the lease of the service that took it
    asked_at   bigint not null,
    changed_at bigint not null
);

create index request_open on request (id) where state <> 'done';

create table note (
    name text primary key,
    text text not null
);

-- The sessions of Odoo that this program opened: only these may it close.
create table session (
    id           bigint primary key,   -- pos.session
    shop         bigint not null,      -- pos.config
    sync         text   not null,      -- the sync that it was opened for
    business_day text   not null,      -- date, YYYY-MM-DD
    opened_at    bigint not null,
    closed_at    bigint,               -- null while it is open
    verdict      text                  -- what was found of the closing entry
);

create index session_shop on session (shop, business_day);

-- What one sidecar at a time may do. A row whose time is over counts as none.
create sequence lease_token;

create table lease (
    name       text        primary key,
    token      bigint      not null unique default nextval('lease_token'),  -- new with every taking
    holder     text        not null,
    since      timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
);

-- Lists are JSON arrays, as SQLite reads them.
create function json_each(list text) returns table (value text)
    language sql immutable strict rows 100
    as $$ select json_array_elements_text(list::json) $$;
