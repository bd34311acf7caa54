//! Random histories: the store and the [`Model`] must agree at every step.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::model::Model;
use super::*;
use tillbridge::store::Filter;

const HISTORIES: u32 = 60;
const KEYS: [&str; 3] = ["a", "b", "c"];
const SYNCS: [&str; 2] = ["s", "other"];
const READINGS: [State; 4] = [State::Ready, State::Waiting, State::Refused, State::Skipped];

/// What may happen.
#[derive(Debug, Clone)]
enum Event {
    Page { sync: usize, arrivals: Vec<Shown>, cursor: Option<i64> },
    Mark { key: usize, outdated: bool },
    Record { key: usize, outdated: bool, verdict: usize },
    Ignore { key: usize },
    Complete { key: usize },
    Reopen { key: usize },
    Rebook { key: usize },
    Adopt { sync: usize },
    Tell,
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
            raw: format!("says {}, spelled {}, at {:?}", self.meaning, self.spelling, self.stamp),
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
    (0..KEYS.len(), 0..3_u8, 0..2_u8, reader, option::weighted(0.4, 0..5_i64), state).prop_map(
        |(key, meaning, spelling, reader, stamp, state)| Shown {
            key,
            meaning,
            spelling,
            reader,
            stamp,
            state,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let key = || 0..KEYS.len();
    let outdated = || prop::bool::weighted(0.15);
    prop_oneof![
        8 => (0..SYNCS.len(), vec(shown(), 0..4), option::of(0..9_i64))
            .prop_map(|(sync, arrivals, cursor)| Event::Page { sync, arrivals, cursor }),
        6 => (key(), outdated()).prop_map(|(key, outdated)| Event::Mark { key, outdated }),
        8 => (key(), outdated(), 0..10_usize)
            .prop_map(|(key, outdated, verdict)| Event::Record { key, outdated, verdict }),
        1 => key().prop_map(|key| Event::Ignore { key }),
        2 => key().prop_map(|key| Event::Complete { key }),
        1 => key().prop_map(|key| Event::Reopen { key }),
        1 => key().prop_map(|key| Event::Rebook { key }),
        1 => (0..SYNCS.len()).prop_map(|sync| Event::Adopt { sync }),
        3 => Just(Event::Tell),
        1 => Just(Event::Crash),
    ]
}

fn verdict(number: usize, now: i64) -> Verdict {
    match number {
        0 | 1 => Verdict::Booked(held(now)),
        2 => Verdict::NotSent,
        3 => Verdict::Refused(because("refused")),
        4 => Verdict::Retry(because("busy"), at(now + 30)),
        5 => Verdict::Due,
        6 => Verdict::Rejected(because("refused by Odoo"), at(now + 60)),
        7 => Verdict::Gone(because("gone")),
        8 => Verdict::Followed,
        _ => Verdict::Waiting(because("not yet")),
    }
}

/// Lets an event happen to both; they must answer alike.
async fn happen(store: &dyn Store, model: &mut Model, event: &Event, now: i64) {
    match event {
        Event::Page { sync, arrivals, cursor } => {
            let shown = Page {
                sync: SYNCS[*sync].to_owned(),
                cursor: cursor.map(|cursor| ("feed".to_owned(), at(cursor))),
                ..page(arrivals.iter().map(Shown::arrival).collect::<Vec<_>>())
            };
            let received = store.ingest_page(&shown, at(now)).await.unwrap();
            assert_eq!(received, model.page(&shown, now));
        }
        Event::Mark { key, outdated } => {
            let order = Sending {
                key: KEYS[*key].to_owned(),
                revision: model.revision(KEYS[*key]) - i64::from(*outdated),
                payload_hash: format!("payload {now}"),
            };
            let expected = model.mark(&order, now);
            assert_eq!(mark_all(store, &[order], now).await, expected);
        }
        Event::Record { key, outdated, verdict: number } => {
            let finding = Finding {
                key: KEYS[*key].to_owned(),
                revision: model.revision(KEYS[*key]) - i64::from(*outdated),
                verdict: verdict(*number, now),
                steps: Vec::new(),
            };
            let known = model.record(&finding, now);
            match store.record(&[finding], None, at(now)).await {
                Ok(()) => assert!(known),
                Err(error) => assert!(!known && matches!(error, StoreError::NotFound { .. }), "{error}"),
            }
        }
        Event::Ignore { key } => {
            let done = decide(store, &[KEYS[*key].to_owned()], Decided::Ignored, now).await;
            assert_eq!(done, model.ignore(KEYS[*key], &closed("anna", "a test"), now));
        }
        Event::Complete { key } => {
            let done = decide(store, &[KEYS[*key].to_owned()], Decided::Completed, now).await;
            assert_eq!(done, model.complete(KEYS[*key], "anna", now));
        }
        Event::Reopen { key } => {
            let done = decide(store, &[KEYS[*key].to_owned()], Decided::Open, now).await;
            assert_eq!(done, model.reopen(KEYS[*key], now));
        }
        Event::Rebook { key } => {
            let done = store.rebook(&[KEYS[*key].to_owned()], at(now)).await.unwrap();
            assert_eq!(done, model.rebook(KEYS[*key], now));
        }
        Event::Adopt { sync } => {
            let sync = SYNCS[*sync];
            let known = BTreeSet::from([sync.to_owned()]);
            assert_eq!(store.adopt("src", sync, &known).await.unwrap(), model.adopt(sync));
        }
        Event::Tell | Event::Crash => {}
    }
}

/// What Odoo was told, by key.
#[derive(Default)]
struct Told(BTreeMap<String, Item>);

impl Told {
    /// What changed since it was told is to be told, whatever changed it.
    async fn check(&mut self, store: &dyn Store, items: &[Item], tells: bool) {
        let mut untold = store.untold(None, 100).await.unwrap();
        untold.extend(store.untold(Some(at(1_000_000)), 100).await.unwrap());
        for item in items {
            let due = untold.iter().find(|one| one.item.key == item.key);
            assert!(due.is_none_or(|one| one.item == *item));
            let seen = self.0.get(&item.key).is_some_and(|told| shown_of(told) == shown_of(item));
            assert!(seen || due.is_some(), "nobody tells Odoo of {item:?}");
        }
        if tells {
            let changes: Vec<_> = untold.iter().map(|one| (one.item.key.clone(), one.change)).collect();
            store.reported(&changes, &[]).await.unwrap();
            self.0.extend(untold.into_iter().map(|one| (one.item.key.clone(), one.item)));
        }
    }
}

/// What Odoo shows of an item.
fn shown_of(item: &Item) -> Item {
    Item { revision: 0, payload_hash: None, changed_at: at(0), ..item.clone() }
}

async fn history(backend: &dyn Backend, events: &[Event]) {
    let (mut model, mut told) = (Model::default(), Told::default());
    let mut store = backend.open().await;
    for (event, now) in events.iter().zip(0..) {
        if matches!(event, Event::Crash) {
            drop(store);
            store = backend.open().await;
        }
        happen(&*store, &mut model, event, now).await;
        let items = store.list(&Filter::default()).await.unwrap();
        assert_eq!(items.len(), model.count(), "after {event:?}");
        assert_eq!(items, model.items(items.iter().map(|item| item.seq)), "after {event:?}");
        assert!(items.is_sorted_by_key(|item| item.seq));
        assert_eq!(store.cursor("feed").await.unwrap(), model.cursor);
        told.check(&*store, &items, matches!(event, Event::Tell)).await;
    }
}

pub fn random_histories_agree_with_the_model<B: Backend>(fresh: impl Fn() -> B) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(HISTORIES) };
    TestRunner::new(config)
        .run(&vec(event(), 1..40), |events| {
            runtime.block_on(history(&fresh(), &events));
            Ok(())
        })
        .unwrap();
}
