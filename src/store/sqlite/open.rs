//! Opening the file: rights, pragmas, schema.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::explain::explain;
use super::{SqliteStore, migrate, named};
use crate::store::fault::Fault;
use crate::store::{Result, StoreError, files};

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(15);
/// How long a caller waits for a connection; longer than [`BUSY`].
const ACQUIRE: Duration = Duration::from_secs(60);
/// How many readers may work at the same time.
const READERS: u32 = 2;

/// Opens or makes the store.
pub(super) async fn open(path: &Path) -> Result<SqliteStore> {
    let unusable = |reason: String| StoreError::Open { store: path.display().to_string(), reason };
    // SQLite gives its -wal and -shm files the mode of the database: it must be right from the start.
    files::make_private(path).map_err(unusable)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full);
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let failed = |error: sqlx::Error| unusable(explain(&error));
    let writer = pool()
        .max_connections(1)
        .connect_with(options.clone().journal_mode(SqliteJournalMode::Wal))
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
