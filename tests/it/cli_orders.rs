//! `tillbridge import` and `tillbridge orders`.

use serde_json::Value;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;

static DATABASE: Database = Database::new("cli_orders");

const PLAIN: &str = include_str!("../fixtures/orders/plain.json");

async fn bridge() -> Bridge {
    let shop = DATABASE.shop(&["Cash", "Card"]).await;
    Bridge::new(&DATABASE).sync(&Feed::start(Vec::new()).await, &shop)
}

/// Writes orders beside the configuration and imports them.
async fn import(bridge: &Bridge, orders: &[String]) -> (Option<i32>, Value) {
    let path = bridge.config().with_file_name("orders.json");
    std::fs::write(&path, format!("[{}]", orders.join(","))).unwrap();
    let path = path.display().to_string();
    let ended = bridge.run(&["import", &path, "--sync", "Web", "--output", "json"]).await;
    let report: Value = ended.json();
    (ended.code, report["syncs"][0].clone())
}

async fn orders(bridge: &Bridge, args: &[&str]) -> Value {
    let ended = bridge.run(&[&["orders", "--output", "json"], args].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.json()
}

fn ids(listing: &Value) -> Vec<&str> {
    listing["orders"].as_array().unwrap().iter().map(|order| order["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_is_listed_and_shown() {
    let bridge = bridge().await;
    let unknown = PLAIN.replace("70211", "70212").replace("Engine Oil Change", "No such thing");
    let (code, report) = import(&bridge, &[PLAIN.to_owned(), unknown.clone()]).await;
    assert_eq!((code, &report["booked"], &report["refused"]), (Some(3), &1.into(), &1.into()), "{report:#}");
    let (code, report) = import(&bridge, &[PLAIN.to_owned()]).await;
    assert_eq!((&report["booked"], &report["already_booked"]), (&0.into(), &1.into()), "{code:?} {report:#}");

    let all = orders(&bridge, &[]).await;
    assert_eq!((ids(&all), &all["total"]), (vec!["70212", "70211"], &2.into()));
    assert_eq!((&all["orders"][1]["state"], &all["orders"][1]["sync"]), (&"booked".into(), &"Web".into()));
    let one = orders(&bridge, &["--limit", "1"]).await;
    assert_eq!((ids(&one), &one["total"]), (vec!["70212"], &2.into()));
    assert_eq!(ids(&orders(&bridge, &["--state", "booked,waiting"]).await), ["70211"]);
    assert_eq!(ids(&orders(&bridge, &["--state", "refused", "--sync", "Web"]).await), ["70212"]);
    assert_eq!(ids(&orders(&bridge, &["--id", "70211"]).await), ["70211"]);
    assert_eq!(ids(&orders(&bridge, &["--sync", "file:Other"]).await), Vec::<&str>::new());

    let table = bridge.run(&["orders", "--limit", "1"]).await;
    assert!(table.stdout.contains("No such thing"), "{table:?}");
    assert_eq!(table.stderr, "1 of 2 orders, the last received first; --limit 0 shows all.\n");

    let shown = bridge.run(&["orders", "--show", "70212"]).await;
    for part in ["Order 70212: refused", "unknown_product", "What to do", "\"ItemName\": \"No such thing\""] {
        assert!(shown.stdout.contains(part), "{part} is not in {}", shown.stdout);
    }
    let raw = &orders(&bridge, &["--show", "70212"]).await["orders"][0]["raw"];
    assert_eq!(*raw, serde_json::from_str::<Value>(&unknown).unwrap());
    let nobody = bridge.run(&["orders", "--show", "1"]).await;
    assert_eq!((nobody.code, nobody.stdout.as_str()), (Some(2), ""), "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_changed_after_booking_is_shown_in_both_versions() {
    let bridge = bridge().await;
    let changed = PLAIN.replace("\"Quantity\":1.0", "\"Quantity\":2.0").replace("138.0", "276.0");
    let changed = changed
        .replace("\"Tax\":18.0", "\"Tax\":36.0")
        .replace("\"AmountTotal\":120.0", "\"AmountTotal\":240.0");
    import(&bridge, &[PLAIN.replace("70211", "80001")]).await;
    let (code, report) = import(&bridge, &[changed.replace("70211", "80001")]).await;
    assert_eq!((code, &report["conflict"]), (Some(3), &1.into()), "{report:#}");
    let shown = bridge.run(&["orders", "--show", "80001"]).await.stdout;
    for part in
        ["Order 80001: conflict", "\"GrandTotal\": 138.0", "As received later", "\"GrandTotal\": 276.0"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_read_are_named() {
    let bridge = bridge().await;
    let ended = bridge.run(&["import", "no-such-file.json", "--sync", "Web"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains("no-such-file.json does not exist"), "{ended:?}");
    let ended = bridge.run(&["import", "no-such-file.json", "--sync", "Wob"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("hint: The syncs are: \"Web\"."), "{ended:?}");
    // One sync needs not be named.
    let ended = bridge.run(&["import", "no-such-file.json"]).await;
    assert!(ended.stdout.contains("no-such-file.json does not exist"), "{ended:?}");
    let path = bridge.config().with_file_name("page.json");
    std::fs::write(&path, "<html>").unwrap();
    let ended = bridge.run(&["import", &path.display().to_string(), "--sync", "Web"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains("Check that the file holds orders"), "{ended:?}");
}
