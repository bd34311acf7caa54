//! The proof of "to the cent": the session closes by itself, with no difference to explain,
//! under either way of rounding taxes.

use rust_decimal::{Decimal, dec};
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::closing::close;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, texts};

static PER_ORDER: Database = Database::new("closing_per_order");
static PER_LINE: Database = Database::new("closing_per_line");

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_orders_rounded_per_order_closes_clean() {
    books_and_closes(&PER_ORDER, Rounding::PerOrder, "round_globally").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_orders_rounded_per_line_closes_clean() {
    books_and_closes(&PER_LINE, Rounding::PerLine, "round_per_line").await;
}

async fn books_and_closes(database: &Database, rounding: Rounding, method: &str) {
    let admin = database.admin().await;
    admin.write("res.company", &[1], json!({"tax_calculation_rounding_method": method})).await;
    let shop = database.shop(&METHODS).await;
    let orders = generate(9, 7000, 80, rounding);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(database).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    report.assert_counts(80, 0, 0);
    assert_eq!(code, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;
    let cash: Decimal = orders
        .iter()
        .flat_map(|order| &order.expected.payments)
        .filter(|(method, _)| method == "Cash")
        .map(|(_, amount)| *amount)
        .sum();
    assert!(cash > dec!(0), "some are paid in cash");
    assert_eq!(close(&admin, shop.id, cash).await, [], "difference entries");
}
