//! What an arrival or a finding does to an item. Pure; every backend asks here.
//!
//! The rules are stated at [`Store::ingest_page`](super::Store::ingest_page) and
//! [`Store::record`](super::Store::record).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Arrival, Booked, Finding, Received, State, Verdict};
use crate::order::{Code, Refusal, completes};
use crate::text;

/// What the rules need to know about a stored item.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Position in the inbox.
    pub seq: i64,
    /// Counts changes of content and reading.
    pub revision: i64,
    /// The sync it belongs to.
    pub sync: String,
    /// Where it stands.
    pub state: State,
    /// Why.
    pub reason: Option<Refusal>,
    /// Its content.
    pub content: Content,
    /// The text of that content aged out.
    pub aged: bool,
    /// State the reader gave its content.
    pub reading: State,
    /// A person says that it is complete.
    pub completed: bool,
    /// A person says that it is booked however late.
    pub released: bool,
    /// The content that stands beside it.
    pub newer: Option<Content>,
}

/// What identifies a content.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// Hash of what it means.
    pub meaning: String,
    /// [`raw_hash`] of its text.
    pub raw_hash: Vec<u8>,
    /// Format name and version.
    pub format: String,
    /// The source's change stamp, UTC.
    pub updated_at: Option<DateTime<Utc>>,
}

/// What to do with an arrival of a known key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Receipt {
    /// The answer to the caller.
    pub received: Received,
    /// What to do with its content.
    pub content: Change,
    /// The change stamp to store with it: its own, else the newest one known.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether the item goes to the page's sync.
    pub moves: bool,
}

/// What becomes of the content of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing is written.
    Keep,
    /// The spelling is replaced; whatever is parked beside it is dropped.
    Respell,
    /// The text, which aged out, comes back; nothing else changes.
    Refill,
    /// The spelling is replaced and the item takes the arrival's state; a new revision.
    Reread,
    /// The content is replaced and the item starts over in the arrival's state; a new revision.
    Replace,
    /// The content is replaced, the state stays; a new revision.
    ReplaceClosed,
    /// Kept beside the item's own content; the state stays.
    SetAside,
    /// Kept beside the item's own content; the state becomes `Conflict`.
    Contradict,
}

/// SHA-256 of a raw order.
pub(super) fn raw_hash(raw: &str) -> Vec<u8> {
    Sha256::digest(raw.as_bytes()).to_vec()
}

/// The reason of every `Conflict`.
pub fn conflict() -> Refusal {
    Refusal::new(
        Code::ChangedAfterBooking,
        text!("The order changed at its source after it was booked; Odoo holds the earlier version."),
        text!("Compare both versions and correct the order in Odoo where needed."),
    )
}

/// The arrival as it counts for an item: one that a person says is complete does not wait.
pub(super) fn as_decided<'a>(item: &Standing, arrival: &'a Arrival) -> Cow<'a, Arrival> {
    if item.completed && arrival.state == State::Waiting {
        Cow::Owned(Arrival { state: State::Ready, reason: None, ..arrival.clone() })
    } else {
        Cow::Borrowed(arrival)
    }
}

/// What an arrival does to the item of its key.
pub(super) fn receive(item: &Standing, arrival: &Arrival, sync: &str, asked: bool) -> Receipt {
    let newest = item.newer.as_ref().unwrap_or(&item.content).updated_at;
    let (content, received) = if is_older(arrival.updated_at, newest) {
        (Change::Keep, Received::Known(item.state))
    } else {
        let hash = raw_hash(&arrival.raw);
        let (content, received) = change(item, arrival, &hash);
        (if item.aged { of_aged(item, arrival, &hash, content, asked) } else { content }, received)
    };
    Receipt {
        received,
        content,
        updated_at: arrival.updated_at.or(newest),
        moves: item.sync != sync && !matches!(item.state, State::Sending | State::Booked | State::Conflict),
    }
}

fn change(item: &Standing, arrival: &Arrival, raw_hash: &[u8]) -> (Change, Received) {
    let known = Received::Known(item.state);
    let same_meaning = item.content.meaning == arrival.meaning;
    let spelled = item.content.is_spelled(arrival, raw_hash);
    // Once a request left, only the source can change an order, not a newer reader of it.
    let unchanged = same_meaning
        || item.content.raw_hash == raw_hash
        || completes(&item.content.meaning, &arrival.meaning);
    let beside =
        item.newer.as_ref().filter(|newer| newer.meaning == arrival.meaning || newer.raw_hash == raw_hash);
    match item.state {
        State::Sending | State::Booked if unchanged => match &item.newer {
            None if spelled => (Change::Keep, known),
            _ => (Change::Respell, known),
        },
        State::Conflict if unchanged => (Change::Keep, known),
        State::Sending | State::Conflict => match beside {
            Some(newer) if newer.is_spelled(arrival, raw_hash) => (Change::Keep, known),
            Some(_) => (Change::SetAside, known),
            None if item.state == State::Sending => (Change::SetAside, Received::Parked),
            None => (Change::SetAside, Received::Conflict),
        },
        State::Booked => match beside {
            Some(newer) if newer.is_spelled(arrival, raw_hash) => (Change::Keep, known),
            Some(_) => (Change::SetAside, known),
            None => (Change::Contradict, Received::Conflict),
        },
        // The change beside it was taken back: it must not come forth once the item is opened again.
        State::Ignored | State::Missing if same_meaning && item.newer.is_some() => (Change::Respell, known),
        State::Ignored | State::Missing if !same_meaning => (Change::ReplaceClosed, known),
        _ if !same_meaning => (Change::Replace, Received::Replaced),
        state if !matches!(state, State::Ignored | State::Missing) && is_reread(item, arrival) => {
            (Change::Reread, Received::Known(arrival.state))
        }
        _ if spelled => (Change::Keep, known),
        _ => (Change::Respell, known),
    }
}

/// What becomes of the content of an arrival where the text of the item's own aged out: what is
/// no news must not bring it back in every pass.
fn of_aged(item: &Standing, arrival: &Arrival, raw_hash: &[u8], content: Change, asked: bool) -> Change {
    let is_own = item.content.meaning == arrival.meaning || item.content.raw_hash == raw_hash;
    match content {
        Change::Keep if is_own && (asked || item.state.is_open()) => Change::Refill,
        Change::Respell | Change::SetAside if !asked && !item.state.is_open() => Change::Keep,
        content => content,
    }
}

impl Content {
    /// Whether an arrival of the same meaning adds nothing to it.
    fn is_spelled(&self, arrival: &Arrival, raw_hash: &[u8]) -> bool {
        self.raw_hash == raw_hash
            && self.meaning == arrival.meaning
            && self.format == arrival.format
            && (arrival.updated_at.is_none() || millis(arrival.updated_at) == millis(self.updated_at))
    }
}

/// Whether a change stamp is known to be older than another one.
pub fn is_older(stamp: Option<DateTime<Utc>>, than: Option<DateTime<Utc>>) -> bool {
    millis(stamp).zip(millis(than)).is_some_and(|(stamp, than)| stamp < than)
}

/// As exact as stamps are stored.
fn millis(stamp: Option<DateTime<Utc>>) -> Option<i64> {
    stamp.map(|stamp| stamp.timestamp_millis())
}

/// Whether an item of the same meaning takes the arrival's state.
fn is_reread(item: &Standing, arrival: &Arrival) -> bool {
    if arrival.state != item.reading {
        return true;
    }
    // What a pass made wait is planned anew; a `Refused` item is planned in every pass anyway.
    matches!(item.state, State::Waiting | State::Skipped)
        && (arrival.state != item.state || arrival.reason != item.reason)
}

/// What a finding makes of an item, before what is parked beside it takes effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settlement {
    /// The new state.
    pub state: State,
    /// Its reason.
    pub reason: Option<Refusal>,
    /// When it is tried again, or not before then, UTC.
    pub next_try_at: Option<DateTime<Utc>>,
    /// What Odoo holds; `None`: as known before.
    pub booked: Option<Booked>,
    /// What becomes of the content parked beside it.
    pub parked: Parked,
}

/// What becomes of parked content once the outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parked {
    /// There is none, or it stays as it is.
    None,
    /// It stays beside the booked content, as a conflict.
    Keep,
    /// It becomes the item's content, and the item starts over in its state.
    Promote,
}

/// Whether what a finding tells of is a step of the item: an attempt ended, or something came
/// to light. What every pass finds anew is none.
pub(super) fn is_a_step(item: &Standing, settlement: Option<&Settlement>) -> bool {
    let is_news = |found: &Settlement| (found.state, &found.reason) != (item.state, &item.reason);
    item.state == State::Sending || settlement.is_some_and(is_news)
}

/// What a finding does to an item; `None` when it has no effect.
pub(super) fn settle(item: &Standing, finding: &Finding) -> Option<Settlement> {
    let applies = match (&finding.verdict, item.state) {
        (Verdict::Gone(_), State::Booked | State::Conflict) | (Verdict::Followed, State::Conflict) => {
            finding.revision == item.revision
        }
        (_, State::Booked | State::Conflict) | (Verdict::Gone(_) | Verdict::Followed, _) => false,
        (Verdict::Booked(_), _) => true,
        (_, State::Ignored | State::Missing) => false,
        (Verdict::NotSent, state) => state == State::Sending && finding.revision == item.revision,
        (Verdict::Due, state) => state == State::Waiting && finding.revision == item.revision,
        _ => finding.revision == item.revision,
    };
    applies.then(|| {
        let (state, reason, next_try_at) = match &finding.verdict {
            Verdict::Booked(_) | Verdict::Followed => (State::Booked, None, None),
            Verdict::Refused(reason) => (State::Refused, Some(reason), None),
            Verdict::Rejected(reason, until) => (State::Refused, Some(reason), Some(*until)),
            Verdict::Retry(reason, at) => (State::Retrying, Some(reason), Some(*at)),
            Verdict::Waiting(reason) => (State::Waiting, Some(reason), None),
            Verdict::Skipped(reason) => (State::Skipped, Some(reason), None),
            Verdict::NotSent | Verdict::Due => (State::Ready, None, None),
            Verdict::Gone(reason) => (State::Missing, Some(reason), None),
        };
        let booked = match &finding.verdict {
            Verdict::Booked(booked) => Some(booked.clone()),
            _ => None,
        };
        let parked = match &item.newer {
            None => Parked::None,
            // What stands beside it is booked in its place, should a person agree to that.
            Some(_) if state == State::Missing || finding.verdict == Verdict::Followed => Parked::None,
            Some(_) if booked.is_some() => Parked::Keep,
            Some(_) => Parked::Promote,
        };
        let (state, reason) = match parked {
            Parked::Keep => (State::Conflict, Some(conflict())),
            _ => (state, reason.cloned()),
        };
        Settlement { state, reason, next_try_at, booked, parked }
    })
}
