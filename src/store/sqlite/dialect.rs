//! What the shared statements need to know of SQLite.

use std::future::{Ready, ready};
use std::path::PathBuf;

use super::explain::is_damage;
use crate::store::fault::Fault;

pub(super) use sqlx::sqlite::SqliteRow as Row;
pub(super) use sqlx::{Sqlite as Database, SqliteConnection as Connection, SqlitePool as Pool};

pub(super) use super::SqliteStore as Backend;
pub(super) use super::shrink::shrink;

/// Joins in the order in which it is written.
pub(super) const THEN_JOIN: &str = " cross join ";
/// Walks the open items; the statement's condition is that of the index, word for word.
pub(super) const BY_OPEN: &str = " indexed by outcome_open";
/// Walks what Odoo is to be told; the same holds of its condition.
pub(super) const BY_UNTOLD: &str = " indexed by outcome_untold";
/// Walks what is queued, and Odoo is to be told.
pub(super) const BY_UNTOLD_QUEUE: &str = " indexed by outcome_untold_queue";
/// Walks the orders whose text is there, by age; likewise.
pub(super) const BY_KEPT: &str = " indexed by inbox_kept";
/// Walks what rules left out; likewise.
pub(super) const BY_SKIPPED: &str = " indexed by outcome_skipped";
/// Walks all items by position.
pub(super) const BY_SEQ: &str = " not indexed";

/// The type of whole numbers.
pub(super) const INTEGER: &str = "integer";

/// One transaction writes at a time (`begin immediate`): there is nothing else to lock.
pub(super) fn lock_source(_: &mut Connection, _: &str) -> Ready<Result<(), Fault>> {
    ready(Ok(()))
}

/// See [`lock_source`].
pub(super) fn lock_orders(_: &mut Connection, _: &[&str]) -> Ready<Result<(), Fault>> {
    ready(Ok(()))
}

/// Whether a failed transaction is to be begun anew: SQLite waits instead (`busy_timeout`).
pub(super) const fn is_undone(_: &Fault) -> bool {
    false
}

/// Empties the texts of the orders at these positions (a JSON array). They are taken out and put in
/// again: rows that just become shorter where they are leave their pages all but empty, and none
/// of these would ever be free.
pub(super) async fn empty(db: &mut Connection, seqs: &str, now: i64) -> Result<(), Fault> {
    for sql in [
        "create temp table if not exists aging as select * from inbox where false",
        // What belongs to them finds them there again.
        "pragma defer_foreign_keys = on",
    ] {
        sqlx::query(sql).execute(&mut *db).await?;
    }
    sqlx::query("insert into aging select * from inbox where seq in (select value from json_each($1))")
        .bind(seqs)
        .execute(&mut *db)
        .await?;
    sqlx::query("update aging set raw = '', aged_at = $1").bind(now).execute(&mut *db).await?;
    for sql in [
        "delete from inbox where seq in (select seq from aging)",
        "insert into inbox select * from aging order by seq",
        "delete from aging",
    ] {
        sqlx::query(sql).execute(&mut *db).await?;
    }
    Ok(())
}

/// What is wrong with the file itself.
pub(super) async fn damage(db: &Pool) -> Result<Vec<String>, Fault> {
    let found = sqlx::query_scalar::<_, String>("pragma integrity_check(20)").fetch_all(db).await;
    let said = |text: &str| format!("The file is damaged: {}.", text.trim().trim_end_matches('.'));
    let mut findings: Vec<String> = match found {
        Ok(found) => found.iter().filter(|text| *text != "ok").map(|text| said(text)).collect(),
        Err(error) if is_damage(&error) => vec![said(&error.to_string())],
        Err(error) => return Err(error.into()),
    };
    if findings.is_empty() {
        let strays = sqlx::query("pragma foreign_key_check").fetch_all(db).await?;
        if !strays.is_empty() {
            findings.push(format!("{} rows belong to an order that is not there.", strays.len()));
        }
    }
    Ok(findings)
}

/// See the shared list; there is nothing to add.
pub(super) const CANNOT_BE: &[(&str, &str)] = &[];

/// Bytes of the file and of its write-ahead log.
pub(super) fn bytes(store: &Backend) -> Ready<Result<u64, Fault>> {
    let mut log = store.path.clone().into_os_string();
    log.push("-wal");
    let size = |path: PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    ready(Ok(size(store.path.clone()) + size(log.into())))
}
