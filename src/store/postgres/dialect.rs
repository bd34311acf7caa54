//! What the shared statements need to know of PostgreSQL.

use std::future::{Ready, ready};

use crate::store::fault::Fault;

use super::explain::{is_broken_connection, is_lost_race};

pub(super) use sqlx::postgres::PgRow as Row;
pub(super) use sqlx::{PgConnection as Connection, PgPool as Pool, Postgres as Database};

pub(super) use super::PostgresStore as Backend;

/// The planner finds the order of joins by itself.
pub(super) const THEN_JOIN: &str = " join ";
/// It finds the index, too.
pub(super) const BY_OPEN: &str = "";
/// See [`BY_OPEN`].
pub(super) const BY_UNTOLD: &str = "";
/// See [`BY_OPEN`].
pub(super) const BY_UNTOLD_QUEUE: &str = "";
/// See [`BY_OPEN`].
pub(super) const BY_KEPT: &str = "";
/// See [`BY_OPEN`].
pub(super) const BY_SKIPPED: &str = "";
/// See [`BY_OPEN`].
pub(super) const BY_SEQ: &str = "";
/// The type of whole numbers.
pub(super) const INTEGER: &str = "bigint";

/// Waits until no other transaction receives orders of a source: two that insert the same
/// new order would meet.
pub(super) async fn lock_source(db: &mut Connection, source: &str) -> Result<(), Fault> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("tillbridge source {source}"))
        .execute(db)
        .await?;
    Ok(())
}

/// Locks the orders of some keys until the end of the transaction, always in the same order.
pub(super) async fn lock_orders(db: &mut Connection, keys: &[&str]) -> Result<(), Fault> {
    sqlx::query(
        "select from outcome o join inbox i on i.seq = o.seq where i.key = any($1) \
         order by o.seq for update of o",
    )
    .bind(keys)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a failed transaction is to be begun anew: nothing of it happened, and the same
/// need not happen again.
pub(super) fn is_undone(fault: &Fault) -> bool {
    matches!(fault, Fault::Sql(error) if is_lost_race(error) || is_broken_connection(error))
}

/// Empties the texts of the orders at these positions (a JSON array).
pub(super) async fn empty(db: &mut Connection, seqs: &str, now: i64) -> Result<(), Fault> {
    sqlx::query(
        "update inbox set raw = '', aged_at = $1 \
         where seq in (select cast(value as bigint) from json_each($2))",
    )
    .bind(now)
    .bind(seqs)
    .execute(db)
    .await?;
    Ok(())
}

/// The server looks after its files; what it cannot read, it says when it is read.
pub(super) fn damage(_: &Pool) -> Ready<Result<Vec<String>, Fault>> {
    ready(Ok(Vec::new()))
}

/// What no order can be in here besides.
pub(super) const CANNOT_BE: &[(&str, &str)] =
    &[("o.state = 'sending' and o.lease is null", "it is being sent, and nothing says by whom")];

/// The server gives room back by itself (autovacuum).
pub(super) fn shrink(_: &Backend, _: bool) -> Ready<Result<bool, Fault>> {
    ready(Ok(false))
}

/// Bytes of all tables with their indexes.
pub(super) async fn bytes(store: &Backend) -> Result<u64, Fault> {
    let bytes: i64 = sqlx::query_scalar(
        "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class \
         where relnamespace = 'tillbridge'::regnamespace and relkind = 'r'",
    )
    .fetch_one(store.readers())
    .await?;
    Ok(bytes.unsigned_abs())
}
