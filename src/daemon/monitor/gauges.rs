//! What is read when somebody asks: the store at a glance, and whether the service can work.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::metrics::metrics;
use crate::store::{Overview, State, Store, StoreError};
use crate::sync::{Asked, LastSeen, asked, last_seen};

use super::health::Health;
use super::vitals::{Known, Signs};

/// What was read of the store is shown so long before it is read again.
const FRESH: Duration = Duration::from_secs(10);
/// The store is waited for so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the store, at most so often.
pub(super) struct Gauges {
    store: Arc<dyn Store>,
    started: DateTime<Utc>,
    seen: Mutex<Option<(Instant, Arc<Seen>)>>,
}

struct Seen {
    overview: Overview,
    asked: BTreeMap<String, Asked>,
    last: BTreeMap<String, LastSeen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    sync: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    sync: String,
}

impl Gauges {
    pub fn new(store: Arc<dyn Store>, started: DateTime<Utc>) -> Self {
        Self { store, started, seen: Mutex::default() }
    }

    /// All figures of this process as Prometheus reads them.
    pub async fn text(&self, signs: &Signs) -> Result<String, fmt::Error> {
        let seen = self.look().await;
        let mut text = String::new();
        encode_registry(&mut text, metrics().registry())?;
        encode_registry(&mut text, &gauges(signs, seen.as_deref()))?;
        let mut process = Registry::with_prefix("process");
        let started = Gauge::<i64>::default();
        started.set(self.started.timestamp());
        process.register_with_unit("start_time", "When the service began, Unix time", Unit::Seconds, started);
        encode_registry(&mut text, &process)?;
        encode_eof(&mut text)?;
        Ok(text)
    }

    /// The store at a glance; `None` while it cannot be read.
    async fn look(&self) -> Option<Arc<Seen>> {
        let mut seen = self.seen.lock().await;
        if let Some((at, seen)) = seen.as_ref()
            && at.elapsed() < FRESH
        {
            return Some(Arc::clone(seen));
        }
        let now = match timeout(PATIENCE, read(self.store.as_ref())).await {
            Ok(Ok(now)) => Arc::new(now),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the store could not be read for its figures");
                return None;
            }
            Err(_) => return None,
        };
        *seen = Some((Instant::now(), Arc::clone(&now)));
        Some(now)
    }
}

async fn read(store: &dyn Store) -> Result<Seen, StoreError> {
    Ok(Seen { overview: store.overview().await?, asked: asked(store).await?, last: last_seen(store).await? })
}

/// The syncs: until the configuration is read, those that were last known, so that no series ends
/// where the service begins anew while Odoo is away.
fn syncs(signs: &Signs, seen: Option<&Seen>) -> Vec<Known> {
    let known = |(id, last): (&String, &LastSeen)| Known {
        id: id.clone(),
        name: last.sync.clone(),
        active: last.active,
        feed: last.feed.clone(),
    };
    match (&signs.syncs, seen) {
        (Some(syncs), _) => syncs.clone(),
        (None, Some(seen)) => seen.last.iter().map(known).collect(),
        (None, None) => Vec::new(),
    }
}

/// A time of each sync; of those that share a label, the one that is furthest behind.
fn times(
    syncs: &[Known],
    label: impl Fn(&str) -> String,
    of: impl Fn(&Known) -> Option<DateTime<Utc>>,
) -> Family<Of, Gauge> {
    let mut times: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    for (sync, at) in syncs.iter().filter_map(|sync| Some((sync, of(sync)?))) {
        let oldest = times.entry(label(&sync.name)).or_insert(at);
        *oldest = at.min(*oldest);
    }
    let family = Family::<Of, Gauge>::default();
    for (sync, at) in times {
        family.get_or_create(&Of { sync }).set(at.timestamp());
    }
    family
}

/// What the store and the signs say.
fn gauges(signs: &Signs, seen: Option<&Seen>) -> Registry {
    let mut registry = Registry::with_prefix("tillbridge");
    let one = |registry: &mut Registry, name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    one(&mut registry, "ready", "1: store, Odoo and configuration are there", Health::ready(signs).ok.into());
    one(&mut registry, "odoo_connected", "1: logged in to Odoo", signs.odoo.is_none().into());
    one(&mut registry, "store_readable", "1: the store could be read just now", seen.is_some().into());
    let syncs = &syncs(signs, seen);
    let active = Family::<Of, Gauge>::default();
    for sync in syncs {
        let name = metrics().sync(&sync.name);
        active.get_or_create(&Of { sync: name }).inc_by(sync.active.into());
    }
    registry.register("sync_active", "1: the sync runs; 0: paused", active);
    let Some(Seen { overview, asked, .. }) = seen else { return registry };
    let name_of = |id: &str| match syncs.iter().find(|sync| sync.id == id) {
        Some(known) => metrics().sync(&known.name),
        None => metrics().sync(id),
    };
    let orders = Family::<Standing, Gauge>::default();
    for (id, states) in &overview.orders {
        let sync = name_of(id);
        for state in State::ALL {
            let count = states.get(&state).copied().unwrap_or_default();
            let standing = Standing { sync: sync.clone(), state: state.as_str() };
            orders.get_or_create(&standing).inc_by(whole(count));
        }
    }
    registry.register("store_orders", "Orders in the store, by state", orders);
    let label = |name: &str| metrics().sync(name);
    let newest = times(syncs, label, |sync| overview.cursors.get(&sync.feed).copied());
    let passed = times(syncs, label, |sync| asked.get(&sync.id).map(|asked| asked.at));
    let help = "The newest order time up to which the source is stored, Unix time";
    registry.register_with_unit("source_cursor_timestamp", help, Unit::Seconds, newest);
    let help = "When the last fetch that reached the end of the source began, Unix time";
    registry.register_with_unit("source_read_timestamp", help, Unit::Seconds, passed);
    // Where nobody is told, nothing is behind.
    let (orders, steps) = if signs.tells { (overview.untold, overview.untold_steps) } else { (0, 0) };
    one(&mut registry, "untold_orders", "Orders that Odoo is still to be told of", whole(orders));
    one(&mut registry, "untold_steps", "Steps that Odoo is still to be told of", whole(steps));
    one(&mut registry, "open_sessions", "Sessions that are ours and open", whole(overview.open_sessions));
    let bytes = Gauge::<i64>::default();
    bytes.set(whole(overview.bytes));
    registry.register_with_unit("store_size", "Size of the store on the disk", Unit::Bytes, bytes);
    registry
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::super::vitals::Vitals;
    use super::*;
    use crate::metrics::Names;

    #[test]
    fn syncs_beyond_those_with_a_label_are_shown_together_by_the_one_furthest_behind() {
        let sync = |n: usize| {
            let name = format!("of many {n}");
            Known { id: name.clone(), feed: name.clone(), name, active: true }
        };
        let syncs: Vec<Known> = (1..=4).map(sync).collect();
        let of = |sync: &Known| {
            let number: i64 = sync.name.rsplit(' ').next()?.parse().ok()?;
            DateTime::from_timestamp(1_000 - number, 0)
        };
        let (names, mut registry, mut text) = (Names::new(2), Registry::default(), String::new());
        registry.register("at", "Time", times(&syncs, |name| names.of(name), of));
        encode(&mut text, &registry).unwrap();
        for line in ["at{sync=\"of many 1\"} 999", "at{sync=\"of many 2\"} 998", "at{sync=\"other\"} 996"] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn the_store_is_shown_by_sync_and_state() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let vitals = Vitals::default();
        let config = crate::config::Config::parse(
            "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"Shop A\"\nurl = \"http://localhost\"\nshop = 1\n",
            std::path::Path::new("tillbridge.toml"),
        )
        .unwrap();
        vitals.here(&config.syncs, true);
        let sync = &config.syncs[0];
        let last = LastSeen { sync: sync.name.clone(), active: true, feed: sync.feed(), pass: None };
        let states = BTreeMap::from([(State::Booked, 40), (State::Refused, 2)]);
        let seen = Seen {
            overview: Overview {
                orders: BTreeMap::from([(sync.id.clone(), states)]),
                cursors: BTreeMap::from([(sync.feed(), at)]),
                untold: 3,
                bytes: 4096,
                ..Overview::default()
            },
            asked: BTreeMap::from([(sync.id.clone(), Asked { sync: sync.name.clone(), at })]),
            last: BTreeMap::from([(sync.id.clone(), last)]),
        };
        let shown = |vitals: &Vitals| {
            let mut text = String::new();
            encode(&mut text, &gauges(&vitals.signs(), Some(&seen))).unwrap();
            text
        };
        let text = shown(&vitals);
        assert!(
            text.contains("tillbridge_ready 1") && text.contains("tillbridge_odoo_connected 1"),
            "{text}"
        );
        let away = shown(&Vitals::default());
        assert!(away.contains("tillbridge_ready 0"), "{away}");
        for line in [
            "tillbridge_sync_active{sync=\"Shop A\"} 1",
            "tillbridge_store_orders{sync=\"Shop A\",state=\"booked\"} 40",
            "tillbridge_store_orders{sync=\"Shop A\",state=\"refused\"} 2",
            "tillbridge_store_orders{sync=\"Shop A\",state=\"ready\"} 0",
            "tillbridge_source_cursor_timestamp_seconds{sync=\"Shop A\"} 1800000000",
            "tillbridge_source_read_timestamp_seconds{sync=\"Shop A\"} 1800000000",
            "tillbridge_store_size_bytes 4096",
        ] {
            for text in [&text, &away] {
                assert!(text.lines().any(|found| found == line), "{line}\n{text}");
            }
        }
        assert!(text.contains("tillbridge_untold_orders 3\n"), "{text}");
        let mut text = String::new();
        encode(&mut text, &gauges(&vitals.signs(), None)).unwrap();
        assert!(text.contains("tillbridge_store_readable 0") && !text.contains("store_orders"), "{text}");
    }
}
