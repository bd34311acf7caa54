//! Odoo shows every external order: where it stands, why, what to do, and what was done. What
//! it was told survives crashes, and is told again by a store that was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::dec;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, server, shell};
use crate::support::orders::{plain, plains, sale, texts, with};
use crate::support::proxy::{Fate, Proxy};
use crate::support::service::Service;
use crate::support::until;

static STATES: Database = Database::with_addon("reported_states");
static CUT: Database = Database::with_addon("reported_cut");
static LOST: Database = Database::with_addon("reported_lost");
static FORGOT: Database = Database::with_addon("reported_forgot");
static SERVED: Database = Database::with_addon("reported_served");
static SINGLE: Database = Database::with_addon("reported_single");
static OLD: Database = Database::new("reported_old");

/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);

/// An order as its form shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Shown {
    id: i64,
    external_id: String,
    state: String,
    code: Value,
    message: Value,
    fix: Value,
    subject_kind: Value,
    subject_value: Value,
    total: f64,
    customer: Value,
    pos_order_id: Value,
    booked_date: Value,
    warnings: Value,
    sync_id: Value,
    shop_id: Value,
    newer: Value,
    raw: Value,
}

/// A step, as its list shows it.
#[derive(Debug, Clone, Deserialize)]
struct Step {
    order_id: (i64, String),
    step: String,
    code: String,
    text: String,
    truth: String,
    duration: i64,
    attempt: i64,
}

/// The steps of an order that is booked at once.
const BOOKED: [(&str, &str); 4] =
    [("fetched", "200"), ("create_order", "200"), ("add_payment", "200"), ("outbound_delivery", "200")];

const FIELDS: [&str; 16] = [
    "external_id",
    "state",
    "code",
    "message",
    "fix",
    "subject_kind",
    "subject_value",
    "total",
    "customer",
    "pos_order_id",
    "booked_date",
    "warnings",
    "sync_id",
    "shop_id",
    "newer",
    "raw",
];

/// The orders that Odoo shows, by external id.
async fn shown(admin: &Admin) -> BTreeMap<String, Shown> {
    let rows: Vec<Shown> = admin.rows("external.order", json!([]), &FIELDS).await;
    let count = rows.len();
    let by_id: BTreeMap<String, Shown> = rows.into_iter().map(|row| (row.external_id.clone(), row)).collect();
    assert_eq!(by_id.len(), count, "one row each: {by_id:#?}");
    by_id
}

fn states(orders: &BTreeMap<String, Shown>) -> Vec<(&str, &str)> {
    orders.iter().map(|(id, order)| (id.as_str(), order.state.as_str())).collect()
}

/// What was done about an order: step and code, in order.
async fn steps(admin: &Admin, order: &Shown) -> Vec<Step> {
    let fields = ["order_id", "step", "code", "text", "truth", "duration", "attempt"];
    admin.rows("external.order.log", json!([["order_id", "=", order.id]]), &fields).await
}

fn codes(steps: &[Step]) -> Vec<(&str, &str)> {
    steps.iter().map(|step| (step.step.as_str(), step.code.as_str())).collect()
}

/// Orders that come to stand in every way that a first pass knows.
fn one_of_each() -> Vec<String> {
    let customer =
        json!({"CustomerName": "Ada L", "CustomerContact": "+966501234567", "Email": "ada@private.example"});
    let booked = with(&plain("1", "B002", dec!(100.00), "Card").json, customer);
    let no_product = plain("2", "R100", dec!(20.00), "Card").json;
    let open = with(&plain("3", "B002", dec!(30.00), "Card").json, json!({"OrderStatus": 101}));
    let no_payment = plain("4", "B002", dec!(40.00), "Gift Card").json;
    let early =
        with(&plain("5", "B002", dec!(50.00), "Card").json, json!({"OrderDate": "2001-03-01T10:00:00Z"}));
    let changes = plain("6", "B002", dec!(60.00), "Card").json;
    let closed = plain("7", "R100", dec!(70.00), "Card").json;
    vec![
        booked,
        no_product,
        open,
        no_payment,
        early,
        changes,
        closed,
        "{\"OrderID\":8,\"GrandTotal\":\"abc\"}".to_owned(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_of_single_orders_is_told_too() {
    let admin = SINGLE.admin().await;
    let shop = SINGLE.shop(&["Card"]).await;
    let by = |id: &str, method: &str| plain(id, "B002", dec!(20.00), method).json;
    let feed = Feed::start(vec![by("1", "Tabby"), by("2", "Beam"), by("3", "Gift")]).await;
    let mut bridge = bridge(&SINGLE, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "payment_fallback = \"ask\"");
    let (_, report) = bridge.pass().await;
    assert_eq!(report.refused, 3, "{report:#?}");
    let refused = [("1", "refused"), ("2", "refused"), ("3", "refused")];
    assert_eq!(states(&shown(&admin).await), refused);

    bridge.done(&["map", "payment", "Tabby", "Card", "--yes"]).await;
    assert_eq!(shown(&admin).await["1"].state, "booked");
    bridge.done(&["ignore", "2", "--reason", "a test"]).await;
    assert_eq!(shown(&admin).await["2"].state, "ignored");
    bridge.add("[[sync.payment]]\ncode = \"Gift\"\nmethod = \"Card\"");
    bridge.done(&["retry", "3"]).await;
    assert_eq!(shown(&admin).await["3"].state, "booked");
    feed.show(vec![by("4", "Card")]);
    bridge.done(&["fetch", "4"]).await;
    assert_eq!(shown(&admin).await["4"].state, "booked");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_stands_in_odoo_with_its_reason_what_to_do_and_its_steps() {
    let admin = STATES.admin().await;
    let shop = STATES.shop(&["Card"]).await;
    let all = one_of_each();
    let feed = Feed::start(all.clone()).await;
    let mut bridge = bridge(&STATES, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "start_date = 2020-01-01");
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused), (2, 4), "{report:#?}");

    let orders = shown(&admin).await;
    assert_eq!(
        states(&orders),
        [
            ("1", "booked"),
            ("2", "refused"),
            ("3", "waiting"),
            ("4", "refused"),
            ("5", "skipped"),
            ("6", "booked"),
            ("7", "refused"),
            ("8", "refused"),
        ]
    );
    let first = &orders["1"];
    assert_eq!((first.total, &first.customer, &first.code), (115.0, &json!("Ada L"), &json!(false)));
    assert_eq!(first.shop_id[0], shop.id);
    assert_eq!(first.sync_id[1], "Web");
    let linked: Vec<Value> =
        admin.rows("pos.order", json!([["external_order_id", "=", "1"]]), &["name"]).await;
    assert_eq!(first.pos_order_id[0], linked[0]["id"]);
    let raw = first.raw.as_str().expect("the raw order");
    assert!(
        raw.contains("\"OrderID\": \"1\"") && !raw.contains("501234567") && !raw.contains("private"),
        "{raw}"
    );
    let done_steps = steps(&admin, first).await;
    assert_eq!(codes(&done_steps), BOOKED);
    let [fetched, created, paid, moved] = &done_steps[..] else { panic!("four steps") };
    assert_eq!((fetched.truth.as_str(), fetched.duration, fetched.attempt), ("the source's page", 0, 0));
    assert_eq!((created.truth.as_str(), created.attempt), ("read back from Odoo", 1));
    assert!(created.duration > 0 && created.text.contains("Sent together with another one."), "{created:?}");
    assert_eq!((paid.text.as_str(), paid.duration), ("Paid 115.00.", 0));
    assert_eq!(moved.truth, "picking done");

    let second = &orders["2"];
    assert_eq!((&second.code, &second.subject_kind), (&json!("unknown_product"), &json!("product")));
    assert_eq!(second.subject_value, "Name of R100");
    assert!(second.message.as_str().expect("why").contains("R100"), "{second:?}");
    assert!(second.fix.as_str().expect("what to do").contains("Create the product"), "{second:?}");
    assert_eq!(codes(&steps(&admin, second).await), [("fetched", "200"), ("create_order", "400")]);
    let fourth = &orders["4"];
    assert_eq!(
        (&fourth.code, &fourth.subject_kind, &fourth.subject_value),
        (&json!("unknown_payment"), &json!("payment"), &json!("Gift Card"))
    );
    assert_eq!((&orders["3"].code, &orders["5"].code), (&json!("waiting_long"), &json!("before_start_date")));
    assert_eq!(codes(&steps(&admin, &orders["8"]).await), [("fetched", "400")]);

    // The same again says nothing new. Then one changes, one is closed, one is mended.
    bridge.pass().await;
    let before = admin.count("external.order.log", json!([])).await;
    bridge.pass().await;
    assert_eq!(admin.count("external.order.log", json!([])).await, before);
    assert_eq!(shown(&admin).await, orders);
    let mut changed = all;
    changed[5] = plain("6", "B002", dec!(61.00), "Card").json;
    changed[3] = plain("4", "B002", dec!(40.00), "Card").json;
    feed.show(changed);
    bridge.done(&["orders", "ignore", "7", "--reason", "a test", "--by", "anna"]).await;
    assert_eq!(shown(&admin).await["7"].state, "ignored", "it is told at once");
    bridge.pass().await;
    let orders = shown(&admin).await;
    let state = |id: &str| (id.to_owned(), orders[id].state.clone());
    assert_eq!([state("4").1, state("6").1, state("7").1], ["booked", "conflict", "ignored"]);
    assert!(orders["6"].newer.to_string().contains("70.15"), "{:?}", orders["6"]);
    assert!(orders["7"].message.as_str().expect("why").contains("anna: a test"));
    let mended = steps(&admin, &orders["4"]).await;
    assert_eq!(codes(&mended[..2]), [("fetched", "200"), ("create_order", "400")]);
    assert_eq!(codes(&mended[2..]), BOOKED);
    let conflict = steps(&admin, &orders["6"]).await;
    assert_eq!(
        conflict.last().map(|step| (step.step.as_str(), step.code.as_str())),
        Some(("fetched", "409"))
    );
    assert_eq!(conflict[0].order_id.0, orders["6"].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_odoo_took_and_we_did_not_hear_of_is_there_once() {
    let admin = CUT.admin().await;
    let shop = CUT.shop(&["Card"]).await;
    let orders = plains(1, 5);
    let feed = Feed::start(texts(&orders)).await;
    let proxy = Proxy::watching("external.order.service", "take_orders").await;
    let mut bridge = bridge(&CUT, &admin).await.sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    proxy.fates([Fate::LoseAnswer]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked), (0, 5), "booking does not depend on it: {report:#?}");
    assert_eq!(proxy.seen(), 1);
    let first = shown(&admin).await;
    assert_eq!(first.len(), 5, "Odoo took them");
    let steps = admin.count("external.order.log", json!([])).await;
    bridge.pass().await;
    assert!(proxy.seen() > 1, "told again");
    assert_eq!(shown(&admin).await, first);
    assert_eq!(admin.count("external.order.log", json!([])).await, steps);
    // Once heard, it is not told any more.
    let seen = proxy.seen();
    bridge.pass().await;
    assert_eq!(proxy.seen(), seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_store_tells_the_same_again() {
    let admin = LOST.admin().await;
    let shop = LOST.shop(&["Card"]).await;
    let mut feed_orders = texts(&plains(1, 4));
    feed_orders.push(plain("5", "R100", dec!(20.00), "Card").json);
    let feed = Feed::start(feed_orders).await;
    let bridge = bridge(&LOST, &admin).await.sync(&feed, &shop);
    bridge.pass().await;
    let before = shown(&admin).await;
    bridge.lose_store();
    bridge.pass().await;
    let after = shown(&admin).await;
    assert_eq!(before.len(), 5);
    for (id, order) in &before {
        // When it was seen first is all that a new store does not know.
        let again = Shown { booked_date: order.booked_date.clone(), ..after[id].clone() };
        assert_eq!(again, *order);
    }
    let steps = steps(&admin, &after["1"]).await;
    let codes = codes(&steps);
    assert_eq!(codes[..4], BOOKED);
    assert_eq!(codes[4..], [("fetched", "200"), ("create_order", "409")]);
}

/// A backup of Odoo that was restored: it does not know what it was told since.
#[tokio::test(flavor = "multi_thread")]
async fn an_odoo_that_forgot_what_it_was_told_is_told_again() {
    let admin = FORGOT.admin().await;
    let shop = FORGOT.shop(&["Card"]).await;
    let feed = Feed::start(texts(&plains(1, 4))).await;
    let bridge = bridge(&FORGOT, &admin).await.sync(&feed, &shop);
    bridge.pass().await;
    assert_eq!(shown(&admin).await.len(), 4);
    shell(&FORGOT, "env.cr.execute('DELETE FROM external_order WHERE external_id IN (%s, %s)', ('2', '3'))");
    bridge.pass().await;
    let booked = json!([["state", "=", "booked"]]);
    assert_eq!(admin.count("external.order", booked).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_tells_by_itself_and_goes_on_after_a_restart() {
    let admin = SERVED.admin().await;
    let shop = SERVED.shop(&["Card"]).await;
    let orders = plains(1, 300);
    let feed = Feed::start(texts(&orders[..250])).await;
    let bridge = bridge(&SERVED, &admin).await.sync(&feed, &shop);
    let told = async |count: i64| {
        let booked = json!([["state", "=", "booked"], ["pos_order_id", "!=", false]]);
        until(LIMIT, async || admin.count("external.order", booked.clone()).await >= count).await;
    };
    let service = Service::start(&bridge).await;
    told(250).await;
    // Killed: what it told or not is for the next one.
    service.kill().await;
    feed.show(texts(&orders));
    let service = Service::start(&bridge).await;
    told(300).await;
    let steps = json!([["step", "=", "add_payment"]]);
    until(LIMIT, async || admin.count("external.order.log", steps.clone()).await >= 300).await;
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("cannot be told"), "{log}");
    assert_eq!(shown(&admin).await.len(), 300);
    assert_eq!(admin.count("external.order.log", steps).await, 300);
}

/// Without the addon there is nobody to tell, and nothing is kept for them.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_addon_no_steps_are_kept() {
    let shop = OLD.shop(&["Card"]).await;
    let feed = Feed::start(texts(&plains(1, 3))).await;
    let bridge = Bridge::new(&OLD).sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    report.assert_counts(3, 0, 0);
    let path = bridge.config().parent().expect("a folder").join("tillbridge.sqlite");
    let store = tillbridge::store::SqliteStore::open(&path).await.expect("the store");
    let keys = ["1", "2", "3"].map(|id| sale(id).to_string());
    let steps = tillbridge::store::Store::steps(&store, &keys, 9).await.expect("the steps");
    assert_eq!(steps, []);
}
