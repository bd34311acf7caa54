from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import tagged

from .test_actions import DONE, ActionsCase


def about(kind, value, code="unknown_%s"):
    return {
        "code": code % kind if "%" in code else code,
        "message": "Nothing stands for “%s”." % value,
        "subject": {"kind": kind, "value": value},
    }


@tagged("post_install", "-at_install")
class TestMap(ActionsCase):
    """The fix itself: from an order that lacks it, for all that have the same cause."""

    def _map(self, number="70211", user="manager"):
        return self._wizard(self._as(user, self._kept(number)).action_map(), user)

    def test_a_payment(self):
        voucher = about("payment", "Voucher")
        self._take(
            [self._order(str(n), **voucher) for n in range(3)]
            + [self._order("3", **about("payment", "Cheque"))]
            + [self._order("4", **dict(DONE, subject=voucher["subject"]))]
        )
        wizard = self._map("0")
        self.assertEqual(wizard.value, "Voucher")
        self.assertIn("3 orders", wizard.cure)
        self.assertEqual(wizard.method_ids[:], self.shop.payment_method_ids)
        wizard.payment_method_id = self.method
        shown = wizard.save().action_confirm()
        line = self.sync.payment_line_ids
        self.assertEqual((line.code, line.payment_method_id), ("Voucher", self.method))
        answer = self._exchange()
        self.assertEqual(
            self._sent(answer)["payment_map"],
            [{"code": "Voucher", "method": self.method.id}],
        )
        (row,) = answer["requests"]
        self.assertEqual((row["kind"], row["id"]), ("retry", shown["res_id"]))
        self.assertEqual(
            sorted(row["payload"]["keys"]),
            ["v1:Garage/-/%s/sale" % n for n in range(3)],
        )
        self._answer(row, "done", message="3 of 3 booked")
        request = self.env["external.order.request"].browse(row["id"])
        self.assertIn("3 of 3 booked", request.request_progress()["text"])

    def test_who_mapped_is_kept(self):
        self._take([self._order(**about("payment", "Voucher"))])
        wizard = self._map()
        wizard.payment_method_id = self.method
        closed = wizard.save().action_confirm()
        self.assertEqual(closed["type"], "ir.actions.act_window_close")
        self.assertEqual(self.sync.payment_line_ids.create_uid, self.users["manager"])
        self.assertEqual(self._rows()[0]["user"], self.users["manager"].name)

    def test_a_payment_that_is_listed_is_corrected(self):
        other = self.env["pos.payment.method"].create({"name": "Vouchers"})
        self.shop.payment_method_ids |= other
        self.sync.payment_line_ids = [
            (0, 0, {"code": " voucher", "payment_method_id": self.method.id})
        ]
        self._take([self._order(**about("payment", "Voucher", "unusable_payment"))])
        wizard = self._map()
        wizard.payment_method_id = other
        wizard.save().action_confirm()
        self.assertEqual(self.sync.payment_line_ids.payment_method_id, other)

    def test_only_what_the_shop_has(self):
        elsewhere = self.env["pos.payment.method"].create({"name": "Elsewhere"})
        self._take([self._order(**about("payment", "Voucher"))])
        wizard = self._map()
        self.assertNotIn(elsewhere, wizard.method_ids[:])
        wizard.payment_method_id = elsewhere
        with self.assertRaises(ValidationError):
            wizard.save().action_confirm()

    def test_a_product(self):
        product = self.env["product.product"].create(
            {"name": "Coating", "available_in_pos": True}
        )
        self._take([self._order(**about("product", "Ceramic Coating"))])
        wizard = self._map()
        self.assertIn("this order", wizard.cure)
        wizard.product_id = product
        wizard.save().action_confirm()
        self.assertEqual(
            self._sent()["product_map"],
            [{"code": "Ceramic Coating", "product": product.id}],
        )
        self.assertEqual([row["kind"] for row in self._rows()], ["retry"])

    def test_a_location(self):
        shop = self.shop.copy({"name": "The second shop"})
        self._take([self._order(shop=0, **about("location", "12"))])
        wizard = self._map()
        wizard.pos_config_id = shop
        wizard.save().action_confirm()
        self.assertEqual(
            self._sent()["locations"], [{"location": "12", "shop": shop.id}]
        )

    def test_a_location_is_its_own_whatever_its_case(self):
        second = self.shop.copy({"name": "The second shop"})
        self.sync.location_ids = [
            (0, 0, {"location": "A1", "pos_config_id": self.shop.id})
        ]
        self._take([self._order(shop=0, **about("location", "a1"))])
        wizard = self._map()
        wizard.pos_config_id = second
        wizard.save().action_confirm()
        self.assertEqual(
            {line.location: line.pos_config_id for line in self.sync.location_ids},
            {"A1": self.shop, "a1": second},
        )

    def test_nothing_to_map(self):
        self._take(
            [self._order(code="payment_mismatch", subject={"kind": "", "value": ""})]
        )
        with self.assertRaises(UserError):
            self._as("manager", self._kept()).action_map()

    def test_a_sync_of_the_file_is_mapped_there(self):
        self.sync.sudo().from_file = True
        self._take([self._order(**about("payment", "Voucher"))])
        with self.assertRaises(UserError) as refused:
            self._as("manager", self._kept()).action_map()
        command = "tillbridge map payment 'Voucher' NAME --sync 'Garage'"
        for part in ("“Garage” stands", command):
            self.assertIn(part, str(refused.exception))

    def test_mapping_is_the_managers(self):
        self._take([self._order(**about("payment", "Voucher"))])
        with self.assertRaises(AccessError):
            self._map(user="support")
