//! What is known of everything, from wherever it can be had.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::time::timeout;

use crate::config::{Config, StoreSettings};
use crate::doctor::{Finding, Status as Found};
use crate::odoo::Client;
use crate::store::lease::SERVICE;
use crate::store::{Filter, Holder, Item, Lock, Overview, State, Store, StoreError};
use crate::sync::{Asked, LastSeen, PassErrorKind, asked, last_seen};

use super::super::connect;
use super::super::doctor::server;
use super::super::exit::{CliError, Exit};
use super::login::Login;

/// Odoo is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Orders that need a person whose causes are looked at: the last received.
const LOOKED_AT: usize = 500;
/// Causes that are named.
const CAUSES: usize = 5;

/// How everything stands.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub version: &'static str,
    pub at: DateTime<Utc>,
    /// Who works on the store now; nobody: no service runs here.
    pub at_work: Vec<AtWork>,
    pub odoo: Odoo,
    pub store: Kept,
    pub syncs: Vec<OneSync>,
    pub needs_person: u64,
    pub causes: Vec<Cause>,
    pub sessions_open: u64,
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    exits: Vec<Exit>,
}

#[derive(Debug, Serialize)]
pub(super) struct AtWork {
    pub what: String,
    pub who: String,
    pub since: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub(super) struct Odoo {
    pub url: String,
    pub database: String,
    pub reachable: bool,
    pub series: Option<String>,
    pub transport: Option<String>,
    /// Whether the addon is installed; `None` where Odoo could not be asked.
    pub addon: Option<bool>,
    pub problem: Option<String>,
    pub fix: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Kept {
    pub place: String,
    pub kind: &'static str,
    pub bytes: Option<u64>,
    pub orders: BTreeMap<State, u64>,
    pub problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct OneSync {
    pub id: String,
    pub name: String,
    pub active: bool,
    pub last_pass: Option<crate::sync::LastPass>,
    /// When the last fetch that reached the end of the source began.
    pub source_read: Option<DateTime<Utc>>,
    /// The newest order time up to which the source is stored.
    pub cursor: Option<DateTime<Utc>>,
    /// Orders that are to be booked, or tried again.
    pub queue: u64,
    pub next_try: Option<DateTime<Utc>>,
    pub needs_person: u64,
    pub orders: BTreeMap<State, u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cause {
    pub code: String,
    pub orders: usize,
    pub example: String,
    pub message: String,
    pub fix: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Warning {
    pub message: String,
    pub fix: Option<String>,
}

/// What the store tells.
#[derive(Default)]
struct Told {
    overview: Overview,
    seen: BTreeMap<String, LastSeen>,
    asked: BTreeMap<String, Asked>,
    needing: Vec<Item>,
    at_work: Vec<Holder>,
}

/// Looks at everything. What cannot be looked at says why.
pub(super) async fn status(config: &Config, login: &mut Login) -> Status {
    let (store, odoo) = tokio::join!(store(config), odoo(config, login));
    let (kept, told, store_exit) = store;
    let (odoo, warnings, odoo_exit) = odoo;
    let mut syncs = syncs(config, &told);
    syncs.sort_by(|a, b| a.name.cmp(&b.name));
    let needs_person = State::NEEDING.into_iter().map(|state| told.overview.of(state)).sum();
    let mut exits: Vec<Exit> = store_exit.into_iter().chain(odoo_exit).collect();
    exits.extend(syncs.iter().filter(|sync| sync.active).filter_map(|sync| {
        Some(match sync.last_pass.as_ref()?.error.as_ref()?.kind {
            PassErrorKind::Unreachable => Exit::Unreachable,
            PassErrorKind::Configuration | PassErrorKind::Internal => Exit::Attention,
        })
    }));
    if needs_person > 0 {
        exits.push(Exit::Attention);
    }
    Status {
        version: env!("CARGO_PKG_VERSION"),
        at: Utc::now(),
        causes: causes(&told.needing),
        at_work: told
            .at_work
            .into_iter()
            .map(|Holder { name, who, since }| AtWork { what: name, who, since })
            .collect(),
        odoo,
        store: kept,
        syncs,
        needs_person,
        sessions_open: told.overview.open_sessions,
        warnings,
        exits,
    }
}

impl Status {
    /// The exit code: what a person must mend first.
    pub fn exit(&self) -> Exit {
        let order = [Exit::Unexpected, Exit::Usage, Exit::Unreachable, Exit::Attention];
        order.into_iter().find(|exit| self.exits.contains(exit)).unwrap_or(Exit::Done)
    }
}

async fn store(config: &Config) -> (Kept, Told, Option<Exit>) {
    let (kind, place) = match &config.store {
        StoreSettings::File(path) => ("sqlite", path.display().to_string()),
        StoreSettings::Postgres(_) => ("postgresql", "a PostgreSQL database".to_owned()),
    };
    let mut kept = Kept { place, kind, bytes: None, orders: BTreeMap::new(), problem: None };
    if let StoreSettings::File(path) = &config.store
        && !path.exists()
    {
        kept.problem = Some("There is none yet: the first pass makes it.".to_owned());
        return (kept, Told::default(), None);
    }
    let told = async {
        let store = connect::store(config).await?;
        Ok::<_, CliError>((store.place(), told(store.as_ref(), config).await?))
    };
    match told.await {
        Ok((place, told)) => {
            kept.place = place;
            kept.bytes = Some(told.overview.bytes);
            for states in told.overview.orders.values() {
                for (state, count) in states {
                    *kept.orders.entry(*state).or_default() += count;
                }
            }
            (kept, told, None)
        }
        Err(error) => {
            kept.problem = Some(error.message);
            (kept, Told::default(), Some(error.exit))
        }
    }
}

async fn told(store: &dyn Store, config: &Config) -> Result<Told, StoreError> {
    let needing = Filter {
        states: BTreeSet::from(State::NEEDING),
        limit: LOOKED_AT,
        newest_first: true,
        ..Filter::default()
    };
    let at_work = match &config.store {
        StoreSettings::File(path) => Lock::holder(path).into_iter().collect(),
        StoreSettings::Postgres(_) => {
            let mut services = store.holders(SERVICE).await?;
            for service in &mut services {
                "tillbridge run".clone_into(&mut service.name);
            }
            services
        }
    };
    Ok(Told {
        overview: store.overview().await?,
        seen: last_seen(store).await?,
        asked: asked(store).await?,
        needing: store.list(&needing).await?,
        at_work,
    })
}

async fn odoo(config: &Config, login: &mut Login) -> (Odoo, Vec<Warning>, Option<Exit>) {
    let mut odoo = Odoo {
        url: config.odoo.url.to_string(),
        database: config.odoo.database.clone(),
        reachable: false,
        series: None,
        transport: None,
        addon: None,
        problem: None,
        fix: None,
    };
    let (client, addon, findings) = match timeout(PATIENCE, seen(config, login)).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => {
            (odoo.problem, odoo.fix) = (Some(error.message), error.hint);
            return (odoo, Vec::new(), Some(error.exit));
        }
        Err(_) => {
            odoo.problem = Some(format!("It does not answer within {} s.", PATIENCE.as_secs()));
            odoo.fix = Some("Check that Odoo runs and can be reached from here.".to_owned());
            return (odoo, Vec::new(), Some(Exit::Unreachable));
        }
    };
    odoo.url.clone_from(&client.target().address);
    odoo.reachable = true;
    odoo.series = Some(client.series().to_string());
    odoo.transport = Some(client.transport().to_string());
    odoo.addon = addon;
    let warning = |found: Finding| Warning { message: found.message, fix: found.fix };
    let warnings = findings.into_iter().filter(|found| found.status != Found::Ok).map(warning).collect();
    (odoo, warnings, None)
}

/// A look at Odoo: logged in, whether the addon is there, and what people should know.
async fn seen(config: &Config, login: &mut Login) -> Result<(Client, Option<bool>, Vec<Finding>), CliError> {
    let (client, addon) = login.client(config).await?;
    let mut findings = vec![server::clock(config).await];
    if config.odoo.is_api_key {
        findings.push(server::api_key(&client).await);
    }
    Ok((client, addon, findings))
}

/// The syncs of the file, and those that the store was told of.
fn syncs(config: &Config, told: &Told) -> Vec<OneSync> {
    let file = config.syncs.iter().map(|sync| {
        let seen = LastSeen { sync: sync.name.clone(), active: sync.active, feed: sync.feed(), pass: None };
        (sync.id.clone(), seen)
    });
    let mut all: BTreeMap<String, LastSeen> = file.collect();
    for (id, seen) in &told.seen {
        match all.get_mut(id) {
            Some(known) => known.pass.clone_from(&seen.pass),
            // A sync that was taken out of the file has orders still, at most.
            None if id.starts_with("file:") => {}
            None => {
                all.insert(id.clone(), seen.clone());
            }
        }
    }
    let one = |(id, seen): (String, LastSeen)| {
        let orders = told.overview.orders.get(&id).cloned().unwrap_or_default();
        let sum = |states: &[State]| states.iter().filter_map(|state| orders.get(state)).sum();
        OneSync {
            source_read: told.asked.get(&id).map(|asked| asked.at),
            cursor: told.overview.cursors.get(&seen.feed).copied(),
            queue: sum(&[State::Ready, State::Sending, State::Retrying]),
            next_try: told.overview.next_tries.get(&id).copied(),
            needs_person: sum(&State::NEEDING),
            name: seen.sync,
            active: seen.active,
            last_pass: seen.pass,
            id,
            orders,
        }
    };
    all.into_iter().map(one).collect()
}

/// Why orders need a person, what keeps most of them first. Two reasons are one cause where the
/// same is to be done about them.
fn causes(items: &[Item]) -> Vec<Cause> {
    let mut causes: BTreeMap<[String; 3], Cause> = BTreeMap::new();
    for item in items {
        let Some(reason) = &item.reason else { continue };
        let said = [reason.code.to_string(), reason.message.to_string(), reason.fix.to_string()];
        let [code, message, fix] = said.clone();
        let example = item.external_id.clone();
        causes.entry(said).or_insert(Cause { code, orders: 0, example, message, fix }).orders += 1;
    }
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.orders));
    causes.truncate(CAUSES);
    causes
}

#[cfg(test)]
mod tests {
    use crate::order::{Code, Refusal};

    use super::*;

    #[test]
    fn the_cause_that_keeps_most_orders_comes_first() {
        let refused = |id: &str, code, product: &str| {
            let mut item = Item::received(id, State::Refused);
            item.reason = Some(Refusal::new(code, format!("No {product}."), "Create it."));
            item
        };
        let items = [
            refused("1", Code::UnknownProduct, "tea"),
            refused("2", Code::UnknownPayment, "card"),
            refused("3", Code::UnknownProduct, "milk"),
            refused("4", Code::UnknownProduct, "milk"),
        ];
        let found = causes(&items);
        let shown: Vec<_> = found.iter().map(|cause| (cause.orders, cause.example.as_str())).collect();
        assert_eq!(shown, [(2, "3"), (1, "2"), (1, "1")], "tea and milk are two things to do");
    }
}
