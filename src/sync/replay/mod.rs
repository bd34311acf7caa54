//! Past days planned again: the orders that were received, under the present configuration and
//! what Odoo's shop is now, against what Odoo holds of them. Nothing is written anywhere.
//!
//! | file | what it knows |
//! |---|---|
//! | `planned` | orders planned again under a configuration |
//! | `entered` | what Odoo holds of an order |
//! | `compare` | a plan against that; pure |

mod compare;
mod entered;
mod planned;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Sync;
use crate::odoo::Client;
use crate::order::{Code, Refusal, Text};
use crate::store::{Filter, Item, State};
use crate::text;

use super::closing::Calendar;
use super::completeness::{Said, Span};
use super::engine::Engine;
use super::report::PassError;
use super::verify::not_paid;
pub(super) use compare::differences;
pub(super) use entered::Entered;
pub(super) use planned::{Plan, Planned, Planner};

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
    pub(super) fn add(&mut self, total: Decimal, tax: Decimal) {
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
    pub message: Text,
    /// What to do.
    pub fix: Text,
}

impl From<Refusal> for Reason {
    fn from(Refusal { code, message, fix, .. }: Refusal) -> Self {
        Self { code, message, fix }
    }
}

impl Stand {
    fn open(state: State, reason: Option<Refusal>) -> Self {
        Self { state, total: None, reason: reason.map(Reason::from) }
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
            planner: Planner::new(self, client, sync).await?,
            calendar,
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

struct Replaying<'a> {
    planner: Planner<'a>,
    calendar: Calendar,
    replay: Replay,
}

impl Replaying<'_> {
    async fn chunk(&mut self, items: Vec<Item>) -> Result<(), PassError> {
        let mut kept = Vec::new();
        for item in &items {
            self.replay.orders += 1;
            // What a person closed stays closed, whatever the configuration.
            if item.state == State::Ignored {
                self.replay.same += 1;
            } else if item.aged_at.is_some() {
                self.replay.forgotten += 1;
            } else {
                kept.push(item);
            }
        }
        let held = self.planner.held(&kept).await?;
        let planned = self.planner.plan(&kept, &held).await?;
        for item in kept {
            if let Some(planned) = planned.get(&item.key) {
                self.compare(item, held.get(&item.key), planned);
            }
        }
        Ok(())
    }

    fn compare(&mut self, item: &Item, held: Option<&Entered>, planned: &Planned) {
        let was = stood(item, held);
        let shop = planned.place.as_ref().map(|place| place.shop.as_ref());
        let code = || shop.map(|shop| shop.currency.code.clone()).unwrap_or_default();
        let booked = held.filter(|held| held.counts());
        if let Some(held) = booked {
            self.replay.booked.entry(code()).or_default().add(held.total, held.tax);
        }
        let (now, differences) = match (&planned.result, shop) {
            (Ok(Plan { booking, customer }), Some(shop)) => {
                self.replay.planned.entry(code()).or_default().add(booking.total, booking.tax);
                let differences = booked.map(|held| differences(booking, customer, held, shop));
                let now = Stand { state: State::Booked, total: Some(booking.total), reason: None };
                (now, differences.unwrap_or_default())
            }
            (Ok(_), None) => return,
            (Err((state, reason)), _) => (Stand::open(*state, reason.clone()), Vec::new()),
        };
        let differences = differences.iter().map(ToString::to_string).collect();
        self.judge(item, held, was, now, differences);
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
