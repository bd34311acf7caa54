//! Whether a store is sound.

use std::collections::BTreeMap;

use super::*;

pub async fn what_may_be_is_sound(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.check().await.unwrap().orders, BTreeMap::new());
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
    }
    let health = store.check().await.unwrap();
    assert_eq!(health.findings, Vec::<String>::new());
    assert_eq!(health.orders, State::ALL.map(|state| (state, 1)).into());
    assert!(health.bytes > 0 && health.schema > 0, "{health:?}");
}

pub async fn what_is_in_it_is_seen_at_a_glance(backend: &dyn Backend) {
    let store = backend.open().await;
    let empty = store.overview().await.unwrap();
    assert_eq!(empty, Overview { bytes: empty.bytes, ..Overview::default() });
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
    }
    let cursor = Page { cursor: Some(("feed".to_owned(), at(7))), ..page([]) };
    store.ingest_page(&cursor, at(8)).await.unwrap();
    let mut told = store.untold(None, 100).await.unwrap();
    let queued = store.untold(Some(at(1_000_000)), 100).await.unwrap();
    assert!(!queued.is_empty(), "some are queued");
    let first = told.remove(0);
    store.reported(&[(first.item.key, first.change)], &[]).await.unwrap();

    let seen = store.overview().await.unwrap();
    assert_eq!(seen.orders, BTreeMap::from([("s".to_owned(), State::ALL.map(|state| (state, 1)).into())]));
    assert_eq!(seen.of(State::Booked), 1);
    assert_eq!(seen.next_tries, BTreeMap::from([("s".to_owned(), at(500))]));
    assert_eq!(seen.cursors, BTreeMap::from([("feed".to_owned(), at(7))]));
    assert_eq!(seen.untold, (told.len() + queued.len()) as u64);
    assert_eq!((seen.untold_steps, seen.open_sessions), (0, 0));
    assert!(seen.bytes > 0);
    store.probe().await.unwrap();
    assert_eq!(store.overview().await.unwrap().orders, seen.orders, "asking changes nothing");
}
