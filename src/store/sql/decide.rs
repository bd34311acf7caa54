//! What people decide.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use super::dialect::{self, Connection, Pool, Row};
use super::{DESTINATION, ingest, row};
use crate::store::decision::{self, Turn};
use crate::store::fault::Fault;
use crate::store::rules::Standing;
use crate::store::{Decided, Decision, State};

/// Decides about items; returns the keys of those that may be decided about so.
pub(super) async fn decide(
    db: &mut Connection,
    keys: &[String],
    decided: Decided,
    (by, reason): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    dialect::lock_orders(db, &names).await?;
    let found = ingest::standings(db, &names).await?;
    let mut done = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(item) = found.get(key).filter(|item| decided.may_be(item.state)) else { continue };
        let decision = Decision {
            key: key.clone(),
            // What was said to be complete is so when it is opened again.
            decided: match decided {
                Decided::Open if item.released => Decided::Released,
                Decided::Open if item.completed => Decided::Completed,
                _ => decided,
            },
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: now,
            told: false,
        };
        write(db, &decision).await?;
        // Said anew, it counts anew, too.
        let completed = item.completed && decided != Decided::Completed;
        let released = item.released && decided != Decided::Released;
        let item = &Standing { completed, released, reason: None, ..item.clone() };
        obey(db, item, &decision, now).await?;
        done.push(key.clone());
    }
    Ok(done)
}

/// Takes decisions as Odoo has them; one of ours that it has not heard yet stays.
pub(super) async fn learn(
    db: &mut Connection,
    decisions: &[Decision],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let keys: Vec<&str> = decisions.iter().map(|decision| decision.key.as_str()).collect();
    dialect::lock_orders(db, &keys).await?;
    for decision in decisions {
        let sql = "select exists (select 1 from decision where key = $1 and told = 0)";
        if !sqlx::query_scalar(sql).bind(&decision.key).fetch_one(&mut *db).await? {
            write(db, decision).await?;
        }
    }
    enforce(db, &keys, now).await?;
    Ok(())
}

/// Makes the items of these keys obey what was decided about them; the new states of those
/// that stand otherwise since.
pub(super) async fn enforce(
    db: &mut Connection,
    keys: &[&str],
    now: DateTime<Utc>,
) -> Result<HashMap<String, State>, Fault> {
    let sql = "select * from decision where key in (select value from json_each($1))";
    let decisions = sqlx::query(sql).bind(row::json(&keys)?).fetch_all(&mut *db).await?;
    let mut moved = HashMap::new();
    if decisions.is_empty() {
        return Ok(moved);
    }
    let items = ingest::standings(db, keys).await?;
    for decision in &decisions {
        let decision = read(decision)?;
        let Some(item) = items.get(&decision.key) else { continue };
        let state = obey(db, item, &decision, now).await?;
        if state != item.state {
            moved.insert(decision.key, state);
        }
    }
    Ok(moved)
}

/// Makes an item obey; its state since.
async fn obey(
    db: &mut Connection,
    item: &Standing,
    decision: &Decision,
    now: DateTime<Utc>,
) -> Result<State, Fault> {
    let Some(Turn { state, reason, completion, replan }) = decision::obey(item, decision) else {
        return Ok(item.state);
    };
    sqlx::query(
        "update outcome set state = $1, reason = $2, \
         next_try_at = case when state = $1 then next_try_at end, \
         completion = coalesce($3, completion), changed_at = $4 where seq = $5 and destination = $6",
    )
    .bind(state.as_str())
    .bind(row::reason_json(reason.as_ref())?)
    .bind(completion.as_ref().map(row::json).transpose()?)
    .bind(row::millis(now))
    .bind(item.seq)
    .bind(DESTINATION)
    .execute(&mut *db)
    .await?;
    if replan {
        ingest::revise(db, item.seq).await?;
    }
    Ok(state)
}

async fn write(db: &mut Connection, decision: &Decision) -> Result<(), Fault> {
    sqlx::query(
        "insert into decision (key, decided, reason, person, at, told) values ($1, $2, $3, $4, $5, $6) \
         on conflict (key) do update set decided = excluded.decided, reason = excluded.reason, \
         person = excluded.person, at = excluded.at, told = excluded.told",
    )
    .bind(&decision.key)
    .bind(decision.decided.as_str())
    .bind(&decision.reason)
    .bind(&decision.by)
    .bind(row::millis(decision.at))
    .bind(i64::from(decision.told))
    .execute(db)
    .await?;
    Ok(())
}

/// Decisions by key, after one; only those that Odoo has not heard, or all.
pub(super) async fn decisions(
    db: &Pool,
    only_untold: bool,
    after: &str,
    limit: usize,
) -> Result<Vec<Decision>, Fault> {
    let sql = if only_untold {
        "select * from decision where told = 0 and key > $1 order by key limit $2"
    } else {
        "select * from decision where key > $1 order by key limit $2"
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = sqlx::query(sql).bind(after).bind(limit).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// Notes that Odoo heard these; one that was decided anew meanwhile stays untold.
pub(super) async fn told(db: &mut Connection, decisions: &[Decision]) -> Result<(), Fault> {
    for decision in decisions {
        sqlx::query("update decision set told = 1 where key = $1 and at = $2 and decided = $3")
            .bind(&decision.key)
            .bind(row::millis(decision.at))
            .bind(decision.decided.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn read(found: &Row) -> Result<Decision, Fault> {
    let text: String = found.try_get("decided")?;
    Ok(Decision {
        key: found.try_get("key")?,
        decided: Decided::parse(&text).ok_or_else(|| Fault::unreadable("decided", &text))?,
        reason: found.try_get("reason")?,
        by: found.try_get("person")?,
        at: row::time(found, "at")?,
        told: found.try_get::<i64, _>("told")? == 1,
    })
}
