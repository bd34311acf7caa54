//! What only a file can suffer.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{Connection as _, Executor};
use tempfile::TempDir;

use super::sql::{ingest, query, retire};
use super::*;
use crate::store::{
    Arrival, Booked, Decided, Filter, Finding, Page, Places, Received, Retention, Sending, Stage, State,
    Store, StoreError, Token, Verdict,
};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path()).await.unwrap()
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_123).unwrap()
}

fn orders(range: std::ops::Range<usize>) -> Page {
    let arrival = |n: usize| Arrival {
        key: format!("v1:src:-:{n}:sale"),
        external_id: n.to_string(),
        raw: format!("{{\"OrderID\":{n},\"pad\":\"{}\"}}", "x".repeat(1500)),
        format: "orderid/1".to_owned(),
        meaning: format!("meaning {n}"),
        state: State::Ready,
        reason: None,
        sale_at: Some(now()),
        updated_at: None,
        total: Some(Decimal::new(13_800, 2)),
    };
    Page {
        source: "src".to_owned(),
        sync: "s".to_owned(),
        arrivals: range.map(arrival).collect(),
        cursor: Some(("feed".to_owned(), now())),
        steps_from: None,
        asked: BTreeSet::new(),
    }
}

async fn error_at(path: &Path) -> String {
    SqliteStore::open(path).await.unwrap_err().to_string()
}

/// Every file of the store as it is on the disk this moment, as after a power cut.
fn copy(from: &Folder) -> Folder {
    let to = Folder::new();
    for entry in fs::read_dir(from.0.path()).unwrap() {
        let entry = entry.unwrap();
        // The shared-memory index is no durable state: SQLite builds it anew.
        if !entry.path().display().to_string().ends_with("-shm") {
            fs::copy(entry.path(), to.0.path().join(entry.file_name())).unwrap();
        }
    }
    to
}

#[tokio::test]
async fn what_was_acknowledged_survives_at_every_moment() {
    let folder = Folder::new();
    let store = folder.store().await;
    for n in 0..20 {
        store.ingest_page(&orders(n * 10..n * 10 + 10), now()).await.unwrap();
        let key = format!("v1:src:-:{}:sale", n * 10);
        let order = Sending { key: key.clone(), revision: 1, payload_hash: "hash".to_owned() };
        assert_eq!(store.mark_sending(&[order], Token(1), now()).await.unwrap().len(), 1);

        let disk = copy(&folder);
        let copied = disk.store().await;
        assert_eq!(copied.list(&Filter::default()).await.unwrap().len(), n * 10 + 10);
        assert_eq!(copied.in_doubt("s").await.unwrap().len(), 1);
        assert_eq!(copied.cursor("feed").await.unwrap(), Some(now()));

        let verdict = Verdict::Booked(Booked {
            pos_order_id: 1,
            name: "Shop/1".to_owned(),
            total: Decimal::ONE,
            warnings: vec![],
        });
        store.record(&[Finding { key, revision: 1, verdict, steps: Vec::new() }], None, now()).await.unwrap();
        let disk = copy(&folder);
        let copied = disk.store().await;
        let booked = copied.counts("s").await.unwrap().into_iter().find(|(s, _)| *s == State::Booked);
        assert_eq!(booked, Some((State::Booked, n as u64 + 1)));
    }
}

#[tokio::test]
async fn an_unfinished_transaction_leaves_nothing() {
    let folder = Folder::new();
    let store = folder.store().await;
    let mut tx = store.begin().await.unwrap();
    ingest::page(&mut tx, &orders(0..50), now()).await.unwrap();
    let disk = copy(&folder);
    let copied = disk.store().await;
    assert_eq!(copied.list(&Filter::default()).await.unwrap(), []);
    drop(tx);
    assert_eq!(store.list(&Filter::default()).await.unwrap(), []);
    assert_eq!(store.cursor("feed").await.unwrap(), None);
}

#[tokio::test]
async fn every_connection_syncs_and_enforces() {
    let folder = Folder::new();
    let store = folder.store().await;
    for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 15_000)] {
        for pool in [&store.writer, &store.readers] {
            let sql = sqlx::AssertSqlSafe(format!("pragma {pragma}"));
            let found: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
            assert_eq!(found, expected, "{pragma}");
        }
    }
    let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&store.writer).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn nobody_else_may_read_its_files() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..10), now()).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", folder.path().display());
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    store.close().await;
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_no_news_is_not_written() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..500), now()).await.unwrap();
    let mut watcher = store.readers.acquire().await.unwrap();
    let mut version =
        async || -> i64 { sqlx::query_scalar("pragma data_version").fetch_one(&mut *watcher).await.unwrap() };
    store.set_note("status", "text").await.unwrap();
    let before = version().await;
    store.set_note("status", "text").await.unwrap();
    let received = store.ingest_page(&orders(0..500), now()).await.unwrap();
    assert_eq!(received, [Received::Known(State::Ready); 500]);
    assert_eq!(version().await, before);
    store.ingest_page(&orders(0..501), now()).await.unwrap();
    assert_ne!(version().await, before);
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.writer.execute("pragma user_version = 99").await.unwrap();
    store.close().await;
    let before = fs::read(folder.path()).unwrap();
    let error = SqliteStore::open(&folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(!error.may_pass() && error.to_string().contains("upgrade tillbridge"), "{error}");
    assert_eq!(fs::read(folder.path()).unwrap(), before, "nothing of it is changed");
}

#[tokio::test]
async fn what_was_released_before_is_a_decision() {
    let folder = Folder::new();
    let url = format!("sqlite://{}?mode=rwc", folder.path().display());
    let mut older = sqlx::SqliteConnection::connect(&url).await.unwrap();
    for migration in &migrate::MIGRATIONS[..5] {
        sqlx::raw_sql(*migration).execute(&mut older).await.unwrap();
    }
    let what_was = format!(
        "pragma application_id = {}; pragma user_version = 5; \
         insert into note values ('order.released.v1:src/-/1/sale', 'by a person'), \
         ('order.released.v1:src/-/2/sale', 'by a person'); \
         insert into decision values ('v1:src/-/2/sale', 'completed', '', 'anna', 1, 1)",
        migrate::APPLICATION_ID
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(what_was)).execute(&mut older).await.unwrap();
    older.close().await.unwrap();
    let store = folder.store().await;
    let decisions = store.decisions(true, "", 9).await.unwrap();
    let decided: Vec<_> = decisions.iter().map(|one| (one.key.as_str(), one.decided)).collect();
    assert_eq!(decided, [("v1:src/-/1/sale", Decided::Released), ("v1:src/-/2/sale", Decided::Released)]);
    assert_eq!(store.note("order.released.v1:src/-/1/sale").await.unwrap(), None);
}

#[tokio::test]
async fn other_databases_and_other_files_are_left_alone() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.writer.execute("pragma application_id = 77").await.unwrap();
    store.close().await;
    assert!(error_at(&folder.path()).await.contains("a database of another program"));

    let text = "no database at all, ".repeat(500);
    fs::write(folder.path(), &text).unwrap();
    assert!(error_at(&folder.path()).await.contains("not a tillbridge store"));
    assert_eq!(fs::read_to_string(folder.path()).unwrap(), text);
}

#[tokio::test]
async fn an_unusable_path_says_what_to_do() {
    let folder = Folder::new();
    let error = error_at(folder.0.path()).await;
    assert!(error.contains("must name a file, not a folder"), "{error}");
    fs::write(folder.path(), "").unwrap();
    let error = error_at(&folder.path().join("store.db")).await;
    assert!(error.contains("is a file, not a folder"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_named_with_the_way_out() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..200), now()).await.unwrap();
    store.close().await;
    let mut bytes = fs::read(folder.path()).unwrap();
    // Everything behind the schema's first page.
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0x5a);
    fs::write(folder.path(), bytes).unwrap();
    let error = match SqliteStore::open(&folder.path()).await {
        Ok(store) => store.list(&Filter::default()).await.unwrap_err(),
        Err(error) => error,
    };
    let message = error.to_string();
    assert!(message.contains("the file is damaged; restore its backup"), "{message}");
    assert!(message.contains(&folder.path().display().to_string()), "{message}");
}

#[tokio::test]
async fn a_full_disk_loses_nothing() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..100), now()).await.unwrap();
    let before = store.list(&Filter::default()).await.unwrap();
    let used: i64 = sqlx::query_scalar("pragma page_count").fetch_one(&store.writer).await.unwrap();
    let limit = |pages: i64| sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
    store.writer.execute(sqlx::raw_sql(limit(used))).await.unwrap();

    let page =
        Page { cursor: Some(("feed".to_owned(), now() + chrono::TimeDelta::hours(1))), ..orders(100..600) };
    let message = store.ingest_page(&page, now()).await.unwrap_err().to_string();
    assert!(message.contains("the disk is full; free some space"), "{message}");
    assert_eq!(store.list(&Filter::default()).await.unwrap(), before);
    assert_eq!(store.cursor("feed").await.unwrap(), Some(now()));

    store.writer.execute(sqlx::raw_sql(limit(1_000_000))).await.unwrap();
    assert_eq!(store.ingest_page(&page, now()).await.unwrap(), [Received::New; 500]);
}

/// As SQLite does when there is no room for what is committed.
#[tokio::test]
async fn a_transaction_that_sqlite_ended_keeps_nobody_from_the_next() {
    let folder = Folder::new();
    let store = folder.store().await;
    let mut tx = store.begin().await.unwrap();
    tx.execute("insert into note values ('status', 'first')").await.unwrap();
    tx.execute("insert or rollback into note values ('status', 'again')").await.unwrap_err();
    drop(tx);
    store.set_note("status", "text").await.unwrap();
    assert_eq!(store.note("status").await.unwrap().as_deref(), Some("text"));
}

/// The log cut off, or overwritten from there on, as by a power cut in the middle of a write:
/// what was whole before it stands, and the rest can be received again.
#[tokio::test]
async fn a_torn_log_holds_what_was_whole_before() {
    let log = |folder: &Folder| folder.0.path().join("store.db-wal");
    let folder = Folder::new();
    let store = folder.store().await;
    let mut stood = vec![(0, 0)];
    for page in 0..12 {
        store.ingest_page(&orders(page * 3..page * 3 + 3), now()).await.unwrap();
        let long = usize::try_from(fs::metadata(log(&folder)).unwrap().len()).unwrap();
        stood.push((long, page * 3 + 3));
    }
    let whole = copy(&folder);
    let (long, all) = *stood.last().unwrap();
    assert!(stood.is_sorted_by(|one, next| one.0 < next.0), "the log was begun anew: {stood:?}");
    let (mut least, mut most) = (all, 0);
    for (cut, is_gone) in (0..long + 5_000).step_by(4_999).zip([true, false].into_iter().cycle()) {
        let torn = copy(&whole);
        let mut bytes = fs::read(log(&torn)).unwrap();
        let cut = cut.min(long);
        if is_gone {
            bytes.truncate(cut);
        } else {
            bytes[cut..].fill(0x5a);
        }
        fs::write(log(&torn), bytes).unwrap();
        let reopened = torn.store().await;
        let durable = stood.iter().rev().find(|(long, _)| *long <= cut).map_or(0, |(_, orders)| *orders);
        let items = reopened.list(&Filter::default()).await.unwrap();
        let ids: Vec<String> = items.into_iter().map(|item| item.external_id).collect();
        assert_eq!(ids, (0..durable).map(|n| n.to_string()).collect::<Vec<_>>(), "cut at {cut}");
        assert_eq!(reopened.check().await.unwrap().findings, [""; 0], "cut at {cut}");
        let again = reopened.ingest_page(&orders(0..all), now()).await.unwrap();
        assert_eq!(again.iter().filter(|one| **one == Received::New).count(), all - durable);
        (least, most) = (least.min(durable), most.max(durable));
    }
    assert_eq!((least, most), (0, all));
}

#[tokio::test]
async fn what_cannot_be_is_found() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..8), now()).await.unwrap();
    let sound = store.check().await.unwrap();
    assert_eq!((sound.findings.len(), sound.orders.get(&State::Ready)), (0, Some(&8)));
    assert!(sound.bytes > 8 * 1500 && sound.schema == migrate::newest(), "{sound:?}");
    for sql in [
        "update inbox set raw = 'something else' where external_id = '1'",
        "update outcome set state = 'booked' where seq = 3",
        "update outcome set state = 'lost' where seq in (4, 5)",
        "update outcome set state = 'sending' where seq = 6",
        "update outcome set state = 'retrying' where seq = 7",
        "pragma foreign_keys = off",
        "delete from outcome where seq = 8",
        "insert into outcome (seq, destination, sync, state, changed_at) values (99, 'x', 's', 'ready', 0)",
        "update inbox set aged_at = 1 where external_id = '0'",
    ] {
        store.writer.execute(sql).await.unwrap();
    }
    let found = store.check().await.unwrap();
    let said = found.findings.join("\n");
    for finding in [
        "The order 1: its text is not what was received.",
        "The order 2: it is booked, and nothing says as which record of Odoo.",
        "2 orders, among them 3: state holds \"lost\", which this version does not know",
        "The order 5: it is being sent, and nothing says what was sent.",
        "The order 6: it is to be tried again, and nothing says when.",
        "The order 7: nothing says what became of it.",
        "1 rows belong to an order that is not there.",
        "The order 0: its text is there, and said to be taken away.",
    ] {
        assert!(said.contains(finding), "{finding} is not in:\n{said}");
    }
    assert_eq!(found.findings.len(), 8, "{said}");
    assert_eq!(found.orders.get(&State::Ready), Some(&2), "{found:?}");
}

#[tokio::test]
async fn a_damaged_page_is_found() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.ingest_page(&orders(0..200), now()).await.unwrap();
    store.close().await;
    let mut bytes = fs::read(folder.path()).unwrap();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0x5a);
    fs::write(folder.path(), bytes).unwrap();
    let health = folder.store().await.check().await.unwrap();
    assert!(health.findings.iter().any(|finding| finding.starts_with("The file is damaged: ")), "{health:?}");
}

#[tokio::test]
async fn a_store_that_may_only_be_read_says_so() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.writer.execute("pragma query_only = on").await.unwrap();
    let message = store.set_note("status", "text").await.unwrap_err().to_string();
    assert!(message.contains("give this user the right to write"), "{message}");
}

#[tokio::test]
async fn a_locked_store_says_so() {
    let folder = Folder::new();
    let store = folder.store().await;
    store.writer.execute("pragma busy_timeout = 0").await.unwrap();
    let other = folder.store().await;
    let held = other.begin().await.unwrap();
    let message = store.set_note("status", "text").await.unwrap_err().to_string();
    assert!(message.contains("another process keeps it locked"), "{message}");
    drop(held);
}

#[tokio::test]
async fn two_handles_take_turns() {
    let folder = Folder::new();
    let (one, two) = (folder.store().await, folder.store().await);
    let (first, second) = tokio::join!(write_pages(&one, 0), write_pages(&two, 1_000));
    assert_eq!((first, second), (200, 200));
    assert_eq!(one.list(&Filter::default()).await.unwrap().len(), 400);
}

async fn write_pages(store: &SqliteStore, from: usize) -> usize {
    let mut new = 0;
    for start in (from..from + 200).step_by(10) {
        let received = store.ingest_page(&orders(start..start + 10), now()).await.unwrap();
        new += received.iter().filter(|received| **received == Received::New).count();
    }
    new
}

/// How SQLite goes about a query.
async fn plan(store: &SqliteStore, sql: String) -> String {
    let sql = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
    let rows = sqlx::query(sql).fetch_all(&store.readers).await.unwrap();
    let details: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, "detail")).collect();
    details.join("\n")
}

#[tokio::test]
async fn the_booked_majority_is_not_read_for_the_open_few() {
    let folder = Folder::new();
    let store = folder.store().await;
    let open = Filter { states: BTreeSet::from([State::Refused]), ..Filter::default() };
    let named = Filter { external_id: Some("7".to_owned()), ..Filter::default() };
    for (statement, access) in [
        (
            query::claiming("s", &Places::NotOf(vec!["v1:s/1/".into()]), 0, 50, now())
                .unwrap_or_else(|_| panic!("a statement")),
            "o USING INDEX outcome_open (seq>?)",
        ),
        (query::listing(&open), "o USING INDEX outcome_open (seq>?)"),
        (query::listing(&Filter::default()), "o USING PRIMARY KEY (seq>?)"),
    ] {
        let plan = plan(&store, statement.sql().as_str().to_owned()).await;
        assert!(plan.contains(access), "{plan}");
        assert!(!plan.replace("SCAN p VIRTUAL TABLE", "the list").contains("SCAN"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
    let plan = plan(&store, query::listing(&named).sql().as_str().to_owned()).await;
    let access = "i USING INDEX inbox_external_id (external_id=?";
    assert!(plan.contains(access) && !plan.contains("SCAN"), "{plan}");
}

#[tokio::test]
async fn what_is_older_is_found_by_index() {
    let folder = Folder::new();
    let store = folder.store().await;
    let mut stage = Some(Stage::BEGIN);
    let mut seen = Vec::new();
    while let Some(from) = stage {
        let statement = retire::looking(&Retention::default(), from, now()).unwrap();
        let plan = plan(&store, statement.sql().as_str().to_owned()).await;
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
        seen.push(plan);
        stage = store.outdated(&Retention::default(), from, now()).await.unwrap().next;
    }
    assert!(seen[0].contains("i USING INDEX inbox_kept"), "{}", seen[0]);
    assert!(seen[3].contains("o USING INDEX outcome_skipped"), "{}", seen[3]);
}

/// Receives orders, which a rule left out, and takes their texts away.
async fn age(store: &SqliteStore, orders: usize) {
    for start in (0..orders).step_by(500) {
        let mut page = self::orders(start..start + 500);
        page.arrivals.iter_mut().for_each(|arrival| arrival.state = State::Skipped);
        store.ingest_page(&page, now()).await.unwrap();
    }
    let later = now() + chrono::TimeDelta::days(91);
    let mut stage = Some(Stage::BEGIN);
    while let Some(from) = stage {
        let found = store.outdated(&Retention::default(), from, later).await.unwrap();
        stage = found.next;
        store.retire(&found, later).await.unwrap();
    }
}

#[tokio::test]
async fn room_that_was_freed_goes_back_in_stretches() {
    let folder = Folder::new();
    let store = folder.store().await;
    age(&store, 6_000).await;
    let bytes = || fs::metadata(folder.path()).unwrap().len();
    // The log is folded in, so that the file has its full size.
    store.writer.execute("pragma wal_checkpoint(truncate)").await.unwrap();
    let before = bytes();
    let mut stretches = 0;
    while store.shrink(false).await.unwrap() {
        stretches += 1;
    }
    assert!(stretches > 1, "{stretches}");
    assert!(bytes() * 10 < before * 6, "{before} became {}", bytes());
    assert_eq!(fs::metadata(folder.0.path().join("store.db-wal")).unwrap().len(), 0);
    assert_eq!(store.check().await.unwrap().findings, [""; 0]);
    assert!(!store.shrink(true).await.unwrap(), "the rest is to be written again");
}

#[tokio::test]
async fn what_aged_out_is_not_in_its_files_any_more() {
    let folder = Folder::new();
    let store = folder.store().await;
    age(&store, 500).await;
    let pad = "x".repeat(100);
    let holds = |file: &str| {
        let bytes = fs::read(folder.0.path().join(file)).unwrap();
        bytes.windows(pad.len()).any(|some| some == pad.as_bytes())
    };
    assert!(holds("store.db-wal"), "it was there");
    store.shrink(false).await.unwrap();
    assert!(!holds("store.db-wal") && !holds("store.db"));
}

#[tokio::test]
async fn a_store_without_a_map_of_its_pages_is_written_anew_once() {
    let folder = Folder::new();
    let store = folder.store().await;
    // As it was made before.
    store.writer.execute("pragma auto_vacuum = none; vacuum").await.unwrap();
    age(&store, 6_000).await;
    store.writer.execute("pragma wal_checkpoint(truncate)").await.unwrap();
    let bytes = || fs::metadata(folder.path()).unwrap().len();
    let before = bytes();
    assert!(!store.shrink(false).await.unwrap());
    assert_eq!(bytes(), before, "not while others work");
    assert!(!store.shrink(true).await.unwrap());
    assert!(bytes() * 10 < before * 4, "{before} became {}", bytes());
    let mode: i64 = sqlx::query_scalar("pragma auto_vacuum").fetch_one(&store.writer).await.unwrap();
    assert_eq!(mode, 2);
    assert_eq!(store.check().await.unwrap().findings, [""; 0]);
    store.ingest_page(&orders(9_000..9_010), now()).await.unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 6_010, "readers go on");
}
