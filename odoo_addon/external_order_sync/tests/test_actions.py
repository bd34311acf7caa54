import json

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tests.common import tagged

from ..models.external_order_request_kinds import FITTING
from .common import OrdersCase

DONE = {
    "state": "booked",
    "code": "",
    "message": "",
    "fix": "",
    "subject": {"kind": "", "value": ""},
}


class ActionsCase(OrdersCase):
    def _wizard(self, action, user="manager"):
        """The wizard's form as the page opens it, by what a button or the Action menu gave."""
        model = self._as(user, self.env[action["res_model"]])
        return Form(model.with_context(**action["context"]))

    def _from_list(self, name, orders, user="manager"):
        """The wizard that the Action menu of the list opens on these orders."""
        action = self.env.ref("external_order_sync.external_order_%s_action" % name)
        context = dict(
            json.loads((action.context or "{}").replace("'", '"')),
            active_model="external.order",
            active_ids=orders.ids,
        )
        return self._wizard(
            {"res_model": action.res_model, "context": context}, user=user
        )

    def _rows(self):
        return self._exchange(known="some stamp")["requests"]

    def _answer(self, row, state, **values):
        self._exchange(
            known="some stamp", answers=[dict(values, request=row["id"], state=state)]
        )


@tagged("post_install", "-at_install")
class TestActions(ActionsCase):
    """The buttons of one order, and the Action menu of many."""

    def test_retry_is_followed_on_the_order(self):
        self._exchange()
        self._take([self._order()])
        order = self._as("support", self._kept())
        self.assertFalse(order.has_open_request)
        order.action_retry()
        order.action_retry()
        (row,) = self._rows()
        self.assertEqual(
            (row["kind"], row["payload"]), ("retry", {"keys": [order.key]})
        )
        self._forget()
        self.assertTrue(order.has_open_request)
        self.assertIn("waiting for", order.request_progress()["text"])
        self._answer(row, "taken", progress=10)
        self._take([self._order(**DONE)])
        self._answer(
            row, "done", message="1 of 1 booked", result={"booked": 1, "of": 1}
        )
        self.assertFalse(order.has_open_request)
        self.assertIn("1 of 1 booked", order.request_progress()["text"])
        self.assertEqual(order.request_progress()["state"], "done")

    def test_what_does_not_fit_is_said(self):
        self._take([self._order(**DONE)])
        for action in ("retry", "complete", "reopen", "rebook"):
            with self.assertRaises(UserError) as refused:
                getattr(self._as("manager", self._kept()), "action_" + action)()
            self.assertIn("Booked", str(refused.exception))
        self.assertFalse(self._rows())

    def test_decisions_are_the_managers(self):
        self._take([self._order(state="ignored"), self._order("2", state="waiting")])
        with self.assertRaises(AccessError):
            self._as("support", self._kept()).action_reopen()
        with self.assertRaises(AccessError):
            self._as("support", self._kept("2")).action_complete()
        with self.assertRaises(AccessError):
            self._from_list("ignore", self._kept("2"), "support")
        with self.assertRaises(AccessError):
            self._as("support", self._kept("2")).action_correct_payment()
        self.assertFalse(self._rows())
        self._as("manager", self._kept()).action_reopen()
        self._as("manager", self._kept("2")).action_complete()
        self.assertEqual([row["kind"] for row in self._rows()], ["reopen", "complete"])

    def test_ignore_asks_why(self):
        self._take([self._order()])
        wizard = self._wizard(self._as("manager", self._kept()).action_ignore())
        self.assertIn("This order will be closed", wizard.plan)
        with self.assertRaises(AssertionError):
            wizard.save()
        wizard.reason = "A test sale"
        closed = wizard.save().action_confirm()
        self.assertEqual(closed["type"], "ir.actions.act_window_close")
        (row,) = self._rows()
        self.assertEqual(row["payload"]["reason"], "A test sale")
        self.assertEqual(row["user"], self.users["manager"].name)

    def test_many_are_counted_first(self):
        self._take(
            [self._order(str(n)) for n in range(3)]
            + [self._order("3", state="retrying"), self._order("4", **DONE)]
            + [self._order("5", state="skipped"), self._order("6", **DONE)]
        )
        orders = self.env["external.order"].search([])
        wizard = self._from_list("retry", orders, "support")
        self.assertIn("4 orders will be tried again", wizard.plan)
        self.assertIn("3 cannot: ", wizard.plan)
        self.assertIn("2 booked", wizard.plan)
        shown = wizard.save().action_confirm()
        (row,) = self._rows()
        self.assertEqual(len(row["payload"]["keys"]), 4)
        self.assertEqual(
            (shown["res_model"], shown["res_id"]), ("external.order.request", row["id"])
        )

    def test_each_kind_has_its_plan(self):
        for kind, states in FITTING.items():
            self._take(
                [self._order("1", state=states[0]), self._order("2", **DONE)]
                + [self._order("3", state=states[-1])]
            )
            orders = self.env["external.order"].search([])
            wizard = self._from_list(kind, orders)
            self.assertRegex(wizard.plan, "(?s)^2 orders .*1 cannot: 1 booked[.]$")
            wizard = self._from_list(
                kind, orders.filtered(lambda o: o.state != "booked")[0]
            )
            self.assertRegex(wizard.plan, "^This order ")
            wizard = self._from_list(kind, self._kept("2"))
            self.assertEqual(wizard.fitting_count, 0)

    def test_the_menu_of_the_list(self):
        def offered(kind):
            actions = self._as(kind, self.env["ir.actions.actions"])
            return {
                action["name"]
                for action in actions.get_bindings("external.order")["action"]
            }

        self.assertEqual(
            offered("manager") - offered("support"),
            {"Ignore…", "Book as completed", "Reopen", "Book again"},
        )
        self.assertIn("Retry", offered("support"))

    def test_the_buttons_of_the_form(self):
        def names(kind):
            model = self._as(kind, self.env["external.order"])
            view = getattr(model, "get_view", None) or model.fields_view_get
            arch = etree.fromstring(view(view_type="form")["arch"])
            # Series 14 hides what a user's groups do not allow, later ones leave it out.
            buttons = arch.xpath("//header/button[not(@invisible='1')]")
            return {button.get("name") for button in buttons}

        self.assertEqual(names("support"), {"action_retry", "action_fetch"})
        self.assertEqual(
            names("manager"),
            {
                "action_retry",
                "action_fetch",
                "action_map",
                "action_ignore",
                "action_complete",
                "action_reopen",
                "action_rebook",
                "action_correct_payment",
            },
        )

    def test_a_silent_service_is_told_where_orders_are(self):
        self._take([self._order()])
        orders = self._as("support", self.env["external.order"])
        self.assertIn(
            "No tillbridge service has connected", self._kept().service_banner
        )
        self.assertIn("no service connected", orders._open_home()["name"])
        self._exchange()
        self._forget()
        self.assertFalse(self._kept().service_banner)
        self.assertEqual(orders._open_home()["name"], "External Orders")
        self._silent_since(minutes=5)
        self._forget()
        self.assertIn("has not been heard from", self._kept().service_banner)
        home = self.env.ref("external_order_sync.external_order_home")
        opened = self._as("support", home).run()
        self.assertEqual(opened["res_model"], "external.order")
        # With its day, where that was yesterday.
        self.assertRegex(
            opened["name"],
            "^External Orders – ⚠ service silent since (../../.... )?..:..( [AP]M)?$",
        )

    def test_fetch_by_ids(self):
        self._take([self._order()])
        wizard = self._wizard(
            self._as("support", self._kept()).action_fetch(), "support"
        )
        self.assertEqual((wizard.sync_id, wizard.ids_text), (self.sync, "70211"))
        wizard.ids_text = "70211, 70212\n\n #70213 ;70211"
        wizard.save().action_confirm()
        (row,) = self._rows()
        self.assertEqual(
            (row["kind"], row["sync"], row["payload"]),
            ("fetch", self.sync.id, {"ids": ["70211", "70212", "#70213"]}),
        )

    def test_fetch_by_dates(self):
        wizard = self._from_list("fetch", self.env["external.order"], "support")
        self.assertEqual(wizard.sync_id, self.sync)
        wizard.by = "dates"
        wizard.date_from = "2026-11-01"
        wizard.date_to = "2026-11-02"
        shown = wizard.save().action_confirm()
        (row,) = self._rows()
        self.assertEqual(row["payload"], {"from": "2026-11-01", "to": "2026-11-02"})
        self.assertEqual(shown["res_id"], row["id"])
        wizard.date_to = "2026-10-02"
        with self.assertRaises(UserError):
            wizard.save().action_confirm()
