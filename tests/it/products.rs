//! A product that Odoo does not know refuses its order, and only that, until it is there;
//! lots, serial numbers and components move with their line.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::fields::{Many2One, optional};
use tillbridge::odoo::xmlrpc::decimal;

use crate::support::binary::Bridge;
use crate::support::closing::close;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{expected, plain, plains, texts};
use crate::support::series::Series;

static DATABASE: Database = Database::new("products");
static TRACKED: Database = Database::new("products_tracked");

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

/// A product tracked by lots with stock of `lot`, or of none when that is empty.
async fn tracked(admin: &Admin, code: &str, tracking: &str, lot: &str) {
    let values = json!({
        "name": format!("Tracked {code}"), "default_code": code, "type": "consu", "is_storable": true,
        "tracking": tracking, "available_in_pos": true, "taxes_id": [[6, 0, []]],
    });
    let product = admin.create("product.product", values).await;
    #[derive(Deserialize)]
    struct Warehouse {
        lot_stock_id: Many2One,
    }
    let warehouses: Vec<Warehouse> = admin.rows("stock.warehouse", json!([]), &["lot_stock_id"]).await;
    let lot = admin.create("stock.lot", json!({"name": lot, "product_id": product, "company_id": 1})).await;
    let shelf = warehouses[0].lot_stock_id.id;
    let quant = json!({"product_id": product, "location_id": shelf, "lot_id": lot, "inventory_quantity": 1});
    let quant = admin.create("stock.quant", quant).await;
    admin.act("stock.quant", "action_apply_inventory", json!([[quant]])).await;
}

/// 14 has other models for lots and counting.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_lots_and_serial_numbers_move_with_their_line_and_components_move_for_nothing() {
    let (shop, admin) = (TRACKED.shop(&["Cash", "Card"]).await, TRACKED.admin().await);
    // Only stock users may write lots.
    let stock = crate::addon::group(&admin, "stock.group_stock_user").await;
    let users = crate::addon::user_ids(&admin, &["posapi"]).await;
    admin.write("res.users", &users, json!({Series::current().groups(): [[4, stock]]})).await;
    tracked(&admin, "LOT", "lot", "L-2026").await;
    tracked(&admin, "SER", "serial", "SN-1").await;
    let sold = |id: &str, line: Value| {
        json!({
            "OrderID": id, "OrderStatus": 103, "GrandTotal": 10, "Tax": 0, "OrderItems": [line],
            "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 10}],
        })
        .to_string()
    };
    let orders = vec![
        sold("1", json!({"ItemCode": "LOT", "Price": 10, "LotNumber": "L-2026"})),
        sold("2", json!({"ItemCode": "SER", "Price": 10, "SerialNumber": "SN-1"})),
        sold("3", json!({"ItemCode": "SER", "Price": 10})),
        sold(
            "4",
            json!({"ItemCode": "A007", "Price": 10, "OrderDetailPackages": [{"ItemCode": "B002", "Quantity": 2, "Price": 99}]}),
        ),
    ];
    let feed = Feed::start(orders).await;
    let mut bridge = Bridge::new(&TRACKED).sync_with(
        "Web",
        &feed,
        &shop,
        "combo_components = \"book\"\nlot_policy = \"refuse\"",
    );
    let (code, report) = bridge.pass().await;
    report.assert_counts(3, 0, 1);
    assert_eq!((code, report.order("3").code.as_deref()), (3, Some("missing_lot")));
    assert!(
        report.orders.iter().filter(|order| order.state == "booked").all(|order| order.message.is_none())
    );
    bridge.change_syncs("\"refuse\"", "\"book\"");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 3, 0);
    let flagged = report.order("3").message.clone().unwrap_or_default();
    assert!(code == 0 && flagged.contains("stock not moved"), "{flagged}");

    #[derive(Deserialize)]
    struct Moved {
        product_id: Many2One,
        #[serde(deserialize_with = "optional")]
        lot_id: Option<Many2One>,
        #[serde(with = "decimal")]
        quantity: Decimal,
    }
    let out = json!([["state", "=", "done"], ["location_dest_usage", "=", "customer"]]);
    let moved: Vec<Moved> = admin.rows("stock.move.line", out, &["product_id", "lot_id", "quantity"]).await;
    let mut moved: Vec<_> = moved
        .iter()
        .map(|line| {
            let lot = line.lot_id.as_ref().map(|lot| lot.name.as_str());
            (line.product_id.name.as_str(), lot, line.quantity.round_dp(2))
        })
        .collect();
    moved.sort_unstable();
    assert_eq!(
        moved,
        [
            ("[B002] Item 02", None, dec!(2)),
            ("[LOT] Tracked LOT", Some("L-2026"), dec!(1)),
            ("[SER] Tracked SER", Some("SN-1"), dec!(1)),
        ]
    );
    assert_eq!(close(&admin, shop.id, dec!(0)).await, [], "difference entries");
}
