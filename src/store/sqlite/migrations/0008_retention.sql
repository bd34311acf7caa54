-- What orders leave behind ages out. When the text of an order was taken away (raw is empty
-- since); null: it is there. Its hash stays: the order is known by it when it is shown again.
alter table inbox add column aged_at integer;

-- What still has its text, by age. And what may be forgotten whole.
create index inbox_kept on inbox (received_at) where aged_at is null;
create index outcome_skipped on outcome (seq) where state = 'skipped';

-- That a text aged out is nothing to tell Odoo.
drop trigger inbox_seen;
create trigger inbox_seen after update on inbox
when (new.external_id, new.format, new.sale_at, new.total, new.raw)
  is not (old.external_id, old.format, old.sale_at, old.total, old.raw)
  and (new.aged_at is null or old.aged_at is not null)
begin
    update outcome set change = change + 1 where seq = new.seq;
end;
