from odoo.tests.common import BaseCase, tagged

from ..tools import has_credentials, is_loopback, origin, same_address, split_list


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_origin_knows_default_ports_and_ignores_case(self):
        self.assertEqual(
            origin("HTTPS://Pos.Example.com/a"), ("https", "pos.example.com", 443)
        )
        self.assertEqual(origin("http://h:8080/?q=1"), ("http", "h", 8080))

    def test_origin_of_what_is_no_web_address(self):
        for url in (
            "",
            False,
            "pos.example.com",
            "ftp://h/a",
            "https://",
            "http://h:port",
            "http://[::1",
        ):
            self.assertFalse(origin(url), url)

    def test_credentials(self):
        self.assertTrue(has_credentials("https://me:pw@h/a"))
        self.assertFalse(has_credentials("https://h/a@b"))

    def test_loopback(self):
        for host in ("localhost", "127.0.0.1", "127.8.0.1", "::1"):
            self.assertTrue(is_loopback(host), host)
        for host in ("odoo.lan", "10.0.0.1", "localhost.example.com", ""):
            self.assertFalse(is_loopback(host), host)

    def test_same_address(self):
        self.assertTrue(same_address("https://H/a/", "https://h:443/a"))
        self.assertFalse(same_address("https://h/a", "http://h/a"))
        self.assertFalse(same_address("https://h/a?shop=1", "https://h/a?shop=2"))
        self.assertFalse(same_address("", ""))

    def test_split_list(self):
        self.assertEqual(split_list(" 103, 104 ,,"), ["103", "104"])
        self.assertEqual(split_list(False), [])
