"""A year of orders, by SQL, in Odoo's shell: see calls.py."""

import time

SHOPS = ("Old Town", "Harbour", "Airport", "Station", "Market Hall")
# 98 % booked; the rest spread over all that may become of an order.
STATES = """
    CASE WHEN luck < 0.98 THEN 'booked' WHEN luck < 0.987 THEN 'skipped' WHEN luck < 0.992 THEN 'ignored'
         WHEN luck < 0.997 THEN 'waiting' WHEN luck < 0.999 THEN 'refused' WHEN luck < 0.9994 THEN 'retrying'
         WHEN luck < 0.9997 THEN 'conflict' ELSE 'missing' END
"""
# More at noon and in the evening, none at night.
MOMENTS = """
    date_trunc('day', now() AT TIME ZONE 'UTC' - interval '1 day' - interval '365 days' * (1 - n / %(orders)s::float))
        + interval '1 hour' * (8 + 7 * (random() + random()))
"""
DRAWN = """
    CREATE TEMP TABLE scale_order AS
    SELECT *, CASE state WHEN 'booked' THEN NULL WHEN 'waiting' THEN 'not_completed'
                         WHEN 'skipped' THEN 'other_register' WHEN 'retrying' THEN 'odoo_unavailable'
                         WHEN 'ignored' THEN 'closed_by_person' ELSE 'unknown_product' END AS code
      FROM (SELECT n, """ + MOMENTS + """ AS moment, """ + STATES + """ AS state
              FROM (SELECT n, random() AS luck FROM generate_series(1, %(orders)s) n) drawn) made
      JOIN scale_sync sync ON sync.position = n %% %(syncs)s
"""
ORDERS = """
    INSERT INTO external_order (
           key, external_id, document, sync_id, shop_id, company_id, location, sale_date, customer, products, total,
           currency_id, source_status, sent, raw, state, attention, code, reason, message, fix, subject_kind,
           subject_value, attempts, fetched_date, booked_date, pos_order_id, reference_text, reference_keys,
           phone_digest, likeness, warnings, decision, decision_number, create_date, write_date, create_uid, write_uid)
    SELECT 'v1:scale/-/' || n || '/sale', (700000 + n)::text, 'sale', o.id, shop, company,
           'Main', moment, 'Customer ' || n %% 40000, 'Engine Oil Change' || chr(10) || 'OIL' || chr(10) || 'Product '
           || n %% 700, 20 + n %% 300, currency, '103',
           '{"lines": [{"name": "Engine Oil Change", "code": "OIL", "quantity": "1", "price": "' || n %% 300
           || '"}], "total": "' || n %% 300 || '", "customer": "Customer ' || n %% 40000 || '"}',
           repeat('{"OrderID": ' || n || ', "Item": "' || md5(n::text) || '"}' || chr(10), 15),
           o.state, o.state IN ('refused', 'conflict', 'missing'), code, code,
           CASE WHEN code IS NOT NULL THEN 'No product in Odoo matches “Product ' || n %% 700 || '”.' END,
           CASE WHEN code IS NOT NULL THEN 'Create the product.' END,
           CASE WHEN o.state = 'refused' THEN 'product' END,
           CASE WHEN o.state = 'refused' THEN 'Product ' || n %% 12 END,
           1, moment + interval '1 minute', CASE WHEN o.state = 'booked' THEN moment + interval '2 minutes' END,
           booked.id, (700000 + n) || chr(10) || 'T-' || 8800000 + n || chr(10) || 'Order 00012-' || n,
           (700000 + n) || ' t' || 8800000 + n || ' 12' || n,
           CASE WHEN n %% 3 = 0 THEN md5('a' || n %% 40000) || md5('b' || n %% 40000) END,
           md5('c' || n) || md5('d' || n),
           CASE WHEN o.state = 'booked' AND n %% 400 = 0 THEN 'Booked without its customer.' END,
           CASE WHEN o.state = 'ignored' THEN 'ignored' ELSE 'none' END,
           CASE WHEN o.state = 'ignored' THEN nextval('external_order_decision_number_seq') END,
           moment, moment, 1, 1
      FROM scale_order o
 LEFT JOIN pos_order booked ON booked.external_order_key = 'v1:scale/-/' || n || '/sale'
"""
LOGS = """
    INSERT INTO external_order_log (
           order_id, sync_id, shop_id, company_id, instance, number, step, code, reason, text, truth, date, duration,
           attempt)
    SELECT o.id, o.sync_id, o.shop_id, o.company_id, 'scale/1', row_number() OVER (ORDER BY o.id, step.nth),
           step.name, step.code, CASE WHEN step.code NOT IN ('200', '202') THEN o.reason END,
           'Order ' || o.external_id || ' was seen.', 'read back from Odoo', o.fetched_date + interval '1 second' * nth,
           40 + o.id %% 100, 1
      FROM external_order o
      JOIN (VALUES (1, 'fetched', '200', true), (1, 'fetched', '200', false),
                   (2, 'create_order', '200', true), (2, 'create_order', '400', false),
                   (3, 'add_payment', '200', true), (4, 'outbound_delivery', '202', true),
                   (5, 'create_invoice', '200', true)) AS step (nth, name, code, good)
        ON step.good = (o.state = 'booked') AND (step.nth < 5 OR o.id %% 4 = 0)
"""


def fill(env, orders):
    """Two companies, ten shops with a sync each, and a year of their orders and steps."""
    begun = time.time()
    env.cr.execute("CREATE TEMP TABLE scale_sync (id int, position int, shop int, company int, currency int, source text)")
    other = env["res.company"].create({"name": "The other company"})
    env.user.company_ids |= other
    syncs = env["external.order.sync"]
    for company in env.company | other:
        for name in SHOPS:
            label = "%s %s" % (name, company.id)
            shop = env["pos.config"].with_company(company)
            values = {"name": label, "company_id": company.id}
            if company == other:
                values["payment_method_ids"] = [(6, 0, [])]
                values["journal_id"] = _journal(env, company).id
            shop = shop.create(values)
            url = "https://pos.example.com/%s" % label.replace(" ", "_")
            sync = syncs.create({"name": label, "external_api_url": url, "pos_config_id": shop.id})
            row = (sync.id, len(syncs), shop.id, company.id, company.currency_id.id, sync.source)
            env.cr.execute("INSERT INTO scale_sync VALUES (%s, %s, %s, %s, %s, %s)", row)
            syncs |= sync
    env["base"].flush() if not hasattr(env, "flush_all") else env.flush_all()
    values = {"orders": orders, "syncs": len(syncs)}
    env.cr.execute("SELECT setseed(0.5)")
    env.cr.execute(DRAWN, values)
    _book(env, syncs)
    env.cr.execute("ANALYZE pos_order")
    env.cr.execute(ORDERS, values)
    env.cr.execute(LOGS, values)
    env.cr.commit()
    env.cr._cnx.autocommit = True
    for table in ("external_order", "external_order_log", "pos_order"):
        env.cr.execute("VACUUM ANALYZE " + table)
    env.cr._cnx.autocommit = False
    env.cr.execute("SELECT count(*) FROM external_order_log")
    print("filled: %d orders, %d steps, %.0f s" % (orders, env.cr.fetchone()[0], time.time() - begun))


def _journal(env, company):
    journals = env["account.journal"]
    found = journals.search([("company_id", "=", company.id), ("code", "=", "SCALE")])
    return found or journals.create(
        {"name": "Sales", "code": "SCALE", "type": "general", "company_id": company.id}
    )


def _book(env, syncs):
    """A POS order for each that is booked, like one made by the ORM."""
    first = env["pos.session"].create({"config_id": syncs[0].pos_config_id.id})
    made = env["pos.order"].create(
        {
            "session_id": first.id,
            "company_id": first.company_id.id,
            "amount_total": 20,
            "amount_tax": 0,
            "amount_paid": 20,
            "amount_return": 0,
            "external_order_key": "v1:scale/-/first/sale",
        }
    )
    env["base"].flush() if not hasattr(env, "flush_all") else env.flush_all()
    given = {
        "external_order_key": "'v1:scale/-/' || n || '/sale'",
        "external_order_id": "(700000 + n)::text",
        "external_source": "o.source",
        "company_id": "o.company",
        "config_id": "o.shop",
        "date_order": "o.moment",
        "create_date": "o.moment",
        "amount_total": "20 + n % 300",
        "amount_paid": "20 + n % 300",
        "name": "'Scale/' || n",
        "pos_reference": "o.source || '/-/' || 700000 + n",
        "uuid": "gen_random_uuid()::text",
        "access_token": "NULL",
    }
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'pos_order' AND column_name != 'id'"
    )
    columns = [row[0] for row in env.cr.fetchall()]
    taken = ", ".join(given.get(name, "made." + name) for name in columns)
    env.cr.execute(
        "INSERT INTO pos_order (%s) SELECT %s FROM scale_order o, pos_order made "
        "WHERE made.id = %d AND o.state = 'booked'" % (", ".join(columns), taken, made.id)
    )
