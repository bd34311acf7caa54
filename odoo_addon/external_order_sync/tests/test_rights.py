from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from .common import SyncCase

KINDS = ("nobody", "support", "manager", "sidecar")
# What each of these kinds of users may do: c(reate), r(ead), w(rite), u(nlink). Every model of the app is here.
MATRIX = {
    "external.order.sync": ("", "r", "crwu", "r"),
    "external.order.payment.map": ("", "r", "crwu", "r"),
    "external.order.product.match": ("", "r", "crwu", "r"),
    "external.order.product.map": ("", "r", "crwu", "r"),
    "external.order.location": ("", "r", "crwu", "r"),
    "external.order": ("", "r", "r", "r"),
    "external.order.log": ("", "r", "r", "r"),
    "external.order.step": ("", "r", "r", ""),
    "external.order.alert": ("", "r", "r", "r"),
    "external.order.run": ("", "r", "r", "r"),
    "external.order.day": ("", "r", "r", "r"),
    "external.order.difference": ("", "r", "r", "r"),
    "external.order.digest": ("", "", "crwu", ""),
    "external.order.request": ("", "cr", "cr", "r"),
    "external.order.service": ("", "r", "r", "r"),
    "external.order.lease": ("", "r", "r", "r"),
    "external.order.key": ("", "", "", "r"),
    "external.customer.key": ("r", "r", "r", "r"),
    # Wizards: each user's own only; the first is the administrators'.
    "external.order.connect": ("", "", "", ""),
    "external.order.where": ("", "crw", "crw", ""),
    "external.order.retry": ("", "crw", "crw", ""),
    "external.order.fetch": ("", "crw", "crw", ""),
    "external.order.decide": ("", "", "crw", ""),
    "external.order.map": ("", "", "crw", ""),
    "external.order.correction": ("", "", "crw", ""),
}
WRITES = {
    "external.order.sync": {"registers": "Till 1"},
    "external.order.payment.map": {"code": "9"},
    "external.order.product.match": {"sequence": 3},
    "external.order.product.map": {"code": "9"},
    "external.order.location": {"location": "9"},
    "external.order": {"decision": "ignored"},
    "external.order.log": {"text": "x"},
    "external.order.alert": {"count": 0},
    "external.order.run": {"booked": 0},
    "external.order.day": {"odoo_count": 0},
    "external.order.difference": {"message": "x"},
    "external.order.digest": {"hour": 8},
    "external.order.request": {"state": "done"},
    "external.order.service": {"host": "x"},
    "external.order.lease": {"until": "2026-11-20 10:06:00"},
    "external.order.key": {"value": "x"},
    "external.customer.key": {"key": "x"},
    "external.order.connect": {"login": "x"},
    "external.order.step": {"step": "all"},
    "external.order.where": {"text": "1"},
    "external.order.retry": {"kind": "retry"},
    "external.order.fetch": {"by": "dates"},
    "external.order.decide": {"kind": "reopen"},
    "external.order.map": {"product_id": False},
    "external.order.correction": {"method_id": False},
}


class RightsCase(SyncCase):
    def _new(self, model):
        """A record of the model, made by the superuser, and values for another."""
        make = getattr(self, "_new_" + model.replace(".", "_"))
        one, other = make()
        if isinstance(one, dict):
            one = self.env[model].create(one)
        return one, other

    def _order(self, number):
        return self.env["external.order"].create(
            {"key": "v1:Garage/-/%s/sale" % number, "sync_id": self.sync.id}
        )

    def _new_external_order_sync(self):
        return ({"name": "X", "active": False},) * 2

    def _new_external_order_payment_map(self):
        values = {"sync_id": self.sync.id, "payment_method_id": self.method.id}
        return dict(values, code="1"), dict(values, code="2")

    def _new_external_order_product_match(self):
        self.sync.product_match_ids[:2].unlink()
        values = {"sync_id": self.sync.id}
        return dict(values, kind="odoo_item_id"), dict(values, kind="item_id")

    def _new_external_order_product_map(self):
        product = self.env["product.product"].create({"name": "P"})
        values = {"sync_id": self.sync.id, "product_id": product.id}
        return dict(values, code="1"), dict(values, code="2")

    def _new_external_order_location(self):
        values = {"sync_id": self.sync.id, "pos_config_id": self.shop.id}
        return dict(values, location="1"), dict(values, location="2")

    def _new_external_order(self):
        values = {"sync_id": self.sync.id}
        return self._order("1"), dict(values, key="v1:Garage/-/2/sale")

    def _new_external_order_log(self):
        values = {
            "order_id": self._order("9").id,
            "instance": "a",
            "step": "fetched",
            "code": "200",
            "date": "2026-11-20 10:00:00",
        }
        return dict(values, number=1), dict(values, number=2)

    def _new_external_order_alert(self):
        return ({"sync_id": self.sync.id, "code": "unknown_product"},) * 2

    def _new_external_order_run(self):
        return ({"sync_id": self.sync.id, "date": "2026-11-20 10:00:00"},) * 2

    def _new_external_order_day(self):
        day = {
            "sync_id": self.sync.id,
            "company_id": self.sync.company_id.id,
            "state": "green",
        }
        return dict(day, day="2026-11-20"), dict(day, day="2026-11-21")

    def _new_external_order_difference(self):
        values, _other = self._new_external_order_day()
        day = self.env["external.order.day"].create(dict(values, day="2026-11-22"))
        line = {
            "day_id": day.id,
            "company_id": day.company_id.id,
            "kind": "waiting",
        }
        return (line,) * 2

    def _new_external_order_digest(self):
        other = self.env["res.company"].create({"name": "Digest"})
        manager = self.users["manager"]
        manager.company_ids |= other
        values = {"user_ids": [(6, 0, manager.ids)]}
        return (
            dict(values, company_id=other.id),
            dict(values, company_id=self.shop.company_id.id),
        )

    def _new_external_order_request(self):
        return ({"sync_id": self.sync.id, "kind": "sync"},) * 2

    def _new_external_order_service(self):
        return {"instance": "a"}, {"instance": "b"}

    def _new_external_order_lease(self):
        other = self.env["pos.config"].create({"name": "Another shop"})
        service = self.env["external.order.service"].create({"instance": "lease"})
        values = {
            "service_id": service.id,
            "since": "2026-11-20 10:00:00",
            "until": "2026-11-20 10:05:00",
        }
        return (
            dict(values, pos_config_id=self.shop.id),
            dict(values, pos_config_id=other.id),
        )

    def _new_external_order_key(self):
        other = self._sync_of("Other", "https://b.example.com/")
        return self.sync.sudo().key_ids, {"sync_id": other.id, "value": "v"}

    def _new_external_customer_key(self):
        partner = self.env["res.partner"].create({"name": "Anna"})
        values = {"partner_id": partner.id}
        return dict(values, key="1"), dict(values, key="2")

    def _new_external_order_connect(self):
        return ({"url": "https://odoo.example.com"},) * 2

    def _new_external_order_step(self):
        return self.env["external.order.step"].search([], limit=1), {"step": "all"}

    def _new_external_order_where(self):
        return ({"text": "70211"},) * 2

    def _new_external_order_retry(self):
        return ({"kind": "retry", "order_ids": [(6, 0, self._order("r").ids)]},) * 2

    def _new_external_order_fetch(self):
        return ({"sync_id": self.sync.id, "by": "ids", "ids_text": "7"},) * 2

    def _new_external_order_decide(self):
        return ({"kind": "reopen", "order_ids": [(6, 0, self._order("d").ids)]},) * 2

    def _new_external_order_map(self):
        return ({"order_id": self._order("m").id},) * 2

    def _new_external_order_correction(self):
        return ({"order_id": self._order("c").id},) * 2


@tagged("post_install", "-at_install")
class TestRights(RightsCase):
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

    def _allowed(self, kind, model, record, values):
        mine = self._as(kind, record)
        letters = "c" if self._may(lambda: mine.create(values)) else ""
        if letters and record._transient:
            mine = mine.create(values)
        for letter, action in (
            ("r", lambda: (mine.read(["display_name"]), mine.search([]))),
            ("w", lambda: mine.write(WRITES[model])),
            ("u", lambda: mine.unlink()),
        ):
            letters += letter if self._may(action) else ""
        return letters

    def test_matrix(self):
        for model, rights in MATRIX.items():
            record, values = self._new(model)
            for kind, expected in zip(KINDS, rights):
                allowed = self._allowed(kind, model, record, values)
                self.assertEqual(allowed, expected, "%s on %s" % (kind, model))

    def test_every_model_is_in_the_matrix(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if model._original_module == "external_order_sync" and not model._abstract
        }
        self.assertEqual(ours, set(MATRIX), "MATRIX is to have a row for each model")

    def test_wizards_are_their_users_own(self):
        for model in MATRIX:
            if not self.env[model]._transient:
                continue
            record, _values = self._new(model)
            for kind in KINDS:
                mine = self._as(kind, record)
                self.assertFalse(self._may(lambda: mine.read(["display_name"])), model)  # noqa: B023

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
