//! Five hundred orders through a paged feed: once, to the cent.

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{expected, generate, texts};

const COUNT: u64 = 500;

static DATABASE: Database = Database::new("volume");

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_orders_stand_once_to_the_cent_and_a_second_pass_books_none() {
    let shop = DATABASE.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(1, 1000, COUNT);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let admin = DATABASE.admin().await;

    let (code, report) = bridge.pass().await;
    report.assert_counts(COUNT, 0, 0);
    assert_eq!((code, report.fetched), (0, COUNT));
    oracle::check(&DATABASE, &admin, &shop, &expected(&orders)).await;

    let (code, report) = bridge.pass().await;
    report.assert_counts(0, COUNT, 0);
    assert_eq!((code, report.fetched, report.orders.len()), (0, COUNT, 0));
    oracle::check(&DATABASE, &admin, &shop, &expected(&orders)).await;
}
