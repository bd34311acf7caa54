//! `pos.order`: `sync_from_ui` of 19 and `create_from_ui` of 14.
//!
//! What the till states is stored as it is. Checked are the session, the payment methods and
//! that what was paid is the total; 19 refuses an order that is not paid, 14 leaves it in
//! draft without a word.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::orm::{Done, Env, Refused, ids, time};
use super::sessions;
use super::world::POISON;

/// 19, `pos_order.py`.
pub fn sync_from_ui(env: &mut Env<'_>, orders: &Json) -> Done {
    let mut touched = Vec::new();
    for order in orders.as_array().into_iter().flatten().filter_map(Json::as_object) {
        let lines = order.get("lines").ok_or_else(|| Refused::python("KeyError: 'lines'"))?;
        let returned: BTreeSet<i64> = values_of(lines)
            .filter_map(|line| line.get("refunded_orderline_id").and_then(Json::as_i64))
            .filter_map(|line| env.one("pos.order.line", line, "order_id"))
            .collect();
        if returned.len() > 1 {
            return Err(Refused::user("You can only refund products from the same order."));
        }
        touched.extend(returned);
        let held = find(env, "uuid", order.get("uuid"));
        match held {
            Some(held) if env.text("pos.order", held, "state") != "draft" => touched.push(held),
            held => touched.push(process_19(env, order.clone(), held)?),
        }
    }
    let rows: Vec<Json> = touched
        .iter()
        .map(|id| json!({"id": id, "uuid": env.text("pos.order", *id, "uuid"), "state": env.text("pos.order", *id, "state")}))
        .collect();
    Ok(json!({"pos.order": rows, "pos.payment": [], "pos.order.line": []}))
}

/// The newest order with this value; none where nothing is asked for.
fn find(env: &Env<'_>, field: &str, value: Option<&Json>) -> Option<i64> {
    let wanted = value.filter(|value| value.is_string())?;
    env.tx.db.rows("pos.order").filter(|(_, row)| row.get(field) == Some(wanted)).map(|(id, _)| id).last()
}

fn process_19(env: &mut Env<'_>, mut order: Map<String, Json>, held: Option<i64>) -> Result<i64, Refused> {
    let session = number(&order, "session_id").ok_or_else(|| Refused::python("KeyError: 'session_id'"))?;
    let session = match env.text("pos.session", session, "state").as_str() {
        "closed" | "closing_control" => other_session(env, session)?,
        _ => session,
    };
    order.insert("session_id".into(), json!(session));
    if number(&order, "partner_id").is_some_and(|id| env.tx.db.get("res.partner", id).is_none()) {
        order.insert("partner_id".into(), json!(false));
        order.insert("to_invoice".into(), json!(false));
    }
    let payments = order.remove("payment_ids").unwrap_or(json!([]));
    let lines = order.remove("lines").unwrap_or(json!([]));
    let returned = order.get("amount_return").cloned().unwrap_or(json!(0));
    let is_draft = order.get("state").is_some_and(|state| state == "draft");
    let id = match held {
        None => {
            order.remove("name");
            env.check_fields("pos.order", order.keys())?;
            for field in ["amount_tax", "amount_total", "amount_paid", "amount_return"] {
                if !order.contains_key(field) {
                    return Err(mandatory("pos.order", field));
                }
            }
            create(env, order, session)?
        }
        Some(held) => {
            if !order.contains_key("access_token") {
                return Err(Refused::python("KeyError: 'access_token'"));
            }
            env.tx.update("pos.order", held, [("session_id".to_owned(), json!(session))]);
            held
        }
    };
    for line in values_of(&lines) {
        add_line(env, id, line.clone())?;
    }
    for payment in values_of(&payments) {
        add_payment(env, id, session, payment.clone())?;
    }
    finish(env, id, session, &returned, is_draft)?;
    if env.text("pos.order", id, "state") == "draft" && !is_draft {
        let name = env.text("pos.order", id, "name");
        return Err(Refused::user(format!("Order {name} is not fully paid.")));
    }
    if !is_draft {
        move_stock(env, id, session)?;
    }
    Ok(id)
}

/// Another session of the shop that takes orders.
fn other_session(env: &Env<'_>, closed: i64) -> Result<i64, Refused> {
    let shop = env.one("pos.session", closed, "config_id");
    let domain = json!([["state", "not in", ["closed", "closing_control"]], ["config_id", "=", shop]]);
    let found = env.search("pos.session", &domain, &Map::from_iter([("order".into(), json!("id desc"))]))?;
    found.first().copied().ok_or_else(|| {
        Refused::user("No open session available. Please open a new session to capture the order.")
    })
}

/// 14, `pos_order.py`.
pub fn create_from_ui(env: &mut Env<'_>, documents: &Json) -> Done {
    let mut touched = Vec::new();
    for document in documents.as_array().into_iter().flatten() {
        let data = document["data"].as_object().ok_or_else(|| Refused::python("KeyError: 'data'"))?;
        let held = data.get("server_id").and_then(|_| find(env, "pos_reference", data.get("name")));
        if held.is_none_or(|held| env.text("pos.order", held, "state") == "draft") {
            touched.push(process_14(env, data, held)?);
        }
    }
    let row = |id: &i64| json!({"id": id, "pos_reference": env.text("pos.order", *id, "pos_reference")});
    Ok(touched.iter().map(row).collect())
}

fn process_14(env: &mut Env<'_>, data: &Map<String, Json>, held: Option<i64>) -> Result<i64, Refused> {
    for key in [
        "pos_session_id",
        "user_id",
        "lines",
        "name",
        "sequence_number",
        "partner_id",
        "creation_date",
        "fiscal_position_id",
        "pricelist_id",
        "amount_paid",
        "amount_total",
        "amount_tax",
        "amount_return",
        "statement_ids",
    ] {
        if !data.contains_key(key) {
            return Err(Refused::python(&format!("KeyError: '{key}'")));
        }
    }
    let sent_to = number(data, "pos_session_id").unwrap_or_default();
    let session = match env.text("pos.session", sent_to, "state").as_str() {
        "closed" | "closing_control" => rescue_session(env, sent_to)?,
        _ => sent_to,
    };
    let mut order: Map<String, Json> = [
        "user_id",
        "sequence_number",
        "partner_id",
        "fiscal_position_id",
        "pricelist_id",
        "amount_paid",
        "amount_total",
        "amount_tax",
        "amount_return",
        "to_invoice",
        "is_tipped",
        "tip_amount",
    ]
    .iter()
    .filter_map(|key| Some(((*key).to_owned(), data.get(*key)?.clone())))
    .collect();
    order.insert("pos_reference".into(), data["name"].clone());
    order.insert("date_order".into(), data["creation_date"].clone());
    order.insert("session_id".into(), json!(session));
    let addon =
        env.schema.fields("pos.order").is_some_and(|fields| fields.contains_key("external_order_key"));
    for key in ["external_order_key", "external_order_id", "external_source", "note"] {
        if let Some(value) = data.get(key).filter(|_| addon) {
            order.insert(key.into(), value.clone());
        }
    }
    let id = match held {
        None => create(env, order, session)?,
        Some(held) => {
            for model in ["pos.order.line", "pos.payment"] {
                let field = if model == "pos.payment" { "pos_order_id" } else { "order_id" };
                for child in env.search(model, &json!([[field, "=", held]]), &Map::new())? {
                    env.tx.delete(model, child);
                }
            }
            env.tx.update("pos.order", held, order);
            held
        }
    };
    for line in values_of(&data["lines"]) {
        let known = env.schema.fields("pos.order.line").expect("a known model");
        let line = line.iter().filter(|(key, _)| known.contains_key(key.as_str()));
        add_line(env, id, line.map(|(key, value)| (key.clone(), value.clone())).collect())?;
    }
    for payment in values_of(&data["statement_ids"]) {
        let mut values: Map<String, Json> = ["amount", "payment_method_id", "card_type", "transaction_id"]
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), payment.get(*key)?.clone())))
            .collect();
        values.insert("payment_date".into(), payment.get("name").cloned().unwrap_or_default());
        let is_change = payment.get("is_change").filter(|_| addon).cloned();
        values.insert("is_change".into(), is_change.unwrap_or(json!(false)));
        add_payment(env, id, session, values)?;
    }
    let returned = amount(&data["amount_return"]);
    finish(env, id, session, &json!(float(-returned)), false)?;
    move_stock(env, id, session)?;
    Ok(id)
}

/// A session of Odoo's own making for what comes too late (14).
fn rescue_session(env: &mut Env<'_>, closed: i64) -> Result<i64, Refused> {
    let shop = env.one("pos.session", closed, "config_id").unwrap_or_default();
    let domain = json!([["config_id", "=", shop], ["rescue", "=", true], ["state", "=", "opened"]]);
    if let Some(held) = env.search("pos.session", &domain, &Map::new())?.first() {
        return Ok(*held);
    }
    let name = env.text("pos.session", closed, "name");
    sessions::create(env, shop, &format!(" (RESCUE FOR {name})"))
}

fn create(env: &mut Env<'_>, mut order: Map<String, Json>, session: i64) -> Result<i64, Refused> {
    let shop = env.one("pos.session", session, "config_id");
    let company = shop.and_then(|shop| env.one("pos.config", shop, "company_id"));
    order.insert("config_id".into(), json!(shop));
    order.insert("company_id".into(), json!(company));
    order.insert("state".into(), json!("draft"));
    order.insert("name".into(), json!("/"));
    if let Some(bad) = order.get("date_order").and_then(Json::as_str).filter(|text| text.contains('T')) {
        return Err(Refused::python(&format!("ValueError: unconverted data remains: {bad}")));
    }
    order.entry("date_order").or_insert(json!(time(env.now)));
    env.insert("pos.order", Json::Object(order))
}

fn add_line(env: &mut Env<'_>, order: i64, mut line: Map<String, Json>) -> Result<(), Refused> {
    line.remove("pack_lot_ids");
    env.check_fields("pos.order.line", line.keys())?;
    for field in ["price_subtotal", "price_subtotal_incl"] {
        if !line.contains_key(field) {
            return Err(mandatory("pos.order.line", field));
        }
    }
    let product = number(&line, "product_id").ok_or_else(|| mandatory("pos.order.line", "product_id"))?;
    if env.tx.db.get("product.product", product).is_none() {
        return Err(foreign_key(env));
    }
    if env.text("product.product", product, "default_code") == POISON {
        return Err(Refused::user("This product must not be sold today."));
    }
    let taxes = line.get("tax_ids").and_then(|commands| commands.get(0)?.get(2)).cloned();
    line.insert("tax_ids".into(), taxes.unwrap_or(json!([])));
    line.entry("qty").or_insert(json!(1.0));
    line.insert("order_id".into(), json!(order));
    if let Some(returned) = number(&line, "refunded_orderline_id") {
        let so_far =
            env.tx.db.get("pos.order.line", returned).and_then(|row| row.get("refunded_qty")).cloned();
        let sum = amount(&so_far.unwrap_or(json!(0))) - amount(&line["qty"]);
        env.tx.update("pos.order.line", returned, [("refunded_qty".to_owned(), json!(float(sum)))]);
    }
    env.insert("pos.order.line", Json::Object(line)).map(drop)
}

fn add_payment(
    env: &mut Env<'_>,
    order: i64,
    session: i64,
    mut payment: Map<String, Json>,
) -> Result<(), Refused> {
    env.check_fields("pos.payment", payment.keys())?;
    let method = number(&payment, "payment_method_id").unwrap_or_default();
    if env.tx.db.get("pos.payment.method", method).is_none() {
        return Err(foreign_key(env));
    }
    let shop = env.one("pos.session", session, "config_id").unwrap_or_default();
    let of_shop = env.tx.db.get("pos.config", shop).map(|row| ids(&row["payment_method_ids"]));
    if !of_shop.unwrap_or_default().contains(&method) {
        return Err(Refused::user(
            "The payment method selected is not allowed in the config of the POS session.",
        ));
    }
    payment.insert("pos_order_id".into(), json!(order));
    env.insert("pos.payment", Json::Object(payment)).map(drop)
}

/// Adds up what was paid, gives change, and pays the order where that is its total.
fn finish(env: &mut Env<'_>, id: i64, session: i64, change: &Json, draft: bool) -> Result<(), Refused> {
    let back = amount(change);
    if !draft && !back.is_zero() {
        let shop = env.one("pos.session", session, "config_id").unwrap_or_default();
        let methods = env.tx.db.get("pos.config", shop).map(|row| ids(&row["payment_method_ids"]));
        let cash = methods.unwrap_or_default().into_iter().find(|method| {
            env.tx.db.get("pos.payment.method", *method).is_some_and(|row| row["is_cash_count"] == true)
        });
        let cash = cash.ok_or_else(|| {
            Refused::user("No cash statement found for this session. Unable to record returned cash.")
        })?;
        let line = json!({"payment_method_id": cash, "amount": float(back), "is_change": true});
        add_payment(env, id, session, line.as_object().cloned().unwrap_or_default())?;
    }
    let of_order = |row: &super::db::Row| row.get("pos_order_id").and_then(Json::as_i64) == Some(id);
    let paid: Decimal = env
        .tx
        .db
        .rows("pos.payment")
        .filter(|(_, row)| of_order(row))
        .map(|(_, row)| amount(&row["amount"]))
        .sum();
    let total = env.tx.db.get("pos.order", id).map(|row| amount(&row["amount_total"])).unwrap_or_default();
    let mut values = vec![("amount_paid".to_owned(), json!(float(paid)))];
    if !draft && (total - paid).round_dp(2).is_zero() {
        values.push(("state".to_owned(), json!("paid")));
        let shop = env.one("pos.order", id, "config_id").unwrap_or_default();
        let reference = env.text("pos.order", id, "pos_reference");
        let last = reference.rsplit('-').next().unwrap_or_default();
        values.push(("name".to_owned(), json!(format!("{} - {last}", env.text("pos.config", shop, "name")))));
    }
    env.tx.update("pos.order", id, values);
    Ok(())
}

/// A done picking for what goes out, one for what comes back, where stock moves at once.
pub fn move_stock(env: &mut Env<'_>, order: i64, session: i64) -> Result<(), Refused> {
    if env.tx.db.get("pos.session", session).is_some_and(|row| row["update_stock_at_closing"] == true) {
        return Ok(());
    }
    let mut moved: BTreeMap<(bool, i64), Decimal> = BTreeMap::new();
    for (_, line) in env.tx.db.rows("pos.order.line") {
        let product = line.get("product_id").and_then(Json::as_i64).unwrap_or_default();
        let is_goods = env.tx.db.get("product.product", product).is_some_and(|row| row["type"] != "service");
        if line.get("order_id").and_then(Json::as_i64) == Some(order) && is_goods {
            let quantity = amount(&line["qty"]);
            *moved.entry((quantity.is_sign_negative(), product)).or_default() += quantity.abs();
        }
    }
    let done = if env.series == 14 { "quantity_done" } else { "quantity" };
    let mut pickings: BTreeMap<bool, i64> = BTreeMap::new();
    for ((back, product), quantity) in moved {
        let picking = match pickings.get(&back) {
            Some(picking) => *picking,
            None => {
                let values = json!({"name": "WH/POS", "pos_order_id": order, "pos_session_id": session, "state": "done"});
                let made = env.insert("stock.picking", values)?;
                pickings.insert(back, made);
                made
            }
        };
        let mut values = json!({"picking_id": picking, "product_id": product, "state": "done"});
        values[done] = json!(float(quantity));
        env.insert("stock.move", values)?;
    }
    Ok(())
}

/// The values in `(0, 0, values)` commands.
fn values_of(commands: &Json) -> impl Iterator<Item = &Map<String, Json>> {
    commands.as_array().into_iter().flatten().filter_map(|command| command.get(2)?.as_object())
}

fn number(values: &Map<String, Json>, key: &str) -> Option<i64> {
    values.get(key)?.as_i64()
}

/// An amount without the noise of doubles.
pub fn amount(value: &Json) -> Decimal {
    let text = value.as_f64().unwrap_or_default().to_string();
    text.parse::<Decimal>().unwrap_or_default().round_dp(6).normalize()
}

/// An amount as XML-RPC carries it.
pub fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().expect("digits")
}

/// A record that is named and not there; the words are those for one that is deleted.
fn foreign_key(env: &Env<'_>) -> Refused {
    Refused::user(match env.series {
        14 => {
            "The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\nModel: Point of Sale Order Lines (pos.order.line), Constraint: pos_order_line_product_id_fkey"
        }
        _ => {
            "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: 'Point of Sale Order Lines' (pos.order.line)\nThanks to the following constraint: 'Product' (product_id)\nHow about archiving the record instead?"
        }
    })
}

fn mandatory(model: &str, field: &str) -> Refused {
    Refused::user(format!("Missing required value for the field '{field}' ({model})"))
}
