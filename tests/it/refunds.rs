//! A refund follows its sale.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::json;
use tillbridge::order::{Document, OrderKey};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Expected, number, sale, with};
use crate::support::series::Series;

static DATABASE: Database = Database::new("refunds");
static WITH_ADDON: Database = Database::with_addon("refunds_addon");

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

/// The references of the orders whose lines this order's lines give back. 14 without the
/// addon keeps no such link: a refund is known to be one of its sale by its reference alone.
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
    let reference = sale.key.pos_reference();
    assert!(refund.key.pos_reference().starts_with(&format!("{reference}/")), "{refund:?}");
    assert_lines_linked(admin, refund, sale).await;
}

/// The same, whatever its own reference.
async fn assert_lines_linked(admin: &Admin, refund: &Expected, sale: &Expected) {
    let sale = sale.key.pos_reference();
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

/// The same document in a location.
fn located((raw, mut expected): (String, Expected), location: &str) -> (String, Expected) {
    expected.key.location = Some(location.to_owned());
    (with(&raw, json!({"LocationID": location})), expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_becomes_a_refund_is_a_sale_and_a_refund() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (sale, of_sale) = sold("11", 2);
    let (refund, of_refund) = returned("11", 2, None);
    let feed = Feed::start(vec![sale]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);

    feed.show(vec![refund.clone()]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    assert_linked(&admin, &of_refund, &of_sale).await;
    bridge.pass().await.1.assert_counts(0, 1, 0);

    // Another content under the same identity is not another refund.
    let (other, _) = returned("11", 1, None);
    feed.show(vec![other]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.conflict, report.booked), (3, 1, 0), "{report:#?}");
    assert_eq!(report.order("11").code.as_deref(), Some("changed_after_booking"));
    oracle::check(&admin, &shop, &[of_sale, of_refund]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_decides_on_refunds_whose_sale_was_never_seen() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (refund, of_refund) = returned("406", 1, None);
    let feed = Feed::start(vec![refund]).await;
    let setting = |value: &str| format!("refund_without_sale = \"{value}\"");
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, &setting("ask"));
    bridge.pass().await.1.assert_counts(0, 0, 1);

    bridge.change_syncs(&setting("ask"), &setting("ignore"));
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.skipped, report.refused), (0, 1, 0), "{report:#?}");
    assert_eq!(report.order("406").code.as_deref(), Some("refund_without_sale"));

    let other = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, &setting("unlinked"));
    let (code, report) = other.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!(code, 0);
    assert!(report.order("406").message.as_deref().is_some_and(|flag| flag.contains("not linked")));
    oracle::check(&admin, &shop, &[of_refund]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_a_sale_before_the_start_date_is_booked_unlinked() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (refund, of_refund) = returned("407", 1, None);
    let dates = json!({"OrderDate": "2026-02-20T10:00:00Z", "CheckoutDate": "2026-03-02T10:00:00Z"});
    let feed = Feed::start(vec![with(&refund, dates)]).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "start_date = 2026-03-01");
    bridge.pass().await.1.assert_counts(1, 0, 0);
    assert!(linked_to(&admin, &of_refund).await.is_empty());
    oracle::check(&admin, &shop, &[of_refund]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_in_two_locations_and_a_refund_of_one_are_three_orders() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (here, of_here) = located(sold("21", 1), "1");
    let (there, of_there) = located(sold("21", 1), "2");
    let (refund, of_refund) = located(returned("21", 1, None), "2");
    let feed = Feed::start(vec![here, there, refund]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(3, 0, 0);
    bridge.pass().await.1.assert_counts(0, 3, 0);
    assert_linked(&admin, &of_refund, &of_there).await;
    oracle::check(&admin, &shop, &[of_here, of_there, of_refund]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_another_shop_is_linked_to_the_sale_that_it_names() {
    let [main, airport] = [DATABASE.shop(&["Card"]).await, DATABASE.shop(&["Card"]).await];
    let admin = DATABASE.admin().await;
    let (sale, of_sale) = located(sold("31", 2), "1");
    let (refund, of_refund) = located(returned("32", 1, Some("C-1")), "2");
    let refund = with(&refund, json!({"OriginalOrderID": "31", "ReturnNumber": "C-2", "RefundID": null}));
    let mut of_refund = of_refund;
    of_refund.key.document = Document::Refund(Some("C-2".into()));
    let feed = Feed::start(vec![sale.clone()]).await;
    let rules =
        format!("refund_id_field = \"ReturnNumber\"\n[[sync.location]]\nid = 2\nshop = {}", airport.id);
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &main, &rules);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    feed.show(vec![sale, refund]);
    bridge.pass().await.1.assert_counts(1, 1, 0);
    assert_lines_linked(&admin, &of_refund, &of_sale).await;
    oracle::check(&admin, &main, &[of_sale]).await;
    oracle::check(&admin, &airport, &[of_refund]).await;
}

/// By quantity, although the amount would be left. On 14 the addon keeps the link.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_addon_no_product_is_returned_more_often_than_it_was_sold() {
    let (admin, shop) = (WITH_ADDON.admin().await, WITH_ADDON.shop(&["Card"]).await);
    let order = |status: u32, lines: &[(&str, i64)], refund: &str| {
        let net: i64 = lines.iter().map(|(_, count)| count * 10).sum();
        let total = number(Decimal::from(net) * dec!(1.15));
        let line = |(code, count): &(&str, i64)| json!({"ItemCode": code, "Price": 10, "Quantity": count});
        json!({
            "OrderID": "1", "OrderStatus": status, "GrandTotal": total, "RefundID": refund,
            "OrderItems": lines.iter().map(line).collect::<Vec<_>>(),
            "CheckoutDetails": [{"CardType": "Card", "AmountPaid": total}],
        })
        .to_string()
    };
    let sale = order(103, &[("B002", 2), ("B003", 3)], "");
    let feed = Feed::start(vec![sale, order(106, &[("B002", 1)], "R1")]).await;
    let mut bridge = crate::addon::bridge(&WITH_ADDON, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "");
    bridge.pass().await.1.assert_counts(2, 0, 0);

    feed.show(vec![order(106, &[("B002", 2)], "R2"), order(106, &[("B002", 1), ("B003", 1)], "R3")]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 1);
    let refused = report.orders.iter().find(|order| order.state == "refused").expect("one is too much");
    assert_eq!((code, refused.code.as_deref()), (3, Some("over_refund")), "{refused:?}");
    assert!(refused.message.as_deref().is_some_and(|text| text.contains("returns 2")), "{refused:?}");

    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "tillbridge::odoo::xmlrpc::decimal")]
        qty: Decimal,
        #[serde(with = "tillbridge::odoo::xmlrpc::decimal")]
        refunded_qty: Decimal,
    }
    let sold = json!([["order_id.config_id", "=", shop.id], ["qty", ">", 0]]);
    let lines: Vec<Line> = admin.rows("pos.order.line", sold, &["qty", "refunded_qty"]).await;
    let lines: Vec<_> =
        lines.iter().map(|line| (line.qty.normalize(), line.refunded_qty.normalize())).collect();
    assert_eq!(lines, [(dec!(2), dec!(2)), (dec!(3), dec!(1))]);
}
