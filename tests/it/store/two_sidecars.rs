//! Two sidecars share a store in PostgreSQL, one feed and two shops, in front of a real Odoo.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::json;
use tillbridge::store::{Filter, Item, PostgresStore, State, Store};

use crate::addon::bridge;
use crate::customers;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server};
use crate::support::orders::{Generated, METHODS, Rounding, expected, generate, texts};
use crate::support::postgres;
use crate::support::proxy::Proxy;
use crate::support::service::Service;
use crate::support::{oracle, until};

static DATABASE: Database = Database::with_addon("two_sidecars");
static WITHOUT_ADDON: Database = Database::new("two_sidecars_plain");

const LIMIT: Duration = Duration::from_secs(300);

/// Both read this configuration.
fn configure(bridge: &mut Bridge, store: &postgres::Database, feed: &Feed, shops: &[Shop; 2]) {
    bridge.add(&format!("[store]\nurl = \"{}\"", store.url().expose_secret()));
    let [main, airport] = shops;
    let location = format!("interval = \"1s\"\n[[sync.location]]\nid = \"7\"\nshop = {}", airport.id);
    bridge.add_sync("Web", feed, main, &location);
}

/// The same orders, sold at a location.
fn at(location: &str, mut orders: Vec<Generated>) -> Vec<Generated> {
    for order in &mut orders {
        order.json = order.json.replacen('{', &format!("{{\"LocationID\":\"{location}\","), 1);
        order.expected.key.location = Some(location.to_owned());
    }
    orders
}

async fn store(database: &postgres::Database) -> PostgresStore {
    PostgresStore::open(&database.url()).await.expect("the store opens")
}

async fn booked(store: &PostgresStore) -> usize {
    let booked = Filter { states: [State::Booked].into(), ..Filter::default() };
    store.list(&booked).await.expect("the orders").len()
}

/// Who works on a shop at this moment.
async fn at_work(store: &PostgresStore, shop: &Shop) -> Option<String> {
    let holders = store.holders(&format!("shop {}", shop.id)).await.expect("the leases");
    holders.into_iter().next().map(|holder| holder.who)
}

async fn sessions(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.session", json!([["config_id", "=", shop.id]])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_is_booked_once_and_one_goes_on_when_the_other_is_killed() {
    let admin = DATABASE.admin().await;
    let shops = [DATABASE.shop(&METHODS).await, DATABASE.shop(&METHODS).await];
    let here = generate(31, 5000, 120, Rounding::PerOrder);
    let there = at("7", generate(32, 6000, 120, Rounding::PerOrder));
    let feed = Feed::start([texts(&here), texts(&there)].concat()).await;
    let database = postgres::Database::new();
    let mut bridges = [bridge(&DATABASE, &admin).await, bridge(&DATABASE, &admin).await];
    for bridge in &mut bridges {
        configure(bridge, &database, &feed, &shops);
    }
    let store = store(&database).await;
    let (one, two) = tokio::join!(Service::start(&bridges[0]), Service::start(&bridges[1]));
    assert_eq!(store.holders("service").await.unwrap().len(), 2);

    // Killed while it works on a shop, with orders before and behind it.
    let is_one = |who: &str| who.ends_with(&format!("(process {})", one.pid()));
    let mut worker = None;
    until(LIMIT, async || {
        let done = booked(&store).await;
        assert!(done < 240, "nothing was left to be taken over");
        worker = at_work(&store, &shops[0]).await.or(at_work(&store, &shops[1]).await);
        done >= 20 && worker.is_some()
    })
    .await;
    let kills_one = worker.as_deref().is_some_and(is_one);
    let (killed, survivor, bridge) =
        if kills_one { (one, two, &bridges[1]) } else { (two, one, &bridges[0]) };
    drop(killed);

    let all = async || booked(&store).await == 240;
    until(LIMIT, all).await;
    assert!(!survivor.log().contains("ERROR"), "{}", survivor.log());
    // A command leaves its work to the service that runs.
    let ended = bridge.run(&["sync"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("a tillbridge service is running: it does the work"), "{ended:?}");
    let (code, log) = survivor.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("tillbridge:tillbridge"), "the password is in the log:\n{log}");

    let items: Vec<Item> = store.list(&Filter::default()).await.unwrap();
    assert!(items.iter().all(|item| item.state == State::Booked));
    for (shop, orders) in shops.iter().zip([&here, &there]) {
        oracle::check(&admin, shop, &expected(orders)).await;
        assert_eq!(sessions(&admin, shop).await, 1, "one session per shop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_is_refused_where_odoo_would_take_an_order_twice() {
    let admin = WITHOUT_ADDON.admin().await;
    let shops = [WITHOUT_ADDON.shop(&METHODS).await, WITHOUT_ADDON.shop(&METHODS).await];
    let orders = generate(33, 7000, 3, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let database = postgres::Database::new();
    let mut bridge = Bridge::new(&WITHOUT_ADDON);
    configure(&mut bridge, &database, &feed, &shops);
    let store = store(&database).await;
    let first = store.take_lease("only writer", "till-1 (process 7)").await.unwrap().unwrap();
    let (code, report) = bridge.pass().await;
    let error = report.error.expect("why it does not work");
    assert_eq!((code, error.code.as_str(), report.booked), (2, "not_alone", 0), "{error:?}");
    assert!(error.message.contains("till-1 (process 7)"), "{error:?}");
    assert!(error.fix.contains("install the addon External Order Sync"), "{error:?}");

    store.give_back(first).await.unwrap();
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked), (0, 3), "{report:#?}");
    oracle::check(&admin, &shops[0], &expected(&orders)).await;
}

/// The same new customer in two sources, which two sidecars work on at the same moment: one
/// waits until the other one has made the contact, and finds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_new_to_both_is_created_once() {
    let admin = DATABASE.admin().await;
    customers::may_create(&admin).await;
    let database = postgres::Database::new();
    let olga = json!({"CustomerName": "Olga Once", "Email": "olga@example.com"});
    let mut bridges = Vec::new();
    let mut feeds = Vec::new();
    let mut shops = Vec::new();
    for (name, id) in [("East", "91"), ("West", "92")] {
        let (shop, feed) = (
            DATABASE.shop(&METHODS).await,
            Feed::start(vec![customers::order(id, "Card", olga.clone())]).await,
        );
        let mut bridge = bridge(&DATABASE, &admin).await;
        bridge.add(&format!("[store]\nurl = \"{}\"", database.url().expose_secret()));
        bridge.add_sync(name, &feed, &shop, "customers = \"create\"");
        bridges.push(bridge);
        feeds.push(feed);
        shops.push(shop);
    }
    let creating = Proxy::watching("res.partner", "create").await;
    let asking = Proxy::watching("res.partner", "search_read").await;
    let [east, west] = &mut bridges[..] else { unreachable!("two were made") };
    east.change_odoo(&server().url, &creating.url());
    west.change_odoo(&server().url, &asking.url());

    let second = std::sync::Mutex::new(None);
    let meanwhile = async {
        // The first one's request is on its way; the second one looked and found nobody.
        let mut pass = west.start(&["sync", "--output", "json"]);
        until(LIMIT, async || asking.seen() > 0).await;
        let waits = tokio::time::timeout(Duration::from_secs(4), pass.wait()).await;
        assert!(waits.is_err(), "it did not wait: {waits:?}");
        *second.lock().expect("nobody failed") = Some(pass);
    };
    let (code, report) = creating.while_held(east.pass(), meanwhile).await;
    assert_eq!((code, report.booked), (0, 1), "{report:#?}");
    let pass = second.into_inner().expect("nobody failed").expect("it was started");
    let ended = crate::support::binary::ended(pass).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    assert_eq!(admin.count("res.partner", json!([["email", "=", "olga@example.com"]])).await, 1);
    for shop in &shops {
        let theirs = json!([["config_id", "=", shop.id], ["partner_id.name", "=", "Olga Once"]]);
        assert_eq!(admin.count("pos.order", theirs).await, 1);
    }
}
