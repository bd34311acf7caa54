import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import tagged

from .common import SyncCase

ABOUT_ORDERS = ("retry", "ignore", "complete", "reopen", "rebook")


@tagged("post_install", "-at_install")
class TestRequestKinds(SyncCase):
    """What may be asked, by whom and about what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls.env["external.order"].create(
            [
                {"key": "v1:Garage/-/%s/sale" % n, "sync_id": cls.sync.id}
                for n in range(3)
            ]
        )

    def _ask(self, kind, user="manager", **values):
        return self._as(user, self.env["external.order.request"]).create(
            dict(values, kind=kind)
        )

    def _about(self, kind, user="manager", orders=None, **payload):
        requests = self._as(user, self.env["external.order.request"])
        return requests._ask_about(kind, orders or self.orders, **payload)

    def _rows(self):
        return self._exchange(known="some stamp")["requests"]

    def test_each_kind_as_the_service_gets_it(self):
        keys = self.orders.mapped("key")
        for kind, asked, sent in (
            ("retry", {}, {"keys": keys}),
            ("ignore", {"reason": " a test "}, {"keys": keys, "reason": "a test"}),
            ("complete", {}, {"keys": keys}),
            ("reopen", {}, {"keys": keys}),
            ("rebook", {}, {"keys": keys}),
        ):
            request = self._about(kind, **asked)
            row = self._rows()[-1]
            self.assertEqual((row["id"], row["kind"]), (request.id, kind))
            self.assertEqual(
                dict(row["payload"], keys=sorted(row["payload"]["keys"])), sent
            )
            self.assertEqual(row["user"], self.users["manager"].name)
        for kind, asked, sent in (
            ("preview", {}, {"limit": 20}),
            ("preview", {"limit": 5}, {"limit": 5}),
            ("fetch", {"ids": ["7 ", "", 8, "7"]}, {"ids": ["7", "8"]}),
            (
                "fetch",
                {"from": "2026-11-01", "to": "2026-11-03"},
                {"from": "2026-11-01", "to": "2026-11-03"},
            ),
        ):
            self._ask(kind, "support", sync_id=self.sync.id, payload=json.dumps(asked))
            self.assertEqual(self._rows()[-1]["payload"], sent)

    def test_who_may_ask(self):
        for kind in ABOUT_ORDERS:
            if kind == "retry":
                self.assertTrue(self._about(kind, "support"))
                continue
            with self.assertRaises(AccessError):
                self._about(kind, "support", reason="r")
            with self.assertRaises(AccessError):
                self._ask(kind, "support", order_ids=[(6, 0, self.orders.ids)])
        for kind in ("sync", "test", "preview"):
            self.assertTrue(self._ask(kind, "support", sync_id=self.sync.id))
        with self.assertRaises(AccessError):
            self._ask("sync", "nobody", sync_id=self.sync.id)

    def test_what_is_missing_is_said(self):
        sync = {"sync_id": self.sync.id}
        for kind, values, refusal in (
            ("sync", {}, ValidationError),
            ("fetch", dict(sync, payload="{}"), UserError),
            ("fetch", sync, UserError),
            ("fetch", dict(sync, payload='{"from": "yesterday"}'), UserError),
            (
                "fetch",
                dict(sync, payload='{"from": "2026-11-02", "to": "2026-11-01"}'),
                UserError,
            ),
            (
                "fetch",
                dict(sync, payload=json.dumps({"ids": list(range(201))})),
                UserError,
            ),
            ("test", dict(sync, payload="no JSON"), ValidationError),
            ("retry", {}, UserError),
            (
                "ignore",
                {
                    "order_ids": [(6, 0, self.orders.ids)],
                    "payload": '{"reason": " "}',
                },
                UserError,
            ),
        ):
            with self.assertRaises(refusal):
                self._ask(kind, **values)

    def test_asked_again_is_asked_once(self):
        first = self._about("retry", orders=self.orders[:2])
        both = self._about("retry")
        self.assertEqual(len(both), 2)
        self.assertEqual((both - first).order_ids, self.orders[2])
        self.assertEqual(self._about("retry"), both)

    def test_orders_of_one_company_a_request(self):
        shop = self._shop_elsewhere("Elsewhere")
        other = self._sync_of(
            "Elsewhere", "https://c.example.com/", user="manager", active=False
        )
        other.sudo().pos_config_id = shop
        self.users["manager"].company_ids |= shop.company_id
        theirs = self.env["external.order"].create(
            {"key": "v1:Elsewhere/-/1/sale", "sync_id": other.id}
        )
        requests = self._as(
            "manager",
            self.env["external.order.request"].with_context(
                allowed_company_ids=self.users["manager"].company_ids.ids
            ),
        )
        asked = requests._ask_about("retry", self.orders | theirs)
        self.assertEqual(len(asked), 2)
        self.assertEqual(
            set(asked.mapped("company_id.id")),
            {self.sync.company_id.id, shop.company_id.id},
        )
        with self.assertRaises(ValidationError):
            requests.create(
                {
                    "kind": "reopen",
                    "order_ids": [(6, 0, (self.orders | theirs).ids)],
                }
            )
        with self.assertRaises(AccessError):
            self._ask("retry", "support", order_ids=[(6, 0, theirs.ids)])

    def test_several_syncs_are_no_sync(self):
        other = self._sync_of("Other", "https://b.example.com/")
        theirs = self.env["external.order"].create(
            {"key": "v1:Other/-/1/sale", "sync_id": other.id}
        )
        self.assertFalse(self._about("retry", orders=self.orders | theirs).sync_id)
        self.assertEqual((self._rows()[-1]["sync"], self._rows()[-1]["name"]), (0, ""))
