//! What goes into the inbox and what comes out of it.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Step;
use crate::order::Refusal;

/// Where an inbox item stands. The texts are stored and shown by `--output json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not completed or not fully paid yet.
    Waiting,
    /// To be booked.
    Ready,
    /// A request may be under way.
    Sending,
    /// Odoo confirmed it.
    Booked,
    /// Needs a person.
    Refused,
    /// Failed for a passing reason; tried again by itself.
    Retrying,
    /// Left out by a rule of the sync.
    Skipped,
    /// Closed by a person.
    Ignored,
    /// Changed at the source after booking.
    Conflict,
    /// Was booked, and Odoo holds it no more.
    Missing,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Ready,
        Self::Sending,
        Self::Booked,
        Self::Refused,
        Self::Retrying,
        Self::Skipped,
        Self::Ignored,
        Self::Conflict,
        Self::Missing,
    ];

    /// The states in which an item needs a person.
    pub const NEEDING: [Self; 3] = [Self::Refused, Self::Conflict, Self::Missing];

    /// Whether it needs a person.
    pub fn needs_person(self) -> bool {
        Self::NEEDING.contains(&self)
    }

    /// The stable text of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Sending => "sending",
            Self::Booked => "booked",
            Self::Refused => "refused",
            Self::Retrying => "retrying",
            Self::Skipped => "skipped",
            Self::Ignored => "ignored",
            Self::Conflict => "conflict",
            Self::Missing => "missing",
        }
    }

    /// The state of a stable text, `None` for a text this version does not know.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether something is still to happen to the item, by itself or by a person: all but
    /// `Booked`, `Skipped` and `Ignored`.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Booked | Self::Skipped | Self::Ignored)
    }
}

/// One order as it was received and read, for [`Store::ingest_page`](super::Store::ingest_page).
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Canonical text of the order's key; for an order whose key cannot be read, a text
    /// derived from its content.
    pub key: String,
    /// The external order id as people know it (for an unreadable order what could be read of it).
    pub external_id: String,
    /// The raw order, card numbers already masked.
    pub raw: String,
    /// Name and version of the format (`orderid/1`).
    pub format: String,
    /// Hash of what the order means; equal for mere differences in spelling.
    pub meaning: String,
    /// Where it enters: `Waiting`, `Ready`, `Refused` or `Skipped`.
    pub state: State,
    /// Why, for every state but `Ready`.
    pub reason: Option<Refusal>,
    /// Time of the sale, UTC; `None` when unreadable.
    pub sale_at: Option<DateTime<Utc>>,
    /// The source's change stamp, UTC: an older one never replaces a newer one.
    pub updated_at: Option<DateTime<Utc>>,
    /// Grand total as stated, signed (negative for a refund); `None` when unreadable.
    pub total: Option<Decimal>,
}

/// One page of a feed, stored together with the cursor that it allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The source id.
    pub source: String,
    /// The sync that fetched it (its stable id, see `config`).
    pub sync: String,
    /// What the page held.
    pub arrivals: Vec<Arrival>,
    /// Which feed's cursor to move and to where; `None` while more pages of the same fetch
    /// are to come, and for files.
    pub cursor: Option<(String, DateTime<Utc>)>,
    /// What it came from ("the source's page"), for the steps of its orders; `None` where no
    /// steps are kept.
    pub steps_from: Option<String>,
    /// Keys of those that somebody asked for: a text of theirs that aged out is kept again.
    pub asked: BTreeSet<String>,
}

/// What became of one arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// First time seen.
    New,
    /// Known, not booked, and its meaning changed: the new content replaces the old.
    Replaced,
    /// Known, and nothing new in it (unchanged, or older than what is known), or a person
    /// decided about it; the state is that of the item now.
    Known(State),
    /// Changed while a request was under way; kept beside it until the outcome is known.
    Parked,
    /// Changed after booking: a conflict a person must look at.
    Conflict,
}

/// An inbox item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Position in the inbox, the order of first receipt.
    pub seq: i64,
    /// Canonical key text.
    pub key: String,
    /// Source id.
    pub source: String,
    /// The sync it belongs to.
    pub sync: String,
    /// External order id.
    pub external_id: String,
    /// Raw order (masked); empty once it aged out.
    pub raw: String,
    /// Since when the raw order is not kept any more, UTC; `None`: it is.
    pub aged_at: Option<DateTime<Utc>>,
    /// Format name and version.
    pub format: String,
    /// Counts changes of content and of how it is read, from 1: a plan made from an older
    /// revision must not be sent, and what it found is not recorded.
    pub revision: i64,
    /// State.
    pub state: State,
    /// Reason, for the states that have one.
    pub reason: Option<Refusal>,
    /// How often this content was tried to send.
    pub attempts: u32,
    /// Hash of the payload last marked as sent for this content.
    pub payload_hash: Option<String>,
    /// For `Retrying`: when it is tried again, UTC. For `Refused`: until when it is not sent
    /// again with the same payload, which Odoo refused; none where no request was made.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Time of the sale, UTC.
    pub sale_at: Option<DateTime<Utc>>,
    /// Grand total as stated, signed.
    pub total: Option<Decimal>,
    /// What Odoo holds, once booked; what it held, of an item that is `Missing`.
    pub booked: Option<Booked>,
    /// A person's word that it is complete, whatever its source says.
    pub completion: Option<Completion>,
    /// Content that came later and stands beside this one: parked while `Sending`, the other
    /// side of a `Conflict`.
    pub newer: Option<Newer>,
    /// First receipt, UTC.
    pub received_at: DateTime<Utc>,
    /// Last change of state, content or reading, UTC. While `Sending` it is the moment the item was
    /// marked: nothing that arrives meanwhile moves it.
    pub changed_at: DateTime<Utc>,
}

#[cfg(test)]
impl Item {
    /// One that was just received, known by its key.
    pub fn received(key: &str, state: State) -> Self {
        Self {
            seq: 1,
            key: key.to_owned(),
            source: "demo".to_owned(),
            sync: "file:demo".to_owned(),
            external_id: key.to_owned(),
            raw: String::new(),
            aged_at: None,
            format: "orderid/1".to_owned(),
            revision: 1,
            state,
            reason: None,
            attempts: 0,
            payload_hash: None,
            next_try_at: None,
            sale_at: None,
            total: None,
            booked: None,
            completion: None,
            newer: None,
            received_at: DateTime::UNIX_EPOCH,
            changed_at: DateTime::UNIX_EPOCH,
        }
    }
}

/// A person's word that an order is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// Whose.
    pub by: String,
    /// When it was given, UTC.
    pub at: DateTime<Utc>,
    /// And that it is booked although it comes too late for its day.
    #[serde(default)]
    pub late: bool,
}

/// Content that arrived when the item's own could not be replaced any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Newer {
    /// Raw order (masked).
    pub raw: String,
    /// Format name and version.
    pub format: String,
    /// Grand total as stated, signed.
    pub total: Option<Decimal>,
    /// When it was received, UTC.
    pub received_at: DateTime<Utc>,
}

/// What Odoo holds for a booked order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// `pos.order` record id.
    pub pos_order_id: i64,
    /// `pos.order` name or reference, as shown in Odoo.
    pub name: String,
    /// Total, signed.
    pub total: Decimal,
    /// What was unusual about the booking (fallback method, adjusted price …), in words.
    pub warnings: Vec<String>,
}

/// One order about to be sent, for [`Store::mark_sending`](super::Store::mark_sending).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Canonical key text.
    pub key: String,
    /// Revision the plan was made from.
    pub revision: i64,
    /// Hash of the payload.
    pub payload_hash: String,
}

/// A verdict on one revision of an order, for [`Store::record`](super::Store::record).
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Canonical key text.
    pub key: String,
    /// [`Item::revision`] that was planned, sent or looked up.
    pub revision: i64,
    /// What was found.
    pub verdict: Verdict,
    /// What was done about it. Kept when the item was `Sending`, or when the verdict is news;
    /// empty where no steps are kept.
    pub steps: Vec<Step>,
}

/// What a pass found out about one order.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Odoo holds it.
    Booked(Booked),
    /// Needs a person.
    Refused(Refusal),
    /// Needs a person, since Odoo refused what was sent; not sent again as it is before this
    /// time (UTC).
    Rejected(Refusal, DateTime<Utc>),
    /// Tried again by itself at this time (UTC).
    Retry(Refusal, DateTime<Utc>),
    /// Not to be booked yet.
    Waiting(Refusal),
    /// Left out by a rule.
    Skipped(Refusal),
    /// A `Sending` item was looked up and Odoo does not hold it: free to be sent again.
    NotSent,
    /// A `Waiting` item waits no longer: to be planned.
    Due,
    /// A booked item was looked up and Odoo does not hold it any more.
    Gone(Refusal),
    /// What came for a `Conflict` item after it was booked is seen to by a document of its own:
    /// the item is booked, and what came stays beside it.
    Followed,
}

/// Which items of a sync [`Store::claim`](super::Store::claim) returns, by what their keys
/// begin with: the orders of some locations, or of all the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Places {
    /// All of them.
    #[default]
    All,
    /// Those whose key begins with one of these.
    Of(Vec<String>),
    /// Those whose key begins with none of these.
    NotOf(Vec<String>),
}

impl Places {
    /// Whether a key is among them.
    pub fn hold(&self, key: &str) -> bool {
        let listed = |places: &[String]| places.iter().any(|place| key.starts_with(place));
        match self {
            Self::All => true,
            Self::Of(places) => listed(places),
            Self::NotOf(places) => !listed(places),
        }
    }
}

/// Which items [`Store::list`](super::Store::list) returns.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these states; empty = all.
    pub states: BTreeSet<State>,
    /// Only of this sync.
    pub sync: Option<String>,
    /// Only of this source.
    pub source: Option<String>,
    /// Only with this external id.
    pub external_id: Option<String>,
    /// Only those with this text somewhere in what was received, in the key or in the name that
    /// Odoo gave it: blanks, hyphens, dots, slashes and case aside. Reads them all.
    pub mentions: Option<String>,
    /// Only those sold in this time, UTC. Reads them all.
    pub sold: Option<Range<DateTime<Utc>>>,
    /// Only after this position (keyset paging).
    pub after: i64,
    /// At most so many; 0 = no limit.
    pub limit: usize,
    /// The last received first.
    pub newest_first: bool,
}
