//! A month of two shops in two time zones, in compressed time: the real service lives through
//! it on a clock of ours, day by day, while orders are completed late, edited, cancelled and
//! refunded at their source, lost in the store and changed by hand in Odoo. In the end the
//! list of days in Odoo must name every difference, and no other.
//!
//! The ordinary form is nine days. The month:
//!
//! ```sh
//! TILLBRIDGE_MONTH_ORDERS=5000 cargo test --test it -- month:: --nocapture
//! ```

#![expect(clippy::print_stdout, reason = "how far the month is, and what it found, are what a run is for")]

mod script;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tillbridge::config::Config;
use tillbridge::daemon::Service;
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::script::{FORGOTTEN, Fate, Month, Stand, UNKNOWN, ZONES, methods, noon};
use self::source::Source;
use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::feed::KEY;
use crate::support::hands::{self, Hands};
use crate::support::odoo::{Admin, Database, Shop, shell};
use crate::support::{number_of, until};

static DATABASE: Database = Database::with_addon("month");

/// How long a step may take; others use the same Odoo.
const LIMIT: Duration = Duration::from_secs(400);
const NAMES: [&str; 2] = ["East", "West"];

#[tokio::test(flavor = "multi_thread")]
async fn a_month_ends_with_every_difference_named_and_no_other() {
    let asked = number_of("TILLBRIDGE_MONTH_ORDERS");
    let (days, count) = asked.map_or((9, 140), |count| (30, count));
    let seed = number_of("TILLBRIDGE_MONTH_SEED").unwrap_or(7);
    let last = (Utc::now() - TimeDelta::days(3)).date_naive();
    let month = Month::new(seed, last, days, count);

    let admin = DATABASE.admin().await;
    let shops = [DATABASE.shop(methods()).await, DATABASE.shop(methods()).await];
    let mut life = Life::begin(&month, admin, &shops).await;
    for day in &month.days {
        life.goes_on_to(noon(*day).and_utc()).await;
        life.goes_on_to((noon(*day) + TimeDelta::hours(14)).and_utc()).await;
        println!("{day}: {} orders booked", life.booked().await);
    }
    life.goes_on_to((noon(last) + TimeDelta::days(2)).and_utc()).await;
    life.change_in_odoo();

    life.check().await;
    life.assert_list(&month.stands(false)).await;
    // What was lost is fetched and booked, once.
    let lost = month.stories.iter().filter(|story| story.fate == Fate::Lost).count();
    assert!(lost == 5 && life.lost, "{lost}");
    let all = life.wanted(life.now) + i64::try_from(lost).expect("few");
    until(LIMIT, async || life.booked().await == all).await;
    life.check().await;
    life.assert_list(&month.stands(true)).await;
    life.assert_drift().await;
    assert_eq!(life.booked().await, all);
    life.end().await;
}

/// The service in this process and all that is around it.
struct Life<'m> {
    month: &'m Month,
    admin: Admin,
    shops: &'m [Shop; 2],
    sources: [Source; 2],
    bridge: Bridge,
    clock: Hands,
    now: DateTime<Utc>,
    lost: bool,
    shutdown: CancellationToken,
    service: JoinHandle<()>,
}

/// A day of the list in Odoo.
#[derive(Debug, Deserialize)]
struct Row {
    id: i64,
    shop_id: Many2One,
    day: NaiveDate,
    state: String,
    source_count: i64,
    #[serde(with = "decimal")]
    source_sum: Decimal,
    odoo_count: i64,
    #[serde(with = "decimal")]
    odoo_sum: Decimal,
}

impl<'m> Life<'m> {
    async fn begin(month: &'m Month, admin: Admin, shops: &'m [Shop; 2]) -> Self {
        let source = async |shop: usize| {
            let stories = month.stories.iter().filter(|story| story.shop == shop);
            let versions = stories.flat_map(|story| {
                story.versions.iter().map(|(from, order)| (*from, story.id.clone(), order.clone()))
            });
            Source::start(versions.collect()).await
        };
        let sources = [source(0).await, source(1).await];
        let mut bridge = bridge(&DATABASE, &admin).await;
        for (place, name) in NAMES.iter().enumerate() {
            bridge.add(&format!(
                "[[sync]]\nname = \"{name}\"\nurl = \"{}\"\napi_key = \"{KEY}\"\nshop = {}\n\
                 timezone = \"{}\"\ninterval = \"1s\"\nlate_orders = \"book\"\nstatus_cancelled = [\"104\"]",
                sources[place].url(),
                shops[place].id,
                ZONES[place],
            ));
        }
        let now = noon(month.days[0]).and_utc() - TimeDelta::hours(12);
        let clock = Hands::at(now);
        let config = Config::load(&bridge.config()).unwrap();
        let (store, engine) = hands::engine(&config, &clock, Duration::from_secs(5)).await;
        let shutdown = CancellationToken::new();
        let service = Service::new(config, store, Arc::new(engine)).run(shutdown.clone(), || {});
        let service = tokio::spawn(async move { service.await.unwrap() });
        Self { month, admin, shops, sources, bridge, clock, now, lost: false, shutdown, service }
    }

    async fn end(self) {
        self.shutdown.cancel();
        self.service.await.unwrap();
    }

    /// It becomes this late, and everything that was sold by then is booked.
    async fn goes_on_to(&mut self, now: DateTime<Utc>) {
        self.now = now;
        self.sources.iter().for_each(|source| source.put_at(now));
        self.clock.put_at(now);
        let asked: Vec<usize> = self.sources.iter().map(Source::asked).collect();
        let wanted = self.wanted(now);
        until(LIMIT, async || {
            // A pass that began before asked at most once more.
            let read = self.sources.iter().zip(&asked).all(|(source, asked)| source.asked() >= asked + 3);
            read && self.booked().await == wanted
        })
        .await;
        if !self.lost && self.is_forgotten() {
            self.lose().await;
        }
    }

    /// How many orders must be booked at a time.
    fn wanted(&self, at: DateTime<Utc>) -> i64 {
        self.month.stories.iter().map(|story| story.booked(at)).sum()
    }

    async fn booked(&self) -> i64 {
        let shops: Vec<i64> = self.shops.iter().map(|shop| shop.id).collect();
        self.admin
            .count("pos.order", json!([["config_id", "in", shops], ["external_order_key", "!=", false]]))
            .await
    }

    /// No pass reads any more what is to be lost.
    fn is_forgotten(&self) -> bool {
        let lost = self.month.stories.iter().filter(|story| story.fate == Fate::Lost);
        lost.flat_map(|story| &story.versions).all(|(from, _)| *from + TimeDelta::days(FORGOTTEN) <= self.now)
    }

    /// Five orders vanish from the store, and then their product is there.
    async fn lose(&mut self) {
        let ids: Vec<&str> = self.ids(Fate::Lost);
        let list = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
        let those = format!("in (select seq from inbox where external_id in ({list}))");
        let mut store = open(self.bridge.config().parent().expect("a folder")).await;
        let mut rows = 0;
        for table in ["outcome", "newer", "step", "inbox"] {
            let statement = format!("delete from {table} where seq {those}");
            let done =
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut store).await.expect("it is deleted");
            if table == "inbox" {
                rows = done.rows_affected();
            }
        }
        assert_eq!(rows, 5, "{ids:?}");
        let values = json!({
            "name": "New", "default_code": UNKNOWN, "type": "consu", "list_price": 10,
            "available_in_pos": true, "taxes_id": [[6, 0, [DATABASE.seed().taxes["15%"]]]],
        });
        self.admin.create("product.product", values).await;
        self.lost = true;
    }

    fn ids(&self, fate: Fate) -> Vec<&str> {
        let stories = self.month.stories.iter().filter(|story| story.fate == fate);
        stories.map(|story| story.id.as_str()).collect()
    }

    /// By SQL: Odoo itself lets nobody do all of this to a paid order.
    fn change_in_odoo(&self) {
        let mut python = String::new();
        for story in &self.month.stories {
            let change = match story.fate {
                Fate::Retotalled => "amount_total = amount_total - 0.01".to_owned(),
                Fate::Voided => "state = 'cancel'".to_owned(),
                Fate::Moved => {
                    let noon = noon(story.day) - TimeDelta::days(1);
                    format!("date_order = '{noon}'")
                }
                _ => continue,
            };
            let shop = self.shops[story.shop].id;
            let sessions = format!("session_id in (select id from pos_session where config_id = {shop})");
            let which = format!("external_order_id = '{}' and {sessions}", story.id);
            let _ = writeln!(python, "env.cr.execute(\"update pos_order set {change} where {which}\")");
            python.push_str("assert env.cr.rowcount == 1\n");
        }
        shell(&DATABASE, &python);
    }

    /// Somebody has all days of both shops checked.
    async fn check(&self) {
        for name in NAMES {
            let syncs: Vec<Value> =
                self.admin.rows("external.order.sync", json!([["name", "=", name]]), &["id"]).await;
            let (first, last) = (self.month.days.first(), self.month.days.last());
            let payload = json!({"from": first, "to": last}).to_string();
            let values = json!({"kind": "reconcile", "sync_id": syncs[0]["id"], "payload": payload});
            let id = self.admin.create("external.order.request", values).await;
            let mut ended: Option<Value> = None;
            until(LIMIT, async || {
                let domain = json!([["id", "=", id], ["state", "in", ["done", "failed"]]]);
                ended = self.admin.rows("external.order.request", domain, &["state", "message"]).await.pop();
                ended.is_some()
            })
            .await;
            let ended = ended.expect("its end");
            assert_eq!(ended["state"], "done", "{ended}");
            println!("{name}: {}", ended["message"]);
        }
    }

    /// The list of days is this one: figures, colours, and the orders behind every difference.
    async fn assert_list(&self, wanted: &BTreeMap<(usize, NaiveDate), Stand>) {
        let fields = ["shop_id", "day", "state", "source_count", "source_sum", "odoo_count", "odoo_sum"];
        let (first, last) = (self.month.days.first(), self.month.days.last());
        let domain = json!([["day", ">=", first], ["day", "<=", last]]);
        let rows: Vec<Row> = self.admin.rows("external.order.day", domain, &fields).await;
        assert_eq!(rows.len(), wanted.len());
        let mut named = 0;
        for row in rows {
            let shop = self.shops.iter().position(|shop| shop.id == row.shop_id.id).expect("a shop");
            let stand = &wanted[&(shop, row.day)];
            let lines: Vec<Value> = self
                .admin
                .rows(
                    "external.order.difference",
                    json!([["day_id", "=", row.id]]),
                    &["kind", "external_id", "message"],
                )
                .await;
            assert!(lines.iter().all(|line| line["message"].is_string()), "{lines:?}");
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let differences: BTreeSet<(String, String)> =
                lines.iter().map(|line| (text(&line["kind"]), text(&line["external_id"]))).collect();
            assert_eq!(differences.len(), lines.len(), "{lines:?}");
            named += lines.len();
            let found = Stand {
                source: (row.source_count, row.source_sum.normalize()),
                odoo: (row.odoo_count, row.odoo_sum.normalize()),
                differences,
            };
            assert_eq!((&found, row.state.as_str()), (stand, stand.state()), "{} {}", NAMES[shop], row.day);
        }
        let differences: usize = wanted.values().map(|stand| stand.differences.len()).sum();
        println!("{} days of two shops: {named} differences of {differences} named, 0 false", wanted.len());
    }

    /// What people changed in Odoo stands at its orders, and at no others.
    async fn assert_drift(&self) {
        let domain = json!([["drift_codes", "!=", false]]);
        let rows: Vec<Value> =
            self.admin.rows("external.order", domain, &["external_id", "drift_codes"]).await;
        let found: BTreeSet<(&str, &str)> = rows
            .iter()
            .map(|row| {
                (row["external_id"].as_str().expect("an id"), row["drift_codes"].as_str().expect("codes"))
            })
            .collect();
        let of = |fate, codes| self.ids(fate).into_iter().map(move |id| (id, codes));
        let wanted = of(Fate::Retotalled, "total").chain(of(Fate::Voided, "cancelled")).collect();
        assert_eq!(found, wanted);
    }
}

/// The store in a folder.
async fn open(folder: &Path) -> SqliteConnection {
    let path = folder.join("tillbridge.sqlite");
    assert!(path.is_file(), "{}", path.display());
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("the store opens")
}
