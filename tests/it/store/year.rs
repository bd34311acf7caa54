//! A year of 2,000 orders a day in a file: how large it is, what ages out, and how long that and
//! a look-up take. Writes 2 GB and takes minutes, so it runs when it is asked for:
//!
//! ```text
//! cargo test --test it -- --ignored --nocapture a_year_of_orders
//! ```

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;
use tillbridge::store::{Filter, Retention, Retired, SqliteStore, Stage, State, Store};

const DAYS: i64 = 365;
const A_DAY: i64 = 2_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).expect("a moment")
}

/// Makes the year as it stands a while after its orders were booked: 1,800 bytes of text each.
async fn make(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path);
    let mut db = SqliteConnection::connect_with(&options).await.expect("the file opens");
    for day in 0..DAYS {
        let first = day * A_DAY;
        let at = (now() - TimeDelta::days(DAYS - day)).timestamp_millis();
        let sql = format!(
            "with recursive n(n) as (select {first} union all select n + 1 from n where n < {last}) \
             insert into inbox (key, source, external_id, format, meaning, raw_hash, reading, revision, sale_at, \
             updated_at, total, received_at, raw) \
             select 'v1:WEBSHOP/12/' || (700000 + n) || '/sale', 'WEBSHOP', 700000 + n, 'orderid/1', \
             lower(hex(randomblob(32))), randomblob(32), 'ready', 1, {at} + n, {at} + n, '138.00', {at} + n, \
             hex(randomblob(900)) from n; \
             insert into outcome (seq, destination, sync, state, attempts, payload_hash, record_id, record_name, \
             record_total, warnings, changed_at, change, told, booked_at) \
             select seq, 'pos.order', 'odoo:3', 'booked', 1, lower(hex(randomblob(32))), seq, 'Main Shop/' || seq, \
             '138.00', '[]', received_at, 3, 3, received_at from inbox where seq > {first}",
            last = first + A_DAY - 1,
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.expect("a day");
    }
    db.close().await.expect("closed");
}

/// The longest and the sum.
fn took(times: &[Duration]) -> (Duration, Duration) {
    (times.iter().copied().max().unwrap_or_default(), times.iter().sum())
}

async fn look_up(store: &SqliteStore) -> Duration {
    let began = Instant::now();
    for n in (0..DAYS * A_DAY).step_by(7_300) {
        let key = format!("v1:WEBSHOP/12/{}/sale", 700_000 + n);
        assert_eq!(store.get(&[key]).await.expect("an answer").len(), 1);
        let filter = Filter { external_id: Some((700_000 + n).to_string()), ..Filter::default() };
        assert_eq!(store.list(&filter).await.expect("an answer").len(), 1);
    }
    began.elapsed() / 200
}

#[tokio::test]
#[ignore = "writes 2 GB and takes minutes"]
async fn a_year_of_orders_stays_small_and_quick() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("store.db");
    SqliteStore::open(&path).await.expect("the store opens").close().await;
    make(&path).await;
    let store = SqliteStore::open(&path).await.expect("the store opens");
    let mib = || fs::metadata(&path).expect("the file").len() / 1_048_576;
    let (before, looked_up) = (mib(), look_up(&store).await);

    let (mut looks, mut writes, mut shrinks) = (Vec::new(), Vec::new(), Vec::new());
    let (mut retired, mut stage) = (Retired::default(), Some(Stage::BEGIN));
    while let Some(from) = stage {
        let began = Instant::now();
        let found = store.outdated(&Retention::default(), from, now()).await.expect("a stretch");
        looks.push(began.elapsed());
        let began = Instant::now();
        retired.add(store.retire(&found, now()).await.expect("taken away"));
        writes.push(began.elapsed());
        stage = found.next;
    }
    loop {
        let began = Instant::now();
        let more = store.shrink(false).await.expect("given back");
        shrinks.push(began.elapsed());
        if !more {
            break;
        }
    }
    println!("orders {}, texts taken away {}", DAYS * A_DAY, retired.payloads);
    println!("size {before} MiB, then {} MiB", mib());
    for (what, times) in [("look", &looks), ("take away", &writes), ("give back", &shrinks)] {
        let (longest, all) = took(times);
        println!("{what}: {} times, the longest {longest:.1?}, together {all:.1?}", times.len());
    }
    println!("a look-up {looked_up:.1?}, then {:.1?}", look_up(&store).await);

    assert_eq!(retired.payloads, ((DAYS - 90) * A_DAY).unsigned_abs());
    assert!(mib() * 2 < before, "{before} MiB became {}", mib());
    assert!(took(&writes).0 < Duration::from_secs(2), "nobody waits for long");
    let booked = store.counts("odoo:3").await.expect("counts");
    assert_eq!(booked, [(State::Booked, (DAYS * A_DAY).unsigned_abs())], "no order is gone");
}
