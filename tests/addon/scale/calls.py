"""What people and the service do with a year of orders, each call timed. For Odoo's shell of series 19, whose web
client asks with these very methods."""

from datetime import datetime, timedelta

GROUPED = ["__count", "total:sum"]
LIST = {
    name: {}
    for name in (
        "state", "attention", "warnings", "external_id", "kind_text", "sale_date", "state_text", "message", "total",
        "customer", "fix", "code", "attempts", "fetched_date", "booked_date", "location", "register", "key",
    )
}  # fmt: skip
LIST.update({name: {"fields": {"display_name": {}}} for name in ("shop_id", "sync_id", "currency_id", "pos_order_id")})


def measure(env, plans=True):
    env.cr.execute("SELECT count(*), count(DISTINCT company_id) FROM external_order")
    print("measured over %d orders of %d companies" % env.cr.fetchone())
    support = _user(env, "support")
    table = Table(support)
    orders, logs, syncs = (support["external.order" + name] for name in ("", ".log", ".sync"))
    newest = orders.search([("state", "=", "booked")], limit=1, offset=1000)
    sync = newest.sync_id
    now = datetime.now()
    week = [("sale_date", ">=", str(now - timedelta(days=7))[:19])]

    def listed(domain, model=orders, fields=LIST, **more):
        return lambda: model.web_search_read(domain, fields, limit=80, count_limit=10001, **more)

    def grouped(domain, by, model=orders, sums=GROUPED):
        return lambda: model.web_read_group(domain, [by], sums, limit=80)

    for name, domain in (
        ("needs attention (the default)", [("attention", "=", True)]),
        ("no filter", []),
        ("waiting", [("state", "=", "waiting")]),
        ("booked", [("state", "=", "booked")]),
        ("booked with warnings", [("state", "=", "booked"), ("warnings", "!=", False)]),
        ("left out", [("state", "=", "skipped")]),
        ("looks like a duplicate", [("looks_like_id", "!=", False)]),
        ("decided", [("decision_number", ">", 0)]),
        ("refunds", [("document", "=like", "refund%")]),
        ("last 7 days", week),
        ("one shop", [("shop_id", "=", newest.shop_id.id)]),
        ("one sync, booked", [("sync_id", "=", sync.id), ("state", "=", "booked")]),
    ):
        table.add("list: " + name, listed(domain))
    table.add("list: no filter, by amount", listed([], order="total desc"))
    table.add("list: page 1000", listed([], offset=80000))
    number, reference = newest.external_id, newest.reference_text.split("\n")[1]
    for name, text in (
        ("id", number),
        ("id with # and zeros", "# 00" + number),
        ("a payment's reference", reference),
        ("part of a number", number[1:]),
        ("unknown", "nothing at all"),
        ("phone", "+966 50 123 45 67"),
    ):
        table.add("search: " + name, listed([("any_id", "ilike", text)]))
        table.add(
            "where is my order: " + name,
            lambda text=text: support["external.order.where"].create({"text": text}).answer,
            undo=True,
        )
    for field, text in (("customer", "mer 1234"), ("products", "Product 77"), ("message", "Product 77")):
        table.add("search: part of " + field, listed([(field, "ilike", text)]))
    table.add("search: amount", listed([("total", "=", 138.0)]))
    for by in ("state", "reason", "sync_id", "shop_id", "sale_date:day", "sale_date:month"):
        table.add("group, whole year: " + by, grouped([], by))
    table.add("group, 7 days: state", grouped(week, "state"))
    table.add("pivot", lambda: orders.formatted_read_grouping_sets([], [[], ["shop_id"], ["state"]], GROUPED))
    table.add("graph", lambda: orders.formatted_read_group([], ["sale_date:day", "state"], ["__count"]))
    table.add("order form", lambda: newest.web_read(_all(newest)))

    steps = support["external.order.step"]
    counts = {name: {} for name in ("step", "ok_count", "conflict_count", "wrong_count", "missing_count", "note")}
    for days in (1, 7, 30, 90):
        page = steps.with_context(log_days=days)
        table.add("sync logs: %d days" % days, listed([], page, counts))
    create = steps.search([("step", "=", "create_order")])
    table.add("sync logs: orders of a count", lambda: _open(create.with_context(log_code="200"), LIST))
    days = [("date", ">=", str(now - timedelta(days=7))[:19])]
    fields = {name: {} for name in ("date", "step", "code", "reason", "text")}
    fields.update({name: {"fields": {"display_name": {}}} for name in ("order_id", "shop_id", "sync_id")})
    table.add("log: 7 days", listed(days, logs, fields))
    table.add("log: all", listed([], logs, fields))
    table.add("log: all, one step", listed([("step", "=", "create_order")], logs, fields))
    table.add("log: refused", listed([("code", "=", "400")], logs, fields))
    table.add("log: of an order", listed([("order_id.any_id", "ilike", number)], logs, fields))
    table.add("log: panel of steps", lambda: _panel(logs, days))
    table.add("log, 7 days: by result", grouped(days, "code", logs, ["__count"]))
    table.add("log, whole year: by step", grouped([], "step", logs, ["__count"]))

    table.add("syncs: list", lambda: syncs.search([]).web_read(_all(syncs, "list")))
    table.add("syncs: cards", lambda: syncs.search([]).web_read(_all(syncs, "kanban")))
    table.add("syncs: form", lambda: sync.web_read(_all(syncs)))

    table.env = sidecar = _user(env, "sidecar")
    taken = {"protocol": 1, "instance": "measure/1"}
    taken["orders"] = [_reported(order) for order in newest.sudo().search([], limit=200)]
    taken["steps"] = [
        dict(number=n, key=taken["orders"][n % 200]["key"], step="fetched", code="200", text="Seen", truth="",
             date="2026-01-01 00:00:00", duration=1, attempt=1)
        for n in range(1000)
    ]  # fmt: skip
    services = sidecar["external.order.service"]
    table.add("take_orders: 200 known, 1000 steps", lambda: services.take_orders(taken), undo=True)
    new = [dict(order, key=order["key"] + "/new", state="refused", code="x") for order in taken["orders"]]
    table.add("take_orders: 200 new", lambda: services.take_orders(dict(taken, orders=new, steps=[])), undo=True)
    asked = {"since": 0, "told": [], "digest": "x"}
    said = {"protocol": 1, "service": {"instance": "one", "host": "", "version": ""}, "known": "", "decisions": asked}
    table.add("exchange", lambda: services.exchange(said), undo=True)
    table.env = env
    table.add("the watching job", lambda: env["external.order.service"]._watch(), undo=True)
    table.show(plans)
    env.cr.rollback()


def _user(env, group):
    user = env["res.users"].search([("login", "=", "scale_" + group)])
    values = {
        "name": "scale_" + group,
        "login": "scale_" + group,
        "group_ids": [(6, 0, env.ref("external_order_sync.group_" + group).ids)],
        "company_ids": [(6, 0, env["res.company"].search([]).ids)],
    }
    user = user or env["res.users"].create(values)
    _flush(env)
    there = env(user=user.id, su=False, context={"allowed_company_ids": user.company_ids.ids, "tz": "Europe/Paris"})
    assert not there.su
    return there


def _all(records, kind="form"):
    """What the web client reads for a page: every field in it."""
    arch = records.get_view(view_type=kind)["models"]
    spec = {}
    for name in arch[records._name]:
        field = records._fields[name]
        if field.type == "many2one":
            spec[name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            spec[name] = {"fields": {n: {} for n in arch.get(field.comodel_name, ()) if n != "id"}, "limit": 40}
        else:
            spec[name] = {}
    return spec


def _open(step, fields):
    action = step.action_show_orders()
    step.env["external.order"].web_search_read(action["domain"], fields, limit=80, count_limit=10001)


def _panel(logs, domain):
    asked = {"enable_counters": True, "search_domain": domain, "limit": 200}
    logs.search_panel_select_range("step", **asked)
    logs.search_panel_select_multi_range("code", **asked)


def _reported(order):
    return {
        "key": order.key, "external_id": order.external_id, "document": "sale", "sync": order.sync_id.id,
        "shop": order.shop_id.id, "sale_date": str(order.sale_date)[:19], "total": str(order.total), "state": "booked",
        "references": order.reference_text.split("\n"), "likeness": order.likeness, "pos_order": order.pos_order_id.id,
        "raw": order.raw, "customer": order.customer,
    }  # fmt: skip
