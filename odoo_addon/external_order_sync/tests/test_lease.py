import xmlrpc.client

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from ..models.external_order_lease import LEASE_SECONDS
from .common import SyncCase

HOSTS = {"one": "till", "two": "spare"}


@tagged("post_install", "-at_install")
class TestLease(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["pos.config"].create({"name": "Another shop"})

    def setUp(self):
        super().setUp()
        for instance in HOSTS:
            self._held(instance)

    def _hold(self, instance, shop=None, user="sidecar"):
        answer = self._as(user, self.env["external.order.service"]).hold_shop(
            instance, (shop or self.shop).id
        )
        xmlrpc.client.dumps((answer,), allow_none=False)
        self._forget()
        return answer

    def _held(self, instance):
        """Beat, and hear which shops the installation holds."""
        host = HOSTS[instance]
        who = {"instance": instance, "version": "1.2.3", "host": host}
        return self._exchange(service=who)["shops"]

    def _later(self, seconds):
        """Let so much time pass."""
        self.env.cr.execute(
            "UPDATE external_order_lease SET until = until - %s * interval '1 second'",
            [seconds],
        )
        self.env.cr.execute(
            "UPDATE external_order_service SET last_seen = last_seen - %s * interval '1 second'",
            [seconds],
        )
        self._forget()

    def test_a_shop_has_one_holder(self):
        self.assertEqual(self._hold("one"), {"granted": True, "host": "", "since": ""})
        self.assertTrue(self._hold("one")["granted"], "asked again, it is renewed")
        refused = self._hold("two")
        since = self.env["external.order.lease"].search([]).since
        self.assertEqual((refused["granted"], refused["host"]), (False, "till"))
        self.assertEqual(refused["since"], since.strftime("%Y-%m-%d %H:%M:%S"))
        self.assertTrue(self._hold("two", self.other)["granted"])
        self.assertEqual(self._held("one"), [self.shop.id])
        self.assertEqual(self._held("two"), [self.other.id])

    def test_it_is_free_when_its_holder_falls_silent(self):
        self._hold("one")
        self._later(LEASE_SECONDS - 5)
        self.assertFalse(self._hold("two")["granted"])
        self._later(5)
        self.assertTrue(self._hold("two")["granted"])
        self.assertEqual((self._held("one"), self._held("two")), ([], [self.shop.id]))
        self.assertEqual(self._hold("one")["host"], "spare")

    def test_heartbeats_renew_it(self):
        self._hold("one")
        for _minute in range(10):
            self._later(61)
            self.assertEqual(self._held("one"), [self.shop.id])
        self.assertFalse(self._hold("two")["granted"])
        # That of another does not.
        for _minute in range(5):
            self._later(61)
            self._held("two")
        self.assertTrue(self._hold("two")["granted"])

    def test_it_is_given_back(self):
        self._hold("one")
        self._hold("one", self.other)
        service = self._as("sidecar", self.env["external.order.service"])
        service.give_back_shops("two")
        self.assertFalse(self._hold("two")["granted"], "it was not its own")
        service.give_back_shops("one")
        self.assertTrue(self._hold("two")["granted"])
        self.assertEqual(self._held("one"), [])

    def test_who_holds_a_shop_can_be_asked(self):
        service = self._as("sidecar", self.env["external.order.service"])
        nobody = {"instance": "", "host": "", "since": ""}
        self.assertEqual(service.shop_holder(self.shop.id), nobody)
        self._hold("one")
        holder = service.shop_holder(self.shop.id)
        self.assertEqual((holder["instance"], holder["host"]), ("one", "till"))
        self.assertTrue(holder["since"])
        # Who is asked knows whole seconds only.
        self._later(LEASE_SECONDS + 1)
        self.assertEqual(service.shop_holder(self.shop.id), nobody)

    def test_since_is_kept_while_it_is_renewed(self):
        self._hold("one")
        self.env.cr.execute(
            "UPDATE external_order_lease SET since = '2026-01-02 03:04:05'"
        )
        self._hold("one")
        self.assertEqual(self._hold("two")["since"], "2026-01-02 03:04:05")

    def test_who_may_ask(self):
        for user in ("nobody", "support", "manager"):
            with self.assertRaises(AccessError):
                self._hold("one", user=user)
        with self.assertRaises(UserError):
            self._hold("three")
        with self.assertRaises(UserError):
            self._hold("one", self._shop_elsewhere("Another company"))
