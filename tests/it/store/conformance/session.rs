//! The sessions that this program opened.

use super::*;
use tillbridge::store::OwnSession;

fn session(id: i64, shop: i64, day: &str) -> OwnSession {
    OwnSession {
        id,
        shop,
        sync: "s".to_owned(),
        business_day: day.parse().unwrap(),
        opened_at: at(id),
        created_at: Some(at(id)),
    }
}

pub async fn another_session_under_the_same_id_takes_its_place(backend: &dyn Backend) {
    let store = backend.open().await;
    let first = session(7, 1, "2026-11-21");
    store.session_opened(&first).await.unwrap();
    store.session_closed(7, "clean", at(100)).await.unwrap();
    assert_eq!(store.sessions().await.unwrap(), [first]);

    let other = OwnSession { created_at: Some(at(50)), ..session(7, 2, "2026-11-23") };
    store.session_opened(&other).await.unwrap();
    assert_eq!(store.open_sessions().await.unwrap(), [other]);
    assert_eq!(store.closed_through(1).await.unwrap(), None);
    store.session_forgotten(7).await.unwrap();
    assert_eq!(store.sessions().await.unwrap(), []);
}

pub async fn sessions_are_open_until_they_are_closed(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.open_sessions().await.unwrap(), []);
    assert_eq!(store.closed_through(1).await.unwrap(), None);
    let (first, second) = (session(7, 1, "2026-11-21"), session(9, 1, "2026-11-22"));
    let other = session(8, 2, "2026-11-30");
    for session in [&second, &first, &other] {
        store.session_opened(session).await.unwrap();
    }
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.open_sessions().await.unwrap(), [first.clone(), other.clone(), second.clone()]);
    store.session_closed(7, "clean", at(100)).await.unwrap();
    assert_eq!(store.open_sessions().await.unwrap(), [other, second]);
    assert_eq!(store.closed_through(1).await.unwrap(), Some(first.business_day));
    assert_eq!(store.closed_through(2).await.unwrap(), None);

    // Seen again it does not open again, and a newer day stays the newest.
    store.session_opened(&first).await.unwrap();
    store.session_closed(9, "clean", at(101)).await.unwrap();
    store.session_opened(&session(10, 1, "2026-11-20")).await.unwrap();
    store.session_closed(10, "not verified", at(102)).await.unwrap();
    assert_eq!(store.closed_through(1).await.unwrap(), Some("2026-11-22".parse().unwrap()));
    let error = store.session_closed(99, "clean", at(103)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}
