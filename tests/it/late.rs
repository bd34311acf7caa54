//! Orders that come after their day was closed, in another month, or on or before a lock
//! date: held until a person lets them pass, or booked at once and flagged.

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use rust_decimal::dec;
use serde_json::json;

use crate::addon::bridge;
use crate::support::binary::{Bridge, Report};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::orders::plain;

static CLOSED: Database = Database::new("late_closed");
static LOCKED: Database = Database::with_addon("late_locked");
static RELEASED: Database = Database::with_addon("late_released");

/// A plain sale, so long ago.
fn sale(id: &str, ago: TimeDelta) -> String {
    let text = plain(id, "B002", dec!(10.00), "Cash").json;
    let moved = text.replace("2026-03-01T10:00:00Z", &(Utc::now() - ago).to_rfc3339());
    assert_ne!(text, moved);
    moved
}

/// The business day of now: days end at 04:00.
fn today() -> NaiveDate {
    (Utc::now() - TimeDelta::hours(4)).date_naive()
}

async fn open_sessions(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.session", json!([["config_id", "=", shop.id], ["state", "!=", "closed"]])).await
}

async fn booked(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.order", json!([["config_id", "=", shop.id], ["state", "in", ["paid", "done"]]])).await
}

/// Books an order of now and closes its session by hand.
async fn book_and_close(bridge: &Bridge, feed: &Feed, id: &str) {
    feed.show(vec![sale(id, TimeDelta::zero())]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let closed = bridge.run(&["session", "close"]).await;
    assert_eq!(closed.code, Some(0), "{closed:?}");
}

#[track_caller]
fn assert_held(report: &Report, id: &str, why: &str) {
    report.assert_counts(0, 0, 1);
    let held = report.order(id);
    assert_eq!((held.state.as_str(), held.code.as_deref()), ("refused", Some("late_order")), "{held:?}");
    assert!(held.message.as_deref().is_some_and(|message| message.contains(why)), "{held:?}");
    let release = format!("orders --release {id}");
    assert!(held.fix.as_deref().is_some_and(|fix| fix.contains(&release)), "{held:?}");
}

#[track_caller]
fn assert_flagged(report: &Report, id: &str, why: &str) {
    report.assert_counts(1, 0, 0);
    let message = report.order(id).message.as_deref().unwrap_or_default();
    assert!(message.starts_with("Late: sold on ") && message.contains(why), "{message}");
}

/// A person lets it pass, and the next pass books it.
async fn released(bridge: &Bridge, id: &str) -> Report {
    let ended = bridge.run(&["orders", "--release", id]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    bridge.pass().await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_a_closed_day_waits_for_a_person_or_is_booked_and_flagged() {
    let (admin, shop) = (CLOSED.admin().await, CLOSED.shop(&["Cash", "Card"]).await);
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&CLOSED).sync(&feed, &shop);
    book_and_close(&bridge, &feed, "1").await;

    feed.show(vec![sale("2", TimeDelta::days(1))]);
    let (code, report) = bridge.pass().await;
    assert_held(&report, "2", "that day is closed already");
    assert_eq!((code, open_sessions(&admin, &shop).await), (3, 0), "nothing is opened for it");
    assert_held(&bridge.pass().await.1, "2", "that day is closed already");
    assert_flagged(&released(&bridge, "2").await, "2", "that day is closed already");
    let again = bridge.run(&["orders", "--release", "2"]).await;
    assert_eq!(again.code, Some(2), "it is not held any more: {again:?}");

    // One word of a person is for one order.
    feed.show(vec![sale("3", TimeDelta::days(1))]);
    assert_held(&bridge.pass().await.1, "3", "that day is closed already");
    bridge.change_syncs("name = \"Web\"", "name = \"Web\"\nlate_orders = \"book\"");
    assert_flagged(&bridge.pass().await.1, "3", "that day is closed already");
    assert_eq!(booked(&admin, &shop).await, 3);
    let closed = bridge.run(&["session", "close"]).await;
    assert_eq!((closed.code, open_sessions(&admin, &shop).await), (Some(0), 0), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_another_month_waits_for_a_person_or_is_booked_and_flagged() {
    let (admin, shop) = (CLOSED.admin().await, CLOSED.shop(&["Cash", "Card"]).await);
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&CLOSED).sync_with("Web", &feed, &shop, "closing = \"never\"");
    book_and_close(&bridge, &feed, "11").await;

    // Sessions are not kept by days here: within the month there is no late order.
    let of_this_month = today().day() > 1;
    if of_this_month {
        feed.show(vec![sale("12", TimeDelta::days(1))]);
        bridge.pass().await.1.assert_counts(1, 0, 0);
    }
    feed.show(vec![sale("13", TimeDelta::days(40))]);
    assert_held(&bridge.pass().await.1, "13", "that month is over");
    assert_flagged(&released(&bridge, "13").await, "13", "that month is over");
    feed.show(vec![sale("14", TimeDelta::days(40))]);
    bridge.change_syncs("name = \"Web\"", "name = \"Web\"\nlate_orders = \"book\"");
    assert_flagged(&bridge.pass().await.1, "14", "that month is over");
    assert_eq!(booked(&admin, &shop).await, 3 + i64::from(of_this_month));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_on_or_before_a_lock_date_waits_for_a_person_or_is_booked_and_flagged() {
    let (admin, shop) = (LOCKED.admin().await, LOCKED.shop(&["Cash", "Card"]).await);
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = bridge(&LOCKED, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "");
    let locked = today() - Days::new(3);
    admin.write("res.company", &[1], json!({"fiscalyear_lock_date": locked.to_string()})).await;
    let why = format!("accounting is locked through {locked}");

    // The first filling of a shop: what is not locked is not late.
    feed.show(vec![sale("21", TimeDelta::days(2))]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    for (id, days) in [("22", 3), ("23", 60)] {
        feed.show(vec![sale(id, TimeDelta::days(days))]);
        assert_held(&bridge.pass().await.1, id, &why);
        assert_flagged(&released(&bridge, id).await, id, &why);
    }
    feed.show(vec![sale("24", TimeDelta::days(4))]);
    bridge.change_syncs("name = \"Web\"", "name = \"Web\"\nlate_orders = \"book\"");
    assert_flagged(&bridge.pass().await.1, "24", &why);
    assert_eq!(booked(&admin, &shop).await, 4);

    // The entry is of today: the lock does not keep the session from closing.
    let closed = bridge.run(&["session", "close"]).await;
    assert_eq!((closed.code, open_sessions(&admin, &shop).await), (Some(0), 0), "{closed:?}");
}

/// A person's word on a late order is kept in Odoo: a lost store books it as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_released_is_so_for_a_lost_store_too() {
    let (admin, shop) = (RELEASED.admin().await, RELEASED.shop(&["Cash", "Card"]).await);
    let feed = Feed::start(vec![sale("31", TimeDelta::days(40)), sale("32", TimeDelta::days(40))]).await;
    let mut bridge = bridge(&RELEASED, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "");
    let locked = today() - Days::new(3);
    admin.write("res.company", &[1], json!({"fiscalyear_lock_date": locked.to_string()})).await;
    bridge.pass().await.1.assert_counts(0, 0, 2);
    let ended = bridge.run(&["orders", "--release", "31"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // Whoever connects tells Odoo; nothing is booked by that.
    let ended = bridge.run(&["sync", "--dry-run"]).await;
    assert_eq!((ended.code, booked(&admin, &shop).await), (Some(0), 0), "{ended:?}");
    bridge.lose_store();

    let (_, report) = bridge.pass().await;
    report.assert_counts(1, 0, 1);
    let message = report.order("31").message.as_deref().unwrap_or_default();
    assert!(message.contains("accounting is locked through"), "{message}");
    let shown = bridge.run(&["orders", "--show", "31"]).await;
    assert!(shown.stdout.contains("Released by"), "{shown:?}");
}
