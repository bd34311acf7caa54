//! Taking away what is older than it is kept.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Connection, Database, Pool, Row};
use super::{DESTINATION, query, report, row};
use crate::store::fault::Fault;
use crate::store::retention::{FINISHED, before};
use crate::store::{Keep, Outdated, Retention, Retired, Stage};

/// Rows looked at together, and so taken away in one transaction at most.
const BATCH: usize = 500;

/// A stretch of what is older than it is kept. Nothing is written.
pub(super) async fn outdated(
    db: &Pool,
    retention: &Retention,
    from: Stage,
    now: DateTime<Utc>,
) -> Result<Outdated, Fault> {
    let mut found = Outdated::default();
    let Some(query) = looking(retention, from, now) else {
        found.next = from.next();
        return Ok(found);
    };
    let rows: Vec<Row> = { query }.build().fetch_all(db).await?;
    for one in &rows {
        match from {
            Stage::Payloads(..) => {
                let (sync, since): (&str, _) = (one.try_get("sync")?, row::time(one, "received_at")?);
                let finished = FINISHED.contains(&row::state(one, "state")?);
                if finished && retention.is_over(sync, since, now, |keep| keep.payload_days) {
                    found.payloads.push(one.try_get("key")?);
                }
                found.next = Some(Stage::Payloads(row::millis(since), one.try_get("seq")?));
            }
            Stage::Answers(_) => {
                let id = one.try_get("id")?;
                found.answers.push(id);
                found.next = Some(Stage::Answers(id));
            }
            Stage::Steps(_) => {
                let (number, sync): (i64, &str) = (one.try_get("number")?, one.try_get("sync")?);
                let finished = FINISHED.contains(&row::state(one, "state")?);
                if finished && retention.is_over(sync, row::time(one, "at")?, now, |keep| keep.log_days) {
                    found.steps.push(number);
                }
                found.next = Some(Stage::Steps(number));
            }
            Stage::Orders(_) => {
                let (sync, since): (&str, _) = (one.try_get("sync")?, row::time(one, "received_at")?);
                if retention.is_over(sync, since, now, |keep| keep.order_days) {
                    found.orders.push(one.try_get("key")?);
                }
                found.next = Some(Stage::Orders(one.try_get("seq")?));
            }
        }
    }
    if rows.len() < BATCH {
        found.next = from.next();
    }
    Ok(found)
}

/// The statement of [`outdated`]; `None` where everything is kept.
pub(in super::super) fn looking(
    retention: &Retention,
    from: Stage,
    now: DateTime<Utc>,
) -> Option<QueryBuilder<Database>> {
    let newest = |days| retention.newest(now, days).map(row::millis);
    let mut query;
    match from {
        Stage::Payloads(at, seq) => {
            query = QueryBuilder::new("select i.seq, i.key, i.received_at, o.sync, o.state from inbox i");
            query.push(dialect::BY_KEPT).push(dialect::THEN_JOIN).push("outcome o on o.seq = i.seq");
            query.push(" and o.destination = ").push_bind(DESTINATION);
            query
                .push(" where i.aged_at is null and i.received_at < ")
                .push_bind(newest(|keep| keep.payload_days)?);
            query.push(" and (i.received_at, i.seq) > (").push_bind(at).push(", ").push_bind(seq);
            query.push(") order by i.received_at, i.seq");
        }
        // They may quote orders, of whatever sync.
        Stage::Answers(id) => {
            query = QueryBuilder::new("select id from request where state = 'done' and changed_at < ");
            query.push_bind(row::millis(before(Keep::DEFAULT.payload_days, now)?));
            query.push(" and id > ").push_bind(id).push(" order by id");
        }
        Stage::Steps(number) => {
            query = QueryBuilder::new("select s.number, s.at, o.sync, o.state from step s");
            query.push(dialect::THEN_JOIN).push("outcome o on o.seq = s.seq and o.destination = ");
            query.push_bind(DESTINATION);
            query.push(" where s.at < ").push_bind(newest(|keep| keep.log_days)?);
            query.push(" and s.number > ").push_bind(number).push(" order by s.number");
        }
        Stage::Orders(seq) => {
            query = QueryBuilder::new("select i.seq, i.key, i.received_at, o.sync from outcome o");
            query.push(dialect::BY_SKIPPED).push(dialect::THEN_JOIN).push("inbox i on i.seq = o.seq");
            query.push(" where o.state = 'skipped' and o.destination = ").push_bind(DESTINATION);
            query.push(" and i.received_at < ").push_bind(newest(|keep| keep.order_days)?);
            query.push(" and o.completion is null");
            query.push(" and not exists (select 1 from decision d where d.key = i.key)");
            query.push(" and o.seq > ").push_bind(seq).push(" order by o.seq");
        }
    }
    query.push(" limit ").push_bind(query::at_most(BATCH));
    Some(query)
}

/// Takes a stretch away, but for orders that something happened to meanwhile.
pub(super) async fn retire(
    db: &mut Connection,
    outdated: &Outdated,
    now: DateTime<Utc>,
) -> Result<Retired, Fault> {
    let finished = "o.state in ('booked', 'skipped', 'ignored')";
    let emptied = still(db, &outdated.payloads, finished).await?;
    if !emptied.is_empty() {
        among(db, "update newer set raw = '' where seq in ", &emptied).await?;
        dialect::empty(db, &row::json(&emptied)?, row::millis(now)).await?;
        among(db, "update outcome set payload_hash = null where seq in ", &emptied).await?;
    }
    let skipped = "o.state = 'skipped' and o.completion is null \
                   and not exists (select 1 from decision d where d.key = i.key)";
    let forgotten = still(db, &outdated.orders, skipped).await?;
    if !forgotten.is_empty() {
        for sql in [
            "delete from step where seq in ",
            "delete from newer where seq in ",
            "delete from outcome where seq in ",
            "delete from inbox where seq in ",
        ] {
            among(db, sql, &forgotten).await?;
        }
    }
    let mut answers = 0;
    if !outdated.answers.is_empty() {
        answers = among(db, "delete from request where state = 'done' and id in ", &outdated.answers).await?;
    }
    Ok(Retired {
        payloads: emptied.len() as u64,
        answers,
        steps: report::forget(db, &outdated.steps).await?,
        orders: forgotten.len() as u64,
    })
}

/// The positions of those of some orders that a condition still holds of, locked.
async fn still(db: &mut Connection, keys: &[String], condition: &'static str) -> Result<Vec<i64>, Fault> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    dialect::lock_orders(db, &names).await?;
    let mut query = QueryBuilder::<Database>::new("select i.seq from json_each(");
    query.push_bind(row::json(&names)?).push(") k");
    query.push(dialect::THEN_JOIN).push("inbox i on i.key = k.value");
    query.push(dialect::THEN_JOIN).push("outcome o on o.seq = i.seq where ").push(condition);
    Ok(query.build_query_scalar().fetch_all(db).await?)
}

/// Runs a statement that ends with a list of these; how many rows it changed.
async fn among(db: &mut Connection, sql: &'static str, seqs: &[i64]) -> Result<u64, Fault> {
    let mut query = QueryBuilder::<Database>::new(sql);
    listed(&mut query, seqs)?;
    Ok(query.build().execute(db).await?.rows_affected())
}

fn listed(query: &mut QueryBuilder<Database>, numbers: &[i64]) -> Result<(), Fault> {
    query.push("(select cast(value as ").push(dialect::INTEGER).push(") from json_each(");
    query.push_bind(row::json(&numbers)?).push("))");
    Ok(())
}
