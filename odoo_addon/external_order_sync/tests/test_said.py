from odoo.tests.common import tagged

from .common import OrdersCase

ITEM = '"Engine Oil Change"'
SAID = {
    "message": {
        "template": "{place}: no product in Odoo matches {item}.",
        "parts": {
            "place": {
                "text": "Line 2",
                "template": "Line {line}",
                "parts": {"line": {"figure": "2"}},
            },
            "item": ITEM,
        },
    },
    "fix": {"template": "Nothing to do.", "parts": {}},
}

LATE = {
    "text": "Booked in the session of 2026-11-20, which is still open.",
    "template": "Booked in the session of {day}, which is still open.",
    "parts": {"day": {"day": "2026-11-20", "text": "2026-11-20"}},
}


@tagged("post_install", "-at_install")
class TestSaid(OrdersCase):
    """What the service says of an order, in the language of who reads it."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("de_DE")
        # Until 15 the translations are in the database.
        if "ir.translation" in self.env:
            self.env["ir.translation"]._load_module_terms(
                ["external_order_sync"], ["de_DE"]
            )

    def _read(self, lang="de_DE", **values):
        self._take([self._order(**values)])
        order = self._as("support", self._kept()).with_context(lang=lang)
        return order.message_text, order.fix_text

    def test_a_sentence_is_said_anew(self):
        english = "Line 2: no product in Odoo matches %s." % ITEM
        values = {"message": english, "fix": "Nothing to do.", "said": SAID}
        self.assertEqual(self._read("en_US", **values), (english, "Nothing to do."))
        german = "Zeile 2: Kein Produkt in Odoo entspricht %s." % ITEM
        self.assertEqual(self._read(**values), (german, "Nichts zu tun."))

    def test_figures_and_moments_are_the_readers(self):
        self.users["support"].tz = "Asia/Riyadh"
        lang = self.env["res.lang"].search([("code", "=", "de_DE")])
        lang.write({"date_format": "%d.%m.%Y", "time_format": "%H:%M:%S"})
        parts = {
            "register": {"figure": "1234.50"},
            "sale": {"moment": "2026-01-02T21:04:05Z", "text": "2026-01-03 00:04"},
        }
        template = "The register {register} is unlike {sale}."
        said = {"message": {"template": template, "parts": parts}}
        text, _fix = self._read(message="…", said=said)
        self.assertEqual(text, "The register 1.234,50 is unlike 03.01.2026 00:04.")

    def test_without_a_template_it_stays_english(self):
        values = {"message": "No product.", "fix": "Create it."}
        self.assertEqual(self._read(**values), ("No product.", "Create it."))
        said = {"fix": {"template": "Not of this version {x}.", "parts": {"x": "7"}}}
        self.assertEqual(
            self._read(said=said, **values), ("No product.", "Not of this version 7.")
        )

    def test_figures_days_and_lists_are_the_readers(self):
        lang = self.env["res.lang"].search([("code", "=", "de_DE")])
        lang.date_format = "%d.%m.%Y"
        parts = {"1": LATE, "2": "Odoo's own words."}
        said = {"warnings": {"template": "{1}\n{2}", "parts": parts}}
        english = [LATE["text"], "Odoo's own words."]
        self._take([self._order(warnings=english, said=said)])
        order = self._as("support", self._kept()).with_context(lang="de_DE")
        self.assertEqual(
            order.warnings_text.splitlines(),
            [
                "In der Sitzung vom 20.11.2026 gebucht, die noch offen ist.",
                "Odoo's own words.",
            ],
        )
        self.assertEqual(order.warnings.splitlines(), english)

    def test_steps_are_said_anew(self):
        step = self._step(
            1,
            text="Paid 1234.50.",
            truth="read back from Odoo",
            said={
                "text": {
                    "template": "Paid {paid}.",
                    "parts": {"paid": {"figure": "1234.50"}},
                },
                "truth": {"template": "read back from Odoo", "parts": {}},
            },
        )
        self._take([self._order()], [step, self._step(2, text="Booked.", truth="seen")])
        steps = self._as("support", self._kept()).log_ids.sorted("number")
        said = [
            (step.what_text, step.truth_text)
            for step in steps.with_context(lang="de_DE")
        ]
        self.assertEqual(
            said,
            [("Bezahlt: 1.234,50.", "aus Odoo zurückgelesen"), ("Booked.", "seen")],
        )

    def test_answers_and_findings_are_said_anew(self):
        request = self.env["external.order.request"].create(
            {"sync_id": self.sync.id, "kind": "test"}
        )
        check = {
            "level": "problem",
            "text": "Change can be given.",
            "fix": "Check again.",
            "said": {
                "text": {"template": "Change can be given.", "parts": {}},
                "fix": {"template": "Check again.", "parts": {}},
            },
        }
        answer = {
            "request": request.id,
            "state": "done",
            "message": "1 of 2 booked",
            "said": {
                "message": {
                    "template": "{booked} of {of} booked",
                    "parts": {"booked": {"figure": "1"}, "of": {"figure": "2"}},
                }
            },
            "result": {"checks": [check]},
        }
        self._exchange(answers=[answer])
        self._forget()
        german = request.with_context(lang="de_DE")
        self.assertEqual(
            (request.message_text, german.message_text),
            ("1 of 2 booked", "1 von 2 gebucht"),
        )
        self.assertIn("Wechselgeld kann gegeben werden.", german.result_html)
        self.assertIn("Prüfen Sie erneut.", german.result_html)
        self.assertNotIn("Change can be given.", german.result_html)

    def test_the_last_message_and_its_run_are_said_anew(self):
        said = {"template": "{count} booked", "parts": {"count": {"figure": "3"}}}
        lines = {
            "template": "{1}\n{2}",
            "parts": {"1": dict(said, text="3 booked"), "2": "7"},
        }
        self._report(message="3 booked\n7", booked=3, said={"message": lines})
        self._forget()
        german = self._as("support", self.sync).with_context(lang="de_DE")
        self.assertEqual(german.last_sync_message_text, "3 gebucht\n7")
        self.assertEqual(german.last_sync_summary, "3 gebucht")
        self.assertEqual(german.last_run_ids.summary_text, "3 gebucht")
        self.assertEqual(german.last_run_ids.summary, "3 booked")

    def _day(self, said=True):
        """A day with what could not be checked and one difference, as the reader of each language sees it."""
        template = "The source shows it, and tillbridge never received it."
        why = {
            "template": "The source could not be read: {why}",
            "parts": {"why": "x"},
        }
        difference = {
            "kind": "never_seen",
            "key": "v1:Garage/-/1/sale",
            "id": "1",
            "source_total": "1.00",
            "odoo_total": "",
            "pos_order": 0,
            "message": template if said else "It never came.",
            "fix": "Nothing to do." if said else "Fetch it.",
        }
        day = {
            "sync": self.sync.id,
            "shop": self.shop.id,
            "day": "2026-11-20",
            "currency": "",
            "checked": "2026-11-21 07:00:00",
            "state": "red",
            "source_count": 1,
            "source_sum": "1.00",
            "odoo_count": 0,
            "odoo_sum": "0.00",
            "left_out_count": 0,
            "unchecked": ["The source could not be read: x"] if said else ["Cut."],
            "differences": [difference],
        }
        if said:
            day["said"] = {"unchecked": why}
            difference["said"] = {
                "message": {"template": template, "parts": {}},
                "fix": {"template": "Nothing to do.", "parts": {}},
            }
        self._flush()
        services = self._as("sidecar", self.env["external.order.service"])
        services.take_days({"protocol": 1, "instance": "one", "days": [day]})
        self._forget()
        kept = self._as("support", self.env["external.order.day"])
        kept = kept.search([("sync_id", "=", self.sync.id)]).with_context(lang="de_DE")
        found = kept.line_ids
        return kept.unchecked_text, found.message_text, found.fix_text

    def test_what_differs_on_a_day_is_said_anew(self):
        german = (
            "Die Quelle war nicht lesbar: x",
            "Die Quelle zeigt ihn, und tillbridge hat ihn nie erhalten.",
            "Nichts zu tun.",
        )
        self.assertEqual(self._day(), german)
        # An older service tells of the same day: what was said before is not said of it.
        self.assertEqual(self._day(said=False), ("Cut.", "It never came.", "Fetch it."))
        self.assertEqual(self._day(), german)

    def test_warnings_are_said_one_by_one(self):
        speech = self.env["external.order.speech"].with_context(lang="de_DE")
        row = {
            "warnings": ["Nothing to do.", "Product\x85A."],
            "said": {
                "warnings": {
                    "template": "{1}\n{2}",
                    "parts": {
                        "1": {
                            "template": "Nothing to do.",
                            "parts": {},
                            "text": "Nothing to do.",
                        },
                        "2": "Product\x85A.",
                    },
                }
            },
        }
        self.assertEqual(
            speech._said_lines(row, "warnings"), ["Nichts zu tun.", "Product\x85A."]
        )
        del row["said"]
        self.assertEqual(speech._said_lines(row, "warnings"), row["warnings"])
        self.assertEqual(speech._said_lines({}, "warnings"), [])
