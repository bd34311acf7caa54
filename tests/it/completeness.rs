//! What the source sold against what Odoo holds, day by day: every difference named, no false
//! one; nothing written by looking, and what is missing booked exactly once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

use crate::addon::bridge as bridge_of;
use crate::support::binary::{Bridge, Ended};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, shell};
use crate::support::orders::{plain, with};
use crate::support::service::Service;
use crate::support::until;

static DATABASE: Database = Database::new("completeness");
static KEPT: Database = Database::with_addon("completeness_kept");
static UNREAD: Database = Database::new("completeness_unread");

/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);

/// A sale of 11.50 at this time, as the source writes it.
fn sold(id: u64, at: &str) -> String {
    with(&plain(&id.to_string(), "B002", dec!(10.00), "Card").json, json!({"OrderDate": at}))
}

fn open(order: &str) -> String {
    with(order, json!({"OrderStatus": 101}))
}

/// (day, shop, light, source, Odoo) of the days that are not empty, and (day, id, kind) of all
/// differences.
fn found(report: &Value) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (mut days, mut differences) = (Vec::new(), Vec::new());
    for day in report["syncs"]
        .as_array()
        .expect("syncs")
        .iter()
        .flat_map(|sync| sync["days"].as_array().expect("days").iter())
    {
        let figures = |side: &str| {
            let sum: Decimal = text(&day[side]["sum"]).parse().expect("a sum");
            format!("{} {}", day[side]["count"], sum.normalize())
        };
        let (date, light) = (text(&day["day"]), text(&day["light"]));
        if day["source"]["count"] != 0 || day["odoo"]["count"] != 0 || light != "green" {
            days.push(format!(
                "{date} {} {light}: {} / {}",
                text(&day["shop"]),
                figures("source"),
                figures("odoo")
            ));
        }
        for one in day["differences"].as_array().expect("differences") {
            assert!(!text(&one["message"]).is_empty(), "{one}");
            differences.push(format!("{date} {} {}", text(&one["id"]), text(&one["kind"])));
        }
    }
    (days, differences)
}

/// When everything of these shops that a booking touches was changed last.
async fn changes(admin: &Admin, shops: &[&Shop]) -> Vec<Value> {
    let ids: Vec<i64> = shops.iter().map(|shop| shop.id).collect();
    let mut changes = Vec::new();
    for (model, shop) in [
        ("pos.order", "session_id.config_id"),
        ("pos.order.line", "order_id.session_id.config_id"),
        ("pos.payment", "session_id.config_id"),
        ("pos.session", "config_id"),
    ] {
        let domain = json!([[shop, "in", ids]]);
        changes.extend(admin.rows::<Value>(model, domain, &["write_date"]).await);
    }
    assert!(!changes.is_empty());
    changes
}

async fn id_of(admin: &Admin, order: u64, name: &str) -> i64 {
    let rows: Vec<Value> =
        admin.rows("pos.order", json!([["pos_reference", "=", format!("{name}/-/{order}")]]), &["id"]).await;
    assert_eq!(rows.len(), 1, "{order}: {rows:?}");
    rows[0]["id"].as_i64().expect("an id")
}

/// In Odoo one order is edited, one cancelled, one deleted and one moved to another day.
async fn change_in_odoo(admin: &Admin) {
    let [edited, cancelled, deleted] =
        [id_of(admin, 4, "East").await, id_of(admin, 5, "East").await, id_of(admin, 6, "East").await];
    let moved = id_of(admin, 2, "West").await;
    // By SQL: Odoo itself lets nobody do all of this to a paid order.
    let statements = [
        format!("update pos_order set amount_total = 11.49 where id = {edited}"),
        format!("update pos_order set state = 'cancel' where id = {cancelled}"),
        format!("delete from pos_payment where pos_order_id = {deleted}"),
        format!("delete from pos_order_line where order_id = {deleted}"),
        format!("delete from pos_order where id = {deleted}"),
        format!("update pos_order set date_order = '2026-03-02 12:00:00' where id = {moved}"),
    ];
    let python: Vec<String> = statements.iter().map(|sql| format!("env.cr.execute(\"{sql}\")\n")).collect();
    shell(&DATABASE, &python.concat());
}

const SPAN: [&str; 4] = ["--from", "2026-03-01", "--to", "2026-03-02"];

async fn reconcile(bridge: &Bridge, more: &[&str]) -> Ended {
    let args: Vec<&str> =
        ["reconcile", "--output", "json"].iter().chain(&SPAN).chain(more).copied().collect();
    bridge.run(&args).await
}

/// What two sources sold, by the clocks of their shops.
fn around_midnight() -> (Vec<String>, Vec<String>) {
    // Around midnight and the end of the business day (04:00), each in its own zone.
    let first = vec![
        sold(1, "2026-03-01T23:30:00"),
        sold(2, "2026-03-02T03:59:59"),
        sold(3, "2026-03-02T04:00:00"),
        sold(4, "2026-03-01T12:00:00"),
        sold(5, "2026-03-01T12:00:00"),
        sold(6, "2026-03-01T12:00:00"),
        open(&sold(7, "2026-03-01T12:00:00")),
        open(&sold(8, "2026-03-01T12:00:00")),
        sold(9, "2026-03-03T03:59:59"),
        sold(10, "2026-03-03T04:00:00"),
    ];
    let second =
        vec![sold(1, "2026-03-01T23:30:00"), sold(2, "2026-03-02T03:59:59"), sold(3, "2026-03-02T04:00:00")];
    (first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_is_named_nothing_is_written_and_the_missing_are_booked_once() {
    let (riyadh, york) = (DATABASE.shop(&["Card"]).await, DATABASE.shop(&["Card"]).await);
    let admin = DATABASE.admin().await;
    let (first, second) = around_midnight();
    let feeds = [Feed::start(first.clone()).await, Feed::start(second).await];
    feeds[0].content().page_size = 4;
    feeds[0].content().repeats_pages = true;
    let bridge = Bridge::new(&DATABASE)
        .sync_with("East", &feeds[0], &riyadh, "timezone = \"Asia/Riyadh\"")
        .sync_with("West", &feeds[1], &york, "timezone = \"America/New_York\"");
    let ended = bridge.run(&["sync"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let ended = reconcile(&bridge, &[]).await;
    let (days, differences) = found(&ended.json());
    assert_eq!(differences, ["2026-03-01 7 waiting", "2026-03-01 8 waiting"], "{ended:?}");
    let stand = |figures: [&str; 4]| {
        let places =
            [("2026-03-01", &riyadh), ("2026-03-02", &riyadh), ("2026-03-01", &york), ("2026-03-02", &york)];
        places
            .iter()
            .zip(figures)
            .map(|((day, shop), said)| format!("{day} {} {said}", shop.name))
            .collect::<Vec<_>>()
    };
    let figures =
        ["amber: 7 80.5 / 5 57.5", "green: 2 23 / 2 23", "green: 2 23 / 2 23", "green: 1 11.5 / 1 11.5"];
    assert_eq!(days, stand(figures));
    assert_eq!(ended.code, Some(0), "waiting is explained: {ended:?}");

    // In Odoo one is edited, one cancelled, one deleted and one moved to another day; at the
    // source one is completed late, one is new, and one is gone.
    change_in_odoo(&admin).await;
    let mut later = first;
    later[6] = sold(7, "2026-03-01T12:00:00");
    later.push(sold(11, "2026-03-01T18:00:00"));
    later.remove(0);
    feeds[0].show(later);

    let shops = [&riyadh, &york];
    let (store, before) = (bridge.exported().await, changes(&admin, &shops).await);
    let ended = reconcile(&bridge, &[]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let (days, differences) = found(&ended.json());
    assert_eq!(
        differences,
        [
            "2026-03-01 11 never_seen",
            "2026-03-01 6 gone",
            "2026-03-01 7 not_fetched",
            "2026-03-01 8 waiting",
            "2026-03-01 4 other_total",
            "2026-03-01 1 not_shown",
            "2026-03-01 5 cancelled_in_odoo",
            "2026-03-01 2 other_day",
            "2026-03-02 2 other_day",
        ],
        "{ended:?}"
    );
    let figures = ["red: 7 80.5 / 3 34.49", "green: 2 23 / 2 23", "red: 2 23 / 1 11.5", "red: 1 11.5 / 2 23"];
    assert_eq!(days, stand(figures));
    assert_eq!(bridge.exported().await, store, "the store was written to");
    assert_eq!(changes(&admin, &shops).await, before, "Odoo was written to");

    // What is missing is booked, once; the deleted one is an incident and not booked again.
    for _ in 0..2 {
        let ended = reconcile(&bridge, &["--repair", "--sync", "East"]).await;
        assert_eq!(ended.code, Some(3), "{ended:?}");
        let (_, differences) = found(&ended.json());
        assert_eq!(
            differences,
            [
                "2026-03-01 6 gone",
                "2026-03-01 8 waiting",
                "2026-03-01 4 other_total",
                "2026-03-01 1 not_shown",
                "2026-03-01 5 cancelled_in_odoo",
            ],
            "{ended:?}"
        );
    }
    for order in [7, 11] {
        id_of(&admin, order, "East").await;
    }
    let gone = bridge.run(&["orders", "--id", "6", "--output", "json"]).await;
    assert_eq!(gone.json::<Value>()["orders"][0]["state"], "missing", "{gone:?}");

    let text = bridge.run(&["reconcile", "--from", "2026-03-01", "--to", "2026-03-02"]).await;
    assert!(
        text.stdout.contains("needs you") && text.stdout.contains("· 4: It stands in Odoo as"),
        "{text:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_makes_a_day_grey_and_is_named() {
    let shop = UNREAD.shop(&["Card"]).await;
    let orders: Vec<String> = (1..=6).map(|id| sold(id, "2026-03-01T12:00:00")).collect();
    let feed = Feed::start(orders.clone()).await;
    feed.content().page_size = 2;
    let bridge = Bridge::new(&UNREAD).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(6, 0, 0);

    feed.content().bad_page = Some((1, "{\"orders\": [{".to_owned()));
    let ended = reconcile(&bridge, &[]).await;
    let (days, differences) = found(&ended.json());
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(differences, Vec::<String>::new(), "what may stand on that page is not called missing");
    assert_eq!(days.len(), 2, "{days:?}");
    assert!(days[0].contains(" grey: ") && days[1].contains(" grey: "), "{days:?}");
    assert!(ended.stdout.contains("A page of the source cannot be read"), "{ended:?}");

    // What it did not show cannot be asked for again.
    feed.content().bad_page = None;
    feed.show(orders[..5].to_vec());
    let asked = feed.content().requests;
    feed.content().page_size = 50;
    feed.content().down_after = Some(asked + 1);
    let ended = reconcile(&bridge, &[]).await;
    let (days, differences) = found(&ended.json());
    assert_eq!((ended.code, differences.len()), (Some(4), 0), "{ended:?}");
    assert_eq!(days[0], format!("2026-03-01 {} grey: 5 57.5 / 6 69", shop.name));
    assert!(ended.stdout.contains("could not be asked again"), "{ended:?}");
    feed.content().down_after = None;

    // A source that shows the last days only cannot be asked for those before.
    feed.show(vec![sold(99, "2026-03-09T12:00:00")]);
    let ended = reconcile(&bridge, &[]).await;
    let (days, differences) = found(&ended.json());
    assert_eq!((ended.code, differences.len()), (Some(4), 0), "{ended:?}");
    assert_eq!(days, [format!("2026-03-01 {} grey: 0 0 / 6 69", shop.name)]);
    assert!(ended.stdout.contains("shows nothing sold before 2026-03-09"), "{ended:?}");

    feed.answer_with(503, "text/plain", "down");
    let ended = reconcile(&bridge, &[]).await;
    let (days, _) = found(&ended.json());
    assert_eq!((ended.code, days.len()), (Some(4), 2), "{ended:?}");
    assert!(days.iter().all(|day| day.contains(" grey: 0 0 / 0 0")), "{ended:?}");
    let bad = bridge.run(&["reconcile", "--from", "2026-03-02", "--to", "2026-03-01"]).await;
    assert!(bad.code == Some(2) && bad.stderr.contains("before the first"), "{bad:?}");
}

/// A zone in which it is about noon now: yesterday's day is over for hours.
fn noon_zone(now: DateTime<Utc>) -> String {
    // POSIX signs: `Etc/GMT-3` is UTC+3.
    match 12 - i64::from(now.hour()) {
        0 => "Etc/GMT".to_owned(),
        ahead => format!("Etc/GMT{:+}", -ahead),
    }
}

async fn day_of(admin: &Admin) -> Option<Value> {
    let fields = ["state", "source_count", "odoo_count", "difference_count", "shop_id", "line_ids"];
    let mut days: Vec<Value> =
        admin.rows("external.order.day", json!([["source_count", ">", 0]]), &fields).await;
    assert!(days.len() <= 1, "{days:?}");
    days.pop()
}

/// Commands that only look are not heard by Odoo, of a store that was used and of a new one.
async fn looking_is_no_sign_of_life(admin: &Admin, bridge: &Bridge, feed: &Feed, shop: &Shop) {
    shell(&KEPT, "env.cr.execute(\"update external_order_service set last_seen = '2026-01-01'\")");
    let services = async || -> Vec<Value> {
        admin.rows("external.order.service", json!([]), &["instance", "last_seen"]).await
    };
    let before = services().await;
    assert_eq!(before.len(), 1, "{before:?}");
    assert_eq!(before[0]["last_seen"], "2026-01-01 00:00:00", "{before:?}");
    let unused = bridge_of(&KEPT, admin).await.sync(feed, shop);
    for (code, args) in [
        (0, vec!["reconcile"]),
        (0, vec!["replay", "--day", "2026-03-01"]),
        (0, vec!["session", "status"]),
        (2, vec!["map", "payment", "Voucher", "Card"]),
    ] {
        for bridge in [bridge, &unused] {
            let ended = bridge.run(&args).await;
            assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
            assert!(code == 0 || ended.stderr.contains("nobody agreed"), "{ended:?}");
            assert_eq!(services().await, before, "{args:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_checks_yesterday_by_itself_and_on_request_fetches_what_is_missing() {
    let admin = KEPT.admin().await;
    let shop = KEPT.shop(&["Card"]).await;
    let now = Utc::now();
    let yesterday = (now - TimeDelta::days(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let feed = Feed::start(vec![sold(1, &yesterday)]).await;
    let rules = format!("timezone = \"{}\"\ninterval = \"1h\"\nclosing = \"never\"", noon_zone(now));
    let bridge = bridge_of(&KEPT, &admin).await.sync_with("Web", &feed, &shop, &rules);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    looking_is_no_sign_of_life(&admin, &bridge, &feed, &shop).await;

    let service = Service::start(&bridge).await;
    until(LIMIT, async || day_of(&admin).await.is_some_and(|day| day["state"] == "green")).await;
    let day = day_of(&admin).await.expect("a day");
    assert_eq!((&day["source_count"], &day["odoo_count"]), (&json!(1), &json!(1)), "{day}");
    assert_eq!(day["shop_id"][0], shop.id, "{day}");

    // The next pass is far away.
    until(LIMIT, async || service.log().contains("pass done")).await;
    feed.show(vec![sold(1, &yesterday), sold(2, &yesterday)]);
    let syncs: Vec<Value> = admin.rows("external.order.sync", json!([["name", "=", "Web"]]), &["id"]).await;
    let ask = async || {
        let values = json!({"kind": "reconcile", "sync_id": syncs[0]["id"], "payload": "{}"});
        let id = admin.create("external.order.request", values).await;
        let mut ended: Option<Value> = None;
        until(LIMIT, async || {
            let domain = json!([["id", "=", id], ["state", "in", ["done", "failed"]]]);
            ended = admin.rows("external.order.request", domain, &["state", "message"]).await.pop();
            ended.is_some()
        })
        .await;
        ended.expect("its end")
    };
    let ended = ask().await;
    assert_eq!(ended["state"], "done", "{ended}");
    let message = ended["message"].as_str().expect("a message");
    assert!(message.contains("1 needs you") && message.contains("1 missing orders were fetched"), "{ended}");
    let day = day_of(&admin).await.expect("a day");
    assert_eq!((&day["state"], &day["difference_count"]), (&json!("red"), &json!(1)), "{day}");
    let line: Vec<Value> = admin
        .rows("external.order.difference", json!([["id", "in", day["line_ids"]]]), &["kind", "external_id"])
        .await;
    assert_eq!((&line[0]["kind"], &line[0]["external_id"]), (&json!("never_seen"), &json!("2")), "{line:?}");

    until(LIMIT, async || admin.count("pos.order", json!([["external_order_id", "=", "2"]])).await == 1)
        .await;
    let ended = ask().await;
    assert!(ended["message"].as_str().is_some_and(|text| text.contains("3 complete")), "{ended}");
    assert_eq!(day_of(&admin).await.expect("a day")["state"], "green");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}
