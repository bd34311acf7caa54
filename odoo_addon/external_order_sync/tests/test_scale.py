from odoo.tests.common import tagged

from ..series import MAJOR, PARTS
from .common import OrdersCase

MANY = 20000
FILL = """
    INSERT INTO external_order (
           key, external_id, document, sync_id, shop_id, company_id, sale_date, customer, total, state, attention, code,
           message, reference_text, reference_keys, decision, decision_number)
    SELECT 'v1:scale/-/' || n, n::text, 'sale', %(sync)s, %(shop)s, %(company)s,
           now() AT TIME ZONE 'UTC' - n * interval '20 minutes', 'Customer ' || n, n %% 300,
           CASE WHEN n %% 50 = 0 THEN 'refused' ELSE 'booked' END, n %% 50 = 0,
           CASE WHEN n %% 50 = 0 THEN 'unknown_product' END, CASE WHEN n %% 50 = 0 THEN 'No product matches.' END,
           n || chr(10) || 'T-88' || n, n || ' t88' || n, 'none', CASE WHEN n %% 1000 = 0 THEN n END
      FROM generate_series(100001, %(last)s) n
"""


@tagged("post_install", "-at_install")
class TestScale(OrdersCase):
    """Among many orders those that are asked for are found by an index, with a bounded number of statements."""

    def setUp(self):
        super().setUp()
        values = {
            "sync": self.sync.id,
            "shop": self.shop.id,
            "company": self.shop.company_id.id,
            "last": 100000 + MANY,
        }
        self._flush()
        self.env.cr.execute(FILL, values)
        self.env.cr.execute(
            "SELECT gin_clean_pending_list(c.oid) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
            "JOIN pg_am a ON a.oid = c.relam WHERE i.indrelid = 'external_order'::regclass AND a.amname = 'gin'"
        )
        self.env.cr.execute("ANALYZE external_order")
        self._forget()

    def _plan(self, domain, limit=80):
        """The plan of a search as a support user makes it."""
        orders = self._as("support", self.env["external.order"])
        query = orders._search(domain, limit=limit, order=orders._order)
        select = query.select()
        text, values = (
            (select.code, select.params) if hasattr(select, "code") else select
        )
        self.env.cr.execute("EXPLAIN " + text, values)
        return "\n".join(row[0] for row in self.env.cr.fetchall())

    def test_lists_read_an_index(self):
        if MAJOR < 15:
            self.skipTest("Series 14 gives no query to look at.")
        for domain, index in (
            ([], "external_order_by_date"),
            ([("attention", "=", True)], "external_order_attention"),
            ([("state", "=", "refused")], "external_order_of_state"),
            ([("sync_id", "=", self.sync.id + 1)], "Index Scan using external_order_"),
            ([("decision_number", ">", 0)], "external_order_decided"),
        ):
            plan = self._plan(domain)
            self.assertIn(index, plan)
            self.assertNotIn("Seq Scan on external_order", plan, domain)

    def test_part_of_a_number_reads_an_index(self):
        self.env.cr.execute("SELECT FROM pg_extension WHERE extname = 'pg_trgm'")
        if not PARTS or not self.env.cr.rowcount:
            self.skipTest("Neither this series nor PostgreSQL knows such an index.")
        for name in ("reference_text", "customer"):
            plan = self._plan([(name, "ilike", "117345")])
            self.assertIn("external_order__%s_index" % name, plan)

    def test_any_number_reads_an_index(self):
        orders = self._as("support", self.env["external.order"])
        self.assertEqual(
            orders.search([("any_id", "=", "# 00117345")]).external_id, "117345"
        )
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM external_order WHERE string_to_array(reference_keys, ' ') @> ARRAY['117345']"
        )
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("external_order_any_id", plan)

    def test_counts_take_as_many_statements_for_one_sync_as_for_ten(self):
        names = [
            "orders_attention_count",
            "orders_waiting_count",
            "booked_count",
            "booked_today_count",
        ]

        def spent(syncs):
            self._forget()
            syncs.read(["name"])
            before = self.env.cr.sql_log_count
            syncs.read(names)
            return self.env.cr.sql_log_count - before

        more = self.sync
        for n in range(9):
            more |= self._sync_of("Garage %s" % n, "https://pos.example.com/%s" % n)
        syncs = self._as("support", more)
        spent(syncs)
        self.assertEqual(spent(syncs), spent(syncs[:1]))
        self.assertEqual(syncs[0].orders_attention_count, MANY // 50)
