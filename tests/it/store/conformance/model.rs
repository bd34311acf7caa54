//! The documented rules once more, in memory: what a store is compared with.
//!
//! Written from the trait's words, without looking at `rules`.

use std::collections::BTreeMap;

use super::*;
use tillbridge::store::{Completion, Newer};
use tillbridge::text;

/// A content the model remembers, with the stamp that counts for it.
#[derive(Debug, Clone)]
struct Remembered {
    arrival: Arrival,
    stamp: Option<DateTime<Utc>>,
    received: i64,
}

/// An item, as the model sees it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    own: Remembered,
    beside: Option<Remembered>,
    reading: State,
    /// Why a person closed it; kept although Odoo may hold it.
    closed: Option<Refusal>,
    item: Item,
}

/// The whole store.
#[derive(Debug, Default)]
pub(super) struct Model {
    entries: BTreeMap<String, Entry>,
    arrived: Vec<String>,
    pub(super) cursor: Option<DateTime<Utc>>,
}

impl Model {
    /// The revision of an item, 0 for an unknown key.
    pub(super) fn revision(&self, key: &str) -> i64 {
        self.entries.get(key).map_or(0, |entry| entry.item.revision)
    }

    /// The items that the store should show, given the positions it chose.
    pub(super) fn items(&self, positions: impl Iterator<Item = i64>) -> Vec<Item> {
        self.arrived.iter().zip(positions).map(|(key, seq)| self.entries[key].shown(seq)).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.arrived.len()
    }

    pub(super) fn page(&mut self, page: &Page, now: i64) -> Vec<Received> {
        self.cursor = self.cursor.max(page.cursor.as_ref().map(|(_, at)| *at));
        let mut received = Vec::new();
        for arrival in &page.arrivals {
            if let Some(entry) = self.entries.get_mut(&arrival.key) {
                received.push(entry.receive(arrival, &page.sync, now));
            } else {
                self.entries.insert(arrival.key.clone(), Entry::new(arrival, &page.sync, now));
                self.arrived.push(arrival.key.clone());
                received.push(Received::New);
            }
        }
        received
    }

    /// The keys that are marked.
    pub(super) fn mark(&mut self, order: &Sending, now: i64) -> Vec<String> {
        let Some(entry) = self.entries.get_mut(&order.key) else {
            return vec![];
        };
        let sendable = matches!(entry.item.state, State::Ready | State::Refused | State::Retrying);
        if !sendable || entry.item.revision != order.revision {
            return vec![];
        }
        entry.enter(State::Sending, None, now);
        entry.item.attempts += 1;
        entry.item.payload_hash = Some(order.payload_hash.clone());
        vec![order.key.clone()]
    }

    /// Whether the key is known.
    pub(super) fn record(&mut self, finding: &Finding, now: i64) -> bool {
        let entry = self.entries.get_mut(&finding.key);
        entry.map(|entry| entry.record(finding.revision, &finding.verdict, now)).is_some()
    }

    /// The keys that are closed.
    pub(super) fn ignore(&mut self, key: &str, reason: &Refusal, now: i64) -> Vec<String> {
        match self.entries.get_mut(key) {
            None => vec![],
            Some(entry) if entry.is_with_odoo() => vec![],
            Some(entry) => {
                entry.enter(State::Ignored, Some(reason.clone()), now);
                entry.closed = Some(reason.clone());
                vec![key.to_owned()]
            }
        }
    }

    /// The keys that a person says are complete.
    pub(super) fn complete(&mut self, key: &str, by: &str, now: i64) -> Vec<String> {
        match self.entries.get_mut(key) {
            Some(entry) if entry.item.state == State::Waiting => {
                entry.enter(State::Ready, None, now);
                entry.item.completion = Some(Completion { by: by.to_owned(), at: at(now), late: false });
                entry.item.revision += 1;
                vec![key.to_owned()]
            }
            _ => vec![],
        }
    }

    /// The keys that are opened again.
    pub(super) fn reopen(&mut self, key: &str, now: i64) -> Vec<String> {
        match self.entries.get_mut(key) {
            Some(entry) if entry.item.state == State::Ignored => {
                entry.closed = None;
                entry.enter(State::Ready, None, now);
                entry.item.revision += 1;
                vec![key.to_owned()]
            }
            _ => vec![],
        }
    }

    /// The keys that are booked again.
    pub(super) fn rebook(&mut self, key: &str, now: i64) -> Vec<String> {
        match self.entries.get_mut(key) {
            Some(entry) if entry.item.state == State::Missing => {
                let content = entry.beside.take();
                entry.enter(State::Ready, None, now);
                match content {
                    Some(content) => entry.start_over(content, now),
                    None => entry.item.revision += 1,
                }
                (entry.item.attempts, entry.item.payload_hash) = (0, None);
                entry.item.booked = None;
                vec![key.to_owned()]
            }
            _ => vec![],
        }
    }

    /// How many items come to a sync that knows no other.
    pub(super) fn adopt(&mut self, sync: &str) -> u64 {
        let mut adopted = 0;
        for entry in self.entries.values_mut() {
            if entry.item.state.is_open() && entry.item.sync != sync {
                sync.clone_into(&mut entry.item.sync);
                adopted += 1;
            }
        }
        adopted
    }
}

/// The reason of every conflict, in the words that people read.
fn conflict() -> Refusal {
    Refusal::new(
        Code::ChangedAfterBooking,
        text!("The order changed at its source after it was booked; Odoo holds the earlier version."),
        text!("Compare both versions and correct the order in Odoo where needed."),
    )
}

impl Entry {
    fn is_with_odoo(&self) -> bool {
        matches!(self.item.state, State::Sending | State::Booked | State::Conflict)
    }

    fn new(arrival: &Arrival, sync: &str, now: i64) -> Self {
        let item = Item {
            seq: 0,
            key: arrival.key.clone(),
            source: "src".to_owned(),
            sync: sync.to_owned(),
            external_id: arrival.external_id.clone(),
            raw: String::new(),
            aged_at: None,
            format: String::new(),
            revision: 0,
            state: arrival.state,
            reason: None,
            attempts: 0,
            payload_hash: None,
            next_try_at: None,
            sale_at: None,
            total: None,
            booked: None,
            completion: None,
            newer: None,
            received_at: at(now),
            changed_at: at(now),
        };
        let own = Remembered { arrival: arrival.clone(), stamp: arrival.updated_at, received: now };
        let mut entry = Self { own: own.clone(), beside: None, reading: arrival.state, closed: None, item };
        entry.start_over(own, now);
        entry
    }

    fn start_over(&mut self, content: Remembered, now: i64) {
        self.enter(content.arrival.state, content.arrival.reason.clone(), now);
        self.item.revision += 1;
        self.item.attempts = 0;
        self.item.payload_hash = None;
        self.reading = content.arrival.state;
        self.own = content;
        self.beside = None;
    }

    fn enter(&mut self, state: State, reason: Option<Refusal>, now: i64) {
        self.item.state = state;
        self.item.reason = reason;
        self.item.next_try_at = None;
        self.item.changed_at = at(now);
    }

    fn receive(&mut self, arrival: &Arrival, sync: &str, now: i64) -> Received {
        let mut arrival = arrival.clone();
        if self.item.completion.is_some() && arrival.state == State::Waiting {
            (arrival.state, arrival.reason) = (State::Ready, None);
        }
        let arrival = &arrival;
        let state = self.item.state;
        if !self.is_with_odoo() {
            sync.clone_into(&mut self.item.sync);
        }
        let newest = self.beside.as_ref().unwrap_or(&self.own).stamp;
        if let (Some(stamp), Some(newest)) = (arrival.updated_at, newest)
            && stamp < newest
        {
            return Received::Known(state);
        }
        let content =
            Remembered { arrival: arrival.clone(), stamp: arrival.updated_at.or(newest), received: now };
        let same_text = |known: &Remembered| known.arrival.raw == arrival.raw;
        let same_meaning = |known: &Remembered| known.arrival.meaning == arrival.meaning;
        let same = |known: &Remembered| same_text(known) || same_meaning(known);
        match state {
            State::Sending | State::Booked if same(&self.own) => {
                self.own = content;
                self.beside = None;
                Received::Known(state)
            }
            State::Conflict if same(&self.own) => Received::Known(state),
            State::Sending | State::Booked | State::Conflict => {
                let fresh = !self.beside.as_ref().is_some_and(same);
                let exactly = self.beside.as_ref().is_some_and(|known| {
                    same_text(known) && same_meaning(known) && known.stamp == content.stamp
                });
                if !exactly {
                    self.beside = Some(content);
                }
                match (state, fresh) {
                    (State::Booked, true) => {
                        let reason = conflict();
                        self.enter(State::Conflict, Some(reason), now);
                        Received::Conflict
                    }
                    (_, false) => Received::Known(state),
                    (State::Sending, true) => Received::Parked,
                    (_, true) => Received::Conflict,
                }
            }
            State::Ignored | State::Missing => {
                if same_meaning(&self.own) {
                    self.own = content;
                    self.beside = None;
                } else {
                    let reason = self.item.reason.clone();
                    self.start_over(content, now);
                    self.enter(state, reason, now);
                }
                Received::Known(state)
            }
            _ if !same_meaning(&self.own) => {
                self.start_over(content, now);
                Received::Replaced
            }
            _ => {
                let waits = matches!(state, State::Waiting | State::Skipped);
                let differs = (state, &self.item.reason) != (arrival.state, &arrival.reason);
                if arrival.state != self.reading || (waits && differs) {
                    self.enter(arrival.state, arrival.reason.clone(), now);
                    self.item.revision += 1;
                    self.reading = arrival.state;
                }
                self.own = content;
                Received::Known(self.item.state)
            }
        }
    }

    fn record(&mut self, revision: i64, verdict: &Verdict, now: i64) {
        match (self.item.state, verdict) {
            (State::Booked | State::Conflict, Verdict::Gone(reason)) => {
                if revision == self.item.revision {
                    self.enter(State::Missing, Some(reason.clone()), now);
                    if let Some(closed) = self.closed.clone() {
                        self.enter(State::Ignored, Some(closed), now);
                    }
                }
                return;
            }
            (State::Conflict, Verdict::Followed) => {
                if revision == self.item.revision {
                    self.enter(State::Booked, None, now);
                }
                return;
            }
            (State::Booked | State::Conflict, _) | (_, Verdict::Gone(_) | Verdict::Followed) => return,
            (State::Ignored | State::Missing, verdict) if !matches!(verdict, Verdict::Booked(_)) => return,
            _ => {}
        }
        if revision != self.item.revision && !matches!(verdict, Verdict::Booked(_)) {
            return;
        }
        match verdict {
            Verdict::Booked(booked) => {
                self.enter(State::Booked, None, now);
                self.item.booked = Some(booked.clone());
                if self.beside.is_some() {
                    self.enter(State::Conflict, Some(conflict()), now);
                }
                return;
            }
            Verdict::NotSent if self.item.state != State::Sending => return,
            Verdict::Due if self.item.state != State::Waiting => return,
            Verdict::NotSent | Verdict::Due => self.enter(State::Ready, None, now),
            Verdict::Refused(reason) => self.enter(State::Refused, Some(reason.clone()), now),
            Verdict::Waiting(reason) => self.enter(State::Waiting, Some(reason.clone()), now),
            Verdict::Skipped(reason) => self.enter(State::Skipped, Some(reason.clone()), now),
            Verdict::Rejected(reason, until) => {
                self.enter(State::Refused, Some(reason.clone()), now);
                self.item.next_try_at = Some(*until);
            }
            Verdict::Gone(_) | Verdict::Followed => unreachable!("told above"),
            Verdict::Retry(reason, next) => {
                self.enter(State::Retrying, Some(reason.clone()), now);
                self.item.next_try_at = Some(*next);
            }
        }
        if let Some(parked) = self.beside.take() {
            self.start_over(parked, now);
        }
    }

    /// The item that the store should show.
    fn shown(&self, seq: i64) -> Item {
        let arrival = &self.own.arrival;
        Item {
            seq,
            raw: arrival.raw.clone(),
            format: arrival.format.clone(),
            sale_at: arrival.sale_at,
            total: arrival.total,
            newer: self.beside.as_ref().map(|beside| Newer {
                raw: beside.arrival.raw.clone(),
                format: beside.arrival.format.clone(),
                total: beside.arrival.total,
                received_at: at(beside.received),
            }),
            ..self.item.clone()
        }
    }
}
