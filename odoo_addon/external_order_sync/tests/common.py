from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.tests import common
from odoo.tests.common import new_test_user

from ..series import MAJOR

GROUPS = {
    "nobody": "base.group_user",
    "support": "base.group_user,external_order_sync.group_support",
    "manager": "base.group_user,external_order_sync.group_manager",
    "sidecar": "external_order_sync.group_sidecar",
}
URL = "https://pos.example.com/api/orders"
KEY = "a-key-nobody-may-read"
# Series 14 has a case of its own for data of the class.
Case = common.TransactionCase if MAJOR > 14 else common.SavepointCase


class SyncCase(Case):
    """A shop, one user of each kind with the lowest rights that should do, and one sync with a key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["external.order.sync"].with_context(active_test=False).search(
            [("active", "=", True)]
        ).write({"active": False})
        cls.env["external.order.service"].search([]).unlink()
        cls.env["external.order.request"].search([]).unlink()
        cls.users = {
            kind: new_test_user(cls.env, "eos_" + kind, groups=groups)
            for kind, groups in GROUPS.items()
        }
        cls.shop = cls.env["pos.config"].create({"name": "Shop of the tests"})
        cls.method = cls.shop.payment_method_ids[:1]
        cls.sync = cls._sync_of("Garage", external_api_key=KEY)

    @classmethod
    def _sync_of(cls, name, url=URL, user="manager", **values):
        values = dict(
            {"name": name, "external_api_url": url, "pos_config_id": cls.shop.id},
            **values,
        )
        return cls.env["external.order.sync"].with_user(cls.users[user]).create(values)

    def _as(self, kind, record):
        """The record or model, seen by the user of this kind, with nothing cached from another."""
        return record.with_user(self.users[kind]).with_env(
            self.env(user=self.users[kind].id, su=False)
        )

    if MAJOR < 15:

        @contextmanager
        def _assertRaises(self, exception, **kwargs):
            """Undo what was refused, as later series do."""
            with super()._assertRaises(exception, **kwargs) as refused:
                with self.env.cr.savepoint():
                    yield refused

    def _flush(self):
        """Write to the database what is still to be written."""
        if MAJOR > 15:
            self.env.flush_all()
        else:
            self.env["base"].flush()

    def _forget(self):
        """Read from the database whatever is read next."""
        if MAJOR > 15:
            self.env.invalidate_all()
        else:
            self._flush()
            self.env["base"].invalidate_cache()

    def _message(self, instance="one", **parts):
        return dict(
            {
                "protocol": 1,
                "service": {"instance": instance, "version": "1.2.3", "host": "till"},
                "known": "",
            },
            **parts,
        )

    def _exchange(self, *, user="sidecar", **parts):
        answer = self._as(user, self.env["external.order.service"]).exchange(
            self._message(**parts)
        )
        self._flush()
        return answer

    def _sent(self, answer=None):
        """What an exchange sends of the sync, beside those the database may hold already."""
        answer = answer or self._exchange()
        return next(sent for sent in answer["syncs"] if sent["id"] == self.sync.id)

    def _report(self, sync=None, **values):
        report = {
            "sync": (sync or self.sync).id,
            "date": "2026-11-20 10:00:00",
            "status": "success",
            "message": "done",
        }
        report.update(values)
        return self._exchange(reports=[report])

    def _silent_since(self, **ago):
        """Make every service fall silent that long ago."""
        self.env["external.order.service"].search([]).write(
            {"last_seen": fields.Datetime.now() - timedelta(**ago)}
        )

    def _session(self):
        return self.env["pos.session"].search(
            [("config_id", "=", self.shop.id), ("state", "!=", "closed")], limit=1
        ) or self.env["pos.session"].create({"config_id": self.shop.id})

    def _order_values(self, **values):
        return dict(
            {
                "session_id": self._session().id,
                "company_id": self.shop.company_id.id,
                "amount_total": 0,
                "amount_tax": 0,
                "amount_paid": 0,
                "amount_return": 0,
            },
            **values,
        )

    def _send(self, **values):
        """Book an order of 40 as the service does on this series, with no more rights than its own."""
        product = self.env["product.product"].create(
            {"name": "Car Wash", "type": "service", "available_in_pos": True}
        )
        line = {
            "product_id": product.id,
            "qty": 1,
            "price_unit": 40,
            "discount": 0,
            "price_subtotal": 40,
            "price_subtotal_incl": 40,
            "name": "line 1",
            "tax_ids": [(6, 0, [])],
        }
        payment = {
            "payment_method_id": self.method.id,
            "amount": 40,
            "card_type": "Mada",
            "transaction_id": "T-1",
        }
        order = {
            "sequence_number": 1,
            "amount_total": 40,
            "amount_tax": 0,
            "amount_paid": 40,
            "amount_return": 0,
            "lines": [(0, 0, line)],
        }
        order.update(values)
        orders = self._as("sidecar", self.env["pos.order"])
        if MAJOR > 17:
            order.update(
                session_id=self._session().id,
                state="paid",
                payment_ids=[(0, 0, payment)],
            )
            return orders.sync_from_ui([order])
        order.update(
            name=order.pop("pos_reference"),
            server_id=False,
            pos_session_id=self._session().id,
            user_id=self.users["sidecar"].id,
            partner_id=False,
            fiscal_position_id=False,
            pricelist_id=self.shop.pricelist_id.id,
            creation_date="2026-11-20 10:11:12",
            date_order="2026-11-20 10:11:12",
            statement_ids=[(0, 0, dict(payment, name="2026-11-20 10:11:12"))],
        )
        return orders.create_from_ui([{"id": order["name"], "data": order}])

    def _shop_elsewhere(self, company):
        """A shop of another company, without payment methods."""
        other = self.env["res.company"].create({"name": company})
        journal = self.env["account.journal"].create(
            {
                "name": "Sales elsewhere",
                "code": "EOS",
                "type": "general",
                "company_id": other.id,
            }
        )
        return (
            self.env["pos.config"]
            .with_company(other)
            .create(
                {
                    "name": "The other shop",
                    "company_id": other.id,
                    "journal_id": journal.id,
                    "payment_method_ids": [(6, 0, [])],
                }
            )
        )

    def _book(self, number="1", source="Garage"):
        """A POS order of the external order with this number."""
        return self.env["pos.order"].create(
            self._order_values(
                external_order_key="v1:%s:-:%s:sale" % (source, number),
                external_order_id=number,
                external_source=source,
            )
        )


class OrdersCase(SyncCase):
    """Orders as the service reports them."""

    def setUp(self):
        super().setUp()
        self.env["external.order"].search([]).unlink()

    def _take(self, orders, steps=(), instance="one", user="sidecar"):
        message = {
            "protocol": 1,
            "instance": instance,
            "orders": list(orders),
            "steps": list(steps),
        }
        self._flush()
        services = self._as(user, self.env["external.order.service"])
        answer = services.take_orders(message)
        self._forget()
        return answer

    def _kept(self, number="70211"):
        return self.env["external.order"].search([("external_id", "=", number)])

    def _order(self, number="70211", **values):
        """An order that needs somebody, as the service reports it."""
        line = {
            "name": "Engine Oil Change",
            "code": "OIL",
            "quantity": "1",
            "price": "120.00",
            "discount": "",
            "tax": "",
            "total": "",
        }
        payment = {
            "name": "Card",
            "code": "2",
            "card": "Mada",
            "reference": "T-88121",
            "amount": "138.00",
        }
        sent = {
            "prices": "tax_excluded",
            "lines": [line],
            "charges": [],
            "discount": "",
            "subtotal": "120.00",
            "tax": "18.00",
            "total": "138.00",
            "payments": [payment],
            "customer": "Anna",
            "status": "103",
        }
        order = {
            "key": "v1:Garage/-/%s/sale" % number,
            "external_id": number,
            "document": "sale",
            "sync": self.sync.id,
            "shop": self.shop.id,
            "sale_date": "2026-11-20 10:11:12",
            "customer": "Anna",
            "total": "138.00",
            "state": "refused",
            "code": "unknown_product",
            "message": "No product in Odoo matches “Engine Oil Change”.",
            "fix": "Create the product.",
            "subject": {"kind": "product", "value": "Engine Oil Change"},
            "attempts": 1,
            "fetched_date": "2026-11-20 10:12:00",
            "references": [number, "T-88121"],
            "source_status": "103",
            "sent": sent,
            "raw": "{}",
        }
        return dict(order, **values)

    def _step(self, number, order="70211", **values):
        return dict(
            {
                "number": number,
                "key": "v1:Garage/-/%s/sale" % order,
                "step": "fetched",
                "code": 200,
                "text": "Seen",
                "truth": "the source's page",
                "date": "2026-11-20 10:12:00",
                "duration": 84,
                "attempt": 1,
            },
            **values,
        )

    def _watch(self):
        self._flush()
        self.env["external.order.service"]._watch()
        self._flush()
        self._forget()

    def _activities(self, sync=None):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "external.order.sync"),
                ("res_id", "=", (sync or self.sync).id),
            ],
            order="id",
        )
