-- The sessions of Odoo that this program opened: only these may it close.
create table session (
    id           integer primary key,  -- pos.session
    shop         integer not null,     -- pos.config
    sync         text    not null,     -- the sync that it was opened for
    business_day text    not null,     -- date, YYYY-MM-DD
    opened_at    integer not null,
    closed_at    integer,              -- null while it is open
    verdict      text                  -- what was found of the closing entry
) strict;

create index session_shop on session (shop, business_day);
