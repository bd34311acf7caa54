//! Receiving a page.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::fault::Fault;
use super::{DESTINATION, decide, desk, row};
use crate::order::Refusal;
use crate::store::rules::{self, Change, Receipt, Standing};
use crate::store::{Arrival, Page, Received, State};

/// Stores a page with its cursor; a page without anything new writes nothing.
pub(super) async fn page(
    db: &mut SqliteConnection,
    page: &Page,
    now: DateTime<Utc>,
) -> Result<Vec<Received>, Fault> {
    let keys: Vec<&str> = page.arrivals.iter().map(|arrival| arrival.key.as_str()).collect();
    let mut known = standings(db, &keys).await?;
    let mut touched = HashSet::new();
    let mut received = Vec::with_capacity(page.arrivals.len());
    for arrival in &page.arrivals {
        if touched.contains(&arrival.key) {
            known.extend(standings(db, &[&arrival.key]).await?);
        }
        received.push(match known.get(&arrival.key) {
            None => {
                insert(db, page, arrival, now).await?;
                touched.insert(&arrival.key);
                Received::New
            }
            Some(item) => {
                let decided = rules::as_decided(item, arrival);
                let receipt = rules::receive(item, &decided, &page.sync);
                if receipt.moves {
                    assign(db, item.seq, &page.sync).await?;
                }
                if receipt.content != Change::Keep {
                    apply(db, item, &decided, &receipt, now).await?;
                    touched.insert(&arrival.key);
                }
                receipt.received
            }
        });
    }
    decide::enforce(db, &keys, now).await?;
    if let Some((feed, at)) = &page.cursor {
        desk::advance(db, feed, *at).await?;
    }
    Ok(received)
}

/// What stands at some keys; unknown ones are left out.
pub(super) async fn standings(
    db: &mut SqliteConnection,
    keys: &[&str],
) -> Result<HashMap<String, Standing>, Fault> {
    let rows = sqlx::query(
        "select i.key, i.seq, i.revision, i.meaning, i.raw_hash, i.format, i.reading, i.updated_at, \
         o.sync, o.state, o.reason, o.completion is not null as completed, n.meaning as newer_meaning, n.raw_hash as newer_raw_hash, \
         n.format as newer_format, n.updated_at as newer_updated_at \
         from json_each(?1) k cross join inbox i on i.key = k.value \
         cross join outcome o on o.seq = i.seq and o.destination = ?2 \
         left join newer n on n.seq = i.seq",
    )
    .bind(row::json(&keys)?)
    .bind(DESTINATION)
    .fetch_all(db)
    .await?;
    rows.iter().map(|found| Ok((sqlx::Row::try_get(found, "key")?, row::standing(found)?))).collect()
}

async fn insert(
    db: &mut SqliteConnection,
    page: &Page,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let seq: i64 = sqlx::query_scalar(
        "insert into inbox (key, source, external_id, format, meaning, raw_hash, reading, revision, \
         sale_at, updated_at, total, received_at, raw) \
         values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?) returning seq",
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
         values (?, ?, ?, ?, ?, ?)",
    )
    .bind(seq)
    .bind(DESTINATION)
    .bind(&page.sync)
    .bind(arrival.state.as_str())
    .bind(row::reason_json(arrival.reason.as_ref())?)
    .bind(row::millis(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn assign(db: &mut SqliteConnection, seq: i64, sync: &str) -> Result<(), Fault> {
    sqlx::query("update outcome set sync = ? where seq = ? and destination = ?")
        .bind(sync)
        .bind(seq)
        .bind(DESTINATION)
        .execute(db)
        .await?;
    Ok(())
}

async fn apply(
    db: &mut SqliteConnection,
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
    db: &mut SqliteConnection,
    item: &Standing,
    arrival: &Arrival,
    receipt: &Receipt,
    reading: State,
    revision: i64,
) -> Result<(), Fault> {
    sqlx::query(
        "update inbox set external_id = ?, format = ?, meaning = ?, raw_hash = ?, reading = ?, \
         revision = ?, sale_at = ?, updated_at = ?, total = ?, raw = ? where seq = ?",
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
    db: &mut SqliteConnection,
    seq: i64,
    arrival: &Arrival,
    receipt: &Receipt,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    sqlx::query(
        "insert or replace into newer (seq, external_id, format, meaning, raw_hash, reading, reason, \
         sale_at, updated_at, total, received_at, raw) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
pub(super) async fn drop_newer(db: &mut SqliteConnection, seq: i64) -> Result<(), Fault> {
    sqlx::query("delete from newer where seq = ?").bind(seq).execute(db).await?;
    Ok(())
}

/// Sets the state, with its reason.
async fn enter(
    db: &mut SqliteConnection,
    seq: i64,
    (state, reason): (State, Option<&Refusal>),
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    sqlx::query(
        "update outcome set state = ?, reason = ?, next_try_at = null, changed_at = ? \
         where seq = ? and destination = ?",
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
async fn start_over(db: &mut SqliteConnection, seq: i64) -> Result<(), Fault> {
    sqlx::query("update outcome set attempts = 0, payload_hash = null where seq = ? and destination = ?")
        .bind(seq)
        .bind(DESTINATION)
        .execute(db)
        .await?;
    Ok(())
}
