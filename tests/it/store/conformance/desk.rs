//! What stands beside the inbox.

use super::*;
use tillbridge::store::{OdooIdentity, Request, RequestState};

pub async fn a_store_belongs_to_one_odoo(backend: &dyn Backend) {
    let store = backend.open().await;
    let odoo =
        |uuid: &str, database: &str| OdooIdentity { uuid: uuid.to_owned(), database: database.to_owned() };
    store.bind(&odoo("u-1", "shop")).await.unwrap();
    drop(store);

    let store = backend.open().await;
    store.bind(&odoo("u-1", "shop")).await.unwrap();
    for other in [odoo("u-2", "shop"), odoo("u-1", "copy")] {
        let error = store.bind(&other).await.unwrap_err();
        assert!(matches!(error, StoreError::OtherOdoo { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("u-1") && message.contains(&other.database), "{message}");
    }
    store.bind(&odoo("u-1", "shop")).await.unwrap();
}

pub async fn a_person_binds_a_store_to_another_odoo(backend: &dyn Backend) {
    let store = backend.open().await;
    let odoo = |uuid: &str| OdooIdentity { uuid: uuid.to_owned(), database: "shop".to_owned() };
    assert_eq!(store.bound().await.unwrap(), None);
    store.bind(&odoo("u-1")).await.unwrap();
    store.rebind(&odoo("u-2")).await.unwrap();
    assert_eq!(store.bound().await.unwrap(), Some(odoo("u-2")));
    store.bind(&odoo("u-2")).await.unwrap();
    let error = store.bind(&odoo("u-1")).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherOdoo { .. }), "{error}");
}

pub async fn requests_are_taken_once_and_answered_once(backend: &dyn Backend) {
    let store = backend.open().await;
    let service = lease(&*store).await;
    assert_eq!(store.take_request(service, at(0)).await.unwrap(), None);
    let first = store.ask("sync", r#"{"sync":"a"}"#, at(0)).await.unwrap();
    let second = store.ask("import", "{}", at(0)).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(store.request(first).await.unwrap(), Some(RequestState::Asked));
    assert_eq!(store.request(first + second + 1).await.unwrap(), None);

    let expected = Request { id: first, kind: "sync".to_owned(), payload: r#"{"sync":"a"}"#.to_owned() };
    assert_eq!(store.take_request(service, at(1)).await.unwrap(), Some(expected));
    assert_eq!(store.take_request(service, at(1)).await.unwrap().unwrap().id, second);
    assert_eq!(store.take_request(service, at(1)).await.unwrap(), None);
    assert_eq!(store.request(first).await.unwrap(), Some(RequestState::Taken(String::new())));

    for state in
        [RequestState::Taken("3 of 9".to_owned()), RequestState::Asked, RequestState::Done("{}".to_owned())]
    {
        store.answer(first, &state, at(2)).await.unwrap();
        assert_eq!(store.request(first).await.unwrap(), Some(state));
    }
    for id in [first, first + second + 1] {
        let error = store.answer(id, &RequestState::Asked, at(3)).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    }
    drop(store);
    let store = backend.open().await;
    assert_eq!(store.request(first).await.unwrap(), Some(RequestState::Done("{}".to_owned())));
}

pub async fn requests_of_a_dead_service_are_given_back(backend: &dyn Backend) {
    let store = backend.open().await;
    let done = store.ask("sync", "{}", at(0)).await.unwrap();
    let taken = store.ask("sync", "{}", at(0)).await.unwrap();
    store.ask("sync", "{}", at(0)).await.unwrap();
    let service = lease(&*store).await;
    store.take_request(service, at(1)).await.unwrap();
    store.take_request(service, at(1)).await.unwrap();
    store.answer(done, &RequestState::Done("{}".to_owned()), at(2)).await.unwrap();
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.release_requests(at(3)).await.unwrap(), 1);
    assert_eq!(store.take_request(lease(&*store).await, at(4)).await.unwrap().unwrap().id, taken);
    assert_eq!(store.request(done).await.unwrap(), Some(RequestState::Done("{}".to_owned())));
}

pub async fn notes_are_kept(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.note("status").await.unwrap(), None);
    for text in ["first", "second", "second", ""] {
        store.set_note("status", text).await.unwrap();
        assert_eq!(store.note("status").await.unwrap().as_deref(), Some(text));
    }
    store.set_note("beat", "1").await.unwrap();
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.note("status").await.unwrap().as_deref(), Some(""));
    assert_eq!(store.note("beat").await.unwrap().as_deref(), Some("1"));
}
