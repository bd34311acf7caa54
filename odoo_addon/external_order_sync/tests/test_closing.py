from datetime import date

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from .common import SyncCase


class ClosingCase(SyncCase):
    """A shop of its own that sells for cash and card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        created = cls.env["external.order.sync"].create_shop("Shop of its own")
        cls.shop = cls.env["pos.config"].browse(created["shop"])
        cls.methods = {
            "cash": cls.shop.payment_method_ids.filtered("is_cash_count"),
            "card": cls.shop.payment_method_ids.filtered(
                lambda method: (
                    not method.is_cash_count and not method.split_transactions
                )
            )[:1],
        }
        product = {"taxes_id": [(6, 0, [])], "available_in_pos": True, "list_price": 10}
        products = cls.env["product.product"]
        cls.service = products.create(dict(product, name="A service", type="service"))
        cls.goods = products.create(dict(product, name="Goods", type="consu"))

    def _open(self):
        session = self.env["pos.session"].create({"config_id": self.shop.id})
        if session.state == "opening_control":
            opens = (
                "set_cashbox_pos"
                if hasattr(session, "set_cashbox_pos")
                else "set_opening_control"
            )
            getattr(session, opens)(0, "")
        self.assertEqual(session.state, "opened")
        return session

    def _sell(self, session, tenders, product=None, total=None):
        """A paid order of one piece of 10.00; ``total`` and tenders may lie about it."""
        paid = sum(amount for _method, amount in tenders)
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "company_id": self.shop.company_id.id,
                "amount_total": paid if total is None else total,
                "amount_tax": 0,
                "amount_paid": 0,
                "amount_return": 0,
                "lines": [
                    (
                        0,
                        0,
                        {
                            "name": "L",
                            "product_id": (product or self.service).id,
                            "qty": 1,
                            "price_unit": 10,
                            "price_subtotal": 10,
                            "price_subtotal_incl": 10,
                            "tax_ids": [(6, 0, [])],
                        },
                    )
                ],
            }
        )
        for method, amount in tenders:
            order.add_payment(
                {
                    "pos_order_id": order.id,
                    "amount": amount,
                    "payment_method_id": self.methods[method].id,
                    "payment_date": fields.Datetime.now(),
                }
            )
        order.action_pos_order_paid()
        return order

    def _close(self, session, difference=None):
        """Closes it; a difference is put on the account that Odoo proposes."""
        self._forget()
        if hasattr(session, "close_session_from_ui"):
            session.post_closing_cash_details(session.cash_register_balance_end)
            self._forget()
            if difference:
                session.action_pos_session_closing_control(
                    session._get_balancing_account(), difference
                )
            else:
                self.assertEqual(session.close_session_from_ui(), {"successful": True})
        else:
            session.action_pos_session_closing_control()
            if session.state != "closed":
                session.cash_register_id.balance_end_real = (
                    session.cash_register_balance_end
                )
                session.action_pos_session_validate()
        self.assertEqual(session.state, "closed")

    def _entry(self, session, user="sidecar"):
        """What the service is told, in a call of its own: nothing is left of the closing's cache."""
        self._forget()
        found = self._as(user, self.env["external.order.service"]).closing_entry(
            session.ids
        )
        self.assertEqual(len(found), 1)
        return found[0]


@tagged("post_install", "-at_install")
class TestClosing(ClosingCase):
    def test_a_clean_session(self):
        session = self._open()
        self._sell(session, [("cash", 10)])
        self._sell(session, [("cash", 4), ("card", 6)])
        self._close(session)
        entry = self._entry(session)
        self.assertTrue(entry["found"] and entry["posted"] and entry["balanced"])
        self.assertEqual(entry["entry"], session.move_id.name)
        self.assertEqual(entry["date"], str(session.move_id.date))
        self.assertEqual(
            (entry["orders"], entry["difference"], entry["differences"]), (2, 0, [])
        )
        self.assertEqual(entry["cash_difference"], 0)
        tendered = {method["method"]: method["tendered"] for method in entry["methods"]}
        posted = {method["method"]: method["posted"] for method in entry["methods"]}
        self.assertEqual(
            tendered, {self.methods["cash"].name: 14, self.methods["card"].name: 6}
        )
        self.assertEqual(posted, tendered)
        self.assertEqual(entry["stock"], [])

    def test_a_difference_is_named(self):
        session = self._open()
        self._sell(session, [("card", 10)])
        self._sell(session, [("card", 9.99)])
        self._close(session, difference=-0.01)
        entry = self._entry(session)
        self.assertTrue(entry["balanced"], "Odoo made it balance")
        self.assertEqual(entry["difference"], 0.01)
        self.assertEqual([line["amount"] for line in entry["differences"]], [0.01])
        self.assertTrue(entry["differences"][0]["label"])

    def test_goods_that_did_not_move(self):
        self.shop.company_id.point_of_sale_update_stock_quantities = "real"
        session = self._open()
        # Paid without its picking, which only the till's way makes.
        self._sell(session, [("card", 10)], product=self.goods)
        self._close(session)
        self.assertEqual(
            [(line["sold"], line["moved"]) for line in self._entry(session)["stock"]],
            [(1, 0)],
        )

    def test_nothing_sold(self):
        session = self._open()
        self._close(session)
        entry = self._entry(session)
        self.assertEqual(
            (entry["found"], entry["entry"], entry["date"]), (True, "", "")
        )
        self.assertEqual(
            (entry["orders"], entry["methods"], entry["posted"]), (0, [], False)
        )

    def test_who_may_ask(self):
        session = self._open()
        for kind in ("nobody", "support", "manager"):
            with self.assertRaises(AccessError):
                self._entry(session, kind)
            with self.assertRaises(AccessError):
                self._as(kind, self.env["external.order.service"]).locked_through(
                    self.shop.company_id.id
                )

    def test_of_its_companies_only(self):
        session = self._open()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        other.fiscalyear_lock_date = date(2026, 1, 31)
        user = self.users["sidecar"]
        services = self._as("sidecar", self.env["external.order.service"])
        self.assertEqual(services.locked_through(other.id), "")
        user.sudo().write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertEqual(services.locked_through(other.id), "2026-01-31")
        self.assertEqual(
            services.closing_entry(session.ids),
            [{"session": session.id, "found": False}],
        )

    def test_the_newest_lock_date_counts(self):
        company = self.shop.company_id
        services = self._as("sidecar", self.env["external.order.service"])
        self.assertEqual(services.locked_through(company.id), "")
        company.fiscalyear_lock_date = date(2026, 1, 31)
        company.tax_lock_date = date(2026, 2, 28)
        self.assertEqual(services.locked_through(company.id), "2026-02-28")
