//! A day of sales and returns in the books: the service closes the session, and with
//! accounting rights its entry is balanced, has no difference, carries the business date,
//! and moves what was tendered.
//!
//! `TILLBRIDGE_TEST_SALES` sales a session, 60 unless said otherwise; the long form is 1000.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;

use crate::addon::bridge;
use crate::support::feed::Feed;
use crate::support::number_of;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Generated, METHODS, Prices, Rounding, expected, texts, to_cents, with_refunds};
use crate::support::series::Series;
use crate::support::till;

static PER_ORDER: Database = Database::with_addon("books_per_order");
static PER_LINE: Database = Database::with_addon("books_per_line");

#[tokio::test(flavor = "multi_thread")]
async fn net_prices_rounded_per_order_stand_in_the_books_to_the_cent() {
    a_day(&PER_ORDER, Rounding::PerOrder, Prices::Net, "round_globally").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gross_prices_rounded_per_line_stand_in_the_books_to_the_cent() {
    a_day(&PER_LINE, Rounding::PerLine, Prices::Gross, "round_per_line").await;
}

fn sales() -> u64 {
    number_of("TILLBRIDGE_TEST_SALES").unwrap_or(60)
}

async fn a_day(database: &Database, rounding: Rounding, prices: Prices, method: &str) {
    let admin = database.admin().await;
    admin.write("res.company", &[1], json!({"tax_calculation_rounding_method": method})).await;
    let shop = database.shop(&METHODS).await;
    let orders = with_refunds(23, 10_000, sales(), rounding, prices);
    let count = orders.len() as u64;
    assert!(count > sales(), "some are refunds");
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = bridge(database, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "");
    let (code, report) = bridge.pass().await;
    report.assert_counts(count, 0, 0);
    assert_eq!(code, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;

    let ended = bridge.run(&["session", "close", "--output", "json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said: Value = ended.json();
    let closed = &said["sessions"][0];
    assert_eq!((&closed["verdict"], &closed["findings"]), (&json!("clean"), &json!([])), "{closed}");
    let session = closed["session"].as_i64().expect("an id");
    assert_eq!(closed["entry_date"], closed["business_day"]);
    let day: NaiveDate = closed["business_day"].as_str().and_then(|day| day.parse().ok()).expect("a day");
    check_entry(&admin, session, day).await;
    let differences: Vec<Value> = till::difference_entries(&admin, session).await;
    assert_eq!(differences, Vec::<Value>::new(), "difference entries");
    assert_eq!(
        moved(&admin, session).await,
        tendered(&orders),
        "what was tendered by method, and what moved"
    );
}

/// The closing entry, read with accounting rights.
async fn check_entry(admin: &Admin, session: i64, day: NaiveDate) {
    #[derive(Deserialize)]
    struct Session {
        state: String,
        move_id: Many2One,
    }
    #[derive(Deserialize)]
    struct Entry {
        date: NaiveDate,
        state: String,
    }
    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "decimal")]
        balance: Decimal,
    }
    let one = json!([["id", "=", session]]);
    let sessions: Vec<Session> = admin.rows("pos.session", one, &["state", "move_id"]).await;
    assert_eq!(sessions[0].state, "closed");
    let entry = sessions[0].move_id.id;
    let entries: Vec<Entry> =
        admin.rows("account.move", json!([["id", "=", entry]]), &["date", "state"]).await;
    assert_eq!((entries[0].date, entries[0].state.as_str()), (day, "posted"));
    let lines: Vec<Line> =
        admin.rows("account.move.line", json!([["move_id", "=", entry]]), &["balance"]).await;
    assert!(lines.len() > 2, "tax, income and what is receivable");
    assert_eq!(lines.iter().map(|line| to_cents(line.balance)).sum::<Decimal>(), Decimal::ZERO, "balanced");
}

/// Signed sums of the payments by method, as the source sent them.
fn tendered(orders: &[Generated]) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for (method, amount) in orders.iter().flat_map(|order| &order.expected.payments) {
        *sums.entry(method.clone()).or_default() += *amount;
    }
    sums
}

/// What came into the drawer and the bank by method, as accounting has it.
async fn moved(admin: &Admin, session: i64) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    let mut add = |method: String, amount: Decimal| *sums.entry(method).or_default() += to_cents(amount);
    add("Cash".to_owned(), cash(admin, session).await);
    match Series::current() {
        Series::Odoo19 => {
            #[derive(Deserialize)]
            struct Payment {
                pos_payment_method_id: Many2One,
                payment_type: String,
                #[serde(with = "decimal")]
                amount: Decimal,
            }
            let fields = ["pos_payment_method_id", "payment_type", "amount"];
            let of_session = json!([["pos_session_id", "=", session]]);
            let payments: Vec<Payment> = admin.rows("account.payment", of_session, &fields).await;
            for payment in payments {
                let sign = if payment.payment_type == "inbound" { Decimal::ONE } else { -Decimal::ONE };
                add(payment.pos_payment_method_id.name, sign * payment.amount);
            }
        }
        Series::Odoo14 => {
            #[derive(Deserialize)]
            struct Session {
                name: String,
                move_id: Many2One,
            }
            #[derive(Deserialize)]
            struct Line {
                name: String,
                #[serde(with = "decimal")]
                balance: Decimal,
            }
            let one = json!([["id", "=", session]]);
            let sessions: Vec<Session> = admin.rows("pos.session", one, &["name", "move_id"]).await;
            let of_entry = json!([["move_id", "=", sessions[0].move_id.id]]);
            let lines: Vec<Line> = admin.rows("account.move.line", of_entry, &["name", "balance"]).await;
            // One receivable a method, named after session and method.
            for line in lines {
                let method = line.name.strip_prefix(&format!("{} - ", sessions[0].name));
                if let Some(method) = method.filter(|method| METHODS.contains(method) && *method != "Cash") {
                    add(method.to_owned(), line.balance);
                }
            }
        }
    }
    sums
}

async fn cash(admin: &Admin, session: i64) -> Decimal {
    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "decimal")]
        amount: Decimal,
    }
    let of_session = match Series::current() {
        Series::Odoo14 => json!([["statement_id.pos_session_id", "=", session]]),
        Series::Odoo19 => json!([["pos_session_id", "=", session]]),
    };
    let lines: Vec<Line> = admin.rows("account.bank.statement.line", of_session, &["amount"]).await;
    lines.iter().map(|line| line.amount).sum()
}
