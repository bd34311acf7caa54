from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form
from odoo.tests.common import tagged

from .test_actions import DONE, ActionsCase

NOTHING = {"count": 0, "sums": [], "keys": [], "orders": []}


def key(number):
    return "v1:Garage/-/%s/sale" % number


def group(*numbers, total="138.00", **row):
    orders = [
        dict(
            {
                "id": number,
                "key": key(number),
                "was": "",
                "now": total,
                "currency": "USD",
                "differences": [],
                "message": "",
                "fix": "",
            },
            **row,
        )
        for number in numbers
    ]
    return {
        "count": len(orders),
        "sums": [{"currency": "USD", "total": total, "tax": "-3.00"}],
        "keys": [order["key"] for order in orders],
        "orders": orders,
    }


def effect(**groups):
    return dict(
        {
            "from": "2026-11-14",
            "to": "2026-11-20",
            "open": 2,
            "booked": 5,
            "forgotten": 0,
            "beyond": 0,
            "cured": NOTHING,
            "refused": NOTHING,
            "differing": NOTHING,
            "still": NOTHING,
        },
        **groups,
    )


@tagged("post_install", "-at_install")
class TestDraft(ActionsCase):
    """Changes of a sync that are tried out before they are made."""

    def setUp(self):
        super().setUp()
        self.product = self.env["product.product"].create(
            {"name": "Wash", "available_in_pos": True}
        )
        self.sync.product_map_ids = [
            (0, 0, {"code": "Old", "product_id": self.product.id})
        ]

    def _draft(self, user="manager"):
        shown = self._as(user, self.sync).action_draft()
        return self._as(user, self.env[shown["res_model"]]).browse(shown["res_id"])

    def _form(self, draft):
        view = self.env.ref("external_order_sync.external_order_draft_form")
        return Form(draft, view=view)

    def _changed(self):
        """A draft with another tax policy and a line for Voucher, made in its form."""
        draft = self._draft()
        with self._form(draft) as form:
            form.tax_policy = "map"
            with form.payment_line_ids.new() as line:
                line.code = "Voucher"
                line.payment_method_id = self.method
        return draft

    def _show_effect(self, draft, **groups):
        draft.action_show_effect()
        (row,) = self._rows()
        self._answer(row, "done", message="Done.", result=effect(**groups))
        self._forget()
        return row

    def test_what_is_being_typed_need_not_make_sense(self):
        draft = self._changed()
        self._show_effect(draft)
        form = self._form(draft)
        form.tip_product = False
        form.tip_product = "EXT-TIP"
        form.save()
        self.assertFalse(draft.effect_is_old)

    def test_whoever_drops_a_draft_takes_its_question_back(self):
        draft = self._changed()
        draft.action_show_effect()
        request = draft.effect_request_id
        draft.action_discard_draft()
        self.assertEqual(request.state, "cancelled")

    def test_a_mapping_that_does_not_fit_any_more_is_mended_in_the_draft(self):
        draft = self._changed()
        draft.action_apply_draft()
        self.sync.pos_config_id.sudo().payment_method_ids -= self.method
        draft = self._draft()
        self.assertEqual(draft.payment_line_ids.payment_method_id, self.method)
        draft.payment_line_ids.code = "Another voucher"
        with self.assertRaises(ValidationError):
            draft.action_apply_draft()

    def test_nothing_changes_before_apply(self):
        before = self._sent()
        draft = self._changed()
        self.assertEqual(
            draft.draft_changes.splitlines(),
            [
                "Another Tax Than Odoo's: Keep the order and ask → Take the tax of that percentage",
                "Payment Mapping: none → Voucher → %s" % self.method.name,
            ],
        )
        answer = self._exchange()
        self.assertEqual(self._sent(answer), before)
        self.assertNotIn(draft.id, [sent["id"] for sent in answer["syncs"]])
        self.assertFalse(self.sync.payment_line_ids)
        listed = self.env.ref("external_order_sync.external_order_sync_action").domain
        self.assertIn("draft_of_id", listed)
        draft.action_apply_draft()
        after = dict(
            before,
            tax_policy="map",
            payment_map=[{"code": "Voucher", "method": self.method.id}],
        )
        self.assertEqual(self._sent(), after)
        self.assertFalse(draft.exists())

    def test_the_draft_travels_as_a_configuration_without_its_key(self):
        draft = self._changed()
        draft.action_show_effect()
        (row,) = self._rows()
        self.assertEqual((row["kind"], row["sync"]), ("effect", self.sync.id))
        self.assertEqual(row["payload"]["days"], 7)
        changed = {
            "api_key": "",
            "url": "",
            "tax_policy": "map",
            "payment_map": [{"code": "Voucher", "method": self.method.id}],
        }
        own = self._sent()
        del own["last_sync_date"]
        self.assertEqual(row["payload"]["draft"], dict(own, **changed))
        self.assertTrue(draft.has_open_request)
        self.assertIn("waiting", draft.request_progress()["text"])

    def test_the_effect_is_shown_and_its_orders_open(self):
        self._take([self._order("1"), self._order("2", **DONE)])
        draft = self._changed()
        difference = {
            "text": "tax 18.00 → 15.00",
            "template": "tax {was} → {now}",
            "parts": {"was": {"figure": "18.00"}, "now": {"figure": "15.00"}},
        }
        self._show_effect(
            draft,
            cured=group("1"),
            differing=group("2", total="0.00", was="138.00", differences=[difference]),
            forgotten=3,
        )
        self.assertEqual(
            (draft.effect_cured_count, draft.effect_differing_count), (1, 1)
        )
        for text in (
            "Would be booked",
            "138.00 USD",
            "tax 18.00 → 15.00",
            "total +0.00 USD, tax -3.00 USD",
            "2 open orders, and 5 booked from 2026-11-14 to 2026-11-20",
            "3 orders could not be planned",
        ):
            self.assertIn(text, draft.effect_html)
        opened = draft.with_context(effect_group="differing").action_open_effect()
        self.assertEqual(opened["res_id"], self._kept("2").id)
        self.assertFalse(draft.effect_is_old)
        with self._form(draft) as form:
            form.price_mode = "tax_included"
        self.assertTrue(draft.effect_is_old)

    def test_what_is_cured_is_tried_again_by_apply(self):
        self._take([self._order("1"), self._order("2"), self._order("3", **DONE)])
        draft = self._changed()
        self._show_effect(draft, cured=group("1", "3"))
        shown = draft.action_apply_draft()
        self.assertEqual(shown["res_id"], self.sync.id)
        (row,) = self._rows()
        self.assertEqual((row["kind"], row["payload"]), ("retry", {"keys": [key("1")]}))

    def test_a_draft_of_what_was_changed_meanwhile_is_refused(self):
        draft = self._changed()
        self.sync.price_mode = "tax_excluded"
        self._forget()
        self.assertEqual(
            draft.draft_stale, "Prices: Find out for each order → Tax excluded"
        )
        with self.assertRaises(UserError) as refused:
            draft.action_apply_draft()
        self.assertIn("Tax excluded", str(refused.exception))
        self.assertEqual(self.sync.tax_policy, "refuse")
        shown = draft.action_begin_anew()
        fresh = self._as("manager", self.sync.browse(shown["res_id"]))
        self.assertEqual((fresh.price_mode, fresh.draft_changes), ("tax_excluded", ""))
        self.assertFalse(draft.exists())

    def test_what_is_set_otherwise_meanwhile_stays(self):
        draft = self._changed()
        self.sync.sync_interval = 30
        draft.action_apply_draft()
        self.assertEqual((self.sync.sync_interval, self.sync.tax_policy), (30, "map"))

    def test_a_draft_is_kept_until_it_is_dropped(self):
        draft = self._changed()
        self.assertEqual(self._draft(), draft)
        draft.action_discard_draft()
        self.assertFalse(draft.exists())
        self.assertEqual(self.sync.tax_policy, "refuse")

    def test_a_draft_without_changes_has_no_effect_to_show(self):
        draft = self._draft()
        for press in (draft.action_show_effect, draft.action_apply_draft):
            with self.assertRaises(UserError):
                press()
        self.sync.price_mode = "tax_excluded"
        self.assertEqual(self._draft().price_mode, "tax_excluded")

    def test_all_its_lists_are_applied(self):
        draft = self._draft()
        with self._form(draft) as form:
            with form.location_ids.new() as line:
                line.location = "12"
                line.pos_config_id = self.shop
            form.product_match_ids.remove(0)
            with form.product_map_ids.edit(0) as line:
                line.code = "New"
        kinds = draft._product_match_kinds()
        draft.action_apply_draft()
        self.assertEqual(self.sync._product_match_kinds(), kinds)
        self.assertEqual(
            self.sync.product_mapping, "New → %s" % self.product.display_name
        )
        self.assertEqual(self.sync.location_ids.location, "12")

    def test_a_draft_never_runs(self):
        draft = self._draft()
        with self.assertRaises(ValidationError):
            draft.write({"active": True})

    def test_managers_alone_draft(self):
        with self.assertRaises(AccessError):
            self._draft("support")
        draft = self._draft()
        with self.assertRaises(AccessError):
            self._as("support", self.env["external.order.request"]).create(
                {
                    "kind": "effect",
                    "sync_id": self.sync.id,
                    "payload": '{"draft": %s}' % draft.id,
                }
            )

    def test_a_draft_of_another_sync_is_none(self):
        other = self._sync_of("Other", url="https://other.example.com/orders")
        draft = self._draft()
        with self.assertRaises(UserError):
            self._as("manager", self.env["external.order.request"]).create(
                {
                    "kind": "effect",
                    "sync_id": other.id,
                    "payload": '{"draft": %s}' % draft.id,
                }
            )

    def test_old_drafts_go(self):
        draft = self._changed()
        self._flush()
        self.env.cr.execute(
            "UPDATE external_order_sync SET write_date = now() - interval '8 days'"
        )
        self._forget()
        self.env["external.order.sync"]._gc_drafts()
        self.assertFalse(draft.exists())
        self.assertTrue(self.sync.exists())
