//! The sessions that this program opened.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;

use super::dialect::{Connection, Pool, Row};
use super::row;
use crate::store::OwnSession;
use crate::store::fault::Fault;

/// Notes a session that was opened; one that is known stays as it is, but another one takes
/// the place of one that had its id.
pub(super) async fn opened(db: &mut Connection, session: &OwnSession) -> Result<(), Fault> {
    sqlx::query(
        "insert into session (id, shop, sync, business_day, opened_at, created_at) \
         values ($1, $2, $3, $4, $5, $6) \
         on conflict (id) do update set shop = excluded.shop, sync = excluded.sync, \
         business_day = excluded.business_day, opened_at = excluded.opened_at, \
         created_at = excluded.created_at, closed_at = null, verdict = null \
         where session.created_at <> excluded.created_at",
    )
    .bind(session.id)
    .bind(session.shop)
    .bind(&session.sync)
    .bind(session.business_day.to_string())
    .bind(row::millis(session.opened_at))
    .bind(session.created_at.map(row::millis))
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a session.
pub(super) async fn forgotten(db: &mut Connection, id: i64) -> Result<(), Fault> {
    sqlx::query("delete from session where id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Notes that a session is closed.
pub(super) async fn closed(
    db: &mut Connection,
    id: i64,
    verdict: &str,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let done = sqlx::query("update session set closed_at = $1, verdict = $2 where id = $3")
        .bind(row::millis(now))
        .bind(verdict)
        .bind(id)
        .execute(db)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Fault::NotFound(format!("session with the id {id}")));
    }
    Ok(())
}

/// The sessions of ours, the oldest first: all, or those that are not known to be closed.
pub(super) async fn sessions(db: &Pool, only_open: bool) -> Result<Vec<OwnSession>, Fault> {
    let sql = if only_open {
        "select * from session where closed_at is null order by id"
    } else {
        "select * from session order by id"
    };
    sqlx::query(sql).fetch_all(db).await?.iter().map(read).collect()
}

/// The newest business day of which a session of a shop was closed.
pub(super) async fn closed_through(db: &Pool, shop: i64) -> Result<Option<NaiveDate>, Fault> {
    let sql = "select max(business_day) from session where shop = $1 and closed_at is not null";
    let found: Option<String> = sqlx::query_scalar(sql).bind(shop).fetch_one(db).await?;
    found.map(|text| day(&text)).transpose()
}

fn read(found: &Row) -> Result<OwnSession, Fault> {
    let business_day: String = found.try_get("business_day")?;
    Ok(OwnSession {
        id: found.try_get("id")?,
        shop: found.try_get("shop")?,
        sync: found.try_get("sync")?,
        business_day: day(&business_day)?,
        opened_at: row::time(found, "opened_at")?,
        created_at: row::optional_time(found, "created_at")?,
    })
}

fn day(text: &str) -> Result<NaiveDate, Fault> {
    text.parse().map_err(|_| Fault::unreadable("business_day", text))
}
