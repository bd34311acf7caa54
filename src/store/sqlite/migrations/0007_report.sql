-- Odoo's addon shows every order. `change` counts what can be seen of one, `told` is the count
-- that Odoo knows: behind it, the order is to be told (again). What was here before is, too.
alter table outcome add column change integer not null default 1;
alter table outcome add column told integer not null default 0;
alter table outcome add column booked_at integer;

update outcome set booked_at = changed_at where state = 'booked';

-- What is to be told; and what is queued for Odoo anyway, so that telling it may wait.
create index outcome_untold on outcome (seq)
    where told < change and state not in ('ready', 'sending');
create index outcome_untold_queue on outcome (seq)
    where told < change and state in ('ready', 'sending');

create trigger outcome_seen after update on outcome
when (new.sync, new.state, new.reason, new.attempts, new.next_try_at, new.record_id, new.record_name,
      new.record_total, new.warnings, new.completion)
  is not (old.sync, old.state, old.reason, old.attempts, old.next_try_at, old.record_id, old.record_name,
          old.record_total, old.warnings, old.completion)
begin
    update outcome set change = change + 1 where seq = new.seq and destination = new.destination;
end;

create trigger inbox_seen after update on inbox
when (new.external_id, new.format, new.sale_at, new.total, new.raw)
  is not (old.external_id, old.format, old.sale_at, old.total, old.raw)
begin
    update outcome set change = change + 1 where seq = new.seq;
end;

create trigger newer_kept after insert on newer
begin
    update outcome set change = change + 1 where seq = new.seq;
end;

create trigger newer_dropped after delete on newer
begin
    update outcome set change = change + 1 where seq = old.seq;
end;

-- What was done about orders, until Odoo is told. Without the addon nothing is kept here.
create table step (
    number      integer primary key autoincrement,
    seq         integer not null references inbox (seq),
    run         text    not null,   -- of the process that wrote it: a restored store counts anew
    step        text    not null,   -- fetched, create_order …
    code        integer not null,   -- in the manner of HTTP
    text        text    not null,
    truth       text    not null,   -- what it rests on
    at          integer not null,
    duration_ms integer,            -- measured, or null
    attempt     integer not null
) strict;

create index step_seq on step (seq);
