//! How long what orders leave behind is kept, and what is older than that.
//!
//! Personal data goes first: the text that was received. Its hashes stay, so that an order which
//! its source shows again, however late, is known and is not booked again: the row of an order
//! that Odoo holds, or that a person decided about, never goes. Nothing of an order that is open
//! is taken away.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::State;

/// For how many days; 0: for good. The names and the defaults are those of the addon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Keep {
    /// The text of a finished order, counted from its receipt.
    #[serde(rename = "keep_payload_days")]
    pub payload_days: u32,
    /// The steps of finished orders that Odoo was not told of.
    #[serde(rename = "keep_log_days")]
    pub log_days: u32,
    /// An order that a rule left out, counted from its receipt.
    #[serde(rename = "keep_order_days")]
    pub order_days: u32,
}

impl Keep {
    /// Where nothing else is said.
    pub const DEFAULT: Self = Self { payload_days: 90, log_days: 180, order_days: 730 };
}

impl Default for Keep {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How long each sync keeps. Orders of a sync that is gone are kept for [`Keep::DEFAULT`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// By the sync's id.
    pub syncs: BTreeMap<String, Keep>,
    /// Ids of syncs of which it is not known: nothing of theirs is taken away.
    pub unknown: BTreeSet<String>,
}

impl Retention {
    fn of(&self, sync: &str) -> Option<Keep> {
        match self.syncs.get(sync) {
            Some(keep) => Some(*keep),
            None if self.unknown.contains(sync) => None,
            None => Some(Keep::DEFAULT),
        }
    }

    /// Whether what a sync left at `since` is older than it is kept.
    pub(super) fn is_over(
        &self,
        sync: &str,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        days: fn(&Keep) -> u32,
    ) -> bool {
        self.of(sync).and_then(|keep| before(days(&keep), now)).is_some_and(|before| since < before)
    }

    /// What is not older than this is kept whatever its sync; `None`: everything is.
    pub(super) fn newest(&self, now: DateTime<Utc>, days: fn(&Keep) -> u32) -> Option<DateTime<Utc>> {
        let all = self.syncs.values().chain([&Keep::DEFAULT]);
        all.filter_map(|keep| before(days(keep), now)).max()
    }
}

/// What came before this is older than so many days; `None`: nothing is.
pub(super) fn before(days: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if days == 0 { None } else { now.checked_sub_signed(TimeDelta::days(days.into())) }
}

/// Whether an order in this state is finished: only then is anything of it taken away.
pub(super) const FINISHED: [State; 3] = [State::Booked, State::Skipped, State::Ignored];

/// How far a walk through the store is, which looks for what is older than it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Texts of orders, behind this time of receipt (milliseconds) and position.
    Payloads(i64, i64),
    /// Answers to commands, behind this request.
    Answers(i64),
    /// Steps, behind this number.
    Steps(i64),
    /// Orders that a rule left out, behind this position.
    Orders(i64),
}

impl Stage {
    /// Where a walk begins.
    pub const BEGIN: Self = Self::Payloads(i64::MIN, i64::MIN);

    /// What is looked at behind all of this.
    pub(super) const fn next(self) -> Option<Self> {
        match self {
            Self::Payloads(..) => Some(Self::Answers(i64::MIN)),
            Self::Answers(_) => Some(Self::Steps(i64::MIN)),
            Self::Steps(_) => Some(Self::Orders(i64::MIN)),
            Self::Orders(_) => None,
        }
    }
}

/// A stretch of what is older than it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outdated {
    /// Keys of finished orders whose text is there.
    pub payloads: Vec<String>,
    /// Answered requests of commands.
    pub answers: Vec<i64>,
    /// Steps of finished orders.
    pub steps: Vec<i64>,
    /// Keys of orders that a rule left out.
    pub orders: Vec<String>,
    /// Where the walk goes on; `None`: all was looked at.
    pub next: Option<Stage>,
}

impl Outdated {
    /// Whether there is nothing in this stretch.
    pub const fn is_empty(&self) -> bool {
        self.payloads.is_empty() && self.answers.is_empty() && self.steps.is_empty() && self.orders.is_empty()
    }

    /// How much it is.
    pub const fn count(&self) -> Retired {
        let Self { payloads, answers, steps, orders, .. } = self;
        Retired {
            payloads: payloads.len() as u64,
            answers: answers.len() as u64,
            steps: steps.len() as u64,
            orders: orders.len() as u64,
        }
    }
}

/// How much was taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// Orders whose text was.
    pub payloads: u64,
    /// Answers to commands.
    pub answers: u64,
    /// Steps.
    pub steps: u64,
    /// Orders that were forgotten.
    pub orders: u64,
}

impl Retired {
    /// Adds what was taken away besides.
    pub const fn add(&mut self, more: Self) {
        self.payloads += more.payloads;
        self.answers += more.answers;
        self.steps += more.steps;
        self.orders += more.orders;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention() -> Retention {
        let keep = |payload_days| Keep { payload_days, ..Keep::DEFAULT };
        Retention {
            syncs: BTreeMap::from([("short".to_owned(), keep(10)), ("good".to_owned(), keep(0))]),
            unknown: BTreeSet::from(["broken".to_owned()]),
        }
    }

    #[test]
    fn each_sync_keeps_as_long_as_it_says() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let is_over = |sync: &str, days: i64| {
            retention().is_over(sync, now - TimeDelta::days(days), now, |keep| keep.payload_days)
        };
        assert!(is_over("short", 11) && !is_over("short", 10));
        assert!(!is_over("good", 15_000), "0 keeps for good");
        assert!(!is_over("broken", 15_000), "nobody knows what it says");
        assert!(is_over("gone", 91) && !is_over("gone", 90));
        let newest = retention().newest(now, |keep| keep.payload_days);
        assert_eq!(newest, Some(now - TimeDelta::days(10)));
    }

    #[test]
    fn nothing_open_is_finished() {
        let finished: Vec<State> = State::ALL.into_iter().filter(|state| !state.is_open()).collect();
        assert_eq!(finished, FINISHED);
    }
}
