from decimal import Decimal

from odoo.tests.common import BaseCase, tagged

from ..side_by_side import Row, amount_of, differ, plain, table


@tagged("post_install", "-at_install")
class TestSideBySide(BaseCase):
    def test_amounts_differ_by_more_than_half_a_cent(self):
        self.assertFalse(differ(["138.00", "138", "138.004"]))
        self.assertTrue(differ(["138.00", "137.99"]))
        self.assertFalse(differ(["138.00", "", None, "soon"]))
        self.assertFalse(differ([]))

    def test_a_refund_may_come_with_either_sign(self):
        self.assertTrue(differ(["138.00", "-138.0"]))
        self.assertFalse(differ(["138.00", "-138.0"], signless=True))

    def test_what_a_line_comes_to(self):
        line = {"price": "40.00", "quantity": "2", "discount": "4.00"}
        self.assertEqual(amount_of(line), Decimal("76.00"))
        self.assertEqual(amount_of(dict(line, total="75")), Decimal("75"))
        self.assertIsNone(amount_of({"price": "40"}))

    def test_numbers_for_people(self):
        self.assertEqual(plain("2.000"), "2")
        self.assertEqual(plain("0.5"), "0.50")
        self.assertEqual(plain("0.333"), "0.333")

    def test_what_was_sent_is_no_markup(self):
        row = Row("<i>Line</i>", ["<script>alert(1)</script>", "a\x0bb & c"], True)
        html = table(["One", "Two"], [row], "≠ differs")
        self.assertNotIn("<script>", html)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", html)
        self.assertIn("a�b &amp; c", html)
        self.assertIn("<b>≠ differs</b>", html)

    def test_one_side_alone_differs_from_nothing(self):
        html = table(["One"], [Row("Line", ["x"], True)], "≠ differs")
        self.assertNotIn("differs", html)
