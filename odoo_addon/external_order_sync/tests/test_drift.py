from datetime import timedelta

from odoo import fields
from odoo.tests.common import tagged

from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestDrift(OrdersCase):
    def setUp(self):
        super().setUp()
        self.booked = self._book("70211")
        self.booked.write({"amount_total": 40, "amount_paid": 40})
        self._pay(40)
        self._flush()
        self._set("state", "paid")
        self._report_booked()

    def _report_booked(self, **values):
        sold = fields.Datetime.now() - timedelta(days=1)
        values = dict(
            {"sale_date": fields.Datetime.to_string(sold), "total": "40.00"}, **values
        )
        order = self._order(
            state="booked", code="", message="", pos_order=self.booked.id, **values
        )
        self._take([order])

    def _pay(self, amount):
        self.env["pos.payment"].create(
            {
                "pos_order_id": self.booked.id,
                "payment_method_id": self.method.id,
                "amount": amount,
            }
        )

    def _set(self, column, value):
        """Write past Odoo, which lets nobody do all of this to a paid order."""
        self.env.cr.execute(
            "UPDATE pos_order SET %s = %%s WHERE id = %%s" % column,
            [value, self.booked.id],
        )
        self._forget()

    def _look(self):
        changed = self.env["external.order"]._look_for_drift()
        self._forget()
        return changed

    def test_what_stands_as_booked_is_not_news(self):
        self.assertFalse(self._look())
        self.assertFalse(self._kept().drift)

    def test_what_somebody_did_is_said_once_and_goes_with_it(self):
        self._set("amount_total", 39)
        self.assertEqual(self._look(), self._kept())
        self.assertEqual(self._kept().drift_codes, "total")
        self.assertIn("total", self._kept().drift)
        self.assertFalse(self._look(), "told before")
        self._set("state", "cancel")
        self._look()
        self.assertEqual(self._kept().drift_codes, "cancelled,total")
        self._set("state", "paid")
        self._set("amount_total", 40)
        self._look()
        self.assertFalse(self._kept().drift_codes or self._kept().drift)

    def test_payments_that_were_edited(self):
        self._pay(5)
        self._flush()
        self._set("amount_paid", 40)
        self._look()
        self.assertEqual(self._kept().drift_codes, "payments")

    def test_another_product_or_quantity_under_the_same_total(self):
        products = self.env["product.product"].create(
            [{"name": "Wash"}, {"name": "Wax"}]
        )
        values = {
            "order_id": self.booked.id,
            "name": "1",
            "qty": 2,
            "price_unit": 10,
            "price_subtotal": 20,
            "price_subtotal_incl": 20,
        }
        lines = self.env["pos.order.line"].create(
            [dict(values, product_id=product.id) for product in products]
        )
        self._flush()
        self.assertFalse(self._look(), "as it was first seen")

        def stands(column, value, line=lines[0]):
            self.env.cr.execute(
                "UPDATE pos_order_line SET %s = %%s WHERE id = %%s" % column,
                [value, line.id],
            )
            self._look()
            return self._kept().drift_codes

        self.assertFalse(stands("note" if "note" in lines._fields else "name", "By us"))
        self.assertEqual(stands("qty", 1), "lines")
        self.assertIn("lines", self._kept().drift)
        self.assertFalse(stands("qty", 2))
        self.assertEqual(stands("product_id", products[1].id), "lines")
        self.assertFalse(stands("product_id", products[0].id))
        # Which line it is does not matter.
        self.assertEqual(stands("product_id", products[1].id), "lines")
        self.assertFalse(stands("product_id", products[0].id, lines[1]))

    def test_a_refund_by_hand_and_not_one_that_was_sent(self):
        self._set("pos_reference", "Garage/-/70211")
        back = self.env["pos.order"].create(self._order_values(amount_total=-40))
        self._flush()
        self.env.cr.execute(
            "UPDATE pos_order SET state = 'paid', pos_reference = 'Garage/-/70211' WHERE id = %s",
            [back.id],
        )
        self._forget()
        self._look()
        self.assertEqual(self._kept().drift_codes, "refunded")
        self.env.cr.execute(
            "UPDATE pos_order SET external_order_key = 'v1:Garage/-/70211/refund' WHERE id = %s",
            [back.id],
        )
        self._look()
        self.assertFalse(self._kept().drift_codes)

    def test_it_is_looked_at_by_itself_and_what_is_old_is_not(self):
        self._set("amount_total", 39)
        self.env["external.order.service"]._watch()
        self._forget()
        self.assertEqual(self._kept().drift_codes, "total")
        self._set("amount_total", 40)
        self._report_booked(sale_date="2020-01-01 10:00:00")
        self.assertFalse(self._look())
