//! Settle: what is ready is planned (`plan`) and sent (`send`), side by side, and what became
//! of it is recorded.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::config::Sync;
use crate::metrics::metrics;
use crate::order::{Code, Refusal};
use crate::shop::Shop;
use crate::store::{Filter, Finding, Item, Places, State, Token, Verdict};
use crate::text;

use super::closing::Stretch;
use super::collect::reread;
use super::customers::Customers;
use super::doubt;
use super::engine::{Engine, Odoo};
use super::fetching::Fetching;
use super::gate::Gate;
use super::plan::Planning;
use super::report::{OrderReport, PassError, SyncReport};
use super::send::{Route, Sender};
use super::shops::no_shop;
use super::steps;

/// Items planned at a time; what is ready of them goes out in batches.
pub(super) const CHUNK: usize = 200;
/// How long a shop is held for the next page of the source. Longer would keep others from it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// One settling of one shop's part of one sync.
pub(super) struct Settle<'a> {
    pub engine: &'a Engine,
    /// The right to write to the shop.
    pub lease: Token,
    pub odoo: &'a Odoo,
    pub shop: &'a Shop,
    pub sync: &'a Sync,
    /// The part of the sync that this shop takes.
    pub places: &'a Places,
    /// The fetching that goes on beside it.
    pub fetching: &'a Fetching,
    pub report: &'a mut SyncReport,
    pub customers: Customers<'a>,
    pub seen: &'a mut Seen,
    /// Odoo refused something that was planned: it is not as it was read.
    pub disagreed: bool,
    /// The active syncs; only the service gives them, and only the service closes sessions.
    pub peers: Option<&'a [Sync]>,
}

/// The items on which this pass has a verdict, by position and revision: they are not looked
/// at twice, and stand in the report once.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<i64, i64>);

impl Seen {
    /// Whether there is a verdict on this revision of an item.
    pub fn holds(&self, item: &Item) -> bool {
        self.0.get(&item.seq) == Some(&item.revision)
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// There is one now.
    pub fn add(&mut self, item: &Item) {
        self.0.insert(item.seq, item.revision);
    }
}

/// What a settling left for later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing that was there.
    Nothing,
    /// Everything: a day must not be begun before all orders of the day before are fetched.
    ForTheRest,
}

impl Settle<'_> {
    /// Books everything that can be booked now. `last`: everything is fetched.
    pub async fn run(&mut self, last: bool) -> Result<Left, PassError> {
        self.resolve_doubts().await?;
        let gate = self.gate().await?;
        let stretches = self.stretches(&gate).await?;
        if !last && !self.may_begin(&gate, &stretches).await? {
            return Ok(Left::ForTheRest);
        }
        for stretch in stretches {
            if !self.make_way(&gate, stretch.day).await? {
                break;
            }
            self.book_stretch(&gate, stretch, last).await?;
            if self.engine.is_stopping(self.sync) {
                return Ok(Left::Nothing);
            }
        }
        if last {
            self.close_due(&gate).await?;
        }
        Ok(Left::Nothing)
    }

    /// Books the orders of a stretch into the session of its day.
    async fn book_stretch(&mut self, gate: &Gate, stretch: Stretch, last: bool) -> Result<(), PassError> {
        let route = Route::new(self, stretch.day);
        let mut sender = Sender::new(&route);
        let mut planning = Planning::new(gate, stretch);
        let (planned, chunks) = mpsc::channel(1);
        let (plan, sent) = tokio::join!(self.plan_stretch(&mut planning, planned), sender.run(chunks));
        self.take_in(&mut sender);
        plan.and(sent)?;
        // Refunds whose sale was only just booked, and what Odoo refused before. While pages
        // still come, sales may too.
        let deferred = if last { std::mem::take(&mut planning.deferred) } else { Vec::new() };
        for keys in deferred.chunks(CHUNK) {
            if self.engine.is_stopping(self.sync) {
                break;
            }
            let items = self.engine.store.get(keys).await?;
            let planned = self.plan_chunk(items, &mut planning, false).await?;
            let sent = sender.send(planned).await;
            self.take_in(&mut sender);
            sent?;
        }
        let older = planning.older;
        if self.peers.is_some() {
            self.report.notes.extend(older.note(stretch.day));
        }
        Ok(())
    }

    /// Takes over what the sender reports.
    fn take_in(&mut self, sender: &mut Sender<'_>) {
        self.report.absorb([std::mem::take(&mut sender.report)]);
        self.disagreed |= sender.disagreed;
        self.seen.0.extend(sender.seen.drain(..));
    }

    /// Looks up what a crash or a lost answer left in doubt.
    async fn resolve_doubts(&mut self) -> Result<(), PassError> {
        let mut items = self.engine.store.in_doubt(&self.sync.id).await?;
        items.retain(|item| self.places.hold(&item.key));
        for chunk in items.chunks(CHUNK) {
            let mut held = self.verdicts_on_held(chunk).await?;
            let absent = chunk.iter().filter(|item| !held.contains_key(&item.key));
            if let Some(sent_at) = absent.map(|item| item.changed_at).max() {
                doubt::begin(self.engine.store(), self.shop.id, sent_at).await?;
            }
            let verdicts = chunk.iter().filter_map(|item| {
                let verdict = match held.remove(&item.key) {
                    Some(verdict) => verdict,
                    None if self.may_still_run(item) => return None,
                    None => Verdict::NotSent,
                };
                Some((item.clone(), verdict))
            });
            let verdicts = verdicts.collect();
            self.record(verdicts).await?;
        }
        Ok(())
    }

    /// Without a unique constraint a negative look-up proves nothing while the request may
    /// still be running in Odoo.
    fn may_still_run(&self, item: &Item) -> bool {
        let elapsed = || self.engine.steady.elapsed(item.changed_at, self.engine.now());
        !self.odoo.facts.unique && elapsed() < self.unknown_settle()
    }

    /// How long a request of unknown outcome may still be running in Odoo.
    pub(super) fn unknown_settle(&self) -> TimeDelta {
        TimeDelta::from_std(self.engine.settings.unknown_settle).unwrap_or(TimeDelta::MAX)
    }

    pub(super) async fn record(&mut self, verdicts: Vec<(Item, Verdict)>) -> Result<(), PassError> {
        if verdicts.is_empty() {
            return Ok(());
        }
        let steps = self.odoo.facts.orders;
        let findings: Vec<_> =
            verdicts.iter().map(|(item, verdict)| explained(item, verdict.clone(), steps)).collect();
        self.engine.store.record(&findings, Some(self.lease), self.engine.now()).await?;
        // What was not sent after all is planned in this same pass.
        for (item, verdict) in verdicts.iter().filter(|(_, verdict)| *verdict != Verdict::NotSent) {
            self.seen.add(item);
            touch(self.report, self.sync, item, Some(verdict));
        }
        self.engine.progress.settled(&self.sync.id, verdicts.len());
        Ok(())
    }
}

/// Reports what had to be left alone in a pass: in doubt still, or to be retried later.
pub(super) async fn report_pending(
    engine: &Engine,
    sync: &Sync,
    places: &Places,
    seen: &Seen,
    report: &mut SyncReport,
) -> Result<(), PassError> {
    let mut pending = Filter {
        states: BTreeSet::from([State::Sending, State::Retrying]),
        sync: Some(sync.id.clone()),
        limit: CHUNK,
        ..Filter::default()
    };
    while let Some(items) = engine.store.next_page(&mut pending).await? {
        let unseen = |item: &Item| places.hold(&item.key) && !seen.0.contains_key(&item.seq);
        for item in items.into_iter().filter(unseen) {
            let doubt = (item.state == State::Sending).then(in_doubt);
            let reason = doubt.or(item.reason.clone());
            report.touch(OrderReport::of(&Item { reason, ..item }));
        }
    }
    Ok(())
}

/// Refuses the orders whose location no shop takes.
pub(super) async fn refuse_unlisted(
    engine: &Engine,
    steps: bool,
    sync: &Sync,
    places: &Places,
    seen: &mut Seen,
    report: &mut SyncReport,
) -> Result<(), PassError> {
    for item in engine.store.in_doubt(&sync.id).await?.iter().filter(|item| places.hold(&item.key)) {
        if !seen.holds(item) {
            seen.add(item);
            touch(report, sync, item, None);
        }
    }
    let mut after = 0;
    loop {
        let mut items = engine.store.claim(&sync.id, places, after, CHUNK, engine.now()).await?;
        let Some(last) = items.last() else { return Ok(()) };
        after = last.seq;
        items.retain(|item| !seen.holds(item));
        let verdict = |item: &Item| match reread(item, sync, engine.now()) {
            Ok(order) => Verdict::Refused(no_shop(order.key.location.as_deref())),
            Err(verdict) => verdict,
        };
        let findings: Vec<Finding> = items.iter().map(|item| explained(item, verdict(item), steps)).collect();
        engine.store.record(&findings, None, engine.now()).await?;
        for (item, finding) in items.iter().zip(&findings) {
            seen.add(item);
            touch(report, sync, item, Some(&finding.verdict));
        }
        engine.progress.settled(&sync.id, items.len());
    }
}

pub(super) fn finding(item: &Item, verdict: Verdict) -> Finding {
    Finding { key: item.key.clone(), revision: item.revision, verdict, steps: Vec::new() }
}

/// The same with its steps, where steps are kept.
pub(super) fn explained(item: &Item, verdict: Verdict, steps: bool) -> Finding {
    let steps = if steps { steps::of_finding(item, &verdict) } else { Vec::new() };
    Finding { steps, ..finding(item, verdict) }
}

/// Adds an item to the report of the pass. What is new of it is counted and said in the log.
pub(super) fn touch(report: &mut SyncReport, sync: &Sync, item: &Item, verdict: Option<&Verdict>) {
    let id = &item.external_id;
    let news = |state: State, reason: &Refusal| {
        let is_new = item.state != state || item.reason.as_ref() != Some(reason);
        if is_new {
            metrics().order(&sync.name, state.as_str());
        }
        is_new
    };
    let order = match verdict {
        Some(Verdict::Booked(booked)) => {
            metrics().order(&sync.name, State::Booked.as_str());
            tracing::debug!(order = %item.key, pos_order = %booked.name, total = %booked.total, "booked");
            OrderReport {
                id: id.clone(),
                state: State::Booked,
                pos_order: Some(booked.name.clone()),
                total: Some(booked.total),
                code: None,
                message: (!booked.warnings.is_empty()).then(|| booked.warnings.join(" ")),
                fix: None,
                next_try_at: None,
                figures: None,
            }
        }
        Some(Verdict::Refused(refusal)) => {
            if news(State::Refused, refusal) {
                tracing::warn!(order = %item.key, code = %refusal.code, reason = %refusal.message, "refused");
            }
            OrderReport::unbooked(id, State::Refused, item.total, Some(refusal))
        }
        Some(Verdict::Rejected(refusal, at)) => {
            if news(State::Refused, refusal) {
                tracing::warn!(order = %item.key, reason = %refusal.message, next_try = %at, "refused by Odoo");
            }
            OrderReport::unbooked(id, State::Refused, item.total, Some(refusal)).again_at(*at)
        }
        Some(Verdict::Retry(refusal, at)) => {
            news(State::Retrying, refusal);
            tracing::debug!(order = %item.key, reason = %refusal.message, next_try = %at, "to be tried again");
            OrderReport::unbooked(id, State::Retrying, item.total, Some(refusal)).again_at(*at)
        }
        Some(Verdict::Waiting(refusal)) => {
            news(State::Waiting, refusal);
            tracing::debug!(order = %item.key, reason = %refusal.message, "waiting");
            OrderReport::unbooked(id, State::Waiting, item.total, Some(refusal))
        }
        Some(Verdict::Skipped(refusal)) => {
            news(State::Skipped, refusal);
            tracing::debug!(order = %item.key, reason = %refusal.message, "left out");
            OrderReport::unbooked(id, State::Skipped, item.total, Some(refusal))
        }
        // Free again: what this pass makes of it is still to come.
        Some(Verdict::NotSent | Verdict::Due | Verdict::Gone(_) | Verdict::Followed) => return,
        None => {
            tracing::debug!(order = %item.key, "in doubt: it is looked up in Odoo");
            OrderReport::unbooked(id, State::Sending, item.total, Some(&in_doubt()))
        }
    };
    report.touch(order);
}

fn in_doubt() -> Refusal {
    Refusal::new(
        Code::OutcomeUnknown,
        text!("Odoo gave no clear answer, so the order may be booked or not."),
        text!("Nothing to do: it is looked up in Odoo before anything is sent again."),
    )
}
