"""Steps of tests/addon/lifecycle, run in Odoo's shell: what an upgrade keeps, what an uninstallation
takes away, and what an installation finds again."""

import uuid

MODULE = "external_order_sync"
NAMESPACE = uuid.UUID("a8b95546-51a3-4db0-885f-82d2563fca24")
# Reference, key, number of the external order, as the service gives them.
ORDERS = (
    ("Garage/-/70211", "v1:Garage/-/70211/sale", "70211"),
    ("Garage/-/70211/R55", "v1:Garage/-/70211/refund:55", "70211"),
)
OTHERS = "Order 00001-001-0001"
VIEW = MODULE + ".external_order_sync_form"


def fill(env):
    shop = env["pos.config"].search([], limit=1)
    session = env["pos.session"].create({"config_id": shop.id})
    method = shop.payment_method_ids[:1]
    env["external.order.sync"].create(
        {
            "name": "Garage",
            "external_api_url": "https://pos.example.com/api/orders",
            "external_api_key": "a key",
            "pos_config_id": shop.id,
            "sync_interval": 7,
            "payment_line_ids": [
                (0, 0, {"code": "Mada", "payment_method_id": method.id})
            ],
        }
    )
    values = {
        "session_id": session.id,
        "company_id": shop.company_id.id,
        "amount_total": 0,
        "amount_tax": 0,
        "amount_paid": 0,
        "amount_return": 0,
    }
    for reference, key, number in ORDERS + ((OTHERS, False, False),):
        order = env["pos.order"].create(
            dict(
                values,
                external_order_key=key,
                external_order_id=number,
                external_source=key and "Garage",
            )
        )
        order.pos_reference = reference
        if "uuid" in order._fields:
            order.uuid = str(uuid.uuid5(NAMESPACE, key)) if key else str(uuid.uuid4())
    # An older revision knows no decisions.
    if "external.order" in env:
        _decide(env, "ignored")
    view = env.ref(VIEW, raise_if_not_found=False)
    view.arch_db = view.arch_db.replace("Sync Now", "Changed by hand")
    env.cr.commit()
    print("fill: ok")


def kept(env):
    sync = env["external.order.sync"].search([("name", "=", "Garage")])
    assert (sync.sync_interval, sync.payment_line_ids.code, sync.has_api_key) == (
        7,
        "Mada",
        True,
    )
    assert sync.sudo().key_ids.value == "a key"
    # What is new has its default.
    assert (sync.closing, sync.closing_time, sync.tip_product) == (
        "business_day",
        "04:00",
        "EXT-TIP",
    )
    assert sync.booked_count == len(ORDERS), sync.booked_count
    _assert_keys(env)
    orders = env["external.order"]
    if orders.search_count([]):
        assert orders.search([]).decision == "ignored"
    before = orders.search([]).decision_number
    assert _decide(env, "completed")["through"] > before
    assert "Changed by hand" not in env.ref(VIEW).arch_db, (
        "an upgrade writes the views anew"
    )
    for model in (
        "external.order",
        "external.order.sync",
        "external.order.request",
        "pos.order",
    ):
        for kind in ("list" if "list" in _view_types(env) else "tree", "form"):
            _arch(env, model, kind)
    print("kept: ok")


def uninstall(env):
    env["ir.module.module"].search([("name", "=", MODULE)]).button_immediate_uninstall()
    print("uninstall: ok")


def gone(env):
    orders = env["pos.order"].search([])
    references = [reference for reference, _key, _number in ORDERS] + [OTHERS]
    assert sorted(orders.mapped("pos_reference")) == sorted(references), orders
    assert "external_order_key" not in orders._fields
    env.cr.execute(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_name LIKE 'external_order%' OR column_name LIKE 'external_order%'"
    )
    assert not env.cr.fetchall(), "tables and columns go"
    # Odoo keeps products while a session is open.
    left = env["ir.model.data"].search(
        [("module", "=", MODULE), ("model", "not like", "product.")]
    )
    assert not left, left.mapped("complete_name")
    for kind in ("list" if "list" in _view_types(env) else "tree", "form"):
        assert "external" not in _arch(env, "pos.order", kind)
    print("gone: ok")


def recovered(env):
    assert not env["external.order.sync"].search([])
    assert not env["external.order"].search([])
    _decide(env, "ignored")
    _assert_keys(env)
    print("recovered: ok")


def _decide(env, decision):
    """Tell a decision as the service does, and give the answer."""
    row = {"key": ORDERS[0][1], "decision": decision, "by": "anna", "order": "70211"}
    answer = env["external.order"]._exchange({"since": 0, "told": [row]})
    assert env["external.order"].search([]).decision == decision
    return answer


def _assert_keys(env):
    for reference, key, number in ORDERS + ((OTHERS, False, False),):
        order = env["pos.order"].search([("pos_reference", "=", reference)])
        found = (
            order.external_order_key,
            order.external_order_id,
            order.external_source,
        )
        assert found == (key, number, key and "Garage"), (reference, found)


def _view_types(env):
    return dict(env["ir.ui.view"]._fields["type"].selection)


def _arch(env, model, kind):
    views = env[model]
    if hasattr(views, "get_view"):
        return views.get_view(view_type=kind)["arch"]
    return views.fields_view_get(view_type=kind)["arch"]
