//! What the fake holds from the start, and what people do in it.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::db::{Db, Tx, Unique};
use super::orm::{Done, Env, Refused};
use super::schema::Schema;
use super::server::Fake;
use super::sessions;

/// Internal reference of the product that Odoo refuses to sell.
pub const POISON: &str = "P666";

/// How a fake Odoo is to be.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// 14 or 19.
    pub series: u8,
    /// The addon is installed.
    pub addon: bool,
    /// The database keeps keys of orders unique (19 by itself, 14 with the addon; 18 not always).
    pub unique: bool,
    /// Stock moves with each order, not at closing.
    pub stock_at_once: bool,
}

/// The kinds that are tried, with their names.
pub const KINDS: [(&str, Kind); 5] = [
    ("19", Kind { series: 19, addon: false, unique: true, stock_at_once: true }),
    ("19 without its constraint", Kind { series: 19, addon: false, unique: false, stock_at_once: true }),
    ("14, no addon", Kind { series: 14, addon: false, unique: false, stock_at_once: true }),
    ("14, addon", Kind { series: 14, addon: true, unique: true, stock_at_once: true }),
    ("19, addon, stock at closing", Kind { series: 19, addon: true, unique: true, stock_at_once: false }),
];

/// Ids of the seed.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// The shop, `Shop 1`: it takes `Card` and `Mada`.
    pub shop: i64,
    /// Its methods.
    pub card: i64,
    /// A method of no shop.
    pub visa: i64,
    /// Goods, with 15 % tax.
    pub goods: i64,
    /// The tax.
    pub tax: i64,
}

impl Kind {
    /// What the database keeps unique.
    pub fn uniques(self) -> Vec<Unique> {
        let of = |model: &str, field: &str, message: &str| {
            (model.to_owned(), field.to_owned(), format!("The operation cannot be completed: {message}"))
        };
        let mut uniques = Vec::new();
        if self.unique && self.series == 19 {
            uniques.push(of("pos.order", "uuid", "An order with this uuid already exists"));
            uniques.push(of("pos.order.line", "uuid", "An order line with this uuid already exists"));
            uniques.push(of("pos.payment", "uuid", "A payment with this uuid already exists"));
        }
        if self.unique && self.addon {
            let message =
                "duplicate key value violates unique constraint \"pos_order_external_order_key_unique\"";
            uniques.push(of("pos.order", "external_order_key", message));
            uniques.push(of(
                "res.partner",
                "external_customer_key",
                "duplicate key value violates unique constraint \"external_customer_key_key_unique\"",
            ));
        }
        uniques
    }

    /// The database at the start.
    pub fn seed(self) -> (Db, Ids) {
        let mut db = Db::default();
        let mut tx = Tx::begin(&db, &Arc::default());
        let schema = Schema::of(self.series, self.addon);
        let now = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut env = Env { tx: &mut tx, schema: &schema, series: self.series, now };
        let mut put = |model: &str, values: Json| env.insert(model, values).expect("the seed is sound");
        put("res.users", json!({"login": "api"}));
        let currency = put("res.currency", json!({"name": "USD", "decimal_places": 2}));
        let partner = put("res.partner", json!({"name": "The Company", "active": true}));
        let company = put(
            "res.company",
            json!({
                "name": "The Company", "currency_id": currency, "partner_id": partner,
                "tax_calculation_rounding_method": "round_globally",
                "point_of_sale_update_stock_quantities": if self.stock_at_once { "real" } else { "closing" },
            }),
        );
        put("res.lang", json!({"code": "en_US"}));
        put("decimal.precision", json!({"name": "Product Unit", "digits": 2}));
        let unit = put("uom.uom", json!({"name": "Units", "rounding": 0.01}));
        let journal = put("account.journal", json!({"name": "Customer Invoices"}));
        let group = put("account.tax.group", json!({"name": "15%"}));
        let account = put("account.account", json!({"name": "Tax Received"}));
        let mut parts = Vec::new();
        for (kind, percent) in [("base", 0.0), ("tax", 100.0), ("base", 0.0), ("tax", 100.0)] {
            let account = if kind == "tax" { json!(account) } else { json!(false) };
            let values = json!({"factor_percent": percent, "repartition_type": kind, "account_id": account});
            parts.push(put("account.tax.repartition.line", values));
        }
        let tax = put(
            "account.tax",
            json!({
                "name": "15%", "amount_type": "percent", "amount": 15.0, "price_include": false,
                "include_base_amount": false, "is_base_affected": true, "sequence": 1, "type_tax_use": "sale",
                "tax_group_id": group, "invoice_repartition_line_ids": parts[..2],
                "refund_repartition_line_ids": parts[2..], "active": true, "company_id": company,
            }),
        );
        let mut goods = 0;
        for code in ["B001", "B002", "B003", POISON] {
            let template = put("product.template", json!({"name": format!("Name of {code}")}));
            goods = put(
                "product.product",
                json!({
                    "name": format!("Name of {code}"), "default_code": code, "taxes_id": [tax],
                    "type": "consu", "tracking": "none", "uom_id": unit, "active": true, "sale_ok": true,
                    "available_in_pos": true, "product_tmpl_id": template,
                }),
            )
            .min(if goods == 0 { i64::MAX } else { goods });
        }
        let mut methods = Vec::new();
        for name in ["Card", "Mada", "Visa"] {
            let own = if self.series == 14 { "cash_journal_id" } else { "journal_id" };
            let mut values = json!({"name": name, "is_cash_count": false, "split_transactions": false});
            values[own] = if self.series == 14 { json!(false) } else { json!(journal) };
            values["type"] = json!("bank");
            methods.push(put("pos.payment.method", values));
        }
        let pricelist = put("product.pricelist", json!({"name": "Default"}));
        let shop = put(
            "pos.config",
            json!({
                "name": "Shop 1", "company_id": company, "currency_id": currency,
                "payment_method_ids": methods[..2], "invoice_journal_id": journal, "pricelist_id": pricelist,
                "active": true, "cash_control": false,
            }),
        );
        db.commit(&tx).expect("nobody else is there");
        (db, Ids { shop, card: methods[0], visa: methods[2], goods, tax })
    }
}

/// `res.partner.create` for one or several.
pub fn create_partners(env: &mut Env<'_>, values: &Json) -> Done {
    let create = |env: &mut Env<'_>, values: &Map<String, Json>| -> Result<i64, Refused> {
        env.check_fields("res.partner", values.keys())?;
        let mut values = values.clone();
        let email = values.get("email").and_then(Json::as_str).map(str::to_lowercase);
        values.insert("email_normalized".into(), email.map_or(json!(false), Into::into));
        values.insert("active".into(), json!(true));
        let id = env.insert("res.partner", Json::Object(values))?;
        env.tx.update("res.partner", id, [("commercial_partner_id".to_owned(), json!(id))]);
        Ok(id)
    };
    match values {
        Json::Array(many) => {
            let mut made = Vec::new();
            for one in many.iter().filter_map(Json::as_object) {
                made.push(create(env, one)?);
            }
            Ok(json!(made))
        }
        one => Ok(json!(create(env, one.as_object().expect("values"))?)),
    }
}

/// One order as it stands in the fake, for an oracle.
#[derive(Debug, Clone)]
pub struct HeldOrder {
    /// `pos.order` id.
    pub id: i64,
    /// Its reference.
    pub reference: String,
    /// Its state.
    pub state: String,
    /// Its session.
    pub session: i64,
    /// `amount_total`.
    pub total: Decimal,
    /// Sum of its payments.
    pub paid: Decimal,
    /// Sum of its lines, tax included.
    pub lines: Decimal,
    /// Its pickings.
    pub pickings: usize,
    /// All of their moves are done.
    pub moved: bool,
    /// Each of its lines names the line it gives back, where there is such a field.
    pub linked: bool,
}

impl Fake {
    /// All orders, by id.
    pub fn orders(&self) -> Vec<HeldOrder> {
        let db = self.db();
        let sum = |model: &str, of: &str, field: &str, id: i64| -> Decimal {
            let is_its = |row: &&super::db::Row| row.get(of).and_then(Json::as_i64) == Some(id);
            db.rows(model)
                .map(|(_, row)| row)
                .filter(is_its)
                .map(|row| super::orders::amount(&row[field]))
                .sum()
        };
        let is_of =
            |row: &super::db::Row, field: &str, id: i64| row.get(field).and_then(Json::as_i64) == Some(id);
        let pickings = |id: i64| -> Vec<i64> {
            let all = db.rows("stock.picking");
            all.filter(|(_, row)| is_of(row, "pos_order_id", id)).map(|(id, _)| id).collect()
        };
        let is_done = |picking: i64| {
            let mut moves = db.rows("stock.move").filter(|(_, row)| is_of(row, "picking_id", picking));
            moves.all(|(_, row)| row["state"] == "done")
        };
        let lines = |id: i64| {
            let all = db.rows("pos.order.line").map(|(_, row)| row);
            all.filter(move |row| row["order_id"].as_i64() == Some(id))
        };
        let text = |row: &super::db::Row, field: &str| row[field].as_str().unwrap_or_default().to_owned();
        db.rows("pos.order")
            .map(|(id, row)| HeldOrder {
                id,
                reference: text(row, "pos_reference"),
                state: text(row, "state"),
                session: row["session_id"].as_i64().unwrap_or_default(),
                total: super::orders::amount(&row["amount_total"]),
                paid: sum("pos.payment", "pos_order_id", "amount", id),
                lines: sum("pos.order.line", "order_id", "price_subtotal_incl", id),
                pickings: pickings(id).len(),
                moved: pickings(id).into_iter().all(is_done),
                linked: self.kind.series == 14
                    || lines(id).all(|row| row.get("refunded_orderline_id").is_some_and(Json::is_i64)),
            })
            .collect()
    }

    /// The sessions that are not closed, rescue sessions apart.
    pub fn open_sessions(&self) -> Vec<i64> {
        let db = self.db();
        let is_open = |row: &super::db::Row| row["state"] != "closed" && row["rescue"] != true;
        db.rows("pos.session").filter(|(_, row)| is_open(row)).map(|(id, _)| id).collect()
    }

    /// Sessions that Odoo made for what came too late (14).
    pub fn rescues(&self) -> usize {
        self.db().rows("pos.session").filter(|(_, row)| row["rescue"] == true).count()
    }

    /// Somebody puts right what Odoo holds otherwise than it was sent, by its lines; what is in
    /// draft only where it stays so for good.
    pub fn put_right(&self) {
        let series = self.kind.series;
        for order in self.orders() {
            self.act(|env| {
                let right = json!(super::orders::float(order.lines));
                if order.total != order.lines {
                    let values =
                        ["amount_total", "amount_paid"].map(|field| (field.to_owned(), right.clone()));
                    env.tx.update("pos.order", order.id, values);
                    let of_order = json!([["pos_order_id", "=", order.id]]);
                    for payment in env.search("pos.payment", &of_order, &Map::new()).expect("known fields") {
                        env.tx.update("pos.payment", payment, [("amount".to_owned(), right.clone())]);
                    }
                }
                if order.state == "draft" && series == 14 {
                    env.tx.update("pos.order", order.id, [("state".to_owned(), json!("paid"))]);
                    super::orders::move_stock(env, order.id, order.session).expect("stock is there");
                }
            });
        }
    }

    /// Somebody closes whatever is open, and has no draft in it.
    pub fn close_sessions(&self) {
        let orders = self.orders();
        for id in self.open_sessions() {
            if !orders.iter().any(|order| order.session == id && order.state == "draft") {
                self.act(|env| sessions::close(env, id));
            }
        }
    }
}
