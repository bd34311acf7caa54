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
