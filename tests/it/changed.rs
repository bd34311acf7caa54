//! Orders that change at their source, and orders that appear late.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::dec;
use serde_json::Value;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Database, server};
use crate::support::orders::{Generated, expected, plain, plains, texts};
use crate::support::proxy::Proxy;
use crate::support::service::Service;
use crate::support::{oracle, until};

static DATABASE: Database = Database::new("changed");

/// All that is known of an order; nothing of one that was not received yet.
async fn shown(bridge: &Bridge, id: &str) -> Value {
    let ended = bridge.run(&["orders", "--show", id, "--output", "json"]).await;
    if ended.code == Some(2) {
        return Value::Null;
    }
    let all: Value = ended.json();
    all["orders"][0].clone()
}

/// The request with the first version is held on its way while the source shows another one.
/// Two syncs of one source, so that the second can fetch while the first sends.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_changes_while_it_is_sent_is_booked_as_sent_and_shows_both() {
    let shop = DATABASE.shop(&["Card"]).await;
    let proxy = Proxy::start().await;
    let first = plain("8001", "B002", dec!(10.00), "Card");
    let second = plain("8001", "B002", dec!(20.00), "Card");
    let feeds = [Feed::start(texts(std::slice::from_ref(&first))).await, Feed::start(Vec::new()).await];
    let rules = "source = \"Web\"\ninterval = \"1s\"";
    let mut bridge = Bridge::new(&DATABASE)
        .sync_with("One", &feeds[0], &shop, rules)
        .sync_with("Two", &feeds[1], &shop, rules);
    bridge.change_odoo(&server().url, &proxy.url());

    let service = proxy
        .while_held(
            async {
                let service = Service::start(&bridge).await;
                until(Duration::from_secs(60), async || shown(&bridge, "8001").await["state"] == "conflict")
                    .await;
                service
            },
            async {
                feeds[0].show(Vec::new());
                feeds[1].show(texts(std::slice::from_ref(&second)));
                // Parked beside what is under way, whose payload stays as it was sent.
                until(Duration::from_secs(60), async || !shown(&bridge, "8001").await["newer"].is_null())
                    .await;
                let order = shown(&bridge, "8001").await;
                assert_eq!(
                    (&order["state"], &order["revision"]),
                    (&"sending".into(), &1.into()),
                    "{order:#}"
                );
            },
        )
        .await;

    let order = shown(&bridge, "8001").await;
    assert_eq!(order["code"], "changed_after_booking");
    let total = |version: &Value| version["raw"]["GrandTotal"].to_string();
    assert_eq!((total(&order), total(&order["newer"])), ("11.5".into(), "23.0".into()), "{order:#}");
    assert_eq!(order["booked_total"].as_str().map(str::parse), Some(Ok(dec!(11.50))), "{order:#}");
    let text = bridge.run(&["orders", "--show", "8001"]).await.stdout;
    assert!(text.contains("As received later") && text.contains("23.0") && text.contains("11.5"), "{text}");
    assert_eq!(proxy.seen(), 1, "the change is not sent");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    oracle::check(&DATABASE.admin().await, &shop, &expected(&[first])).await;
}

/// The second version of an order replaces the first before it is booked, unless it is older.
#[tokio::test(flavor = "multi_thread")]
async fn before_booking_the_newer_version_counts_whatever_comes_last() {
    let shop = DATABASE.shop(&["Card"]).await;
    let version = |net, stamp: &str, status: u32| {
        let order = plain("8101", "B002", net, "Card");
        let json = order.json.replace("\"OrderStatus\":103", &format!("\"OrderStatus\":{status}"));
        assert_ne!((json.len(), status), (order.json.len() + 1, 0));
        let json = json.replacen('{', &format!("{{\"UpdatedAt\":\"{stamp}\","), 1);
        Generated { json, ..order }
    };
    let open = version(dec!(10.00), "2026-03-01T10:00:00Z", 101);
    let newer = version(dec!(20.00), "2026-03-01T12:00:00Z", 103);
    let older = version(dec!(15.00), "2026-03-01T11:00:00Z", 103);
    let feed = Feed::start(vec![open.json, newer.json.clone(), older.json.clone()]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!(code, 0);
    // Nor is it a conflict when the older one is shown again.
    feed.show(vec![older.json]);
    let (_, report) = bridge.pass().await;
    report.assert_counts(0, 1, 0);
    oracle::check(&DATABASE.admin().await, &shop, &expected(&[newer])).await;
}

/// A till that was offline for nearly three days delivers an order with the date of its sale.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_appears_late_with_an_old_date_is_found() {
    let shop = DATABASE.shop(&["Card"]).await;
    let mut orders = plains(8200, 2);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(2, 0, 0);

    let sold = Utc::now() - TimeDelta::hours(71);
    let late = plain("8299", "B002", dec!(10.00), "Card");
    let json = late.json.replace("2026-03-01T10:00:00Z", &sold.to_rfc3339());
    assert_ne!(json, late.json);
    feed.show(vec![json]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let since: DateTime<Utc> =
        feed.content().since[1].as_ref().expect("from the cursor on").parse().expect("a time");
    assert!(since <= sold, "a source that filters by {since} would not show what was sold at {sold}");
    assert!(since >= Utc::now() - TimeDelta::hours(73), "{since} is further back than need be");
    orders.push(late);
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}

/// The second page is not to be had: the first is in the inbox, and is asked for again, since
/// only a fetch that got through moves the cursor.
#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_stays_until_all_pages_are_in_the_inbox() {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(8300, 6);
    let feed = Feed::start(texts(&orders)).await;
    feed.content().page_size = 3;
    feed.content().bad_page = Some((1, "<html>".to_owned()));
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.error.is_some()), (3, true), "{report:#?}");
    feed.content().bad_page = None;
    bridge.pass().await.1.assert_counts(3, 3, 0);
    bridge.pass().await.1.assert_counts(0, 6, 0);
    let asked: Vec<bool> = feed.content().since.iter().map(Option::is_some).collect();
    assert_eq!(asked, [false, false, true]);
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}
