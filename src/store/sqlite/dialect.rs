//! What the shared statements need to know of SQLite.

use crate::store::fault::Fault;

pub(super) use sqlx::sqlite::SqliteRow as Row;
pub(super) use sqlx::{Sqlite as Database, SqliteConnection as Connection, SqlitePool as Pool};

pub(super) use super::SqliteStore as Backend;

/// Joins in the order in which it is written.
pub(super) const THEN_JOIN: &str = " cross join ";
/// Walks the open items; the statement's condition is that of the index, word for word.
pub(super) const BY_OPEN: &str = " indexed by outcome_open";
/// Walks what Odoo is to be told; the same holds of its condition.
pub(super) const BY_UNTOLD: &str = " indexed by outcome_untold";
/// Walks what is queued, and Odoo is to be told.
pub(super) const BY_UNTOLD_QUEUE: &str = " indexed by outcome_untold_queue";
/// Walks all items by position.
pub(super) const BY_SEQ: &str = " not indexed";

/// The type of whole numbers.
pub(super) const INTEGER: &str = "integer";

/// One transaction writes at a time (`begin immediate`): there is nothing else to lock.
pub(super) fn lock_source(_: &mut Connection, _: &str) -> std::future::Ready<Result<(), Fault>> {
    std::future::ready(Ok(()))
}

/// See [`lock_source`].
pub(super) fn lock_orders(_: &mut Connection, _: &[&str]) -> std::future::Ready<Result<(), Fault>> {
    std::future::ready(Ok(()))
}

/// Whether a failed transaction is to be begun anew: SQLite waits instead (`busy_timeout`).
pub(super) const fn is_undone(_: &Fault) -> bool {
    false
}
