//! Sales that their source cancels after they were booked.

use std::time::Duration;

use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::binary::{Bridge, Ended};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server};
use crate::support::orders::{Expected, Generated, number, plain, texts, with};
use crate::support::proxy::{Fate, Proxy};
use crate::support::series::Series;
use crate::support::{oracle, till, until};

static DATABASE: Database = Database::new("cancelled");
static WITH_ADDON: Database = Database::with_addon("cancelled_addon");

/// As every source is called here.
const SOURCE: &str = "Web";
const REFUND: &str = "status_cancelled = [\"109\"]\ncancelled_after_booking = \"refund\"";
const TASK: &str = "status_cancelled = [\"109\"]";

/// A sale of item 02 by card, 11.50 each.
fn sold(id: &str) -> Generated {
    plain(id, "B002", dec!(10.00), "Card")
}

/// The same once its source cancelled it: of some nothing is left but that.
fn cancelled(order: &Generated, is_bare: bool) -> String {
    let mut shown: Value =
        serde_json::from_str(&with(&order.json, json!({"OrderStatus": 109}))).expect("an order");
    if is_bare {
        let fields = shown.as_object_mut().expect("an order");
        fields.retain(|name, _| ["OrderID", "OrderStatus", "OrderDate"].contains(&name.as_str()));
    }
    shown.to_string()
}

/// The refund that is expected of a sale: all of it.
fn given_back(sale: &Expected) -> Expected {
    Expected {
        key: sale.key.cancellation(),
        total: -sale.total,
        tax: -sale.tax,
        lines: sale.lines.iter().map(|(code, count)| (code.clone(), -count)).collect(),
        payments: sale.payments.iter().map(|(method, amount)| (method.clone(), -amount)).collect(),
    }
}

async fn state_of(bridge: &Bridge, id: &str) -> Vec<String> {
    let ended = bridge.run(&["orders", "--id", id, "--output", "json"]).await;
    let orders: Value = ended.json();
    let orders = orders["orders"].as_array().expect("orders").iter();
    orders.map(|order| order["state"].as_str().expect("a state").to_owned()).collect()
}

/// The light of every day on which something was sold or stands, and what differs.
async fn days(bridge: &Bridge, from: &str) -> (Vec<String>, Vec<String>) {
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let ended: Ended = bridge.run(&["reconcile", "--from", from, "--to", &today, "--output", "json"]).await;
    let report: Value = ended.json();
    let days = report["syncs"][0]["days"].as_array().expect("days");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let busy = days.iter().filter(|day| day["odoo"]["count"] != 0 || day["source"]["count"] != 0);
    let lights = busy
        .map(|day| format!("{} {} / {}", text(&day["light"]), day["source"]["count"], day["odoo"]["count"]));
    let differences = days.iter().flat_map(|day| day["differences"].as_array().expect("differences"));
    (lights.collect(), differences.map(|one| text(&one["kind"])).collect())
}

async fn links(admin: &Admin, shop: &Shop) -> i64 {
    let domain =
        json!([["order_id.session_id.config_id", "=", shop.id], ["refunded_orderline_id", "!=", false]]);
    admin.count("pos.order.line", domain).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_sale_that_is_cancelled_is_refunded_once_and_the_days_are_in_order() {
    let shop = DATABASE.shop(&["Card", "Cash"]).await;
    let admin = DATABASE.admin().await;
    let orders = [sold("1"), sold("2"), sold("3")];
    // Ten notes too many were tendered, and given back as change.
    let over = plain("4", "B002", dec!(10.00), "Cash");
    let tender = json!([{"CardType": "Cash", "AmountPaid": 20}]);
    let over_shown = with(&over.json, json!({"CheckoutDetails": tender, "AmountPaid": 20}));
    let mut shown = texts(&orders);
    shown.push(over_shown.clone());
    let feed = Feed::start(shown).await;
    let bridge = Bridge::new(&DATABASE).sync_with(SOURCE, &feed, &shop, REFUND);
    bridge.pass().await.1.assert_counts(4, 0, 0);

    let cancelled_over = with(&over_shown, json!({"OrderStatus": 109}));
    feed.show(vec![
        orders[0].json.clone(),
        cancelled(&orders[1], false),
        cancelled(&orders[2], true),
        cancelled_over,
    ]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.refused), (0, 3, 0), "{report:#?}");
    for _ in 0..2 {
        let (code, report) = bridge.pass().await;
        assert_eq!((code, report.booked, report.refused), (0, 0, 0), "{report:#?}");
    }
    for order in ["2", "3", "4"] {
        assert_eq!(state_of(&bridge, order).await, ["booked", "booked"], "{order}");
    }
    let held = admin.count("pos.order", json!([["session_id.config_id", "=", shop.id]])).await;
    assert_eq!(held, 7);
    let paid: Vec<Value> = admin
        .rows(
            "pos.order",
            json!([["pos_reference", "=", format!("{SOURCE}/-/4/Rcancelled")]]),
            &["amount_total", "amount_paid", "state"],
        )
        .await;
    let [paid] = paid.as_slice() else { panic!("{paid:?}") };
    assert_eq!((&paid["amount_total"], &paid["amount_paid"]), (&json!(-11.5), &json!(-11.5)), "{paid}");
    // Without the addon 14 keeps no link.
    if Series::current() != Series::Odoo14 {
        assert_eq!(links(&admin, &shop).await, 3);
    }

    let (lights, differences) = days(&bridge, "2026-03-01").await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(
        lights,
        ["green 4 / 4", "green 3 / 3"],
        "sold on their day, given back on that of the refunds"
    );

    // The source thinks better of one of them.
    feed.show(vec![orders[0].json.clone(), orders[1].json.clone(), cancelled(&orders[2], true)]);
    bridge.pass().await;
    assert!(days(&bridge, "2026-03-01").await.1.contains(&"not_shown".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_a_person_sees_to_it_and_the_setting_takes_it_on() {
    let shop = WITH_ADDON.shop(&["Card"]).await;
    let admin = WITH_ADDON.admin().await;
    let order = sold("11");
    let feed = Feed::start(texts(std::slice::from_ref(&order))).await;
    let mut bridge = crate::addon::bridge(&WITH_ADDON, &admin).await.sync_with(SOURCE, &feed, &shop, TASK);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    feed.show(vec![cancelled(&order, false)]);
    for _ in 0..2 {
        let (_, report) = bridge.pass().await;
        assert_eq!((report.booked, report.conflict), (0, 1), "{report:#?}");
    }
    assert_eq!(days(&bridge, "2026-03-01").await.1, ["cancelled_at_source"]);

    bridge.change_syncs(TASK, REFUND);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.conflict), (1, 0), "{report:#?}");
    oracle::check(&admin, &shop, &[order.expected.clone(), given_back(&order.expected)]).await;
    assert_eq!(links(&admin, &shop).await, 1);
    assert_eq!(days(&bridge, "2026-03-01").await.1, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_already_is_not_given_back_again() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let order = sold("21");
    let feed = Feed::start(texts(std::slice::from_ref(&order))).await;
    let bridge = Bridge::new(&DATABASE).sync_with(SOURCE, &feed, &shop, REFUND);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let total = number(order.expected.total);
    let part = with(&order.json, json!({"OrderStatus": 106, "RefundID": "A", "GrandTotal": total}));
    feed.show(vec![part]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    feed.show(vec![cancelled(&order, false)]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.refused), (3, 0, 1), "{report:#?}");
    assert_eq!(report.order("21").code.as_deref(), Some("over_refund"));
    let sum: Decimal = {
        let rows: Vec<Value> =
            admin.rows("pos.order", json!([["session_id.config_id", "=", shop.id]]), &["amount_total"]).await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        rows.iter().map(|row| row["amount_total"].to_string().parse::<Decimal>().expect("an amount")).sum()
    };
    assert_eq!(sum, Decimal::ZERO);
}

/// No session is open when it is cancelled, and it is sold again before one is.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_restored_before_its_refund_is_sent_stays_sold() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let order = sold("41");
    let feed = Feed::start(texts(std::slice::from_ref(&order))).await;
    let opens = |yes: bool| format!("{REFUND}\nauto_open_session = {yes}");
    let mut bridge = Bridge::new(&DATABASE).sync_with(SOURCE, &feed, &shop, &opens(true));
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let sessions: Vec<Value> = admin.rows("pos.session", json!([["config_id", "=", shop.id]]), &["id"]).await;
    till::close_session(&admin, sessions[0]["id"].as_i64().expect("an id"), None).await;

    bridge.change_syncs(&opens(true), &opens(false));
    feed.show(vec![cancelled(&order, false)]);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused), (0, 1), "its refund waits for a session: {report:#?}");
    feed.show(texts(std::slice::from_ref(&order)));
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.refused, report.skipped), (0, 0, 0, 1), "{report:#?}");

    // Or sold again otherwise.
    feed.show(vec![cancelled(&order, false)]);
    assert_eq!(bridge.pass().await.1.refused, 1, "its refund waits again");
    feed.show(vec![with(&order.json, json!({"Remark": "n", "CustomerName": "Sara"}))]);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused, report.skipped), (0, 0, 1), "{report:#?}");

    bridge.change_syncs(&opens(false), &opens(true));
    assert_eq!(bridge.pass().await.1.booked, 0);
    let held = json!([["session_id.config_id", "=", shop.id]]);
    assert_eq!(admin.count("pos.order", held.clone()).await, 1);

    // Cancelled for good.
    feed.show(vec![cancelled(&order, false)]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.refused), (0, 1, 0), "{report:#?}");
    assert_eq!(admin.count("pos.order", held).await, 2);
    assert_eq!(state_of(&bridge, "41").await, ["booked", "booked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_refunds_are_sent_it_books_each_once() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let proxy = Proxy::start().await;
    let orders = [sold("31"), sold("32")];
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync_with(SOURCE, &feed, &shop, REFUND);
    bridge.change_odoo(&server().url, &proxy.url());
    bridge.pass().await.1.assert_counts(2, 0, 0);

    // Killed while the request with the refunds is on its way, which Odoo then obeys.
    feed.show(vec![cancelled(&orders[0], false), cancelled(&orders[1], true)]);
    let (arrived, is_here) = oneshot::channel();
    let (release, go_on) = oneshot::channel();
    proxy.fates([Fate::Hold { arrived, go_on }]);
    let mut child = bridge.start(&["sync"]);
    is_here.await.expect("the request arrives");
    child.kill().await.expect("it is killed");
    release.send(()).expect("the request waits");

    // In doubt until Odoo cannot be at it any more (5 s here).
    until(Duration::from_secs(120), async || {
        let (_, report) = bridge.pass().await;
        assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
        report.retrying == 0
    })
    .await;
    let expected: Vec<Expected> =
        orders.iter().flat_map(|order| [order.expected.clone(), given_back(&order.expected)]).collect();
    oracle::check(&admin, &shop, &expected).await;
    for order in ["31", "32"] {
        assert_eq!(state_of(&bridge, order).await, ["booked", "booked"], "{order}");
    }
}
