from odoo.exceptions import AccessError, ValidationError
from odoo.tests.common import new_test_user, tagged

from ..series import MAJOR
from .common import OrdersCase

PRODUCT = "external_order_sync.product_gift"
GROUPS = "external_order_sync.group_manager,external_order_sync.group_sidecar"


class CompaniesCase(OrdersCase):
    """Another company with a chart of accounts, a shop and orders of its own, and a user of it alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "The other company"})
        cls.stranger = new_test_user(
            cls.env,
            "eos_stranger",
            groups=GROUPS,
            company_id=cls.other.id,
            company_ids=[(6, 0, cls.other.ids)],
        )

    def _strange(self, model):
        return self.env(user=self.stranger.id, su=False)[model]


@tagged("post_install", "-at_install")
class TestTwoCharts(CompaniesCase):
    """Two companies with two charts of accounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        here = cls.env.company
        if MAJOR > 16:
            cls.env["account.chart.template"].try_loading(
                here.chart_template, company=cls.other, install_demo=False
            )
        else:
            here.chart_template_id.try_loading(company=cls.other)
        syncs = cls.env["external.order.sync"].with_company(cls.other)
        cls.their_shop, _new = syncs._create_shop("Their shop", cls.other)
        cls.their_method = cls.their_shop.payment_method_ids[:1]
        cls.theirs = syncs.create(
            {
                "name": "Workshop",
                "external_api_url": "https://theirs.example.com/",
                "external_api_key": "their-key",
                "pos_config_id": cls.their_shop.id,
                "responsible_id": cls.stranger.id,
                "location_ids": [
                    (0, 0, {"location": "9", "pos_config_id": cls.their_shop.id})
                ],
                "payment_line_ids": [
                    (0, 0, {"code": "9", "payment_method_id": cls.their_method.id})
                ],
                "product_map_ids": [
                    (0, 0, {"code": "9", "product_id": cls.env.ref(PRODUCT).id})
                ],
            }
        )

    def setUp(self):
        super().setUp()
        self.users["sidecar"].company_ids |= self.other
        self._take(
            [
                self._order("ours"),
                self._order(
                    "theirs",
                    key="v1:Workshop/-/theirs/sale",
                    sync=self.theirs.id,
                    shop=self.their_shop.id,
                ),
            ],
            [
                self._step(1, "ours"),
                dict(self._step(2), key="v1:Workshop/-/theirs/sale"),
            ],
        )
        self.env["external.order.request"]._ask_about(
            "retry", self.env["external.order"].search([])
        )
        self.env["external.order.request"].create(
            [{"kind": "sync", "sync_id": sync.id} for sync in (self.sync, self.theirs)]
        )
        self.sync.write(
            {
                "location_ids": [
                    (0, 0, {"location": "1", "pos_config_id": self.shop.id})
                ],
                "payment_line_ids": [
                    (0, 0, {"code": "1", "payment_method_id": self.method.id})
                ],
                "product_map_ids": [
                    (0, 0, {"code": "1", "product_id": self.env.ref(PRODUCT).id})
                ],
            }
        )
        self.env["external.order.service"]._watch()
        self.env["external.order.run"].create(
            [
                {"sync_id": sync.id, "date": "2026-11-20 10:00:00"}
                for sync in (self.sync, self.theirs)
            ]
        )
        self.env["external.order.lease"].create(
            [
                {
                    "pos_config_id": shop.id,
                    "service_id": self.env["external.order.service"]
                    .create({"instance": shop.name})
                    .id,
                    "since": "2026-11-20 10:00:00",
                    "until": "2026-11-20 10:05:00",
                }
                for shop in (self.shop, self.their_shop)
            ]
        )
        self._flush()
        self._forget()

    # Model and the way from a record to its company.
    OWNED = {
        "external.order.sync": "company_id",
        "external.order": "company_id",
        "external.order.log": "order_id.company_id",
        "external.order.request": "company_id",
        "external.order.alert": "sync_id.company_id",
        "external.order.run": "sync_id.company_id",
        "external.order.payment.map": "sync_id.company_id",
        "external.order.product.map": "sync_id.company_id",
        "external.order.product.match": "sync_id.company_id",
        "external.order.location": "sync_id.company_id",
        "external.order.key": "sync_id.company_id",
        "external.order.lease": "pos_config_id.company_id",
    }

    def test_each_sees_its_own(self):
        mine = new_test_user(self.env, "eos_ours", groups=GROUPS)
        for model, way in self.OWNED.items():
            every = self.env[model].search([])
            self.assertEqual(len(every.mapped(way)), 2, "nothing of both in " + model)
            for user, company in (
                (mine, self.env.company),
                (self.stranger, self.other),
            ):
                records = self.env(user=user.id, su=False)[model]
                seen = records.search([]).sudo()
                self.assertEqual(seen.mapped(way), company, model)
                hidden = (every - seen).with_user(user)
                for record in hidden:
                    with self.assertRaises(AccessError):
                        record.read()
                group = getattr(records, "_read_group", None)
                if MAJOR > 16:
                    ((count,),) = group([], [], ["__count"])
                    self.assertEqual(count, len(seen), model)
                else:
                    self.assertEqual(records.search_count([]), len(seen), model)

    def test_nobody_acts_on_anothers_orders(self):
        order = self._kept("ours")
        for action in ("retry", "map", "fetch", "correct_payment"):
            with self.assertRaises(AccessError):
                getattr(order.with_user(self.stranger), "action_" + action)()
        for kind in ("retry", "ignore"):
            with self.assertRaises(AccessError):
                self._strange("external.order.request").create(
                    {
                        "kind": kind,
                        "order_ids": [(6, 0, order.ids)],
                        "payload": '{"reason": "r"}',
                    }
                )
        with self.assertRaises(AccessError):
            self._strange("external.order.request").create(
                {"kind": "sync", "sync_id": self.sync.id}
            )

    def test_wizards_tell_nothing_of_anothers_orders(self):
        order = self._kept("ours")
        for model, values, told in (
            ("map", {"order_id": order.id}, ("value", "reason", "cure")),
            ("correction", {"order_id": order.id}, ("why", "entry")),
        ):
            with self.assertRaises(AccessError):
                self._strange("external.order." + model).create(values).read(told)
        for model, kind in (("retry", "retry"), ("decide", "ignore")):
            values = {"kind": kind, "order_ids": [(6, 0, order.ids)]}
            try:
                wizard = self._strange("external.order." + model).create(values)
                self._flush()
                self._forget()
                fitting = wizard.fitting_count
            except AccessError:  # later series refuse the wizard itself
                fitting = 0
            self.assertEqual(fitting, 0)

    def test_the_service_of_one_hears_of_one(self):
        answer = self._strange("external.order.service").exchange(
            self._message("stranger")
        )
        self.assertEqual([sync["name"] for sync in answer["syncs"]], ["Workshop"])
        self.assertEqual(
            {
                key
                for row in answer["requests"]
                for key in row["payload"].get("keys", [])
            },
            {"v1:Workshop/-/theirs/sale"},
        )
        self.assertEqual(len(answer["requests"]), 2)


@tagged("post_install", "-at_install")
class TestCompanies(CompaniesCase):
    def test_another_companys_syncs_are_not_there(self):
        self._as("support", self.sync).action_sync_now()
        for model in (
            "external.order.sync",
            "external.order.request",
            "external.order.product.match",
            "external.order.key",
        ):
            self.assertTrue(self.env[model].search([]), model)
            self.assertFalse(self._strange(model).search([]), model)
        with self.assertRaises(AccessError):
            self._strange("external.order.sync").browse(self.sync.id).action_sync_now()
        with self.assertRaises(AccessError):
            self._strange("external.order.sync").browse(self.sync.id).write(
                {"external_api_key": "x"}
            )

    def test_the_service_sees_its_users_companies(self):
        self._as("support", self.sync).action_sync_now()
        services = self._strange("external.order.service")
        answer = services.exchange(self._message("stranger"))
        self.assertEqual(answer["syncs"], [])
        self.assertEqual(answer["requests"], [])
        services.exchange(
            self._message(
                "stranger",
                reports=[{"sync": self.sync.id, "status": "error", "message": "x"}],
            )
        )
        self.assertEqual(self.sync.last_sync_status, "never")
        self.stranger.company_ids |= self.env.company
        answer = services.with_context(allowed_company_ids=self.other.ids).exchange(
            self._message("stranger")
        )
        self.assertEqual(self._sent(answer)["name"], "Garage")
        self.assertEqual(len(answer["requests"]), 1)

    def test_the_company_is_the_shops(self):
        self.assertEqual(self.sync.company_id, self.shop.company_id)
        draft = self._strange("external.order.sync").create(
            {"name": "Draft", "active": False}
        )
        self.assertEqual(draft.company_id, self.other)

    def test_overlap_is_seen_across_companies(self):
        shop = self._shop_elsewhere("A third company")
        self.stranger.company_ids |= shop.company_id
        with self.assertRaises(ValidationError) as refused:
            self._strange("external.order.sync").create(
                {
                    "name": "Same address",
                    "pos_config_id": shop.id,
                    "external_api_url": self.sync.external_api_url,
                }
            )
        self.assertIn("Garage", str(refused.exception))
