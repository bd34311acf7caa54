//! Room that was freed goes back to the disk.
//!
//! A store keeps a map by which single pages can be given back, in short stretches between which
//! others write. One that was made before there was such a map is written anew for it, once, and
//! only where that gives much back: nobody else writes meanwhile, and for a while it needs as much
//! room again.

use sqlx::{Connection as _, SqliteConnection};

use super::SqliteStore;
use crate::store::fault::Fault;

/// `auto_vacuum`: pages are given back when that is asked for.
const INCREMENTAL: i64 = 2;
/// Pages given back at a time: a few milliseconds.
const STRETCH: i64 = 100;
/// What is free is left to be written again up to so many pages, 4 MiB.
const RESERVE: i64 = 1024;
/// The store is written anew where so much of it is free: a fourth.
const WORTHWHILE: i64 = 4;

/// See [`Store::shrink`](crate::store::Store::shrink).
pub(super) async fn shrink(store: &SqliteStore, rebuild: bool) -> Result<bool, Fault> {
    let mut db = store.writer.acquire().await?;
    let free = ask(&mut db, "freelist_count").await?;
    if free <= RESERVE {
        // What was freed stands in the log, too.
        sqlx::raw_sql("pragma wal_checkpoint(truncate)").execute(&mut *db).await?;
        return Ok(false);
    }
    if ask(&mut db, "auto_vacuum").await? == INCREMENTAL {
        let sql = format!("pragma incremental_vacuum({})", STRETCH.min(free - RESERVE));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *db).await?;
        return Ok(true);
    }
    let pages = ask(&mut db, "page_count").await?;
    if rebuild && free >= pages / WORTHWHILE {
        tracing::info!(pages, free, "the store is written anew, to give free room back");
        // The statements of readers and writers were compiled for the pages as they are.
        db.clear_cached_statements().await?;
        sqlx::raw_sql("pragma auto_vacuum = incremental; vacuum; pragma wal_checkpoint(truncate)")
            .execute(&mut *db)
            .await?;
        let pages = ask(&mut db, "page_count").await?;
        tracing::info!(pages, "the store was written anew");
    }
    Ok(false)
}

async fn ask(db: &mut SqliteConnection, pragma: &str) -> Result<i64, Fault> {
    let sql = sqlx::AssertSqlSafe(format!("pragma {pragma}"));
    Ok(sqlx::query_scalar(sql).fetch_one(db).await?)
}
