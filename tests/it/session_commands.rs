//! Closing by hand, what keeps a session from closing, and shops: shared ones, new ones.

use chrono::{NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::addon::bridge;
use crate::support::binary::{Bridge, Ended};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, plain, plains, texts};
use crate::support::series::Series;
use crate::support::till;

static PLAIN: Database = Database::new("session_commands");
static ADDON: Database = Database::with_addon("session_addon");
static MAKER: Database = Database::with_addon("session_maker");

/// A session of `session close --output json`: the interface, spelled out once more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    #[expect(dead_code, reason = "part of the interface")]
    session: i64,
    name: String,
    shop: String,
    business_day: NaiveDate,
    verdict: String,
    entry: Option<String>,
    entry_date: Option<NaiveDate>,
    tendered: Vec<Value>,
    findings: Vec<String>,
    fix: Option<String>,
}

#[derive(Deserialize)]
struct Sessions<T> {
    sessions: Vec<T>,
}

async fn close(bridge: &Bridge) -> (Ended, Vec<Closed>) {
    let ended = bridge.run(&["session", "close", "--output", "json"]).await;
    let said: Sessions<Closed> = ended.json();
    (ended, said.sessions)
}

async fn close_one(bridge: &Bridge) -> (Option<i32>, Closed) {
    let (ended, mut sessions) = close(bridge).await;
    assert_eq!(sessions.len(), 1, "{ended:?}");
    (ended.code, sessions.remove(0))
}

async fn states(admin: &Admin, shop: &Shop) -> Vec<String> {
    #[derive(Deserialize)]
    struct Row {
        state: String,
    }
    let of_shop = json!([["config_id", "=", shop.id]]);
    let rows: Vec<Row> = admin.rows("pos.session", of_shop, &["state"]).await;
    rows.into_iter().map(|row| row.state).collect()
}

/// Before the cut-off of the night it is still the day before: the entry says so.
#[tokio::test(flavor = "multi_thread")]
async fn closed_by_hand_the_entry_carries_the_business_day_and_is_verified() {
    let admin = ADDON.admin().await;
    let shop = ADDON.shop(&METHODS).await;
    let orders = generate(71, 100, 12, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = bridge(&ADDON, &admin).await;
    let rules = "timezone = \"Pacific/Kiritimati\"\nclosing_time = \"23:59\"";
    bridge.add_sync("Web", &feed, &shop, rules);
    bridge.pass().await.1.assert_counts(12, 0, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;

    let shown = bridge.run(&["session", "status"]).await;
    assert!(shown.stdout.contains("opened") && shown.stdout.contains("tillbridge"), "{shown:?}");
    let before = Utc::now().with_timezone(&chrono_tz::Tz::Pacific__Kiritimati);
    let (code, closed) = close_one(&bridge).await;
    assert_eq!((code, closed.verdict.as_str()), (Some(0), "clean"), "{closed:?}");
    assert_eq!(closed.findings, Vec::<String>::new());
    assert!(closed.entry.is_some() && closed.fix.is_none(), "{closed:?}");
    let numbered = if Series::current() == Series::Odoo14 { "POS/" } else { &shop.name };
    assert!(closed.name.starts_with(numbered), "{closed:?}");
    assert_eq!(closed.entry_date, Some(closed.business_day));
    // All day but for its last minute, the business day is the calendar's day before.
    let yesterday = before.date_naive().pred_opt().unwrap();
    assert!(closed.business_day == yesterday || before.time() + TimeDelta::minutes(1) < before.time());
    let tendered: Decimal = closed
        .tendered
        .iter()
        .map(|method| method["amount"].as_str().unwrap().parse::<Decimal>().unwrap())
        .sum();
    assert_eq!(tendered, expected(&orders).iter().map(|one| one.total).sum::<Decimal>());
    assert_eq!(states(&admin, &shop).await, ["closed"]);
    let (ended, none) = close(&bridge).await;
    assert_eq!((ended.code, none.len()), (Some(0), 0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_addon_closed_is_not_verified() {
    let admin = PLAIN.admin().await;
    let shop = PLAIN.shop(&["Cash", "Card"]).await;
    let feed = Feed::start(vec![plain("201", "B002", Decimal::TEN, "Cash").json]).await;
    let bridge = Bridge::new(&PLAIN).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    let (code, closed) = close_one(&bridge).await;
    assert_eq!((code, closed.verdict.as_str()), (Some(0), "not_verified"), "{closed:?}");
    assert!(closed.findings[0].contains("Only the addon"), "{closed:?}");
    assert_eq!((closed.entry, closed.shop), (None, shop.name.clone()));
    assert_eq!(states(&admin, &shop).await, ["closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_paid_keeps_its_session_open_and_is_named() {
    let admin = PLAIN.admin().await;
    let shop = PLAIN.shop(&["Cash", "Card"]).await;
    let feed = Feed::start(texts(&plains(211, 1))).await;
    let bridge = Bridge::new(&PLAIN).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    // As our own user: another one's order would make the shop a shared one.
    let user = &PLAIN.seed().users["posapi"];
    let posapi = Admin { client: PLAIN.client(&user.login, user.api_key.as_deref().unwrap()).await };
    let session = admin.count("pos.session", json!([["config_id", "=", shop.id]])).await;
    assert_eq!(session, 1);
    let open: Vec<Id> = admin.rows("pos.session", json!([["config_id", "=", shop.id]]), &["id"]).await;
    let draft = posapi
        .create(
            "pos.order",
            json!({"session_id": open[0].id, "pos_reference": "LEFT-LYING", "lines": [],
                "amount_total": 0, "amount_tax": 0, "amount_paid": 0, "amount_return": 0}),
        )
        .await;
    let (code, closed) = close_one(&bridge).await;
    assert_eq!((code, closed.verdict.as_str()), (Some(3), "not_closed"), "{closed:?}");
    assert!(closed.findings[0].contains("LEFT-LYING") && closed.fix.is_some(), "{closed:?}");
    assert_eq!(states(&admin, &shop).await, ["opened"]);

    let _: bool = admin.call("pos.order", "unlink", json!([[draft]])).await;
    assert_eq!(close_one(&bridge).await.0, Some(0));
    assert_eq!(states(&admin, &shop).await, ["closed"]);
}

#[derive(Debug, Deserialize)]
struct Id {
    id: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_would_have_to_be_forced_is_left_and_the_order_to_blame_named() {
    let admin = PLAIN.admin().await;
    let shop = PLAIN.shop(&["Card"]).await;
    let orders = plains(221, 3);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&PLAIN).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(3, 0, 0);
    let reference = orders[1].expected.key.pos_reference();
    let of_order = json!([["order_id.config_id", "=", shop.id], ["order_id.pos_reference", "=", reference]]);
    let lines: Vec<Id> = admin.rows("pos.order.line", of_order, &["id"]).await;
    admin.write("pos.order.line", &[lines[0].id], json!({"price_unit": 11})).await;

    let (code, closed) = close_one(&bridge).await;
    assert_eq!((code, closed.verdict.as_str()), (Some(3), "not_closed"), "{closed:?}");
    let finding = &closed.findings[0];
    assert!(finding.contains("would not balance") && finding.contains(&reference), "{finding}");
    for innocent in [&orders[0], &orders[2]] {
        assert!(!finding.contains(&innocent.expected.key.pos_reference()), "{finding}");
    }
    assert_eq!(states(&admin, &shop).await, ["opened"], "never forced");

    admin.write("pos.order.line", &[lines[0].id], json!({"price_unit": 10})).await;
    assert_eq!(close_one(&bridge).await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_others_use_gets_cash_only_when_allowed_and_is_never_closed() {
    let admin = PLAIN.admin().await;
    let shop = PLAIN.shop(&["Cash", "Card"]).await;
    till::begin_session(&admin, shop.id).await;
    let orders = [plain("231", "B002", Decimal::TEN, "Cash"), plain("232", "B002", Decimal::TEN, "Card")];
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&PLAIN).sync_with("Web", &feed, &shop, "shared_shop_cash = false");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 1);
    assert_eq!(code, 3);
    let refused = report.order("231");
    assert_eq!(refused.code.as_deref(), Some("shared_shop_cash"), "{refused:?}");
    let doctor = bridge.run(&["doctor"]).await;
    assert!(doctor.stdout.contains("Others use the shop, too"), "{doctor:?}");

    bridge.change_syncs("shared_shop_cash = false", "shared_shop_cash = true");
    bridge.pass().await.1.assert_counts(1, 1, 0);
    let (code, left) = close_one(&bridge).await;
    assert_eq!((code, left.verdict.as_str()), (Some(3), "not_closed"), "{left:?}");
    assert_eq!(states(&admin, &shop).await, ["opened"]);
}

/// 14 opens a shop without cash at once, and an open session cannot be taken back there.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_two_processes_that_open_at_the_same_moment_end_with_one_session() {
    let admin = PLAIN.admin().await;
    for round in 0..3 {
        let shop = PLAIN.shop(&["Card"]).await;
        let orders = plains(300 + round * 10, 4);
        let (mine, yours) = orders.split_at(2);
        let feeds = [Feed::start(texts(mine)).await, Feed::start(texts(yours)).await];
        let bridges = feeds.each_ref().map(|feed| Bridge::new(&PLAIN).sync(feed, &shop));
        let (one, other) = tokio::join!(bridges[0].pass(), bridges[1].pass());
        for (code, report) in [one, other] {
            assert_eq!((code, report.booked), (0, 2), "{report:?}");
        }
        oracle::check(&admin, &shop, &expected(&orders)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_shop_is_made_by_who_may_and_books_and_closes() {
    let admin = MAKER.admin().await;
    let mut bridge = bridge(&MAKER, &admin).await;
    let refused = bridge.run(&["shop", "create", "--name", "Brand new"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("press Create a Shop for External Orders"), "{refused:?}");

    let mut groups = Vec::new();
    for group in ["point_of_sale.group_pos_manager", "account.group_account_manager"] {
        groups.push(json!([4, crate::addon::group(&admin, group).await]));
    }
    let users = crate::addon::user_ids(&admin, &["posapi"]).await;
    admin.write("res.users", &users, json!({Series::current().groups(): groups})).await;
    let create = ["shop", "create", "--name", "Brand new", "--like", "Main Shop", "--output", "json"];
    let made = bridge.run(&create).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let made: Value = made.json();
    assert_eq!(made["created"], true);
    let again: Value = bridge.run(&create).await.json();
    assert_eq!((&again["created"], &again["shop"]), (&json!(false), &made["shop"]));

    let id = made["shop"].as_i64().unwrap();
    let shop = Shop { id, name: "Brand new".into(), methods: std::collections::BTreeMap::new() };
    let orders = generate(72, 400, 10, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    bridge.add_sync("Web", &feed, &shop, "");
    bridge.pass().await.1.assert_counts(10, 0, 0);
    let (code, closed) = close_one(&bridge).await;
    assert_eq!((code, closed.verdict.as_str()), (Some(0), "clean"), "{closed:?}");
}
