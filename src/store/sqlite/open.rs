//! Opening the file: rights, pragmas, schema.

use std::path::Path;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

use super::explain::explain;
use super::{SqliteStore, migrate, named};
use crate::store::fault::Fault;
use crate::store::{Result, StoreError, Trouble, files};

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(15);
/// How long a caller waits for a connection; longer than [`BUSY`].
const ACQUIRE: Duration = Duration::from_secs(60);
/// How many readers may work at the same time.
const READERS: u32 = 2;

/// Opens or makes the store.
pub(super) async fn open(path: &Path) -> Result<SqliteStore> {
    let unusable = |reason, trouble| StoreError::Open { store: path.display().to_string(), reason, trouble };
    // SQLite gives its -wal and -shm files the mode of the database: it must be right from the start.
    files::make_private(path).map_err(|reason| unusable(reason, Trouble::Setup))?;
    let is_new = std::fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        // What a customer's order said does not stay in the file once it aged out.
        .pragma("secure_delete", "on");
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let failed = |error: sqlx::Error| match (explain(&error), files::why_unwritable(path)) {
        // SQLite says of a file that only can be read that it cannot be opened.
        ((_, _), Some(reason)) => unusable(reason, Trouble::Setup),
        ((trouble, reason), None) => unusable(reason, trouble),
    };
    // One that was made before gets it once that is worth its while: see `shrink`.
    let first =
        if is_new { options.clone().auto_vacuum(SqliteAutoVacuum::Incremental) } else { options.clone() };
    let writer = pool()
        .max_connections(1)
        // SQLite itself ends a transaction for which there is no room; sqlx goes on counting it,
        // and would never begin another one on this connection.
        .after_release(|db, _| {
            Box::pin(async move {
                db.ping().await?;
                Ok(!db.is_in_transaction())
            })
        })
        .connect_with(first.journal_mode(SqliteJournalMode::Wal))
        .await
        .map_err(failed)?;
    let mut db = writer.acquire().await.map_err(failed)?;
    migrate::migrate(&mut db, path).await.map_err(|fault| match fault {
        Fault::Sql(error) => failed(error),
        other => named(other, path),
    })?;
    drop(db);
    let readers = pool().max_connections(READERS).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(SqliteStore { path: path.to_owned(), writer, readers })
}
