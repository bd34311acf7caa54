//! Orders that wait are followed until they are complete, however late.

use chrono::{Duration, Utc};
use rust_decimal::dec;
use serde_json::{Value, json};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{Expected, plain, sale};

static DATABASE: Database = Database::new("waiting");

/// A sale of 11.50 by card in this status, this many days ago.
fn order(order_id: &str, status: u32, days: i64, more: Value) -> (String, Expected) {
    let generated = plain(order_id, "B002", dec!(10.00), "Card");
    let mut order: Value = serde_json::from_str(&generated.json).expect("an order");
    order["OrderStatus"] = status.into();
    order["OrderDate"] = (Utc::now() - Duration::days(days)).to_rfc3339().into();
    for (name, value) in more.as_object().expect("fields") {
        order[name] = value.clone();
    }
    (order.to_string(), Expected { key: sale(order_id), ..generated.expected })
}

#[tokio::test(flavor = "multi_thread")]
async fn fully_paid_for_some_days_counts_as_complete() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (long, of_long) = order("1", 101, 4, json!({}));
    let (recent, _) = order("2", 101, 1, json!({}));
    let (owed, _) = order("3", 101, 4, json!({"BalanceAmount": 1}));
    let feed = Feed::start(vec![long, recent, owed]).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.waiting), (0, 0, 3), "{report:#?}");

    // The source shows none of them again: time and the rule alone decide.
    feed.show(Vec::new());
    bridge.change_syncs("name = \"Web\"\n", "name = \"Web\"\npaid_days = 3\n");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!((code, report.order("1").state.as_str()), (0, "booked"));

    // Its source completes it in the end, and changes nothing else.
    let (mut completed, _) = order("1", 103, 4, json!({}));
    let stored = bridge.run(&["orders", "--show", "1", "--output", "json"]).await;
    let stored: Value = stored.json();
    let mut raw = stored["orders"][0]["raw"].clone();
    raw["OrderStatus"] = 103.into();
    completed.clone_from(&raw.to_string());
    feed.show(vec![completed]);
    bridge.pass().await.1.assert_counts(0, 1, 0);
    oracle::check(&admin, &shop, &[of_long]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_completes_one_and_later_versions_of_it_stay_completed() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (open, of_open) = order("11", 101, 0, json!({}));
    let (other, _) = order("12", 101, 0, json!({}));
    // Needs a product that is not there yet, so that it is not booked at once.
    let (missing, _) = order("13", 101, 0, json!({"OrderItems": [{"ItemCode": "W013", "Price": 10}]}));
    let feed = Feed::start(vec![open.clone(), other, missing]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    assert_eq!(bridge.pass().await.1.waiting, 3);

    for id in ["11", "13"] {
        let ended = bridge.run(&["orders", "complete", id, "--by", "anna"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.waiting, report.refused), (3, 1, 1, 1), "{report:#?}");
    assert_eq!(report.order("13").code.as_deref(), Some("unknown_product"));

    let shown = bridge.run(&["orders", "--show", "11"]).await;
    assert!(shown.stdout.contains("Completed by  anna, "), "{shown:?}");
    let again = bridge.run(&["orders", "complete", "11"]).await;
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("11 is booked and cannot be completed"), "{again:?}");
    let unknown = bridge.run(&["orders", "complete", "99"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");

    // Still open at its source, and changed: the word of the person holds.
    let (changed, of_changed) = order("13", 101, 0, json!({"Remark": "n", "CustomerName": "Sara"}));
    feed.show(vec![changed]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    oracle::check(&admin, &shop, &[of_open, of_changed]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_closes_one_and_opens_it_again() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (open, _) = order("21", 101, 0, json!({}));
    let feed = Feed::start(vec![open]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await;
    let ended = bridge.run(&["orders", "ignore", "21", "--reason", "a test order", "--by", "anna"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (completed, of_completed) = order("21", 103, 0, json!({}));
    feed.show(vec![completed]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.ignored, report.booked), (0, 1, 0), "{report:#?}");
    let listed = bridge.run(&["orders", "--id", "21", "--output", "json"]).await;
    let listed: Value = listed.json();
    assert_eq!(listed["orders"][0]["message"], "Closed by anna: a test order");
    assert_eq!(listed["orders"][0]["code"], "closed_by_person");

    let ended = bridge.run(&["orders", "reopen", "21"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    feed.show(Vec::new());
    bridge.pass().await.1.assert_counts(1, 0, 0);
    oracle::check(&admin, &shop, &[of_completed]).await;
    let booked = bridge.run(&["orders", "ignore", "21", "--reason", "too late"]).await;
    assert!(booked.code == Some(2) && booked.stderr.contains("Odoo holds it"), "{booked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_long_is_reported_until_it_is_complete_and_booked_then() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (open, _) = order("31", 101, 40, json!({}));
    let (recent, _) = order("32", 101, 2, json!({}));
    let feed = Feed::start(vec![open, recent]).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "since_field = \"created\"");
    for shown in [2, 0] {
        let (code, report) = bridge.pass().await;
        assert_eq!((code, report.fetched, report.waiting_long), (0, shown, 1), "{report:#?}");
        let late = report.order("31");
        assert_eq!((late.state.as_str(), late.code.as_deref()), ("waiting", Some("waiting_long")));
        feed.show(Vec::new());
    }
    let doctor = bridge.run(&["doctor"]).await;
    assert!(doctor.stdout.contains("1 orders wait for more than 7 days to be completed: 31."), "{doctor:?}");

    // The source filters by creation: the window reaches back to it.
    let since = feed.content().since[1].clone().expect("a since");
    let since: chrono::DateTime<Utc> = since.parse().expect("a time");
    assert!(since <= Utc::now() - Duration::days(39), "{since}");
    let (completed, of_completed) = order("31", 103, 40, json!({"CheckoutDate": Utc::now().to_rfc3339()}));
    feed.show(vec![completed]);
    let (_, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!(report.waiting_long, 0);
    oracle::check(&admin, &shop, &[of_completed]).await;
}
