//! Receiving a page.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::dialect::{self, Connection, Database};
use super::{DESTINATION, decide, desk, report, row};
use crate::order::Refusal;
use crate::store::fault::Fault;
use crate::store::rules::{self, Change, Receipt, Standing};
use crate::store::{Arrival, Page, Received, State, step};

/// Stores a page with its cursor; a page without anything new writes nothing.
pub(in super::super) async fn page(
    db: &mut Connection,
    page: &Page,
    now: DateTime<Utc>,
) -> Result<Vec<Received>, Fault> {
    let keys: Vec<&str> = page.arrivals.iter().map(|arrival| arrival.key.as_str()).collect();
    dialect::lock_source(db, &page.source).await?;
    dialect::lock_orders(db, &keys).await?;
    let mut known = standings(db, &keys).await?;
    let mut touched = HashSet::new();
    let mut received = Vec::with_capacity(page.arrivals.len());
    for arrival in &page.arrivals {
        if touched.contains(&arrival.key) {
            known.extend(standings(db, &[&arrival.key]).await?);
        }
        let (seq, became) = match known.get(&arrival.key) {
            None => {
                touched.insert(&arrival.key);
                (insert(db, page, arrival, now).await?, Received::New)
            }
            Some(item) => {
                let decided = rules::as_decided(item, arrival);
                let receipt = rules::receive(item, &decided, &page.sync, page.asked.contains(&arrival.key));
                if receipt.moves {
                    assign(db, item.seq, &page.sync).await?;
                }
                if receipt.content != Change::Keep {
                    apply(db, item, &decided, &receipt, now).await?;
                    touched.insert(&arrival.key);
                }
                (item.seq, receipt.received)
            }
        };
        let step = page.steps_from.as_deref().and_then(|from| step::fetched(arrival, became, from));
        report::keep(db, seq, step.as_slice(), now).await?;
        received.push(became);
    }
    let obeyed = decide::enforce(db, &keys, now).await?;
    for (arrival, received) in page.arrivals.iter().zip(&mut received) {
        if let Some(state) = obeyed.get(&arrival.key) {
            *received = Received::Known(*state);
        }
    }
    if let Some((feed, at)) = &page.cursor {
        desk::advance(db, feed, *at).await?;
    }
    Ok(received)
}

/// What stands at some keys; unknown ones are left out.
pub(super) async fn standings(
    db: &mut Connection,
    keys: &[&str],
) -> Result<HashMap<String, Standing>, Fault> {
    let mut query = QueryBuilder::<Database>::new(
        "select i.key, i.seq, i.revision, i.meaning, i.raw_hash, i.format, i.reading, i.updated_at, \
         i.aged_at, o.sync, o.state, o.reason, o.completion, n.meaning as newer_meaning, \
         n.raw_hash as newer_raw_hash, \
         n.format as newer_format, n.updated_at as newer_updated_at from json_each(",
    );
    query.push_bind(row::json(&keys)?).push(") k");
    query.push(dialect::THEN_JOIN).push("inbox i on i.key = k.value");
    query.push(dialect::THEN_JOIN).push("outcome o on o.seq = i.seq and o.destination = ");
    query.push_bind(DESTINATION).push(" left join newer n on n.seq = i.seq");
    let rows = query.build().fetch_all(db).await?;
    rows.iter().map(|found| Ok((sqlx::Row::try_get(found, "key")?, row::standing(found)?))).collect()
}

/// Puts an unknown order into the inbox; its position.
async fn insert(
    db: &mut Connection,
    page: &Page,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<i64, Fault> {
    let seq: i64 = sqlx::query_scalar(
        "insert into inbox (key, source, external_id, format, meaning, raw_hash, reading, revision, \
         sale_at, updated_at, total, received_at, raw) \
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12) returning seq",
    )
    .bind(&arrival.key)
    .bind(&page.source)
    .bind(&arrival.external_id)
    .bind(&arrival.format)
    .bind(&arrival.meaning)
    .bind(rules::raw_hash(&arrival.raw))
    .bind(arrival.state.as_str())
    .bind(arrival.sale_at.map(row::millis))
    .bind(arrival.updated_at.map(row::millis))
    .bind(arrival.total.map(|total| total.to_string()))
    .bind(row::millis(now))
    .bind(&arrival.raw)
    .fetch_one(&mut *db)
    .await?;
    sqlx::query(
        "insert into outcome (seq, destination, sync, state, reason, changed_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(seq)
    .bind(DESTINATION)
    .bind(&page.sync)
    .bind(arrival.state.as_str())
    .bind(row::reason_json(arrival.reason.as_ref())?)
    .bind(row::millis(now))
    .execute(db)
    .await?;
    Ok(seq)
}

async fn assign(db: &mut Connection, seq: i64, sync: &str) -> Result<(), Fault> {
    sqlx::query("update outcome set sync = $1 where seq = $2 and destination = $3")
        .bind(sync)
        .bind(seq)
        .bind(DESTINATION)
        .execute(db)
        .await?;
    Ok(())
}

async fn apply(
    db: &mut Connection,
    item: &Standing,
    arrival: &Arrival,
    receipt: &Receipt,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let seq = item.seq;
    let arrived = (arrival.state, arrival.reason.as_ref());
    match receipt.content {
        Change::Keep => {}
        Change::Respell => {
            drop_newer(db, seq).await?;
            rewrite(db, item, arrival, receipt, item.reading, item.revision).await?;
        }
        Change::Refill => rewrite(db, item, arrival, receipt, item.reading, item.revision).await?,
        Change::Reread => {
            rewrite(db, item, arrival, receipt, arrival.state, item.revision + 1).await?;
            enter(db, seq, arrived, now).await?;
        }
        Change::Replace => {
            rewrite(db, item, arrival, receipt, arrival.state, item.revision + 1).await?;
            enter(db, seq, arrived, now).await?;
            start_over(db, seq).await?;
        }
        Change::ReplaceClosed => {
            drop_newer(db, seq).await?;
            rewrite(db, item, arrival, receipt, arrival.state, item.revision + 1).await?;
            enter(db, seq, (item.state, item.reason.as_ref()), now).await?;
            start_over(db, seq).await?;
        }
        Change::SetAside => set_aside(db, seq, arrival, receipt, now).await?,
        Change::Contradict => {
            set_aside(db, seq, arrival, receipt, now).await?;
            enter(db, seq, (State::Conflict, Some(&rules::conflict())), now).await?;
        }
    }
    Ok(())
}

/// Gives an item the arrival's content.
async fn rewrite(
    db: &mut Connection,
    item: &Standing,
    arrival: &Arrival,
    receipt: &Receipt,
    reading: State,
    revision: i64,
) -> Result<(), Fault> {
    sqlx::query(
        "update inbox set external_id = $1, format = $2, meaning = $3, raw_hash = $4, reading = $5, \
         revision = $6, sale_at = $7, updated_at = $8, total = $9, raw = $10, aged_at = null where seq = $11",
    )
    .bind(&arrival.external_id)
    .bind(&arrival.format)
    .bind(&arrival.meaning)
    .bind(rules::raw_hash(&arrival.raw))
    .bind(reading.as_str())
    .bind(revision)
    .bind(arrival.sale_at.map(row::millis))
    .bind(receipt.updated_at.map(row::millis))
    .bind(arrival.total.map(|total| total.to_string()))
    .bind(&arrival.raw)
    .bind(item.seq)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts the arrival beside the item's own content.
async fn set_aside(
    db: &mut Connection,
    seq: i64,
    arrival: &Arrival,
    receipt: &Receipt,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    drop_newer(db, seq).await?;
    sqlx::query(
        "insert into newer (seq, external_id, format, meaning, raw_hash, reading, reason, \
         sale_at, updated_at, total, received_at, raw) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(seq)
    .bind(&arrival.external_id)
    .bind(&arrival.format)
    .bind(&arrival.meaning)
    .bind(rules::raw_hash(&arrival.raw))
    .bind(arrival.state.as_str())
    .bind(row::reason_json(arrival.reason.as_ref())?)
    .bind(arrival.sale_at.map(row::millis))
    .bind(receipt.updated_at.map(row::millis))
    .bind(arrival.total.map(|total| total.to_string()))
    .bind(row::millis(now))
    .bind(&arrival.raw)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the content beside the item's own.
pub(super) async fn drop_newer(db: &mut Connection, seq: i64) -> Result<(), Fault> {
    sqlx::query("delete from newer where seq = $1").bind(seq).execute(db).await?;
    Ok(())
}

/// Counts a change of an item: what a pass found of it before does not count any more.
pub(super) async fn revise(db: &mut Connection, seq: i64) -> Result<(), Fault> {
    sqlx::query("update inbox set revision = revision + 1 where seq = $1").bind(seq).execute(db).await?;
    Ok(())
}

/// Sets the state, with its reason.
async fn enter(
    db: &mut Connection,
    seq: i64,
    (state, reason): (State, Option<&Refusal>),
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    sqlx::query(
        "update outcome set state = $1, reason = $2, next_try_at = null, changed_at = $3 \
         where seq = $4 and destination = $5",
    )
    .bind(state.as_str())
    .bind(row::reason_json(reason)?)
    .bind(row::millis(now))
    .bind(seq)
    .bind(DESTINATION)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what was tried with the content before.
async fn start_over(db: &mut Connection, seq: i64) -> Result<(), Fault> {
    sqlx::query("update outcome set attempts = 0, payload_hash = null where seq = $1 and destination = $2")
        .bind(seq)
        .bind(DESTINATION)
        .execute(db)
        .await?;
    Ok(())
}
