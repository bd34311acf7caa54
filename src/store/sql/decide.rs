//! What people decide.

use chrono::{DateTime, Utc};

use super::dialect::Connection;
use super::{DESTINATION, row};
use crate::order::Refusal;
use crate::store::fault::Fault;
use crate::store::{Completion, State};

/// Closes items by a person's decision; returns the keys that were closed.
pub(super) async fn ignore(
    db: &mut Connection,
    keys: &[String],
    reason: &Refusal,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let mut closed = Vec::with_capacity(keys.len());
    for key in keys {
        let done = sqlx::query(
            "update outcome set state = 'ignored', reason = $1, next_try_at = null, changed_at = $2 \
             where seq = (select seq from inbox where key = $3) and destination = $4 \
             and state not in ('sending', 'booked', 'conflict')",
        )
        .bind(row::json(reason)?)
        .bind(row::millis(now))
        .bind(key)
        .bind(DESTINATION)
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 1 {
            closed.push(key.clone());
        }
    }
    Ok(closed)
}

/// Makes waiting items ready by a person's word; returns the keys of these.
pub(super) async fn complete(
    db: &mut Connection,
    keys: &[String],
    by: &str,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let completion = row::json(&Completion { by: by.to_owned(), at: now })?;
    make_ready(db, keys, &[State::Waiting], Some(&completion), now).await
}

/// Makes items ready that are closed, refused or put off; returns the keys of these.
pub(super) async fn reopen(
    db: &mut Connection,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    make_ready(db, keys, &[State::Ignored, State::Refused, State::Retrying], None, now).await
}

/// Makes those of these items ready that are in one of these states. What a pass found before the
/// decision does not count any more.
async fn make_ready(
    db: &mut Connection,
    keys: &[String],
    from: &[State],
    completion: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let mut ready = Vec::with_capacity(keys.len());
    for key in keys {
        let done = sqlx::query(
            "update outcome set state = 'ready', reason = null, next_try_at = null, \
             completion = coalesce($1, completion), changed_at = $2 \
             where seq = (select seq from inbox where key = $3) and destination = $4 \
             and state in (select value from json_each($5))",
        )
        .bind(completion)
        .bind(row::millis(now))
        .bind(key)
        .bind(DESTINATION)
        .bind(row::json(&from)?)
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 1 {
            sqlx::query("update inbox set revision = revision + 1 where key = $1")
                .bind(key)
                .execute(&mut *db)
                .await?;
            ready.push(key.clone());
        }
    }
    Ok(ready)
}
