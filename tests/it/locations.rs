//! One sync feeds a shop per location.

use rust_decimal::dec;
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Database, Shop};
use crate::support::oracle;
use crate::support::orders::{Expected, plain};

static DATABASE: Database = Database::new("locations");

/// A plain sale in a store; location `None` leaves it out.
fn sold(order_id: &str, location: Option<&str>) -> (String, Expected) {
    let mut order = plain(order_id, "B002", dec!(10.00), "Card");
    if let Some(location) = location {
        order.json = order.json.replacen('{', &format!("{{\"LocationID\":\"{location}\","), 1);
        order.expected.key.location = Some(location.to_owned());
    }
    (order.json, order.expected)
}

fn table(rows: &[(&str, &Shop)]) -> String {
    let row = |(location, shop): &(&str, &Shop)| {
        format!("[[sync.location]]\nid = \"{location}\"\nshop = \"{}\"\n", shop.name)
    };
    rows.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_goes_to_the_shop_of_its_location() {
    let [main, airport] = [DATABASE.shop(&["Card"]).await, DATABASE.shop(&["Card"]).await];
    let admin = DATABASE.admin().await;
    // One number in three places: three orders.
    let (here, of_here) = sold("1", Some("1"));
    let (there, of_there) = sold("1", Some("0"));
    let (nowhere, of_nowhere) = sold("1", None);
    let (other, of_other) = sold("2", Some("99"));
    let feed = Feed::start(vec![here, there, nowhere, other]).await;
    let bridge =
        Bridge::new(&DATABASE).sync_with("Web", &feed, &main, &table(&[("1", &main), ("0", &airport)]));

    let preview = bridge.run(&["sync", "--dry-run"]).await;
    assert!(preview.stdout.contains("4 fetched, 4 would be booked"), "{preview:?}");
    assert!(preview.stdout.contains(&format!("would be booked in {}: 11.50", airport.name)), "{preview:?}");

    bridge.pass().await.1.assert_counts(4, 0, 0);
    oracle::check(&admin, &main, &[of_here, of_nowhere, of_other]).await;
    oracle::check(&admin, &airport, &[of_there]).await;
    bridge.pass().await.1.assert_counts(0, 4, 0);

    let doctor = bridge.run(&["doctor"]).await;
    for shop in [&main, &airport] {
        assert!(doctor.stdout.contains(&format!("The shop {} (id {})", shop.name, shop.id)), "{doctor:?}");
    }
    assert!(doctor.stdout.contains("It takes the orders of these locations: 0."), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_location_waits_for_somebody_and_then_books_itself() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let (known, of_known) = sold("11", Some("5"));
    let (unknown, of_unknown) = sold("12", Some("6"));
    let (none, _) = sold("13", None);
    let feed = Feed::start(vec![known, unknown, none]).await;
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "locations_file = \"stores.csv\"");
    bridge.change_syncs(&format!("shop = {}\n", shop.id), "");
    let list =
        |text: String| std::fs::write(bridge.config().with_file_name("stores.csv"), text).expect("written");
    list(format!("location,shop\n5,{}\n", shop.id));

    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 2);
    assert_eq!(code, 3);
    let refused = report.order("12");
    assert_eq!(refused.code.as_deref(), Some("unknown_location"));
    assert!(refused.fix.as_deref().is_some_and(|fix| fix.contains("location 6")), "{refused:?}");
    assert_eq!(
        report.order("13").message.as_deref(),
        Some("The order names no location, and no shop takes such orders.")
    );

    list(format!("location,shop\n5,{}\n6,\"{}\"\n", shop.id, shop.name));
    bridge.pass().await.1.assert_counts(1, 1, 1);
    oracle::check(&admin, &shop, &[of_known, of_unknown]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_shop_does_not_stop_the_others() {
    let [good, broken] = [DATABASE.shop(&["Card"]).await, DATABASE.shop(&["Card"]).await];
    let admin = DATABASE.admin().await;
    let (first, of_first) = sold("21", Some("1"));
    let (second, of_second) = sold("22", Some("2"));
    let feed = Feed::start(vec![second, first]).await;
    let table = table(&[("1", &good), ("2", &broken)]);
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &broken, &table);
    bridge.change_syncs(&format!("shop = {}\n", broken.id), "");
    admin.write("pos.config", &[broken.id], json!({"active": false})).await;

    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked), (2, 1), "{report:#?}");
    let error = report.error.expect("the archived shop");
    assert_eq!(error.code, "shop_not_ready");
    assert_eq!(error.message, format!("Shop {0}: The shop named \"{0}\" is archived in Odoo.", broken.name));
    oracle::check(&admin, &good, &[of_first]).await;

    admin.write("pos.config", &[broken.id], json!({"active": true})).await;
    bridge.pass().await.1.assert_counts(1, 1, 0);
    oracle::check(&admin, &broken, &[of_second]).await;
}
