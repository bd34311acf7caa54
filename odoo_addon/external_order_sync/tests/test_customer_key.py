from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SyncCase

KEY = "v1:Garage/id/7"


@tagged("post_install", "-at_install")
class TestCustomerKey(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = cls.env["res.partner"].create(
            {"name": "Ada of the tests", "external_customer_key": KEY}
        )

    def _search(self, *keys):
        return self.env["res.partner"].search(
            [("external_customer_key", "in", list(keys))]
        )

    def test_found_by_key(self):
        self.assertEqual(self.ada.external_customer_key, KEY)
        self.assertEqual(self._search(KEY, "v1:Garage/id/8"), self.ada)
        self.assertFalse(self._search("v1:Garage/id/8"))

    def test_the_key_is_unique_in_the_database(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.env["res.partner"].create(
                    {"name": "Another", "external_customer_key": KEY}
                )

    def test_a_copy_is_another_customer(self):
        self.assertFalse(self.ada.copy().external_customer_key)

    def test_writing_adds_keys_and_takes_none_away(self):
        self.ada.external_customer_key = "v1:Garage/id/8"
        self.assertEqual(self._search(KEY), self.ada)
        self.assertEqual(self._search("v1:Garage/id/8"), self.ada)

    def test_merging_contacts_keeps_the_keys_of_both(self):
        twin = self.env["res.partner"].create(
            {"name": "Ada again", "external_customer_key": "v1:Garage/id/8"}
        )
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.ada | twin).ids, self.ada
        )
        self.assertEqual(self._search("v1:Garage/id/8"), self.ada)
        self.assertEqual(self._search(KEY), self.ada)

    def test_the_services_user_creates_customers_once_it_may(self):
        values = {"name": "New", "external_customer_key": "v1:Garage/id/9"}
        with mute_logger("odoo.addons.base.models.ir_model"), self.assertRaises(
            AccessError
        ):
            self._as("sidecar", self.env["res.partner"]).create(dict(values))
        user = new_test_user(
            self.env,
            "eos_creator",
            groups="external_order_sync.group_sidecar,base.group_partner_manager",
        )
        partners = self.env["res.partner"].with_user(user)
        created = partners.create(dict(values))
        self.assertEqual(
            partners.search([("external_customer_key", "in", ["v1:Garage/id/9"])]),
            created,
        )
        self.assertEqual(created.external_customer_key, "v1:Garage/id/9")


@tagged("post_install", "-at_install")
class TestFacts(SyncCase):
    def test_installed_modules(self):
        services = self._as("sidecar", self.env["external.order.service"])
        self.assertEqual(
            services.installed_modules(["point_of_sale", "no_such_module"]),
            ["point_of_sale"],
        )

    def test_an_order_without_invoice_has_none(self):
        order = self._book("1")
        services = self._as("sidecar", self.env["external.order.service"])
        self.assertEqual(services.invoices([order.id]), {})

    def test_only_for_the_service(self):
        for kind in ("nobody", "support", "manager"):
            services = self._as(kind, self.env["external.order.service"])
            with self.assertRaises(AccessError):
                services.installed_modules(["point_of_sale"])
            with self.assertRaises(AccessError):
                services.invoices([1])
