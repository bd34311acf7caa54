-- A person's word that an order is complete. JSON: by, at.
alter table outcome add column completion text;
