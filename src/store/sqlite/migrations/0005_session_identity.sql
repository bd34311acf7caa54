-- When Odoo made the session, by its clock: after a restored backup another session may have
-- the same id. Null: noted before this was kept.
alter table session add column created_at integer;
