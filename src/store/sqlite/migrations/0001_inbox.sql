-- Times are UTC, milliseconds since 1970. Amounts are decimal text.

-- Every order received, once per key, with its newest content.
create table inbox (
    seq         integer primary key autoincrement,
    key         text    not null unique,
    source      text    not null,
    external_id text    not null,
    format      text    not null,   -- name and version, e.g. orderid/1
    meaning     text    not null,   -- hash of what the order says
    raw_hash    blob    not null,   -- SHA-256 of raw
    reading     text    not null,   -- state the reader gave this content
    revision    integer not null,   -- counts changes of content and reading
    sale_at     integer,
    updated_at  integer,            -- the source's change stamp
    total       text,
    received_at integer not null,
    raw         text    not null    -- last: large values spill over
) strict;

create index inbox_external_id on inbox (external_id);

-- What became of an order at a destination ('pos.order' is the first).
create table outcome (
    seq           integer not null references inbox (seq),
    destination   text    not null,
    sync          text    not null,  -- the sync that delivers it
    state         text    not null,
    reason        text,              -- JSON: code, message, fix
    attempts      integer not null default 0,
    payload_hash  text,              -- of the last attempt with this content
    next_try_at   integer,
    record_id     integer,           -- the destination's record, once booked
    record_name   text,
    record_total  text,
    warnings      text,              -- JSON: list of texts
    changed_at    integer not null,
    primary key (seq, destination)
) strict, without rowid;

-- For counting.
create index outcome_state on outcome (sync, state);

-- Work in order of receipt; the booked majority is not in it.
create index outcome_open on outcome (seq, sync, state, next_try_at)
    where state not in ('booked', 'skipped', 'ignored');

-- Content that arrived while the inbox's own was being sent or after it was booked.
create table newer (
    seq         integer primary key references inbox (seq),
    external_id text    not null,
    format      text    not null,
    meaning     text    not null,
    raw_hash    blob    not null,
    reading     text    not null,
    reason      text,
    sale_at     integer,
    updated_at  integer,
    total       text,
    received_at integer not null,
    raw         text    not null
) strict;

create table cursor (
    feed text    primary key,
    at   integer not null
) strict, without rowid;

-- The one Odoo database this store belongs to.
create table odoo (
    id       integer primary key check (id = 1),
    uuid     text    not null,
    database text    not null
) strict;

-- Work that a one-shot command hands to the running service.
create table request (
    id         integer primary key autoincrement,
    kind       text    not null,
    payload    text    not null,
    state      text    not null,    -- asked, taken, done
    text       text    not null,    -- progress, then the answer
    asked_at   integer not null,
    changed_at integer not null
) strict;

create index request_open on request (id) where state <> 'done';

create table note (
    name text primary key,
    text text not null
) strict, without rowid;
