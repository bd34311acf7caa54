//! What is older than it is kept.

use std::collections::BTreeMap;

use super::*;
use tillbridge::store::{
    Filter, Keep, Outdated, RequestState, Retention, Retired, Stage, Step, StepCode, StepKind,
};

const DAY: i64 = 24 * 60 * 60;
const FINISHED: [State; 3] = [State::Booked, State::Skipped, State::Ignored];

/// The defaults: 90 days for texts, 180 for steps, 730 for orders.
fn usual() -> Retention {
    Retention::default()
}

/// All that is older than it is kept, in as many stretches as it takes.
async fn outdated(store: &dyn Store, retention: &Retention, now: i64) -> Vec<Outdated> {
    let (mut found, mut stage) = (Vec::new(), Some(Stage::BEGIN));
    while let Some(from) = stage {
        let one = store.outdated(retention, from, at(now)).await.unwrap();
        stage = one.next;
        found.push(one);
    }
    found
}

/// Takes all of it away.
async fn retire(store: &dyn Store, retention: &Retention, now: i64) -> Retired {
    let mut retired = Retired::default();
    for one in outdated(store, retention, now).await {
        retired.add(store.retire(&one, at(now)).await.unwrap());
    }
    retired
}

/// Keys of what Odoo is to be told.
async fn to_be_told(store: &dyn Store) -> Vec<String> {
    let untold = store.untold(None, 100).await.unwrap();
    untold.into_iter().map(|one| one.item.key).collect()
}

async fn tell_all(store: &dyn Store) {
    let untold = store.untold(None, 100).await.unwrap();
    let told: Vec<_> = untold.into_iter().map(|one| (one.item.key, one.change)).collect();
    store.reported(&told, &[]).await.unwrap();
}

/// Receives orders that somebody asked for.
async fn fetch(store: &dyn Store, arrivals: impl Into<Vec<Arrival>>, now: i64) -> Vec<Received> {
    let shown = page(arrivals);
    let asked = shown.arrivals.iter().map(|arrival| arrival.key.clone()).collect();
    store.ingest_page(&Page { asked, ..shown }, at(now)).await.unwrap()
}

pub async fn texts_of_finished_orders_age_out_and_the_orders_stay(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut before = Vec::new();
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        before.push(item(&*store, state.as_str()).await);
    }
    tell_all(&*store).await;
    assert_eq!(retire(&*store, &usual(), 90 * DAY).await, Retired::default(), "not older than 90 days");

    let now = 90 * DAY + 60;
    let looked: u64 = outdated(&*store, &usual(), now).await.iter().map(|one| one.count().payloads).sum();
    assert_eq!((looked, store.list(&Filter::default()).await.unwrap()), (3, before.clone()), "only a look");
    assert_eq!(retire(&*store, &usual(), now).await, Retired { payloads: 3, ..Retired::default() });
    for before in before {
        let found = item(&*store, &before.key).await;
        if FINISHED.contains(&before.state) {
            let emptied = Item {
                raw: String::new(),
                aged_at: Some(at(now)),
                payload_hash: None,
                newer: None,
                ..before
            };
            assert_eq!(found, emptied);
        } else {
            assert_eq!(found, before, "it is open");
        }
    }
    assert_eq!(to_be_told(&*store).await, Vec::<String>::new(), "it is nothing to tell");
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
    assert_eq!(retire(&*store, &usual(), now + DAY).await, Retired::default(), "once is enough");
}

pub async fn what_aged_out_is_known_when_it_is_shown_again(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in FINISHED {
        bring(&*store, state.as_str(), state).await;
    }
    retire(&*store, &usual(), 91 * DAY).await;
    tell_all(&*store).await;
    let ten_years = 3_650 * DAY;
    for (state, shown) in [
        (State::Booked, ready("booked")),
        (State::Ignored, ready("ignored")),
        (State::Skipped, entered("skipped", State::Skipped)),
    ] {
        let before = item(&*store, &shown.key).await;
        assert_eq!(receive(&*store, [shown.clone()], ten_years).await, [Received::Known(state)]);
        let spelled = Arrival { raw: "spelled otherwise".to_owned(), ..shown };
        assert_eq!(receive(&*store, [spelled], ten_years).await, [Received::Known(state)]);
        assert_eq!(item(&*store, state.as_str()).await, before);
    }
    assert_eq!(store.claim("s", &Places::All, 0, 99, at(ten_years)).await.unwrap(), []);
    assert_eq!(to_be_told(&*store).await, Vec::<String>::new());

    // A change is one.
    assert_eq!(receive(&*store, [changed("booked", "m2")], ten_years).await, [Received::Conflict]);
    let found = item(&*store, "booked").await;
    assert_eq!((found.raw.as_str(), found.state), ("", State::Conflict));
    assert_eq!(found.newer.unwrap().raw, "raw of booked, m2");
    let again = receive(&*store, [changed("booked", "m2")], ten_years).await;
    assert_eq!(again, [Received::Known(State::Conflict)]);
    assert_eq!(item(&*store, "booked").await.raw, "", "the other text is not that of the order");
    assert_eq!(receive(&*store, [changed("skipped", "m2")], ten_years).await, [Received::Replaced]);
    let found = item(&*store, "skipped").await;
    assert_eq!((found.raw.as_str(), found.aged_at, found.state), ("raw of skipped, m2", None, State::Ready));
}

pub async fn what_was_seen_to_stays_so_when_it_aged_out(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Conflict).await;
    record(&*store, "a", Verdict::Followed, 4).await;
    assert_eq!(retire(&*store, &usual(), 91 * DAY).await.payloads, 1);
    let aged = item(&*store, "a").await;
    assert_eq!((aged.raw.as_str(), aged.newer.as_ref().unwrap().raw.as_str()), ("", ""));
    let spelled = Arrival { raw: "spelled otherwise".to_owned(), ..changed("a", "m2") };
    for shown in [changed("a", "m2"), spelled, ready("a")] {
        assert_eq!(receive(&*store, [shown], 92 * DAY).await, [Received::Known(State::Booked)]);
        assert_eq!(item(&*store, "a").await, aged);
    }
    assert_eq!(receive(&*store, [changed("a", "m3")], 92 * DAY).await, [Received::Conflict]);
    // Gone, and booked again in its newest version, of which there is no text.
    bring(&*store, "b", State::Conflict).await;
    record(&*store, "b", Verdict::Followed, 4).await;
    retire(&*store, &usual(), 91 * DAY).await;
    record(&*store, "b", Verdict::Gone(because("gone")), 92 * DAY).await;
    store.rebook(&["b".to_owned()], at(92 * DAY)).await.unwrap();
    let found = item(&*store, "b").await;
    assert_eq!((found.state, found.raw.as_str(), found.aged_at), (State::Ready, "", Some(at(91 * DAY))));
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
}

pub async fn what_aged_out_comes_back_when_somebody_asks_for_it(backend: &dyn Backend) {
    let store = backend.open().await;
    for key in ["a", "b"] {
        bring(&*store, key, State::Booked).await;
    }
    let before = item(&*store, "a").await;
    retire(&*store, &usual(), 91 * DAY).await;
    tell_all(&*store).await;
    assert_eq!(fetch(&*store, [ready("a")], 92 * DAY).await, [Received::Known(State::Booked)]);
    assert_eq!(item(&*store, "a").await, Item { payload_hash: None, ..before });
    assert_eq!(item(&*store, "b").await.raw, "");
    assert_eq!(to_be_told(&*store).await, ["a"], "Odoo shows it again, too");
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
    assert_eq!(retire(&*store, &usual(), 92 * DAY).await.payloads, 1, "and ages out again");
}

pub async fn what_is_open_again_gets_its_text_back(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Booked).await;
    retire(&*store, &usual(), 91 * DAY).await;
    record(&*store, "a", Verdict::Gone(because("gone")), 92 * DAY).await;
    assert_eq!(item(&*store, "a").await.raw, "");
    receive(&*store, [ready("a")], 93 * DAY).await;
    let found = item(&*store, "a").await;
    assert_eq!((found.raw.as_str(), found.aged_at, found.state), ("raw of a", None, State::Missing));
    assert_eq!(retire(&*store, &usual(), 99 * DAY).await, Retired::default(), "it is open");
}

pub async fn what_a_rule_left_out_is_forgotten_unless_somebody_decided(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in FINISHED {
        bring(&*store, state.as_str(), state).await;
    }
    bring(&*store, "decided", State::Waiting).await;
    assert_eq!(decide(&*store, &["decided".to_owned()], Decided::Completed, 2).await, ["decided"]);
    record(&*store, "decided", Verdict::Skipped(because("by rule")), 3).await;
    let old = 730 * DAY + 60;
    assert_eq!(retire(&*store, &usual(), 730 * DAY).await.orders, 0);
    assert_eq!(retire(&*store, &usual(), old).await.orders, 1);
    let kept = store.list(&Filter::default()).await.unwrap();
    let kept: Vec<&str> = kept.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(kept, ["booked", "ignored", "decided"]);
    assert_eq!(store.decisions(false, "", 9).await.unwrap().len(), 2);
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
    let again = receive(&*store, [entered("skipped", State::Skipped)], old + 1).await;
    assert_eq!(again, [Received::New], "as one never seen");
    assert_eq!(retire(&*store, &usual(), old + 2).await, Retired::default(), "and counted from now");
}

pub async fn steps_and_answers_age_out(backend: &dyn Backend) {
    let store = backend.open().await;
    for key in ["booked", "open"] {
        receive(&*store, [ready(key)], 0).await;
        assert!(mark(&*store, key, 1).await);
    }
    let step = || vec![Step::new(StepKind::CreateOrder, StepCode::Ok, "a step", "the suite")];
    for (key, verdict) in [("booked", Verdict::Booked(held(7))), ("open", Verdict::Refused(because("no")))] {
        let finding = Finding { key: key.to_owned(), revision: 1, verdict, steps: step() };
        store.record(&[finding], None, at(2)).await.unwrap();
    }
    let (asked, done) =
        (store.ask("a", "{}", at(0)).await.unwrap(), store.ask("b", "{}", at(0)).await.unwrap());
    store.answer(done, &RequestState::Done("it is".to_owned()), at(1)).await.unwrap();

    let early = retire(&*store, &usual(), 179 * DAY).await;
    assert_eq!((early.steps, early.answers), (0, 1), "answers may quote texts: they go with those");
    assert_eq!(store.request(done).await.unwrap(), None);
    assert_eq!(store.request(asked).await.unwrap(), Some(RequestState::Asked));
    assert_eq!(retire(&*store, &usual(), 181 * DAY).await.steps, 1);
    let left = store.steps(&["booked".to_owned(), "open".to_owned()], 9).await.unwrap();
    assert_eq!(left.iter().map(|kept| kept.key.as_str()).collect::<Vec<_>>(), ["open"]);
}

pub async fn each_sync_keeps_for_as_long_as_it_says(backend: &dyn Backend) {
    let store = backend.open().await;
    for sync in ["short", "good", "broken", "gone"] {
        let shown = Page { sync: sync.to_owned(), ..page([entered(sync, State::Skipped)]) };
        store.ingest_page(&shown, at(0)).await.unwrap();
    }
    let keep = |payload_days| Keep { payload_days, ..Keep::DEFAULT };
    let retention = Retention {
        syncs: BTreeMap::from([("short".to_owned(), keep(1)), ("good".to_owned(), keep(0))]),
        unknown: ["broken".to_owned()].into(),
    };
    assert_eq!(retire(&*store, &retention, 3 * DAY).await.payloads, 1);
    assert_eq!(item(&*store, "short").await.raw, "");
    assert_eq!(retire(&*store, &retention, 91 * DAY).await.payloads, 1);
    assert_eq!(item(&*store, "gone").await.raw, "", "as usual");
    let late = retire(&*store, &retention, 729 * DAY).await;
    assert_eq!((late, item(&*store, "good").await.aged_at), (Retired::default(), None));
    assert_eq!(item(&*store, "broken").await.aged_at, None);
}

pub async fn what_something_happened_to_meanwhile_is_left_alone(backend: &dyn Backend) {
    let store = backend.open().await;
    for key in ["a", "b"] {
        bring(&*store, key, State::Booked).await;
    }
    bring(&*store, "skipped", State::Skipped).await;
    let found = outdated(&*store, &usual(), 800 * DAY).await;
    record(&*store, "a", Verdict::Gone(because("gone")), 800 * DAY).await;
    receive(&*store, [changed("skipped", "m2")], 800 * DAY).await;
    let mut retired = Retired::default();
    for one in found {
        retired.add(store.retire(&one, at(800 * DAY)).await.unwrap());
    }
    assert_eq!(retired, Retired { payloads: 1, ..Retired::default() });
    assert_eq!(item(&*store, "a").await.raw, "raw of a");
    assert_eq!(item(&*store, "skipped").await.raw, "raw of skipped, m2");
}

pub async fn a_walk_comes_to_everything_in_stretches(backend: &dyn Backend) {
    let store = backend.open().await;
    // Many at one moment, and kept ones among them.
    for moment in 0..6 {
        let left_out = (0..299).map(|n| entered(&format!("{moment}-{n}"), State::Skipped));
        let open = ready(&format!("{moment}-open"));
        receive(&*store, left_out.chain([open]).collect::<Vec<_>>(), moment / 3).await;
    }
    let stretches = outdated(&*store, &usual(), 800 * DAY).await;
    let most = stretches.iter().map(|one| one.payloads.len().max(one.orders.len())).max();
    assert!(most.is_some_and(|most| most <= 500) && stretches.len() > 6, "{} of {most:?}", stretches.len());
    let all = retire(&*store, &usual(), 800 * DAY).await;
    assert_eq!((all.payloads, all.orders), (6 * 299, 6 * 299));
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 6);
    while store.shrink(true).await.unwrap() {}
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
}
