//! Restored from a backup, copied, lost: the store or Odoo. Nothing is booked twice, and
//! nothing that a person decided is forgotten.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tillbridge::clock::Clock as _;
use tillbridge::config::Config;
use tillbridge::order::{Document, OrderKey};
use tillbridge::store::{Filter, Sending, State};
use tillbridge::sync::OdooFacts;

use crate::addon::bridge;
use crate::support::binary::{Bridge, ended};
use crate::support::feed::Feed;
use crate::support::hands::{self, Hands};
use crate::support::odoo::{Admin, Database};
use crate::support::orders::{Expected, Generated, expected, plain, plains, texts};
use crate::support::service::Service;
use crate::support::{oracle, until};

static DECIDED: Database = Database::with_addon("restores_decided");
static OLDER: Database = Database::with_addon("restores_older");
static RESTORED: Database = Database::with_addon("restores_restored");
static NOTICED: Database = Database::with_addon("restores_noticed");
static SESSIONS: Database = Database::with_addon("restores_sessions");
static COPIED: Database = Database::with_addon("restores_copied");
static STOPPED: Database = Database::new("restores_stopped");
static CLOCK: Database = Database::new("restores_clock");
static TORN: Database = Database::new("restores_torn");
static AHEAD: Database = Database::with_addon("restores_ahead");

/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);

/// Copies the store to a folder.
fn back_up(bridge: &Bridge, to: &Path) {
    for file in bridge.store_files() {
        std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("copied");
    }
}

/// Puts a copy in the place of the store.
fn restore(bridge: &Bridge, from: &Path) {
    bridge.lose_store();
    let folder = bridge.config().parent().expect("a folder").to_owned();
    for entry in std::fs::read_dir(from).expect("the copy") {
        let file = entry.expect("a file").path();
        std::fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("copied");
    }
}

/// The states of some orders, as the store has them.
async fn states(bridge: &Bridge, ids: &[&str]) -> Vec<String> {
    let mut states = Vec::new();
    for id in ids {
        let listed: Value = bridge.run(&["orders", "--id", id, "--output", "json"]).await.json();
        states.push(listed["orders"][0]["state"].as_str().unwrap_or("unknown").to_owned());
    }
    states
}

/// The same order as its source shows it before it is completed.
fn open(order: &Generated) -> String {
    let mut json: Value = serde_json::from_str(&order.json).expect("an order");
    json["OrderStatus"] = 101.into();
    json.to_string()
}

async fn create_product(admin: &Admin, database: &Database, code: &str) {
    let values = json!({
        "name": format!("Product {code}"), "default_code": code, "type": "service", "available_in_pos": true,
        "taxes_id": [[6, 0, [database.seed().taxes["15%"]]]],
    });
    admin.create("product.product", values).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_decided_is_kept_in_odoo_and_a_lost_store_obeys_it() {
    let shop = DECIDED.shop(&["Card"]).await;
    let admin = DECIDED.admin().await;
    // One to be closed and one to be opened again, which lack a product for now; one that its
    // source never completes.
    let closed = plain("1", "R100", dec!(10.00), "Card");
    let reopened = plain("2", "R100", dec!(20.00), "Card");
    let completed = plain("3", "B002", dec!(30.00), "Card");
    let feed = Feed::start(vec![closed.json.clone(), reopened.json.clone(), open(&completed)]).await;
    let bridge = bridge(&DECIDED, &admin).await.sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.refused, report.waiting), (2, 1), "{report:#?}");

    for id in ["1", "2"] {
        bridge.done(&["orders", "ignore", id, "--reason", "a test", "--by", "anna"]).await;
    }
    bridge.done(&["orders", "complete", "3", "--by", "bert"]).await;
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.ignored), (1, 2), "{report:#?}");
    bridge.done(&["orders", "reopen", "2", "--by", "carl"]).await;
    bridge.pass().await;
    let fields = ["key", "external_id", "document", "decision", "decision_reason", "decision_by"];
    let mut rows: Vec<Value> = admin.rows("external.order", json!([]), &fields).await;
    rows.sort_by_key(|row| row["key"].to_string());
    let texts = |row: &Value| fields[1..].iter().map(|name| row[*name].clone()).collect::<Vec<_>>();
    assert_eq!(
        rows.iter().map(texts).collect::<Vec<_>>(),
        [
            vec![json!("1"), json!("sale"), json!("ignored"), json!("a test"), json!("anna")],
            vec![json!("2"), json!("sale"), json!("none"), json!(false), json!("carl")],
            vec![json!("3"), json!("sale"), json!("completed"), json!(false), json!("bert")],
        ]
    );

    bridge.lose_store();
    create_product(&admin, &DECIDED, "R100").await;
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.already_booked), (0, 1, 1), "{report:#?}");
    // Each is told once, as what it is: not first as what its source says.
    assert_eq!((report.waiting, report.ignored), (0, 1), "{report:#?}");
    assert_eq!(states(&bridge, &["1", "2", "3"]).await, ["ignored", "booked", "booked"]);
    let listed = bridge.done(&["orders", "--show", "1"]).await;
    assert!(listed.contains("Closed by anna: a test"), "{listed}");
    oracle::check(&admin, &shop, &expected(&[reopened, completed])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_store_books_nothing_twice_and_forgets_no_decision() {
    let shop = OLDER.shop(&["Card"]).await;
    let admin = OLDER.admin().await;
    let orders = plains(100, 40);
    let closed = plain("1", "R101", dec!(10.00), "Card");
    let completed = plain("2", "B002", dec!(30.00), "Card");
    let others = [closed.json.clone(), open(&completed)];
    let feed = Feed::start([&texts(&orders[..20])[..], &others].concat()).await;
    let bridge = bridge(&OLDER, &admin).await.sync(&feed, &shop);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused, report.waiting), (20, 1, 1), "{report:#?}");
    let copy = tempfile::TempDir::new().expect("a folder");
    back_up(&bridge, copy.path());

    feed.show([&texts(&orders)[..], &others].concat());
    bridge.done(&["orders", "ignore", "1", "--reason", "a test"]).await;
    bridge.done(&["orders", "complete", "2"]).await;
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused), (21, 0), "{report:#?}");

    restore(&bridge, copy.path());
    assert_eq!(states(&bridge, &["1", "2"]).await, ["refused", "waiting"]);
    create_product(&admin, &OLDER, "R101").await;
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.already_booked), (0, 0, 41), "{report:#?}");
    assert_eq!(states(&bridge, &["1", "2"]).await, ["ignored", "booked"]);
    let mut all = orders;
    all.push(completed);
    oracle::check(&admin, &shop, &expected(&all)).await;

    // An Odoo that forgot what was decided is told again.
    assert_eq!(admin.count("external.order", json!([["decision_number", ">", 0]])).await, 2);
    crate::support::odoo::shell(
        &OLDER,
        "env['external.order'].search([('decision_number', '>', 0)], order='decision_number', limit=1).unlink()",
    );
    bridge.pass().await;
    assert_eq!(admin.count("external.order", json!([["decision", "!=", "none"]])).await, 2);
}

/// A disk that lost the end of what was written last: the store opens with what was durable
/// before, and what it does not know of any more is looked up.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_log_was_torn_books_nothing_twice() {
    let shop = TORN.shop(&["Card"]).await;
    let admin = TORN.admin().await;
    let orders = plains(2000, 120);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&TORN).sync(&feed, &shop);
    let mut child = bridge.start(&["sync"]);
    let booked = async || admin.count("pos.order", json!([["config_id", "=", shop.id]])).await;
    until(LIMIT, async || booked().await >= 40).await;
    child.kill().await.expect("it is killed");
    let whole = tempfile::TempDir::new().expect("a folder");
    back_up(&bridge, whole.path());
    let log = std::fs::metadata(whole.path().join("tillbridge.sqlite-wal")).expect("its log").len();

    let mut known: Vec<u64> = Vec::new();
    for percent in [3, 40, 75, 99] {
        restore(&bridge, whole.path());
        let file = std::fs::File::options()
            .write(true)
            .open(bridge.config().with_file_name("tillbridge.sqlite-wal"))
            .expect("the log");
        file.set_len(log * percent / 100).expect("torn");
        let check = bridge.done(&["store", "check", "--output", "json"]).await;
        let check: Value = serde_json::from_str(&check).expect("a report");
        known.push(check["orders"].as_object().expect("counts").values().filter_map(Value::as_u64).sum());
        until(LIMIT, async || {
            let (_, report) = bridge.pass().await;
            assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
            report.retrying == 0 && report.booked + report.already_booked >= 120
        })
        .await;
        assert_eq!(bridge.done(&["orders", "--state", "sending"]).await, "", "torn at {percent} %");
    }
    assert!(known.is_sorted() && known[0] < known[3], "{known:?}: nothing was lost");
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

/// As after a backup of Odoo was restored: the orders of these numbers are gone, and the next
/// order takes the first of their ids.
fn forget_orders(database: &Database, numbers: &[&str]) {
    let numbers = numbers.join("', '");
    let python = format!(
        "ids = env['pos.order'].search([('external_order_id', 'in', ['{numbers}'])]).ids\n\
         env.cr.execute('delete from pos_payment where pos_order_id = any(%s)', [ids])\n\
         env.cr.execute('delete from pos_order_line where order_id = any(%s)', [ids])\n\
         env.cr.execute('select id from stock_picking where pos_order_id = any(%s)', [ids])\n\
         pickings = [row[0] for row in env.cr.fetchall()]\n\
         env.cr.execute('delete from stock_move_line where picking_id = any(%s)', [pickings])\n\
         env.cr.execute('delete from stock_move where picking_id = any(%s)', [pickings])\n\
         env.cr.execute('delete from stock_picking where id = any(%s)', [pickings])\n\
         env.cr.execute('delete from pos_order where id = any(%s)', [ids])\n\
         env.cr.execute(\"select setval('pos_order_id_seq', %s, false)\", [min(ids)])"
    );
    crate::support::odoo::shell(database, &python);
}

/// A return of all of a plain sale.
fn refund(of: &Generated) -> Generated {
    let mut json: Value = serde_json::from_str(&of.json).expect("an order");
    json["OrderStatus"] = 106.into();
    let sale = &of.expected;
    let expected = Expected {
        key: OrderKey { document: Document::Refund(None), ..sale.key.clone() },
        total: -sale.total,
        tax: -sale.tax,
        lines: sale.lines.iter().map(|(code, quantity)| (code.clone(), -quantity)).collect(),
        payments: sale.payments.iter().map(|(method, amount)| (method.clone(), -amount)).collect(),
    };
    Generated { json: json.to_string(), expected }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restored_odoo_lost_is_one_incident_and_booked_again_once_a_person_agrees() {
    let shop = RESTORED.shop(&["Card"]).await;
    let admin = RESTORED.admin().await;
    let mut orders = plains(300, 12);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = bridge(&RESTORED, &admin).await.sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(12, 0, 0);

    forget_orders(&RESTORED, &["308", "309", "310", "311"]);
    let sum: Decimal = orders[8..].iter().map(|order| order.expected.total).sum();
    // A return of one that is gone, and new orders, which take the ids that are free again.
    let returned = refund(&orders[9]);
    orders.extend(plains(320, 3));
    feed.show([texts(&orders), vec![returned.json.clone()]].concat());
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.missing, report.retrying), (3, 3, 4, 1), "{report:#?}");
    assert_eq!(report.notes.len(), 1, "{report:#?}");
    let said = &report.notes[0];
    assert!(
        said.starts_with(&format!("4 orders that were booked are gone from Odoo (sum {sum}, sold ")),
        "{said}"
    );
    assert_eq!(states(&bridge, &["307", "308", "320"]).await, ["booked", "missing", "booked"]);
    let fields = ["last_sync_message", "attention_count"];
    let shown: Vec<Value> = admin
        .rows("external.order.sync", json!([["name", "=", "Web"], ["from_file", "=", true]]), &fields)
        .await;
    assert!(
        shown[0]["last_sync_message"].to_string().contains("4 orders that were booked are gone"),
        "{shown:?}"
    );
    assert_eq!(shown[0]["attention_count"], 4);

    // Nothing happens by itself.
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.missing), (3, 0, 4), "{report:#?}");
    let listed = bridge.run(&["orders", "rebook"]).await;
    assert_eq!(listed.code, Some(3), "{listed:?}");
    for part in ["308", "309", "310", "311"] {
        assert!(listed.stdout.contains(part), "{part} is not in {listed:?}");
    }
    assert!(!listed.stdout.contains("307") && listed.stderr.contains("Web: 4 orders"), "{listed:?}");

    bridge.done(&["orders", "rebook", "--yes"]).await;
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.missing, report.retrying), (0, 5, 0, 0), "{report:#?}");
    let none = bridge.run(&["orders", "rebook", "--yes"]).await;
    assert!(none.code == Some(0) && none.stderr.starts_with("No order that was booked"), "{none:?}");
    orders.push(returned);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_notices_what_is_gone_and_shows_it_in_odoo() {
    let shop = NOTICED.shop(&["Card"]).await;
    let admin = NOTICED.admin().await;
    let orders = plains(400, 5);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = bridge(&NOTICED, &admin).await.sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(5, 0, 0);
    forget_orders(&NOTICED, &["404"]);

    let service = Service::start(&bridge).await;
    until(LIMIT, async || {
        let shown: Vec<Value> =
            admin.rows("external.order.sync", json!([["name", "=", "Web"]]), &["last_sync_message"]).await;
        shown
            .iter()
            .any(|row| row["last_sync_message"].to_string().contains("1 order that was booked is gone"))
    })
    .await;
    // Agreed to while it runs, it is booked by the service.
    bridge.done(&["orders", "rebook", "--yes"]).await;
    bridge.done(&["sync"]).await;
    assert_eq!(states(&bridge, &["404"]).await, ["booked"]);
    assert_eq!(service.stop().await.0, Some(0));
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_the_id_of_ours_is_not_ours() {
    let shop = SESSIONS.shop(&["Card"]).await;
    let admin = SESSIONS.admin().await;
    let feed = Feed::start(texts(&plains(500, 1))).await;
    let bridge = bridge(&SESSIONS, &admin).await.sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let ours = async || {
        let status = bridge.done(&["session", "status", "--output", "json"]).await;
        let status: Value = serde_json::from_str(&status).expect("sessions");
        assert_eq!(status["sessions"].as_array().map(Vec::len), Some(1), "{status}");
        status["sessions"][0]["ours"].clone()
    };
    assert_eq!(ours().await, true);
    crate::support::odoo::shell(
        &SESSIONS,
        "env.cr.execute(\"update pos_session set create_date = create_date + interval '1 minute'\")",
    );
    assert_eq!(ours().await, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_goes_on_with_another_database_once_a_person_says_so() {
    let shop = COPIED.shop(&["Card"]).await;
    let admin = COPIED.admin().await;
    let mut orders = plains(600, 6);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = bridge(&COPIED, &admin).await.sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(6, 0, 0);
    let same = bridge.run(&["rebind"]).await;
    assert!(same.code == Some(0) && same.stderr.starts_with("Nothing to do"), "{same:?}");

    // A duplicate has a uuid of its own; here it lacks an order, too.
    let uuid = "00000000-0000-4000-8000-000000000000";
    admin.act("ir.config_parameter", "set_param", json!(["database.uuid", uuid])).await;
    forget_orders(&COPIED, &["605"]);
    let refused = bridge.run(&["sync"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("tillbridge rebind"), "{refused:?}");

    let shown = bridge.run(&["rebind"]).await;
    assert_eq!(shown.code, Some(3), "{shown:?}");
    assert!(shown.stdout.contains(uuid) && shown.stdout.contains("6 orders"), "{shown:?}");
    assert_eq!(bridge.run(&["sync"]).await.code, Some(2), "only shown so far");
    let bound = bridge.run(&["rebind", "--yes"]).await;
    assert_eq!(bound.code, Some(3), "{bound:?}");
    assert!(bound.stdout.contains("1 of 6 booked orders are not there"), "{bound:?}");

    let new = plains(610, 1);
    feed.show(texts(&new));
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.missing), (3, 1, 1), "{report:#?}");
    orders.pop();
    orders.extend(new);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_in_a_long_pass_sync_ends_at_its_next_safe_point() {
    let shop = STOPPED.shop(&["Card"]).await;
    let admin = STOPPED.admin().await;
    let orders = plains(1000, 300);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&STOPPED).sync(&feed, &shop);
    let booked = async || admin.count("pos.order", json!([["config_id", "=", shop.id]])).await;
    let child = bridge.start(&["sync", "--output", "json"]);
    until(LIMIT, async || booked().await > 0).await;
    let pid = child.id().expect("it runs").to_string();
    let told = tokio::process::Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status();
    assert!(told.await.expect("a shell").success());
    let ended = tokio::time::timeout(Duration::from_secs(75), ended(child)).await.expect("it ends in time");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("stopped before everything was done"), "{ended:?}");
    assert!((1..300).contains(&booked().await), "it was to be stopped in the middle");
    assert_eq!(bridge.done(&["orders", "--state", "sending"]).await, "", "nothing is in doubt");

    bridge.pass().await;
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_put_forward_does_not_make_a_request_old() {
    const AN_HOUR: Duration = Duration::from_secs(3600);
    let shop = CLOCK.shop(&["Card"]).await;
    let admin = CLOCK.admin().await;
    let order = plain("700", "R700", dec!(10.00), "Card");
    let feed = Feed::start(vec![order.json.clone()]).await;
    let bridge = Bridge::new(&CLOCK).sync(&feed, &shop);
    assert_eq!(bridge.pass().await.1.refused, 1);

    let config = Config::load(&bridge.config()).expect("the configuration");
    let hands = Hands::default();
    let (store, engine) = hands::engine(&config, &hands, AN_HOUR).await;
    let key = CLOCK.seed().users["posapi"].api_key.clone().expect("a key");
    let client = CLOCK.client("posapi", &key).await;
    // As on an old series without the addon: nothing in Odoo refuses a second one.
    let facts = OdooFacts { addon: false, unique: false, leases: false, orders: false };
    let sync = &config.syncs[0];
    feed.show(Vec::new());
    assert_eq!(engine.pass(&client, facts, sync).await.refused, 1);
    create_product(&admin, &CLOCK, "R700").await;
    // Its request left, and was never heard of again.
    let all = store.list(&Filter::default()).await.expect("the order");
    assert_eq!(all[0].state, State::Refused);
    let revision = all[0].revision;
    let sending = Sending { key: all[0].key.clone(), revision, payload_hash: "sent".into() };
    let lease = store.take_lease("shop", "the test").await.expect("asked").expect("free");
    assert_eq!(store.mark_sending(&[sending], lease, hands.now()).await.expect("marked").len(), 1);
    store.give_back(lease).await.expect("given back");
    for jump in [TimeDelta::days(7), TimeDelta::days(-1)] {
        hands.put(jump);
        let report = engine.pass(&client, facts, sync).await;
        assert_eq!((report.booked, report.retrying), (0, 1), "{report:#?}");
    }
    // Put back, it waits no longer than it should either.
    drop((store, engine));
    let (_store, engine) = hands::engine(&config, &hands, Duration::from_secs(5)).await;
    until(Duration::from_secs(60), async || engine.pass(&client, facts, sync).await.booked == 1).await;
    oracle::check(&admin, &shop, &expected(&[order])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_week_ahead_closes_no_session() {
    let shop = AHEAD.shop(&["Card"]).await;
    let admin = AHEAD.admin().await;
    let feed = Feed::start(texts(&plains(800, 2))).await;
    let mut bridge = bridge(&AHEAD, &admin).await;
    bridge.add_sync("Web", &feed, &shop, "interval = \"1s\"");
    let config = Config::load(&bridge.config()).expect("the configuration");
    let hands = Hands::default();
    let (_, engine) = hands::engine(&config, &hands, Duration::from_secs(5)).await;
    let key = AHEAD.seed().users["posapi"].api_key.clone().expect("a key");
    let client = AHEAD.client("posapi", &key).await;
    let facts = OdooFacts { addon: true, unique: true, leases: false, orders: false };
    let sync = &config.syncs[0];
    let pass = async || engine.service_pass(&client, facts, sync, std::slice::from_ref(sync)).await;
    assert_eq!(pass().await.booked, 2);

    hands.put(TimeDelta::days(7));
    let report = pass().await;
    assert!(report.sessions.is_empty(), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("minutes ahead of Odoo's")), "{report:#?}");
    let open = json!([["config_id", "=", shop.id], ["state", "=", "opened"]]);
    assert_eq!(admin.count("pos.session", open).await, 1);
}
