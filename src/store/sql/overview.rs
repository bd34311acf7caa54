//! What is in the store, at a glance.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Backend, Connection, Database, Pool, Row};
use super::{DESTINATION, row};
use crate::store::Overview;
use crate::store::fault::Fault;

/// Counts, each by an index that holds all that is counted.
pub(super) async fn overview(store: &Backend) -> Result<Overview, Fault> {
    let db = store.readers();
    let mut found = Overview { bytes: dialect::bytes(store).await?, ..Overview::default() };
    let rows: Vec<Row> = sqlx::query(
        "select sync, state, count(*) as items from outcome where destination = $1 group by sync, state",
    )
    .bind(DESTINATION)
    .fetch_all(db)
    .await?;
    for counted in &rows {
        let states: &mut BTreeMap<_, _> = found.orders.entry(counted.try_get("sync")?).or_default();
        states.insert(row::state(counted, "state")?, row::count(counted, "items")?);
    }
    let mut tries = QueryBuilder::<Database>::new("select o.sync, min(o.next_try_at) as at from outcome o");
    tries.push(dialect::BY_OPEN).push(
        " where o.state not in ('booked', 'skipped', 'ignored') and o.state = 'retrying' group by o.sync",
    );
    let rows: Vec<Row> = tries.build().fetch_all(db).await?;
    for next in &rows {
        if let Some(at) = row::optional_time(next, "at")? {
            found.next_tries.insert(next.try_get("sync")?, at);
        }
    }
    let rows: Vec<Row> = sqlx::query("select feed, at from cursor").fetch_all(db).await?;
    for cursor in &rows {
        found.cursors.insert(cursor.try_get("feed")?, row::time(cursor, "at")?);
    }
    for (index, states) in [
        (dialect::BY_UNTOLD, "o.state not in ('ready', 'sending')"),
        (dialect::BY_UNTOLD_QUEUE, "o.state in ('ready', 'sending')"),
    ] {
        let mut untold = QueryBuilder::<Database>::new("select count(*) as items from outcome o");
        untold.push(index).push(" where o.told < o.change and ").push(states);
        found.untold += one(db, untold).await?;
    }
    found.untold_steps = one(db, QueryBuilder::new("select count(*) as items from step")).await?;
    let open = "select count(*) as items from session where closed_at is null";
    found.open_sessions = one(db, QueryBuilder::new(open)).await?;
    Ok(found)
}

async fn one(db: &Pool, mut query: QueryBuilder<Database>) -> Result<u64, Fault> {
    row::count(&query.build().fetch_one(db).await?, "items")
}

/// A transaction that changes nothing.
pub(super) async fn probe(db: &mut Connection) -> Result<(), Fault> {
    sqlx::query("select 1").execute(db).await?;
    Ok(())
}
