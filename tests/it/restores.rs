//! Restored from a backup, copied, lost: the store or Odoo. Nothing is booked twice, and
//! nothing that a person decided is forgotten.

use std::path::{Path, PathBuf};

use rust_decimal::dec;
use serde_json::{Value, json};

use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Generated, expected, plain, plains, texts};

static DECIDED: Database = Database::with_addon("restores_decided");
static OLDER: Database = Database::with_addon("restores_older");

/// The files of a bridge's store.
fn store_of(bridge: &Bridge) -> Vec<PathBuf> {
    let folder = bridge.config().parent().expect("a folder").to_owned();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let files = std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("a file").path());
    files.filter(|path| name(path).starts_with("tillbridge.db") && !name(path).ends_with("-shm")).collect()
}

/// Copies the store to a folder.
fn back_up(bridge: &Bridge, to: &Path) {
    for file in store_of(bridge) {
        std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("copied");
    }
}

/// Loses the store.
fn lose(bridge: &Bridge) {
    for file in store_of(bridge) {
        std::fs::remove_file(file).expect("removed");
    }
}

/// Puts a copy in the place of the store.
fn restore(bridge: &Bridge, from: &Path) {
    lose(bridge);
    let folder = bridge.config().parent().expect("a folder").to_owned();
    for entry in std::fs::read_dir(from).expect("the copy") {
        let file = entry.expect("a file").path();
        std::fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("copied");
    }
}

async fn done(bridge: &Bridge, args: &[&str]) -> String {
    let ended = bridge.run(args).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

/// The states of some orders, as the store has them.
async fn states(bridge: &Bridge, ids: &[&str]) -> Vec<String> {
    let mut states = Vec::new();
    for id in ids {
        let listed = done(bridge, &["orders", "--id", id, "--output", "json"]).await;
        let listed: Value = serde_json::from_str(&listed).expect("a list");
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
        done(&bridge, &["orders", "ignore", id, "--reason", "a test", "--by", "anna"]).await;
    }
    done(&bridge, &["orders", "complete", "3", "--by", "bert"]).await;
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.ignored), (1, 2), "{report:#?}");
    done(&bridge, &["orders", "reopen", "2", "--by", "carl"]).await;
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

    lose(&bridge);
    create_product(&admin, &DECIDED, "R100").await;
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.already_booked, report.waiting), (0, 1, 1, 0), "{report:#?}");
    assert_eq!(states(&bridge, &["1", "2", "3"]).await, ["ignored", "booked", "booked"]);
    let listed = done(&bridge, &["orders", "--show", "1"]).await;
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
    done(&bridge, &["orders", "ignore", "1", "--reason", "a test"]).await;
    done(&bridge, &["orders", "complete", "2"]).await;
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
    let ids: Vec<Value> = admin.rows("external.order", json!([]), &["id"]).await;
    let ids: Vec<i64> = ids.iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids.len(), 2);
    crate::support::odoo::shell(
        &OLDER,
        "env['external.order'].search([], order='decision_number', limit=1).unlink()",
    );
    bridge.pass().await;
    assert_eq!(admin.count("external.order", json!([["decision", "!=", "none"]])).await, 2);
}
