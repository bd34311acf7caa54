from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestSyncLogs(OrdersCase):
    """The report on steps: how many orders met which result."""

    def setUp(self):
        super().setUp()
        self._take(
            [self._order(number=number) for number in "1234"],
            [
                self._on("1", step="create_order", code=200),
                self._on("2", step="create_order", code=400),
                # The same order twice is one order.
                self._on("2", step="create_order", code=400),
                self._on("3", step="create_order", code=409),
                self._on("1", step="add_payment", code=200),
                self._on("4", step="fetched", code=404, days=10),
            ],
        )

    def _on(self, number, days=0, **values):
        self.number = getattr(self, "number", 0) + 1
        date = fields.Datetime.now() - timedelta(days=days)
        return self._step(
            self.number, number, date=fields.Datetime.to_string(date), **values
        )

    def _steps(self, user="support", **context):
        steps = self._as(user, self.env["external.order.step"])
        return {step.step: step for step in steps.with_context(**context).search([])}

    def _counts(self, step):
        return (
            step.ok_count,
            step.conflict_count,
            step.wrong_count,
            step.missing_count,
        )

    def test_orders_are_counted_by_step_and_result(self):
        steps = self._steps()
        self.assertEqual(self._counts(steps["create_order"]), (1, 1, 1, 0))
        self.assertEqual(self._counts(steps["add_payment"]), (1, 0, 0, 0))
        self.assertEqual(self._counts(steps["fetched"]), (0, 0, 0, 0))
        self.assertEqual(self._counts(steps["all"]), (1, 1, 1, 0))
        month = self._steps(log_days=30)
        self.assertEqual(self._counts(month["fetched"]), (0, 0, 0, 1))

    def test_a_step_that_is_off_says_so(self):
        steps = self._steps()
        self.assertFalse(steps["create_order"].note)
        self.assertEqual(steps["create_invoice"].note, "not used: invoicing is off")
        self.assertEqual(steps["outbound_delivery"].note, "nothing in these days")
        self.sync.sudo().invoicing = "customer"
        self._flush()
        self._forget()
        self.assertEqual(self._steps()["create_invoice"].note, "nothing in these days")
        self.sync.sudo().active = False
        self._flush()
        self._forget()
        self.assertEqual(
            self._steps()["create_invoice"].note, "not used: no sync is active"
        )

    def test_the_way_to_the_orders_and_to_the_log(self):
        step = self._steps()["create_order"]
        action = step.with_context(log_code="400").action_show_orders()
        orders = self.env["external.order"].search(action["domain"])
        self.assertEqual(orders.mapped("external_id"), ["2"])
        logs = self.env["external.order.log"].search(step.action_show_log()["domain"])
        self.assertEqual(len(logs), 4)
        self.assertEqual(set(logs.mapped("step")), {"create_order"})
        logs = self.env["external.order.log"].search(
            self._steps(log_days=30)["all"].action_show_log()["domain"]
        )
        self.assertEqual(len(logs), 6)
        self.assertEqual(logs[0].action_open_order()["res_model"], "external.order")

    def test_only_those_of_ones_companies_count(self):
        other = self._shop_elsewhere("Another").company_id
        self.env["external.order.log"].search([]).write({"company_id": other.id})
        self._flush()
        self._forget()
        self.assertEqual(self._counts(self._steps()["all"]), (0, 0, 0, 0))

    def test_it_is_the_supports(self):
        with self.assertRaises(AccessError):
            self._steps("nobody")["all"].read(["ok_count"])
