//! The service closes what it opened: by the end of the day, when idle, at a number of
//! orders. Its clock is put forward; Odoo's is the real one.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use tillbridge::config::Config;
use tillbridge::daemon::Service;
use tillbridge::odoo::fields::{Many2One, optional};
use tillbridge::odoo::xmlrpc::decimal;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::hands::{self, Hands};
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::orders::plain;
use crate::support::until;

static DAYS: Database = Database::with_addon("closing_days");
static OTHERS: Database = Database::new("closing_others");

/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);
/// Ahead of all other zones: its yesterday is within reach of an entry at any time of day.
const ZONE: &str = "Pacific/Kiritimati";

/// The service in this process, on a clock of ours.
struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(bridge: &Bridge, clock: &Hands) -> Self {
        let config = Config::load(&bridge.config()).unwrap();
        let (store, engine) = hands::engine(&config, clock, Duration::from_secs(5)).await;
        let shutdown = CancellationToken::new();
        let service = Service::new(config, store, Arc::new(engine)).run(shutdown.clone(), || {});
        let task = tokio::spawn(async move { service.await.unwrap() });
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

#[derive(Debug, Deserialize)]
struct Session {
    id: i64,
    state: String,
    #[serde(deserialize_with = "optional")]
    move_id: Option<Many2One>,
}

async fn sessions(admin: &Admin, shop: &Shop) -> Vec<Session> {
    admin.rows("pos.session", json!([["config_id", "=", shop.id]]), &["state", "move_id"]).await
}

async fn states(admin: &Admin, shop: &Shop) -> Vec<String> {
    sessions(admin, shop).await.into_iter().map(|session| session.state).collect()
}

/// The date of a session's closing entry.
async fn entry_date(admin: &Admin, session: &Session) -> NaiveDate {
    #[derive(Deserialize)]
    struct Row {
        date: NaiveDate,
        state: String,
    }
    let entry = session.move_id.as_ref().unwrap_or_else(|| panic!("no entry: {session:?}")).id;
    let rows: Vec<Row> = admin.rows("account.move", json!([["id", "=", entry]]), &["date", "state"]).await;
    assert_eq!(rows[0].state, "posted");
    rows[0].date
}

async fn booked(admin: &Admin, shop: &Shop) -> i64 {
    let taken = json!([["config_id", "=", shop.id], ["state", "in", ["paid", "done"]]]);
    admin.count("pos.order", taken).await
}

/// A plain sale at a moment.
fn sale(id: &str, method: &str, at: DateTime<Utc>) -> String {
    let text = plain(id, "B002", Decimal::new(1000, 2), method).json;
    let moved = text.replace("2026-03-01T10:00:00Z", &at.to_rfc3339());
    assert_ne!(text, moved);
    moved
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_closed_after_its_end_under_its_own_date() {
    let admin = DAYS.admin().await;
    let shop = DAYS.shop(&["Cash", "Card"]).await;
    let now = Utc::now();
    let yesterday = now - TimeDelta::hours(24);
    let day = yesterday.with_timezone(&chrono_tz::Tz::Pacific__Kiritimati).date_naive();
    let first = vec![sale("1", "Cash", yesterday), sale("2", "Card", yesterday)];
    let feed = Feed::start(first.clone()).await;
    let mut bridge = bridge(&DAYS, &admin).await;
    let rules = format!("timezone = \"{ZONE}\"\nclosing_time = \"00:00\"\ninterval = \"1s\"");
    bridge.add_sync("Web", &feed, &shop, &rules);
    let clock = Hands::at(yesterday);
    let service = Running::start(&bridge, &clock).await;
    until(LIMIT, async || booked(&admin, &shop).await == 2).await;
    assert_eq!(states(&admin, &shop).await, ["opened"], "its day is not over");

    // The day after: what is of today goes into a session of its own.
    feed.show([first, vec![sale("3", "Cash", now)]].concat());
    clock.put_at(now);
    until(LIMIT, async || booked(&admin, &shop).await == 3).await;
    let found = sessions(&admin, &shop).await;
    assert_eq!(found.iter().map(|one| one.state.as_str()).collect::<Vec<_>>(), ["closed", "opened"]);
    assert_eq!(entry_date(&admin, &found[0]).await, day, "the entry carries the business day");
    let of_first = json!([["session_id", "=", found[0].id], ["state", "=", "done"]]);
    assert_eq!(admin.count("pos.order", of_first).await, 2);
    service.stop().await;
    assert_eq!(states(&admin, &shop).await, ["closed", "opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_closed_at_a_number_of_orders() {
    let admin = OTHERS.admin().await;
    let shop = OTHERS.shop(&["Cash", "Card"]).await;
    let feed = Feed::start(vec![sale("11", "Cash", Utc::now()), sale("12", "Card", Utc::now())]).await;
    let rules = "closing = \"orders\"\nclosing_orders = 3\ninterval = \"1s\"";
    let bridge = Bridge::new(&OTHERS).sync_with("Web", &feed, &shop, rules);
    let clock = Hands::at(Utc::now());
    let service = Running::start(&bridge, &clock).await;
    until(LIMIT, async || booked(&admin, &shop).await == 2).await;
    clock.put_at(Utc::now() + TimeDelta::days(2));
    feed.show((11..14).map(|id| sale(&id.to_string(), "Card", Utc::now())).collect());
    until(LIMIT, async || states(&admin, &shop).await == ["closed"]).await;
    service.stop().await;
    assert_eq!(booked(&admin, &shop).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_closed_when_no_order_came_for_a_while_and_never_where_that_is_said() {
    let admin = OTHERS.admin().await;
    let (idle, never) = (OTHERS.shop(&["Cash", "Card"]).await, OTHERS.shop(&["Card"]).await);
    let feeds = [
        Feed::start(vec![sale("21", "Cash", Utc::now())]).await,
        Feed::start(vec![sale("22", "Card", Utc::now())]).await,
    ];
    let bridge = Bridge::new(&OTHERS)
        .sync_with(
            "Idle",
            &feeds[0],
            &idle,
            "closing = \"idle\"\nclosing_idle_minutes = 5\ninterval = \"1s\"",
        )
        .sync_with("Never", &feeds[1], &never, "closing = \"never\"\ninterval = \"1s\"");
    let clock = Hands::at(Utc::now());
    let service = Running::start(&bridge, &clock).await;
    until(LIMIT, async || booked(&admin, &idle).await + booked(&admin, &never).await == 2).await;
    assert_eq!(states(&admin, &idle).await, ["opened"]);
    clock.put_at(Utc::now() + TimeDelta::minutes(6));
    until(LIMIT, async || states(&admin, &idle).await == ["closed"]).await;
    assert_eq!(drawer_difference(&admin, &idle).await, Decimal::ZERO);
    assert_eq!(states(&admin, &never).await, ["opened"]);
    service.stop().await;
}

async fn drawer_difference(admin: &Admin, shop: &Shop) -> Decimal {
    #[derive(Deserialize)]
    struct Row {
        #[serde(with = "decimal")]
        cash_register_difference: Decimal,
    }
    let of_shop = json!([["config_id", "=", shop.id]]);
    let rows: Vec<Row> = admin.rows("pos.session", of_shop, &["cash_register_difference"]).await;
    rows.iter().map(|row| row.cash_register_difference.abs().round_dp(2)).sum()
}
