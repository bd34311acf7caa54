//! What people ask of orders on the command line, with a service and without one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::addon::order;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::service::Service;
use crate::support::until;

static DATABASE: Database = Database::new("requests");

const LIMIT: Duration = Duration::from_secs(120);

/// A product that an order names, taxed like the others.
async fn product(admin: &Admin, name: &str) {
    let taxes = json!([[6, 0, [DATABASE.seed().taxes["15%"]]]]);
    admin.create("product.product", json!({"name": name, "available_in_pos": true, "taxes_id": taxes})).await;
}

async fn json(bridge: &Bridge, args: &[&str]) -> (Option<i32>, Value) {
    let ended = bridge.run(&[args, &["--output", "json"]].concat()).await;
    (ended.code, ended.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_right_is_booked_at_once_and_the_rest_says_why_not() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Cash"]).await;
    let orders = vec![
        order(101, "Engine Oil Change"),
        order(102, "Coolant Flush 1"),
        order(103, "Coolant Flush 1"),
        order(104, "No such thing"),
    ];
    let feed = Feed::start(orders).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    report.assert_counts(1, 0, 3);

    product(&admin, "Coolant Flush 1").await;
    let ended = bridge.run(&["retry", "102"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "1 of 1 booked\n"), "{ended:?}");
    // The others were planned in the same pass.
    let (code, tally) = json(&bridge, &["retry", "--code", "unknown_product"]).await;
    assert_eq!((code, &tally["booked"], &tally["of"]), (Some(3), &0.into(), &1.into()), "{tally}");
    assert_eq!((&tally["rest"][0]["id"], &tally["rest"][0]["state"]), (&"104".into(), &"refused".into()));
    let why = tally["rest"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("No such thing"), "{why}");
    let (code, tally) = json(&bridge, &["retry", "--code", "unknown_payment"]).await;
    assert_eq!((code, &tally["of"]), (Some(0), &0.into()), "{tally}");

    let booked = bridge.run(&["retry", "101"]).await;
    assert_eq!(booked.code, Some(2), "{booked:?}");
    assert!(booked.stderr.contains("101 is booked and cannot be tried again"), "{booked:?}");
    let nothing = bridge.run(&["retry"]).await;
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let unknown = bridge.run(&["retry", "--code", "no_such_code"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");

    let closed = bridge.run(&["ignore", "104", "101", "--reason", "a test", "--by", "anna"]).await;
    assert_eq!(closed.code, Some(2), "one that is booked is a mistake: {closed:?}");
    let closed = bridge.run(&["ignore", "104", "--reason", "a test", "--by", "anna"]).await;
    assert_eq!((closed.code, closed.stdout.as_str()), (Some(0), "1 of 1 closed\n"), "{closed:?}");
    let (_, listed) = json(&bridge, &["orders", "--id", "104"]).await;
    assert_eq!(listed["orders"][0]["message"], "Closed by anna: a test");
    let (code, tally) = json(&bridge, &["retry", "--all"]).await;
    assert_eq!((code, &tally["of"]), (Some(0), &0.into()), "{tally}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_service_it_is_the_service_that_books_them() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Cash"]).await;
    let orders = vec![order(201, "Coolant Flush 2"), order(202, "No such thing")];
    let feed = Feed::start(orders).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    report.assert_counts(0, 0, 2);
    let service = Service::start(&bridge).await;
    // Its first pass is over: the next one is in a quarter of an hour.
    until(LIMIT, async || service.log().contains("pass done")).await;
    product(&admin, "Coolant Flush 2").await;
    let ended = bridge.run(&["retry", "201", "202"]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("a tillbridge service is running"), "{ended:?}");
    assert!(ended.stdout.starts_with("1 of 2 booked; 202: "), "{ended:?}");
    assert!(ended.stdout.contains("No such thing"), "{ended:?}");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}
