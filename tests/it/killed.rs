//! Killed with SIGKILL in the middle of its work, it takes up where it was.

use std::time::Duration;

use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::orders::{expected, generate, texts};
use crate::support::{oracle, until};

const COUNT: u64 = 500;

static DATABASE: Database = Database::new("killed");

/// Killed at four points of the same five hundred: while the first orders arrive, in the
/// middle, and close to the end.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_still_books_each_of_five_hundred_once() {
    let shop = DATABASE.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(2, 2000, COUNT);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let admin = DATABASE.admin().await;

    for point in [1, 100, 250, 430] {
        let mut child = bridge.start(&["sync"]);
        until(Duration::from_secs(120), async || booked(&admin, &shop).await >= point).await;
        assert!(child.try_wait().expect("its state").is_none(), "it ended before it could be killed");
        child.kill().await.expect("it is killed");
    }
    let killed_at = booked(&admin, &shop).await;
    assert!(killed_at < 500, "nothing was left to do after the last kill");

    // What was under way is in doubt until Odoo cannot be at it any more (5 s here).
    let mut passes = 0;
    until(Duration::from_secs(120), async || {
        passes += 1;
        let (_, report) = bridge.pass().await;
        assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
        report.retrying == 0 && report.already_booked + report.booked >= COUNT
    })
    .await;
    println!("booked when last killed: {killed_at}; passes until all stood: {passes}");
    oracle::check(&DATABASE, &admin, &shop, &expected(&orders)).await;
}

async fn booked(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.order", json!([["config_id", "=", shop.id], ["state", "=", "paid"]])).await
}
