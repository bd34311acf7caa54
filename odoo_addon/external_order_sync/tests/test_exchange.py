import xmlrpc.client
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .common import KEY, URL, SyncCase
from .test_settings import DEFAULTS


@tagged("post_install", "-at_install")
class TestExchange(SyncCase):
    def test_everything_the_service_needs(self):
        self.sync.write(
            {
                "start_date": "2026-11-01 08:30:00",
                "timezone": "Asia/Riyadh",
                "registers": "Till 1, Till 2",
                "status_completed": "103,104",
                "status_cancelled": "109",
                "payment_line_ids": [
                    (0, 0, {"code": " Mada ", "payment_method_id": self.method.id})
                ],
            }
        )
        answer = self._exchange()
        self.assertEqual(
            self._sent(answer),
            {
                **DEFAULTS,
                "id": self.sync.id,
                "name": "Garage",
                "source": "Garage",
                "active": True,
                "url": URL,
                "api_key": KEY,
                "auth": "bearer",
                "shop": self.shop.id,
                "shop_name": self.shop.name,
                "company": self.shop.company_id.id,
                "auto_create_session": True,
                "interval": 15,
                "start_date": "2026-11-01 08:30:00",
                "timezone": "Asia/Riyadh",
                "registers": ["Till 1", "Till 2"],
                "price_mode": "auto",
                "payment_fallback": "first_available",
                "payment_map": [{"code": "Mada", "method": self.method.id}],
                "product_matching": [
                    "odoo_item_id",
                    "item_id",
                    "barcode",
                    "default_code",
                    "name",
                    "name_ci",
                ],
                "status_completed": ["103", "104"],
                "status_refund": ["106"],
                "status_cancelled": ["109"],
                "since_param": "since",
                "since_field": "modified",
                "overlap_hours": 72,
                "paging": "auto",
                "page_param": "page",
                "page_size_param": "limit",
                "page_size": 100,
                "last_sync_date": "",
            },
        )
        self.assertEqual(answer["protocol"], 1)
        self.assertEqual(answer["too_old"], "")
        self.assertTrue(answer["unique_key"])
        self.assertEqual(
            answer["server_time"][:10],
            fields.Datetime.to_string(fields.Datetime.now())[:10],
        )

    def test_answers_can_be_sent_over_xmlrpc(self):
        """No None and no odd type, also for a sync in which everything that may be empty is."""
        self.sync.write({"start_date": False, "active": False, "pos_config_id": False})
        self.sync.write(
            {
                "external_api_url": False,
                "source": False,
                "since_param": False,
                "page_param": False,
                "page_size_param": False,
                "status_completed": False,
            }
        )
        self._sync_of("Asked", "https://b.example.com/").action_sync_now()
        for answer in (
            self._exchange(),
            self._exchange(known=self._exchange()["stamp"]),
            self._as("sidecar", self.env["external.order.service"]).exchange({}),
        ):
            xmlrpc.client.dumps((answer,), allow_none=False)

    def test_archived_syncs_are_sent_as_such(self):
        self.sync.active = False
        self.assertIs(self._sent()["active"], False)

    def test_nothing_is_sent_while_nothing_changed(self):
        stamp = self._exchange()["stamp"]
        self.assertEqual(self._exchange(known=stamp)["syncs"], False)
        self._report(booked=5)
        self.assertEqual(self._exchange(known=stamp)["syncs"], False)
        self._as("support", self.sync).action_sync_now()
        self.assertEqual(self._exchange(known=stamp)["syncs"], False)

    def test_every_change_changes_the_stamp(self):
        line = {"code": "2", "payment_method_id": self.method.id}
        changes = {
            "name": lambda: self.sync.write({"name": "New name"}),
            "key": lambda: self.sync.write({"external_api_key": "k2"}),
            "no key": lambda: self.sync.action_remove_api_key(),
            "payment": lambda: self.sync.write({"payment_line_ids": [(0, 0, line)]}),
            "payment line": lambda: self.sync.payment_line_ids.write({"code": "3"}),
            "payment gone": lambda: self.sync.payment_line_ids.unlink(),
            "order": lambda: self.sync.product_match_ids[0].write({"sequence": 999}),
            "shop name": lambda: self.shop.write({"name": "Renamed shop"}),
            "archived": lambda: self.sync.write({"active": False}),
            "deleted": lambda: self.sync.unlink(),
        }
        stamps = [self._exchange()["stamp"]]
        for name, change in changes.items():
            change()
            stamps.append(self._exchange()["stamp"])
            self.assertNotEqual(stamps[-1], stamps[-2], name)

    def test_heartbeat_once_a_minute(self):
        self._exchange()
        service = self.env["external.order.service"].search([])
        self.assertEqual(
            (service.instance, service.host, service.version, service.protocol),
            ("one", "till", "1.2.3", 1),
        )
        self._silent_since(seconds=50)
        seen = service.last_seen
        self._exchange()
        self.assertEqual(service.last_seen, seen)
        self._silent_since(seconds=70)
        self._exchange()
        self.assertGreater(service.last_seen, seen)
        self._exchange(instance="two")
        self.assertEqual(len(service.search([])), 2)

    def test_one_that_looks_is_no_heartbeat(self):
        services = self.env["external.order.service"]
        self._exchange()
        self._silent_since(hours=1)
        before = {service: service.last_seen for service in services.search([])}
        answer = self._exchange(looks=True)
        self.assertTrue(self._sent(answer))
        self._exchange(instance="another", looks=True)
        self._forget()
        after = {service: service.last_seen for service in services.search([])}
        self.assertEqual(after, before)

    def test_an_idle_exchange_only_reads(self):
        stamp = self._exchange()["stamp"]
        statements = []
        execute = type(self.env.cr).execute

        def watched(cursor, query, *args, **kwargs):
            statements.append(str(getattr(query, "code", query)).split()[0].upper())
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", watched):
            self._exchange(known=stamp)
        self.assertTrue(statements)
        self.assertLessEqual(set(statements), {"SELECT", "WITH"})
        self.assertLessEqual(len(statements), 25)

    def test_other_protocols_are_told_what_to_upgrade(self):
        for protocol, part in (
            (2, "Upgrade the addon"),
            (0, "Upgrade the service"),
            (False, "Upgrade the service"),
        ):
            answer = self._exchange(
                protocol=protocol,
                reports=[{"sync": self.sync.id, "status": "error", "message": "x"}],
            )
            self.assertEqual(answer["protocol"], 1)
            self.assertIn(part, answer["too_old"])
            self.assertEqual((answer["syncs"], answer["requests"]), ([], []))
        self.assertEqual(self.sync.last_sync_status, "never")
        self.assertFalse(self.env["external.order.service"].search([]))

    def test_a_service_names_itself(self):
        with self.assertRaises(UserError):
            self._exchange(service={})
        with self.assertRaises(UserError):
            self._as("sidecar", self.env["external.order.service"]).exchange("hello")

    def test_a_report_of_a_deleted_sync_does_no_harm(self):
        self._exchange(reports=[{"sync": 2**31 - 1, "status": "success"}])

    def test_the_probe_reads_the_database(self):
        self.assertTrue(self._exchange()["unique_key"])
        self.env.cr.execute("DROP INDEX pos_order_external_order_key_unique")
        self.assertFalse(self._exchange()["unique_key"])
        self.env.cr.execute(
            "CREATE UNIQUE INDEX eos_partial ON pos_order (external_order_key) "
            "WHERE external_order_key IS NOT NULL AND amount_total > 0"
        )
        self.assertFalse(self._exchange()["unique_key"])

    def test_the_database_tells_its_uuid(self):
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertTrue(uuid)
        self.assertEqual(self._exchange()["database_uuid"], uuid)
