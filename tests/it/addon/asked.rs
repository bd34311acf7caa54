//! What people ask of orders in Odoo, and what the service answers.

use serde_json::{Value, json};

use super::{Kept, LIMIT, REQUEST, bridge, order};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::service::Service;
use crate::support::until;

static ASKED: Database = Database::with_addon("addon_asked");

/// A request as Odoo keeps it once it ended.
#[derive(Debug, serde::Deserialize)]
struct Ended {
    state: String,
    message: Value,
    result: Value,
}

impl Ended {
    fn result(&self) -> Value {
        let text = self.result.as_str().unwrap_or_else(|| panic!("no result: {self:?}"));
        serde_json::from_str(text).expect("JSON")
    }

    fn message(&self) -> &str {
        self.message.as_str().expect("a message")
    }
}

/// Asks, and waits for the answer.
async fn ask(admin: &Admin, values: Value) -> Ended {
    let id = admin.create(REQUEST, values).await;
    let mut ended: Option<Ended> = None;
    until(LIMIT, async || {
        let domain = json!([["id", "=", id], ["state", "in", ["done", "failed"]]]);
        ended = admin.rows(REQUEST, domain, &["state", "message", "result"]).await.pop();
        ended.is_some()
    })
    .await;
    ended.expect("its end")
}

/// These orders in Odoo, once the service told of them.
async fn told(admin: &Admin, ids: &[u64]) -> Vec<i64> {
    #[derive(serde::Deserialize)]
    struct Row {
        id: i64,
    }
    let keys: Vec<String> = ids.iter().map(|id| format!("v1:Web/-/{id}/sale")).collect();
    let mut rows: Vec<Row> = Vec::new();
    until(LIMIT, async || {
        let domain = json!([["key", "in", keys], ["state", "=", "refused"]]);
        rows = admin.rows("external.order", domain, &["key"]).await;
        rows.len() == ids.len()
    })
    .await;
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_about_orders_ends_with_how_many_are_booked_and_why_the_others_are_not() {
    let admin = ASKED.admin().await;
    let shop = ASKED.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(1, "Coolant Flush"), order(2, "No such thing")]).await;
    let bridge = bridge(&ASKED, &admin).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    let service = Service::start(&bridge).await;
    sync.becomes("needs_you").await;
    let orders = told(&admin, &[1, 2]).await;
    let about = |kind: &str, orders: &[i64], payload: Value| json!({"kind": kind, "order_ids": [[6, 0, orders]], "payload": payload.to_string()});

    let taxes = json!([[6, 0, [ASKED.seed().taxes["15%"]]]]);
    let product = json!({"name": "Coolant Flush", "available_in_pos": true, "taxes_id": taxes});
    admin.create("product.product", product).await;
    let retried = ask(&admin, about("retry", &orders, json!({}))).await;
    assert_eq!(retried.state, "done", "{retried:?}");
    assert!(retried.message().starts_with("1 of 2 booked; 2: "), "{retried:?}");
    assert!(retried.message().contains("No such thing"), "{retried:?}");
    assert_eq!(retried.result(), json!({"booked": 1, "of": 2}));

    let closed = ask(&admin, about("ignore", &orders[1..], json!({"reason": "a test"}))).await;
    assert_eq!((closed.state.as_str(), closed.message()), ("done", "1 of 1 closed"), "{closed:?}");
    let reopened = ask(&admin, about("reopen", &orders[1..], json!({}))).await;
    assert_eq!(reopened.state, "failed", "still no such product: {reopened:?}");
    assert!(reopened.message().starts_with("0 of 1 booked; 2: "), "{reopened:?}");

    // The list shows an order that came too late for the last pass.
    let more = [order(1, "Coolant Flush"), order(2, "No such thing"), order(3, "Engine Oil Change")];
    feed.show(more.to_vec());
    let asked = |kind: &str, payload: Value| json!({"kind": kind, "sync_id": sync.id, "payload": payload.to_string()});
    let fetched = ask(&admin, asked("fetch", json!({"ids": ["3", "99"]}))).await;
    assert_eq!(fetched.state, "done", "{fetched:?}");
    assert!(fetched.message().starts_with("1 of 1 booked\nNot at the source: 99.\n"), "{fetched:?}");
    let result = fetched.result();
    assert_eq!((&result["found"], &result["missing"]), (&json!(["v1:Web/-/3/sale"]), &json!(["99"])));
    assert!(result["note"].as_str().is_some_and(|note| note.contains("no address for a single order")));

    // A look, line by line, and what would be booked of the newest orders.
    let tested = ask(&admin, asked("test", json!({}))).await;
    assert_eq!(tested.state, "done", "{tested:?}");
    let checks = tested.result()["checks"].clone();
    let checks = checks.as_array().expect("checks");
    let named = |text: &str| checks.iter().any(|check| check["text"].as_str().unwrap().contains(text));
    assert!(named("The source answers") && named(&shop.name) && checks.len() > 8, "{checks:?}");
    feed.show([&more[..], &[order(4, "Engine Oil Change")]].concat());
    let preview = ask(&admin, asked("preview", json!({"limit": 20}))).await;
    assert_eq!(preview.state, "done", "{preview:?}");
    let orders = preview.result()["orders"].clone();
    let found = |id: &str| {
        let orders = orders.as_array().expect("orders");
        orders
            .iter()
            .find(|order| order["id"] == id)
            .unwrap_or_else(|| panic!("no {id} in {orders:?}"))
            .clone()
    };
    assert_eq!((&found("3")["state"], &found("2")["state"]), (&json!("booked"), &json!("refused")));
    let planned = found("4");
    assert_eq!(
        (&planned["state"], &planned["total"], &planned["tax"]),
        (&json!("ready"), &json!("138.00"), &json!("18.00"))
    );
    assert_eq!(planned["lines"][0]["total"], "138.00");
    assert_eq!(planned["payments"][0]["amount"], "138.00");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}
