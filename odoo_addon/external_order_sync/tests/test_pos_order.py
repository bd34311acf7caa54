from uuid import uuid4

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..identity import uuid_of
from ..series import MAJOR
from .common import OrdersCase, SyncCase

UUID = "5f0f5cf2-3c6e-5bb1-9c2c-3c7a6f6d6d01"


@tagged("post_install", "-at_install")
class TestPosOrder(SyncCase):
    def test_the_key_is_unique_in_the_database(self):
        self._book("70211")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self._book("70211")
                self._flush()
        self._book("70212")

    def test_orders_without_a_key_are_many(self):
        orders = self.env["pos.order"]
        orders |= orders.create(self._order_values())
        orders |= orders.create(self._order_values())
        self._flush()
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
        values = {
            "pos_reference": "Garage/-/70211",
            "external_order_key": "v1:Garage/-/70211/sale",
            "external_order_id": "70211",
            "external_source": "Garage",
        }
        if MAJOR > 17:
            values["uuid"] = UUID
        else:
            values["note"] = "To be washed by hand"
        self._send(**values)
        services = self._as("sidecar", self.env["external.order.service"])
        booked = services.booked(["v1:Garage/-/70211/sale", "v1:Garage/-/70212/sale"])
        self.assertEqual(list(booked), ["v1:Garage/-/70211/sale"])
        booked = booked["v1:Garage/-/70211/sale"]
        self.assertEqual(booked["uuid"], UUID if MAJOR > 17 else "")
        self.assertEqual(booked["state"], "paid")
        self.assertEqual(booked["amount_total"], 40)
        self.assertEqual(booked["pos_reference"], "Garage/-/70211")
        order = self._as("sidecar", self.env["pos.order"]).browse(booked["id"])
        self.assertEqual(
            (order.external_order_id, order.external_source), ("70211", "Garage")
        )
        self.assertEqual(
            (order.payment_ids.card_type, order.payment_ids.transaction_id),
            ("Mada", "T-1"),
        )
        if MAJOR < 18:
            self.assertEqual(order.note, "To be washed by hand")
        # On series 14 by the one who opened the session.
        refund = self.env["pos.order"].browse(order.id).refund()["res_id"]
        self.assertFalse(order.browse(refund).external_order_key)

    def test_a_second_order_of_a_key_is_refused_as_it_is_sent(self):
        values = {
            "external_order_key": "v1:Garage/-/70211/sale",
            "external_order_id": "70211",
            "external_source": "Garage",
        }
        self._send(pos_reference="one", **values)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError) as refused:
            with self.env.cr.savepoint():
                self._send(pos_reference="two", **values)
                self._flush()
        self.assertIn("pos_order_external_order_key_unique", str(refused.exception))

    def _unkeyed(self, reference, key=None):
        """An order without a key, with the uuid that the service gives it if it is the service's."""
        order = self.env["pos.order"].create(self._order_values())
        order.pos_reference = reference
        if "uuid" in order._fields:
            order.uuid = uuid_of(key) if key else str(uuid4())
        return order

    def test_the_installation_recovers_keys(self):
        """Those of the orders that the service booked while the addon was not there."""
        keys = {
            "Garage/-/1": "v1:Garage/-/1/sale",
            "Garage/-/1/R": "v1:Garage/-/1/refund",
            "Garage/3/A%2F7/R55": "v1:Garage/3/A%2F7/refund:55",
        }
        orders = [self._unkeyed(reference, key) for reference, key in keys.items()]
        tills = self._unkeyed("Order 00001-001-0001")
        refund_made_in_odoo = self._unkeyed("Garage/-/1")
        if "uuid" in self.env["pos.order"]._fields:
            foreign = self._unkeyed("2026/11/00007")
        else:
            foreign = self._unkeyed("2026-11/00007")
        second = self._unkeyed("Garage/-/70299", "v1:Garage/-/70299/sale")
        keyed = self._unkeyed("elsewhere")
        keyed.external_order_key = "v1:Garage/-/70299/sale"
        self._flush()
        self.assertEqual(self.env["pos.order"]._recover_external_keys(), 3)
        self.assertEqual(
            [order.external_order_key for order in orders], list(keys.values())
        )
        self.assertEqual(
            [order.external_order_id for order in orders], ["1", "1", "A/7"]
        )
        self.assertEqual({order.external_source for order in orders}, {"Garage"})
        for order in (tills, refund_made_in_odoo, foreign, second):
            self.assertFalse(order.external_order_key)
        self.assertEqual(self.env["pos.order"]._recover_external_keys(), 0)


@tagged("post_install", "-at_install")
class TestExternalOrderOf(OrdersCase):
    def test_a_pos_order_leads_to_its_external_order(self):
        booked = self._book("70211")
        mine = self._as("support", booked)
        self.assertFalse(mine.has_external_order)
        with self.assertRaises(UserError):
            mine.action_open_external_order()
        self._take([self._order(state="booked", code="", pos_order=booked.id)])
        mine = self._as("support", booked)
        self.assertTrue(mine.has_external_order)
        action = mine.action_open_external_order()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("external.order", self._kept().id)
        )

    def test_an_external_order_leads_to_what_was_made_of_it(self):
        booked = self._book("70211")
        self._take([self._order(state="booked", code="", pos_order=booked.id)])
        order = self._as("support", self._kept())
        for action, record in (
            (order.action_open_pos_order(), booked),
            (order.action_open_session(), booked.session_id),
        ):
            self.assertEqual(
                (action["res_model"], action["res_id"]), (record._name, record.id)
            )
        self.assertEqual(order.session_name, booked.session_id.name)
        # No goods, no invoice.
        self.assertFalse(order.delivery_text or order.invoice_name)
        self.assertFalse(order.can_open_invoice)
        with self.assertRaises(UserError):
            order.action_open_deliveries()
