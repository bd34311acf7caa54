//! The source's side: what it shows of some days, by a fresh read of its list. Of each order no
//! more is kept than the comparison needs.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::config::{SinceField, Sync};
use crate::order::ingest::{Provenance, ReadOrder};
use crate::order::{Code, OrderKey, Status};
use crate::source::http::PageFacts;
use crate::store::{State, is_older};

use super::super::collect::{feed, read};
use super::super::engine::Engine;
use super::super::report::{PassError, PassErrorKind};
use super::super::triage::triage;
use super::{Said, Window};

/// So far before the first day the source is asked: an order may be created before it is sold.
const MARGIN: TimeDelta = TimeDelta::days(1);
/// Orders held at once.
const MOST: usize = 300_000;
/// After so many unreadable pages in a row no further one is asked for.
const UNREAD_IN_A_ROW: usize = 2;

/// What an order is at its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Is {
    /// To be booked.
    Sold,
    /// Not to be booked yet: why.
    Open(String),
    /// Cancelled.
    Cancelled,
    /// Not this sync's.
    LeftOut,
    /// It cannot be read: why, and what to do.
    Unreadable(String, String),
}

/// An order as the source shows it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub external_id: String,
    /// `None`: the source does not date it.
    pub sale_at: Option<DateTime<Utc>>,
    /// When it last changed, as far as the source says.
    pub touched: Option<DateTime<Utc>>,
    pub total: Option<Decimal>,
    pub location: Option<String>,
    pub is: Is,
}

/// An order of another day.
#[derive(Debug)]
struct Elsewhere {
    sold: DateTime<Utc>,
    is_cancelled: bool,
    touched: Option<DateTime<Utc>>,
}

/// What the source shows.
#[derive(Debug)]
pub(super) struct SourceSide {
    /// By key: the orders of the days, and those without a date.
    pub shown: HashMap<String, Shown>,
    /// Those of other days, by the hash of their key.
    elsewhere: HashMap<u64, Elsewhere>,
    hasher: RandomState,
    /// The earliest sale that it showed.
    pub earliest: Option<DateTime<Utc>>,
    /// What could not be read, a sentence each.
    pub unread: Vec<String>,
    /// When it was first asked.
    pub began: DateTime<Utc>,
    /// Orders read, repeats included.
    pub read: u64,
}

impl SourceSide {
    /// Nothing read yet.
    pub fn new(began: DateTime<Utc>) -> Self {
        Self {
            shown: HashMap::new(),
            elsewhere: HashMap::new(),
            hasher: RandomState::new(),
            earliest: None,
            unread: Vec::new(),
            began,
            read: 0,
        }
    }

    /// When an order of another day was sold, where the source showed it.
    pub fn elsewhere(&self, key: &str) -> Option<DateTime<Utc>> {
        self.elsewhere.get(&self.hasher.hash_one(key)).map(|order| order.sold)
    }

    /// Whether the source shows an order, on whatever day, and not as cancelled.
    pub fn upholds(&self, key: &str) -> bool {
        let elsewhere = || self.elsewhere.get(&self.hasher.hash_one(key));
        match self.shown.get(key) {
            Some(shown) => shown.is != Is::Cancelled,
            None => elsewhere().is_some_and(|order| !order.is_cancelled),
        }
    }

    /// Keys of the refunds of the orders that it shows as cancelled.
    pub fn cancellations(&self) -> impl Iterator<Item = String> {
        let cancelled = self.shown.iter().filter(|(_, shown)| shown.is == Is::Cancelled);
        cancelled.filter_map(|(key, _)| Some(OrderKey::parse(key)?.cancellation().canonical()))
    }

    /// Reads the list of the days. A page that cannot be read is named, and those behind it are
    /// read where the paging allows it.
    pub async fn walk(
        &mut self,
        engine: &Engine,
        sync: &Sync,
        window: &Window,
        said: Said<'_>,
    ) -> Result<(), PassError> {
        let since = window.begins - MARGIN;
        // One that filters by the time of a change shows a late change after the last day only.
        let until = (sync.since_field == SinceField::Created).then(|| window.ends + MARGIN);
        self.walk_span(engine, sync, window, (since, until), said).await
    }

    /// Reads the list once more, from further back: an order that was not shown may have been
    /// created earlier, or have moved from one page to another while these were read.
    pub async fn walk_again(
        &mut self,
        engine: &Engine,
        sync: &Sync,
        window: &Window,
        since: DateTime<Utc>,
        said: Said<'_>,
    ) -> Result<(), PassError> {
        self.walk_span(engine, sync, window, (since - MARGIN, None), said).await
    }

    async fn walk_span(
        &mut self,
        engine: &Engine,
        sync: &Sync,
        window: &Window,
        (since, until): (DateTime<Utc>, Option<DateTime<Utc>>),
        said: Said<'_>,
    ) -> Result<(), PassError> {
        let feed = feed(sync, &engine.settings.allow)?;
        let mut pages = feed.fetch_span(since, until);
        let (mut facts, mut in_a_row) = (None, 0);
        loop {
            let problem = match pages.next(facts.as_ref()).await {
                Ok(None) => return Ok(()),
                Ok(Some(page)) => {
                    let provenance = Provenance::page(&sync.url, page.number as usize);
                    match read(&page.body, sync, &provenance, engine.now()) {
                        Ok(arrivals) => {
                            facts = Some(PageFacts::new(arrivals.orders.len(), arrivals.next));
                            for order in arrivals.orders {
                                self.take(order, sync, window, engine.now());
                            }
                            in_a_row = 0;
                            None
                        }
                        Err(error) => Some(format!("A page of the source cannot be read: {error}.")),
                    }
                }
                Err(error) if error.is_of_one_page() => {
                    pages.leave_out();
                    Some(format!("A page of the source cannot be read: {error}."))
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(problem) = problem {
                self.unread.push(problem);
                in_a_row += 1;
                if in_a_row >= UNREAD_IN_A_ROW || !pages.can_pass() {
                    self.unread.push("What is behind that page was not read.".to_owned());
                    return Ok(());
                }
                facts = Some(PageFacts::unread());
            }
            said(format!("{}: {} orders read from the source", sync.name, self.read));
            if engine.is_stopping(sync) {
                return Err(stopped());
            }
            if self.shown.len() > MOST {
                return Err(too_many());
            }
        }
    }

    /// Takes note of an order. Pages overlap: the later one counts, unless it is known to be older.
    pub fn take(&mut self, order: ReadOrder, sync: &Sync, window: &Window, now: DateTime<Utc>) {
        self.read += 1;
        let key = order.key;
        let shown = match order.result {
            Ok(order) => {
                let (state, reason) = triage(&order, sync, false, now);
                let is = match (&order.status, state, reason) {
                    (Status::Cancelled, ..) => Is::Cancelled,
                    (_, State::Skipped, _) => Is::LeftOut,
                    (_, State::Waiting, Some(reason)) => Is::Open(reason.message.to_string()),
                    _ => Is::Sold,
                };
                Shown {
                    external_id: order.key.order_id.clone(),
                    sale_at: order.dated.then_some(order.sale_at),
                    touched: order.updated_at,
                    total: Some(order.signed_total()),
                    location: order.key.location.clone(),
                    is,
                }
            }
            Err(refusal) => Shown {
                external_id: order.external_id,
                sale_at: None,
                touched: None,
                total: None,
                location: OrderKey::parse(&key).and_then(|key| key.location),
                is: match refusal.code {
                    Code::NotCompleted => Is::Open(refusal.message.to_string()),
                    Code::Cancelled => Is::Cancelled,
                    _ => Is::Unreadable(refusal.message.to_string(), refusal.fix.to_string()),
                },
            },
        };
        let hash = self.hasher.hash_one(&key);
        let elsewhere = self.elsewhere.get(&hash).and_then(|order| order.touched);
        let known = self.shown.get(&key).and_then(|order| order.touched).or(elsewhere);
        if is_older(shown.touched, known) {
            return;
        }
        if let Some(at) = shown.sale_at {
            self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
            if !window.holds(at) {
                self.shown.remove(&key);
                let is_cancelled = shown.is == Is::Cancelled;
                self.elsewhere.insert(hash, Elsewhere { sold: at, is_cancelled, touched: shown.touched });
                return;
            }
        }
        self.elsewhere.remove(&hash);
        self.shown.insert(key, shown);
    }
}

fn stopped() -> PassError {
    PassError::new(
        PassErrorKind::Internal,
        "stopped",
        "The check was stopped before it was done.".to_owned(),
        "Check again.",
    )
}

fn too_many() -> PassError {
    PassError::new(
        PassErrorKind::Configuration,
        "too_many_orders",
        format!("The source shows more than {MOST} orders of these days."),
        "Check fewer days at a time, with --from and --to.",
    )
}
