import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..orm import make_index, page_of
from ..reported import DAY_STATES, DIFFERENCES
from .external_order_request_kinds import MOST_IDS

# Of the palette that all series have; a calendar of 14 knows no other colours.
COLOURS = {"green": 10, "amber": 2, "red": 1, "grey": 28}
FETCHABLE = ("never_seen", "not_fetched")


class ExternalOrderDay(models.Model):
    """A business day of a shop: what its source sold against what Odoo holds, as the service compared it.

    Written by ``external.order.service.take_days`` alone.
    """

    _name = "external.order.day"
    _description = "Completeness of a Day"
    _order = "day desc, id desc"

    name = fields.Char(compute="_compute_name")
    sync_id = fields.Many2one(
        "external.order.sync",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    shop_id = fields.Many2one("pos.config", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    day = fields.Date(string="Business Day", required=True, readonly=True)
    state = fields.Selection(DAY_STATES, string="Status", required=True, readonly=True)
    colour = fields.Integer(compute="_compute_colour")
    checked_date = fields.Datetime(string="Checked", readonly=True)
    source_count = fields.Integer(string="Sold at the Source", readonly=True)
    odoo_count = fields.Integer(string="Held by Odoo", readonly=True)
    difference_count = fields.Integer(string="Difference", readonly=True)
    left_out_count = fields.Integer(string="Left Out by Rule", readonly=True)
    source_sum = fields.Monetary(string="Sum at the Source", readonly=True)
    odoo_sum = fields.Monetary(string="Sum in Odoo", readonly=True)
    difference_sum = fields.Monetary(string="Difference of the Sums", readonly=True)
    unchecked = fields.Text(
        string="Not Checked", readonly=True, help="What could not be checked, and why."
    )
    line_ids = fields.One2many(
        "external.order.difference", "day_id", string="Differences", readonly=True
    )
    can_fetch = fields.Boolean(compute="_compute_can_fetch")

    def init(self):
        # Orders that no shop takes have a day of their own.
        on = "external_order_day (sync_id, COALESCE(shop_id, 0), day)"
        make_index(self.env.cr, "external_order_day_unique", on)
        make_index(
            self.env.cr, "external_order_day_newest", "external_order_day (day, id)"
        )
        return super().init()

    @api.depends("state", "shop_id", "source_count", "odoo_count")
    @api.depends_context("lang")
    def _compute_name(self):
        words = dict(self._fields["state"]._description_selection(self.env))
        for day in self:
            # A calendar has room for its beginning alone.
            sign, _space, word = words.get(day.state, "").partition(" ")
            day.name = _(
                "%(sign)s %(shop)s: %(held)s of %(sold)s · %(word)s",
                sign=sign,
                word=word,
                shop=day.shop_id.name or _("no shop"),
                held=day.odoo_count,
                sold=day.source_count,
            )

    @api.depends("state")
    def _compute_colour(self):
        for day in self:
            day.colour = COLOURS.get(day.state)

    @api.depends("line_ids.kind")
    def _compute_can_fetch(self):
        for day in self:
            day.can_fetch = any(line.kind in FETCHABLE for line in day.line_ids)

    def action_check_again(self):
        """Ask the service to compare these days again."""
        requests = self.env["external.order.request"]
        for sync in self.sync_id:
            days = self.filtered(lambda day, sync=sync: day.sync_id == sync)
            dates = days.mapped("day")
            requests |= requests.create(
                {
                    "kind": "reconcile",
                    "sync_id": sync.id,
                    "payload": json.dumps(
                        {"from": str(min(dates)), "to": str(max(dates))}
                    ),
                }
            )
        return requests._show()

    def action_fetch_missing(self):
        """Ask the source for what never arrived; it is booked as any other order."""
        self.ensure_one()
        ids = [line.external_id for line in self.line_ids if line.kind in FETCHABLE]
        if not ids:
            raise UserError(_("Nothing of this day is to be fetched."))
        requests = self.env["external.order.request"]
        for start in range(0, len(ids), MOST_IDS):
            some = ids[start : start + MOST_IDS]
            requests |= requests.create(
                {
                    "kind": "fetch",
                    "sync_id": self.sync_id.id,
                    "payload": json.dumps({"ids": some}),
                }
            )
        return requests._show()


class ExternalOrderDifference(models.Model):
    """An order that differs between the source and Odoo."""

    _name = "external.order.difference"
    _description = "Difference of a Day"
    _order = "day_id, id"
    _rec_name = "external_id"

    day_id = fields.Many2one(
        "external.order.day",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    kind = fields.Selection(DIFFERENCES, string="What", required=True, readonly=True)
    key = fields.Char(readonly=True)
    external_id = fields.Char(string="External ID", readonly=True)
    # Indexed for the sake of what is deleted there.
    order_id = fields.Many2one(
        "external.order",
        string="External Order",
        readonly=True,
        ondelete="set null",
        index=True,
    )
    pos_order_id = fields.Many2one(
        "pos.order",
        string="POS Order",
        readonly=True,
        ondelete="set null",
        index=True,
    )
    source_total = fields.Monetary(string="At the Source", readonly=True)
    odoo_total = fields.Monetary(string="In Odoo", readonly=True)
    message = fields.Text(string="Sentence", readonly=True)
    fix = fields.Text(string="What to Do", readonly=True)

    def action_open(self):
        """Open what there is of it."""
        self.ensure_one()
        record = self.order_id or self.pos_order_id
        if not record:
            raise UserError(_("Neither an external order nor a POS order is known."))
        return page_of(record, self.external_id or "")
