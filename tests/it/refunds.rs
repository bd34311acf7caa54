//! A refund follows its sale.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::json;
use tillbridge::order::{Document, OrderKey};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Expected, number, sale};
use crate::support::series::Series;

static DATABASE: Database = Database::new("refunds");

/// Item 02, net 10.00 each, at 15 %, by card; the quantity of a refund is negative.
fn document(order_id: &str, quantity: i64, document: Document, status: u32) -> (String, Expected) {
    let count = Decimal::from(quantity);
    let (total, tax) = (count * dec!(11.50), count * dec!(1.50));
    let mut order = json!({
        "OrderID": order_id, "OrderStatus": status, "GrandTotal": number(total.abs()),
        "OrderItems": [{"ItemCode": "B002", "Price": 10, "Quantity": quantity.abs()}],
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": number(total.abs())}],
    });
    if let Document::Refund(Some(id)) = &document {
        order["RefundID"] = id.as_str().into();
    }
    let expected = Expected {
        key: OrderKey { document, ..sale(order_id) },
        total,
        tax,
        lines: vec![("B002".into(), count)],
        payments: vec![("Card".into(), total)],
    };
    (order.to_string(), expected)
}

fn sold(order_id: &str, quantity: i64) -> (String, Expected) {
    document(order_id, quantity, Document::Sale, 103)
}

fn returned(order_id: &str, quantity: i64, id: Option<&str>) -> (String, Expected) {
    document(order_id, -quantity, Document::Refund(id.map(str::to_owned)), 106)
}

/// The references of the orders whose lines this order's lines give back. 14 keeps no such
/// link: a refund is known to be one of its sale by its reference alone.
async fn linked_to(admin: &Admin, refund: &Expected) -> Vec<String> {
    if Series::current() == Series::Odoo14 {
        return Vec::new();
    }
    #[derive(Deserialize)]
    struct Row {
        pos_reference: String,
    }
    let lines = json!([["lines.refund_orderline_ids.order_id.uuid", "=", refund.key.order_uuid()]]);
    let rows: Vec<Row> = admin.rows("pos.order", lines, &["pos_reference"]).await;
    rows.into_iter().map(|row| row.pos_reference).collect()
}

/// The refund gives back lines of this sale.
async fn assert_linked(admin: &Admin, refund: &Expected, sale: &Expected) {
    let sale = sale.key.pos_reference();
    assert!(refund.key.pos_reference().starts_with(&format!("{sale}/")), "{refund:?}");
    let linked = if Series::current() == Series::Odoo14 { vec![] } else { vec![sale] };
    assert_eq!(linked_to(admin, refund).await, linked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_before_its_sale_waits_and_is_then_linked() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (open, _) = document("1", 2, Document::Sale, 101);
    let (completed, of_sale) = sold("1", 2);
    let (refund, of_refund) = returned("1", 2, None);
    let feed = Feed::start(vec![refund.clone(), open]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.waiting, report.retrying), (0, 0, 1, 1), "{report:#?}");
    let waits = report.orders.iter().find(|order| order.state == "retrying").expect("the refund");
    assert_eq!(waits.code.as_deref(), Some("sale_not_booked"));
    oracle::check(&admin, &shop, &[]).await;

    // Refund first and sale after it, in one page.
    feed.show(vec![refund, completed]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(2, 0, 0);
    assert_eq!(code, 0);
    assert_linked(&admin, &of_refund, &of_sale).await;
    oracle::check(&admin, &shop, &[of_sale, of_refund]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_sale_only_a_refund_with_its_own_id_is_booked() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (bare, _) = returned("404", 1, None);
    let (own, of_own) = returned("405", 1, Some("R-1"));
    let feed = Feed::start(vec![bare, own]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 1);
    assert_eq!(code, 3);
    assert_eq!(report.order("404").code.as_deref(), Some("refund_without_sale"));
    let booked = report.order("405");
    assert_eq!(booked.total, Some(dec!(-11.50)));
    assert!(booked.message.as_deref().is_some_and(|flag| flag.contains("not linked")), "{booked:?}");
    assert!(linked_to(&admin, &of_own).await.is_empty());
    oracle::check(&admin, &shop, &[of_own]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_refunds_are_booked_until_the_sale_is_used_up() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (sale, of_sale) = sold("9", 3);
    let (first, of_first) = returned("9", 1, Some("A"));
    let (second, of_second) = returned("9", 2, Some("B"));
    let (third, _) = returned("9", 1, Some("C"));
    let feed = Feed::start(vec![sale.clone(), first.clone()]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(2, 0, 0);

    feed.show(vec![sale.clone(), first.clone(), second.clone()]);
    bridge.pass().await.1.assert_counts(1, 2, 0);
    assert_linked(&admin, &of_second, &of_sale).await;

    feed.show(vec![sale, first, second, third]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 3, 1);
    assert_eq!((code, report.order("9").code.as_deref()), (3, Some("over_refund")));
    oracle::check(&admin, &shop, &[of_sale, of_first, of_second]).await;
}

/// Two refunds of one sale that together exceed it, known at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_refunds_in_one_page_do_not_exceed_their_sale() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (sale, of_sale) = sold("5", 1);
    let feed = Feed::start(vec![sale.clone()]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);

    let (one, of_one) = returned("5", 1, Some("X"));
    let (two, _) = returned("5", 1, Some("Y"));
    feed.show(vec![sale, one, two]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 1, 1);
    assert_eq!(code, 3);
    let refused = report.orders.iter().find(|order| order.state == "refused").expect("one of them");
    assert_eq!(refused.code.as_deref(), Some("over_refund"));
    oracle::check(&admin, &shop, &[of_sale, of_one]).await;
}
