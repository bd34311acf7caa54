//! Who can read what, over RPC as anybody could.

use serde_json::{Value, json};
use tillbridge::odoo::{CallError, Client};

use super::{Kept, REQUEST, SYNC, group};
use crate::support::feed::{Feed, KEY};
use crate::support::odoo::Database;
use crate::support::series::Series;

static DATABASE: Database = Database::with_addon("addon_rights");

#[tokio::test(flavor = "multi_thread")]
async fn support_staff_read_the_status_and_ask_and_nobody_reads_the_key() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(Vec::new()).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    let mut groups = Vec::new();
    for id in ["base.group_user", "external_order_sync.group_support"] {
        groups.push(group(&admin, id).await);
    }
    let values = json!({"name": "S", "login": "support", "password": "support", Series::current().groups(): [[6, 0, groups]]});
    admin.create("res.users", values).await;
    let support = DATABASE.client("support", "support").await;

    let shown: Vec<Value> = support
        .search_read(SYNC, &json!([["id", "=", sync.id]]), &["name", "badge", "last_sync_message"], "id")
        .await
        .expect("support staff read the status");
    assert_eq!(shown[0]["badge"], "never");
    let _: Value = call(&support, SYNC, "action_sync_now", json!([[sync.id]])).await.expect("they may ask");
    assert_eq!(admin.count(REQUEST, json!([["sync_id", "=", sync.id]])).await, 1);
    call(&support, SYNC, "write", json!([[sync.id], {"name": "Mine"}]))
        .await
        .expect_err("they may not change");

    for (who, client) in [("support", &support), ("the administrator", &admin.client)] {
        let all = call(client, SYNC, "read", json!([[sync.id]])).await.expect("a sync");
        assert!(!all.to_string().contains(KEY), "{who} reads the key among all fields: {all}");
        assert_eq!(all[0]["has_api_key"], true, "{who} sees that there is one");
        let read = call(client, SYNC, "read", json!([[sync.id], ["external_api_key"]])).await;
        assert!(!read.is_ok_and(|read| read.to_string().contains(KEY)), "{who} reads the key");
        let exported = call(client, SYNC, "export_data", json!([[sync.id], ["external_api_key"]])).await;
        assert!(!exported.is_ok_and(|exported| exported.to_string().contains(KEY)), "{who} exports the key");
        for (method, args) in [
            ("search", json!([[["external_api_key", "=", KEY]]])),
            ("search", json!([[["key_ids.value", "=", KEY]]])),
            ("read", json!([[sync.id], ["key_ids"]])),
            ("export_data", json!([[sync.id], ["key_ids/value"]])),
        ] {
            let got = call(client, SYNC, method, args.clone()).await;
            assert!(got.is_err(), "{who}: {method}{args} answers {got:?}");
        }
        let got = call(client, "external.order.key", "search_read", json!([[], ["value"]])).await;
        assert!(got.is_err(), "{who} reads the table of keys: {got:?}");
    }
}

async fn call(client: &Client, model: &str, method: &str, args: Value) -> Result<Value, CallError> {
    client.read(model, method, args, json!({})).await
}
