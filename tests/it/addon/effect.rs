//! What changes of a sync would change, seen in a draft and then made.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kept, LIMIT, REQUEST, SYNC, bridge, order};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::orders::with;
use crate::support::service::Service;
use crate::support::until;
use tillbridge::odoo::Outcome;

static EFFECT: Database = Database::with_addon("addon_effect");

/// What a button of a form opens.
#[derive(Deserialize)]
struct Opens {
    res_id: i64,
}

/// A POS order, as far as anything could change it.
#[derive(Debug, PartialEq, Deserialize)]
struct Entered {
    id: i64,
    external_order_id: String,
    amount_tax: f64,
    write_date: String,
}

async fn entered(admin: &Admin, shop: &Shop) -> Vec<Entered> {
    let domain = json!([["config_id", "=", shop.id]]);
    admin.rows("pos.order", domain, &["external_order_id", "amount_tax", "write_date"]).await
}

async fn draft_of(admin: &Admin, sync: &Kept<'_>, values: Value) -> i64 {
    let opens: Opens = admin.call(SYNC, "action_draft", json!([[sync.id]])).await;
    admin.write(SYNC, &[opens.res_id], values).await;
    opens.res_id
}

/// How the question ended what a draft would change: state, message, result.
async fn effect(admin: &Admin, draft: i64) -> (String, String, Value) {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        state: String,
        message: Value,
        result: Value,
    }
    let last = async || {
        let rows: Vec<Row> =
            admin.rows(REQUEST, json!([["kind", "=", "effect"]]), &["state", "message", "result"]).await;
        rows.into_iter().max_by_key(|row| row.id).expect("a request")
    };
    admin.act(SYNC, "action_show_effect", json!([[draft]])).await;
    until(LIMIT, async || matches!(last().await.state.as_str(), "done" | "failed")).await;
    let Row { state, message, result, .. } = last().await;
    let result = result.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    (state, message.as_str().unwrap_or_default().to_owned(), result)
}

fn key(id: u64) -> String {
    format!("v1:Web/-/{id}/sale")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_effect_of_a_draft_is_what_happens_once_it_is_applied_and_nothing_before() {
    let admin = EFFECT.admin().await;
    let shop = EFFECT.shop(&["Cash", "Card"]).await;
    let yesterday = (Utc::now() - TimeDelta::days(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let sold = |id, item: &str, fields: Value| {
        let order = with(&order(id, item), json!({"OrderDate": yesterday}));
        with(&order, fields)
    };
    let voucher = json!({"CheckoutDetails": [{"CardType": "Voucher", "AmountPaid": 138}]});
    // 5 % in the price of a product that has 15 % in Odoo.
    let taxed = json!({"Tax": 5.71, "TaxPercent": 5, "GrandTotal": 120, "AmountPaid": 120,
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 120}]});
    let feed = Feed::start(vec![
        sold(1, "Engine Oil Change", json!({})),
        sold(2, "Engine Oil Change", taxed),
        sold(3, "Engine Oil Change", voucher.clone()),
        sold(4, "Engine Oil Change", voucher),
        sold(5, "No such thing", json!({})),
    ])
    .await;
    let bridge = bridge(&EFFECT, &admin).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    // Whether a session of yesterday is closed by now depends on the time of the day.
    sync.write(
        json!({"tax_policy": "keep", "payment_fallback": "ask", "closing": "never", "late_orders": "book"}),
    )
    .await;
    let service = Service::start(&bridge).await;
    sync.becomes("needs_you").await;

    let before = (entered(&admin, &shop).await, bridge.exported().await);
    assert_eq!(before.0.len(), 2, "{before:?}");
    let changes = json!({
        "tax_policy": "map",
        "payment_line_ids": [[0, 0, {"code": "Voucher", "payment_method_id": shop.methods["Card"]}]],
    });
    let draft = draft_of(&admin, &sync, changes.clone()).await;
    let (state, message, found) = effect(&admin, draft).await;
    assert_eq!(state, "done", "{message}");
    assert_eq!((&found["open"], &found["booked"]), (&json!(3), &json!(2)), "{found:#}");
    let cured = &found["cured"];
    assert_eq!(cured["keys"], json!([key(3), key(4)]), "{found:#}");
    assert_eq!(cured["sums"], json!([{"currency": "USD", "total": "276.00", "tax": "36.00"}]));
    let differing = &found["differing"];
    assert_eq!(differing["keys"], json!([key(2)]), "{found:#}");
    assert_eq!(differing["sums"], json!([{"currency": "USD", "total": "0.00", "tax": "-9.94"}]));
    let said = differing["orders"][0]["differences"].to_string();
    assert!(said.contains("tax 15.65 → 5.71") && said.contains("taxes of "), "{said}");
    assert_eq!(found["still"]["keys"], json!([key(5)]));
    assert_eq!(found["still"]["orders"][0]["code"], "unknown_product");
    assert_eq!(found["refused"]["count"], 0);
    assert_eq!((entered(&admin, &shop).await, bridge.exported().await), before, "nothing was written");

    // Somebody changes the sync meanwhile: the draft is not applied, and says what changed.
    sync.write(json!({"price_mode": "tax_excluded"})).await;
    match admin.client.write::<Value>(SYNC, "action_apply_draft", json!([[draft]]), json!({})).await {
        Outcome::Refused(fault) => assert!(fault.message().contains("Tax excluded"), "{fault}"),
        other => panic!("{other:?}"),
    }
    admin.act(SYNC, "action_discard_draft", json!([[draft]])).await;
    sync.write(json!({"price_mode": "auto"})).await;

    // One that could not run is answered as a sync that is so configured.
    let draft = draft_of(&admin, &sync, json!({"pos_config_id": false})).await;
    let (state, message, _) = effect(&admin, draft).await;
    assert_eq!(state, "failed");
    assert!(message.contains("Choose one in the sync's form"), "{message}");
    admin.act(SYNC, "action_discard_draft", json!([[draft]])).await;

    // Applied, it does what was shown.
    let draft = draft_of(&admin, &sync, changes).await;
    let (_, _, again) = effect(&admin, draft).await;
    assert_eq!((&again["cured"], &again["differing"]), (&found["cured"], &found["differing"]));
    assert_eq!(entered(&admin, &shop).await, before.0, "nothing was written");
    admin.act(SYNC, "action_apply_draft", json!([[draft]])).await;
    until(LIMIT, async || entered(&admin, &shop).await.len() == 4).await;
    sync.becomes("needs_you").await;
    let after = entered(&admin, &shop).await;
    let ids: BTreeSet<&str> = after.iter().map(|order| order.external_order_id.as_str()).collect();
    assert_eq!(ids, BTreeSet::from(["1", "2", "3", "4"]), "those that were cured, and no other");
    let kept = after.iter().find(|order| order.external_order_id == "2").map(|order| order.amount_tax);
    assert_eq!(kept, Some(15.65), "what is booked stays as it is");
    service.stop().await;
}
