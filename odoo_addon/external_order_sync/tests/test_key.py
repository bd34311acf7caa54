from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from .common import KEY, SyncCase


@tagged("post_install", "-at_install")
class TestKey(SyncCase):
    def _sent_key(self):
        return self._sent()["api_key"]

    def test_the_service_gets_it(self):
        self.assertEqual(self._sent_key(), KEY)

    def test_reading_gives_nothing(self):
        """Not even to the one who has just typed it, in the same transaction."""
        self.assertFalse(self.sync.external_api_key)
        for kind in ("support", "manager", "sidecar"):
            sync = self._as(kind, self.sync)
            self.assertTrue(sync.has_api_key)
            values = sync.read(["external_api_key"])[0]
            self.assertFalse(values["external_api_key"], kind)
            self.assertFalse(
                sync.search_read([("id", "=", sync.id)], ["external_api_key"])[0][
                    "external_api_key"
                ]
            )
            self.assertNotIn(KEY, str(sync.read()), kind)
            self.assertNotIn(
                KEY, str(sync._export_rows([["name"], ["external_api_key"]]))
            )
            self.assertNotIn(KEY, str(sync.copy_data()))

    def test_saving_gives_nothing_back(self):
        manager = self._as("manager", self.sync)
        manager.write({"external_api_key": "typed"})
        self.assertFalse(manager.read(["external_api_key"])[0]["external_api_key"])
        if hasattr(manager, "web_save"):
            saved = manager.web_save(
                {"external_api_key": "typed again"}, {"external_api_key": {}}
            )
            self.assertNotIn("typed", str(saved))
            self.assertEqual(self._sent_key(), "typed again")

    def test_searching_is_refused(self):
        for kind in ("support", "manager", "sidecar"):
            model = self._as(kind, self.env["external.order.sync"])
            for domain in (
                [("external_api_key", "=", KEY)],
                [("external_api_key", "like", "a")],
                [("external_api_key", "!=", False)],
            ):
                with self.assertRaises(AccessError):
                    model.search(domain)
            requests = self._as(kind, self.env["external.order.request"])
            with self.assertRaises(AccessError):
                requests.search([("sync_id.external_api_key", "like", "a")])

    def test_the_table_is_the_services(self):
        for kind in ("nobody", "support", "manager"):
            keys = self._as(kind, self.env["external.order.key"])
            with self.assertRaises(AccessError):
                keys.search_read([], ["value"])
            with self.assertRaises(AccessError):
                keys.search([("value", "like", "a")])
        for kind in ("support", "manager"):
            syncs = self._as(kind, self.env["external.order.sync"])
            with self.assertRaises(AccessError):
                self._as(kind, self.sync).read(["key_ids"])
            with self.assertRaises(Exception) as refused:
                syncs.search([("key_ids.value", "like", KEY[:3])])
            self.assertIn("AccessError", type(refused.exception).__name__)

    def test_grouping_by_it_is_refused(self):
        model = self._as("manager", self.env["external.order.sync"])
        group = getattr(model, "formatted_read_group", model.read_group)
        with self.assertRaises(ValueError):
            group([], ["external_api_key"], ["__count"])

    def test_sorting_by_it_tells_nothing(self):
        """It is refused, on the oldest series passed over with a warning."""
        self._sync_of("Another", "https://b.example.com/", external_api_key="A" + KEY)
        self._sync_of("Zebra", "https://c.example.com/", external_api_key="0" + KEY)
        model = self._as("manager", self.env["external.order.sync"])
        try:
            with mute_logger("odoo.models"):
                rows = [
                    model.search([], order="external_api_key " + way)
                    for way in ("asc", "desc")
                ]
        except ValueError:
            return
        self.assertEqual(*rows)

    def test_administrators_do_not_read_it(self):
        admin = self.env.ref("base.user_admin")
        if admin.has_group("external_order_sync.group_sidecar"):
            self.fail("The administrator must not be a user of the service's group.")
        with self.assertRaises(AccessError):
            self.env["external.order.key"].with_user(admin).search_read([], ["value"])

    def test_support_cannot_set_it(self):
        with self.assertRaises(AccessError):
            self._as("support", self.sync).write({"external_api_key": "x"})
        with self.assertRaises(AccessError):
            self._as("support", self.sync).action_remove_api_key()
        self.assertEqual(self._sent_key(), KEY)

    def test_chatter_says_that_and_never_what(self):
        self._as("manager", self.sync).write({"external_api_key": "another-key"})
        notes = " ".join(self.sync.message_ids.mapped("body"))
        self.assertIn("API key set", notes)
        self.assertIn("API key replaced", notes)
        tracked = self.env["mail.tracking.value"].search(
            [("mail_message_id", "in", self.sync.message_ids.ids)]
        )
        everything = notes + str(tracked.read())
        for key in (KEY, "another-key"):
            self.assertNotIn(key, everything)

    def test_another_server_loses_it(self):
        for url in (
            "https://evil.example.com/api/orders",
            "http://pos.example.com/api/orders",
            "https://pos.example.com:8443/api/orders",
        ):
            sync = self._sync_of(
                "Moved", "https://pos.example.com/x", external_api_key=KEY
            )
            self._as("manager", sync).write({"external_api_url": url})
            self.assertFalse(sync.has_api_key, url)
            self.assertIn("another server", sync.message_ids[0].body)
            sync.unlink()

    def test_another_path_keeps_it(self):
        self._as("manager", self.sync).write(
            {"external_api_url": "https://POS.example.com:443/v2/orders"}
        )
        self.assertEqual(self._sent_key(), KEY)

    def test_another_server_with_its_key(self):
        self._as("manager", self.sync).write(
            {"external_api_url": "https://b.example.com/", "external_api_key": "b-key"}
        )
        self.assertEqual(self._sent_key(), "b-key")

    def test_leaving_the_address_empty_on_the_way_does_not_help(self):
        sync = self._as("manager", self.sync)
        sync.write({"active": False})
        sync.write({"external_api_url": False})
        sync.write({"external_api_url": "https://evil.example.com/"})
        self.assertFalse(sync.has_api_key)

    def test_the_form_warns_before_saving(self):
        draft = self.sync.new(origin=self.sync)
        draft.external_api_url = "https://evil.example.com/"
        self.assertIn(
            "removes it", draft._onchange_external_api_url()["warning"]["message"]
        )
        draft.external_api_url = "https://pos.example.com/other"
        self.assertEqual(draft._onchange_external_api_url(), {})

    def test_removed_on_request(self):
        self._as("manager", self.sync).action_remove_api_key()
        self.assertFalse(self.sync.has_api_key)
        self.assertEqual(self._sent_key(), "")

    def test_not_copied(self):
        self.assertFalse(self._as("manager", self.sync).copy().has_api_key)

    def test_named_secret(self):
        sync = self._as("manager", self.sync)
        sync.write({"external_api_key": " secret:main_shop "})
        self.assertEqual(self._sent_key(), "secret:main_shop")
        with self.assertRaises(ValidationError):
            sync.write({"external_api_key": "secret:"})
        with self.assertRaises(ValidationError):
            sync.write({"external_api_key": "secret:two words"})

    def test_no_other_user_reads_it_in_any_way(self):
        """Nor learns whether a guess is right."""
        self._as("manager", self.sync).write({"external_api_key": KEY})
        groups = "point_of_sale.group_pos_user", "point_of_sale.group_pos_manager"
        users = [
            new_test_user(self.env, "eos_" + group[-8:], group) for group in groups
        ]
        users += [self.users[kind] for kind in ("nobody", "support", "manager")]
        exporters = self.env.ref("base.group_allow_export")
        members = "user_ids" if "user_ids" in exporters._fields else "users"
        exporters.write({members: [(4, user.id) for user in users]})
        ways = {
            "read": lambda sync: sync.read(["key_ids", "external_api_key"]),
            "all": lambda sync: sync.read(),
            "export": lambda sync: sync.export_data(
                ["name", "external_api_key", "key_ids/value", "key_ids/.id"]
            ),
            "name_search": lambda sync: sync.name_search(KEY),
            "search": lambda sync: sync.search([("key_ids.value", "like", KEY[:3])]),
            "through requests": lambda sync: sync.env["external.order.request"].search(
                [("sync_id.key_ids.value", "like", KEY[:3])]
            ),
            "through orders": lambda sync: sync.env["external.order"].search(
                [("sync_id.key_ids.value", "like", KEY[:3])]
            ),
            "keys": lambda sync: sync.env["external.order.key"].search_read([]),
            "names of keys": lambda sync: sync.env["external.order.key"].name_search(
                ""
            ),
            "messages": lambda sync: (
                sync.env["mail.message"]
                .search([("model", "=", sync._name), ("res_id", "=", sync.id)])
                .read(["body", "subject"])
            ),
            "activities": lambda sync: sync.activity_ids.read(),
            "configuration": lambda sync: sync.env["external.order.service"].exchange(
                self._message()
            ),
        }
        self.env["external.order.request"].create(
            {"kind": "sync", "sync_id": self.sync.id}
        )
        self.env["external.order"].create(
            {"key": "v1:Garage/-/1/sale", "sync_id": self.sync.id}
        )
        for way in ("search", "through requests", "through orders"):
            found = ways[way](self.sync.sudo())
            self.assertTrue(found, "nothing to be found by " + way)
        for user in users:
            for way, told in ways.items():
                sync = self.sync.with_user(user).with_env(
                    self.env(user=user.id, su=False)
                )
                try:
                    with self.env.cr.savepoint(), mute_logger("odoo.models"):
                        answer = told(sync)
                except (UserError, ValueError):
                    continue
                self.assertNotIn(KEY, str(answer), (user.login, way))
                if "search" in way or "through" in way:
                    self.assertFalse(answer, (user.login, way))
