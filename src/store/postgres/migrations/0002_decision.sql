-- What people decided last about an order, whether or not the inbox knows it (any more). Keys
-- in the order of their bytes, as in SQLite.
create table decision (
    key     text collate "C" primary key,
    decided text   not null,   -- ignored, completed, none
    reason  text   not null,
    person  text   not null,
    at      bigint not null,   -- by Odoo's clock once told, by ours before
    told    bigint not null    -- 1: Odoo knows it
);

create index decision_untold on decision (key) where told = 0;

-- When Odoo made the session, by its clock: after a restored backup another session may have
-- the same id.
alter table session add column created_at bigint;
