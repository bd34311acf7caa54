//! Random histories against a model of the documented rules.
//!
//! The model is written from the trait's words, in memory, without looking at `rules`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::store::{Filter, Newer};

const HISTORIES: u32 = 60;
const KEYS: [&str; 3] = ["a", "b", "c"];
const SYNCS: [&str; 2] = ["s", "other"];
const READINGS: [State; 4] = [State::Ready, State::Waiting, State::Refused, State::Skipped];

/// What may happen.
#[derive(Debug, Clone)]
enum Event {
    Page {
        sync: usize,
        arrivals: Vec<Shown>,
        cursor: Option<i64>,
    },
    Mark {
        key: usize,
        outdated: bool,
    },
    Record {
        key: usize,
        outdated: bool,
        verdict: usize,
    },
    Ignore {
        key: usize,
    },
    Adopt {
        sync: usize,
    },
    Crash,
}

/// An order as a source shows it and a reader reads it.
#[derive(Debug, Clone)]
struct Shown {
    key: usize,
    meaning: u8,
    spelling: u8,
    reader: u8,
    stamp: Option<i64>,
    state: usize,
}

impl Shown {
    fn arrival(&self) -> Arrival {
        let state = READINGS[self.state];
        Arrival {
            raw: format!(
                "says {}, spelled {}, at {:?}",
                self.meaning, self.spelling, self.stamp
            ),
            meaning: format!("{} read by {}", self.meaning, self.reader),
            state,
            reason: (state != State::Ready).then(|| because("read so")),
            updated_at: self.stamp.map(at),
            total: Some(Decimal::from(self.meaning)),
            ..ready(KEYS[self.key])
        }
    }
}

fn shown() -> impl Strategy<Value = Shown> {
    let state = prop_oneof![5 => Just(0_usize), 1 => 1..READINGS.len()];
    let reader = prop_oneof![8 => Just(0_u8), 1 => Just(1)];
    (
        0..KEYS.len(),
        0..3_u8,
        0..2_u8,
        reader,
        option::weighted(0.4, 0..5_i64),
        state,
    )
        .prop_map(|(key, meaning, spelling, reader, stamp, state)| Shown {
            key,
            meaning,
            spelling,
            reader,
            stamp,
            state,
        })
}

fn event() -> impl Strategy<Value = Event> {
    let key = || 0..KEYS.len();
    let outdated = || prop::bool::weighted(0.15);
    prop_oneof![
        8 => (0..SYNCS.len(), vec(shown(), 0..4), option::of(0..9_i64))
            .prop_map(|(sync, arrivals, cursor)| Event::Page { sync, arrivals, cursor }),
        6 => (key(), outdated()).prop_map(|(key, outdated)| Event::Mark { key, outdated }),
        8 => (key(), outdated(), 0..6_usize)
            .prop_map(|(key, outdated, verdict)| Event::Record { key, outdated, verdict }),
        1 => key().prop_map(|key| Event::Ignore { key }),
        1 => (0..SYNCS.len()).prop_map(|sync| Event::Adopt { sync }),
        1 => Just(Event::Crash),
    ]
}

/// A content the model remembers, with the stamp that counts for it.
#[derive(Debug, Clone)]
struct Remembered {
    arrival: Arrival,
    stamp: Option<DateTime<Utc>>,
    received: i64,
}

#[derive(Debug, Clone)]
struct Entry {
    own: Remembered,
    beside: Option<Remembered>,
    reading: State,
    item: Item,
}

#[derive(Debug, Default)]
struct Model {
    entries: BTreeMap<String, Entry>,
    arrived: Vec<String>,
    cursor: Option<DateTime<Utc>>,
}

impl Entry {
    fn new(arrival: &Arrival, sync: &str, now: i64) -> Self {
        let item = Item {
            seq: 0,
            key: arrival.key.clone(),
            source: "src".to_owned(),
            sync: sync.to_owned(),
            external_id: arrival.external_id.clone(),
            raw: String::new(),
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
            newer: None,
            received_at: at(now),
            changed_at: at(now),
        };
        let own = Remembered {
            arrival: arrival.clone(),
            stamp: arrival.updated_at,
            received: now,
        };
        let mut entry = Self {
            own: own.clone(),
            beside: None,
            reading: arrival.state,
            item,
        };
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
        let state = self.item.state;
        if !matches!(state, State::Sending | State::Booked | State::Conflict) {
            sync.clone_into(&mut self.item.sync);
        }
        let newest = self.beside.as_ref().unwrap_or(&self.own).stamp;
        if let (Some(stamp), Some(newest)) = (arrival.updated_at, newest)
            && stamp < newest
        {
            return Received::Known(state);
        }
        let content = Remembered {
            arrival: arrival.clone(),
            stamp: arrival.updated_at.or(newest),
            received: now,
        };
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
                    (State::Booked, _) => {
                        let reason = crate::store::rules::conflict();
                        self.enter(State::Conflict, Some(reason), now);
                        Received::Conflict
                    }
                    (_, false) => Received::Known(state),
                    (State::Sending, true) => Received::Parked,
                    (_, true) => Received::Conflict,
                }
            }
            State::Ignored => {
                if same_meaning(&self.own) {
                    self.own = content;
                } else {
                    let reason = self.item.reason.clone();
                    self.start_over(content, now);
                    self.enter(State::Ignored, reason, now);
                }
                Received::Known(State::Ignored)
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
        match self.item.state {
            State::Booked | State::Conflict => return,
            State::Ignored if !matches!(verdict, Verdict::Booked(_)) => return,
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
                    self.enter(State::Conflict, Some(crate::store::rules::conflict()), now);
                }
                return;
            }
            Verdict::NotSent if self.item.state != State::Sending => return,
            Verdict::NotSent => self.enter(State::Ready, None, now),
            Verdict::Refused(reason) => self.enter(State::Refused, Some(reason.clone()), now),
            Verdict::Waiting(reason) => self.enter(State::Waiting, Some(reason.clone()), now),
            Verdict::Skipped(reason) => self.enter(State::Skipped, Some(reason.clone()), now),
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

fn verdict(number: usize, now: i64) -> Verdict {
    match number {
        0 | 1 => Verdict::Booked(held(now)),
        2 => Verdict::NotSent,
        3 => Verdict::Refused(because("refused")),
        4 => Verdict::Retry(because("busy"), at(now + 30)),
        _ => Verdict::Waiting(because("not yet")),
    }
}

/// Lets an event happen to both; what the store answers is checked on the way.
async fn happen(store: &dyn Store, model: &mut Model, event: &Event, now: i64) {
    let revision = |model: &Model, key: usize, outdated: bool| {
        model
            .entries
            .get(KEYS[key])
            .map_or(0, |entry| entry.item.revision)
            - i64::from(outdated)
    };
    match event {
        Event::Page {
            sync,
            arrivals,
            cursor,
        } => {
            let arrivals: Vec<Arrival> = arrivals.iter().map(Shown::arrival).collect();
            let cursor = cursor.map(|cursor| ("feed".to_owned(), at(cursor)));
            let sync = SYNCS[*sync];
            let shown = Page {
                sync: sync.to_owned(),
                cursor: cursor.clone(),
                ..page(arrivals.clone())
            };
            let received = store.ingest_page(&shown, at(now)).await.unwrap();
            let mut expected = Vec::new();
            for arrival in &arrivals {
                if let Some(entry) = model.entries.get_mut(&arrival.key) {
                    expected.push(entry.receive(arrival, sync, now));
                } else {
                    model
                        .entries
                        .insert(arrival.key.clone(), Entry::new(arrival, sync, now));
                    model.arrived.push(arrival.key.clone());
                    expected.push(Received::New);
                }
            }
            model.cursor = model.cursor.max(cursor.map(|(_, at)| at));
            assert_eq!(received, expected);
        }
        Event::Mark { key, outdated } => {
            let revision = revision(model, *key, *outdated);
            let payload_hash = format!("payload {now}");
            let order = Sending {
                key: KEYS[*key].to_owned(),
                revision,
                payload_hash: payload_hash.clone(),
            };
            let marked = store.mark_sending(&[order], at(now)).await.unwrap();
            let sendable = model.entries.get_mut(KEYS[*key]).filter(|entry| {
                matches!(
                    entry.item.state,
                    State::Ready | State::Refused | State::Retrying
                ) && entry.item.revision == revision
            });
            assert_eq!(!marked.is_empty(), sendable.is_some());
            if let Some(entry) = sendable {
                entry.enter(State::Sending, None, now);
                entry.item.attempts += 1;
                entry.item.payload_hash = Some(payload_hash);
            }
        }
        Event::Record {
            key,
            outdated,
            verdict: number,
        } => {
            let revision = revision(model, *key, *outdated);
            let verdict = verdict(*number, now);
            let finding = Finding {
                key: KEYS[*key].to_owned(),
                revision,
                verdict: verdict.clone(),
            };
            let recorded = store.record(&[finding], at(now)).await;
            match model.entries.get_mut(KEYS[*key]) {
                None => assert!(matches!(recorded, Err(StoreError::NotFound { .. }))),
                Some(entry) => {
                    recorded.unwrap();
                    entry.record(revision, &verdict, now);
                }
            }
        }
        Event::Ignore { key } => {
            let reason = because("closed");
            let closed = store
                .ignore(&[KEYS[*key].to_owned()], &reason, at(now))
                .await
                .unwrap();
            let entry = model.entries.get_mut(KEYS[*key]).filter(|entry| {
                !matches!(
                    entry.item.state,
                    State::Sending | State::Booked | State::Conflict
                )
            });
            assert_eq!(!closed.is_empty(), entry.is_some());
            if let Some(entry) = entry {
                entry.enter(State::Ignored, Some(reason), now);
            }
        }
        Event::Adopt { sync } => {
            let sync = SYNCS[*sync];
            let adopted = store
                .adopt("src", sync, &BTreeSet::from([sync.to_owned()]))
                .await
                .unwrap();
            let mut expected = 0;
            for entry in model.entries.values_mut() {
                if entry.item.state.is_open() && entry.item.sync != sync {
                    sync.clone_into(&mut entry.item.sync);
                    expected += 1;
                }
            }
            assert_eq!(adopted, expected);
        }
        Event::Crash => {}
    }
}

async fn history(backend: &dyn Backend, events: &[Event]) {
    let mut model = Model::default();
    let mut store = backend.open().await;
    for (event, now) in events.iter().zip(0..) {
        if matches!(event, Event::Crash) {
            drop(store);
            store = backend.open().await;
        }
        happen(&*store, &mut model, event, now).await;
        let items = store.list(&Filter::default()).await.unwrap();
        let expected: Vec<Item> = model
            .arrived
            .iter()
            .zip(&items)
            .map(|(key, found)| model.entries[key].shown(found.seq))
            .collect();
        assert_eq!(items, expected, "after {event:?}");
        assert_eq!(items.len(), model.arrived.len());
        assert!(items.is_sorted_by_key(|item| item.seq));
        assert_eq!(store.cursor("feed").await.unwrap(), model.cursor);
    }
}

pub(crate) fn random_histories_agree_with_the_model<B: Backend>(fresh: impl Fn() -> B) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(HISTORIES)
    };
    TestRunner::new(config)
        .run(&vec(event(), 1..40), |events| {
            runtime.block_on(history(&fresh(), &events));
            Ok(())
        })
        .unwrap();
}
