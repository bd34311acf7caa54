from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .test_closing import ClosingCase


@tagged("post_install", "-at_install")
class TestShop(ClosingCase):
    def test_it_opens_books_and_closes_clean(self):
        # The shop of the other tests is one of these.
        session = self._open()
        self._sell(session, [("cash", 4), ("card", 6)])
        self._close(session)
        entry = self._entry(session)
        self.assertTrue(entry["posted"] and entry["balanced"])
        self.assertEqual((entry["difference"], entry["cash_difference"]), (0, 0))

    def test_it_is_made_once(self):
        syncs = self.env["external.order.sync"]
        again = syncs.create_shop(" Shop of its own ")
        self.assertEqual((again["shop"], again["created"]), (self.shop.id, False))
        other = syncs.create_shop("Another")
        self.assertTrue(other["created"])
        cash = (
            self.env["pos.config"]
            .browse(other["shop"])
            .payment_method_ids.filtered("is_cash_count")
        )
        self.assertEqual(len(cash), 1)
        self.assertNotEqual(cash, self.methods["cash"], "a drawer belongs to one shop")

    def test_like_another(self):
        syncs = self.env["external.order.sync"]
        self.shop.payment_method_ids = [(3, self.methods["card"].id)]
        card = self.methods["card"].copy({"name": "The other card"})
        self.shop.payment_method_ids = [(4, card.id)]
        made = self.env["pos.config"].browse(
            syncs.create_shop("Alike", like="Shop of its own")["shop"]
        )
        self.assertEqual(made.journal_id, self.shop.journal_id)
        self.assertIn(card, made.payment_method_ids)
        self.assertNotIn(self.methods["card"], made.payment_method_ids)
        with self.assertRaises(UserError):
            syncs.create_shop("Alike too", like="No such shop")
        with self.assertRaises(UserError):
            syncs.create_shop("  ")

    def test_the_button_gives_a_sync_its_shop(self):
        self.sync.sudo().write({"active": False, "pos_config_id": False})
        sync = self.env["external.order.sync"].browse(self.sync.id)
        sync.action_create_shop()
        self.assertEqual(sync.pos_config_id.name, sync.name)
        shop = sync.pos_config_id
        sync.action_create_shop()
        self.assertEqual(sync.pos_config_id, shop)

    def test_it_takes_the_rights_to_make_shops(self):
        for user in ("sidecar", "manager"):
            syncs = self._as(user, self.env["external.order.sync"])
            with self.assertRaises(AccessError) as refused:
                syncs.create_shop("Mine")
            self.assertIn("Point of Sale: Administrator", str(refused.exception))
