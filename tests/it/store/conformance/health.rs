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
