//! How values stand in columns: times as milliseconds since 1970 (UTC), amounts as decimal
//! text, lists and reasons as JSON.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;

use super::dialect::Row;
use crate::order::Refusal;
use crate::store::fault::Fault;
use crate::store::rules::{Content, Standing};
use crate::store::{Booked, Completion, Item, Newer, State};

/// A time as stored.
pub(super) fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A value as stored JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Sql(sqlx::Error::Encode(error.into())))
}

/// An optional reason as stored JSON.
pub(super) fn reason_json(reason: Option<&Refusal>) -> Result<Option<String>, Fault> {
    reason.map(json).transpose()
}

/// Reads an item from a row of the statements in `query`.
pub(super) fn item(row: &Row) -> Result<Item, Fault> {
    let booked = match row.try_get::<Option<i64>, _>("record_id")? {
        None => None,
        Some(pos_order_id) => Some(Booked {
            pos_order_id,
            name: row.try_get("record_name")?,
            total: decimal(row, "record_total")?.unwrap_or_default(),
            warnings: from_json(row, "warnings")?.unwrap_or_default(),
        }),
    };
    let newer = match row.try_get::<Option<String>, _>("newer_raw")? {
        None => None,
        Some(raw) => Some(Newer {
            raw,
            format: row.try_get("newer_format")?,
            total: decimal(row, "newer_total")?,
            received_at: time(row, "newer_received_at")?,
        }),
    };
    Ok(Item {
        seq: row.try_get("seq")?,
        key: row.try_get("key")?,
        source: row.try_get("source")?,
        sync: row.try_get("sync")?,
        external_id: row.try_get("external_id")?,
        raw: row.try_get("raw")?,
        aged_at: optional_time(row, "aged_at")?,
        format: row.try_get("format")?,
        revision: row.try_get("revision")?,
        state: state(row, "state")?,
        reason: from_json(row, "reason")?,
        attempts: u32::try_from(count(row, "attempts")?).unwrap_or(u32::MAX),
        payload_hash: row.try_get("payload_hash")?,
        next_try_at: optional_time(row, "next_try_at")?,
        sale_at: optional_time(row, "sale_at")?,
        total: decimal(row, "total")?,
        booked,
        completion: from_json(row, "completion")?,
        newer,
        received_at: time(row, "received_at")?,
        changed_at: time(row, "changed_at")?,
    })
}

/// Reads what the rules need from a row of `ingest::standings`.
pub(super) fn standing(row: &Row) -> Result<Standing, Fault> {
    let newer = match row.try_get::<Option<String>, _>("newer_meaning")? {
        None => None,
        Some(meaning) => Some(Content {
            meaning,
            raw_hash: row.try_get("newer_raw_hash")?,
            format: row.try_get("newer_format")?,
            updated_at: optional_time(row, "newer_updated_at")?,
        }),
    };
    let completion: Option<Completion> = from_json(row, "completion")?;
    Ok(Standing {
        seq: row.try_get("seq")?,
        revision: row.try_get("revision")?,
        sync: row.try_get("sync")?,
        state: state(row, "state")?,
        reason: from_json(row, "reason")?,
        content: Content {
            meaning: row.try_get("meaning")?,
            raw_hash: row.try_get("raw_hash")?,
            format: row.try_get("format")?,
            updated_at: optional_time(row, "updated_at")?,
        },
        aged: row.try_get::<Option<i64>, _>("aged_at")?.is_some(),
        reading: state(row, "reading")?,
        completed: completion.is_some(),
        released: completion.is_some_and(|word| word.late),
        newer,
    })
}

/// Reads a number that is never negative.
pub(super) fn count(row: &Row, column: &str) -> Result<u64, Fault> {
    let found: i64 = row.try_get(column)?;
    u64::try_from(found).map_err(|_| Fault::unreadable(column, &found.to_string()))
}

/// Reads a state.
pub(super) fn state(row: &Row, column: &str) -> Result<State, Fault> {
    let text: String = row.try_get(column)?;
    State::parse(&text).ok_or_else(|| Fault::unreadable(column, &text))
}

/// Reads a time that may be absent.
pub(super) fn optional_time(row: &Row, column: &str) -> Result<Option<DateTime<Utc>>, Fault> {
    let Some(millis) = row.try_get::<Option<i64>, _>(column)? else {
        return Ok(None);
    };
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => Ok(Some(time)),
        None => Err(Fault::unreadable(column, &millis.to_string())),
    }
}

pub(super) fn time(row: &Row, column: &str) -> Result<DateTime<Utc>, Fault> {
    optional_time(row, column)?.ok_or_else(|| Fault::unreadable(column, "nothing"))
}

fn decimal(row: &Row, column: &str) -> Result<Option<Decimal>, Fault> {
    let Some(text) = row.try_get::<Option<String>, _>(column)? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| Fault::unreadable(column, &text))
}

fn from_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, Fault> {
    let Some(text) = row.try_get::<Option<String>, _>(column)? else {
        return Ok(None);
    };
    serde_json::from_str(&text).map(Some).map_err(|_| Fault::unreadable(column, &text))
}
