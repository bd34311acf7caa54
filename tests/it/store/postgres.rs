//! PostgreSQL under the suite, and what only a server can suffer.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, Executor as _};
use tillbridge::store::{
    Arrival, Booked, Filter, Finding, Item, Page, Places, PostgresStore, Received, Sending, State, Store,
    StoreError, Token, Verdict,
};

use super::conformance::{Backend, conformance};
use crate::support::postgres::Database;

#[async_trait]
impl Backend for Database {
    async fn open(&self) -> Box<dyn Store> {
        expire(self).await;
        Box::new(store(self).await)
    }
}

conformance!(Database::new());

async fn store(database: &Database) -> PostgresStore {
    PostgresStore::open(&database.url()).await.expect("the store opens")
}

/// Lets every lease run out.
async fn expire(database: &Database) {
    let there = "select to_regclass('tillbridge.lease') is not null";
    let mut db = database.connect().await;
    if sqlx::query_scalar(there).fetch_one(&mut db).await.expect("an answer") {
        let over = "update tillbridge.lease set expires_at = clock_timestamp()";
        db.execute(sqlx::raw_sql(over)).await.expect("leases run out");
    }
}

async fn set(database: &Database, sql: &'static str) {
    database.connect().await.execute(sqlx::raw_sql(sql)).await.expect("it is set");
}

#[tokio::test]
async fn sidecars_that_start_at_the_same_time_make_one_schema() {
    let database = Database::new();
    let stores = futures::future::join_all((0..5).map(|_| store(&database))).await;
    for (n, store) in stores.iter().enumerate() {
        store.set_note(&n.to_string(), "here").await.unwrap();
    }
    assert_eq!(stores[0].note("4").await.unwrap().as_deref(), Some("here"));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = Database::new();
    store(&database).await;
    set(&database, "update tillbridge.schema_version set version = 99").await;
    let error = PostgresStore::open(&database.url()).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{message}");
    assert!(message.contains("written by a newer tillbridge"), "{message}");
    set(&database, "update tillbridge.schema_version set version = 5").await;
    store(&database).await;
}

#[tokio::test]
async fn what_cannot_be_is_found() {
    let database = Database::new();
    let store = store(&database).await;
    store.ingest_page(&orders(0..4), now()).await.unwrap();
    assert_eq!(store.check().await.unwrap().findings, Vec::<String>::new());
    set(
        &database,
        "update tillbridge.inbox set raw = 'something else' where external_id = '1'; \
         update tillbridge.outcome set state = 'sending', attempts = 1, payload_hash = 'h' where seq = 3; \
         update tillbridge.outcome set state = 'lost' where seq = 4",
    )
    .await;
    let found = store.check().await.unwrap();
    let said = found.findings.join("\n");
    for finding in [
        "The order 1: its text is not what was received.",
        "The order 2: it is being sent, and nothing says by whom.",
        "The order 3: state holds \"lost\", which this version does not know",
    ] {
        assert!(said.contains(finding), "{finding} is not in:\n{said}");
    }
    assert_eq!((found.findings.len(), found.orders.len()), (3, 2), "{said}");
}

/// A page of ready orders.
fn orders(range: std::ops::Range<usize>) -> Page {
    let arrival = |n: usize| Arrival {
        key: format!("v1:src/-/{n}/sale"),
        external_id: n.to_string(),
        raw: format!("{{\"OrderID\":{n}}}"),
        format: "orderid/1".to_owned(),
        meaning: format!("meaning {n}"),
        state: State::Ready,
        reason: None,
        sale_at: Some(now()),
        updated_at: None,
        total: Some(Decimal::new(13_800, 2)),
    };
    let arrivals = range.map(arrival).collect();
    Page {
        source: "src".to_owned(),
        sync: "s".to_owned(),
        arrivals,
        cursor: None,
        steps_from: None,
        asked: BTreeSet::new(),
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_123).unwrap()
}

fn sending(items: &[Item]) -> Vec<Sending> {
    let sending = |item: &Item| Sending {
        key: item.key.clone(),
        revision: item.revision,
        payload_hash: "hash".to_owned(),
    };
    items.iter().map(sending).collect()
}

async fn ready(store: &PostgresStore) -> Vec<Item> {
    store.claim("s", &Places::All, 0, 1000, now()).await.unwrap()
}

async fn take(store: &PostgresStore, name: &str) -> Token {
    store.take_lease(name, "one").await.unwrap().unwrap()
}

#[tokio::test]
async fn a_lease_is_one_holders_until_it_is_given_back_or_runs_out() {
    let database = Database::new();
    let (one, two) = (store(&database).await, store(&database).await);
    let first = take(&one, "shop 1").await;
    let holder = two.take_lease("shop 1", "two").await.unwrap().unwrap_err();
    assert_eq!(holder.who, "one");
    assert!((Utc::now() - holder.since).abs() < TimeDelta::minutes(5), "{}", holder.text());
    assert_eq!(two.holders("shop").await.unwrap(), [holder]);
    assert_eq!(two.holders("feed").await.unwrap(), []);
    // Whoever has it does not get it twice either: the task that renews it has it.
    assert!(one.take_lease("shop 1", "one").await.unwrap().is_err());
    take(&two, "shop 2").await;

    one.give_back(first).await.unwrap();
    let second = two.take_lease("shop 1", "two").await.unwrap().unwrap();
    assert_ne!(first, second);
    // The first one has nothing to give back or to renew any more.
    one.give_back(first).await.unwrap();
    assert_eq!(one.renew_leases(&[first, second]).await.unwrap(), [second]);

    expire(&database).await;
    assert_eq!(two.holders("").await.unwrap(), []);
    assert_eq!(two.renew_leases(&[second]).await.unwrap(), []);
    take(&one, "shop 1").await;
}

#[tokio::test]
async fn of_many_who_ask_one_gets_the_lease() {
    let database = Database::new();
    let stores = futures::future::join_all((0..4).map(|_| store(&database))).await;
    for round in 0..5 {
        let name = format!("shop {round}");
        let asked = stores.iter().flat_map(|store| (0..3).map(|_| store.take_lease(&name, "somebody")));
        let taken = futures::future::join_all(asked).await;
        assert_eq!(taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_ok()).count(), 1);
    }
}

#[tokio::test]
async fn what_is_being_sent_is_in_doubt_once_its_lease_is_over() {
    let database = Database::new();
    let (one, two) = (store(&database).await, store(&database).await);
    one.ingest_page(&orders(0..4), now()).await.unwrap();
    let items = ready(&one).await;
    let lease = take(&one, "shop 1").await;
    assert_eq!(one.mark_sending(&sending(&items), lease, now()).await.unwrap().len(), 4);
    assert_eq!(two.in_doubt("s").await.unwrap(), []);
    assert_eq!(ready(&two).await, []);

    // Nobody else says what became of it, unless Odoo has it.
    let finding =
        |n: usize, verdict| Finding { key: items[n].key.clone(), revision: 1, verdict, steps: Vec::new() };
    let held = Booked { pos_order_id: 7, name: "Shop/7".to_owned(), total: Decimal::ONE, warnings: vec![] };
    two.record(&[finding(0, Verdict::NotSent)], None, now()).await.unwrap();
    two.record(&[finding(1, Verdict::Booked(held))], None, now()).await.unwrap();
    one.record(&[finding(2, Verdict::NotSent)], Some(lease), now()).await.unwrap();
    let states: Vec<State> =
        one.list(&Filter::default()).await.unwrap().iter().map(|item| item.state).collect();
    assert_eq!(states, [State::Sending, State::Booked, State::Ready, State::Sending]);

    expire(&database).await;
    let doubtful = two.in_doubt("s").await.unwrap();
    assert_eq!(doubtful.iter().map(|item| item.external_id.as_str()).collect::<Vec<_>>(), ["0", "3"]);
    let heir = take(&two, "shop 1").await;
    two.record(&[finding(0, Verdict::NotSent)], Some(heir), now()).await.unwrap();
    let again = sending(&ready(&two).await);
    assert_eq!(two.mark_sending(&again, heir, now()).await.unwrap().len(), 2);
    // The first one wakes up: what it thinks of the order does not count any more.
    one.record(&[finding(0, Verdict::NotSent)], Some(lease), now()).await.unwrap();
    assert_eq!(one.get(&[items[0].key.clone()]).await.unwrap()[0].state, State::Sending);
}

#[tokio::test]
async fn who_lost_the_lease_sends_nothing_more() {
    let database = Database::new();
    let (one, two) = (store(&database).await, store(&database).await);
    one.ingest_page(&orders(0..2), now()).await.unwrap();
    let items = ready(&one).await;
    let lease = take(&one, "shop 1").await;
    expire(&database).await;
    for other in [false, true] {
        if other {
            take(&two, "shop 1").await;
        }
        let error = one.mark_sending(&sending(&items), lease, now()).await.unwrap_err();
        assert!(matches!(error, StoreError::LeaseLost), "{error}");
        assert_eq!(ready(&two).await, items);
    }
}

#[tokio::test]
async fn two_sidecars_mark_and_receive_side_by_side() {
    let database = Database::new();
    let (one, two) = (store(&database).await, store(&database).await);
    // The same pages, in opposite order of their orders: nobody waits for the other for ever.
    let mut backwards = orders(0..300);
    backwards.arrivals.reverse();
    let (forwards, page) = (orders(0..300), &backwards);
    let (first, second) = tokio::join!(one.ingest_page(&forwards, now()), two.ingest_page(page, now()));
    let news = |received: Vec<Received>| received.iter().filter(|one| **one == Received::New).count();
    assert_eq!(news(first.unwrap()) + news(second.unwrap()), 300);

    let mut wanted = sending(&ready(&one).await);
    let leases = (take(&one, "shop 1").await, take(&two, "shop 2").await);
    let forwards = wanted.clone();
    wanted.reverse();
    let (first, second) = tokio::join!(
        one.mark_sending(&forwards, leases.0, now()),
        two.mark_sending(&wanted, leases.1, now())
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    let marked: BTreeSet<&String> = first.iter().chain(&second).collect();
    assert_eq!((marked.len(), first.len() + second.len()), (300, 300), "no order twice, none left");
    let attempts: u32 = one.list(&Filter::default()).await.unwrap().iter().map(|item| item.attempts).sum();
    assert_eq!(attempts, 300);
}

#[tokio::test]
async fn an_order_that_somebody_changes_at_this_moment_is_left_for_later() {
    let database = Database::new();
    let store = store(&database).await;
    store.ingest_page(&orders(0..3), now()).await.unwrap();
    let wanted = sending(&ready(&store).await);
    let lease = take(&store, "shop 1").await;
    let mut other = database.connect().await;
    let mut change = other.begin().await.unwrap();
    change.execute("select from tillbridge.outcome where seq = 2 for update").await.unwrap();
    let marked = store.mark_sending(&wanted, lease, now()).await.unwrap();
    assert_eq!(marked, [wanted[0].key.clone(), wanted[2].key.clone()]);
    drop(change);
}

#[tokio::test]
async fn a_request_is_one_services_and_goes_on_to_another_when_that_one_dies() {
    let database = Database::new();
    let (one, two) = (store(&database).await, store(&database).await);
    let (first, second) = (take(&one, "service 1").await, take(&two, "service 2").await);
    for _ in 0..20 {
        one.ask("sync", "{}", now()).await.unwrap();
    }
    let all = async |store: &PostgresStore, service| {
        let mut ids = Vec::new();
        while let Some(request) = store.take_request(service, now()).await.unwrap() {
            ids.push(request.id);
        }
        ids
    };
    let (by_one, by_two) = tokio::join!(all(&one, first), all(&two, second));
    let taken: BTreeSet<i64> = by_one.iter().chain(&by_two).copied().collect();
    assert_eq!((taken.len(), by_one.len() + by_two.len()), (20, 20));
    assert_eq!(two.release_requests(now()).await.unwrap(), 0);

    one.give_back(first).await.unwrap();
    assert_eq!(all(&two, second).await, by_one);
}

/// Ends every connection of the store at the server, as a restart does.
async fn cut(database: &Database) -> i64 {
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
               where datname = current_database() and usename = current_user and pid <> pg_backend_pid()";
    sqlx::query_scalar(cut).fetch_one(&mut database.connect().await).await.expect("connections are ended")
}

#[tokio::test]
async fn broken_connections_lose_nothing() {
    let database = Database::new();
    let store = store(&database).await;
    let working = async {
        let mut new = 0;
        for start in (0..600).step_by(20) {
            match store.ingest_page(&orders(start..start + 20), now()).await {
                Ok(received) => new += received.iter().filter(|one| **one == Received::New).count(),
                // The commit may have got through: the page is shown again.
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains("nothing stored is lost"), "{message}");
                    store.ingest_page(&orders(start..start + 20), now()).await.unwrap();
                }
            }
        }
        new
    };
    let cutting = async {
        let mut cuts = 0;
        for _ in 0..10 {
            cuts += cut(&database).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cuts
    };
    let (new, cuts) = tokio::join!(working, cutting);
    assert!(cuts > 0, "no connection was cut");
    assert!(new > 0);
    let all = store.list(&Filter::default()).await.unwrap();
    assert_eq!(all.len(), 600);
    assert!(all.iter().all(|item| item.state == State::Ready && item.revision == 1));
}

#[tokio::test]
async fn what_cannot_be_opened_says_what_to_do_and_never_the_password() {
    let database = Database::new();
    let url = database.url().expose_secret().to_owned();
    let wrong_password = url.replacen(":tillbridge@", ":s3cret@", 1);
    let no_database = format!("{url}_not_there");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("postgres://u:s3cret@{free}/d");
    let encrypted = format!("{url}?sslmode=require");
    for (url, said) in [
        (wrong_password, "check user and password of the [store] url"),
        (no_database, "create that database: createdb NAME"),
        (nobody, "no PostgreSQL answers there; start it, or correct the [store] url"),
        (encrypted, "the connection cannot be encrypted as asked"),
        ("mysql://u:s3cret@127.0.0.1/d".to_owned(), "it does not begin with postgres://"),
        (
            "postgres://u:s3cret@127.0.0.1:port/d".to_owned(),
            "write postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
    ] {
        let message = PostgresStore::open(&url.into()).await.unwrap_err().to_string();
        assert!(message.contains(said), "{said}: {message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}
