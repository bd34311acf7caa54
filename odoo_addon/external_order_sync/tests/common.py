from datetime import timedelta

from odoo import fields
from odoo.tests.common import TransactionCase, new_test_user

GROUPS = {
    "nobody": "base.group_user",
    "support": "base.group_user,external_order_sync.group_support",
    "manager": "base.group_user,external_order_sync.group_manager",
    "sidecar": "external_order_sync.group_sidecar",
}
URL = "https://pos.example.com/api/orders"
KEY = "a-key-nobody-may-read"


class SyncCase(TransactionCase):
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
        self.env.flush_all()
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

    def _order_values(self, **values):
        session = self.env["pos.session"].search(
            [("config_id", "=", self.shop.id), ("state", "!=", "closed")], limit=1
        ) or self.env["pos.session"].create({"config_id": self.shop.id})
        return dict(
            {
                "session_id": session.id,
                "company_id": self.shop.company_id.id,
                "amount_total": 0,
                "amount_tax": 0,
                "amount_paid": 0,
                "amount_return": 0,
            },
            **values,
        )

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
