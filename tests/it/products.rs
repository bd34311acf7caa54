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
static COMBOS: Database = Database::new("products_combos");

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

/// A stored product tracked as `tracking` says, with one piece of the lot or number `lot` on
/// the shelf.
async fn tracked(admin: &Admin, code: &str, tracking: &str, lot: &str) {
    let series = Series::current();
    let mut values = json!({
        "name": format!("Tracked {code}"), "default_code": code, "tracking": tracking,
        "available_in_pos": true, "taxes_id": [[6, 0, []]],
    });
    series.make_storable(&mut values);
    let product = admin.create("product.product", values).await;
    #[derive(Deserialize)]
    struct Warehouse {
        lot_stock_id: Many2One,
    }
    let warehouses: Vec<Warehouse> = admin.rows("stock.warehouse", json!([]), &["lot_stock_id"]).await;
    let lot = json!({"name": lot, "product_id": product, "company_id": 1});
    let lot = admin.create(series.lot_model(), lot).await;
    let shelf = warehouses[0].lot_stock_id.id;
    let quant = json!({"product_id": product, "location_id": shelf, "lot_id": lot, "inventory_quantity": 1});
    match series {
        // Counting is one step, and means something in this mode alone (`stock_quant.py`).
        Series::Odoo14 => {
            let client = admin.client.with_context([("inventory_mode", true)]);
            Admin { client }.create("stock.quant", quant).await;
        }
        Series::Odoo19 => {
            let quant = admin.create("stock.quant", quant).await;
            admin.act("stock.quant", "action_apply_inventory", json!([[quant]])).await;
        }
    }
}

/// An order of one line for 10, paid by card.
fn sold(id: &str, line: Value) -> String {
    json!({
        "OrderID": id, "OrderStatus": 103, "GrandTotal": 10, "Tax": 0, "OrderItems": [line],
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 10}],
    })
    .to_string()
}

/// What was delivered from a database: product, lot, quantity, in order.
async fn delivered(admin: &Admin) -> Vec<(String, Option<String>, Decimal)> {
    #[derive(Deserialize)]
    struct Moved {
        product_id: Many2One,
        #[serde(deserialize_with = "optional")]
        lot_id: Option<Many2One>,
        #[serde(alias = "qty_done", with = "decimal")]
        quantity: Decimal,
    }
    let out = json!([["state", "=", "done"], ["location_dest_id.usage", "=", "customer"]]);
    let fields = ["product_id", "lot_id", Series::current().moved_line_quantity()];
    let rows: Vec<Moved> = admin.rows("stock.move.line", out, &fields).await;
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| (row.product_id.name, row.lot_id.map(|lot| lot.name), row.quantity.round_dp(2)))
        .collect();
    rows.sort_unstable();
    rows
}

fn moved(product: &str, lot: Option<&str>, quantity: Decimal) -> (String, Option<String>, Decimal) {
    (product.to_owned(), lot.map(str::to_owned), quantity)
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_and_serial_numbers_move_with_their_line() {
    let (shop, admin) = (TRACKED.shop(&["Cash", "Card"]).await, TRACKED.admin().await);
    tracked(&admin, "LOT", "lot", "L-2026").await;
    tracked(&admin, "SER", "serial", "SN-1").await;
    let feed = Feed::start(vec![
        sold("1", json!({"ItemCode": "LOT", "Price": 10, "LotNumber": "L-2026"})),
        sold("2", json!({"ItemCode": "SER", "Price": 10, "SerialNumber": "SN-1"})),
        sold("3", json!({"ItemCode": "SER", "Price": 10})),
    ])
    .await;
    let mut bridge = Bridge::new(&TRACKED).sync_with("Web", &feed, &shop, "lot_policy = \"refuse\"");

    // Odoo itself looks the numbers up with the API user's rights.
    let ended = bridge.run(&["doctor"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains("[LOT] Tracked LOT") && ended.stdout.contains("Inventory"), "{ended:?}");
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 0, 3);
    assert_eq!(code, 3);
    for id in ["1", "2"] {
        assert_eq!(report.order(id).code.as_deref(), Some("odoo_refused"), "{:?}", report.order(id));
    }
    let stock = crate::addon::group(&admin, "stock.group_stock_user").await;
    let users = crate::addon::user_ids(&admin, &["posapi"]).await;
    admin.write("res.users", &users, json!({Series::current().groups(): [[4, stock]]})).await;
    let ended = bridge.run(&["doctor"]).await;
    assert!(ended.stdout.contains("may look lots and serial numbers up"), "{ended:?}");
    // That it is put right cannot be seen in what is sent.
    for id in ["1", "2"] {
        let ended = bridge.run(&["orders", "retry", id]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    let (code, report) = bridge.pass().await;
    report.assert_counts(2, 0, 1);
    assert_eq!((code, report.order("3").code.as_deref()), (3, Some("missing_lot")));
    assert!(
        report.orders.iter().filter(|order| order.state == "booked").all(|order| order.message.is_none()),
        "{report:#?}"
    );
    bridge.change_syncs("\"refuse\"", "\"book\"");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 2, 0);
    let flagged = report.order("3").message.clone().unwrap_or_default();
    assert!(code == 0 && flagged.contains("stock not moved"), "{flagged}");
    assert_eq!(
        delivered(&admin).await,
        [
            moved("[LOT] Tracked LOT", Some("L-2026"), dec!(1)),
            moved("[SER] Tracked SER", Some("SN-1"), dec!(1))
        ]
    );
    assert_eq!(close(&admin, shop.id, dec!(0)).await, [], "difference entries");
}

#[tokio::test(flavor = "multi_thread")]
async fn components_are_left_out_or_move_for_nothing() {
    let (shop, admin) = (COMBOS.shop(&["Cash", "Card"]).await, COMBOS.admin().await);
    let menu = menu(&admin).await;
    let order = |id: &str, menu: &str| {
        sold(
            id,
            json!({"ItemCode": menu, "Price": 10, "Quantity": 1, "OrderDetailPackages": [
                {"ItemCode": "B002", "Quantity": 2, "Price": 99}, {"ItemCode": "B003", "Quantity": 1, "Price": 5},
            ]}),
        )
    };
    let feed = Feed::start(vec![order("1", menu)]).await;
    let mut bridge = Bridge::new(&COMBOS).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    assert_eq!(delivered(&admin).await, [], "left out unless said otherwise");

    bridge.change_syncs("name = \"Web\"", "name = \"Web\"\ncombo_components = \"book\"");
    feed.show(vec![order("2", menu)]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!((code, &report.order("2").message), (0, &None));
    let components = [moved("[B002] Item 02", None, dec!(2)), moved("[B003] Item 03", None, dec!(1))];
    assert_eq!(delivered(&admin).await, components);

    // And back for nothing with a refund of it.
    let refund = order("2", menu).replace("\"OrderStatus\":103", "\"OrderStatus\":106");
    feed.show(vec![refund]);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "decimal")]
        qty: Decimal,
        #[serde(with = "decimal")]
        price_subtotal_incl: Decimal,
    }
    let of_shop = json!([["order_id.config_id", "=", shop.id]]);
    let lines: Vec<Line> = admin.rows("pos.order.line", of_shop, &["qty", "price_subtotal_incl"]).await;
    let lines: Vec<_> =
        lines.iter().map(|line| (line.qty.normalize(), line.price_subtotal_incl.normalize())).collect();
    let [one, two, ten] = [dec!(1), dec!(2), dec!(10)];
    let nothing = Decimal::ZERO;
    assert_eq!(
        lines,
        [
            (one, ten),
            (one, ten),
            (two, nothing),
            (one, nothing),
            (-one, -ten),
            (-two, nothing),
            (-one, nothing)
        ]
    );
    assert_eq!(close(&admin, shop.id, dec!(0)).await, [], "difference entries");
}

/// What is sold as a whole: a combo, or, on a series without them, a service.
async fn menu(admin: &Admin) -> &'static str {
    let series = Series::current();
    let mut values = json!({
        "name": "Menu", "default_code": "MENU", "type": "service", "list_price": 10,
        "available_in_pos": true, "taxes_id": [[6, 0, []]],
    });
    if series == Series::Odoo19 {
        let choices =
            ["B002", "B003"].map(|code| json!([0, 0, {"product_id": COMBOS.seed().products[code]}]));
        let combo = admin.create("product.combo", json!({"name": "Choice", "combo_item_ids": choices})).await;
        values["type"] = "combo".into();
        values["combo_ids"] = json!([[6, 0, [combo]]]);
    }
    admin.create("product.product", values).await;
    "MENU"
}
