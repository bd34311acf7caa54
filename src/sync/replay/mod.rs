//! Past days planned again: the orders that were received, under the present configuration and
//! what Odoo's shop is now, against what Odoo holds of them. Nothing is written anywhere.
//!
//! | file | what it knows |
//! |---|---|
//! | `entered` | what Odoo holds of an order |
//! | `compare` | a plan against that; pure |

mod compare;
mod entered;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::booking::{Booking, Buyer};
use crate::config::Sync;
use crate::odoo::Client;
use crate::order::{Code, Order, OrderKey, Refusal};
use crate::shop::{Shop, ShopRef};
use crate::store::{Filter, Item, State, Verdict};
use crate::text;

use super::closing::Calendar;
use super::collect::reread;
use super::completeness::{Said, Span};
use super::customers::Customers;
use super::engine::{Engine, Odoo, OdooFacts};
use super::report::PassError;
use super::restored::in_all_companies;
use super::shops::no_shop;
use super::trial::{Trial, Tried};
use super::verify::not_paid;
use compare::differences;
use entered::Entered;

/// Orders that are planned together.
const CHUNK: usize = 200;

/// What became of the orders of some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// Name of the sync.
    pub sync: String,
    /// The first business day.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// Orders that were received of these days.
    pub orders: u64,
    /// Those that would stand as they do.
    pub same: u64,
    /// Those whose content is no longer kept: they were not planned.
    pub forgotten: u64,
    /// What these orders are booked with, by currency.
    pub booked: BTreeMap<String, Sum>,
    /// What they would be booked with.
    pub planned: BTreeMap<String, Sum>,
    /// The others, in order of receipt.
    pub differing: Vec<Replayed>,
}

/// Orders together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// Their totals, tax included, signed.
    pub total: Decimal,
    /// Tax among it.
    pub tax: Decimal,
}

impl Sum {
    fn add(&mut self, total: Decimal, tax: Decimal) {
        self.count += 1;
        self.total += total;
        self.tax += tax;
    }
}

/// An order that would stand otherwise than it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replayed {
    /// External id.
    pub id: String,
    /// Canonical key text.
    pub key: String,
    /// Business day of its sale.
    pub day: NaiveDate,
    /// The order in Odoo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos_order: Option<String>,
    /// How it stands.
    pub was: Stand,
    /// How it would.
    pub now: Stand,
    /// What of the booking differs, each as `what was → now`.
    pub differences: Vec<String>,
}

/// How an order stands, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stand {
    /// Its state; one that would be booked is `booked`.
    pub state: State,
    /// What it is booked with, signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    /// Why it is in this state.
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub reason: Option<Reason>,
}

/// Why an order is not booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable code.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Stand {
    fn open(state: State, reason: Option<Refusal>) -> Self {
        let reason = reason.map(|refusal| Reason {
            code: refusal.code,
            message: refusal.message.to_string(),
            fix: refusal.fix.to_string(),
        });
        Self { state, total: None, reason }
    }

    /// Whether an order that stands so would stand so now. What of a booking differs is compared
    /// apart.
    fn becomes(&self, now: &Self) -> bool {
        let code = |stand: &Self| stand.reason.as_ref().map(|reason| reason.code);
        match (self.state, now.state) {
            // Under way: this is what the next pass does. And for how long it waits may be
            // another reason.
            (State::Ready | State::Sending | State::Retrying | State::Booked, State::Booked)
            | (State::Waiting, State::Waiting) => true,
            (was, then) => was == then && code(self) == code(now),
        }
    }

    /// In words.
    fn text(&self) -> String {
        let word = match self.state {
            State::Booked => "booked",
            State::Waiting => "waiting",
            State::Refused => "refused",
            State::Skipped => "left out",
            State::Retrying => "to be tried again",
            State::Missing => "no longer in Odoo",
            state => state.as_str(),
        };
        match (&self.reason, self.total) {
            (Some(reason), _) => format!("{word} ({})", reason.message),
            (None, Some(total)) => format!("{word} with {total}"),
            (None, None) => word.to_owned(),
        }
    }
}

impl Replayed {
    /// In one line.
    pub fn text(&self) -> String {
        let name = self.pos_order.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let what = if self.was.state == State::Booked && self.now.state == State::Booked {
            self.differences.join("; ")
        } else {
            format!("{} → {}", self.was.text(), self.now.text())
        };
        format!("{} {}{name}: {what}", self.day, self.id)
    }
}

impl Engine {
    /// Plans the orders of some business days again, from what was received, and says what
    /// would differ from what Odoo holds. `said` is told how far it is.
    ///
    /// # Errors
    ///
    /// Odoo or the store cannot be read, or a shop is not ready.
    pub async fn replay(
        &self,
        client: &Client,
        sync: &Sync,
        span: Span,
        said: Said<'_>,
    ) -> Result<Replay, PassError> {
        let calendar = Calendar::of(sync);
        let Span { from, to } = span;
        let mut replaying = Replaying {
            engine: self,
            client,
            everywhere: in_all_companies(client).await?,
            sync,
            calendar,
            places: HashMap::new(),
            replay: Replay {
                sync: sync.name.clone(),
                from,
                to,
                orders: 0,
                same: 0,
                forgotten: 0,
                booked: BTreeMap::new(),
                planned: BTreeMap::new(),
                differing: Vec::new(),
            },
        };
        let mut filter = Filter {
            sync: Some(sync.id.clone()),
            sold: Some(calendar.start(from)..calendar.end(to)),
            limit: CHUNK,
            ..Filter::default()
        };
        while !self.is_stopping(sync) {
            let items = self.store.list(&filter).await?;
            let Some(last) = items.last() else { break };
            filter.after = last.seq;
            replaying.chunk(items).await?;
            said(text!(
                "{sync}: {count} orders planned again",
                sync = &sync.name,
                count = replaying.replay.orders
            ));
        }
        Ok(replaying.replay)
    }
}

/// A shop and its Odoo.
#[derive(Clone)]
struct Place {
    shop: Arc<Shop>,
    odoo: Arc<Odoo>,
}

struct Replaying<'a> {
    engine: &'a Engine,
    client: &'a Client,
    /// Sees every company of the user.
    everywhere: Client,
    sync: &'a Sync,
    calendar: Calendar,
    /// The shops read so far, by what the sync calls them.
    places: HashMap<String, Place>,
    replay: Replay,
}

impl Replaying<'_> {
    async fn place(&mut self, shop: &ShopRef) -> Result<Place, PassError> {
        if let Some(place) = self.places.get(&shop.to_string()) {
            return Ok(place.clone());
        }
        let read = Arc::new(self.engine.shops.take(self.client, shop).await?.shop().clone());
        let odoo = Arc::new(Odoo::of(self.client, &read, OdooFacts::default()).await?);
        let place = Place { shop: read, odoo };
        self.places.insert(shop.to_string(), place.clone());
        Ok(place)
    }

    async fn chunk(&mut self, items: Vec<Item>) -> Result<(), PassError> {
        let mut by_shop: Vec<(Option<&ShopRef>, Vec<Item>)> = Vec::new();
        for item in items {
            self.replay.orders += 1;
            // What a person closed stays closed, whatever the configuration.
            if item.state == State::Ignored {
                self.replay.same += 1;
                continue;
            }
            if item.aged_at.is_some() {
                self.replay.forgotten += 1;
                continue;
            }
            let location = OrderKey::parse(&item.key).and_then(|key| key.location);
            let shop = self.sync.shops.of(location.as_deref());
            match by_shop.iter_mut().find(|(other, _)| *other == shop) {
                Some((_, items)) => items.push(item),
                None => by_shop.push((shop, vec![item])),
            }
        }
        for (shop, items) in by_shop {
            match shop {
                Some(shop) => {
                    let place = self.place(shop).await?;
                    self.of_shop(&place, items).await?;
                }
                None => {
                    for item in items {
                        let location = OrderKey::parse(&item.key).and_then(|key| key.location);
                        let now = Stand::open(State::Refused, Some(no_shop(location.as_deref())));
                        let was = stood(&item, None);
                        self.judge(&item, None, was, now, Vec::new());
                    }
                }
            }
        }
        Ok(())
    }

    async fn of_shop(&mut self, place: &Place, items: Vec<Item>) -> Result<(), PassError> {
        let Place { shop, odoo } = place;
        let mut held = entered::read(&self.everywhere, &odoo.dialect, &items).await?;
        for amount in held.values_mut().flat_map(|held| [&mut held.total, &mut held.tax]) {
            amount.rescale(shop.currency.decimals);
        }
        let now = self.engine.now();
        let orders: Vec<Result<Order, Verdict>> =
            items.iter().map(|item| reread(item, self.sync, now)).collect();
        let mut customers = Customers::new(&odoo.client, shop, self.sync, &self.engine.customers);
        let readable: Vec<&Order> = orders.iter().filter_map(|order| order.as_ref().ok()).collect();
        customers.learn(&readable).await?;
        for (item, order) in items.iter().zip(orders) {
            let held = held.get(&item.key);
            let was = stood(item, held);
            let booked = held.filter(|held| held.counts());
            if let Some(held) = booked {
                self.replay.booked.entry(shop.currency.code.clone()).or_default().add(held.total, held.tax);
            }
            let order = match order {
                Ok(order) => order,
                Err(verdict) => {
                    self.judge(item, held, was, stand_of(verdict), Vec::new());
                    continue;
                }
            };
            let store = self.engine.store();
            let trial = Trial { sync: self.sync, store, shop, odoo, customers: &customers };
            let tried = trial
                .plan(&order, |sale| match held {
                    Some(held) => held.given_back_to(sale),
                    None => sale,
                })
                .await?;
            let (booking, creates_customer) = match tried {
                Tried::Not(state, reason) => {
                    self.judge(item, held, was, Stand::open(state, Some(reason)), Vec::new());
                    continue;
                }
                Tried::Booking { booking, creates_customer } => (booking, creates_customer),
            };
            self.replay
                .planned
                .entry(shop.currency.code.clone())
                .or_default()
                .add(booking.total, booking.tax);
            let customer = customer_of(&booking, creates_customer, &customers.buyer(&order));
            let differences =
                booked.map(|held| differences(&booking, &customer, held, shop)).unwrap_or_default();
            let now = Stand { state: State::Booked, total: Some(booking.total), reason: None };
            self.judge(item, held, was, now, differences);
        }
        Ok(())
    }

    fn judge(
        &mut self,
        item: &Item,
        held: Option<&Entered>,
        was: Stand,
        now: Stand,
        differences: Vec<String>,
    ) {
        if was.becomes(&now) && differences.is_empty() {
            self.replay.same += 1;
            return;
        }
        self.replay.differing.push(Replayed {
            id: item.external_id.clone(),
            key: item.key.clone(),
            day: item.sale_at.map_or(self.replay.from, |at| self.calendar.day(at)),
            pos_order: held.map(|held| held.name.clone()),
            was,
            now,
            differences,
        });
    }
}

/// How an order stands: as Odoo says, where it holds it.
fn stood(item: &Item, held: Option<&Entered>) -> Stand {
    match (held, item.state) {
        (Some(held), _) if held.counts() => {
            Stand { state: State::Booked, total: Some(held.total), reason: None }
        }
        // Odoo holds it, and not in its books.
        (Some(held), State::Booked | State::Conflict) => {
            Stand::open(State::Refused, Some(not_paid(&held.name, &held.state)))
        }
        // Odoo holds it no more, whatever the store says.
        (None, State::Booked | State::Conflict) => Stand::open(State::Missing, None),
        (_, state) => Stand::open(state, item.reason.clone()),
    }
}

/// What the reading of an order says, as a state.
fn stand_of(verdict: Verdict) -> Stand {
    match verdict {
        Verdict::Waiting(reason) => Stand::open(State::Waiting, Some(reason)),
        Verdict::Skipped(reason) => Stand::open(State::Skipped, Some(reason)),
        Verdict::Refused(reason) => Stand::open(State::Refused, Some(reason)),
        _ => Stand::open(State::Ready, None),
    }
}

/// The customer of a plan: `res.partner` id, and a name.
fn customer_of(booking: &Booking, is_created: bool, buyer: &Buyer) -> (Option<i64>, String) {
    match (booking.partner_id, buyer) {
        _ if is_created => (None, "one that would be created".to_owned()),
        (Some(id), Buyer::Known(partner, _)) if partner.id == id => (Some(id), partner.name.clone()),
        (Some(id), _) => (Some(id), format!("partner {id}")),
        (None, _) => (None, "nobody".to_owned()),
    }
}
