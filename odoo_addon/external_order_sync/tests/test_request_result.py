from datetime import timedelta

from lxml import html

from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .common import SyncCase

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@tagged("post_install", "-at_install")
class TestRequestResult(SyncCase):
    def _answered(
        self,
        kind,
        result=None,
        state="done",
        message="as it is",
        sync=None,
        payload="{}",
    ):
        request = self._as("support", self.env["external.order.request"]).create(
            {"sync_id": (sync or self.sync).id, "kind": kind, "payload": payload}
        )
        answer = {"request": request.id, "state": state, "message": message}
        if result is not None:
            answer["result"] = result
        self._exchange(known="x", answers=[answer])
        self._forget()
        return request

    def _page(self, text):
        return " ".join(html.fromstring(text).text_content().split())

    def test_a_test_is_shown_line_by_line_with_its_fixes(self):
        checks = [
            {"level": "ok", "text": "The source answers.", "fix": ""},
            {"level": "problem", "text": "The key is refused.", "fix": "Enter it."},
            {"level": "something new", "text": "And more."},
        ]
        request = self._answered("test", {"checks": checks}, "failed")
        page = self._page(request.result_html)
        self.assertIn("✔ OK The source answers. ✖ Problem The key is refused.", page)
        self.assertIn("What to do: Enter it.", page)
        self.assertIn("• Note And more.", page)
        self.assertIn("The key is refused.", self.sync.answer_html)
        self.assertIn("Test connection", self.sync.answer_html)

    def test_what_was_fetched_is_opened_once_it_is_shown(self):
        key = "v1:Garage/-/7/sale"
        request = self._answered(
            "fetch", {"found": [key], "missing": []}, payload='{"ids": ["7"]}'
        )
        self.assertTrue(request.has_found)
        with self.assertRaises(UserError):
            request.action_open_found()
        order = self.env["external.order"].create({"key": key, "sync_id": self.sync.id})
        action = request.action_open_found()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("external.order", order.id)
        )
        nothing = self._answered(
            "fetch", {"found": [], "missing": ["8"]}, payload='{"ids": ["8"]}'
        )
        self.assertFalse(nothing.has_found)

    def test_a_preview_shows_what_would_be_booked(self):
        line = {
            "name": "Car Wash",
            "product": "[90101] Car Wash",
            "quantity": "1",
            "price": "40",
            "discount": "",
            "tax": "6.00",
            "total": "46.00",
        }
        ready = {
            "id": "70211",
            "state": "ready",
            "total": "46.00",
            "tax": "6.00",
            "currency": "SAR",
            "lines": [line],
            "payments": [{"method": "Mada", "amount": "46.00"}],
            "warnings": ["The product was matched by its name."],
        }
        refused = {
            "id": "70212",
            "state": "refused",
            "total": "0.10",
            "currency": "SAR",
            "message": "No product fits “Wipers”.",
            "fix": "Create it.",
        }
        orders = [ready, dict(ready, id="70213", total="0.20"), refused]
        request = self._answered("preview", {"orders": orders, "note": "The newest."})
        page = self._page(request.result_html)
        self.assertIn("2 of 3 orders would be booked. Together: 46.20 SAR", page)
        for text in (
            "70211 ✔ Would be booked 46.00 SAR ⚠ Warnings: 1",
            "70212 ⚠ Needs you 0.10 SAR No product fits “Wipers”.",
            "What to do: Create it.",
            "Car Wash [90101] Car Wash 1 40 6.00 46.00",
            "Payments: Mada 46.00",
            "matched by its name",
            "The newest.",
        ):
            self.assertIn(text, page)

    def test_nothing_from_outside_becomes_markup(self):
        order = {name: EVIL for name in ("id", "state", "total", "currency", "fix")}
        line = {"name": EVIL, "product": EVIL, "total": EVIL}
        order.update(lines=[line], payments=[{"method": EVIL}], warnings=[EVIL])
        for kind, result in (
            ("test", {"checks": [{"level": EVIL, "text": EVIL, "fix": EVIL}]}),
            ("preview", {"orders": [order], "note": EVIL}),
            ("test", None),
        ):
            request = self._answered(kind, result, message=EVIL)
            for text in (request.result_html, self.sync.answer_html):
                page = html.fromstring(text)
                self.assertFalse(page.xpath("//script | //img | //@onerror"))
                self.assertIn("<script>", page.text_content())

    def test_what_is_no_result_does_no_harm(self):
        for result in (
            {"checks": "none"},
            {"checks": ["a", 1, None, {}]},
            {"orders": [{"lines": "x", "payments": None, "warnings": None}]},
            {"orders": [{"state": "ready", "total": "much"}]},
        ):
            for kind in ("test", "preview"):
                self.assertTrue(self._answered(kind, result).result_html)
        request = self._answered("test", message="All well.")
        request.sudo().result = "no JSON"
        self.assertIn("All well.", self._page(request.result_html))
        self.assertFalse(self._answered("sync", {"checks": []}).result_html)

    def test_the_page_of_the_sync_shows_the_last_answer_for_a_while(self):
        self.assertFalse(self.sync.answer_html)
        request = self._answered("test", {"checks": []})
        self.assertTrue(self.sync.answer_html)
        request.sudo().done_date -= timedelta(hours=2)
        self._forget()
        self.assertFalse(self.sync.answer_html)
        self._answered("preview", {"orders": []})
        self.assertIn("no order to show", self.sync.answer_html)
        self._answered("sync")
        self.assertFalse(self.sync.answer_html)
        other = self._sync_of("Other", "https://b.example.com/")
        self.assertFalse(other.answer_html)

    def test_a_preview_is_asked_for(self):
        self._as("support", self.sync).action_preview()
        asked = self._exchange()["requests"]
        self.assertEqual(
            [(row["kind"], row["payload"]) for row in asked],
            [("preview", {"limit": 20})],
        )


@tagged("post_install", "-at_install")
class TestCounts(SyncCase):
    def _order(self, number, **values):
        return (
            self.env["external.order"]
            .sudo()
            .create(
                dict(
                    {
                        "key": "v1:Garage/-/%s/sale" % number,
                        "external_id": str(number),
                        "sync_id": self.sync.id,
                    },
                    **values,
                )
            )
        )

    def test_every_button_opens_what_it_counts(self):
        self._order(1, state="booked")
        warned = self._order(2, state="booked", warnings="The method is a guess.")
        refused = self._order(3, state="refused", code="unknown_product")
        waiting = self._order(4, state="waiting", code="not_paid")
        late = self._order(5, state="waiting", code="waiting_long")
        other = self._sync_of("Other", "https://b.example.com/")
        self._order(6, state="refused", sync_id=other.id)
        sync = self._as("support", self.sync)
        for count, action, orders in (
            ("orders_attention_count", sync.action_view_attention, refused | late),
            ("orders_waiting_count", sync.action_view_waiting, waiting),
            ("orders_warned_count", sync.action_view_warned, warned),
        ):
            self.assertEqual(sync[count], len(orders), count)
            found = self.env["external.order"].search(action()["domain"])
            self.assertEqual(found, orders, count)

    def test_booked_today(self):
        today, before = self._book("1"), self._book("2")
        self._flush()
        self.env.cr.execute(
            "UPDATE pos_order SET create_date = create_date - interval '2 days' WHERE id = %s",
            [before.id],
        )
        self._forget()
        self.assertTrue(today)
        self.assertEqual(self.sync.booked_today_count, 1)
        self.assertEqual(self.sync.booked_count, 2)
