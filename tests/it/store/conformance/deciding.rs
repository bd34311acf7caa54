//! What people decided, here and as Odoo knows it.

use super::*;

fn learned(key: &str, decided: Decided) -> Decision {
    let (by, reason) = ("bert".to_owned(), "in Odoo".to_owned());
    Decision { key: key.to_owned(), decided, reason, by, at: at(40), told: true }
}

async fn untold(store: &dyn Store) -> Vec<String> {
    let found = store.decisions(true, "", 10).await.unwrap();
    found.into_iter().map(|decision| decision.key).collect()
}

pub async fn a_decision_is_kept_until_it_is_told(backend: &dyn Backend) {
    let store = backend.open().await;
    for (key, state) in [("a", State::Waiting), ("b", State::Ready), ("c", State::Booked)] {
        bring(&*store, key, state).await;
    }
    let keys = ["c", "b", "a", "nobody"].map(str::to_owned);
    assert_eq!(decide(&*store, &keys, Decided::Ignored, 50).await, ["b", "a"]);
    drop(store);

    let store = backend.open().await;
    assert_eq!(untold(&*store).await, ["a", "b"]);
    let page = store.decisions(false, "a", 10).await.unwrap();
    let expected = Decision { at: at(50), told: false, ..learned("b", Decided::Ignored) };
    let expected = Decision { by: "anna".into(), reason: "a test".into(), ..expected };
    assert_eq!(page, [expected]);
    assert_eq!(store.decisions(false, "", 1).await.unwrap().len(), 1);

    // Decided anew while Odoo was told: told again.
    decide(&*store, &["b".to_owned()], Decided::Open, 51).await;
    store.told(&page).await.unwrap();
    assert_eq!(untold(&*store).await, ["a", "b"]);
    store.told(&store.decisions(true, "", 10).await.unwrap()).await.unwrap();
    assert_eq!(untold(&*store).await, Vec::<String>::new());
    let [_, b] = &store.decisions(false, "", 10).await.unwrap()[..] else { panic!("two decisions") };
    assert_eq!((b.decided, b.told), (Decided::Open, true));
    // What was completed before it was closed is so when it is opened again.
    decide(&*store, &["a".to_owned()], Decided::Open, 52).await;
    receive(&*store, [Arrival { raw: "open".into(), ..entered("w", State::Waiting) }], 53).await;
    for decided in [Decided::Completed, Decided::Ignored, Decided::Open] {
        assert_eq!(decide(&*store, &["w".to_owned()], decided, 54).await, ["w"]);
    }
    let found = store.decisions(true, "a", 10).await.unwrap();
    assert_eq!(found.iter().map(|one| one.decided).collect::<Vec<_>>(), [Decided::Completed]);
}

pub async fn what_is_learned_takes_effect_at_once(backend: &dyn Backend) {
    let store = backend.open().await;
    for state in State::ALL {
        bring(&*store, state.as_str(), state).await;
    }
    let of_all = |decided| State::ALL.map(|state| learned(state.as_str(), decided));
    store.learn(&of_all(Decided::Ignored), at(90)).await.unwrap();
    for state in State::ALL {
        let found = item(&*store, state.as_str()).await;
        let stays = matches!(state, State::Sending | State::Booked | State::Conflict);
        assert_eq!(found.state, if stays { state } else { State::Ignored });
        if !stays {
            // Decided here, it is not overwritten by what Odoo knew before.
            let by = if state == State::Ignored { ("anna", "a test") } else { ("bert", "in Odoo") };
            assert_eq!(found.reason, Some(closed(by.0, by.1)));
        }
    }
    let waiting = item(&*store, "waiting").await;
    store.learn(&[learned("waiting", Decided::Completed)], at(91)).await.unwrap();
    let found = item(&*store, "waiting").await;
    assert_eq!((found.state, found.reason, found.revision), (State::Ready, None, waiting.revision + 1));
    assert_eq!(found.completion.map(|word| (word.by, word.at)), Some(("bert".to_owned(), at(40))));
    store.learn(&[learned("ready", Decided::Open)], at(92)).await.unwrap();
    assert_eq!(item(&*store, "ready").await.state, State::Ready);
    // The same again changes nothing.
    let before = item(&*store, "ready").await;
    store.learn(&[learned("ready", Decided::Open)], at(93)).await.unwrap();
    assert_eq!(item(&*store, "ready").await, before);
    assert_eq!(untold(&*store).await, ["ignored"]);
}

pub async fn what_is_learned_waits_for_the_order(backend: &dyn Backend) {
    let store = backend.open().await;
    let known = [learned("a", Decided::Ignored), learned("b", Decided::Completed)];
    store.learn(&known, at(10)).await.unwrap();
    let open = entered("b", State::Waiting);
    // What is said of them is what they are by then.
    let obeyed = [Received::Known(State::Ignored), Received::Known(State::Ready), Received::New];
    assert_eq!(receive(&*store, [ready("a"), open, ready("c")], 11).await, obeyed);
    let state = async |key| item(&*store, key).await.state;
    assert_eq!(
        [state("a").await, state("b").await, state("c").await],
        [State::Ignored, State::Ready, State::Ready]
    );
    assert!(!mark(&*store, "a", 12).await);
    receive(&*store, [changed("a", "m2")], 13).await;
    assert_eq!(item(&*store, "a").await.state, State::Ignored);
}

pub async fn what_is_released_is_so_wherever_it_is_learned(backend: &dyn Backend) {
    let store = backend.open().await;
    for (key, state) in [("late", State::Refused), ("w", State::Waiting), ("b", State::Booked)] {
        bring(&*store, key, state).await;
    }
    let keys = ["late", "w", "b"].map(str::to_owned);
    assert_eq!(decide(&*store, &keys, Decided::Released, 50).await, ["late"]);
    let word = async |key| item(&*store, key).await.completion.map(|word| (word.by, word.at, word.late));
    assert_eq!(item(&*store, "late").await.state, State::Ready);
    assert_eq!(word("late").await, Some(("anna".to_owned(), at(50), true)));
    // Refused for another reason it stays so, and released it stays as well.
    record(&*store, "late", Verdict::Refused(because("no product")), 51).await;
    assert_eq!(item(&*store, "late").await.state, State::Refused);
    for decided in [Decided::Ignored, Decided::Open] {
        assert_eq!(decide(&*store, &keys[..1], decided, 52).await, ["late"]);
    }
    let kept = store.decisions(true, "", 10).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.decided).collect::<Vec<_>>(), [Decided::Released]);

    // Learned, it holds for one that waits, for one that was completed, and for one to come.
    store.learn(&[learned("w", Decided::Completed)], at(60)).await.unwrap();
    store.learn(&["w", "new"].map(|key| learned(key, Decided::Released)), at(61)).await.unwrap();
    let new = Arrival { state: State::Waiting, ..ready("new") };
    assert_eq!(receive(&*store, [new], 62).await, [Received::Known(State::Ready)]);
    for key in ["w", "new"] {
        assert_eq!(item(&*store, key).await.state, State::Ready);
        assert_eq!(word(key).await, Some(("bert".to_owned(), at(40), true)));
    }
}

pub async fn an_untold_decision_outweighs_what_is_learned(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Ignored).await;
    store.learn(&[learned("a", Decided::Open)], at(90)).await.unwrap();
    assert_eq!(item(&*store, "a").await.state, State::Ignored);
    store.told(&store.decisions(true, "", 10).await.unwrap()).await.unwrap();
    store.learn(&[learned("a", Decided::Open)], at(91)).await.unwrap();
    assert_eq!(item(&*store, "a").await.state, State::Ready);
}

pub async fn an_order_in_doubt_obeys_once_its_outcome_is_known(backend: &dyn Backend) {
    let store = backend.open().await;
    for key in ["gone", "parked", "held"] {
        bring(&*store, key, State::Sending).await;
        store.learn(&[learned(key, Decided::Ignored)], at(90)).await.unwrap();
        assert_eq!(item(&*store, key).await.state, State::Sending);
    }
    receive(&*store, [changed("parked", "m2")], 91).await;
    record(&*store, "gone", Verdict::NotSent, 92).await;
    record(&*store, "parked", Verdict::NotSent, 92).await;
    record(&*store, "held", Verdict::Booked(held(7)), 92).await;
    assert_eq!(item(&*store, "gone").await.state, State::Ignored);
    assert_eq!(item(&*store, "parked").await.state, State::Ignored);
    assert_eq!(item(&*store, "held").await.state, State::Booked);
}
