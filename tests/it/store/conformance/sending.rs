//! Sending and its outcome.

use std::collections::BTreeSet;

use super::*;
use tillbridge::store::{Completion, Places};

pub async fn a_marked_order_is_in_doubt_after_a_crash(backend: &dyn Backend) {
    let store = backend.open().await;
    receive(&*store, [ready("a"), ready("b"), ready("c")], 0).await;
    record(&*store, "b", Verdict::Refused(because("no")), 1).await;
    let before = item(&*store, "b").await;
    assert!(mark(&*store, "b", 2).await);
    assert!(mark(&*store, "a", 3).await);
    drop(store);

    let store = backend.open().await;
    let doubtful = store.in_doubt("s").await.unwrap();
    let expected = Item {
        state: State::Sending,
        reason: None,
        attempts: 1,
        payload_hash: Some("sent at 2".to_owned()),
        changed_at: at(2),
        ..before
    };
    assert_eq!(doubtful, [item(&*store, "a").await, expected]);
    assert_eq!(store.in_doubt("other").await.unwrap(), []);
    assert_eq!(store.claim("s", &Places::All, 0, 9, at(900)).await.unwrap(), [item(&*store, "c").await]);
}

pub async fn only_what_may_be_sent_is_marked(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        let sendable = matches!(state, State::Ready | State::Refused | State::Retrying);
        assert_eq!(mark(&*store, key, 90).await, sendable, "{key}");
        if !sendable {
            assert_eq!(item(&*store, key).await, before);
        }
    }
    receive(&*store, [ready("a"), ready("b")], 91).await;
    receive(&*store, [changed("b", "m2")], 91).await;
    let order =
        |key: &str, revision| Sending { key: key.to_owned(), revision, payload_hash: "hash".to_owned() };
    let orders = [order("b", 1), order("nobody", 1), order("a", 1), order("a", 1)];
    assert_eq!(mark_all(&*store, &orders, 92).await, ["a"]);
    assert_eq!(item(&*store, "a").await.attempts, 1);
    assert_eq!(item(&*store, "b").await.state, State::Ready);
}

pub async fn verdicts_are_recorded(backend: &dyn Backend) {
    let store = backend.open().await;
    for (verdict, state) in unbooked() {
        let key = &format!("{verdict:?}");
        bring(&*store, key, State::Sending).await;
        let before = item(&*store, key).await;
        record(&*store, key, verdict.clone(), 90).await;
        let (reason, next_try_at) = match verdict {
            Verdict::Refused(reason) | Verdict::Waiting(reason) | Verdict::Skipped(reason) => {
                (Some(reason), None)
            }
            Verdict::Rejected(reason, next) | Verdict::Retry(reason, next) => (Some(reason), Some(next)),
            Verdict::NotSent | Verdict::Due | Verdict::Gone(_) | Verdict::Followed | Verdict::Booked(_) => {
                (None, None)
            }
        };
        let expected = Item { state, reason, next_try_at, changed_at: at(90), ..before };
        assert_eq!(item(&*store, key).await, expected);
        assert_eq!(expected.attempts, 1);
    }
    bring(&*store, "a", State::Sending).await;
    let before = item(&*store, "a").await;
    record(&*store, "a", Verdict::Booked(held(7)), 90).await;
    drop(store);

    let store = backend.open().await;
    let expected = Item { state: State::Booked, booked: Some(held(7)), changed_at: at(90), ..before };
    assert_eq!(item(&*store, "a").await, expected);

    // Attempts add up over retries.
    bring(&*store, "b", State::Sending).await;
    record(&*store, "b", Verdict::Retry(because("busy"), at(500)), 90).await;
    assert!(mark(&*store, "b", 91).await);
    assert_eq!(item(&*store, "b").await.next_try_at, None);
    record(&*store, "b", Verdict::Retry(because("busy"), at(600)), 92).await;
    assert_eq!(item(&*store, "b").await.attempts, 2);
}

pub async fn booked_and_conflict_are_final(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in [State::Booked, State::Conflict] {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        let verdicts = unbooked().map(|(verdict, _)| verdict);
        for verdict in verdicts.into_iter().chain([Verdict::Booked(held(99))]) {
            record(&*store, key, verdict, 90).await;
            assert_eq!(item(&*store, key).await, before);
        }
    }
}

pub async fn verdicts_on_older_revisions_are_passed_over(backend: &dyn Backend) {
    let store = backend.open().await;
    receive(&*store, [ready("a")], 0).await;
    receive(&*store, [changed("a", "m2")], 1).await;
    let before = item(&*store, "a").await;
    let outdated = |verdict| [Finding { key: "a".to_owned(), revision: 1, verdict, steps: Vec::new() }];
    for (verdict, _) in unbooked() {
        store.record(&outdated(verdict), None, at(2)).await.unwrap();
        assert_eq!(item(&*store, "a").await, before);
    }
    // Nobody sent it: there is nothing to look up, and nothing to free.
    bring(&*store, "waiting", State::Waiting).await;
    record(&*store, "waiting", Verdict::NotSent, 3).await;
    assert_eq!(item(&*store, "waiting").await.state, State::Waiting);

    store.record(&outdated(Verdict::Booked(held(7))), None, at(4)).await.unwrap();
    assert_eq!(item(&*store, "a").await.booked, Some(held(7)));
}

pub async fn parked_content_takes_effect_with_the_outcome(backend: &dyn Backend) {
    let store = backend.open().await;
    for (verdict, _) in unbooked() {
        let key = &format!("{verdict:?}");
        bring(&*store, key, State::Sending).await;
        let before = item(&*store, key).await;
        let parked = Arrival {
            state: State::Waiting,
            reason: Some(because("reopened")),
            total: Some(Decimal::TEN),
            sale_at: Some(at(33)),
            updated_at: Some(at(40)),
            ..changed(key, "m2")
        };
        receive(&*store, [parked.clone()], 90).await;
        record(&*store, key, verdict, 91).await;
        let expected = Item {
            raw: parked.raw.clone(),
            total: parked.total,
            sale_at: parked.sale_at,
            revision: 2,
            state: State::Waiting,
            reason: parked.reason.clone(),
            attempts: 0,
            payload_hash: None,
            changed_at: at(91),
            ..before
        };
        assert_eq!(item(&*store, key).await, expected);
        assert_eq!(receive(&*store, [parked], 92).await, [Received::Known(State::Waiting)]);
        let older = Arrival { updated_at: Some(at(39)), ..changed(key, "m3") };
        assert_eq!(receive(&*store, [older], 93).await, [Received::Known(State::Waiting)]);
    }
    bring(&*store, "a", State::Sending).await;
    let before = item(&*store, "a").await;
    receive(&*store, [changed("a", "m2")], 90).await;
    record(&*store, "a", Verdict::Booked(held(7)), 91).await;
    let found = item(&*store, "a").await;
    assert_eq!((found.state, found.booked), (State::Conflict, Some(held(7))));
    assert_eq!(found.reason.unwrap().code, Code::ChangedAfterBooking);
    assert_eq!((found.raw, found.revision), (before.raw, 1));
    assert_eq!(found.newer.unwrap().raw, changed("a", "m2").raw);
}

pub async fn an_unknown_key_fails_the_whole_record(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Sending).await;
    let before = item(&*store, "a").await;
    let finding = |key: &str| Finding {
        key: key.to_owned(),
        revision: 1,
        verdict: Verdict::Booked(held(7)),
        steps: Vec::new(),
    };
    let error = store.record(&[finding("a"), finding("nobody")], None, at(90)).await.unwrap_err();
    assert!(matches!(&error, StoreError::NotFound { what, .. } if what.contains("nobody")), "{error}");
    assert_eq!(item(&*store, "a").await, before);
    store.record(&[finding("a"), finding("a")], None, at(91)).await.unwrap();
    assert_eq!(item(&*store, "a").await.state, State::Booked);
}

pub async fn a_person_closes_what_odoo_cannot_hold(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut keys = vec!["nobody".to_owned()];
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        keys.push(state.as_str().to_owned());
    }
    let done = decide(&*store, &keys, Decided::Ignored, 90).await;
    assert_eq!(done, ["waiting", "ready", "refused", "retrying", "skipped", "ignored", "missing"]);
    for key in done {
        let found = item(&*store, &key).await;
        assert_eq!((found.state, found.reason), (State::Ignored, Some(closed("anna", "a test"))));
        assert_eq!((found.next_try_at, found.changed_at), (None, at(90)));
    }
    for state in [State::Sending, State::Booked, State::Conflict] {
        assert_eq!(item(&*store, state.as_str()).await.state, state);
    }
    // A pass does not reopen it, but Odoo has the last word.
    let before = item(&*store, "ready").await;
    for (verdict, _) in unbooked() {
        record(&*store, "ready", verdict, 91).await;
        assert_eq!(item(&*store, "ready").await, before);
    }
    record(&*store, "ready", Verdict::Booked(held(7)), 92).await;
    let found = item(&*store, "ready").await;
    assert_eq!((found.state, found.reason), (State::Booked, None));
}

pub async fn a_person_completes_what_waits(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut keys = vec!["nobody".to_owned()];
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        keys.push(state.as_str().to_owned());
    }
    let before = item(&*store, "waiting").await;
    assert_eq!(decide(&*store, &keys, Decided::Completed, 90).await, ["waiting"]);
    let completed = item(&*store, "waiting").await;
    assert_eq!((completed.state, &completed.reason, completed.changed_at), (State::Ready, &None, at(90)));
    assert_eq!(completed.completion, Some(Completion { by: "anna".into(), at: at(90), late: false }));
    // What a pass found meanwhile does not undo it.
    let verdict = Verdict::Waiting(because("not yet"));
    let finding = Finding { key: "waiting".into(), revision: before.revision, verdict, steps: Vec::new() };
    store.record(&[finding], None, at(91)).await.unwrap();
    assert_eq!(item(&*store, "waiting").await, completed);
    // Nor does another content that would wait; only what cannot be undone does.
    let open = |meaning: &str| Arrival {
        state: State::Waiting,
        reason: Some(because("open")),
        ..changed("waiting", meaning)
    };
    receive(&*store, [open("m2")], 92).await;
    let found = item(&*store, "waiting").await;
    assert_eq!((found.state, found.reason, found.completion), (State::Ready, None, completed.completion));
    assert!(mark(&*store, "waiting", 93).await);
    receive(&*store, [open("m3")], 94).await;
    record(&*store, "waiting", Verdict::Refused(because("no")), 95).await;
    assert_eq!(item(&*store, "waiting").await.state, State::Ready, "parked content, too");
    let cancelled = Arrival { state: State::Skipped, ..open("m4") };
    receive(&*store, [cancelled], 96).await;
    assert_eq!(item(&*store, "waiting").await.state, State::Skipped);
}

pub async fn a_person_lets_items_go_on(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut keys = vec!["nobody".to_owned()];
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        keys.push(state.as_str().to_owned());
    }
    let before = item(&*store, "ignored").await;
    assert_eq!(decide(&*store, &keys, Decided::Open, 90).await, ["ignored"]);
    let expected = Item {
        state: State::Ready,
        reason: None,
        revision: before.revision + 1,
        changed_at: at(90),
        ..before
    };
    assert_eq!(item(&*store, "ignored").await, expected);
}

pub async fn a_person_has_items_tried_again(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut keys = vec!["nobody".to_owned()];
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        keys.push(state.as_str().to_owned());
    }
    bring(&*store, "rejected", State::Sending).await;
    record(&*store, "rejected", Verdict::Rejected(because("no"), at(900)), 2).await;
    keys.push("rejected".to_owned());
    let before = store.get(&keys).await.unwrap();
    let tried = ["refused", "retrying", "rejected"];
    assert_eq!(store.retry(&keys, at(90)).await.unwrap(), tried);
    for before in before {
        let found = item(&*store, &before.key).await;
        if !tried.contains(&before.key.as_str()) {
            assert_eq!(found, before);
            continue;
        }
        let expected = Item {
            state: State::Ready,
            reason: None,
            next_try_at: None,
            revision: before.revision + 1,
            changed_at: at(90),
            ..before
        };
        assert_eq!(found, expected);
    }
    assert_eq!(item(&*store, "rejected").await.attempts, 1, "what was tried still counts");
}

pub async fn what_waits_becomes_due(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        record(&*store, key, Verdict::Due, 90).await;
        let found = item(&*store, key).await;
        match state {
            State::Waiting => assert_eq!((found.state, found.reason), (State::Ready, None)),
            _ => assert_eq!(found, before),
        }
    }
}

pub async fn orphans_are_adopted(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
    }
    let foreign = Page { source: "another".to_owned(), ..page([ready("foreign")]) };
    store.ingest_page(&foreign, at(3)).await.unwrap();

    let known = |syncs: &[&str]| syncs.iter().map(|sync| (*sync).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(store.adopt("src", "heir", &known(&["heir", "s"])).await.unwrap(), 0);
    assert_eq!(store.adopt("src", "heir", &known(&["heir"])).await.unwrap(), 7);
    assert_eq!(store.adopt("src", "heir", &known(&["heir"])).await.unwrap(), 0);
    // Even where the heir is not told to be known, it does not adopt from itself.
    assert_eq!(store.adopt("src", "heir", &known(&[])).await.unwrap(), 0);
    for state in State::ALL {
        let sync = item(&*store, state.as_str()).await.sync;
        assert_eq!(sync, if state.is_open() { "heir" } else { "s" }, "{state:?}");
    }
    assert_eq!(item(&*store, "foreign").await.sync, "s");
    assert_eq!(store.in_doubt("heir").await.unwrap().len(), 1);
}
