//! Reading the inbox.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use super::fault::Fault;
use super::{DESTINATION, row};
use crate::store::{Filter, Item, State};

/// The condition of the index `outcome_open`, word for word, so that SQLite uses it.
const OPEN: &str = " and o.state not in ('booked', 'skipped', 'ignored')";

/// Items to plan.
pub(super) async fn claim(
    db: &SqlitePool,
    sync: &str,
    after: i64,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Item>, Fault> {
    items(db, claiming(sync, after, limit, now)).await
}

/// The statement of [`claim`].
pub(super) fn claiming(
    sync: &str,
    after: i64,
    limit: usize,
    now: DateTime<Utc>,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(row::ITEM);
    query
        .push(OPEN)
        .push(" and o.sync = ")
        .push_bind(sync.to_owned());
    query.push(" and o.seq > ").push_bind(after);
    query.push(
        " and (o.state in ('ready', 'refused') or (o.state = 'retrying' and o.next_try_at <= ",
    );
    query
        .push_bind(row::millis(now))
        .push(")) order by o.seq limit ")
        .push_bind(at_most(limit));
    query
}

/// Items whose outcome is not known.
pub(super) async fn in_doubt(db: &SqlitePool, sync: &str) -> Result<Vec<Item>, Fault> {
    let mut query = QueryBuilder::new(row::ITEM);
    query.push(OPEN).push(" and o.sync = ").push_bind(sync);
    query.push(" and o.state = 'sending' order by o.seq");
    items(db, query).await
}

/// Items by filter.
pub(super) async fn list(db: &SqlitePool, filter: &Filter) -> Result<Vec<Item>, Fault> {
    items(db, listing(filter)).await
}

/// The statement of [`list`].
pub(super) fn listing(filter: &Filter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(row::ITEM);
    query.push(" and o.seq > ").push_bind(filter.after);
    if !filter.states.is_empty() {
        if filter.states.iter().all(|state| state.is_open()) {
            query.push(OPEN);
        }
        query.push(" and o.state in (");
        let mut states = query.separated(", ");
        for state in &filter.states {
            states.push_bind(state.as_str());
        }
        query.push(")");
    }
    if let Some(sync) = &filter.sync {
        query.push(" and o.sync = ").push_bind(sync.clone());
    }
    if let Some(source) = &filter.source {
        query.push(" and i.source = ").push_bind(source.clone());
    }
    if let Some(external_id) = &filter.external_id {
        query
            .push(" and i.external_id = ")
            .push_bind(external_id.clone());
    }
    query.push(" order by o.seq");
    if filter.limit > 0 {
        query.push(" limit ").push_bind(at_most(filter.limit));
    }
    query
}

/// Items by key.
pub(super) async fn get(db: &SqlitePool, keys: &[String]) -> Result<Vec<Item>, Fault> {
    let mut query = QueryBuilder::new(row::ITEM);
    query
        .push(" and i.key in (select value from json_each(")
        .push_bind(row::json(&keys)?);
    query.push(")) order by o.seq");
    items(db, query).await
}

/// Items per state.
pub(super) async fn counts(db: &SqlitePool, sync: &str) -> Result<Vec<(State, u64)>, Fault> {
    let rows = sqlx::query(
        "select state, count(*) as items from outcome where destination = ? and sync = ? group by state",
    )
    .bind(DESTINATION)
    .bind(sync)
    .fetch_all(db)
    .await?;
    let mut counts = rows
        .iter()
        .map(|found| Ok((row::state(found, "state")?, found.try_get("items")?)))
        .collect::<Result<Vec<(State, u64)>, Fault>>()?;
    counts.sort_unstable();
    Ok(counts)
}

async fn items(db: &SqlitePool, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Item>, Fault> {
    let rows: Vec<SqliteRow> = query.build().fetch_all(db).await?;
    rows.iter().map(row::item).collect()
}

fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
