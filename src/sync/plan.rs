//! Planning: items of the inbox → what is sent, with everything looked up that it depends
//! on. Runs ahead of the sending by a chunk or two.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tokio::sync::mpsc;

use crate::booking::{Booking, Returning, Sale, book, book_for, gives_back};
use crate::order::{Code, Order, OrderKey, Refusal, Text};
use crate::store::{Booked, Item, Verdict};
use crate::text;

use super::adoption::{self, Sought};
use super::again;
use super::cancelled::{is_restored, restored};
use super::closing::Stretch;
use super::collect::reread;
use super::customers::Unsettled;
use super::deliver::not_booked;
use super::gate::Gate;
use super::refunds::{Way, way};
use super::report::{OrderReport, PassError};
use super::send::Planned;
use super::series::Held;
use super::settle::{CHUNK, PATIENCE, Settle};
use super::verify::{judge_totals, unmoved_of};

/// What is to be known of a stretch while it is planned.
pub(super) struct Planning<'g> {
    gate: &'g Gate,
    stretch: Stretch,
    /// Keys of refunds that wait for what is still to be sent of this stretch, or to come, and
    /// of orders that Odoo refused before, which go after it.
    pub deferred: Vec<String>,
    /// How many more of the latter may be sent again.
    room: usize,
    /// Names of the sales that refunds of earlier chunks give back from: Odoo may not know yet.
    giving_back: HashSet<String>,
    pub older: Older,
}

impl<'g> Planning<'g> {
    pub fn new(gate: &'g Gate, stretch: Stretch) -> Self {
        Self {
            gate,
            stretch,
            deferred: Vec::new(),
            room: again::REFUSED_AT_ONCE,
            giving_back: HashSet::new(),
            older: Older::default(),
        }
    }
}

/// Orders that went into the session of a later day than theirs.
#[derive(Default)]
pub(super) struct Older {
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

    /// What people are told of the session of this day that they went into.
    pub fn note(&self, day: NaiveDate) -> Option<Text> {
        let (first, last) = self.days?;
        let count = self.count;
        Some(if first == last {
            text!(
                "Orders of {sold} ({count}) stand in a closing entry with the date of their session, {day}: Odoo cannot date it back.",
                sold = first,
                count,
                day
            )
        } else {
            text!(
                "Orders of {first} to {last} ({count}) stand in a closing entry with the date of their session, {day}: Odoo cannot date it back.",
                first,
                last,
                count,
                day
            )
        })
    }
}

/// What an order is booked from, and its booking without its customer.
struct Plan {
    order: Order,
    sale: Option<Sale>,
    booking: Booking,
}

impl Settle<'_> {
    /// Plans everything of a stretch and hands it to the sender, chunk by chunk: no more than
    /// the channel holds ahead of it.
    pub(super) async fn plan_stretch(
        &mut self,
        planning: &mut Planning<'_>,
        sender: mpsc::Sender<Vec<Planned>>,
    ) -> Result<(), PassError> {
        let mut after = 0;
        while !self.engine.is_stopping(self.sync) {
            let pages = self.fetching.pages();
            let (store, now) = (self.engine.store.as_ref(), self.engine.now());
            let mut items = store.claim(&self.sync.id, self.places, after, CHUNK, now).await?;
            let Some(last) = items.last() else {
                if self.fetching.soon_beyond(pages, PATIENCE).await {
                    continue;
                }
                return Ok(());
            };
            after = last.seq;
            items.retain(|item| planning.stretch.takes(item.sale_at) && !self.seen.holds(item));
            if items.is_empty() {
                continue;
            }
            let items = self.leave_out_held(items).await?;
            let items = self.adopt(items).await?;
            let planned = self.plan_chunk(items, planning, true).await?;
            if !planned.is_empty() && sender.send(planned).await.is_err() {
                // The sender had to stop, and says why.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Plans items together. Refunds that wait for something, and orders that Odoo refused
    /// before, are put aside (`may_defer`); else the former are left waiting and the latter go.
    pub(super) async fn plan_chunk(
        &mut self,
        items: Vec<Item>,
        planning: &mut Planning<'_>,
        may_defer: bool,
    ) -> Result<Vec<Planned>, PassError> {
        let mut plans = Vec::new();
        // Recorded together: each recording is written through to the disk.
        let mut verdicts = Vec::new();
        let mut returning = Returning::default();
        let mut giving_back = Vec::new();
        for item in items {
            let mut plan = match self.plan(&item, &returning).await? {
                Ok(plan) => plan,
                Err(verdict) if may_defer && waits_for_sale(&verdict) => {
                    planning.deferred.push(item.key);
                    continue;
                }
                Err(verdict) => {
                    verdicts.push((item, verdict));
                    continue;
                }
            };
            if let Some(sale) = &plan.sale {
                if may_defer && planning.giving_back.contains(&sale.name) {
                    planning.deferred.push(item.key);
                    continue;
                }
                returning.add(&plan.booking, sale);
                giving_back.push(sale.name.clone());
            }
            let (gate, day) = (planning.gate, planning.stretch.day);
            match gate.check(self.shop, self.sync, &item, &plan.booking, day) {
                Ok(flag) => plan.booking.warnings.extend(flag),
                Err(refusal) => {
                    verdicts.push((item, Verdict::Refused(refusal)));
                    continue;
                }
            }
            planning.older.count(gate.calendar.day(plan.booking.date), day);
            plans.push((item, plan));
        }
        self.record(verdicts).await?;
        planning.giving_back.extend(giving_back);
        let planned = self.for_customers(plans).await?;
        let room = may_defer.then_some(&mut planning.room);
        let again::Sorted { now, last, later } = again::sort(planned, room, self.engine.now());
        planning.deferred.extend(last.into_iter().map(|item| item.key));
        for item in &later {
            self.seen.add(item);
            self.report.touch(OrderReport::of(item));
        }
        Ok(now)
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
            match self.customers.unsettled(&order) {
                None => {}
                Some(Unsettled::InDoubt) => {
                    verdicts.push((item, Verdict::Retry(customer_in_doubt(), until)));
                    continue;
                }
                Some(Unsettled::LostARace) => {
                    let not = not_booked("it was busy when the customer was created");
                    let verdict = again::postponed(&item, item.attempts, &not, self.engine.now());
                    verdicts.push((item, verdict));
                    continue;
                }
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
        let mut held = self.verdicts_on_held(&items).await?;
        let mut left = Vec::new();
        let mut found = Vec::new();
        for item in items {
            match held.remove(&item.key) {
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
        let sought = items.iter().filter(|item| may_be_adopted(item)).filter_map(|item| {
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

    /// The verdicts on those of these items that Odoo holds, by key.
    pub(super) async fn verdicts_on_held(
        &self,
        items: &[Item],
    ) -> Result<HashMap<String, Verdict>, PassError> {
        let keys = items.iter().map(|item| item.key.as_str());
        let held = self.odoo.dialect.look_up_finished(&self.odoo.client, keys).await?;
        let mut unmoved = unmoved_of(&self.odoo.client, held.values(), self.shop).await?;
        let mut verdicts = HashMap::new();
        for item in items {
            let Some(held) = held.get(&item.key) else { continue };
            let mut verdict = self.verdict_on_held(item, held);
            // What is said of it beside its total after it was sent.
            if let Verdict::Booked(booked) = &mut verdict {
                if let Ok(plan) = self.plan(item, &Returning::default()).await? {
                    booked.warnings = plan.booking.warnings;
                }
                booked.warnings.extend(unmoved.remove(&held.id).unwrap_or_default());
            }
            verdicts.insert(item.key.clone(), verdict);
        }
        Ok(verdicts)
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
        if order.key.is_cancellation() && is_restored(&order.key, self.sync, self.engine.store()).await? {
            return Ok(Err(Verdict::Skipped(restored(&order.key.order_id))));
        }
        Ok(match way(order, self.sync, self.engine.store.as_ref(), self.odoo).await? {
            Way::Linked(sale) => Ok(Some(sale)),
            Way::Unlinked => Ok(None),
            Way::Wait(refusal) => Err(Verdict::Retry(refusal, self.engine.now())),
            Way::Refuse(refusal) => Err(Verdict::Refused(refusal)),
            Way::Skip(refusal) => Err(Verdict::Skipped(refusal)),
        })
    }
}

/// Whether somebody else may have entered it: it was not sent, and is no document of our own.
fn may_be_adopted(item: &Item) -> bool {
    item.attempts == 0 && !OrderKey::parse(&item.key).is_some_and(|key| key.is_cancellation())
}

/// Whether a refund waits for its sale, which may be behind it in the inbox, or on a page that
/// is still to come.
fn waits_for_sale(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Retry(..) => true,
        Verdict::Refused(refusal) => refusal.code == Code::RefundWithoutSale,
        _ => false,
    }
}

fn customer_in_doubt() -> Refusal {
    Refusal::new(
        Code::OutcomeUnknown,
        text!("Odoo gave no clear answer when the customer was created, so it may be there or not."),
        text!("Nothing to do: the customer is looked up before it is created again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_into_a_later_session_is_counted_with_its_days() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let mut older = Older::default();
        older.count(day(5), day(5));
        assert_eq!(older.note(day(5)), None);
        older.count(day(3), day(5));
        let note = |older: &Older| older.note(day(5)).unwrap();
        assert!(note(&older).starts_with("Orders of 2026-11-03 (1) stand in a closing entry"));
        older.count(day(1), day(5));
        let both = "Orders of 2026-11-01 to 2026-11-03 (2) stand in a closing entry with the date of their session, 2026-11-05:";
        assert!(note(&older).starts_with(both), "{}", note(&older));
    }
}
