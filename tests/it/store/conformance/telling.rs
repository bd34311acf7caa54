//! What Odoo is to be told of orders, and the steps that are kept until it was.

use std::time::Duration;

use super::*;
use tillbridge::order::Text;
use tillbridge::store::{KeptStep, OdooIdentity, Step, StepCode, StepKind};

/// The orders that are not queued and to be told, with the change that is.
async fn due(store: &dyn Store) -> Vec<(String, i64)> {
    let untold = store.untold(None, 100).await.unwrap();
    untold.into_iter().map(|one| (one.item.key, one.change)).collect()
}

async fn keys_due(store: &dyn Store) -> Vec<String> {
    due(store).await.into_iter().map(|(key, _)| key).collect()
}

/// Those that are queued since a moment or longer.
async fn queued(store: &dyn Store, until: i64) -> Vec<String> {
    let untold = store.untold(Some(at(until)), 100).await.unwrap();
    untold.into_iter().map(|one| one.item.key).collect()
}

/// Tells everything as it stands.
async fn tell_all(store: &dyn Store) {
    let mut told = due(store).await;
    let queued = store.untold(Some(at(1_000_000)), 100).await.unwrap();
    told.extend(queued.into_iter().map(|one| (one.item.key, one.change)));
    store.reported(&told, &[]).await.unwrap();
    assert!(due(store).await.is_empty());
}

fn step(text: &str) -> Step {
    Step {
        duration: Some(Duration::from_millis(1_840)),
        attempt: 2,
        ..Step::new(StepKind::CreateOrder, StepCode::Ok, Text::name(text), Text::name("read back from Odoo"))
    }
}

/// The steps of the orders a to d.
async fn all_steps(store: &dyn Store) -> Vec<KeptStep> {
    store.steps(&["a", "b", "c", "d"].map(str::to_owned), 100).await.unwrap()
}

async fn texts(store: &dyn Store, keys: &[&str]) -> Vec<String> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let steps = store.steps(&keys, 100).await.unwrap();
    assert!(steps.is_sorted_by_key(|kept| kept.number));
    steps.into_iter().map(|kept| format!("{} {} {}", kept.key, kept.step.code, kept.step.text)).collect()
}

pub async fn an_order_is_told_when_it_changed(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
    }
    let expected: Vec<&str> = State::ALL
        .map(State::as_str)
        .into_iter()
        .rev()
        .filter(|key| !["ready", "sending"].contains(key))
        .collect();
    assert_eq!(keys_due(&*store).await, expected, "the last received first");
    let booked = store.untold(None, 100).await.unwrap();
    let booked = booked.iter().find(|one| one.item.key == "booked").unwrap();
    assert_eq!((booked.item.state, booked.booked_at), (State::Booked, Some(at(2))));
    drop(store);

    let store = backend.open().await;
    tell_all(&*store).await;
    // Nothing that can be seen.
    receive(&*store, [entered("waiting", State::Waiting), ready("booked")], 50).await;
    record(&*store, "waiting", Verdict::Waiting(because("read so")), 51).await;
    record(&*store, "refused", Verdict::Refused(because("read so")), 51).await;
    record(&*store, "ignored", Verdict::Refused(because("passed over")), 51).await;
    assert_eq!(keys_due(&*store).await, Vec::<String>::new());
    // Another reason, another spelling, content beside it, another time, another sync.
    record(&*store, "refused", Verdict::Refused(because("otherwise")), 52).await;
    receive(&*store, [Arrival { raw: "spelled anew".into(), ..ready("booked") }], 52).await;
    receive(&*store, [changed("conflict", "m3")], 52).await;
    record(&*store, "retrying", Verdict::Retry(because("busy"), at(700)), 52).await;
    let moved = Page { sync: "other".to_owned(), ..page([entered("skipped", State::Skipped)]) };
    store.ingest_page(&moved, at(52)).await.unwrap();
    decide(&*store, &["waiting".to_owned()], Decided::Completed, 52).await;
    decide(&*store, &["ignored".to_owned()], Decided::Open, 52).await;
    store.rebook(&["missing".to_owned()], at(52)).await.unwrap();
    assert_eq!(keys_due(&*store).await, ["conflict", "skipped", "retrying", "refused", "booked"]);
    assert_eq!(queued(&*store, 52).await, ["missing", "ignored", "waiting"]);
    assert_eq!(store.untold(None, 2).await.unwrap().len(), 2);
}

pub async fn what_changes_while_it_is_told_stays_untold(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Refused).await;
    let telling = due(&*store).await;
    record(&*store, "a", Verdict::Refused(because("otherwise")), 9).await;
    store.reported(&telling, &[]).await.unwrap();
    let again = due(&*store).await;
    assert_eq!(again.len(), 1);
    assert!(again[0].1 > telling[0].1);
    store.reported(&again, &[]).await.unwrap();
    // The first answer, late.
    store.reported(&telling, &[]).await.unwrap();
    assert!(due(&*store).await.is_empty());
    store.reported(&[("nobody".to_owned(), 7)], &[99]).await.unwrap();
}

pub async fn an_odoo_that_knows_nothing_is_told_all_again(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Refused).await;
    bring(&*store, "b", State::Booked).await;
    tell_all(&*store).await;
    store.tell_again().await.unwrap();
    assert_eq!(keys_due(&*store).await, ["b", "a"]);
    tell_all(&*store).await;
    let other = OdooIdentity { uuid: "another".to_owned(), database: "other".to_owned() };
    store.rebind(&other).await.unwrap();
    assert_eq!(keys_due(&*store).await, ["b", "a"]);
}

pub async fn what_is_queued_may_be_left_out(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "old", State::Ready).await;
    receive(&*store, [ready("new")], 60).await;
    bring(&*store, "sent", State::Sending).await;
    assert!(due(&*store).await.is_empty());
    assert_eq!(queued(&*store, 59).await, ["sent", "old"]);
    assert_eq!(queued(&*store, 60).await, ["sent", "new", "old"]);
    record(&*store, "sent", Verdict::Booked(held(7)), 61).await;
    assert_eq!(keys_due(&*store).await, ["sent"]);
    assert_eq!(queued(&*store, 99).await, ["new", "old"]);
}

pub async fn steps_stand_with_what_they_tell_of(backend: &dyn Backend) {
    let store = backend.open().await;
    let from = |arrivals: Vec<Arrival>| Page { steps_from: Some(Text::name("the page")), ..page(arrivals) };
    let first = vec![ready("a"), entered("b", State::Refused)];
    store.ingest_page(&from(first.clone()), at(0)).await.unwrap();
    store.ingest_page(&from(first), at(1)).await.unwrap();
    store.ingest_page(&from(vec![changed("b", "m2")]), at(2)).await.unwrap();
    receive(&*store, [ready("c")], 2).await;
    let fetched = ["a 200 Received.", "b 400 Received. read so", "b 200 Received again, with other content."];
    assert_eq!(texts(&*store, &["a", "b", "c"]).await, fetched);

    assert!(mark(&*store, "a", 3).await);
    let finding = |key: &str, verdict, text| Finding {
        key: key.to_owned(),
        revision: 1,
        verdict,
        steps: vec![step(text)],
    };
    // Of a transaction that fails nothing stands.
    let unknown = [finding("a", Verdict::NotSent, "lost"), finding("nobody", Verdict::NotSent, "lost")];
    assert!(store.record(&unknown, None, at(4)).await.is_err());
    let booked = finding("a", Verdict::Booked(held(7)), "booked");
    store.record(&[booked], None, at(5)).await.unwrap();
    // What every pass finds anew is a step once.
    for now in 6..9 {
        let refused = finding("c", Verdict::Refused(because("no product")), "refused");
        store.record(&[refused], None, at(now)).await.unwrap();
    }
    drop(store);

    let store = backend.open().await;
    assert_eq!(texts(&*store, &["a"]).await, ["a 200 Received.", "a 200 booked"]);
    assert_eq!(texts(&*store, &["c", "nobody"]).await, ["c 200 refused"]);
    let all = all_steps(&*store).await;
    let kept = all.iter().find(|kept| kept.step.text == "booked").unwrap();
    assert_eq!((&kept.step, kept.at), (&step("booked"), at(5)));
    assert_eq!(store.steps(&["b", "a"].map(str::to_owned), 2).await.unwrap(), all[..2]);
    assert_eq!(store.steps(&[], 100).await.unwrap(), [], "first the orders themselves");

    let numbers: Vec<i64> = all[..3].iter().map(|kept| kept.number).collect();
    store.reported(&[], &numbers).await.unwrap();
    assert_eq!(texts(&*store, &["a", "b", "c"]).await, ["a 200 booked", "c 200 refused"]);
    tell_all(&*store).await;
    assert_eq!(texts(&*store, &[]).await, ["a 200 booked", "c 200 refused"], "what was left of them");
    // A number is never given again.
    let last = all[4].number;
    store.reported(&[], &[all[3].number, last]).await.unwrap();
    store.ingest_page(&from(vec![ready("d")]), at(10)).await.unwrap();
    assert!(all_steps(&*store).await[0].number > last);
}

pub async fn a_change_that_was_parked_or_contradicts_is_a_step(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "sent", State::Sending).await;
    bring(&*store, "booked", State::Booked).await;
    let other = vec![changed("sent", "m2"), changed("booked", "m2")];
    let other = Page { steps_from: Some(Text::name("the page")), ..page(other) };
    for now in 10..12 {
        store.ingest_page(&other, at(now)).await.unwrap();
    }
    let keys = ["sent", "booked"].map(str::to_owned);
    let codes: Vec<u16> = store.steps(&keys, 9).await.unwrap().iter().map(|kept| kept.step.code).collect();
    assert_eq!(codes, [202, 409]);
}
