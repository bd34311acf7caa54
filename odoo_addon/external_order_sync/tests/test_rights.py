from odoo.exceptions import AccessError, ValidationError
from odoo.tests.common import new_test_user, tagged

from .common import SyncCase

# What each kind of user may do: c(reate), r(ead), w(rite), u(nlink).
MATRIX = {
    "external.order.sync": {
        "nobody": "",
        "support": "r",
        "manager": "crwu",
        "sidecar": "r",
    },
    "external.order.payment.map": {
        "nobody": "",
        "support": "r",
        "manager": "crwu",
        "sidecar": "r",
    },
    "external.order.product.match": {
        "nobody": "",
        "support": "r",
        "manager": "crwu",
        "sidecar": "r",
    },
    "external.order.product.map": {
        "nobody": "",
        "support": "r",
        "manager": "crwu",
        "sidecar": "r",
    },
    "external.order.location": {
        "nobody": "",
        "support": "r",
        "manager": "crwu",
        "sidecar": "r",
    },
    "external.order": {
        "nobody": "",
        "support": "r",
        "manager": "r",
        "sidecar": "r",
    },
    "external.order.log": {
        "nobody": "",
        "support": "r",
        "manager": "r",
        "sidecar": "r",
    },
    "external.order.request": {
        "nobody": "",
        "support": "cr",
        "manager": "cr",
        "sidecar": "r",
    },
    "external.order.service": {
        "nobody": "",
        "support": "r",
        "manager": "r",
        "sidecar": "r",
    },
    "external.order.key": {"nobody": "", "support": "", "manager": "", "sidecar": "r"},
}
WRITES = {
    "external.order.sync": {"registers": "Till 1"},
    "external.order.payment.map": {"code": "9"},
    "external.order.product.match": {"sequence": 3},
    "external.order.product.map": {"code": "9"},
    "external.order.location": {"location": "9"},
    "external.order": {"decision": "ignored"},
    "external.order.log": {"text": "x"},
    "external.order.request": {"state": "done"},
    "external.order.service": {"host": "x"},
    "external.order.key": {"value": "x"},
}


@tagged("post_install", "-at_install")
class TestRights(SyncCase):
    def _new(self, model):
        """A record of the model, made by the superuser, and values for another."""
        env = self.env
        if model == "external.order.sync":
            values = {"name": "X", "active": False}
        elif model == "external.order.payment.map":
            values = {"sync_id": self.sync.id, "payment_method_id": self.method.id}
            return env[model].create(dict(values, code="1")), dict(values, code="2")
        elif model == "external.order.product.match":
            self.sync.product_match_ids[:2].unlink()
            values = {"sync_id": self.sync.id}
            record = env[model].create(dict(values, kind="odoo_item_id"))
            return record, dict(values, kind="item_id")
        elif model == "external.order.product.map":
            product = env["product.product"].create({"name": "P"})
            values = {"sync_id": self.sync.id, "product_id": product.id}
            return env[model].create(dict(values, code="1")), dict(values, code="2")
        elif model == "external.order.location":
            values = {"sync_id": self.sync.id, "pos_config_id": self.shop.id}
            record = env[model].create(dict(values, location="1"))
            return record, dict(values, location="2")
        elif model == "external.order":
            values = {"key": "v1:Garage/-/1/sale", "sync_id": self.sync.id}
            return env[model].create(values), dict(values, key="v1:Garage/-/2/sale")
        elif model == "external.order.log":
            order = env["external.order"].create({"key": "v1:Garage/-/9/sale"})
            values = {
                "order_id": order.id,
                "instance": "a",
                "step": "fetched",
                "code": "200",
                "date": "2026-11-20 10:00:00",
            }
            return env[model].create(dict(values, number=1)), dict(values, number=2)
        elif model == "external.order.request":
            values = {"sync_id": self.sync.id, "kind": "sync"}
        elif model == "external.order.service":
            return env[model].create({"instance": "a"}), {"instance": "b"}
        else:
            other = self._sync_of("Other", "https://b.example.com/")
            return self.sync.sudo().key_ids, {"sync_id": other.id, "value": "v"}
        return env[model].create(values), values

    def _may(self, action):
        """Whether the action is allowed, undone in either case."""
        try:
            with self.env.cr.savepoint():
                action()
                self._flush()
                raise _Undo
        except AccessError:
            return False
        except _Undo:
            return True
        finally:
            self._forget()

    def test_matrix(self):
        for model, rights in MATRIX.items():
            record, values = self._new(model)
            for kind, expected in rights.items():
                mine = self._as(kind, record)
                actions = {
                    "c": lambda: mine.create(values),  # noqa: B023
                    "r": lambda: (mine.read(["display_name"]), mine.search([])),  # noqa: B023
                    "w": lambda: mine.write(WRITES[model]),  # noqa: B023
                    "u": lambda: mine.unlink(),  # noqa: B023
                }
                allowed = "".join(
                    letter for letter, action in actions.items() if self._may(action)
                )
                self.assertEqual(allowed, expected, "%s on %s" % (kind, model))

    def test_only_the_service_exchanges(self):
        for kind in ("nobody", "support", "manager"):
            with self.assertRaises(AccessError):
                self._exchange(user=kind)
            with self.assertRaises(AccessError):
                self._as(kind, self.env["external.order.service"]).booked(["k"])

    def test_the_status_is_the_services(self):
        for values in (
            {"last_sync_status": "success"},
            {"attention_count": 0},
            {"from_file": True},
        ):
            with self.assertRaises(AccessError):
                self._as("manager", self.sync).write(values)
            with self.assertRaises(AccessError):
                self._sync_of("Own status", "https://b.example.com/", **values)

    def test_a_request_is_only_asked(self):
        requests = self._as("support", self.env["external.order.request"])
        for values in (
            {"state": "done"},
            {"user_id": self.users["manager"].id},
            {"result": "{}"},
            {"cancel_asked": True},
        ):
            with self.assertRaises(AccessError):
                requests.create(dict(values, sync_id=self.sync.id, kind="sync"))

    def test_administrators_are_managers(self):
        self.assertTrue(
            self.env.ref("base.user_admin").has_group(
                "external_order_sync.group_manager"
            )
        )

    def test_the_services_key_lives_long(self):
        group = self.env.ref("external_order_sync.group_sidecar")
        if "api_key_duration" in group._fields:
            self.assertEqual(group.api_key_duration, 3650)


class _Undo(Exception):
    """Leaves a savepoint after an allowed action."""


@tagged("post_install", "-at_install")
class TestCompanies(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "The other company"})
        cls.stranger = new_test_user(
            cls.env,
            "eos_stranger",
            groups="external_order_sync.group_manager,external_order_sync.group_sidecar",
            company_id=cls.other.id,
            company_ids=[(6, 0, cls.other.ids)],
        )

    def _strange(self, model):
        return self.env(user=self.stranger.id, su=False)[model]

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
