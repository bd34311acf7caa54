from odoo.exceptions import UserError, ValidationError
from odoo.tests.common import tagged

from .common import URL, SyncCase


@tagged("post_install", "-at_install")
class TestSync(SyncCase):
    def test_five_things_are_enough(self):
        sync = self.sync
        self.assertEqual(sync.source, "Garage")
        self.assertEqual(sync.sync_interval, 15)
        self.assertTrue(sync.auto_create_session)
        self.assertTrue(sync.start_date)
        self.assertEqual(sync.payment_fallback, "first_available")
        self.assertEqual(sync.company_id, self.shop.company_id)
        self.assertEqual(sync.last_sync_status, "never")
        self.assertEqual(
            sync._product_match_kinds(),
            ["odoo_item_id", "item_id", "barcode", "default_code", "name", "name_ci"],
        )

    def test_texts_are_trimmed(self):
        sync = self._sync_of("  Till ", " https://b.example.com/o ", source=" src ")
        self.assertEqual(
            (sync.name, sync.source, sync.external_api_url),
            ("Till", "src", "https://b.example.com/o"),
        )

    def test_an_active_sync_is_complete(self):
        for missing in ("pos_config_id", "external_api_url", "source"):
            with self.assertRaises(ValidationError) as refused:
                self.sync.write({missing: False})
            self.assertIn("Fill in", str(refused.exception))
        with self.assertRaises(ValidationError):
            self.sync.write({"source": "   "})
        with self.assertRaises(ValidationError):
            self.sync.write({"name": "  "})

    def test_addresses(self):
        for url in ("pos.example.com/orders", "ftp://pos.example.com", "https://"):
            with self.assertRaises(ValidationError) as refused:
                self.sync.write({"external_api_url": url})
            self.assertIn("web address", str(refused.exception))
        with self.assertRaises(ValidationError) as refused:
            self.sync.write({"external_api_url": "https://me:secret@pos.example.com/"})
        self.assertNotIn("secret", str(refused.exception))

    def test_numbers(self):
        for name, value in (
            ("sync_interval", 0),
            ("overlap_hours", -1),
            ("page_size", 0),
        ):
            with self.assertRaises(ValidationError):
                self.sync.write({name: value})

    def test_same_address_is_refused_naming_the_other(self):
        for url in (URL, URL + "/", "HTTPS://POS.example.com:443/api/orders"):
            with self.assertRaises(ValidationError) as refused:
                self._sync_of("Second", url)
            self.assertIn("Garage", str(refused.exception))

    def test_registers_decide_whether_syncs_overlap(self):
        with self.assertRaises(ValidationError):
            self._sync_of("All but named", registers="Till 1")
        self.sync.registers = "Till 1, Till 2"
        self._sync_of("Third", registers="till 3")
        with self.assertRaises(ValidationError):
            self._sync_of("Fourth", registers="TILL 2, Till 4")
        with self.assertRaises(ValidationError):
            self.sync.registers = False

    def test_archived_syncs_do_not_overlap_until_they_return(self):
        self.sync.active = False
        second = self._sync_of("Second")
        with self.assertRaises(ValidationError) as refused:
            self.sync.active = True
        self.assertIn(second.name, str(refused.exception))

    def test_payment_mapping_belongs_to_the_shop(self):
        line = {"code": "Mada", "payment_method_id": self.method.id}
        self.sync.write({"payment_line_ids": [(0, 0, line)]})
        self.assertEqual(self.sync.payment_mapping, "Mada → %s" % self.method.name)
        with self.assertRaises(ValidationError) as refused:
            self.sync.write({"payment_line_ids": [(0, 0, dict(line, code=" mada "))]})
        self.assertIn("twice", str(refused.exception))
        stranger = self.env["pos.payment.method"].create({"name": "Elsewhere"})
        with self.assertRaises(ValidationError) as refused:
            self.sync.payment_line_ids.write({"payment_method_id": stranger.id})
        self.assertIn("Elsewhere", str(refused.exception))
        self.assertIn(self.shop.name, str(refused.exception))

    def test_product_matching_keeps_at_least_one_way(self):
        with self.assertRaises(ValidationError):
            self.sync.write({"product_match_ids": [(5, 0, 0)]})
        with self.assertRaises(ValidationError):
            self.sync.write({"product_match_ids": [(0, 0, {"kind": "barcode"})]})

    def test_the_source_is_fixed_by_the_first_booking(self):
        self.sync.source = "garage-2"
        self._book(source="garage-2")
        with self.assertRaises(UserError) as refused:
            self.sync.source = "garage-3"
        self.assertIn("garage-2", str(refused.exception))
        self.sync.write({"name": "Renamed", "source": " garage-2 "})
        self.assertEqual(self.sync.source, "garage-2")

    def test_with_orders_archived_but_not_deleted(self):
        self._book()
        with self.assertRaises(UserError) as refused:
            self._as("manager", self.sync).unlink()
        self.assertIn("archived", str(refused.exception))
        self._as("manager", self.sync).write({"active": False})
        self.assertFalse(self.sync.active)

    def test_without_orders_deleted(self):
        sync = self._as("manager", self.sync)
        sync.unlink()
        self.assertFalse(sync.exists())

    def test_duplicate_is_an_empty_inactive_draft(self):
        self.sync.write(
            {
                "payment_line_ids": [
                    (0, 0, {"code": "2", "payment_method_id": self.method.id})
                ],
                "product_match_ids": [(2, self.sync.product_match_ids[0].id, 0)],
            }
        )
        self._report(booked=3, attention=2)
        copy = self._as("manager", self.sync).copy()
        self.assertEqual(copy.name, "Garage (copy)")
        self.assertFalse(copy.active)
        self.assertFalse(copy.source)
        self.assertFalse(copy.pos_config_id)
        self.assertFalse(copy.payment_line_ids)
        self.assertEqual(copy.last_sync_status, "never")
        self.assertEqual(copy.attention_count, 0)
        self.assertEqual(copy.external_api_url, self.sync.external_api_url)
        self.assertEqual(copy._product_match_kinds(), self.sync._product_match_kinds())
        with self.assertRaises(ValidationError):
            copy.active = True

    def test_who_changed_what_is_tracked(self):
        """The payment and product lists too, by the texts that describe them."""
        line = {"code": "Mada", "payment_method_id": self.method.id}
        self._flush()
        self.cr.precommit.run()
        self._as("manager", self.sync).write(
            {"sync_interval": 30, "payment_line_ids": [(0, 0, line)]}
        )
        self._flush()
        self.cr.precommit.run()
        tracked = self.env["mail.tracking.value"].search(
            [("mail_message_id", "in", self.sync.message_ids.ids)]
        )
        self.assertIn(30, tracked.mapped("new_value_integer"))
        self.assertIn("Mada → %s" % self.method.name, tracked.mapped("new_value_char"))
