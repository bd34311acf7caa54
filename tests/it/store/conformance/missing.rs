//! Orders that were booked and are gone from Odoo.

use super::*;
use tillbridge::store::Filter;

pub async fn what_is_gone_from_odoo_is_missing_until_it_is_found(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        record(&*store, key, Verdict::Gone(because("gone")), 90).await;
        let found = item(&*store, key).await;
        if matches!(state, State::Booked | State::Conflict) {
            assert_eq!((found.state, found.reason), (State::Missing, Some(because("gone"))));
            assert_eq!((&found.booked, found.newer), (&before.booked, before.newer));
        } else {
            assert_eq!(found, before);
        }
    }
    let missing = Filter { states: [State::Missing].into(), ..Filter::default() };
    assert_eq!(store.count(&missing).await.unwrap(), 3);
    assert_eq!(store.claim("s", &Places::All, 0, 99, at(91)).await.unwrap().len(), 2, "ready and refused");
    // Only Odoo ends it.
    let before = item(&*store, "booked").await;
    for (verdict, _) in unbooked() {
        record(&*store, "booked", verdict, 92).await;
        assert_eq!(item(&*store, "booked").await, before);
    }
    record(&*store, "booked", Verdict::Booked(held(9)), 93).await;
    let found = item(&*store, "booked").await;
    assert_eq!((found.state, found.reason, found.booked), (State::Booked, None, Some(held(9))));
    record(&*store, "conflict", Verdict::Booked(held(9)), 93).await;
    assert_eq!(item(&*store, "conflict").await.state, State::Conflict);
}

pub async fn what_is_missing_takes_new_content_and_stays_missing(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Missing).await;
    for arrival in [ready("a"), changed("a", "m2"), entered("a", State::Refused)] {
        let raw = arrival.raw.clone();
        assert_eq!(receive(&*store, [arrival], 90).await, [Received::Known(State::Missing)]);
        let found = item(&*store, "a").await;
        assert_eq!((found.state, found.raw, found.reason), (State::Missing, raw, Some(because("gone"))));
    }
}

pub async fn a_person_lets_what_is_missing_be_booked_again(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut keys = vec!["nobody".to_owned()];
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        keys.push(state.as_str().to_owned());
    }
    record(&*store, "conflict", Verdict::Gone(because("gone")), 80).await;
    let before = item(&*store, "missing").await;
    assert_eq!(store.rebook(&keys, at(90)).await.unwrap(), ["conflict", "missing"]);
    let expected = Item {
        state: State::Ready,
        reason: None,
        revision: before.revision + 1,
        attempts: 0,
        payload_hash: None,
        booked: None,
        changed_at: at(90),
        ..before
    };
    assert_eq!(item(&*store, "missing").await, expected);
    // What came after it was booked is what is booked now.
    let found = item(&*store, "conflict").await;
    assert_eq!((found.state, found.raw, found.newer), (State::Ready, changed("conflict", "m2").raw, None));
    assert!(mark(&*store, "missing", 91).await);
}
