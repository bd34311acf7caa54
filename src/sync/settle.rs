//! Settle: take what is ready, plan it, send it, read it back, record it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{NaiveDate, TimeDelta};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::booking::{Booking, Returning, Sale, book, book_for, gives_back};
use crate::config::Sync;
use crate::odoo::CallError;
use crate::order::{Code, Order, Refusal};
use crate::shop::{Shop, Stock};
use crate::store::{Booked, Filter, Finding, Item, Places, Sending, State, StoreError, Verdict};

use super::adoption::{self, Sought};
use super::closing::Stretch;
use super::collect::reread;
use super::customers::Customers;
use super::deliver::{Delivery, Stop};
use super::engine::{Engine, Odoo};
use super::gate::Gate;
use super::refunds::{RefundError, Way, way};
use super::report::{OrderReport, PassError, SyncReport};
use super::series::Held;
use super::session::{self, OpenSession, Opener, SessionError};
use super::shops::no_shop;
use super::verify::judge_totals;

/// Items planned at a time; what is ready of them goes out in batches.
const CHUNK: usize = 200;
/// Orders per request: ten already take nearly all the gain, a few more smooth the rest.
const BATCH: usize = 20;
/// How long an order waits after Odoo was not available.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(30);

/// One settling of one sync.
pub(super) struct Settle<'a> {
    pub engine: &'a Engine,
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
struct Into<'g> {
    gate: &'g Gate,
    stretch: Stretch,
    session: Option<OpenSession>,
    older: Older,
}

/// A planned item.
struct Planned {
    item: Item,
    booking: Booking,
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
        let mut into = Into { gate, stretch, session: None, older: Older::default() };
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
        into: &mut Into<'_>,
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
        self.customers.learn(&orders).await.map_err(|error| PassError::from(&error))?;
        self.customers.create(&orders).await.map_err(|error| PassError::from(&error))?;
        let settle = TimeDelta::from_std(self.engine.settings.unknown_settle).unwrap_or(TimeDelta::MAX);
        let mut planned = Vec::new();
        let mut verdicts = Vec::new();
        for (item, Plan { order, sale, booking }) in plans {
            if self.customers.is_in_doubt(&order) {
                verdicts.push((item, Verdict::Retry(customer_in_doubt(), self.engine.now() + settle)));
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
        let verdicts = adoption::find(&self.odoo.client, self.shop, &sought).await;
        let mut verdicts = verdicts.map_err(|error| PassError::from(&error))?;
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
        self.odoo.dialect.look_up(&self.odoo.client, keys).await.map_err(|error| PassError::from(&error))
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

    /// Sends planned items in parallel batches and records what became of them.
    async fn send(&mut self, planned: Vec<Planned>, open: OpenSession) -> Result<Option<Stop>, PassError> {
        let client = self.odoo.client.with_context([("tracking_disable", true), ("generate_pdf", false)]);
        let delivery = Delivery {
            client: &client,
            dialect: &self.odoo.dialect,
            shop: self.shop,
            session: open,
            unique: self.odoo.facts.unique,
        };
        let engine = self.engine;
        // Once one batch had to stop, no other is begun; those under way are finished.
        let stopped = &AtomicBool::new(false);
        let lanes = &Semaphore::new(engine.settings.parallel);
        let (counted, free): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|one| !open.stock_at_closing && self.changes_stock(&one.booking));
        let batches =
            batches(counted).map(|batch| (true, batch)).chain(batches(free).map(|batch| (false, batch)));
        let mut sent = batches
            .map(|(counted, batch)| async move {
                let _alone = if counted { Some(engine.stock.lock().await) } else { None };
                let _lane = lanes.acquire().await;
                if stopped.load(Ordering::Relaxed) || engine.is_stopping() {
                    return Ok((batch, Vec::new(), HashMap::new(), None));
                }
                let (marked, verdicts, stop) = send_batch(engine, delivery, &batch).await?;
                stopped.fetch_or(stop.is_some(), Ordering::Relaxed);
                Ok::<_, StoreError>((batch, marked, verdicts, stop))
            })
            .collect::<FuturesUnordered<_>>();
        let mut stop = None;
        while let Some(result) = sent.next().await {
            let (batch, marked, verdicts, why) = result?;
            stop = stop.or(why);
            for planned in batch.iter().filter(|planned| marked.contains(&planned.item.key)) {
                self.touched.insert(planned.item.key.clone());
                touch(self.report, &planned.item, verdicts.get(&planned.item.key));
            }
            engine.progress.settled(&self.sync.id, marked.len());
        }
        match stop {
            Some(Stop::Unavailable(error)) => Err(PassError::from(&error)),
            other => Ok(other),
        }
    }

    /// Whether goods with counted stock are sold. Two transactions that change the same stock
    /// cannot both be committed: Odoo would do one of them over and over.
    fn changes_stock(&self, booking: &Booking) -> bool {
        let counted =
            |product| self.shop.catalogue.get(product).is_some_and(|product| product.stock == Stock::Counted);
        booking.lines.iter().any(|line| counted(line.product))
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
        let settle = TimeDelta::from_std(self.engine.settings.unknown_settle).unwrap_or(TimeDelta::MAX);
        !self.odoo.facts.unique && self.engine.now() - item.changed_at < settle
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
        match way(order, self.sync, self.engine.store.as_ref(), self.odoo).await {
            Ok(Way::Linked(sale)) => Ok(Ok(Some(sale))),
            Ok(Way::Unlinked) => Ok(Ok(None)),
            Ok(Way::Wait(refusal)) => Ok(Err(Verdict::Retry(refusal, self.engine.now()))),
            Ok(Way::Refuse(refusal)) => Ok(Err(Verdict::Refused(refusal))),
            Ok(Way::Skip(refusal)) => Ok(Err(Verdict::Skipped(refusal))),
            Err(RefundError::Store(error)) => Err(error.into()),
            Err(RefundError::Call(error)) => Err(PassError::from(&error)),
        }
    }

    async fn unavailable(&mut self, planned: Vec<Planned>, error: CallError) -> Result<(), PassError> {
        let now = self.engine.now();
        let verdicts =
            planned.into_iter().map(|planned| (planned.item, postponed(Verdict::NotSent, now))).collect();
        self.record(verdicts).await?;
        Err(PassError::from(&error))
    }

    async fn record(&mut self, verdicts: Vec<(Item, Verdict)>) -> Result<(), PassError> {
        let findings: Vec<_> =
            verdicts.iter().map(|(item, verdict)| finding(item, verdict.clone())).collect();
        self.engine.store.record(&findings, self.engine.now()).await?;
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
        engine.store.record(&findings, engine.now()).await?;
        for (item, finding) in items.iter().zip(&findings) {
            touch(report, item, Some(&finding.verdict));
        }
        engine.progress.settled(&sync.id, items.len());
    }
}

/// Marks, sends and records one batch: which keys were marked, and the verdicts on them.
async fn send_batch(
    engine: &Engine,
    delivery: Delivery<'_>,
    batch: &[Planned],
) -> Result<(Vec<String>, HashMap<String, Verdict>, Option<Stop>), StoreError> {
    if delivery.dialect.rescues() {
        match session::is_open(delivery.client, delivery.session.id).await {
            Ok(true) => {}
            Ok(false) => return Ok((Vec::new(), HashMap::new(), Some(Stop::SessionClosed))),
            Err(error) => return Ok((Vec::new(), HashMap::new(), Some(Stop::Unavailable(error)))),
        }
    }
    let rows: Vec<Sending> = batch.iter().map(sending).collect();
    let marked = engine.store.mark_sending(&rows, engine.now()).await?;
    let bookings: Vec<&Booking> = batch
        .iter()
        .map(|planned| &planned.booking)
        .filter(|booking| marked.contains(&booking.key))
        .collect();
    if bookings.is_empty() {
        return Ok((marked, HashMap::new(), None));
    }
    let delivered = delivery.send(&bookings).await;
    let verdicts: HashMap<String, Verdict> = delivered
        .verdicts
        .into_iter()
        .map(|(key, verdict)| (key, postponed(verdict, engine.now())))
        .collect();
    // Durable at once: a crash from here on finds the outcome.
    let findings: Vec<Finding> = batch
        .iter()
        .filter_map(|planned| Some(finding(&planned.item, verdicts.get(&planned.item.key)?.clone())))
        .collect();
    engine.store.record(&findings, engine.now()).await?;
    Ok((marked, verdicts, delivered.stop))
}

fn batches(planned: Vec<Planned>) -> impl Iterator<Item = Vec<Planned>> {
    let mut rest = planned.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

fn finding(item: &Item, verdict: Verdict) -> Finding {
    Finding { key: item.key.clone(), revision: item.revision, verdict }
}

/// Adds an item to the report of the pass.
fn touch(report: &mut SyncReport, item: &Item, verdict: Option<&Verdict>) {
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
fn postponed(verdict: Verdict, now: chrono::DateTime<chrono::Utc>) -> Verdict {
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

fn sending(planned: &Planned) -> Sending {
    let payload = serde_json::to_vec(&planned.booking).unwrap_or_default();
    Sending {
        key: planned.item.key.clone(),
        revision: planned.item.revision,
        payload_hash: format!("{:x}", Sha256::digest(&payload)),
    }
}
