//! Sending, its outcome, and who an item belongs to.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::dialect::{self, Connection, Database};
use super::{DESTINATION, decide, ingest, lease, report, row};
use crate::store::fault::Fault;
use crate::store::rules::{self, Parked, Settlement};
use crate::store::{Finding, Sending, State, Token, Verdict};

/// Marks the orders that may be sent; returns their keys.
pub(super) async fn mark_sending(
    db: &mut Connection,
    orders: &[Sending],
    under: Token,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let keys: Vec<&str> = orders.iter().map(|order| order.key.as_str()).collect();
    lease::fence(db, under).await?;
    let free = lease::claim(db, &keys).await?;
    let mut marked = Vec::with_capacity(orders.len());
    for order in orders.iter().filter(|order| free.contains(&order.key)) {
        let done = sqlx::query(
            "update outcome set state = 'sending', attempts = attempts + 1, payload_hash = $1, \
             reason = null, next_try_at = null, changed_at = $2 \
             where seq = (select seq from inbox where key = $3 and revision = $4) \
             and destination = $5 and state in ('ready', 'refused', 'retrying')",
        )
        .bind(&order.payload_hash)
        .bind(row::millis(now))
        .bind(&order.key)
        .bind(order.revision)
        .bind(DESTINATION)
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 1 {
            marked.push(order.key.clone());
        }
    }
    lease::pin(db, under, &marked).await?;
    Ok(marked)
}

/// Records findings; an unknown key fails all of them.
pub(super) async fn record(
    db: &mut Connection,
    findings: &[Finding],
    under: Option<Token>,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let keys: Vec<&str> = findings.iter().map(|finding| finding.key.as_str()).collect();
    dialect::lock_orders(db, &keys).await?;
    for finding in findings {
        // One by one: a key may stand twice, and the second finding meets what the first one left.
        let found = ingest::standings(db, &[&finding.key]).await?;
        let item = found
            .get(&finding.key)
            .ok_or_else(|| Fault::NotFound(format!("order with the key {}", finding.key)))?;
        if item.state == State::Sending
            && !matches!(finding.verdict, Verdict::Booked(_))
            && lease::is_foreign(db, item.seq, under).await?
        {
            continue;
        }
        let settlement = rules::settle(item, finding);
        if rules::is_a_step(item, settlement.as_ref()) {
            report::keep(db, item.seq, &finding.steps, now).await?;
        }
        if let Some(settlement) = settlement {
            settle(db, item.seq, &settlement, now).await?;
        }
    }
    decide::enforce(db, &keys, now).await?;
    Ok(())
}

async fn settle(
    db: &mut Connection,
    seq: i64,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let booked = settlement.booked.as_ref();
    sqlx::query(
        "update outcome set state = $1, reason = $2, next_try_at = $3, record_id = coalesce($4, record_id), \
         record_name = coalesce($5, record_name), record_total = coalesce($6, record_total), \
         warnings = coalesce($7, warnings), booked_at = coalesce($8, booked_at), changed_at = $9 \
         where seq = $10 and destination = $11",
    )
    .bind(settlement.state.as_str())
    .bind(row::reason_json(settlement.reason.as_ref())?)
    .bind(settlement.next_try_at.map(row::millis))
    .bind(booked.map(|booked| booked.pos_order_id))
    .bind(booked.map(|booked| &booked.name))
    .bind(booked.map(|booked| booked.total.to_string()))
    .bind(booked.map(|booked| row::json(&booked.warnings)).transpose()?)
    .bind(booked.map(|_| row::millis(now)))
    .bind(row::millis(now))
    .bind(seq)
    .bind(DESTINATION)
    .execute(&mut *db)
    .await?;
    if settlement.parked == Parked::Promote {
        promote(db, seq).await?;
    }
    Ok(())
}

/// Makes items that are gone from Odoo ready to be booked again, with their newest content;
/// returns the keys of these.
pub(super) async fn rebook(
    db: &mut Connection,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let afresh = "update outcome set state = 'ready', reason = null, next_try_at = null, attempts = 0, \
                  payload_hash = null, record_id = null, record_name = null, record_total = null, \
                  warnings = null, booked_at = null, changed_at = $1 where seq = $2 and destination = $3";
    make_ready(db, keys, &[State::Missing], afresh, now).await
}

/// Makes items ready that are refused or put off; returns the keys of these.
pub(super) async fn retry(
    db: &mut Connection,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let at_once = "update outcome set state = 'ready', reason = null, next_try_at = null, changed_at = $1 \
                   where seq = $2 and destination = $3";
    make_ready(db, keys, &[State::Refused, State::Retrying], at_once, now).await
}

/// Makes those of the items ready that are in one of these states, each by `sql`. What a pass
/// found before does not count any more.
async fn make_ready(
    db: &mut Connection,
    keys: &[String],
    from: &[State],
    sql: &'static str,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    dialect::lock_orders(db, &names).await?;
    let found = ingest::standings(db, &names).await?;
    let mut ready = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(item) = found.get(key).filter(|item| from.contains(&item.state)) else { continue };
        sqlx::query(sql).bind(row::millis(now)).bind(item.seq).bind(DESTINATION).execute(&mut *db).await?;
        if item.newer.is_some() {
            promote(db, item.seq).await?;
        } else {
            ingest::revise(db, item.seq).await?;
        }
        ready.push(key.clone());
    }
    Ok(ready)
}

/// Makes parked content the item's own; the item starts over in the state it was read in.
async fn promote(db: &mut Connection, seq: i64) -> Result<(), Fault> {
    sqlx::query(
        "update inbox set external_id = n.external_id, format = n.format, meaning = n.meaning, \
         raw_hash = n.raw_hash, reading = n.reading, revision = revision + 1, sale_at = n.sale_at, \
         updated_at = n.updated_at, total = n.total, raw = n.raw, \
         aged_at = case when n.raw = '' then coalesce(inbox.aged_at, inbox.received_at) end \
         from newer n where n.seq = inbox.seq and inbox.seq = $1",
    )
    .bind(seq)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "update outcome set state = n.reading, reason = n.reason, next_try_at = null, attempts = 0, \
         payload_hash = null from newer n \
         where n.seq = outcome.seq and outcome.seq = $1 and outcome.destination = $2",
    )
    .bind(seq)
    .bind(DESTINATION)
    .execute(&mut *db)
    .await?;
    ingest::drop_newer(db, seq).await
}

/// Gives the open items of unknown syncs to `sync`; returns how many.
pub(super) async fn adopt(
    db: &mut Connection,
    source: &str,
    sync: &str,
    known: &BTreeSet<String>,
) -> Result<u64, Fault> {
    let mut query = QueryBuilder::<Database>::new("update outcome");
    query.push(dialect::BY_OPEN).push(" set sync = ").push_bind(sync);
    query.push(" where destination = ").push_bind(DESTINATION);
    query.push(" and sync <> ").push_bind(sync);
    query.push(" and state not in ('booked', 'skipped', 'ignored')");
    query.push(" and sync not in (select value from json_each(").push_bind(row::json(known)?);
    query.push(")) and (select source from inbox where inbox.seq = outcome.seq) = ").push_bind(source);
    Ok(query.build().execute(db).await?.rows_affected())
}
