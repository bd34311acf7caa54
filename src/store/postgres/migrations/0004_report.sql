-- Odoo's addon shows every order. `change` counts what can be seen of one, `told` is the count
-- that Odoo knows: behind it, the order is to be told (again). What was here before is, too.
alter table outcome add column change bigint not null default 1;
alter table outcome add column told bigint not null default 0;
alter table outcome add column booked_at bigint;

update outcome set booked_at = changed_at where state = 'booked';

-- What is to be told; and what is queued for Odoo anyway, so that telling it may wait.
create index outcome_untold on outcome (seq)
    where told < change and state not in ('ready', 'sending');
create index outcome_untold_queue on outcome (seq)
    where told < change and state in ('ready', 'sending');

create function count_change() returns trigger language plpgsql as $$
begin
    new.change := old.change + 1;
    return new;
end
$$;

create trigger outcome_seen before update on outcome for each row
when ((new.sync, new.state, new.reason, new.attempts, new.next_try_at, new.record_id, new.record_name,
       new.record_total, new.warnings, new.completion)
  is distinct from (old.sync, old.state, old.reason, old.attempts, old.next_try_at, old.record_id,
                    old.record_name, old.record_total, old.warnings, old.completion))
execute function count_change();

create function count_content() returns trigger language plpgsql as $$
begin
    update outcome set change = change + 1 where seq = coalesce(new.seq, old.seq);
    return null;
end
$$;

create trigger inbox_seen after update on inbox for each row
when ((new.external_id, new.format, new.sale_at, new.total, new.raw)
  is distinct from (old.external_id, old.format, old.sale_at, old.total, old.raw))
execute function count_content();

create trigger newer_seen after insert or delete on newer for each row
execute function count_content();

-- What was done about orders, until Odoo is told. Without the addon nothing is kept here.
create table step (
    number      bigint generated always as identity primary key,
    seq         bigint not null references inbox (seq),
    run         text   not null,   -- of the process that wrote it: a restored store counts anew
    step        text   not null,   -- fetched, create_order …
    code        bigint not null,   -- in the manner of HTTP
    text        text   not null,
    truth       text   not null,   -- what it rests on
    at          bigint not null,
    duration_ms bigint,            -- measured, or null
    attempt     bigint not null
);

create index step_seq on step (seq);
