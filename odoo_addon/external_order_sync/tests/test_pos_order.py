from psycopg2 import IntegrityError

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestPosOrder(SyncCase):
    def test_the_key_is_unique_in_the_database(self):
        self._book("70211")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self._book("70211")
                self.env.flush_all()
        self._book("70212")

    def test_orders_without_a_key_are_many(self):
        orders = self.env["pos.order"]
        orders |= orders.create(self._order_values())
        orders |= orders.create(self._order_values())
        self.env.flush_all()
        self.assertEqual(orders.mapped("external_order_key"), [False, False])

    def test_a_copy_is_another_order(self):
        copy = self._book("70211").copy()
        self.assertFalse(copy.external_order_key)
        self.assertFalse(copy.external_order_id)
        self.assertFalse(copy.external_source)

    def test_found_by_external_id(self):
        order = self._book("70211")
        found = self._as("support", self.env["pos.order"]).search(
            [("external_order_id", "=", "70211"), ("external_source", "=", "Garage")]
        )
        self.assertEqual(found, order)

    def test_the_syncs_orders(self):
        order = self._book("70211")
        self._book("70212", source="elsewhere")
        sync = self._as("support", self.sync)
        self.assertEqual(sync.booked_count, 1)
        action = sync.action_view_orders()
        self.assertEqual(self.env["pos.order"].search(action["domain"]), order)

    def test_it_arrives_with_the_services_order(self):
        """The service's user, with no more rights than its group gives, books a keyed order."""
        orders = self._as("sidecar", self.env["pos.order"])
        product = self.env["product.product"].create(
            {"name": "Car Wash", "type": "service", "available_in_pos": True}
        )
        session = self.env["pos.session"].browse(self._order_values()["session_id"])
        line = {
            "product_id": product.id,
            "qty": 1,
            "price_unit": 40,
            "price_subtotal": 40,
            "price_subtotal_incl": 40,
            "name": "line 1",
            "tax_ids": [(6, 0, [])],
        }
        orders.sync_from_ui(
            [
                {
                    "session_id": session.id,
                    "uuid": "5f0f5cf2-3c6e-5bb1-9c2c-3c7a6f6d6d01",
                    "state": "paid",
                    "pos_reference": "Garage/-/70211",
                    "sequence_number": 1,
                    "amount_total": 40,
                    "amount_tax": 0,
                    "amount_paid": 40,
                    "amount_return": 0,
                    "external_order_key": "v1:Garage:-:70211:sale",
                    "external_order_id": "70211",
                    "external_source": "Garage",
                    "lines": [(0, 0, line)],
                    "payment_ids": [
                        (0, 0, {"payment_method_id": self.method.id, "amount": 40})
                    ],
                }
            ]
        )
        services = self._as("sidecar", self.env["external.order.service"])
        booked = services.booked(["v1:Garage:-:70211:sale", "v1:Garage:-:70212:sale"])
        self.assertEqual(list(booked), ["v1:Garage:-:70211:sale"])
        order = booked["v1:Garage:-:70211:sale"]
        self.assertEqual(order["uuid"], "5f0f5cf2-3c6e-5bb1-9c2c-3c7a6f6d6d01")
        self.assertEqual(order["state"], "paid")
        self.assertEqual(order["amount_total"], 40)
        self.assertEqual(order["pos_reference"], "Garage/-/70211")
        refund = orders.browse(order["id"]).refund()["res_id"]
        self.assertFalse(orders.browse(refund).external_order_key)
