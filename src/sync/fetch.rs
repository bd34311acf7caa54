//! Orders that a person asks the source for: by their ids, or of some days. They go into the
//! inbox as all others do.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tracing::{Instrument as _, error_span};

use crate::config::Sync;
use crate::order::ingest::{Provenance, ReadOrder};
use crate::source::http::OrderUrl;

use super::collect::{Collect, feed, read, unreadable};
use super::engine::{Engine, OdooFacts};
use super::fetching::Fetching;
use super::report::{PassError, PassErrorKind, SyncReport};
use super::tally::Tally;
use super::walk::Walk;

/// How far back the list is read for ids, where nothing is said.
const REACH: TimeDelta = TimeDelta::days(31);

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// External ids; empty: all orders of the days.
    pub ids: Vec<String>,
    /// The first day, in the sync's time zone.
    pub from: Option<NaiveDate>,
    /// The last day; without it, up to now.
    pub to: Option<NaiveDate>,
}

/// What the source had of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// Keys of the orders that are in the inbox now.
    pub found: Vec<String>,
    /// Ids that the source does not have.
    pub missing: Vec<String>,
    /// How it was asked, where people should know.
    pub note: String,
}

impl Fetched {
    /// What was found and what of it is booked, in one or few lines.
    pub fn text(&self, tally: &Tally) -> String {
        let mut lines = Vec::new();
        if tally.of > 0 {
            lines.push(tally.text());
        } else if self.missing.is_empty() {
            lines.push("The source has no orders of these days.".to_owned());
        }
        if !self.missing.is_empty() {
            lines.push(format!("Not at the source: {}.", self.missing.join(", ")));
        }
        lines.extend((!self.note.is_empty()).then(|| self.note.clone()));
        lines.join("\n")
    }
}

impl Engine {
    /// Asks the source of a sync for orders and stores them. Each id is asked for at the address
    /// of a single order where the sync has one; else the list is read again.
    ///
    /// # Errors
    ///
    /// The source or the store fails; what was stored before that stays.
    pub async fn fetch(&self, facts: OdooFacts, sync: &Sync, wanted: &Wanted) -> Result<Fetched, PassError> {
        self.ask_source(facts, sync, wanted).instrument(error_span!("fetch", sync = %sync.name)).await
    }

    async fn ask_source(&self, facts: OdooFacts, sync: &Sync, wanted: &Wanted) -> Result<Fetched, PassError> {
        let mut report = SyncReport::default();
        let fetching = Fetching::over();
        let mut collect = Collect {
            engine: self,
            sync,
            fetching: &fetching,
            report: &mut report,
            steps_from: facts.orders.then_some("the source, asked for it"),
            seen: HashSet::new(),
        };
        let ids = forgiven(&wanted.ids);
        let fetched = match &sync.order_url {
            Some(address) if !ids.is_empty() => by_address(&mut collect, address, &ids).await,
            _ => from_list(&mut collect, &ids, wanted).await,
        }?;
        let (found, missing) = (fetched.found.len(), fetched.missing.len());
        tracing::info!(found, missing, note = %fetched.note, "the source was asked for orders");
        Ok(fetched)
    }
}

/// Ids as they stand in orders, each once.
fn forgiven(ids: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let ids = ids.iter().map(|id| id.trim().trim_start_matches('#').trim().to_owned());
    ids.filter(|id| !id.is_empty() && seen.insert(id.clone())).collect()
}

/// Whether people mean this order by this id: zeros in front do not count.
fn is_same(external_id: &str, asked: &str) -> bool {
    external_id.trim_start_matches('0') == asked.trim_start_matches('0')
}

async fn by_address(
    collect: &mut Collect<'_>,
    address: &OrderUrl,
    ids: &[String],
) -> Result<Fetched, PassError> {
    let feed = feed(collect.sync, &collect.engine.settings.allow)?;
    let mut fetched = Fetched::default();
    for id in ids {
        let mut body = feed.order(address, id).await?;
        let bare = id.trim_start_matches('0');
        if body.is_none() && bare != id && !bare.is_empty() {
            body = feed.order(address, bare).await?;
        }
        let Some(body) = body else {
            fetched.missing.push(id.clone());
            continue;
        };
        let provenance = Provenance::page(&collect.sync.url, 1);
        let arrivals = read(&body, collect.sync, &provenance, collect.engine.now())
            .map_err(|error| unreadable(&error))?;
        let keys: Vec<String> =
            arrivals.orders.iter().filter(|order| is_same(&order.external_id, id)).map(key).collect();
        if keys.is_empty() {
            fetched.missing.push(id.clone());
        }
        collect.store(arrivals, keys.iter().cloned().collect()).await?;
        fetched.found.extend(keys);
    }
    Ok(fetched)
}

async fn from_list(collect: &mut Collect<'_>, ids: &[String], wanted: &Wanted) -> Result<Fetched, PassError> {
    let sync = collect.sync;
    let now = collect.engine.now();
    let since = match wanted.from {
        Some(day) => beginning(day, sync)?,
        None => sync.start_date.into_iter().chain([now - REACH]).max().unwrap_or(now),
    };
    let until = match wanted.to {
        Some(day) => Some(beginning(day.succ_opt().unwrap_or(day), sync)?),
        None => None,
    };
    let feed = feed(sync, &collect.engine.settings.allow)?;
    let mut pages = Walk::new(collect.engine, sync, feed.fetch_span(since, until));
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    while let Some(arrivals) = pages.next().await? {
        let mut asked = BTreeSet::new();
        for order in &arrivals.orders {
            let is_meant = if ids.is_empty() {
                is_within(order, since, until)
            } else {
                ids.iter().any(|id| is_same(&order.external_id, id))
            };
            if is_meant {
                open.retain(|id| !is_same(&order.external_id, id));
                asked.insert(order.key.clone());
            }
        }
        found.extend(asked.iter().cloned());
        collect.store(arrivals, asked).await?;
        if (open.is_empty() && !ids.is_empty()) || collect.engine.is_stopping(sync) {
            break;
        }
    }
    let from = since.with_timezone(&sync.timezone).format("%Y-%m-%d");
    let note = match (ids.is_empty(), wanted.to, &sync.until_param) {
        (false, ..) => {
            format!("The source has no address for a single order: its list was read again from {from}.")
        }
        (true, Some(to), Some(_)) => format!("Its list was read again from {from} to {to}."),
        (true, Some(_), None) => {
            format!("The source cannot be asked for an end date: its list was read again from {from} on.")
        }
        (true, None, _) => format!("Its list was read again from {from} on."),
    };
    Ok(Fetched {
        found: found.into_iter().collect(),
        missing: open.into_iter().map(str::to_owned).collect(),
        note,
    })
}

fn key(order: &ReadOrder) -> String {
    order.key.clone()
}

/// Whether an order was sold between the two; one whose date cannot be read may have been.
fn is_within(order: &ReadOrder, since: DateTime<Utc>, until: Option<DateTime<Utc>>) -> bool {
    order
        .result
        .as_ref()
        .map_or(true, |order| order.sale_at >= since && until.is_none_or(|until| order.sale_at < until))
}

/// When a day begins where the sync is.
fn beginning(day: NaiveDate, sync: &Sync) -> Result<DateTime<Utc>, PassError> {
    let midnight = day.and_time(NaiveTime::MIN);
    // A clock that is put forward at midnight begins the day an hour later.
    let begins = [midnight, midnight + TimeDelta::hours(1)]
        .into_iter()
        .find_map(|time| time.and_local_timezone(sync.timezone).earliest());
    begins.map(|time| time.to_utc()).ok_or_else(|| {
        PassError::new(
            PassErrorKind::Configuration,
            "date",
            format!("{day} cannot be a day in {}.", sync.timezone),
            "Give another date.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_as_people_write_them_each_once() {
        let ids = [" #70211", "70211 ", "", "#", "A-7"].map(str::to_owned);
        assert_eq!(forgiven(&ids), ["70211", "A-7"]);
        assert!(is_same("70211", "0070211") && is_same("0070211", "70211"));
        assert!(!is_same("70211", "702110") && !is_same("0", "1"));
    }
}
