-- Run in every fresh clone of a template.

-- A clone is a database of its own: the sidecar binds its store to this value.
update ir_config_parameter set value = gen_random_uuid()::text where key = 'database.uuid';

-- A name that was used before may still be known to a running server. Odoo reloads what it holds
-- of a database when this counter moves, so move it to a value of this moment.
select setval('base_registry_signaling', extract(epoch from now())::bigint);
