from datetime import timedelta

from odoo import fields
from odoo.tests.common import TransactionCase, tagged

from ..in_words import figure_text, isolated, left_to_right, moment_text


@tagged("post_install", "-at_install")
class TestInWords(TransactionCase):
    """Moments and figures as their reader writes them."""

    def _reader(self, code, **formats):
        lang = self.env["res.lang"]._activate_lang(code)
        lang.write(formats)
        return self.env.user.with_context(lang=code, tz="Asia/Riyadh")

    def test_figures(self):
        german = self._reader("de_DE").env
        self.assertEqual(figure_text(german, "1234.5", 2), "1.234,50")
        self.assertEqual(figure_text(german, "13.21739", 2), "13,21739")
        self.assertEqual(figure_text(german, "138", 3), "138,000")
        self.assertEqual(figure_text(german, "-0.05"), "-0,05")
        self.assertEqual(figure_text(german, ""), "")
        self.assertEqual(figure_text(german, "soon"), "soon")

    def test_moments(self):
        german = self._reader("de_DE", date_format="%d.%m.%Y", time_format="%H:%M:%S")
        then = fields.Datetime.to_datetime("2026-03-04 22:30:15")
        self.assertEqual(moment_text(german, then), "05.03.2026 01:30")
        now = fields.Datetime.now()
        here = fields.Datetime.context_timestamp(german, now)
        self.assertEqual(moment_text(german, now), here.strftime("%H:%M"))
        american = self._reader(
            "en_US", date_format="%m/%d/%Y", time_format="%I:%M:%S %p"
        )
        self.assertEqual(moment_text(american, then), "03/05/2026 01:30 AM")
        yesterday = here - timedelta(days=1)
        text = moment_text(german, now - timedelta(days=1))
        self.assertTrue(text.startswith(yesterday.strftime("%d.%m.%Y")), text)

    def test_a_name_in_a_sentence_that_runs_from_right_to_left(self):
        arabic = self._reader("ar_001").env
        self.assertEqual(isolated(arabic, "SRC/7"), "\u2068SRC/7\u2069")
        self.assertEqual(left_to_right(arabic, "2 × 4"), "\u20662 × 4\u2069")
        self.assertEqual(isolated(arabic, None), "")
        english = self._reader("en_US").env
        self.assertEqual(isolated(english, "SRC/7"), "SRC/7")
