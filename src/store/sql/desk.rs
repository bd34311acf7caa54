//! What stands beside the inbox: the bound Odoo, cursors, requests, notes.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Connection, Database, Pool, Row};
use super::{lease, report, row};
use crate::store::fault::Fault;
use crate::store::{OdooIdentity, Request, RequestState, StoreError, Token};

/// The Odoo database that the store belongs to.
pub(super) async fn bound(db: &Pool) -> Result<Option<OdooIdentity>, Fault> {
    sqlx::query(BOUND).fetch_optional(db).await?.as_ref().map(identity).transpose()
}

/// Ties the store to an Odoo database.
pub(super) async fn bind(db: &mut Connection, odoo: &OdooIdentity) -> Result<(), Fault> {
    dialect::lock_source(db, "").await?;
    match sqlx::query(BOUND).fetch_optional(&mut *db).await?.as_ref().map(identity).transpose()? {
        None => rebind(db, odoo).await,
        Some(bound) if bound == *odoo => Ok(()),
        Some(bound) => {
            Err(Fault::Store(StoreError::OtherOdoo { bound: bound.to_string(), asked: odoo.to_string() }))
        }
    }
}

/// Ties the store to another Odoo database.
pub(super) async fn rebind(db: &mut Connection, odoo: &OdooIdentity) -> Result<(), Fault> {
    sqlx::query(
        "insert into odoo (id, uuid, database) values (1, $1, $2) \
         on conflict (id) do update set uuid = excluded.uuid, database = excluded.database",
    )
    .bind(&odoo.uuid)
    .bind(&odoo.database)
    .execute(&mut *db)
    .await?;
    // That one knows of no order.
    report::tell_again(db).await
}

const BOUND: &str = "select uuid, database from odoo";

fn identity(found: &Row) -> Result<OdooIdentity, Fault> {
    Ok(OdooIdentity { uuid: found.try_get("uuid")?, database: found.try_get("database")? })
}

/// The cursor of a feed.
pub(super) async fn cursor(db: &Pool, feed: &str) -> Result<Option<DateTime<Utc>>, Fault> {
    let found = sqlx::query("select at from cursor where feed = $1").bind(feed).fetch_optional(db).await?;
    found.map_or(Ok(None), |found| row::optional_time(&found, "at"))
}

/// Moves a cursor forward; an earlier time leaves it where it is.
pub(super) async fn advance(db: &mut Connection, feed: &str, at: DateTime<Utc>) -> Result<(), Fault> {
    sqlx::query(
        "insert into cursor (feed, at) values ($1, $2) \
         on conflict (feed) do update set at = excluded.at where excluded.at > cursor.at",
    )
    .bind(feed)
    .bind(row::millis(at))
    .execute(db)
    .await?;
    Ok(())
}

/// Leaves a request.
pub(super) async fn ask(
    db: &mut Connection,
    kind: &str,
    payload: &str,
    now: DateTime<Utc>,
) -> Result<i64, Fault> {
    let id = sqlx::query_scalar(
        "insert into request (kind, payload, state, text, asked_at, changed_at) \
         values ($1, $2, 'asked', '', $3, $3) returning id",
    )
    .bind(kind)
    .bind(payload)
    .bind(row::millis(now))
    .fetch_one(db)
    .await?;
    Ok(id)
}

/// Whether a request is there to be taken.
pub(super) async fn is_asked(db: &Pool) -> Result<bool, Fault> {
    let mut query = QueryBuilder::<Database>::new("select exists (select 1 from request where ");
    query.push(lease::REQUEST_IS_FREE).push(")");
    Ok(query.build_query_scalar().fetch_one(db).await?)
}

/// Takes the oldest request.
pub(super) async fn take(
    db: &mut Connection,
    service: Token,
    now: DateTime<Utc>,
) -> Result<Option<Request>, Fault> {
    let mut query =
        QueryBuilder::<Database>::new("update request set state = 'taken', text = '', changed_at = ");
    query.push_bind(row::millis(now)).push(" where id = (select id from request where ");
    query.push(lease::REQUEST_IS_FREE).push(" order by id limit 1").push(lease::SKIP_LOCKED);
    query.push(") returning id, kind, payload");
    let Some(found) = query.build().fetch_optional(&mut *db).await? else { return Ok(None) };
    let id = found.try_get("id")?;
    lease::pin_request(db, service, id).await?;
    Ok(Some(Request { id, kind: found.try_get("kind")?, payload: found.try_get("payload")? }))
}

/// Sets where an open request stands.
pub(super) async fn answer(
    db: &mut Connection,
    id: i64,
    state: &RequestState,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let (state, text) = match state {
        RequestState::Asked => ("asked", ""),
        RequestState::Taken(progress) => ("taken", progress.as_str()),
        RequestState::Done(answer) => ("done", answer.as_str()),
    };
    let done = sqlx::query(
        "update request set state = $1, text = $2, changed_at = $3 where id = $4 and state <> 'done'",
    )
    .bind(state)
    .bind(text)
    .bind(row::millis(now))
    .bind(id)
    .execute(db)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Fault::NotFound(format!("unanswered request {id}")));
    }
    Ok(())
}

/// Where a request stands.
pub(super) async fn request(db: &Pool, id: i64) -> Result<Option<RequestState>, Fault> {
    let found: Option<(String, String)> =
        sqlx::query_as("select state, text from request where id = $1").bind(id).fetch_optional(db).await?;
    let Some((state, text)) = found else {
        return Ok(None);
    };
    Ok(Some(match state.as_str() {
        "asked" => RequestState::Asked,
        "taken" => RequestState::Taken(text),
        "done" => RequestState::Done(text),
        _ => return Err(Fault::unreadable("state", &state)),
    }))
}

/// Gives taken requests back; returns how many.
pub(super) async fn release(db: &mut Connection, now: DateTime<Utc>) -> Result<u64, Fault> {
    let mut query =
        QueryBuilder::<Database>::new("update request set state = 'asked', text = '', changed_at = ");
    query.push_bind(row::millis(now)).push(" where ").push(lease::REQUEST_IS_LEFT);
    Ok(query.build().execute(db).await?.rows_affected())
}

/// A note.
pub(super) async fn note(db: &Pool, name: &str) -> Result<Option<String>, Fault> {
    Ok(sqlx::query_scalar("select text from note where name = $1").bind(name).fetch_optional(db).await?)
}

/// Sets a note.
pub(super) async fn set_note(db: &mut Connection, name: &str, text: &str) -> Result<(), Fault> {
    sqlx::query(
        "insert into note (name, text) values ($1, $2) \
         on conflict (name) do update set text = excluded.text",
    )
    .bind(name)
    .bind(text)
    .execute(db)
    .await?;
    Ok(())
}

/// A note, set first where there was none.
pub(super) async fn note_or(db: &mut Connection, name: &str, text: &str) -> Result<String, Fault> {
    sqlx::query("insert into note (name, text) values ($1, $2) on conflict (name) do nothing")
        .bind(name)
        .bind(text)
        .execute(&mut *db)
        .await?;
    Ok(sqlx::query_scalar("select text from note where name = $1").bind(name).fetch_one(db).await?)
}
