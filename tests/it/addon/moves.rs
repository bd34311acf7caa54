//! Renamed, archived, deleted; kept in the file, and moved from there into Odoo.

use serde::de::IgnoredAny;
use serde_json::json;

use super::{Kept, SYNC, bridge};
use crate::support::feed::{Feed, KEY};
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{Rounding, expected, generate, texts};
use crate::support::service::Service;
use crate::support::until;
use tillbridge::odoo::Outcome;

static RENAMED: Database = Database::with_addon("addon_renamed");
static MOVED: Database = Database::with_addon("addon_moved");

#[tokio::test(flavor = "multi_thread")]
async fn renamed_archived_and_restored_it_books_nothing_twice_and_is_never_deleted() {
    let admin = RENAMED.admin().await;
    let shop = RENAMED.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(34, 1, 12, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = bridge(&RENAMED, &admin).await;
    let service = Service::start(&bridge).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    sync.becomes("success").await;

    sync.write(json!({"name": "Renamed"})).await;
    assert_eq!(sync.pressed("action_sync_now").await.message, "12 already booked");
    sync.write(json!({"active": false})).await;
    assert_eq!(sync.shown().await.badge, "archived");
    let asked = feed.content().requests;
    sync.write(json!({"active": true})).await;
    assert_eq!(sync.pressed("action_sync_now").await.message, "12 already booked");
    assert!(feed.content().requests > asked);

    let refused = admin.client.write::<IgnoredAny>(SYNC, "unlink", json!([[sync.id]]), json!({})).await;
    let Outcome::Refused(fault) = refused else { panic!("deleted: {refused:?}") };
    assert!(fault.message().contains("archived but not deleted"), "{fault}");
    oracle::check(&admin, &shop, &expected(&orders)).await;
    assert_eq!(service.stop().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_the_file_is_shown_with_its_status_and_moves_into_odoo() {
    let admin = MOVED.admin().await;
    let shop = MOVED.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(35, 1, 12, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = bridge(&MOVED, &admin).await;
    bridge.add_sync("From file", &feed, &shop, "source = \"Web\"");
    let service = Service::start(&bridge).await;

    until(super::LIMIT, async || admin.count(SYNC, json!([["name", "=", "From file"]])).await == 1).await;
    let shown = Kept::named(&admin, "From file").await;
    let state = shown.becomes("success").await;
    assert!(state.last_sync_message.as_str().is_some_and(|text| text.starts_with("12 booked")), "{state:?}");
    assert_eq!(state.booked_count, 12, "its shop is known");
    // Asked for in Odoo, it answers like any other.
    let request = shown.pressed("action_sync_now").await;
    assert_eq!((request.state.as_str(), &request.message), ("done", &json!("12 already booked")));
    until(super::LIMIT, async || shown.shown().await.last_sync_message == "12 already booked").await;
    assert_eq!(service.stop().await.0, Some(0));

    // Out of the file first, then into Odoo under the same source id.
    bridge.clear_syncs();
    bridge.add("[network]\nallow = [\"127.0.0.1\"]");
    let service = Service::start(&bridge).await;
    until(super::LIMIT, async || shown.shown().await.badge == "archived").await;
    let values = json!({
        "name": "In Odoo",
        "source": "Web",
        "external_api_url": feed.url(),
        "external_api_key": KEY,
        "pos_config_id": shop.id,
        "start_date": false,
    });
    let moved = Kept { admin: &admin, id: admin.create(SYNC, values).await };
    let state = moved.becomes("success").await;
    assert_eq!(state.last_sync_message, "12 already booked");
    oracle::check(&admin, &shop, &expected(&orders)).await;
    assert_eq!(service.stop().await.0, Some(0));
}
