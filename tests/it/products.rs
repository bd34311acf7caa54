//! A product that Odoo does not know refuses its order, and only that, until it is there.

use rust_decimal::dec;
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{expected, plain, plains, texts};

static DATABASE: Database = Database::new("products");

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_product_refuses_its_order_alone_until_it_is_created() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let mut orders = plains(100, 10);
    orders.insert(5, plain("200", "N001", dec!(33.33), "Card"));
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(10, 0, 1);
    assert_eq!(code, 3);
    let refused = report.order("200");
    assert_eq!((refused.state.as_str(), refused.code.as_deref()), ("refused", Some("unknown_product")));
    assert!(
        refused.message.as_deref().is_some_and(|message| message.contains("Name of N001")),
        "{refused:?}"
    );
    assert!(refused.fix.as_deref().is_some_and(|fix| fix.contains("Create the product")), "{refused:?}");
    let booked: Vec<_> =
        orders.iter().filter(|order| order.expected.key.order_id != "200").cloned().collect();
    oracle::check(&admin, &shop, &expected(&booked)).await;

    // The source need not show it again: the inbox has it.
    feed.show(texts(&booked));
    let values = json!({
        "name": "Nitro Fuel", "default_code": "N001", "type": "consu", "list_price": 33.33,
        "available_in_pos": true, "taxes_id": [[6, 0, [DATABASE.seed().taxes["15%"]]]],
    });
    admin.create("product.product", values).await;
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 10, 0);
    assert_eq!(code, 0);
    assert_eq!(report.order("200").state, "booked");
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn products_that_cannot_be_sold_or_told_apart_are_refused_with_their_names() {
    let shop = DATABASE.shop(&["Card"]).await;
    let named = |id: &str, name: &str| {
        json!({
            "OrderID": id, "OrderStatus": 103, "GrandTotal": 11.5,
            "OrderItems": [{"ItemName": name, "Price": 10, "Quantity": 1}],
            "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 11.5}],
        })
        .to_string()
    };
    let orders = [("1", "Archived Wiper"), ("2", "Back Office Form"), ("3", "Floor Mat Set")];
    let feed = Feed::start(orders.map(|(id, name)| named(id, name)).to_vec()).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 0, 3);
    assert_eq!(code, 3);
    for (id, reason, said) in [
        ("1", "unavailable_product", "is archived"),
        ("2", "unavailable_product", "is not available in Point of Sale"),
        ("3", "ambiguous_product", "[90301] Floor Mat Set"),
    ] {
        let refused = report.order(id);
        assert_eq!(refused.code.as_deref(), Some(reason), "{refused:?}");
        assert!(refused.message.as_deref().is_some_and(|message| message.contains(said)), "{refused:?}");
    }
    oracle::check(&DATABASE.admin().await, &shop, &[]).await;
}
