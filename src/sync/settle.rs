//! Settle: take what is ready, plan it, send it, record what became of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::booking::{Booking, Returning, Sale, book, book_for, gives_back};
use crate::config::Sync;
use crate::odoo::CallError;
use crate::order::{Code, Order, Refusal};
use crate::shop::Shop;
use crate::store::{Booked, Filter, Finding, Item, Places, State, Token, Verdict};

use super::adoption::{self, Sought};
use super::closing::Stretch;
use super::collect::reread;
use super::customers::Customers;
use super::deliver::Stop;
use super::engine::{Engine, Odoo};
use super::gate::Gate;
use super::refunds::{Way, way};
use super::report::{OrderReport, PassError, SyncReport};
use super::send::Planned;
use super::series::Held;
use super::session::{OpenSession, Opener, SessionError};
use super::shops::no_shop;
use super::verify::judge_totals;

/// Items planned at a time; what is ready of them goes out in batches.
const CHUNK: usize = 200;
/// How long an order waits after Odoo was not available.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(30);

/// One settling of one sync.
pub(super) struct Settle<'a> {
    pub engine: &'a Engine,
    /// The right to write to the shop.
    pub lease: Token,
    pub odoo: &'a Odoo,
    pub shop: &'a Shop,
    pub sync: &'a Sync,
    /// The part of the sync that this shop takes.
    pub places: Places,
    pub report: &'a mut SyncReport,
    pub customers: Customers<'a>,
    /// Keys that are in the report.
    pub touched: HashSet<String>,
    /// The active syncs; only the service gives them, and only the service closes sessions.
    pub peers: Option<&'a [Sync]>,
}

/// Orders that went into the session of a later day than theirs.
#[derive(Default)]
struct Older {
    count: usize,
    days: Option<(NaiveDate, NaiveDate)>,
}

impl Older {
    fn count(&mut self, day: NaiveDate, entry: NaiveDate) {
        if day < entry {
            self.count += 1;
            let (first, last) = self.days.unwrap_or((day, day));
            self.days = Some((first.min(day), last.max(day)));
        }
    }
}

/// Where the orders of a stretch go.
struct Destination<'g> {
    gate: &'g Gate,
    stretch: Stretch,
    session: Option<OpenSession>,
    older: Older,
}

/// What an order is booked from, and its booking without its customer.
struct Plan {
    order: Order,
    sale: Option<Sale>,
    booking: Booking,
}

impl Settle<'_> {
    /// Books everything that can be booked now.
    pub async fn run(mut self) -> Result<(), PassError> {
        self.resolve_doubts().await?;
        let gate = self.gate().await?;
        for stretch in self.stretches(&gate).await? {
            if !self.make_way(&gate, stretch.day).await? {
                break;
            }
            self.book_stretch(&gate, stretch).await?;
            if self.engine.is_stopping() {
                return Ok(());
            }
        }
        self.close_due(&gate).await?;
        self.report_pending().await
    }

    /// Books the orders of a stretch into the session of its day.
    async fn book_stretch(&mut self, gate: &Gate, stretch: Stretch) -> Result<(), PassError> {
        let mut into = Destination { gate, stretch, session: None, older: Older::default() };
        let mut after = 0;
        let mut deferred = Vec::new();
        loop {
            let mut items =
                self.engine.store.claim(&self.sync.id, &self.places, after, CHUNK, self.engine.now()).await?;
            let Some(last) = items.last() else { break };
            after = last.seq;
            items.retain(|item| stretch.takes(item.sale_at));
            let items = self.leave_out_held(items).await?;
            let items = self.adopt(items).await?;
            self.book(items, &mut into, Some(&mut deferred)).await?;
            if self.engine.is_stopping() {
                return Ok(());
            }
        }
        // Refunds whose sale was only just booked.
        if !deferred.is_empty() {
            self.book(deferred, &mut into, None).await?;
        }
        if let (Some(_), Some((first, last))) = (self.peers, into.older.days) {
            self.report.notes.push(format!(
                "Of {} orders, sold from {first} to {last}, the session of {} carries the date: Odoo cannot date a closing entry back to their days.",
                into.older.count, stretch.day
            ));
        }
        Ok(())
    }

    /// Reports what had to be left alone in this pass: in doubt still, or to be retried later.
    async fn report_pending(&mut self) -> Result<(), PassError> {
        let pending = Filter {
            states: BTreeSet::from([State::Sending, State::Retrying]),
            sync: Some(self.sync.id.clone()),
            ..Filter::default()
        };
        for item in self.engine.store.list(&pending).await? {
            if self.places.hold(&item.key) && self.touched.insert(item.key.clone()) {
                let doubt = (item.state == State::Sending).then(in_doubt);
                let reason = doubt.as_ref().or(item.reason.as_ref());
                self.report.touch(OrderReport::unbooked(&item.external_id, item.state, item.total, reason));
            }
        }
        Ok(())
    }

    /// Plans the items and sends what is planned. Refunds that wait for their sale are put
    /// into `deferred`, or left waiting where there is none.
    async fn book(
        &mut self,
        items: Vec<Item>,
        into: &mut Destination<'_>,
        mut deferred: Option<&mut Vec<Item>>,
    ) -> Result<(), PassError> {
        let mut plans = Vec::new();
        let mut returning = Returning::default();
        for item in items {
            match self.plan(&item, &returning).await? {
                Ok(mut plan) => {
                    let (store, day) = (self.engine.store.as_ref(), into.stretch.day);
                    let gate = into.gate;
                    match gate.check(store, self.shop, self.sync, &item, &plan.booking, day).await? {
                        Ok(flag) => plan.booking.warnings.extend(flag),
                        Err(refusal) => {
                            self.record(vec![(item, Verdict::Refused(refusal))]).await?;
                            continue;
                        }
                    }
                    into.older.count(gate.calendar.day(plan.booking.date), day);
                    if let Some(sale) = &plan.sale {
                        returning.add(&plan.booking, sale);
                    }
                    plans.push((item, plan));
                }
                Err(Verdict::Retry(..)) if deferred.is_some() => {
                    if let Some(deferred) = deferred.as_deref_mut() {
                        deferred.push(item);
                    }
                }
                Err(verdict) => self.record(vec![(item, verdict)]).await?,
            }
        }
        let mut planned = self.for_customers(plans).await?;
        if planned.is_empty() {
            return Ok(());
        }
        let open = match into.session {
            Some(open) => open,
            None => match self.opener(into.stretch.day).ensure().await {
                Ok(open) => *into.session.insert(open),
                Err(SessionError::Call(error)) => return self.unavailable(planned, error).await,
                Err(SessionError::Store(error)) => return Err(error.into()),
                Err(SessionError::Refused(refusal)) => {
                    let verdicts = planned
                        .into_iter()
                        .map(|planned| (planned.item, Verdict::Refused(refusal.clone())))
                        .collect();
                    return self.record(verdicts).await;
                }
            },
        };
        if let Some(day) = open.day.filter(|day| *day < into.stretch.day && self.peers.is_some()) {
            let flag = format!("Booked in the session of {day}, which is still open.");
            for one in &mut planned {
                one.booking.warnings.push(flag.clone());
            }
        }
        if let Some(Stop::SessionClosed) = self.send(planned, open).await? {
            // The rest is ready again; the next pass finds or opens a session.
            into.session = None;
        }
        Ok(())
    }

    fn opener(&self, day: NaiveDate) -> Opener<'_> {
        Opener {
            store: self.engine.store.as_ref(),
            lease: self.lease,
            client: &self.odoo.client,
            dialect: &self.odoo.dialect,
            shop: self.shop,
            sync: &self.sync.id,
            auto_open: self.sync.auto_open_session,
            day,
            now: self.engine.now(),
        }
    }

    /// The same with their customers, who are looked up for all of them at once, and created
    /// where that is wanted. What cannot be booked for its customer is recorded.
    async fn for_customers(&mut self, plans: Vec<(Item, Plan)>) -> Result<Vec<Planned>, PassError> {
        let orders: Vec<&Order> = plans.iter().map(|(_, plan)| &plan.order).collect();
        self.customers.learn(&orders).await?;
        self.customers.create(&orders).await?;
        let until = self.engine.now() + self.unknown_settle();
        let mut planned = Vec::new();
        let mut verdicts = Vec::new();
        for (item, Plan { order, sale, booking }) in plans {
            if self.customers.is_in_doubt(&order) {
                verdicts.push((item, Verdict::Retry(customer_in_doubt(), until)));
                continue;
            }
            let buyer = self.customers.buyer(&order);
            match book_for(booking, &buyer, &order, sale.as_ref(), self.shop, &self.sync.rules) {
                Ok(booking) => planned.push(Planned { item, booking }),
                Err(refusal) => verdicts.push((item, Verdict::Refused(refusal))),
            }
        }
        self.record(verdicts).await?;
        Ok(planned)
    }

    /// Records the items that Odoo holds already, which a lost or older store knows nothing
    /// of, and returns the others. One question for a whole chunk costs next to nothing.
    async fn leave_out_held(&mut self, items: Vec<Item>) -> Result<Vec<Item>, PassError> {
        let held = self.held(&items).await?;
        let mut left = Vec::new();
        let mut found = Vec::new();
        for item in items {
            match held.get(&item.key).map(|held| self.verdict_on_held(&item, held)) {
                None => left.push(item),
                Some(verdict) => found.push((item, verdict)),
            }
        }
        self.record_found(found).await?;
        Ok(left)
    }

    /// Records the items that somebody else entered in Odoo before us, and returns the others.
    async fn adopt(&mut self, items: Vec<Item>) -> Result<Vec<Item>, PassError> {
        if !self.sync.orders.adopt_existing {
            return Ok(items);
        }
        let engine = self.engine;
        let until = adoption::until(engine.store(), self.sync, self.shop, engine.now()).await?;
        let sought = items.iter().filter(|item| item.attempts == 0).filter_map(|item| {
            let (total, sale_at) = item.total.zip(item.sale_at.filter(|sold| *sold < until))?;
            Some(Sought { key: item.key.clone(), external_id: item.external_id.clone(), total, sale_at })
        });
        let sought: Vec<Sought> = sought.collect();
        let mut verdicts = adoption::find(&self.odoo.client, self.shop, &sought).await?;
        let mut left = Vec::new();
        let mut found = Vec::new();
        for item in items {
            match verdicts.remove(&item.key) {
                Some(verdict) => {
                    let verdict = adoption::only_once(engine.store(), &item, verdict).await?;
                    found.push((item, verdict));
                }
                None => left.push(item),
            }
        }
        self.record_found(found).await?;
        Ok(left)
    }

    /// Records what Odoo held before this pass.
    async fn record_found(&mut self, found: Vec<(Item, Verdict)>) -> Result<(), PassError> {
        let booked = found.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Booked(_))).count();
        self.record(found).await?;
        // Counted as what they are: booked before this pass.
        self.report.booked -= booked as u64;
        self.report.already_booked += booked as u64;
        Ok(())
    }

    /// What Odoo holds of these items, by key.
    async fn held(&self, items: &[Item]) -> Result<HashMap<String, Held>, PassError> {
        let keys = items.iter().map(|item| item.key.as_str());
        Ok(self.odoo.dialect.look_up(&self.odoo.client, keys).await?)
    }

    /// The total an item is booked with: what it states, or with its tips on top of that,
    /// where Odoo holds it so.
    fn total_of(&self, item: &Item, held: &Held) -> Decimal {
        let total = item.total.unwrap_or_default();
        let booked = self.shop.currency.round(held.amount_total);
        if booked == total {
            return total;
        }
        let tips: Decimal = reread(item, self.sync, self.engine.now())
            .map(|order| order.tenders.iter().filter_map(|tender| tender.tip).sum())
            .unwrap_or_default();
        [total + tips, total - tips].into_iter().find(|with_tips| *with_tips == booked).unwrap_or(total)
    }

    fn verdict_on_held(&self, item: &Item, held: &Held) -> Verdict {
        let total = self.total_of(item, held);
        match judge_totals(held, total, self.shop) {
            Some(refusal) => Verdict::Refused(refusal),
            None => Verdict::Booked(Booked {
                pos_order_id: held.id,
                name: held.name.clone(),
                total,
                warnings: Vec::new(),
            }),
        }
    }

    /// Looks up what a crash or a lost answer left in doubt.
    async fn resolve_doubts(&mut self) -> Result<(), PassError> {
        let mut items = self.engine.store.in_doubt(&self.sync.id).await?;
        items.retain(|item| self.places.hold(&item.key));
        for chunk in items.chunks(CHUNK) {
            let held = self.held(chunk).await?;
            let verdicts = chunk.iter().filter_map(|item| {
                let verdict = match held.get(&item.key) {
                    Some(held) => self.verdict_on_held(item, held),
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
        !self.odoo.facts.unique && self.engine.now() - item.changed_at < self.unknown_settle()
    }

    /// How long a request of unknown outcome may still be running in Odoo.
    fn unknown_settle(&self) -> TimeDelta {
        TimeDelta::from_std(self.engine.settings.unknown_settle).unwrap_or(TimeDelta::MAX)
    }

    /// The booking of an item, or the verdict on one that cannot be booked now. `returning`
    /// is what refunds that are not sent yet give back.
    async fn plan(&self, item: &Item, returning: &Returning) -> Result<Result<Plan, Verdict>, PassError> {
        let order = match reread(item, self.sync, self.engine.now()) {
            Ok(order) => order,
            Err(verdict) => return Ok(Err(verdict)),
        };
        let sale = if gives_back(&order) {
            match self.sale_of(&order).await? {
                Ok(sale) => sale.map(|sale| sale.less(returning)),
                Err(verdict) => return Ok(Err(verdict)),
            }
        } else {
            None
        };
        Ok(book(&order, sale.as_ref(), self.shop, &self.sync.rules)
            .map(|booking| Plan { order, sale, booking })
            .map_err(Verdict::Refused))
    }

    async fn sale_of(&self, order: &Order) -> Result<Result<Option<Sale>, Verdict>, PassError> {
        Ok(match way(order, self.sync, self.engine.store.as_ref(), self.odoo).await? {
            Way::Linked(sale) => Ok(Some(sale)),
            Way::Unlinked => Ok(None),
            Way::Wait(refusal) => Err(Verdict::Retry(refusal, self.engine.now())),
            Way::Refuse(refusal) => Err(Verdict::Refused(refusal)),
            Way::Skip(refusal) => Err(Verdict::Skipped(refusal)),
        })
    }

    async fn unavailable(&mut self, planned: Vec<Planned>, error: CallError) -> Result<(), PassError> {
        let now = self.engine.now();
        let verdicts =
            planned.into_iter().map(|planned| (planned.item, postponed(Verdict::NotSent, now))).collect();
        self.record(verdicts).await?;
        Err(error.into())
    }

    async fn record(&mut self, verdicts: Vec<(Item, Verdict)>) -> Result<(), PassError> {
        let findings: Vec<_> =
            verdicts.iter().map(|(item, verdict)| finding(item, verdict.clone())).collect();
        self.engine.store.record(&findings, Some(self.lease), self.engine.now()).await?;
        // What was not sent after all is planned in this same pass.
        for (item, verdict) in verdicts.iter().filter(|(_, verdict)| *verdict != Verdict::NotSent) {
            self.touched.insert(item.key.clone());
            touch(self.report, item, Some(verdict));
        }
        self.engine.progress.settled(&self.sync.id, verdicts.len());
        Ok(())
    }
}

/// Refuses the orders whose location no shop takes.
pub(super) async fn refuse_unlisted(
    engine: &Engine,
    sync: &Sync,
    places: &Places,
    report: &mut SyncReport,
) -> Result<(), PassError> {
    for item in engine.store.in_doubt(&sync.id).await?.iter().filter(|item| places.hold(&item.key)) {
        touch(report, item, None);
    }
    let mut after = 0;
    loop {
        let items = engine.store.claim(&sync.id, places, after, CHUNK, engine.now()).await?;
        let Some(last) = items.last() else { return Ok(()) };
        after = last.seq;
        let verdict = |item: &Item| match reread(item, sync, engine.now()) {
            Ok(order) => Verdict::Refused(no_shop(order.key.location.as_deref())),
            Err(verdict) => verdict,
        };
        let findings: Vec<Finding> = items.iter().map(|item| finding(item, verdict(item))).collect();
        engine.store.record(&findings, None, engine.now()).await?;
        for (item, finding) in items.iter().zip(&findings) {
            touch(report, item, Some(&finding.verdict));
        }
        engine.progress.settled(&sync.id, items.len());
    }
}

pub(super) fn finding(item: &Item, verdict: Verdict) -> Finding {
    Finding { key: item.key.clone(), revision: item.revision, verdict }
}

/// Adds an item to the report of the pass.
pub(super) fn touch(report: &mut SyncReport, item: &Item, verdict: Option<&Verdict>) {
    let id = &item.external_id;
    let order = match verdict {
        Some(Verdict::Booked(booked)) => {
            tracing::info!(order = %item.key, pos_order = %booked.name, total = %booked.total, "booked");
            OrderReport {
                id: id.clone(),
                state: State::Booked,
                pos_order: Some(booked.name.clone()),
                total: Some(booked.total),
                code: None,
                message: (!booked.warnings.is_empty()).then(|| booked.warnings.join(" ")),
                fix: None,
            }
        }
        Some(Verdict::Refused(refusal)) => {
            tracing::warn!(order = %item.key, code = %refusal.code, reason = %refusal.message, "refused");
            OrderReport::unbooked(id, State::Refused, item.total, Some(refusal))
        }
        Some(Verdict::Retry(refusal, _)) => {
            OrderReport::unbooked(id, State::Retrying, item.total, Some(refusal))
        }
        Some(Verdict::Waiting(refusal)) => {
            OrderReport::unbooked(id, State::Waiting, item.total, Some(refusal))
        }
        Some(Verdict::Skipped(refusal)) => {
            OrderReport::unbooked(id, State::Skipped, item.total, Some(refusal))
        }
        // Free again: what this pass makes of it is still to come.
        Some(Verdict::NotSent | Verdict::Due) => return,
        None => OrderReport::unbooked(id, State::Sending, item.total, Some(&in_doubt())),
    };
    report.touch(order);
}

/// What was not sent is tried again a little later, with the reason said.
pub(super) fn postponed(verdict: Verdict, now: chrono::DateTime<chrono::Utc>) -> Verdict {
    match verdict {
        Verdict::NotSent => Verdict::Retry(
            Refusal::new(
                Code::OdooUnavailable,
                "Odoo did not take the order: it was not reachable or busy.",
                "Nothing to do: it is tried again by itself.",
            ),
            now + RETRY_AFTER,
        ),
        other => other,
    }
}

fn customer_in_doubt() -> Refusal {
    Refusal::new(
        Code::OutcomeUnknown,
        "Odoo gave no clear answer when the customer was created, so it may be there or not.",
        "Nothing to do: the customer is looked up before it is created again.",
    )
}

fn in_doubt() -> Refusal {
    Refusal::new(
        Code::OutcomeUnknown,
        "Odoo gave no clear answer, so the order may be booked or not.",
        "Nothing to do: it is looked up in Odoo before anything is sent again.",
    )
}
