//! The proof of "to the cent": the session closes by itself, with no difference to explain,
//! under either way of rounding taxes.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::json;
use tillbridge::odoo::xmlrpc::decimal;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, texts, to_cents};
use crate::support::till;

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
    close(&admin, shop.id, cash).await;
}

/// Closes the shop's session with this cash counted, as its manager would at the till.
async fn close(admin: &Admin, shop: i64, counted: Decimal) {
    #[derive(Deserialize)]
    struct Session {
        id: i64,
        state: String,
        #[serde(with = "decimal")]
        cash_register_balance_end: Decimal,
        #[serde(with = "decimal")]
        cash_register_difference: Decimal,
    }
    let fields = ["state", "cash_register_balance_end", "cash_register_difference"];
    let read = async || {
        let mut sessions: Vec<Session> =
            admin.rows("pos.session", json!([["config_id", "=", shop]]), &fields).await;
        assert_eq!(sessions.len(), 1);
        sessions.remove(0)
    };
    let session = read().await;
    assert_eq!(to_cents(session.cash_register_balance_end), counted, "the cash that Odoo expects");
    till::close_session(admin, session.id, Some(counted)).await;

    let after = read().await;
    assert_eq!(after.state, "closed");
    assert_eq!(to_cents(after.cash_register_difference), dec!(0));
    let left =
        admin.count("pos.order", json!([["session_id", "=", session.id], ["state", "!=", "done"]])).await;
    assert_eq!(left, 0, "orders not done after closing");
    assert_eq!(till::difference_entries(admin, session.id).await, 0, "difference entries");
}
