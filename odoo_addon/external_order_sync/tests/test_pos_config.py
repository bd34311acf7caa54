from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestPosConfig(SyncCase):
    def _typed(self, name, **context):
        shop, _label = self.env["pos.config"].with_context(**context).name_create(name)
        return self.env["pos.config"].browse(shop)

    def test_a_name_typed_into_a_sync_makes_a_shop_for_it(self):
        shop = self._typed(" Shop to be typed ", external_order_shop=True)
        self.assertEqual(shop.name, "Shop to be typed")
        self.assertTrue(shop.payment_method_ids.filtered("is_cash_count"))
        self.assertEqual(
            self._typed("Shop to be typed", external_order_shop=True), shop
        )

    def test_elsewhere_a_typed_name_is_odoos(self):
        shop = self._typed("Shop of Odoo's")
        self.assertNotEqual(self._typed("Shop of Odoo's"), shop)
