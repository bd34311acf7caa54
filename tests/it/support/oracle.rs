//! The invariants, asked of Odoo: whatever happened on the way, this must hold at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use tillbridge::odoo::fields::{Many2One, optional};
use tillbridge::odoo::xmlrpc::decimal;
use uuid::Uuid;

use super::arithmetic::{TaxedLine, Totals, compute};
use super::odoo::{Admin, Shop};
use super::orders::{Expected, to_cents};
use super::series::Series;

/// Orders that Odoo computes anew itself; from more than that, a sample spread evenly.
const RECOMPUTED: usize = 25;

#[derive(Debug, Deserialize)]
struct Order {
    id: i64,
    /// Since 16; 14 knows an order by its reference alone.
    uuid: Option<Uuid>,
    pos_reference: String,
    state: String,
    session_id: Many2One,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    #[serde(with = "decimal")]
    amount_paid: Decimal,
    picking_ids: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct Line {
    order_id: Many2One,
    product_id: Many2One,
    #[serde(with = "decimal")]
    qty: Decimal,
    #[serde(with = "decimal")]
    price_unit: Decimal,
    #[serde(with = "decimal")]
    discount: Decimal,
    tax_ids: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct Payment {
    pos_order_id: Many2One,
    payment_method_id: Many2One,
    #[serde(with = "decimal")]
    amount: Decimal,
}

#[derive(Debug, Deserialize)]
struct Move {
    picking_id: Many2One,
    product_id: Many2One,
    #[serde(alias = "quantity_done", with = "decimal")]
    quantity: Decimal,
}

/// What Odoo holds of a shop.
#[derive(Debug)]
struct Held {
    orders: Vec<Order>,
    lines: HashMap<i64, Vec<Line>>,
    payments: HashMap<i64, Vec<Payment>>,
    /// Done quantities per order and product, positive to the customer.
    moved: HashMap<i64, BTreeMap<i64, Decimal>>,
}

/// Fails unless the shop holds exactly these orders and nothing else: one `pos.order` per
/// key, paid, with total, tax, payments, lines and moved stock as expected, all in one open
/// session, and with totals that Odoo computes the same from the lines.
pub async fn check(admin: &Admin, shop: &Shop, expected: &[Expected]) {
    let held = Held::read(admin, shop).await;
    let found: Vec<&str> = held.orders.iter().map(|order| order.pos_reference.as_str()).collect();
    let wanted: BTreeSet<String> = expected.iter().map(|one| one.key.pos_reference()).collect();
    let once: BTreeSet<String> = found.iter().map(|&reference| reference.to_owned()).collect();
    assert_eq!(found.len(), once.len(), "some orders stand more than once: {found:?}");
    assert_eq!(once, wanted, "the orders held and those expected");

    let products = Products::read(admin).await;
    let by_reference: HashMap<&str, &Order> =
        held.orders.iter().map(|order| (order.pos_reference.as_str(), order)).collect();
    for one in expected {
        let order = by_reference[one.key.pos_reference().as_str()];
        check_order(shop, &held, &products, order, one);
    }
    let sum: Decimal = held.orders.iter().map(|order| to_cents(order.amount_total)).sum();
    assert_eq!(sum, expected.iter().map(|one| one.total).sum::<Decimal>(), "the sum of all totals");
    check_session(admin, shop, &held).await;
    let step = held.orders.len().div_ceil(RECOMPUTED).max(1);
    for order in held.orders.iter().step_by(step) {
        let lines: Vec<TaxedLine> = held.lines.get(&order.id).into_iter().flatten().map(taxed).collect();
        let recomputed = compute(admin, order.session_id.id, &lines).await;
        let stored = Totals { total: to_cents(order.amount_total), tax: to_cents(order.amount_tax) };
        assert_eq!(recomputed, stored, "Odoo's own total and tax of {}", order.pos_reference);
    }
}

fn check_order(shop: &Shop, held: &Held, products: &Products, order: &Order, expected: &Expected) {
    let name = &order.pos_reference;
    let uuid = (Series::current() == Series::Odoo19).then(|| expected.key.order_uuid());
    assert_eq!(order.uuid, uuid, "uuid of {name}");
    assert_eq!(order.state, "paid", "{name}");
    let [total, tax, paid] = [order.amount_total, order.amount_tax, order.amount_paid].map(to_cents);
    assert_eq!((total, paid), (expected.total, expected.total), "total and paid amount of {name}");
    assert_eq!(tax, expected.tax, "tax of {name}");

    let mut quantities: BTreeMap<i64, Decimal> = BTreeMap::new();
    for line in held.lines.get(&order.id).into_iter().flatten() {
        *quantities.entry(line.product_id.id).or_default() += line.qty.round_dp(6);
    }
    let mut wanted: BTreeMap<i64, Decimal> = BTreeMap::new();
    for (code, quantity) in &expected.lines {
        *wanted.entry(products.ids[code]).or_default() += quantity;
    }
    assert_eq!(quantities, wanted, "quantities per product of {name}");
    let goods: BTreeMap<i64, Decimal> =
        wanted.into_iter().filter(|(product, _)| products.stocked.contains(product)).collect();
    assert_eq!(held.moved.get(&order.id).cloned().unwrap_or_default(), goods, "stock moved by {name}");

    let mut payments: Vec<(i64, Decimal)> = held
        .payments
        .get(&order.id)
        .into_iter()
        .flatten()
        .map(|payment| (payment.payment_method_id.id, to_cents(payment.amount)))
        .collect();
    let mut wanted: Vec<(i64, Decimal)> =
        expected.payments.iter().map(|(method, amount)| (shop.methods[method], *amount)).collect();
    payments.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(payments, wanted, "payments of {name}");
}

/// All orders stand in the one session that the shop ever had, and it is open.
async fn check_session(admin: &Admin, shop: &Shop, held: &Held) {
    #[derive(Debug, Deserialize)]
    struct Session {
        id: i64,
        state: String,
    }
    let sessions: Vec<Session> =
        admin.rows("pos.session", json!([["config_id", "=", shop.id]]), &["state"]).await;
    let used: BTreeSet<i64> = held.orders.iter().map(|order| order.session_id.id).collect();
    assert!(sessions.len() <= 1, "one session at most: {sessions:?}");
    assert_eq!(used, sessions.iter().map(|session| session.id).collect(), "the session of the orders");
    assert!(sessions.iter().all(|session| session.state == "opened"), "{sessions:?}");
}

fn taxed(line: &Line) -> TaxedLine {
    TaxedLine {
        product_id: line.product_id.id,
        qty: line.qty,
        price_unit: line.price_unit,
        discount: line.discount,
        tax_ids: line.tax_ids.clone(),
    }
}

/// All products, archived ones included.
struct Products {
    /// Ids by internal reference.
    ids: HashMap<String, i64>,
    /// Goods, whose sale moves stock.
    stocked: BTreeSet<i64>,
}

impl Products {
    async fn read(admin: &Admin) -> Self {
        #[derive(Deserialize)]
        struct Row {
            id: i64,
            #[serde(deserialize_with = "optional")]
            default_code: Option<String>,
            r#type: String,
        }
        let any = json!([["active", "in", [true, false]]]);
        let rows: Vec<Row> = admin.rows("product.product", any, &["default_code", "type"]).await;
        Self {
            stocked: rows.iter().filter(|row| row.r#type != "service").map(|row| row.id).collect(),
            ids: rows.into_iter().filter_map(|row| Some((row.default_code?, row.id))).collect(),
        }
    }
}

impl Held {
    async fn read(admin: &Admin, shop: &Shop) -> Self {
        let of_shop = |field: &str| json!([[field, "=", shop.id]]);
        let mut fields = vec![
            "pos_reference",
            "state",
            "session_id",
            "amount_total",
            "amount_tax",
            "amount_paid",
            "picking_ids",
        ];
        if Series::current() == Series::Odoo19 {
            fields.push("uuid");
        }
        let orders: Vec<Order> = admin.rows("pos.order", of_shop("config_id"), &fields).await;
        let lines: Vec<Line> = admin
            .rows(
                "pos.order.line",
                of_shop("order_id.config_id"),
                &["order_id", "product_id", "qty", "price_unit", "discount", "tax_ids"],
            )
            .await;
        let payments: Vec<Payment> = admin
            .rows(
                "pos.payment",
                of_shop("pos_order_id.config_id"),
                &["pos_order_id", "payment_method_id", "amount"],
            )
            .await;
        let pickings: HashMap<i64, i64> = orders
            .iter()
            .flat_map(|order| order.picking_ids.iter().map(|&picking| (picking, order.id)))
            .collect();
        let mut moved: HashMap<i64, BTreeMap<i64, Decimal>> = HashMap::new();
        for (to_customer, sign) in [("=", Decimal::ONE), ("!=", Decimal::NEGATIVE_ONE)] {
            let done = json!([
                ["picking_id.pos_session_id.config_id", "=", shop.id],
                ["state", "=", "done"],
                ["location_dest_id.usage", to_customer, "customer"],
            ]);
            let fields = ["picking_id", "product_id", Series::current().moved_quantity()];
            for row in admin.rows::<Move>("stock.move", done, &fields).await {
                let order = pickings
                    .get(&row.picking_id.id)
                    .unwrap_or_else(|| panic!("stock moved for no order: {row:?}"));
                *moved.entry(*order).or_default().entry(row.product_id.id).or_default() +=
                    sign * row.quantity.round_dp(6);
            }
        }
        Self {
            orders,
            lines: grouped(lines, |line| line.order_id.id),
            payments: grouped(payments, |payment| payment.pos_order_id.id),
            moved,
        }
    }
}

fn grouped<T>(rows: Vec<T>, order: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(order(&row)).or_default().push(row);
    }
    groups
}
