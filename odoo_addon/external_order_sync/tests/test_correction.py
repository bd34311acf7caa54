from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .common import OrdersCase
from .test_actions import DONE, ActionsCase
from .test_closing import ClosingCase


@tagged("post_install", "-at_install")
class TestCorrection(ClosingCase, ActionsCase, OrdersCase):
    """A payment booked by the wrong method: Odoo's own way while the session is open, an entry afterwards."""

    def _booked(self, session, method="cash"):
        booked = self._sell(session, [(method, 10)])
        self._take([self._order(pos_order=booked.id, **DONE)])
        return self._as("manager", self._kept())

    def test_while_the_session_is_open(self):
        order = self._booked(self._open())
        opened = order.action_correct_payment()
        payment = order.pos_order_id.payment_ids
        if self.env["pos.order"]._fields["payment_ids"].readonly:
            self.assertEqual(
                (opened["res_model"], opened["res_id"]), ("pos.payment", payment.id)
            )
            self._as("manager", payment).write(
                {"payment_method_id": self.methods["card"].id}
            )
        else:
            self.assertEqual(
                (opened["res_model"], opened["res_id"]),
                ("pos.order", order.pos_order_id.id),
            )
            self._as("manager", order.pos_order_id).write(
                {
                    "payment_ids": [
                        (
                            1,
                            payment.id,
                            {"payment_method_id": self.methods["card"].id},
                        )
                    ]
                }
            )
        self.assertEqual(payment.payment_method_id, self.methods["card"])

    def test_of_several_payments_all_are_shown(self):
        order = self._booked(self._open())
        payments = order.pos_order_id.payment_ids
        payments |= payments.copy({"uuid": "u2"} if "uuid" in payments._fields else {})
        opened = order._open_payments(payments)
        self.assertEqual(opened["domain"], [("id", "in", payments.ids)])

    def test_what_is_not_booked_has_no_payment(self):
        self._take([self._order()])
        with self.assertRaises(UserError):
            self._as("manager", self._kept()).action_correct_payment()

    def test_the_entry_names_the_accounts_that_were_posted(self):
        for wrong, right in (("cash", "card"), ("card", "cash")):
            session = self._open()
            order = self._booked(session, wrong)
            self._close(session)
            self.assertEqual(session.state, "closed")
            wizard = self._wizard(order.action_correct_payment())
            self.assertIn(session.name, wizard.why)
            self.assertEqual(wizard.payment_id, order.pos_order_id.payment_ids)
            self.assertNotIn(self.methods[wrong], wizard.method_choice_ids[:])
            self.assertFalse(wizard.entry)
            wizard.method_id = self.methods[right]
            accounts = {
                kind: method._external_account(order.pos_order_id)
                for kind, method in self.methods.items()
            }
            self.assertEqual(len(set(accounts.values())), 2)
            debit, credit = wizard.entry.splitlines()[1:3]
            self.assertIn("Debit   " + accounts[right].display_name, debit)
            self.assertIn("Credit  " + accounts[wrong].display_name, credit)
            self.assertIn("10.00", debit)
            self.assertEqual(self._posted(session, accounts[wrong]), 10)
            self.assertEqual(self._posted(session, accounts[right]), 0)

    def _posted(self, session, account):
        """What closing this session has left on an account."""
        self._forget()
        moves = session._get_related_account_moves()
        lines = moves.line_ids.filtered(lambda line: line.account_id == account)
        return sum(lines.mapped("balance"))

    def test_methods_on_one_account_need_no_entry(self):
        session = self._open()
        order = self._booked(session, "card")
        twin = self.methods["card"].copy({"name": "Card too"})
        self._close(session)
        wizard = self.env["external.order.correction"].create(
            {
                "order_id": order.id,
                "payment_id": order.pos_order_id.payment_ids.id,
                "method_id": twin.id,
            }
        )
        self.assertIn("None: both methods", wizard.entry)
