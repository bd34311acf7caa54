//! What an earlier connector booked in Odoo is adopted, never booked again.

use rust_decimal::{Decimal, dec};
use serde_json::json;
use tillbridge::order::{OrderKey, SourceId};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::orders::{Generated, plain, sale, texts};
use crate::support::series::Series;

static DATABASE: Database = Database::new("adoption");

/// Books these orders as an earlier connector did: with the bare order id in `field`.
async fn booked_before(shop: &Shop, orders: &[Generated], admin: &Admin, field: &str) {
    let feed = Feed::start(texts(orders)).await;
    let earlier = Bridge::new(&DATABASE).sync_with("Web", &feed, shop, "source = \"Earlier\"");
    earlier.pass().await.1.assert_counts(orders.len() as u64, 0, 0);
    for order in orders {
        let key =
            OrderKey { source: SourceId::new("Earlier").expect("not empty"), ..order.expected.key.clone() };
        let found: Vec<serde_json::Value> =
            admin.rows("pos.order", json!([["pos_reference", "=", key.pos_reference()]]), &["id"]).await;
        let id = found[0]["id"].as_i64().expect("an id");
        admin
            .write(
                "pos.order",
                &[id],
                json!({"pos_reference": "earlier", field: order.expected.key.order_id}),
            )
            .await;
    }
}

fn order(id: &str, net: Decimal) -> Generated {
    plain(id, "B002", net, "Card")
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_an_earlier_connector_are_taken_as_booked_and_can_be_refunded() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let orders = [order("501", dec!(10)), order("502", dec!(20)), order("503", dec!(30))];
    booked_before(&shop, &orders[..2], &admin, "pos_reference").await;

    // The second one differs by a cent from what stands in Odoo.
    let mut shown = texts(&[orders[0].clone(), order("502", dec!(20.01)), orders[2].clone()]);
    let feed = Feed::start(shown.clone()).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let preview = bridge.run(&["sync", "--dry-run"]).await;
    assert!(preview.stdout.contains("1 would be booked, 1 already booked, 1 needs you"), "{preview:?}");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 1, 1);
    assert_eq!(code, 3);
    let adopted = report.order("501");
    assert!(adopted.message.as_deref().is_some_and(|note| note.starts_with("Adopted: ")), "{adopted:?}");
    let doubtful = report.order("502");
    assert_eq!(doubtful.code.as_deref(), Some("possible_duplicate"));
    let message = doubtful.message.as_deref().expect("why");
    assert!(message.contains("23.01") && message.contains("23.00"), "{message}");
    assert_eq!(admin.count("pos.order", json!([["config_id", "=", shop.id]])).await, 3);

    // It stays booked, and its refund finds it.
    let refund = json!({
        "OrderID": "501", "OrderStatus": 106, "GrandTotal": 11.50, "OrderDate": "2026-03-01T12:00:00Z",
        "OrderItems": [{"ItemCode": "B002", "Price": 10, "Quantity": 1}],
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 11.50}],
    });
    shown.push(refund.to_string());
    feed.show(shown);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.already_booked, report.refused), (1, 2, 1), "{report:#?}");
    let of_sale = match Series::current() {
        // Its lines know nothing of what they return: the reference is all there is.
        Series::Odoo14 => json!(["pos_reference", "=", "Web/-/501/R"]),
        Series::Odoo19 => json!(["lines.refunded_orderline_id.order_id.pos_reference", "=", "501"]),
    };
    assert_eq!(admin.count("pos.order", json!([["config_id", "=", shop.id], of_sale])).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_the_earlier_connector_and_one_order_for_two_locations() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let model: Vec<serde_json::Value> =
        admin.rows("ir.model", json!([["model", "=", "pos.order"]]), &["id"]).await;
    let field = json!({
        "model_id": model[0]["id"], "name": "x_external_order_id", "ttype": "char",
        "field_description": "External order",
    });
    admin.create("ir.model.fields", field).await;
    let orders = [order("601", dec!(10)), order("602", dec!(20))];
    booked_before(&shop, &orders, &admin, "x_external_order_id").await;

    // 602 is the number of two orders here, of which the earlier connector made one.
    let located = |location: u32| orders[1].json.replacen('{', &format!("{{\"LocationID\":{location},"), 1);
    let feed = Feed::start(vec![orders[0].json.clone(), located(1), located(2)]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.already_booked, report.refused, report.booked), (3, 1, 2, 0), "{report:#?}");

    // Switched off, everything is booked.
    let mut bridge = bridge;
    bridge.change_syncs("name = \"Web\"\n", "name = \"Web\"\nadopt_existing = false\n");
    bridge.pass().await.1.assert_counts(2, 1, 0);
    let ours = json!([["config_id", "=", shop.id], ["pos_reference", "=", sale("601").pos_reference()]]);
    assert_eq!(admin.count("pos.order", ours).await, 0, "601 is the earlier connector's");
}
