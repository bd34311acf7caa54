//! Receiving pages.

use super::*;
use tillbridge::store::{Filter, Newer};

pub async fn new_orders_enter_in_their_state(backend: &dyn Backend) {
    let store = backend.open().await;
    let unreadable = Arrival {
        format: "orderid/2".to_owned(),
        sale_at: None,
        total: None,
        ..entered("c", State::Refused)
    };
    let arrivals = [
        ready("a"),
        Arrival { total: Some(Decimal::new(-1, 3)), ..entered("b", State::Waiting) },
        unreadable,
        entered("d", State::Skipped),
    ];
    let received = receive(&*store, arrivals.clone(), 10).await;
    assert_eq!(received, [Received::New; 4]);
    drop(store);

    let store = backend.open().await;
    let items = store.list(&Filter::default()).await.unwrap();
    let expected: Vec<Item> = arrivals
        .into_iter()
        .zip(&items)
        .map(|(arrival, found)| Item {
            seq: found.seq,
            key: arrival.key,
            source: "src".to_owned(),
            sync: "s".to_owned(),
            external_id: arrival.external_id,
            raw: arrival.raw,
            aged_at: None,
            format: arrival.format,
            revision: 1,
            state: arrival.state,
            reason: arrival.reason,
            attempts: 0,
            payload_hash: None,
            next_try_at: None,
            sale_at: arrival.sale_at,
            total: arrival.total,
            booked: None,
            completion: None,
            newer: None,
            received_at: at(10),
            changed_at: at(10),
        })
        .collect();
    assert_eq!(items, expected);
    assert_eq!(items.len(), 4);
    assert!(items.is_sorted_by_key(|item| item.seq));
}

pub async fn the_same_page_again_changes_nothing(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut expected = Vec::new();
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
        expected.push(item(&*store, state.as_str()).await);
    }
    for state in State::ALL {
        let again = match state {
            State::Waiting | State::Refused | State::Skipped => entered(state.as_str(), state),
            _ => ready(state.as_str()),
        };
        assert_eq!(receive(&*store, [again], 90).await, [Received::Known(state)]);
    }
    assert_eq!(store.list(&Filter::default()).await.unwrap(), expected);
}

pub async fn another_spelling_refreshes_only_the_text(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in [State::Ready, State::Retrying, State::Sending, State::Booked, State::Ignored] {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        let respelled =
            Arrival { raw: "another spelling".to_owned(), format: "orderid/2".to_owned(), ..ready(key) };
        assert_eq!(receive(&*store, [respelled], 90).await, [Received::Known(state)]);
        let expected = Item { raw: "another spelling".to_owned(), format: "orderid/2".to_owned(), ..before };
        assert_eq!(item(&*store, key).await, expected);
    }
}

pub async fn another_meaning_replaces_before_booking(backend: &dyn Backend) {
    let store = backend.open().await;
    let states = [State::Waiting, State::Ready, State::Refused, State::Retrying, State::Skipped];
    for state in states {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        let other = Arrival { total: Some(Decimal::ONE), ..changed(key, "m2") };
        assert_eq!(receive(&*store, [other.clone()], 90).await, [Received::Replaced]);
        let expected = Item {
            raw: other.raw,
            total: other.total,
            revision: 2,
            state: State::Ready,
            reason: None,
            next_try_at: None,
            changed_at: at(90),
            ..before
        };
        assert_eq!(item(&*store, key).await, expected);
    }
    // Attempts and payload belong to the content they were made with.
    assert!(mark(&*store, "ready", 91).await);
    record(&*store, "ready", Verdict::Refused(because("no")), 92).await;
    assert_eq!(item(&*store, "ready").await.attempts, 1);
    let waiting = Arrival { state: State::Waiting, ..changed("ready", "m3") };
    receive(&*store, [waiting], 93).await;
    let found = item(&*store, "ready").await;
    assert_eq!((found.attempts, found.payload_hash, found.state), (0, None, State::Waiting));
}

pub async fn an_older_stamp_never_replaces(backend: &dyn Backend) {
    let store = backend.open().await;
    let stamped =
        |meaning: &str, stamp: Option<i64>| Arrival { updated_at: stamp.map(at), ..changed("a", meaning) };
    receive(&*store, [stamped("m5", Some(5))], 0).await;
    let received = receive(&*store, [stamped("m4", Some(4))], 1).await;
    assert_eq!(received, [Received::Known(State::Ready)]);
    assert_eq!(item(&*store, "a").await.raw, stamped("m5", None).raw);

    // One without a stamp may be newer; the known stamp stays.
    assert_eq!(receive(&*store, [stamped("none", None)], 2).await, [Received::Replaced]);
    assert_eq!(receive(&*store, [stamped("m4", Some(4))], 3).await, [Received::Known(State::Ready)]);
    // An equal stamp is not older.
    assert_eq!(receive(&*store, [stamped("m5", Some(5))], 4).await, [Received::Replaced]);
    // The same meaning again moves the stamp.
    assert_eq!(receive(&*store, [stamped("m5", Some(6))], 5).await, [Received::Known(State::Ready)]);
    assert_eq!(receive(&*store, [stamped("m4", Some(5))], 6).await, [Received::Known(State::Ready)]);

    assert!(mark(&*store, "a", 7).await);
    assert_eq!(receive(&*store, [stamped("m4", Some(4))], 8).await, [Received::Known(State::Sending)]);
    assert_eq!(receive(&*store, [stamped("m8", Some(8))], 8).await, [Received::Parked]);
    assert_eq!(receive(&*store, [stamped("m7", Some(7))], 8).await, [Received::Known(State::Sending)]);
    assert_eq!(item(&*store, "a").await.newer.unwrap().raw, stamped("m8", None).raw);

    record(&*store, "a", Verdict::NotSent, 9).await;
    assert!(mark(&*store, "a", 10).await);
    record(&*store, "a", Verdict::Booked(held(1)), 11).await;
    assert_eq!(receive(&*store, [stamped("m7", Some(7))], 12).await, [Received::Known(State::Booked)]);
    assert_eq!(receive(&*store, [stamped("m9", Some(9))], 12).await, [Received::Conflict]);
}

pub async fn a_changed_reading_takes_effect(backend: &dyn Backend) {
    let store = backend.open().await;
    let readings = [State::Waiting, State::Ready, State::Refused, State::Skipped];
    for from in readings {
        for to in readings.into_iter().filter(|to| *to != from) {
            let key = format!("{from:?} to {to:?}");
            bring(&*store, &key, from).await;
            let before = item(&*store, &key).await;
            let reread = match to {
                State::Ready => ready(&key),
                _ => Arrival { reason: Some(because("new rule")), ..entered(&key, to) },
            };
            let received = receive(&*store, [reread.clone()], 90).await;
            assert_eq!(received, [Received::Known(to)], "{key}");
            let expected =
                Item { revision: 2, state: to, reason: reread.reason, changed_at: at(90), ..before };
            assert_eq!(item(&*store, &key).await, expected);
        }
    }
    // Under way or closed, the rules of reading do not matter any more.
    for state in [State::Sending, State::Booked, State::Conflict, State::Ignored] {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        receive(&*store, [entered(key, State::Skipped)], 90).await;
        assert_eq!(item(&*store, key).await, before);
    }
    bring(&*store, "retrying", State::Retrying).await;
    receive(&*store, [entered("retrying", State::Skipped)], 90).await;
    let found = item(&*store, "retrying").await;
    assert_eq!((found.state, found.next_try_at), (State::Skipped, None));
}

pub async fn what_a_pass_made_wait_is_planned_anew(backend: &dyn Backend) {
    let store = backend.open().await;
    receive(&*store, [ready("a")], 0).await;
    for verdict in [Verdict::Waiting(because("its sale")), Verdict::Skipped(because("rule"))] {
        record(&*store, "a", verdict, 1).await;
        assert_eq!(receive(&*store, [ready("a")], 2).await, [Received::Known(State::Ready)]);
        assert_eq!(item(&*store, "a").await.reason, None);
    }
    // The reader's reason comes back, too.
    bring(&*store, "b", State::Waiting).await;
    record(&*store, "b", Verdict::Waiting(because("its sale")), 1).await;
    receive(&*store, [entered("b", State::Waiting)], 2).await;
    assert_eq!(item(&*store, "b").await.reason, Some(because("read so")));
    // What a pass refused or put off is planned anew by itself: it keeps its reason.
    for verdict in [Verdict::Refused(because("no")), Verdict::Retry(because("no"), at(500))] {
        record(&*store, "a", verdict, 3).await;
        let before = item(&*store, "a").await;
        receive(&*store, [ready("a")], 4).await;
        assert_eq!(item(&*store, "a").await, before);
    }
}

pub async fn a_key_may_stand_twice_in_a_page(backend: &dyn Backend) {
    let store = backend.open().await;
    let arrivals = [ready("a"), ready("a"), changed("a", "m2"), ready("b"), ready("a")];
    let expected =
        [Received::New, Received::Known(State::Ready), Received::Replaced, Received::New, Received::Replaced];
    assert_eq!(receive(&*store, arrivals, 0).await, expected);
    assert_eq!(item(&*store, "a").await.revision, 3);
    assert_eq!(store.list(&Filter::default()).await.unwrap().len(), 2);
}

pub async fn an_item_moves_to_the_sync_that_shows_it(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let older = Arrival { updated_at: Some(at(-900)), ..ready(key) };
        let other = Page { sync: "other".to_owned(), ..page([older]) };
        store.ingest_page(&other, at(90)).await.unwrap();
        let stays = matches!(state, State::Sending | State::Booked | State::Conflict);
        assert_eq!(item(&*store, key).await.sync, if stays { "s" } else { "other" }, "{key}");
    }
}

pub async fn a_change_while_sending_is_parked(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Sending).await;
    let before = item(&*store, "a").await;
    let later = Arrival { total: None, format: "orderid/2".to_owned(), ..changed("a", "m2") };
    assert_eq!(receive(&*store, [later.clone()], 90).await, [Received::Parked]);
    assert_eq!(receive(&*store, [later.clone()], 91).await, [Received::Known(State::Sending)]);
    drop(store);

    let store = backend.open().await;
    let newer = Newer { raw: later.raw, format: later.format, total: None, received_at: at(90) };
    assert_eq!(item(&*store, "a").await, Item { newer: Some(newer), ..before });
    // The last one counts.
    assert_eq!(receive(&*store, [changed("a", "m3")], 92).await, [Received::Parked]);
    assert_eq!(item(&*store, "a").await.newer.unwrap().raw, changed("a", "m3").raw);
}

pub async fn the_sent_meaning_again_drops_what_is_parked(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Sending).await;
    let before = item(&*store, "a").await;
    receive(&*store, [changed("a", "m2")], 90).await;
    assert_eq!(receive(&*store, [ready("a")], 91).await, [Received::Known(State::Sending)]);
    assert_eq!(item(&*store, "a").await, before);
    record(&*store, "a", Verdict::Booked(held(1)), 92).await;
    assert_eq!(item(&*store, "a").await.state, State::Booked);
}

pub async fn a_change_after_booking_is_a_conflict(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Booked).await;
    let before = item(&*store, "a").await;
    assert_eq!(receive(&*store, [changed("a", "m2")], 90).await, [Received::Conflict]);
    drop(store);

    let store = backend.open().await;
    let found = item(&*store, "a").await;
    assert_eq!(found.reason.as_ref().unwrap().code, Code::ChangedAfterBooking);
    assert_eq!((found.state, found.changed_at), (State::Conflict, at(90)));
    assert_eq!(found.newer.as_ref().unwrap().raw, changed("a", "m2").raw);
    // What was booked stays as it is.
    assert_eq!((&found.raw, &found.booked, found.revision), (&before.raw, &before.booked, 1));

    for known in [changed("a", "m2"), ready("a")] {
        assert_eq!(receive(&*store, [known], 91).await, [Received::Known(State::Conflict)]);
    }
    assert_eq!(item(&*store, "a").await, found);
    assert_eq!(receive(&*store, [changed("a", "m3")], 92).await, [Received::Conflict]);
    let newer = item(&*store, "a").await.newer.unwrap();
    assert_eq!((newer.raw, newer.received_at), (changed("a", "m3").raw, at(92)));
}

pub async fn a_change_that_is_seen_to_is_no_conflict_any_more(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Booked).await;
    let booked = item(&*store, "a").await;
    record(&*store, "a", Verdict::Followed, 80).await;
    assert_eq!(item(&*store, "a").await, booked, "nothing came yet");
    receive(&*store, [changed("a", "m2")], 90).await;
    record(&*store, "a", Verdict::Followed, 91).await;
    drop(store);

    let store = backend.open().await;
    let found = item(&*store, "a").await;
    assert_eq!((found.state, &found.reason, found.changed_at), (State::Booked, &None, at(91)));
    assert_eq!((&found.raw, &found.booked), (&booked.raw, &booked.booked));
    assert_eq!(found.newer.as_ref().unwrap().raw, changed("a", "m2").raw);
    // Seen again it is no news; another change is, and the old content is back where it was.
    assert_eq!(receive(&*store, [changed("a", "m2")], 92).await, [Received::Known(State::Booked)]);
    assert_eq!(item(&*store, "a").await, found);
    assert_eq!(receive(&*store, [changed("a", "m3")], 93).await, [Received::Conflict]);
    record(&*store, "a", Verdict::Followed, 94).await;
    assert_eq!(receive(&*store, [ready("a")], 95).await, [Received::Known(State::Booked)]);
    assert_eq!(item(&*store, "a").await.newer, None);
}

pub async fn a_newer_reader_alone_makes_no_conflict(backend: &dyn Backend) {
    let store = backend.open().await;
    let reread = |key: &str| Arrival { meaning: "m1, read anew".to_owned(), ..ready(key) };
    for state in [State::Sending, State::Booked] {
        let key = state.as_str();
        bring(&*store, key, state).await;
        let before = item(&*store, key).await;
        assert_eq!(receive(&*store, [reread(key)], 90).await, [Received::Known(state)]);
        assert_eq!(item(&*store, key).await, before);
        // The new meaning is now the one to compare with.
        let respelled = Arrival { raw: "another spelling".to_owned(), ..reread(key) };
        assert_eq!(receive(&*store, [respelled], 91).await, [Received::Known(state)]);
    }
    // Before anything left, the plan must follow the new reading.
    bring(&*store, "a", State::Ready).await;
    assert_eq!(receive(&*store, [reread("a")], 90).await, [Received::Replaced]);
}

pub async fn completing_what_was_sent_open_makes_no_conflict(backend: &dyn Backend) {
    let store = backend.open().await;
    for (key, state) in [("a", State::Sending), ("b", State::Booked)] {
        receive(&*store, [changed(key, "open>done")], 0).await;
        assert!(mark(&*store, key, 1).await);
        if state == State::Booked {
            record(&*store, key, Verdict::Booked(held(7)), 2).await;
        }
        assert_eq!(receive(&*store, [changed(key, "done")], 3).await, [Received::Known(state)]);
        let found = item(&*store, key).await;
        assert_eq!((found.raw, found.newer), (changed(key, "done").raw, None));
        // And back again it would be one.
        let again = receive(&*store, [changed(key, "open>done")], 4).await;
        assert_ne!(again, [Received::Known(state)]);
    }
}

pub async fn an_ignored_order_takes_the_content_and_stays_closed(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Ignored).await;
    assert_eq!(receive(&*store, [changed("a", "m2")], 90).await, [Received::Known(State::Ignored)]);
    let found = item(&*store, "a").await;
    assert_eq!((found.state, found.reason), (State::Ignored, Some(closed("anna", "a test"))));
    assert_eq!((found.raw, found.revision), (changed("a", "m2").raw, 2));
}

pub async fn an_ignored_order_forgets_a_change_that_its_source_took_back(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Ignored).await;
    // Odoo held it after all; it changed there, and is gone: what was closed is closed again.
    record(&*store, "a", Verdict::Booked(held(9)), 80).await;
    receive(&*store, [changed("a", "m2")], 81).await;
    record(&*store, "a", Verdict::Gone(because("gone")), 82).await;
    let found = item(&*store, "a").await;
    assert_eq!((found.state, found.newer.unwrap().raw), (State::Ignored, changed("a", "m2").raw));

    assert_eq!(receive(&*store, [ready("a")], 90).await, [Received::Known(State::Ignored)]);
    assert_eq!(item(&*store, "a").await.newer, None);
    // Opened again, it is booked as the source shows it.
    assert_eq!(decide(&*store, &["a".to_owned()], Decided::Open, 91).await, ["a"]);
    let found = item(&*store, "a").await;
    assert_eq!((found.state, found.raw), (State::Ready, ready("a").raw));
}

pub async fn the_cursor_never_goes_back(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.cursor("feed").await.unwrap(), None);
    let moved = |seconds| Page { cursor: Some(("feed".to_owned(), at(seconds))), ..page([ready("a")]) };
    for (to, expected) in [(50, 50), (40, 50), (60, 60)] {
        store.ingest_page(&moved(to), at(0)).await.unwrap();
        assert_eq!(store.cursor("feed").await.unwrap(), Some(at(expected)));
    }
    receive(&*store, [ready("b")], 1).await;
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.cursor("feed").await.unwrap(), Some(at(60)));
    assert_eq!(store.cursor("another").await.unwrap(), None);
}
