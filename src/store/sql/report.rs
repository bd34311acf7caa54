//! What Odoo is to be told of orders, and what was done about them until it was.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Connection, Database, Pool, Row};
use super::query::{self, From};
use super::row;
use crate::store::fault::Fault;
use crate::store::{KeptStep, Step, StepKind, Untold, step};

/// Steps kept at most: for an addon that does not take them any more.
const MOST_STEPS: i64 = 200_000;

/// Items that changed since Odoo was told of them, the last received first.
pub(super) async fn untold(
    db: &Pool,
    queued_until: Option<DateTime<Utc>>,
    limit: usize,
) -> Result<Vec<Untold>, Fault> {
    let rows: Vec<Row> = telling(queued_until, limit).build().fetch_all(db).await?;
    let read = |found: &Row| {
        let (booked_at, change) = (row::optional_time(found, "booked_at")?, found.try_get("change")?);
        Ok(Untold { item: row::item(found)?, booked_at, change })
    };
    rows.iter().map(read).collect()
}

/// The statement of [`untold`].
pub(in super::super) fn telling(queued_until: Option<DateTime<Utc>>, limit: usize) -> QueryBuilder<Database> {
    let mut query = match queued_until {
        None => From::Untold.select(),
        Some(until) => {
            let mut query = From::UntoldQueue.select();
            query.push(" and o.changed_at <= ").push_bind(row::millis(until));
            query
        }
    };
    query.push(" order by o.seq desc limit ").push_bind(query::at_most(limit));
    query
}

/// Steps of some orders, or, where none are named, of those that are told as they stand; the
/// oldest first.
pub(super) async fn steps(db: &Pool, keys: &[String], limit: usize) -> Result<Vec<KeptStep>, Fault> {
    let mut query = QueryBuilder::<Database>::new("select s.*, i.key from ");
    if keys.is_empty() {
        query.push("step s").push(dialect::THEN_JOIN).push("inbox i on i.seq = s.seq");
        query.push(" where not exists (select 1 from outcome o where o.seq = s.seq and o.told < o.change)");
    } else {
        query.push("json_each(").push_bind(row::json(&keys)?).push(") k");
        query.push(dialect::THEN_JOIN).push("inbox i on i.key = k.value");
        query.push(dialect::THEN_JOIN).push("step s on s.seq = i.seq");
    }
    query.push(" order by s.number limit ").push_bind(query::at_most(limit));
    let rows: Vec<Row> = query.build().fetch_all(db).await?;
    rows.iter().map(kept).collect()
}

fn kept(found: &Row) -> Result<KeptStep, Fault> {
    let kind: String = found.try_get("step")?;
    let code: i64 = found.try_get("code")?;
    let duration: Option<i64> = found.try_get("duration_ms")?;
    Ok(KeptStep {
        number: found.try_get("number")?,
        run: found.try_get("run")?,
        key: found.try_get("key")?,
        step: Step {
            kind: StepKind::parse(&kind).ok_or_else(|| Fault::unreadable("step", &kind))?,
            code: u16::try_from(code).map_err(|_| Fault::unreadable("code", &code.to_string()))?,
            text: found.try_get("text")?,
            truth: found.try_get::<String, _>("truth")?.into(),
            duration: duration.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
            attempt: u32::try_from(row::count(found, "attempt")?).unwrap_or(u32::MAX),
        },
        at: row::time(found, "at")?,
    })
}

/// Notes that Odoo was told: of items as of a change of theirs, and of steps.
pub(super) async fn reported(
    db: &mut Connection,
    orders: &[(String, i64)],
    steps: &[i64],
) -> Result<(), Fault> {
    let keys: Vec<&str> = orders.iter().map(|(key, _)| key.as_str()).collect();
    dialect::lock_orders(db, &keys).await?;
    for (key, change) in orders {
        sqlx::query(
            "update outcome set told = $1 where seq = (select seq from inbox where key = $2) and told < $1",
        )
        .bind(change)
        .bind(key)
        .execute(&mut *db)
        .await?;
    }
    forget(db, steps).await?;
    Ok(())
}

/// Forgets steps, by number; how many.
pub(super) async fn forget(db: &mut Connection, steps: &[i64]) -> Result<u64, Fault> {
    if steps.is_empty() {
        return Ok(0);
    }
    let mut query = QueryBuilder::<Database>::new("delete from step where number in (select cast(value as ");
    query.push(dialect::INTEGER).push(") from json_each(").push_bind(row::json(&steps)?).push("))");
    Ok(query.build().execute(db).await?.rows_affected())
}

/// Forgets what Odoo was told.
pub(super) async fn tell_again(db: &mut Connection) -> Result<(), Fault> {
    sqlx::query("update outcome set told = 0 where told > 0").execute(db).await?;
    Ok(())
}

/// Keeps steps of an item.
pub(super) async fn keep(
    db: &mut Connection,
    seq: i64,
    steps: &[Step],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    for step in steps {
        let number: i64 = sqlx::query_scalar(
            "insert into step (seq, run, step, code, text, truth, at, duration_ms, attempt) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning number",
        )
        .bind(seq)
        .bind(step::run())
        .bind(step.kind.as_str())
        .bind(i64::from(step.code))
        .bind(&step.text)
        .bind(step.truth.as_ref())
        .bind(row::millis(now))
        .bind(step.duration.map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX)))
        .bind(i64::from(step.attempt))
        .fetch_one(&mut *db)
        .await?;
        if number % 1_000 == 0 {
            sqlx::query("delete from step where number <= $1")
                .bind(number - MOST_STEPS)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}
