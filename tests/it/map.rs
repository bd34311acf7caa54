//! `tillbridge map`: written into the file, and what waited for it is booked.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::addon::order;
use crate::support::binary::{Bridge, Ended};
use crate::support::feed::{Feed, KEY};
use crate::support::odoo::{Database, server};
use crate::support::proxy::{Fate, Proxy};
use crate::support::service::Service;
use crate::support::until;

static DATABASE: Database = Database::new("map");

/// Whatever is waited for here came long before.
const LONG: Duration = Duration::from_secs(240);

fn paid_by(id: u64, card: &str) -> String {
    order(id, "Engine Oil Change").replace("\"Cash\"", &format!("\"{card}\""))
}

fn assert_ended(ended: &Ended, code: i32, stdout: &str, stderr: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), stdout), "{ended:?}");
    for part in stderr {
        assert!(ended.stderr.contains(part), "{part} is not in {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_written_once_somebody_agrees_and_cures_what_waited_for_it() {
    let shop = DATABASE.shop(&["Cash", "Card"]).await;
    let orders = vec![paid_by(401, "Tabby"), paid_by(402, "Tabby"), paid_by(403, "Beam")];
    let feed = Feed::start(orders).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "payment_fallback = \"ask\" # so");
    bridge.pass().await.1.assert_counts(0, 0, 3);
    let path = bridge.config();
    let before = std::fs::read_to_string(&path).unwrap();
    let unchanged = || std::fs::read_to_string(&path).unwrap() == before;

    let none = bridge.run(&["map", "payment", "Tabby", "Gold", "--yes"]).await;
    assert_ended(&none, 2, "", &["has a payment method \"Gold\"", "Card"]);
    let unasked = bridge.run(&["map", "payment", "tabby", "card"]).await;
    let cures = "The payment \"Tabby\" of the sync \"Web\" will stand for the payment method Card. This cures 2 orders: 401, 402.";
    assert_ended(&unasked, 2, "", &[cures, "no terminal", "--yes"]);
    assert!(unchanged());
    let nowhere = bridge.run(&["map", "payment", "Tabby", "Card", "--sync", "Wob", "--yes"]).await;
    assert_ended(&nowhere, 2, "", &["no sync named \"Wob\""]);

    let done = bridge.run(&["map", "payment", "tabby", "card", "--yes"]).await;
    assert_ended(&done, 0, "2 of 2 booked\n", &[cures]);
    let after = std::fs::read_to_string(&path).unwrap();
    let added = after.strip_prefix(before.trim_end()).expect("all else stays").trim();
    assert_eq!(added, "[[sync.payment]]\ncode = \"Tabby\"\nmethod = \"Card\"");
    let unneeded = bridge.run(&["map", "payment", "Nobody", "Card", "--yes"]).await;
    assert_ended(&unneeded, 0, "It is mapped; no order needed it.\n", &["orders lack: Beam."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_goes_on_with_the_mapping() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(411, "No such thing"), order(412, "Nor this")]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(0, 0, 2);
    let service = Service::start(&bridge).await;
    let unknown = bridge.run(&["map", "product", "No such thing", "B-none", "--yes"]).await;
    assert_ended(&unknown, 2, "", &["no product in Odoo has the internal reference, barcode or name"]);
    let done = bridge.run(&["map", "product", "No such thing", "Item 02", "--yes", "--output", "json"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let report: Value = done.json();
    assert_eq!((&report["booked"], &report["of"]), (&1.into(), &1.into()), "{report:#}");
    assert_eq!(report["target"], "the product [B002] Item 02");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the syncs of the configuration file were read again"), "{log}");
}

/// The pass that runs knows nothing of the mapping; the one that follows it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_counts_for_the_pass_that_follows_the_running_one() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(431, "No such thing")]).await;
    let proxy = Proxy::start().await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    bridge.pass().await.1.assert_counts(0, 0, 1);
    feed.show(vec![order(431, "No such thing"), order(432, "Engine Oil Change")]);

    let (arrived, is_here) = oneshot::channel();
    let (release, go_on) = oneshot::channel();
    proxy.fates([Fate::Hold { arrived, go_on }]);
    let service = Service::start(&bridge).await;
    tokio::time::timeout(LONG, is_here).await.expect("soon").expect("the first pass sends an order");
    let asked = async {
        until(LONG, async || service.log().contains("decided by a person")).await;
        release.send(()).expect("it is held");
    };
    let args = ["map", "product", "No such thing", "Item 02", "--yes"];
    let (mapped, ()) = tokio::join!(bridge.run(&args), asked);
    assert_ended(&mapped, 0, "1 of 1 booked\n", &["This cures 1 order: 431."]);
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_gets_its_shop() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let at = |id, location: u64| {
        let mut order: Value = serde_json::from_str(&order(id, "Engine Oil Change")).unwrap();
        order["LocationID"] = location.into();
        order.to_string()
    };
    let feed = Feed::start(vec![at(421, 1), at(422, 12)]).await;
    let mut bridge = Bridge::new(&DATABASE);
    bridge.add(&format!(
        "[[sync]]\nname = \"Web\"\nurl = \"{}\"\napi_key = \"{KEY}\"\n[[sync.location]]\nid = 1\nshop = {}",
        feed.url(),
        shop.id
    ));
    bridge.pass().await.1.assert_counts(1, 0, 1);
    let none = bridge.run(&["map", "location", "12", "No such shop", "--yes"]).await;
    assert_ended(&none, 2, "", &["There is no shop named \"No such shop\" in Odoo"]);
    let done = bridge.run(&["map", "location", "12", &shop.name, "--yes"]).await;
    assert_ended(&done, 0, "1 of 1 booked\n", &["This cures 1 order: 422."]);
}
