from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import new_test_user, tagged

from ..service_file import service_file
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestConnect(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].with_context(active_test=False).search(
            [("login", "=like", "tillbridge%")]
        ).write({"login": "of the database"})
        cls.users["administrator"] = new_test_user(
            cls.env, "eos_administrator", groups="base.group_system"
        )

    def _wizard(self, **values):
        wizards = self._as("administrator", self.env["external.order.connect"])
        values.setdefault("user_id", False)
        return wizards.create(values)

    def _connected(self, wizard):
        """The file and the note that are shown, and the key in the file."""
        context = wizard._connect()["context"]
        line = next(
            line
            for line in context["default_file"].splitlines()
            if line.startswith("api_key = ")
        )
        return context["default_file"], context["default_note"], line.split('"')[1]

    def _user_of(self, key):
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=key)

    def test_a_new_user_with_just_its_rights(self):
        file, note, key = self._connected(
            self._wizard(login="bridge", url="https://odoo.example.com/")
        )
        user = self.env["res.users"].search([("login", "=", "bridge")])
        self.assertEqual(self._user_of(key), user.id)
        self.assertTrue(user.has_group("external_order_sync.group_sidecar"))
        self.assertFalse(user.has_group("base.group_system"))
        self.assertFalse(user.has_group("point_of_sale.group_pos_manager"))
        self.assertFalse(user.has_group("base.group_partner_manager"))
        self.assertIn('url = "https://odoo.example.com"\n', file)
        self.assertIn('database = "%s"\n' % self.env.cr.dbname, file)
        self.assertIn('username = "bridge"\n', file)
        self.assertNotIn("insecure", file)
        self.assertIn("bridge", note)
        self.assertNotIn(key, note)
        # It is at once the service's user, in the companies that were chosen.
        self.users = dict(self.users, sidecar=user)
        self.assertEqual(self._sent()["name"], "Garage")

    def test_the_key_is_kept_nowhere(self):
        self._flush()
        self.env.cr.execute("SELECT coalesce(max(id), 0) FROM mail_message")
        last = self.env.cr.fetchone()[0]
        with self.assertLogs("odoo", "DEBUG") as logs:
            _file, _note, key = self._connected(self._wizard(login="bridge"))
            self._flush()
        self.assertNotIn(key, "\n".join(logs.output))
        self.assertFalse(self.env["external.order.connected"]._auto)
        self.assertNotIn("key", self.env["external.order.connect"]._fields)
        self.env.cr.execute("SELECT t::text FROM external_order_connect t")
        self.assertFalse([row for row in self.env.cr.fetchall() if key in row[0]])
        messages = self.env["mail.message"].search([("id", ">", last)])
        self.assertNotIn(key, " ".join(message.body or "" for message in messages))

    def test_a_user_that_is_there_gets_what_it_lacks(self):
        other = self.env["res.company"].create({"name": "The other company"})
        self.users["administrator"].company_ids |= other
        user = self.users["nobody"]
        _file, _note, first = self._connected(
            self._wizard(user_id=user.id, company_ids=[(6, 0, other.ids)])
        )
        self.assertEqual(user.company_ids, self.env.company | other)
        self.assertTrue(user.has_group("external_order_sync.group_sidecar"))
        wizard = self._wizard(user_id=user.id)
        self.assertEqual(wizard.key_count, 1)
        wizard.withdraw_keys = True
        _file, _note, second = self._connected(wizard)
        self.assertFalse(self._user_of(first))
        self.assertEqual(self._user_of(second), user.id)

    def test_it_may_create_customers_where_a_sync_does(self):
        self.sync.customers = "create"
        self._connected(self._wizard(login="bridge"))
        user = self.env["res.users"].search([("login", "=", "bridge")])
        self.assertTrue(user.has_group("base.group_partner_manager"))

    def test_no_administrator_for_a_service(self):
        wizard = self._wizard(user_id=self.users["administrator"].id)
        with self.assertRaises(UserError):
            wizard._connect()

    def test_a_login_that_is_free(self):
        self.assertEqual(self._wizard().login, "tillbridge")
        new_test_user(self.env, "tillbridge", groups="base.group_user").active = False
        wizard = self._wizard()
        self.assertEqual(wizard.login, "tillbridge2")
        for login in ("tillbridge", " ", False):
            wizard.login = login
            with self.assertRaises(UserError):
                wizard._connect()

    def test_the_services_user_is_proposed(self):
        fields_of = self._as("administrator", self.env["external.order.connect"])
        proposed = fields_of.default_get(["user_id"])["user_id"]
        self.assertTrue(
            self.env["res.users"]
            .browse(proposed)
            .has_group("external_order_sync.group_sidecar")
        )
        self._exchange()
        self.assertEqual(
            fields_of.default_get(["user_id"])["user_id"], self.users["sidecar"].id
        )

    def test_administrators_alone(self):
        for kind in ("nobody", "support", "manager", "sidecar"):
            with self.assertRaises(AccessError):
                self._as(kind, self.env["external.order.connect"]).create({})

    def test_over_the_web_only(self):
        """The button asks who is there for the password, which only a browser can answer."""
        with self.assertRaises(UserError):
            self._wizard(login="bridge").action_connect()

    def test_the_file(self):
        self.assertIn(
            "allow_insecure_http = true", service_file("http://odoo.lan", "d", "u", "k")
        )
        for url in ("https://odoo.lan", "http://localhost:8069", "http://127.0.0.1"):
            self.assertNotIn("insecure", service_file(url, "d", "u", "k"))
        self.assertIn(
            'database = "a\\"b\\\\c\\né"\n',
            service_file("https://o", 'a"b\\c\né', "u", "k"),
        )


@tagged("post_install", "-at_install")
class TestServiceKey(SyncCase):
    def _service(self):
        self._exchange()
        return self.env["external.order.service"].search([])

    def _heard_again(self):
        """The next heartbeat, a while later."""
        self._silent_since(minutes=2)
        service = self._service()
        self._forget()
        return service

    def test_the_expiry_is_noted_with_the_heartbeat(self):
        service = self._service()
        self.assertEqual(service.user_id, self.users["sidecar"])
        self.assertFalse(service.key_expiry)
        keys = self.env["res.users.apikeys"].with_user(self.users["sidecar"])
        if "expiration_date" not in keys._fields:
            keys._generate("rpc", "tillbridge")
            self.assertFalse(self._heard_again().key_expiry)
            return
        now = fields.Datetime.now()
        soon, late = now + timedelta(days=9), now + timedelta(days=900)
        keys._generate("rpc", "of a person", soon)
        self.assertEqual(self._heard_again().key_expiry, soon)
        keys._generate("rpc", "tillbridge", late)
        self.assertEqual(self._heard_again().key_expiry, late)
        self.assertEqual(self.sync.service_key_expiry, late)
        self.assertFalse(self.sync.service_banner)

    def test_it_is_told_two_weeks_ahead(self):
        service = self._service()
        now = fields.Datetime.now()
        service.key_expiry = now + timedelta(days=15)
        self._forget()
        sync = self._as("support", self.sync)
        self.assertFalse(sync.service_banner)
        self.assertIn("its API key expires on", sync.service_text)
        service.key_expiry = now + timedelta(days=13)
        self._forget()
        self.assertIn("its API key expires on", sync.service_banner)
        self.assertIn("Connect the Service", sync.service_banner)
        # The service's own words come first.
        service.notice = "The API key expires in 13 days."
        self._forget()
        self.assertEqual(sync.service_banner, service.notice)

    def test_a_silent_service_whose_key_has_expired(self):
        service = self._service()
        service.key_expiry = fields.Datetime.now() - timedelta(hours=1)
        self._silent_since(minutes=30)
        self._forget()
        banner = self._as("support", self.sync).service_banner
        self.assertIn("has not been heard from", banner)
        self.assertIn("its API key expired on", banner)
