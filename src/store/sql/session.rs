//! The sessions that this program opened.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;

use super::dialect::{Connection, Pool, Row};
use super::row;
use crate::store::OwnSession;
use crate::store::fault::Fault;

/// Notes a session that was opened; one that is known stays as it is.
pub(super) async fn opened(db: &mut Connection, session: &OwnSession) -> Result<(), Fault> {
    sqlx::query(
        "insert into session (id, shop, sync, business_day, opened_at) values ($1, $2, $3, $4, $5) \
         on conflict (id) do nothing",
    )
    .bind(session.id)
    .bind(session.shop)
    .bind(&session.sync)
    .bind(session.business_day.to_string())
    .bind(row::millis(session.opened_at))
    .execute(db)
    .await?;
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

/// The sessions of ours that are not known to be closed, the oldest first.
pub(super) async fn open(db: &Pool) -> Result<Vec<OwnSession>, Fault> {
    let sql = "select * from session where closed_at is null order by id";
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
    })
}

fn day(text: &str) -> Result<NaiveDate, Fault> {
    text.parse().map_err(|_| Fault::unreadable("business_day", text))
}
