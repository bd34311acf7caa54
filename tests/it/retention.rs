//! What is older than it is kept leaves the store, and nothing is booked twice for it.

use rust_decimal::dec;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{expected, plain, plains, texts};

static DATABASE: Database = Database::new("retention");

/// Makes all orders of the store ten years older.
async fn grow_old(bridge: &Bridge) {
    let store = bridge.config().with_file_name("tillbridge.sqlite");
    let mut db =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(store)).await.expect("it opens");
    let years = "update inbox set received_at = received_at - 3650 * 86400000";
    sqlx::query(years).execute(&mut db).await.expect("older");
    db.close().await.expect("closed");
}

async fn prune(bridge: &Bridge, more: &[&str]) -> Value {
    let ended = bridge.run(&[&["store", "prune", "--output", "json"], more].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.json()
}

async fn shown(bridge: &Bridge, id: &str) -> Value {
    let all: Value = bridge.run(&["orders", "--show", id, "--output", "json"]).await.json();
    all["orders"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_aged_out_is_not_booked_again_and_can_be_fetched_again() {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(501, 6);
    let mut all = texts(&orders);
    // One that stays open.
    all.push(plain("520", "NOT-THERE", dec!(5.00), "Card").json);
    let feed = Feed::start(all).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let admin = DATABASE.admin().await;
    bridge.pass().await.1.assert_counts(6, 0, 1);
    assert_eq!(prune(&bridge, &[]).await["payloads"], 0);

    grow_old(&bridge).await;
    assert_eq!(prune(&bridge, &["--dry-run"]).await["payloads"], 6);
    assert_ne!(shown(&bridge, "501").await["raw"], json!(""), "only a look");
    assert_eq!(prune(&bridge, &[]).await["payloads"], 6);
    let aged = shown(&bridge, "501").await;
    assert_eq!((&aged["raw"], &aged["state"]), (&json!(""), &json!("booked")), "{aged:#}");
    assert!(aged["aged_at"].is_string() && aged["pos_order_id"].is_i64(), "{aged:#}");
    let said = bridge.done(&["orders", "--show", "501"]).await;
    assert!(said.contains("Fetch it again: tillbridge fetch 501"), "{said}");
    assert_ne!(shown(&bridge, "520").await["raw"], json!(""), "it is open");

    // The source shows everything again.
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.already_booked, report.refused), (0, 6, 1), "{report:#?}");
    oracle::check(&admin, &shop, &expected(&orders)).await;
    assert_eq!(shown(&bridge, "501").await["raw"], json!(""), "that nobody asked for");
    let replay: Value = bridge.run(&["replay", "--day", "2026-03-01", "--output", "json"]).await.json();
    assert_eq!(replay["syncs"][0]["forgotten"], 6, "{replay:#}");
    let check: Value = bridge.run(&["store", "check", "--output", "json"]).await.json();
    assert_eq!(check["findings"], json!([]), "{check:#}");

    bridge.run(&["fetch", "501"]).await;
    assert_ne!(shown(&bridge, "501").await["raw"], json!(""));
    assert_eq!(shown(&bridge, "502").await["raw"], json!(""));
    oracle::check(&admin, &shop, &expected(&orders)).await;
}
