//! A day with the addon.

use serde::Deserialize;
use serde_json::json;

use super::{Kept, LIMIT, booked, bridge, order};
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{Rounding, expected, generate, texts};
use crate::support::service::Service;
use crate::support::until;

/// From the request to its being taken. Two seconds on an idle machine; here the tests of all
/// modules share one Odoo.
const TAKEN_WITHIN: i64 = 5;

static BOOKED: Database = Database::with_addon("addon_booked");
static MENDED: Database = Database::with_addon("addon_mended");
static FAILED: Database = Database::with_addon("addon_failed");

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_made_in_odoo_is_booked_and_says_so_and_sync_now_brings_the_next() {
    #[derive(Debug, Deserialize)]
    struct Order {
        external_order_key: String,
        external_order_id: String,
        external_source: String,
    }
    let admin = BOOKED.admin().await;
    let shop = BOOKED.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(31, 1, 30, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders[..25])).await;
    let bridge = bridge(&BOOKED, &admin).await;
    let service = Service::start(&bridge).await;

    // Made while the service runs: it hears of it by itself.
    let sync = Kept::new(&admin, &feed, &shop).await;
    let shown = sync.becomes("success").await;
    assert!(shown.last_sync_message.as_str().is_some_and(|text| text.starts_with("25 booked")), "{shown:?}");
    assert_eq!((shown.last_sync_status.as_str(), shown.attention_count), ("success", 0));
    assert_eq!((shown.booked_count, shown.service_banner), (25, json!("")));
    oracle::check(&admin, &shop, &expected(&orders[..25])).await;
    let fields = ["external_order_key", "external_order_id", "external_source"];
    let rows: Vec<Order> = admin.rows("pos.order", json!([["external_order_id", "=", "7"]]), &fields).await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.external_order_key, orders[6].expected.key.to_string());
    assert_eq!((row.external_order_id.as_str(), row.external_source.as_str()), ("7", "Web"));

    feed.show(texts(&orders));
    let request = sync.pressed("action_sync_now").await;
    assert_eq!((request.state.as_str(), request.progress), ("done", 100), "{request:?}");
    assert_eq!(request.message, "5 booked, 25 already booked");
    let waited = seconds(request.taken_date.as_str().expect("taken")) - seconds(&request.asked_date);
    println!("Sync Now taken within {waited} s");
    assert!((0..=TAKEN_WITHIN).contains(&waited), "{request:?}");
    oracle::check(&admin, &shop, &expected(&orders)).await;

    let request = sync.pressed("action_test_connection").await;
    assert_eq!(request.state, "done", "{request:?}");
    let message = request.message.as_str().expect("what was seen");
    assert!(message.contains("The source answers") && message.contains(&shop.name), "{message}");

    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_product_needs_somebody_until_it_is_made() {
    let admin = MENDED.admin().await;
    let shop = MENDED.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(1, "Engine Oil Change"), order(2, "Coolant Flush")]).await;
    let bridge = bridge(&MENDED, &admin).await;
    let service = Service::start(&bridge).await;
    let sync = Kept::new(&admin, &feed, &shop).await;

    let shown = sync.becomes("needs_you").await;
    assert_eq!((shown.attention_count, shown.booked_count), (1, 1));
    let message = shown.last_sync_message.as_str().expect("a message");
    assert!(message.starts_with("1 booked, 1 needs you\nOrder 2 (unknown_product): "), "{message}");
    assert!(message.contains("Coolant Flush"), "the reason is there: {message}");
    assert_eq!(sync.pressed("action_sync_now").await.message, "1 already booked, 1 needs you");

    let tax = MENDED.seed().taxes.iter().find(|(name, _)| name.contains("15") && !name.contains("ncl"));
    let tax = *tax.expect("15 % on top").1;
    let product = json!({"name": "Coolant Flush", "available_in_pos": true, "taxes_id": [[6, 0, [tax]]]});
    admin.create("product.product", product).await;
    assert_eq!(sync.pressed("action_sync_now").await.message, "1 booked, 1 already booked");
    let shown = sync.becomes("success").await;
    assert_eq!((shown.attention_count, shown.booked_count), (0, 2));
    assert_eq!(service.stop().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_done_fails_with_the_reason() {
    let admin = FAILED.admin().await;
    let shop = FAILED.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(1, "Engine Oil Change")]).await;
    let bridge = bridge(&FAILED, &admin).await;
    let service = Service::start(&bridge).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    sync.becomes("success").await;

    sync.write(json!({"external_api_key": "another"})).await;
    for button in ["action_sync_now", "action_test_connection"] {
        let request = sync.pressed(button).await;
        assert_eq!(request.state, "failed", "{request:?}");
        let message = request.message.as_str().expect("the reason");
        assert!(message.contains("key"), "{message}");
    }
    let shown = sync.becomes("error").await;
    assert!(shown.last_sync_message.as_str().is_some_and(|text| text.contains("key")), "{shown:?}");

    // A reference to a secret that the file lacks: the service says what is missing.
    sync.write(json!({"external_api_key": "secret:main_shop"})).await;
    let request = sync.pressed("action_sync_now").await;
    assert_eq!(request.state, "failed", "{request:?}");
    assert!(request.message.as_str().is_some_and(|text| text.contains("main_shop")), "{request:?}");

    // An address of the operator's own network that nobody allowed.
    sync.write(json!({"external_api_url": "http://10.1.2.3/orders", "external_api_key": "k"})).await;
    let request = sync.pressed("action_test_connection").await;
    assert_eq!(request.state, "failed", "{request:?}");
    assert!(request.message.as_str().is_some_and(|text| text.contains("allow")), "{request:?}");

    assert_eq!(booked(&admin, &shop).await, 1);
    until(LIMIT, async || sync.requests().await.iter().all(|request| request.state == "failed")).await;
    assert_eq!(service.stop().await.0, Some(0));
}

/// Seconds of a time as Odoo writes it.
fn seconds(time: &str) -> i64 {
    let time = chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").expect("a time of Odoo");
    time.and_utc().timestamp()
}
