from odoo.tests.common import BaseCase, tagged

from ..identity import of_reference, uuid_of


@tagged("post_install", "-at_install")
class TestIdentity(BaseCase):
    def test_the_services_renderings(self):
        """The golden renderings of the service (src/order/key.rs)."""
        for reference, key, number, source, uuid in (
            (
                "SRC/0/70211",
                "v1:SRC/0/70211/sale",
                "70211",
                "SRC",
                "404a1a78-780c-571c-83a3-ff4fda4e8704",
            ),
            (
                "SRC/-/70211",
                "v1:SRC/-/70211/sale",
                "70211",
                "SRC",
                "7162347b-3531-58a7-84c7-9d240e903231",
            ),
            (
                "SRC/%2D/70211/R",
                "v1:SRC/%2D/70211/refund",
                "70211",
                "SRC",
                "a553eada-e7c7-5909-b936-b812222268d5",
            ),
            (
                "garage 5/3/A%2F7%25/RR%2F1",
                "v1:garage 5/3/A%2F7%25/refund:R%2F1",
                "A/7%",
                "garage 5",
                "d8354a7c-e898-5096-80f4-f7c263e8105f",
            ),
            (
                "ورشة/٣/12%0A/R55",
                "v1:ورشة/٣/12%0A/refund:55",
                "12\n",
                "ورشة",
                "c96affcb-8387-5038-9cf0-db157512104f",
            ),
        ):
            identity = of_reference(reference)
            self.assertEqual(
                (identity.key, identity.number, identity.source), (key, number, source)
            )
            self.assertEqual(uuid_of(key), uuid)

    def test_other_references(self):
        for reference in (
            False,
            "",
            "Order 00001-001-0001",
            "a/b",
            "a//c",
            "a/b/c/D",
            "a/b/c/R/x",
        ):
            self.assertIsNone(of_reference(reference), reference)
