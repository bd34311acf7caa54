import hashlib

from odoo.tests.common import BaseCase, tagged

from ..any_id import key_of, keys_of, phone_digest


@tagged("post_install", "-at_install")
class TestAnyId(BaseCase):
    def test_every_spelling_of_an_id_is_one(self):
        for spelling in ("70211", " 70211 ", "#70211", "# 0070211", "702 11", "٧٠٢١١"):
            self.assertEqual(key_of(spelling), "70211", spelling)
        for spelling in ("Order 00012-001-0007", "12-001-0007", "#00012/001/0007"):
            self.assertEqual(key_of(spelling), "120010007", spelling)
        self.assertEqual(key_of("T-88121"), key_of("t 88121"))
        self.assertEqual(key_of("Order-A"), "ordera")

    def test_what_is_no_id_has_no_key(self):
        for text in ("", None, " # - "):
            self.assertEqual(key_of(text), "")
        self.assertEqual(key_of("000"), "0")

    def test_keys_stand_once(self):
        self.assertEqual(keys_of(["0070211", "70211", "", None, "T-1"]), "70211 t1")

    def test_a_phone_is_known_with_and_without_its_country(self):
        digest = hashlib.sha256(b"501234567").hexdigest()
        for spelling in ("+966 50 123 4567", "0501234567", "(0)50-123-4567"):
            self.assertEqual(phone_digest(spelling), digest)
        self.assertEqual(phone_digest("70211"), "")
