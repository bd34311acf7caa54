from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestFileSync(SyncCase):
    def _row(self, **values):
        return dict(
            {
                "name": "From file",
                "source": "file-source",
                "url": "https://file.example.com/orders",
                "shop": self.shop.name,
                "interval": 5,
                "status": "success",
                "message": "2 booked",
            },
            **values,
        )

    def _show(self, *rows, **parts):
        answer = self._exchange(file_syncs=list(rows), **parts)
        self._forget()
        return answer

    def _shown(self):
        return self.env["external.order.sync"].search([("from_file", "=", True)])

    def test_shown_with_its_status(self):
        answer = self._show(self._row())
        sync = self._shown()
        self.assertEqual(
            (sync.name, sync.source, sync.sync_interval),
            ("From file", "file-source", 5),
        )
        self.assertEqual(sync.pos_config_id, self.shop)
        self.assertEqual(sync.badge, "success")
        self.assertEqual(sync.last_sync_message, "2 booked")
        self.assertFalse(sync.has_api_key)
        self.assertNotIn(sync.id, [sent["id"] for sent in answer["syncs"]])

    def test_it_is_judged_by_its_own_zone_and_patience(self):
        self._show(self._row(timezone="Asia/Riyadh", waiting_days=3))
        sync = self._shown()
        self.assertEqual((sync.timezone, sync.waiting_days), ("Asia/Riyadh", 3))
        self._show(self._row(timezone="Nowhere/Land", waiting_days=0))
        self.assertEqual((sync.timezone, sync.waiting_days), ("Asia/Riyadh", 0))

    def test_repeated_it_writes_nothing(self):
        self._show(self._row())
        sync = self._shown()
        before = (sync.write_date, sync.last_sync_date, len(sync.message_ids))
        with patch.object(
            type(sync),
            "write",
            lambda syncs, vals: syncs and self.fail("wrote %s" % vals),
        ):
            self._show(self._row())
        self.assertEqual(
            (sync.write_date, sync.last_sync_date, len(sync.message_ids)), before
        )

    def test_changes_follow(self):
        self._show(self._row())
        sync = self._shown()
        self._book(source="file-source")
        self._show(
            self._row(
                source="other",
                shop=self.shop.id,
                interval=7,
                status="error",
                attention=2,
            )
        )
        self.assertEqual(self._shown(), sync)
        self.assertEqual((sync.source, sync.sync_interval), ("other", 7))
        self.assertEqual((sync.badge, sync.attention_count), ("error", 2))
        self._show(self._row(shop="no such shop"))
        self.assertFalse(sync.pos_config_id)

    def test_gone_from_the_file_it_is_archived_and_returns(self):
        self._show(self._row())
        sync = self._shown()
        self._exchange()
        self.assertTrue(sync.active)
        self._show(instance="another service")
        self.assertTrue(sync.active)
        self._show()
        self.assertFalse(sync.active)
        self._show(self._row())
        self.assertEqual(self._shown(), sync)

    def test_read_only_for_people(self):
        self._show(self._row())
        sync = self._as("manager", self._shown())
        for values in ({"name": "x"}, {"external_api_key": "x"}, {"sync_interval": 1}):
            with self.assertRaises(UserError) as refused:
                sync.write(values)
            self.assertIn("tillbridge.toml", str(refused.exception))
        sync.write({"active": False})

    def test_its_requests_name_it(self):
        self._show(self._row())
        self._as("support", self._shown()).action_sync_now()
        asked = self._exchange()["requests"][0]
        self.assertEqual((asked["name"], asked["from_file"]), ("From file", True))

    def test_moving_one_to_odoo_begins_in_the_file(self):
        self._show(self._row())
        with self.assertRaises(ValidationError) as refused:
            self._sync_of("From file", self._row()["url"])
        self.assertIn("file-source", str(refused.exception))
        self._show()
        self._sync_of("From file", self._row()["url"], source="file-source")
