//! Stopped in the middle, absent, beside another command, in another Odoo.

use serde_json::json;

use super::{Kept, LIMIT, SYNC, booked, bridge, order};
use crate::support::feed::Feed;
use crate::support::odoo::{Database, shell};
use crate::support::oracle;
use crate::support::orders::{Rounding, expected, generate, texts};
use crate::support::service::Service;
use crate::support::until;

static STOPPED: Database = Database::with_addon("addon_stopped");
static ABSENT: Database = Database::with_addon("addon_absent");
static BESIDE: Database = Database::with_addon("addon_beside");
static OTHER: Database = Database::with_addon("addon_other");

const COUNT: u64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_in_a_long_pass_it_finishes_what_is_under_way_and_the_next_start_goes_on() {
    let admin = STOPPED.admin().await;
    let shop = STOPPED.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(32, 1, COUNT, Rounding::PerOrder);
    let feed = Feed::start(Vec::new()).await;
    let bridge = bridge(&STOPPED, &admin).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    let service = Service::start(&bridge).await;
    sync.becomes("no_orders").await;

    feed.show(texts(&orders));
    let request = sync.press("action_sync_now").await;
    // The request says how far it is.
    until(LIMIT, async || {
        let asked = sync.request(request).await;
        assert_ne!(asked.state, "done", "the pass ended before it could be stopped: {asked:?}");
        let text = asked.message.as_str().unwrap_or_default();
        asked.progress > 0 && text.ends_with("of about 400 orders done.")
    })
    .await;
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    let stood = booked(&admin, &shop).await;
    assert!((1..400).contains(&stood), "it was to be stopped in the middle: {stood}");
    let asked = sync.request(request).await;
    assert_eq!(asked.state, "taken", "{asked:?}");
    assert!(asked.message.as_str().is_some_and(|text| text.contains("follows when it runs")), "{asked:?}");
    let in_doubt = bridge.run(&["orders", "--state", "sending", "--output", "json"]).await;
    let in_doubt: serde_json::Value = in_doubt.json();
    assert_eq!(in_doubt["orders"], json!([]), "nothing is left in doubt");

    let service = Service::start(&bridge).await;
    // What one service began and did not end, the next one takes up.
    until(LIMIT, async || sync.request(request).await.state == "done").await;
    assert_eq!(service.stop().await.0, Some(0));
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_service_a_request_is_kept_and_the_form_says_so() {
    let admin = ABSENT.admin().await;
    let shop = ABSENT.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(1, "Engine Oil Change")]).await;
    let bridge = bridge(&ABSENT, &admin).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    let never = sync.shown().await;
    assert_eq!(never.badge, "never");
    assert!(
        never.service_banner.as_str().is_some_and(|text| text.contains("has connected yet")),
        "{never:?}"
    );

    let service = Service::start(&bridge).await;
    assert_eq!(sync.becomes("success").await.service_banner, json!(""));
    assert_eq!(service.stop().await.0, Some(0));
    silent_for_an_hour(&ABSENT).await;

    let shown = sync.shown().await;
    assert_eq!(shown.badge, "silent");
    let banner = shown.service_banner.as_str().expect("a banner").to_owned();
    assert!(banner.contains("has not been heard from since"), "{banner}");
    feed.show(vec![order(1, "Engine Oil Change"), order(2, "Engine Oil Change")]);
    let request = sync.press("action_sync_now").await;
    let text: serde_json::Value = admin.call(SYNC, "request_progress", json!([[sync.id]])).await;
    assert_eq!((&text["state"], &text["unanswered"]), (&json!("asked"), &json!(true)));
    assert!(text["text"].as_str().is_some_and(|text| text.contains("Your request is kept")), "{text}");
    assert_eq!(sync.request(request).await.state, "asked");

    let service = Service::start(&bridge).await;
    until(LIMIT, async || sync.request(request).await.state == "done").await;
    assert_eq!(sync.becomes("success").await.service_banner, json!(""));
    assert_eq!(booked(&admin, &shop).await, 2);
    assert_eq!(service.stop().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_service_one_shot_commands_hand_over_and_a_second_service_is_refused() {
    let admin = BESIDE.admin().await;
    let shop = BESIDE.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let orders = generate(33, 1, 30, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders[..10])).await;
    let bridge = bridge(&BESIDE, &admin).await;
    let service = Service::start(&bridge).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    sync.becomes("success").await;

    let second = bridge.run(&["run"]).await;
    assert_eq!(second.code, Some(2), "{second:?}");
    assert!(second.stderr.contains("in use by `tillbridge run`"), "{second:?}");

    feed.show(texts(&orders[..20]));
    let (code, report) = bridge.pass().await;
    let figures = (report.booked, report.already_booked, report.refused);
    assert_eq!((code, report.sync.as_str(), figures), (0, "Web", (10, 10, 0)), "{report:#?}");

    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("late.json");
    std::fs::write(&file, format!("[{}]", texts(&orders[20..]).join(","))).expect("written");
    let file = file.to_str().expect("a name").to_owned();
    let imported = bridge.run(&["import", &file, "--sync", "Web"]).await;
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.stderr.contains("a tillbridge service is running"), "{imported:?}");
    assert!(imported.stdout.contains("10 booked"), "{imported:?}");

    oracle::check(&admin, &shop, &expected(&orders)).await;
    assert_eq!(service.stop().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_under_the_same_name_is_refused_before_anything_is_done() {
    let admin = OTHER.admin().await;
    let shop = OTHER.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(1, "Engine Oil Change")]).await;
    let bridge = bridge(&OTHER, &admin).await;
    let sync = Kept::new(&admin, &feed, &shop).await;
    let service = Service::start(&bridge).await;
    sync.becomes("success").await;
    assert_eq!(service.stop().await.0, Some(0));

    let database = json!(["database.uuid", "00000000-0000-4000-8000-000000000000"]);
    admin.act("ir.config_parameter", "set_param", database).await;
    let asked = feed.content().requests;
    for command in ["run", "sync"] {
        let refused = bridge.run(&[command]).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("this store belongs to the Odoo database"), "{refused:?}");
    }
    assert_eq!(feed.content().requests, asked, "the source was asked");
}

/// Makes every service fall silent an hour ago, as no user can.
async fn silent_for_an_hour(database: &'static Database) {
    let sql = "update external_order_service set last_seen = last_seen - interval '1 hour'";
    let program = format!("env.cr.execute({sql:?})");
    tokio::task::spawn_blocking(move || shell(database, &program)).await.unwrap();
}
