import json
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..orm import page_of

# What a draft may change: all that says how an order is booked.
EDITED = (
    "pos_config_id",
    "registers",
    "status_completed",
    "status_refund",
    "status_cancelled",
    "paid_days",
    "refund_without_sale",
    "price_mode",
    "tax_policy",
    "order_discount",
    "rounding_limit",
    "quantity_policy",
    "lot_policy",
    "combo_components",
    "customers",
    "ambiguous_customer",
    "invoicing",
    "payment_fallback",
    "part_paid",
    "service_charge_product",
    "tip_product",
    "rounding_product",
    "discount_product",
    "refund_product",
)
# The same of its lists: what a line consists of, and the field that has them all in words.
LISTS = {
    "location_ids": (("location", "pos_config_id"), "location_mapping"),
    "product_match_ids": (("kind",), "product_matching"),
    "product_map_ids": (("code", "product_id"), "product_mapping"),
    "payment_line_ids": (("code", "payment_method_id"), "payment_mapping"),
}
KEPT = timedelta(days=7)
# A draft is nobody's news.
QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
}


class ExternalOrderSync(models.Model):
    """A draft: a sync that never runs and is shown nowhere, in which changes to another one are tried out.

    The service is asked what they would change; only *Apply* writes them.
    """

    _inherit = "external.order.sync"

    draft_of_id = fields.Many2one(
        "external.order.sync",
        readonly=True,
        copy=False,
        index=True,
        ondelete="cascade",
    )
    draft_base = fields.Text(
        readonly=True,
        copy=False,
        help="The settings of the sync when the draft was made.",
    )
    draft_changes = fields.Text(
        string="What Is Changed", compute="_compute_draft_changes"
    )
    draft_stale = fields.Text(compute="_compute_draft_changes")

    @api.constrains("active", "draft_of_id")
    def _check_draft(self):
        for sync in self.filtered("draft_of_id"):
            if sync.active or sync.draft_of_id.draft_of_id:
                raise ValidationError(
                    _("This is a draft of changes. Press Apply to make them.")
                )

    @api.depends("draft_base", *EDITED, *LISTS)
    def _compute_draft_changes(self):
        for sync in self:
            of = sync.draft_of_id
            sync.draft_changes = sync._changed_text(sync._changed()) if of else False
            sync.draft_stale = sync._changed_text(of._changed(sync)) if of else False

    def action_draft(self):
        """Open the user's draft of changes to this sync; a new one, unless there are changes in it."""
        self.ensure_one()
        draft = self.with_context(active_test=False).search(
            [("draft_of_id", "=", self.id), ("create_uid", "=", self.env.uid)], limit=1
        )
        if draft and not draft._changed() and self._changed(draft):
            draft = draft._drop()
        return (draft or self._make_draft())._show_draft()

    def action_begin_anew(self):
        """Drop the draft and begin another, with the settings as they are now."""
        sync = self.draft_of_id
        self._drop()
        return sync._make_draft()._show_draft()

    def action_discard_draft(self):
        """Drop the draft: nothing changes."""
        sync = self.draft_of_id
        self._drop()
        return sync._show_itself()

    def action_apply_draft(self):
        """Make the changes, unless the sync was changed meanwhile. Orders that they cure are tried again."""
        self.ensure_one()
        sync = self.draft_of_id
        changed = self._something_changed()
        stale = sync._changed(self)
        if stale:
            raise UserError(
                _(
                    "“%(name)s” was changed since this draft was made:\n%(changes)s\nBegin anew, with the settings as they are now.",
                    name=sync.name,
                    changes=self._changed_text(stale),
                )
            )
        cured = self._cured_orders()
        sync.write({name: self._value_of(name) for name in changed})
        if cured and sync.active and not sync.paused:
            self.env["external.order.request"]._ask_about("retry", cured)
        self._drop()
        return sync._show_itself()

    def _make_draft(self):
        self.ensure_one()
        values = {name: self._value_of(name) for name in (*EDITED, *LISTS)}
        return self.with_context(**QUIET).create(
            dict(
                values,
                name=self.name,
                active=False,
                paused=True,
                draft_of_id=self.id,
                draft_base=json.dumps(self._settings()),
            )
        )

    def _drop(self):
        drafts = self.filtered("draft_of_id")
        # Nobody waits for the answer any more.
        drafts.effect_request_id.filtered("has_open_request").action_cancel()
        drafts.unlink()
        return self.browse()

    def _show_draft(self):
        # An action of its own, so that whoever comes back to the page finds the same form.
        action = self.env["ir.actions.actions"]._for_xml_id(
            "external_order_sync.external_order_draft_action"
        )
        return dict(action, res_id=self.id)

    def _show_itself(self):
        return page_of(self, self.name, target="main")

    def _something_changed(self):
        changed = self._changed()
        if not changed:
            raise UserError(
                _(
                    "Nothing is changed yet. Change a setting in the tabs below, then press Show Effect."
                )
            )
        return changed

    def _settings(self):
        """Each setting that a draft may change: its value, and the same in words."""
        self.ensure_one()
        return {
            name: [self._plain(name), self._shown(name)] for name in (*EDITED, *LISTS)
        }

    def _changed(self, draft=None):
        """The settings that are not as they were when the draft was made: was and is, in words."""
        self.ensure_one()
        base = json.loads((draft or self).draft_base or "{}")
        return {
            name: (base[name][1], said)
            for name, (value, said) in self._settings().items()
            if name in base and base[name][0] != value
        }

    @api.model
    def _changed_text(self, changed):
        return "\n".join(
            _(
                "%(setting)s: %(was)s → %(now)s",
                setting=self._fields[name]._description_string(self.env),
                was=was or _("none"),
                now=now or _("none"),
            )
            for name, (was, now) in changed.items()
        )

    def _plain(self, name):
        """A setting as JSON has it."""
        if name in LISTS:
            parts = LISTS[name][0]
            return [
                [
                    line[part]._origin.id if part.endswith("_id") else line[part]
                    for part in parts
                ]
                for line in self._ordered(name)
            ]
        value = self[name]
        return value._origin.id if self._fields[name].relational else value or False

    def _shown(self, name):
        """A setting in words."""
        if name in LISTS:
            return self[LISTS[name][1]] or ""
        field, value = self._fields[name], self[name]
        if field.relational:
            return value.display_name or ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return (
            field.convert_to_export(value, self) if field.type == "char" else str(value)
        )

    def _value_of(self, name):
        """What is written into another sync, so that it has this setting."""
        if name not in LISTS:
            return self._plain(name)
        lines = self._ordered(name)
        sorts = "sequence" in lines._fields
        return [(5, 0, 0)] + [
            (
                0,
                0,
                dict(
                    zip(LISTS[name][0], values),
                    **({"sequence": place * 10} if sorts else {}),
                ),
            )
            for place, values in enumerate(self._plain(name))
        ]

    def _ordered(self, name):
        lines = self[name]
        return lines.sorted("sequence") if "sequence" in lines._fields else lines

    @api.autovacuum
    def _gc_drafts(self):
        limit = fields.Datetime.now() - KEPT
        drafts = self.sudo().with_context(active_test=False)
        drafts.search(
            [("draft_of_id", "!=", False), ("write_date", "<", limit)]
        ).unlink()
