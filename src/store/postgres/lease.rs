//! Leases: rows of a table, by the clock of the server.

use std::collections::HashSet;

use chrono::DateTime;
use sqlx::Row as _;

use super::dialect::{Connection, Pool, Row};
use crate::store::fault::Fault;
use crate::store::lease::LASTS;
use crate::store::{Holder, StoreError, Token};

/// Of an outcome `o`: its request may be under way at a sidecar that is alive.
pub(super) const NOT_UNDER_WAY: &str =
    " and not exists (select from lease l where l.token = o.lease and l.expires_at > clock_timestamp())";

/// Of a request: nobody took it, or who took it is gone.
pub(super) const REQUEST_IS_FREE: &str = "(state = 'asked' or (state = 'taken' and not exists \
     (select from lease l where l.token = request.lease and l.expires_at > clock_timestamp())))";

/// Who took it is gone.
pub(super) const REQUEST_IS_LEFT: &str = "state = 'taken' and not exists \
     (select from lease l where l.token = request.lease and l.expires_at > clock_timestamp())";

/// Rows that another transaction has locked are left to it.
pub(super) const SKIP_LOCKED: &str = " for update skip locked";

/// Takes a lease, or says who has it.
pub(super) async fn take(db: &mut Connection, name: &str, who: &str) -> Result<Result<Token, Holder>, Fault> {
    loop {
        let taken = sqlx::query_scalar(
            "insert into lease (name, holder, expires_at) \
             values ($1, $2, clock_timestamp() + $3 * interval '1 second') \
             on conflict (name) do update set token = nextval('lease_token'), holder = excluded.holder, \
             since = clock_timestamp(), expires_at = excluded.expires_at \
             where lease.expires_at <= clock_timestamp() returning token",
        )
        .bind(name)
        .bind(who)
        .bind(LASTS.as_secs_f64())
        .fetch_optional(&mut *db)
        .await?;
        if let Some(token) = taken {
            return Ok(Ok(Token(token)));
        }
        let held = sqlx::query(
            "select name, holder, (extract(epoch from since) * 1000)::bigint as since from lease where name = $1",
        )
        .bind(name)
        .fetch_optional(&mut *db)
        .await?;
        // Else it was given back in between.
        if let Some(held) = held {
            return Ok(Err(holder(&held)?));
        }
    }
}

/// Renews leases; those that still are.
pub(super) async fn renew(db: &mut Connection, tokens: &[Token]) -> Result<Vec<Token>, Fault> {
    let tokens: Vec<i64> = tokens.iter().map(|token| token.0).collect();
    let renewed: Vec<i64> = sqlx::query_scalar(
        "update lease set expires_at = clock_timestamp() + $2 * interval '1 second' \
         where token = any($1) and expires_at > clock_timestamp() returning token",
    )
    .bind(tokens)
    .bind(LASTS.as_secs_f64())
    .fetch_all(db)
    .await?;
    Ok(renewed.into_iter().map(Token).collect())
}

/// Gives a lease back.
pub(super) async fn give_back(db: &mut Connection, token: Token) -> Result<(), Fault> {
    sqlx::query("delete from lease where token = $1").bind(token.0).execute(db).await?;
    Ok(())
}

/// Who has the leases whose names begin so, the oldest first.
pub(super) async fn holders(db: &Pool, beginning: &str) -> Result<Vec<Holder>, Fault> {
    sqlx::query(
        "select name, holder, (extract(epoch from since) * 1000)::bigint as since from lease \
         where starts_with(name, $1) and expires_at > clock_timestamp() order by since, name",
    )
    .bind(beginning)
    .fetch_all(db)
    .await?
    .iter()
    .map(holder)
    .collect()
}

fn holder(row: &Row) -> Result<Holder, Fault> {
    let millis = row.try_get("since")?;
    let since = DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| Fault::unreadable("since", &millis.to_string()))?;
    Ok(Holder { name: row.try_get("name")?, who: row.try_get("holder")?, since })
}

/// Makes sure that a lease lasts, and goes on to until the end of the transaction: whoever
/// takes it next waits for that.
pub(super) async fn fence(db: &mut Connection, lease: Token) -> Result<(), Fault> {
    let lasts: Option<i32> = sqlx::query_scalar(
        "select 1 from lease where token = $1 and expires_at > clock_timestamp() for share",
    )
    .bind(lease.0)
    .fetch_optional(db)
    .await?;
    lasts.map(|_| ()).ok_or(Fault::Store(StoreError::LeaseLost))
}

/// Locks the orders of some keys that nobody else is at; their keys.
pub(super) async fn claim(db: &mut Connection, keys: &[&str]) -> Result<HashSet<String>, Fault> {
    let free: Vec<String> = sqlx::query_scalar(
        "select i.key from outcome o join inbox i on i.seq = o.seq where i.key = any($1) \
         order by o.seq for update of o skip locked",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    Ok(free.into_iter().collect())
}

/// Notes under which lease orders are sent.
pub(super) async fn pin(db: &mut Connection, lease: Token, keys: &[String]) -> Result<(), Fault> {
    sqlx::query("update outcome set lease = $1 where seq in (select seq from inbox where key = any($2))")
        .bind(lease.0)
        .bind(keys)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether the request of an order may be under way at another sidecar that is alive.
pub(super) async fn is_foreign(db: &mut Connection, seq: i64, lease: Option<Token>) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar(
        "select exists (select from outcome o join lease l on l.token = o.lease \
         where o.seq = $1 and o.lease is distinct from $2 and l.expires_at > clock_timestamp())",
    )
    .bind(seq)
    .bind(lease.map(|lease| lease.0))
    .fetch_one(db)
    .await?)
}

/// Notes which service took a request.
pub(super) async fn pin_request(db: &mut Connection, lease: Token, id: i64) -> Result<(), Fault> {
    sqlx::query("update request set lease = $1 where id = $2").bind(lease.0).bind(id).execute(db).await?;
    Ok(())
}
