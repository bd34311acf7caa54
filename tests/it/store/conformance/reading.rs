//! Reading the inbox.

use std::collections::BTreeSet;

use super::*;
use tillbridge::store::{Filter, Places};

fn keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.key.as_str()).collect()
}

/// One item in each state, its key the state's text, and one of another sync and source.
async fn one_of_each(store: &dyn Store) {
    for state in State::ALL {
        bring(store, state.as_str(), state).await;
    }
    let foreign = Page { source: "another".to_owned(), sync: "other".to_owned(), ..page([ready("foreign")]) };
    store.ingest_page(&foreign, at(3)).await.unwrap();
}

pub async fn claims_come_in_order_and_in_pages(backend: &dyn Backend) {
    let store = backend.open().await;
    one_of_each(&*store).await;
    let due = store.claim("s", &Places::All, 0, 100, at(500)).await.unwrap();
    assert_eq!(keys(&due), ["ready", "refused", "retrying"]);
    let early = store.claim("s", &Places::All, 0, 100, at(499)).await.unwrap();
    assert_eq!(keys(&early), ["ready", "refused"]);
    assert_eq!(keys(&store.claim("other", &Places::All, 0, 100, at(500)).await.unwrap()), ["foreign"]);

    let mut after = 0;
    for expected in ["ready", "refused", "retrying"] {
        let page = store.claim("s", &Places::All, after, 1, at(500)).await.unwrap();
        assert_eq!(keys(&page), [expected]);
        after = page[0].seq;
    }
    assert_eq!(store.claim("s", &Places::All, after, 1, at(500)).await.unwrap(), []);
    // Claiming takes nothing away.
    assert_eq!(store.claim("s", &Places::All, 0, 100, at(500)).await.unwrap(), due);
}

pub async fn claims_keep_to_their_places(backend: &dyn Backend) {
    let store = backend.open().await;
    let orders = ["v1:s/1/a/sale", "v1:s/11/a/sale", "v1:s/-/a/sale", "v1:s/Ö%/a/sale", "unreadable:s:1"];
    receive(&*store, orders.map(ready), 0).await;
    let claimed = async |places: &Places| {
        let items = store.claim("s", places, 0, 100, at(1)).await.unwrap();
        assert!(items.iter().all(|item| places.hold(&item.key)), "{places:?}");
        items.into_iter().map(|item| item.key).collect::<Vec<_>>()
    };
    let listed = || vec!["v1:s/1/".to_owned(), "v1:s/Ö%/".to_owned()];
    assert_eq!(claimed(&Places::Of(listed())).await, [orders[0], orders[3]]);
    assert_eq!(claimed(&Places::NotOf(listed())).await, [orders[1], orders[2], orders[4]]);
    assert_eq!(claimed(&Places::Of(Vec::new())).await, [""; 0]);
    assert_eq!(claimed(&Places::NotOf(Vec::new())).await, orders);
    assert_eq!(claimed(&Places::All).await, orders);
}

pub async fn a_clock_put_back_puts_nothing_off(backend: &dyn Backend) {
    let store = backend.open().await;
    bring(&*store, "a", State::Sending).await;
    record(&*store, "a", Verdict::Retry(because("busy"), at(500)), 470).await;
    for (now, due) in [(480, false), (500, true), (469, true), (-86_400, true)] {
        let claimed = store.claim("s", &Places::All, 0, 9, at(now)).await.unwrap();
        assert_eq!(claimed.len(), usize::from(due), "{now}");
    }
}

pub async fn lists_obey_every_filter(backend: &dyn Backend) {
    let store = backend.open().await;
    one_of_each(&*store).await;
    let all = store.list(&Filter::default()).await.unwrap();
    assert_eq!(all.len(), 11);
    assert!(all.is_sorted_by_key(|item| item.seq));

    let of = |states: &[State]| Filter {
        states: states.iter().copied().collect::<BTreeSet<_>>(),
        ..Filter::default()
    };
    let text = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (of(&[State::Booked]), vec!["booked"]),
        (of(&[State::Refused, State::Conflict]), vec!["refused", "conflict"]),
        (of(&[State::Ready]), vec!["ready", "foreign"]),
        (Filter { sync: text("s"), ..of(&[State::Ready]) }, vec!["ready"]),
        (Filter { sync: text("other"), ..Filter::default() }, vec!["foreign"]),
        (Filter { source: text("another"), ..Filter::default() }, vec!["foreign"]),
        (Filter { external_id: text("id of booked"), ..Filter::default() }, vec!["booked"]),
        (Filter { external_id: text("id of booked"), ..of(&[State::Ready]) }, vec![]),
        (Filter { external_id: text("booked"), ..Filter::default() }, vec![]),
        (Filter { mentions: text("RAW / of-booked"), ..Filter::default() }, vec!["booked"]),
        (Filter { mentions: text("raw%booked"), ..Filter::default() }, vec![]),
    ] {
        assert_eq!(keys(&store.list(&filter).await.unwrap()), expected, "{filter:?}");
        assert_eq!(store.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    }

    let newest = Filter { newest_first: true, limit: 2, ..Filter::default() };
    assert_eq!(keys(&store.list(&newest).await.unwrap()), ["foreign", "missing"]);
    assert_eq!(store.count(&newest).await.unwrap(), 11);

    let mut paged = Vec::new();
    loop {
        let after = paged.last().map_or(0, |item: &Item| item.seq);
        let page = store.list(&Filter { after, limit: 3, ..Filter::default() }).await.unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

pub async fn items_are_got_by_key(backend: &dyn Backend) {
    let store = backend.open().await;
    let strange = "it's \"a\" \\ ключ";
    receive(&*store, [ready("a"), ready("b"), ready(strange)], 0).await;
    let asked = [strange, "nobody", "b", "b"].map(str::to_owned);
    assert_eq!(keys(&store.get(&asked).await.unwrap()), ["b", strange]);
    assert_eq!(store.get(&[]).await.unwrap(), []);
}

pub async fn items_are_counted_by_state(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.counts("s").await.unwrap(), []);
    receive(&*store, ["a", "b", "c", "d"].map(ready), 0).await;
    receive(&*store, [entered("e", State::Waiting)], 0).await;
    record(&*store, "a", Verdict::Booked(held(1)), 1).await;
    let expected = [(State::Waiting, 1), (State::Ready, 3), (State::Booked, 1)];
    assert_eq!(store.counts("s").await.unwrap(), expected);
    assert_eq!(store.counts("other").await.unwrap(), []);
}
