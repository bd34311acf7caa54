import hashlib
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .common import OrdersCase

ONE = "v1:Garage/-/1/sale"
TWO = "v1:Garage/-/2/refund:9"


@tagged("post_install", "-at_install")
class TestDecision(OrdersCase):
    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        self.env["external.order"].search([]).unlink()

    def _row(self, key=ONE, decision="ignored", minutes=0, **values):
        at = fields.Datetime.to_string(self.now - timedelta(minutes=minutes))
        identity = {"sync": self.sync.id, "order": "1", "document": "sale"}
        decided = {"reason": "a test", "by": "anna", "at": at}
        return dict(identity, key=key, decision=decision, **dict(decided, **values))

    def _decisions(self, since=0, told=(), digest=""):
        asked = {"since": since, "told": list(told), "digest": digest}
        answer = self._exchange(decisions=asked)["decisions"]
        self._forget()
        return answer

    def _decided(self, key=ONE):
        return self.env["external.order"].search([("key", "=", key)])

    def test_told_it_is_kept_and_read_back(self):
        answer = self._decisions(told=[self._row(), self._row(TWO, "completed")])
        self.assertEqual(answer["rows"], [])
        order = self._decided()
        self.assertEqual(
            (order.decision, order.decision_reason, order.decision_by),
            ("ignored", "a test", "anna"),
        )
        self.assertEqual((order.external_id, order.document), ("1", "sale"))
        self.assertEqual(
            (order.sync_id, order.company_id), (self.sync, self.shop.company_id)
        )
        rows = self._decisions()["rows"]
        self.assertEqual([row["key"] for row in rows], [ONE, TWO])
        self.assertLess(rows[0]["number"], rows[1]["number"])
        self.assertEqual(rows[1]["number"], answer["through"])
        self.assertEqual(rows[0]["at"], fields.Datetime.to_string(self.now))
        self.assertEqual(
            [row["key"] for row in self._decisions(rows[0]["number"])["rows"]], [TWO]
        )
        self.assertEqual(self._decisions(rows[1]["number"])["rows"], [])

    def test_orders_that_nobody_decided_about_have_no_number(self):
        through = self._decisions(told=[self._row()])["through"]
        self._take([self._order("3")])
        answer = self._decisions(through)
        self.assertEqual((answer["through"], answer["rows"]), (through, []))

    def test_a_release_is_a_decision(self):
        self._decisions(told=[self._row(TWO, "released")])
        self.assertEqual(self._decided(TWO).decision, "released")
        self.assertEqual(self._decisions()["rows"][0]["decision"], "released")

    def test_told_again_it_gets_no_new_number(self):
        through = self._decisions(told=[self._row()])["through"]
        self.assertEqual(self._decisions(told=[self._row()])["through"], through)

    def test_the_newest_stands_whoever_tells_it_last(self):
        first = self._decisions(told=[self._row(minutes=5)])["through"]
        late = self._row(decision="none", minutes=9)
        second = self._decisions(told=[late])["through"]
        self.assertEqual(self._decided().decision, "ignored")
        self.assertGreater(second, first)
        self.assertEqual(self._decisions(first)["rows"][0]["decision"], "ignored")
        self._decisions(told=[self._row(decision="none", minutes=1)])
        self.assertEqual(self._decided().decision, "none")

    def test_a_time_that_is_yet_to_come_counts_as_now(self):
        self._decisions(told=[self._row(minutes=-60)])
        self.assertLess(self._decided().decision_date - self.now, timedelta(minutes=1))

    def test_a_sync_of_the_file_is_known_by_its_name(self):
        sync = self.env["external.order.sync"].create(
            {"name": "From file", "from_file": True, "pos_config_id": self.shop.id}
        )
        self._decisions(told=[self._row(sync="From file"), self._row(TWO, sync="Gone")])
        self.assertEqual(self._decided().sync_id, sync)
        self.assertFalse(self._decided(TWO).sync_id)

    def test_the_digest_tells_whether_both_sides_know_the_same(self):
        self._decisions(told=[self._row(TWO, "none"), self._row()])
        text = "%s ignored\n%s none\n" % (ONE, TWO)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.assertTrue(self._decisions(digest=digest)["same"])
        self._decisions(told=[self._row(TWO, "completed")])
        self.assertFalse(self._decisions(digest=digest)["same"])

    def test_many_are_read_in_pages(self):
        keys = ["v1:Garage/-/%03d/sale" % number for number in range(250)]
        self._decisions(told=[self._row(key) for key in keys])
        found, since = [], 0
        while True:
            rows = self._decisions(since)["rows"]
            if not rows:
                break
            self.assertLessEqual(len(rows), 200)
            found += [row["key"] for row in rows]
            since = rows[-1]["number"]
        self.assertEqual(found, keys)

    def test_a_service_that_does_not_ask_is_answered_as_before(self):
        self.assertNotIn("decisions", self._exchange())

    def test_what_is_no_decision_is_refused(self):
        for row in (self._row(""), self._row(decision="maybe"), self._row(at="soon")):
            with self.assertRaises(UserError):
                self._decisions(told=[row])

    def test_only_the_service_tells_and_people_see_those_of_their_companies(self):
        message = self._message(decisions={"told": [self._row()]})
        with self.assertRaises(AccessError):
            self._as("manager", self.env["external.order.service"]).exchange(message)
        self._decisions(told=[self._row(), self._row(TWO, sync=0)])
        mine = self._as("support", self.env["external.order"])
        self.assertEqual(sorted(mine.search([]).mapped("key")), [ONE, TWO])
        sync = self.env["external.order.sync"].create(
            {
                "name": "Elsewhere",
                "external_api_url": "https://elsewhere.example.com/",
                "pos_config_id": self._shop_elsewhere("Another").id,
            }
        )
        self._decided().sync_id = sync
        self._flush()
        self._forget()
        self.assertEqual(mine.search([]).mapped("key"), [TWO])
