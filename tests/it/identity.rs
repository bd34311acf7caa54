//! Whatever happens to a sync, its orders stay the same orders.

use rust_decimal::dec;
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{expected, plain, plains, texts};
use crate::support::series::Series;
use crate::support::till;

static DATABASE: Database = Database::new("identity");

#[tokio::test(flavor = "multi_thread")]
async fn renaming_archiving_and_restoring_a_sync_books_nothing_twice() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let mut orders = plains(1, 5);
    orders.push(plain("6", "R001", dec!(20.00), "Card"));
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(5, 0, 1);

    // Another name, the same source; what was open under the old name comes along.
    bridge.change_syncs("name = \"Web\"", "name = \"Shop online\"\nsource = \"Web\"");
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.sync.as_str()), (3, "Shop online"));
    report.assert_counts(0, 5, 1);

    bridge.change_syncs("\nshop =", "\nactive = false\nshop =");
    let asked = feed.content().requests;
    let ended = bridge.run(&["sync", "--output", "json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: serde_json::Value = ended.json();
    assert_eq!(report, json!({"syncs": []}));
    assert_eq!(feed.content().requests, asked, "an archived sync asks nobody");

    bridge.change_syncs("active = false", "active = true");
    bridge.pass().await.1.assert_counts(0, 5, 1);
    oracle::check(&admin, &shop, &expected(&orders[..5])).await;

    let values = json!({
        "name": "Late arrival", "default_code": "R001", "type": "service", "available_in_pos": true,
        "taxes_id": [[6, 0, [DATABASE.seed().taxes["15%"]]]],
    });
    admin.create("product.product", values).await;
    feed.show(Vec::new());
    bridge.pass().await.1.assert_counts(1, 0, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_store_books_nothing_twice() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let orders = plains(1000, 30);
    let feed = Feed::start(texts(&orders)).await;
    Bridge::new(&DATABASE).sync(&feed, &shop).pass().await.1.assert_counts(30, 0, 0);

    let elsewhere = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = elsewhere.pass().await;
    assert_eq!((code, report.booked + report.already_booked), (0, 30), "{report:#?}");
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

mod only_on_19 {
    use super::*;

    /// Here orders have a uuid of their own, and it is unique. With the addon one of the two
    /// would be told that the other one holds the shop.
    #[tokio::test(flavor = "multi_thread")]
    async fn two_services_at_once_book_each_order_once_without_the_addon() {
        Series::Odoo19.only();
        let shop = DATABASE.shop(&["Card"]).await;
        let admin = DATABASE.admin().await;
        // Opening is a race within Odoo; one opener per shop is another matter.
        let feed = Feed::start(Vec::new()).await;
        till::open_session(&admin, shop.id).await;
        let orders = plains(500, 60);
        feed.show(texts(&orders));
        let [one, other] = [(); 2].map(|()| Bridge::new(&DATABASE).sync(&feed, &shop));
        let (one, other) = tokio::join!(one.pass(), other.pass());
        for (code, report) in [one, other] {
            assert_eq!((code, report.booked + report.already_booked), (0, 60), "{report:#?}");
        }
        oracle::check(&admin, &shop, &expected(&orders)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_in_another_store_or_source_is_another_order() {
    let shop = DATABASE.shop(&["Card"]).await;
    let order = plain("77", "B002", dec!(10.00), "Card");
    let located = order.json.replacen('{', "{\"LocationID\":0,", 1);
    let feed = Feed::start(vec![order.json.clone(), located.clone()]).await;
    let other = Feed::start(vec![order.json.clone()]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(2, 0, 0);
    let mut bridge = bridge;
    bridge.clear_syncs();
    bridge.add_sync("Other", &other, &shop, "");
    bridge.pass().await.1.assert_counts(1, 0, 0);

    let mut in_store = order.expected.clone();
    in_store.key.location = Some("0".into());
    let mut elsewhere = order.expected.clone();
    elsewhere.key.source = tillbridge::order::SourceId::new("Other").expect("not empty");
    oracle::check(&DATABASE.admin().await, &shop, &[order.expected, in_store, elsewhere]).await;
}
