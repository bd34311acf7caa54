//! The store in one SQLite file.
//!
//! One connection writes, so that writers queue here and not in SQLite; two more read beside
//! it (write-ahead log). Every commit is synced to the disk before it returns.

mod dialect;
mod explain;
mod lease;
mod migrate;
mod open;
mod shrink;
#[expect(clippy::duplicate_mod, reason = "the same statements, with the types of each backend")]
#[path = "../sql/mod.rs"]
mod sql;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sqlx::{Sqlite, SqlitePool, Transaction};

use super::fault::Fault;
use super::{Result, StoreError};

/// A [`Store`](super::Store) in one SQLite file of mode 0600.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the store, made with its folder where missing, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self> {
        open::open(path).await
    }

    /// Closes the file once everything under way is done; the write-ahead log is folded in.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that may write; dropped without `commit`, nothing of it happened.
    async fn begin(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("begin immediate").await
    }

    fn address(&self) -> String {
        self.path.display().to_string()
    }

    const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    fn named(&self, fault: Fault) -> StoreError {
        named(fault, &self.path)
    }
}

/// The error of a fault in the store at `path`.
fn named(fault: Fault, path: &Path) -> StoreError {
    fault.of(&path.display().to_string(), explain::explain)
}
