//! Odoo in trouble in the middle of a pass: the work is taken up again, each order stands
//! once.

use std::time::Duration;

use rust_decimal::dec;
use serde_json::{Value, json};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Database, Shop, server};
use crate::support::orders::{Generated, expected, plain, plains, texts};
use crate::support::proxy::{Fate, Proxy};
use crate::support::{oracle, until};

static DATABASE: Database = Database::new("broken_odoo");

const COUNT: u64 = 60;

struct Scene {
    shop: Shop,
    proxy: Proxy,
    orders: Vec<Generated>,
    bridge: Bridge,
    _feed: Feed,
}

/// Sixty orders, at least two requests' worth, that reach Odoo through a proxy.
async fn scene(first: u64) -> Scene {
    scene_of(first, COUNT).await
}

async fn scene_of(first: u64, count: u64) -> Scene {
    let shop = DATABASE.shop(&["Card"]).await;
    let proxy = Proxy::start().await;
    let orders = plains(first, count);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    Scene { shop, proxy, orders, bridge, _feed: feed }
}

impl Scene {
    /// Passes until nothing is left to do: what is in doubt must first settle (5 s here).
    async fn settles(&self) {
        until(Duration::from_secs(90), async || {
            let (_, report) = self.bridge.pass().await;
            assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
            report.already_booked == COUNT
        })
        .await;
        oracle::check(&DATABASE.admin().await, &self.shop, &expected(&self.orders)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_looked_up() {
    let scene = scene_of(1000, 20).await;
    scene.proxy.fates([Fate::LoseAnswer]);
    let (code, report) = scene.bridge.pass().await;
    report.assert_counts(20, 0, 0);
    assert_eq!(code, 0);
    assert_eq!(scene.proxy.seen(), 1, "nothing is sent again");
    oracle::check(&DATABASE.admin().await, &scene.shop, &expected(&scene.orders)).await;
}

/// What is in doubt must settle first; these wait for it together.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_in_the_middle_is_taken_up_again() {
    tokio::join!(a_request_is_lost(), odoo_goes_down(), an_outcome_cannot_be_looked_up());
}

async fn a_request_is_lost() {
    let mut scene = scene(2000).await;
    scene.bridge.change_odoo("unknown_settle = \"5s\"", "unknown_settle = \"1h\"");
    scene.proxy.fates([Fate::Pass, Fate::LoseRequest]);
    for booked in [40, 0] {
        let (code, report) = scene.bridge.pass().await;
        let figures = (report.booked, report.retrying, report.refused);
        assert_eq!((code, figures), (0, (booked, 20, 0)), "each pass says what is left: {report:#?}");
    }
    scene.bridge.change_odoo("unknown_settle = \"1h\"", "unknown_settle = \"1s\"");
    scene.settles().await;
}

async fn odoo_goes_down() {
    let scene = scene(3000).await;
    scene.proxy.break_down_after(1);
    let (code, report) = scene.bridge.pass().await;
    let error = report.error.as_ref().expect("it says that Odoo is down");
    assert_eq!((code, error.code.as_str()), (4, "odoo_unavailable"), "{report:#?}");
    assert!(error.fix.contains("Nothing is lost"), "{error:?}");
    assert_eq!(report.refused, 0, "{report:#?}");

    let ended = scene.bridge.run(&["sync"]).await;
    assert_eq!(ended.code, Some(4), "still down: {ended:?}");
    scene.proxy.repair();
    scene.settles().await;
}

/// The answer is lost, and the look-up after it fails too.
async fn an_outcome_cannot_be_looked_up() {
    let scene = scene(4000).await;
    scene.proxy.fates([Fate::LoseAnswer, Fate::LoseAnswer, Fate::LoseAnswer]);
    scene.proxy.break_down_after(2);
    let (code, report) = scene.bridge.pass().await;
    assert_eq!(code, 4, "{report:#?}");
    assert_eq!(report.booked, 0, "what nobody confirmed is not called booked: {report:#?}");
    scene.proxy.repair();
    scene.settles().await;
}

/// A proxy's page in Odoo's place is no wrong configuration: whoever runs `sync` may try again.
/// Nor is a database that is not there, once it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_answers_in_odoos_place_is_not_odoo() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    let page = Feed::start(Vec::new()).await;
    page.answer_with(200, "text/html", "<html><body>Down for maintenance</body></html>");
    let database = format!("database = \"{}\"", DATABASE.name());
    let wrong = "database = \"no_such_one\"";
    for known in [false, true] {
        let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
        if known {
            assert_eq!(bridge.pass().await.0, 0);
        }
        bridge.change_odoo(&server().url, &page.url());
        let ended = bridge.run(&["sync"]).await;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert!(ended.stderr.contains("does not answer as an Odoo does"), "{ended:?}");
        bridge.change_odoo(&page.url(), &server().url);
        bridge.change_odoo(&database, wrong);
        let ended = bridge.run(&["sync"]).await;
        assert_eq!(ended.code, Some(if known { 4 } else { 2 }), "{ended:?}");
        assert!(ended.stderr.contains("has no database"), "{ended:?}");
    }
}

/// A tax that is deleted between the reading of the shop and the request: Odoo refuses the
/// batch, and bisecting finds the one order.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_that_odoo_refuses_only_the_faulty_order_stays_behind() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let copied = json!([DATABASE.seed().taxes["15%"], {"name": "Doomed 15%"}]);
    let copy: Value = admin.call("account.tax", "copy", copied).await;
    // A list since 18.
    let doomed = copy.as_i64().or_else(|| copy[0].as_i64()).expect("an id");
    let values = json!({
        "name": "Doomed", "default_code": "DOOM", "type": "service", "available_in_pos": true,
        "taxes_id": [[6, 0, [doomed]]],
    });
    admin.create("product.product", values).await;
    let mut orders = plains(5000, 15);
    orders.insert(6, plain("5999", "DOOM", dec!(10.00), "Card"));
    let feed = Feed::start(texts(&orders)).await;
    let proxy = Proxy::start().await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());

    let delete = admin.act("account.tax", "unlink", json!([[doomed]]));
    let (code, report) = proxy.while_held(bridge.pass(), delete).await;
    report.assert_counts(15, 0, 1);
    assert_eq!((code, report.order("5999").code.as_deref()), (3, Some("odoo_refused")), "{report:#?}");
    let good: Vec<_> = orders.into_iter().filter(|order| order.expected.key.order_id != "5999").collect();
    oracle::check(&admin, &shop, &expected(&good)).await;

    // The next pass reads the shop anew and knows the reason.
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 15, 1);
    assert_eq!((code, report.order("5999").code.as_deref()), (3, Some("total_mismatch")), "{report:#?}");
}
