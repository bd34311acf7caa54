from odoo.tests.common import tagged

from ..series import MAJOR
from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestComparison(OrdersCase):
    """*Sent by the source* beside *Booked in Odoo*."""

    def _booked(self):
        """The POS order of a car wash of 40, sent as the service sends it."""
        values = {
            "pos_reference": "Garage/-/70211",
            "external_order_key": "v1:Garage/-/70211/sale",
            "external_order_id": "70211",
            "external_source": "Garage",
        }
        if MAJOR > 17:
            values["uuid"] = "5f0f5cf2-3c6e-5bb1-9c2c-3c7a6f6d6d02"
        self._send(**values)
        return self.env["pos.order"].search([("external_order_id", "=", "70211")])

    def _wash(self, total="40.00", **values):
        line = {"name": "Car Wash", "quantity": "1", "price": total}
        payment = {"name": "Card", "card": "Mada", "amount": total}
        sent = {
            "prices": "tax_included",
            "lines": [line],
            "tax": "0",
            "total": total,
            "payments": [payment],
            "customer": "Anna <b>",
        }
        return dict(sent, **values)

    def _rows(self, **values):
        """The rows of the comparison: label, texts, whether they differ."""
        self._take([self._order(**values)])
        order = self._as("support", self._kept())
        sides = order._sides()
        rows = order._comparison_rows([content for _title, content in sides])
        self.assertTrue(order.comparison)
        return [title for title, _content in sides], {row.label: row for row in rows}

    def _differing(self, rows):
        return [label for label, row in rows.items() if row.differs]

    def test_what_is_not_booked_stands_alone(self):
        titles, rows = self._rows()
        self.assertEqual(titles, ["Sent by the source"])
        self.assertEqual(
            rows["Line 1"].texts, ["Engine Oil Change: 1 × 120.00 = 120.00"]
        )
        self.assertEqual(rows["Payment 1"].texts, ["Card: 138.00 (Mada, T-88121)"])
        self.assertEqual(rows["Total"].texts, ["138.00"])
        self.assertEqual(self._differing(rows), [])

    def test_a_faithful_booking_has_no_difference(self):
        booked = self._booked()
        titles, rows = self._rows(
            state="booked", sent=self._wash(), pos_order=booked.id, total="40.00"
        )
        self.assertEqual(titles, ["Sent by the source", "Booked in Odoo"])
        self.assertEqual(rows["Line 1"].texts, ["Car Wash: 1 × 40.00 = 40.00"] * 2)
        self.assertEqual(rows["Total"].texts, ["40.00", "40.00"])
        self.assertEqual(
            rows["Payment 1"].texts[1],
            "%s: 40.00 (Mada, T-1)" % self.method.name,
        )
        self.assertEqual(self._differing(rows), [])
        html = self._as("support", self._kept()).comparison
        self.assertIn("Anna &lt;b&gt;", html)
        self.assertNotIn("differs", html)

    def test_differences_are_marked(self):
        booked = self._booked()
        values = {"state": "booked", "pos_order": booked.id}
        _titles, rows = self._rows(sent=self._wash("41.00"), **values)
        self.assertEqual(self._differing(rows), ["Line 1", "Total", "Payment 1"])
        self.assertIn("≠ differs", self._as("support", self._kept()).comparison)
        two = {"name": "Car Wash", "quantity": "2", "price": "20.00"}
        _titles, rows = self._rows(sent=self._wash(lines=[two]), **values)
        self.assertEqual(self._differing(rows), ["Line 1"])
        lines = [two, {"name": "Air Freshener", "quantity": "1", "price": "1"}]
        _titles, rows = self._rows(sent=self._wash(lines=lines), **values)
        self.assertEqual(self._differing(rows), ["Line 1", "Line 2"])

    def test_a_discount_of_the_whole_order_makes_no_line_differ(self):
        booked = self._booked()
        line = {"name": "Car Wash", "quantity": "1", "price": "44.00"}
        sent = self._wash(lines=[line], discount="4.00")
        _titles, rows = self._rows(state="booked", sent=sent, pos_order=booked.id)
        self.assertEqual(self._differing(rows), [])

    def test_a_conflict_shows_both_contents(self):
        booked = self._booked()
        titles, rows = self._rows(
            state="conflict",
            sent=self._wash(),
            newer=self._wash("50.00"),
            pos_order=booked.id,
        )
        self.assertEqual(titles, ["Sent first", "Sent since", "Booked in Odoo"])
        self.assertEqual(rows["Total"].texts, ["40.00", "50.00", "40.00"])
        self.assertIn("Total", self._differing(rows))

    def test_nothing_sent_and_nothing_booked(self):
        self._take([{"key": "v1:x", "external_id": "70211", "state": "refused"}])
        self.assertIn("Raw Payload", self._as("support", self._kept()).comparison)
