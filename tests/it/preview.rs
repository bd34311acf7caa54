//! A preview, then the same orders booked: every figure is the same.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Rounding, expected, generate, texts};

static DATABASE: Database = Database::new("preview");

#[derive(Debug, Deserialize)]
struct Order {
    id: i64,
    pos_reference: String,
    amount_total: Decimal,
    amount_tax: Decimal,
}

#[derive(Debug, Deserialize)]
struct Line {
    order_id: (i64, String),
    qty: Decimal,
    discount: Decimal,
    price_subtotal: Decimal,
    price_subtotal_incl: Decimal,
}

#[derive(Debug, Deserialize)]
struct Payment {
    pos_order_id: (i64, String),
    payment_method_id: (i64, String),
    amount: Decimal,
}

/// Figures of an order, with two decimals: total, tax, lines and payments in order.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    total: String,
    tax: String,
    lines: Vec<[String; 4]>,
    payments: Vec<(String, String)>,
}

fn cents(amount: Decimal) -> String {
    let rounded = amount.round_dp(2).normalize();
    // No minus before a zero.
    format!("{:.2}", if rounded.is_zero() { Decimal::ZERO } else { rounded })
}

fn text(value: &Value) -> String {
    cents(Decimal::from_str(value.as_str().expect("a decimal text")).expect("a decimal"))
}

fn previewed(figures: &Value) -> Figures {
    let of = |name: &str| figures[name].as_array().expect("a list").clone();
    let mut lines: Vec<_> = of("lines")
        .iter()
        .map(|line| ["quantity", "discount", "tax", "total"].map(|name| text(&line[name])))
        .collect();
    lines.sort();
    let mut payments: Vec<_> = of("payments")
        .iter()
        .map(|payment| (payment["method"].as_str().expect("a method").to_owned(), text(&payment["amount"])))
        .collect();
    payments.sort();
    Figures { total: text(&figures["total"]), tax: text(&figures["tax"]), lines, payments }
}

/// What Odoo holds of a shop, by the reference of the order.
async fn booked(admin: &Admin, shop: i64) -> BTreeMap<String, Figures> {
    let of_shop = |field: &str| json!([[field, "=", shop]]);
    let fields = ["pos_reference", "amount_total", "amount_tax"];
    let orders: Vec<Order> = admin.rows("pos.order", of_shop("config_id"), &fields).await;
    let fields = ["order_id", "qty", "discount", "price_subtotal", "price_subtotal_incl"];
    let lines: Vec<Line> = admin.rows("pos.order.line", of_shop("order_id.config_id"), &fields).await;
    let fields = ["pos_order_id", "payment_method_id", "amount"];
    let domain = of_shop("pos_order_id.config_id");
    let payments: Vec<Payment> = admin.rows("pos.payment", domain, &fields).await;
    let mut found = BTreeMap::new();
    for order in orders {
        let mut figures =
            Figures { total: cents(order.amount_total), tax: cents(order.amount_tax), ..Figures::default() };
        for line in lines.iter().filter(|line| line.order_id.0 == order.id) {
            let tax = line.price_subtotal_incl - line.price_subtotal;
            figures.lines.push([line.qty, line.discount, tax, line.price_subtotal_incl].map(cents));
        }
        for payment in payments.iter().filter(|payment| payment.pos_order_id.0 == order.id) {
            figures.payments.push((payment.payment_method_id.1.clone(), cents(payment.amount)));
        }
        figures.lines.sort();
        figures.payments.sort();
        found.insert(order.pos_reference, figures);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_and_then_the_same_orders_booked_have_every_figure_the_same() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(77, 1, 40, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let ended = bridge.run(&["sync", "--dry-run", "--output", "json"]).await;
    let report: Value = ended.json();
    assert!(booked(&admin, shop.id).await.is_empty(), "a preview writes nothing");
    let mut planned = BTreeMap::new();
    for order in report["syncs"][0]["orders"].as_array().expect("orders") {
        assert_eq!(order["state"], "ready", "{order}");
        let id = order["id"].as_str().expect("an id");
        let of = |candidate: &&crate::support::orders::Generated| candidate.expected.key.order_id == id;
        let key = &orders.iter().find(of).expect("one of ours").expected.key;
        planned.insert(key.pos_reference(), previewed(&order["figures"]));
    }
    assert_eq!(planned.len(), orders.len());

    bridge.pass().await.1.assert_counts(40, 0, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;
    assert_eq!(booked(&admin, shop.id).await, planned);
}
