//! What a change of a sync's configuration would change: its open orders, and those booked
//! lately, planned under the present configuration and under a draft of another one. Nothing is
//! written anywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Sync;
use crate::odoo::Client;
use crate::order::{Code, Text};
use crate::store::{Filter, Item, State};
use crate::text;

use super::closing::Calendar;
use super::completeness::{Said, Span};
use super::engine::Engine;
use super::preview::sale_key;
use super::replay::{Entered, Plan, Planned, Planner, Reason, Sum, differences};
use super::report::PassError;

/// Orders that are planned together.
const CHUNK: usize = 200;
/// Open orders, and booked ones, that are looked at: the last received.
const MOST: usize = 5000;
/// States in which an order is booked once its cause goes away.
const OPEN: [State; 4] = [State::Waiting, State::Ready, State::Refused, State::Retrying];

/// What a change would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Name of the sync.
    pub sync: String,
    /// The first business day of the booked orders that were looked at.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// Open orders that were looked at.
    pub open: u64,
    /// Booked ones.
    pub booked: u64,
    /// Those whose content is no longer kept: they were not planned.
    pub forgotten: u64,
    /// Those that were too many to be looked at.
    pub beyond: u64,
    /// Not booked as it is, and booked by the change. With what they would be booked with.
    pub cured: Group,
    /// Booked as it is, and refused or left out by the change. With what they are booked with.
    pub refused: Group,
    /// Booked either way, and otherwise. With the differences.
    pub differing: Group,
    /// Not booked either way.
    pub still: Group,
}

/// Orders that a change concerns in the same way.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Group {
    /// The sums, by currency.
    pub sums: BTreeMap<String, Sum>,
    /// The orders, in order of receipt.
    pub orders: Vec<Affected>,
}

/// An order that a change concerns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Affected {
    /// External id.
    pub id: String,
    /// Canonical key text.
    pub key: String,
    /// How it stands.
    pub state: State,
    /// Total, tax included, as it is configured; none where it would not be booked.
    pub was: Option<Decimal>,
    /// Total, tax included, by the change.
    pub now: Option<Decimal>,
    /// The currency of its shop; empty without a shop.
    pub currency: String,
    /// What of the booking differs, each as `what was → now`.
    pub differences: Vec<Text>,
    /// Why it would not be booked by the change.
    pub reason: Option<Reason>,
}

impl Group {
    fn add(&mut self, order: Affected, total: Decimal, tax: Decimal) {
        self.sums.entry(order.currency.clone()).or_default().add(total, tax);
        self.orders.push(order);
    }

    fn count(&self) -> usize {
        self.orders.len()
    }
}

impl Effect {
    /// In one line.
    pub fn text(&self) -> Text {
        text!(
            "{cured} orders would be booked that are not now, {refused} not any more, {differing} otherwise; {still} still not.",
            cured = self.cured.count(),
            refused = self.refused.count(),
            differing = self.differing.count(),
            still = self.still.count(),
        )
    }

    /// Whether it changes anything.
    pub fn is_any(&self) -> bool {
        [&self.cured, &self.refused, &self.differing].iter().any(|group| group.count() > 0)
    }
}

impl Engine {
    /// Plans the open orders of a sync, and those booked of some business days, as it is
    /// configured and as `draft` says, and tells the orders apart of which something else would
    /// become. `said` is told how far it is.
    ///
    /// # Errors
    ///
    /// Odoo or the store cannot be read, or a shop of either is not ready.
    pub async fn effect(
        &self,
        client: &Client,
        present: &Sync,
        draft: &Sync,
        span: Span,
        said: Said<'_>,
    ) -> Result<Effect, PassError> {
        let calendar = Calendar::of(present);
        let open = Filter {
            states: BTreeSet::from(OPEN),
            sync: Some(present.id.clone()),
            limit: MOST,
            newest_first: true,
            ..Filter::default()
        };
        let booked = Filter {
            states: BTreeSet::from([State::Booked]),
            sold: Some(calendar.start(span.from)..calendar.end(span.to)),
            ..open.clone()
        };
        let mut weighing = Weighing {
            present: Planner::new(self, client, present).await?,
            draft: Planner::new(self, client, draft).await?,
            sales: HashMap::new(),
            following: Vec::new(),
            effect: Effect {
                sync: present.name.clone(),
                from: span.from,
                to: span.to,
                open: 0,
                booked: 0,
                forgotten: 0,
                beyond: 0,
                cured: Group::default(),
                refused: Group::default(),
                differing: Group::default(),
                still: Group::default(),
            },
        };
        let mut of = 0;
        for filter in [&open, &booked] {
            let all = self.store.count(filter).await?;
            let looked_at = all.min(MOST as u64);
            weighing.effect.beyond += all - looked_at;
            of += looked_at;
        }
        let mut done = 0;
        for filter in [&open, &booked] {
            let mut items = self.store.list(filter).await?;
            items.reverse();
            for items in items.chunks(CHUNK) {
                weighing.chunk(items).await?;
                done += items.len();
                said(text!(
                    "{done} of {of} orders planned as they are configured and by the change.",
                    done,
                    of
                ));
            }
        }
        Ok(weighing.end())
    }
}

struct Weighing<'a> {
    present: Planner<'a>,
    draft: Planner<'a>,
    /// Total and tax of the orders that would be cured, by key.
    sales: HashMap<String, (Decimal, Decimal)>,
    /// Refunds that wait for their sales, by the keys of these.
    following: Vec<(String, Affected, Decimal)>,
    effect: Effect,
}

impl Weighing<'_> {
    async fn chunk(&mut self, items: &[Item]) -> Result<(), PassError> {
        let mut kept = Vec::new();
        for item in items {
            let effect = &mut self.effect;
            let count = if item.state == State::Booked { &mut effect.booked } else { &mut effect.open };
            *count += 1;
            if item.aged_at.is_some() {
                effect.forgotten += 1;
            } else {
                kept.push(item);
            }
        }
        let held = self.present.held(&kept).await?;
        kept.retain(|item| match held.get(&item.key) {
            // What somebody else entered stays as it is, and so does what is not in the books.
            Some(held) => !held.adopted && held.counts(),
            // Odoo holds it no more.
            None => item.state != State::Booked,
        });
        let was = self.present.plan(&kept, &held).await?;
        let now = self.draft.plan(&kept, &held).await?;
        for item in kept {
            if let (Some(was), Some(now)) = (was.get(&item.key), now.get(&item.key)) {
                self.weigh(item, was, now, &held);
            }
        }
        Ok(())
    }

    fn weigh(&mut self, item: &Item, was: &Planned, now: &Planned, held: &HashMap<String, Entered>) {
        let is_held = held.contains_key(&item.key);
        let place = now.place.as_ref().or(was.place.as_ref());
        let amounts = |planned: &Planned| {
            planned.result.as_ref().ok().map(|plan| (plan.booking.total, plan.booking.tax))
        };
        let (old, new) = (amounts(was), amounts(now));
        let mut order = Affected {
            id: item.external_id.clone(),
            key: item.key.clone(),
            state: item.state,
            was: old.map(|(total, _)| total),
            now: new.map(|(total, _)| total),
            currency: place.map(|place| place.shop.currency.code.clone()).unwrap_or_default(),
            differences: Vec::new(),
            reason: now.result.as_ref().err().and_then(|(_, reason)| reason.clone()).map(Reason::from),
        };
        let effect = &mut self.effect;
        match (old, new) {
            (Some((old_total, old_tax)), Some((total, tax))) => {
                order.differences = otherwise(was, now);
                if !order.differences.is_empty() {
                    effect.differing.add(order, total - old_total, tax - old_tax);
                }
            }
            (Some((total, tax)), None) => effect.refused.add(order, total, tax),
            // Its cause came up after it was booked: the change does nothing to what is.
            (None, _) if is_held => {}
            (None, Some((total, tax))) => {
                self.sales.insert(order.key.clone(), (total, tax));
                effect.cured.add(order, total, tax);
            }
            (None, None) => match &now.order {
                Some(refund) if follows(&order) => {
                    let total = refund.signed_total();
                    self.following.push((sale_key(refund), order, total));
                }
                _ => effect.still.orders.push(order),
            },
        }
    }

    /// A refund follows its sale, and is taken to give back its part of the tax.
    fn end(mut self) -> Effect {
        for (sale, order, total) in self.following {
            let Some((of_sale, tax)) = self.sales.get(&sale) else {
                self.effect.still.orders.push(order);
                continue;
            };
            let part = total.checked_div(*of_sale).unwrap_or_default();
            let order = Affected { now: Some(total), reason: None, ..order };
            self.effect.cured.add(order, total, (tax * part).round_dp(tax.scale()));
        }
        self.effect
    }
}

fn follows(order: &Affected) -> bool {
    order.reason.as_ref().is_some_and(|reason| reason.code == Code::SaleNotBooked)
}

/// What of one plan differs from another.
fn otherwise(was: &Planned, now: &Planned) -> Vec<Text> {
    let (Ok(old), Some(here)) = (&was.result, &was.place) else { return Vec::new() };
    let (Ok(Plan { booking, customer }), Some(there)) = (&now.result, &now.place) else { return Vec::new() };
    differences(booking, customer, &old.entered(&here.shop), &there.shop)
}
