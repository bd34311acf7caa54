//! What a source, a configuration or a shop can have wrong: one clear message each, the
//! right exit code, nothing lost.

use serde_json::json;

use crate::support::binary::{Bridge, Ended};
use crate::support::feed::{Answer, Feed};
use crate::support::odoo::{Database, Shop};
use crate::support::oracle;
use crate::support::orders::{Generated, expected, plains, texts};

static DATABASE: Database = Database::new("bad_input");

struct Scene {
    shop: Shop,
    feed: Feed,
    orders: Vec<Generated>,
    bridge: Bridge,
}

/// A shop, a feed of three orders with ids from `first` on, and a configuration.
async fn scene(first: u64) -> Scene {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(first, 3);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    Scene { shop, feed, orders, bridge }
}

impl Scene {
    /// A pass that cannot reach the end: this exit code, this error, these words.
    async fn fails(&self, exit: i32, reason: &str, said: &str) {
        let (code, report) = self.bridge.pass().await;
        let error = report.error.as_ref().unwrap_or_else(|| panic!("no error in {report:#?}"));
        assert_eq!((code, error.code.as_str()), (exit, reason), "{report:#?}");
        assert!(error.message.contains(said), "{error:?}");
        assert!(!error.fix.is_empty(), "{error:?}");
        assert!(!error.message.contains("feed-key") && !error.message.contains("wrong-key"), "{error:?}");
    }

    /// Once all is right again, everything stands once.
    async fn then_books(&self) {
        let (code, report) = self.bridge.pass().await;
        report.assert_counts(3, 0, 0);
        assert_eq!(code, 0);
        oracle::check(&DATABASE.admin().await, &self.shop, &expected(&self.orders)).await;
    }

    /// A command that ends before any pass: this exit code and these words, once, on stderr.
    async fn ends(&self, exit: i32, said: &str) {
        let ended: Ended = self.bridge.run(&["sync", "--output", "json"]).await;
        assert_eq!(ended.code, Some(exit), "{ended:?}");
        assert_eq!(ended.stdout, "", "no data");
        assert_eq!(ended.stderr.matches("error:").count(), 1, "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
        assert!(ended.stderr.contains("hint:"), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_for_the_source() {
    let mut scene = scene(100).await;
    scene.bridge.change_syncs("feed-key", "wrong-key");
    scene.fails(2, "source_key_refused", "401").await;
    scene.bridge.change_syncs("wrong-key", "feed-key");
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_for_odoo() {
    let mut scene = scene(110).await;
    let key = DATABASE.seed().users["posapi"].api_key.clone().expect("posapi has a key");
    scene.bridge.change_odoo(&key, "not-the-key");
    scene.ends(2, "does not accept the login \"posapi\"").await;
    scene.bridge.change_odoo("not-the-key", &key);
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_exist() {
    let mut scene = scene(120).await;
    let name = DATABASE.name();
    scene.bridge.change_odoo(&name, "it_no_such_database");
    scene.ends(2, "has no database \"it_no_such_database\"").await;
    scene.bridge.change_odoo("it_no_such_database", &name);
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odoo_that_is_not_there() {
    let mut scene = scene(130).await;
    let url = crate::support::odoo::server().url.clone();
    // Port 9 is nobody's on loopback.
    scene.bridge.change_odoo(&url, "http://127.0.0.1:9");
    scene.ends(4, "Odoo cannot be reached").await;
    scene.bridge.change_odoo("http://127.0.0.1:9", &url);
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_instead_of_orders() {
    let scene = scene(140).await;
    scene.feed.answer_with(200, "text/html", "<!DOCTYPE html><html><body>Please log in</body></html>");
    scene.fails(2, "source_not_json", "web page").await;
    scene.feed.content().answer = Answer::Orders;
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_cut_off_in_the_middle() {
    let scene = scene(150).await;
    let whole = format!("{{\"orders\":[{}]}}", texts(&scene.orders).join(","));
    let cut = whole[..whole.len() * 2 / 3].to_owned();
    scene.feed.answer_with(200, "application/json", cut);
    let (_, report) = scene.bridge.pass().await;
    assert!(report.booked < 3, "a body that is cut off is not taken for whole: {report:#?}");
    assert!(report.error.is_some() || report.refused > 0, "and it is said: {report:#?}");
    scene.feed.content().answer = Answer::Orders;
    let (code, report) = scene.bridge.pass().await;
    assert_eq!((code, report.booked + report.already_booked), (0, 3), "{report:#?}");
    oracle::check(&DATABASE.admin().await, &scene.shop, &expected(&scene.orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_hundred_megabytes() {
    let scene = scene(160).await;
    scene.feed.content().answer = Answer::Huge(100 << 20);
    scene.fails(2, "source_too_large", "64 MiB").await;
    scene.feed.content().answer = Answer::Orders;
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_not_a_number_refuses_its_order_alone() {
    let scene = scene(170).await;
    let bad = texts(&scene.orders)[1].replace("\"Price\":10.0", "\"Price\":NaN");
    assert!(bad.contains("NaN"));
    let mut shown = texts(&scene.orders);
    shown[1] = bad;
    scene.feed.show(shown);
    let (code, report) = scene.bridge.pass().await;
    report.assert_counts(2, 0, 1);
    assert_eq!(code, 3);
    let refused = report.order("171");
    assert_eq!(refused.state, "refused");
    let message = refused.message.as_deref().unwrap_or_default();
    assert!(message.contains("NaN"), "{refused:?}");

    // A good version takes its place.
    scene.feed.show(texts(&scene.orders));
    let (code, report) = scene.bridge.pass().await;
    report.assert_counts(1, 2, 0);
    assert_eq!(code, 0);
    oracle::check(&DATABASE.admin().await, &scene.shop, &expected(&scene.orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_payment_methods() {
    let scene = scene(180).await;
    let admin = DATABASE.admin().await;
    let card = scene.shop.methods["Card"];
    admin.write("pos.config", &[scene.shop.id], json!({"payment_method_ids": [[6, 0, []]]})).await;
    scene.fails(2, "shop_not_ready", "has no payment method").await;
    admin.write("pos.config", &[scene.shop.id], json!({"payment_method_ids": [[6, 0, [card]]]})).await;
    scene.then_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_come_twice_and_orders_that_come_twice() {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(190, 9);
    let mut shown = texts(&orders);
    shown.push(texts(&orders)[0].clone());
    let feed = Feed::start(shown).await;
    feed.content().page_size = 4;
    feed.content().repeats_pages = true;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    println!("{code} {:?}", report.error);
    let (_, again) = bridge.pass().await;
    assert_eq!(report.booked + again.booked, 9, "{report:#?} {again:#?}");
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}

/// Nine orders on three numbered pages, the second of which is cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_read_is_kept_and_those_behind_it_are_taken() {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(210, 9);
    let feed = Feed::start(texts(&orders)).await;
    feed.content().page_size = 3;
    let cut = "{\"page\":1,\"orders\":[{\"OrderID\":213,\"Gra";
    feed.content().bad_page = Some((1, cut.to_owned()));
    let paging = "paging = \"page\"\nfirst_page = 0";
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, paging);

    let (code, report) = bridge.pass().await;
    let error = report.error.as_ref().expect("it is said");
    assert_eq!((code, error.code.as_str(), report.booked, report.refused), (4, "source_body", 6, 1));
    let page = report.orders.iter().find(|order| order.id.starts_with("page-")).expect("it is listed");
    assert_eq!((page.state.as_str(), page.code.as_deref()), ("refused", Some("unreadable_page")), "{page:?}");
    assert!(page.message.as_deref().is_some_and(|said| said.contains("page 2 of")), "{page:?}");
    let shown = bridge.run(&["orders", "--show", &page.id]).await;
    assert!(shown.stdout.contains("{\"page\":1,\"orders\":[{\"OrderID\":213,\"Gra"), "{shown:?}");

    // The same page again is the same item, and the cursor stays where it was.
    let (_, again) = bridge.pass().await;
    assert_eq!((again.booked, again.already_booked, again.refused), (0, 6, 1), "{again:#?}");
    assert_eq!(feed.content().since, [None, None]);

    // Well again: nothing was lost, and the item closes by itself.
    feed.content().bad_page = None;
    let (code, report) = bridge.pass().await;
    report.assert_counts(3, 6, 0);
    assert_eq!(code, 0);
    let listed = bridge.run(&["orders", "--id", &page.id, "--output", "json"]).await;
    assert!(listed.stdout.contains("\"skipped\""), "{listed:?}");
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
    bridge.pass().await;
    assert!(feed.content().since[3].is_some(), "now the cursor moves");
}

/// A person may give up the orders of a page, so that the feed goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_person_closes_is_in_nobodys_way() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(texts(&plains(220, 9))).await;
    feed.content().page_size = 3;
    feed.content().bad_page = Some((1, "<html><title>Oops</title>".to_owned()));
    let paging = "paging = \"page\"\nfirst_page = 0";
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, paging);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.error.map(|error| error.code)), (2, Some("source_not_json".into())));
    let page = report.orders.iter().find(|order| order.id.starts_with("page-")).expect("it is listed");
    let closed = bridge.run(&["orders", "ignore", &page.id, "--reason", "a broken export"]).await;
    assert_eq!(closed.code, Some(0), "{closed:?}");
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 6, 0);
    assert_eq!(code, 0);
    bridge.pass().await;
    assert!(feed.content().since[2].is_some(), "the cursor moves");
}
