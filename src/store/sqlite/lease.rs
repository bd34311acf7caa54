//! Leases of a file: one process works on it ([`Lock`](crate::store::Lock)), so every lease is
//! free, and none is ever lost.

#![expect(clippy::unused_async, reason = "what a server is asked for, a file just knows")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};

use super::dialect::{Connection, Pool};
use crate::store::fault::Fault;
use crate::store::{Holder, Token};

/// What is being sent when somebody asks is in doubt: its request ended, or its process did.
pub(super) const NOT_UNDER_WAY: &str = "";

/// Nobody took the request.
pub(super) const REQUEST_IS_FREE: &str = "state <> 'done' and state = 'asked'";

/// Who took it is gone: the asker holds the lock of the file.
pub(super) const REQUEST_IS_LEFT: &str = "state = 'taken'";

/// One transaction writes at a time.
pub(super) const SKIP_LOCKED: &str = "";

pub(super) async fn take(_: &mut Connection, _: &str, _: &str) -> Result<Result<Token, Holder>, Fault> {
    static TAKEN: AtomicI64 = AtomicI64::new(1);
    Ok(Ok(Token(TAKEN.fetch_add(1, Ordering::Relaxed))))
}

pub(super) async fn renew(_: &mut Connection, tokens: &[Token]) -> Result<Vec<Token>, Fault> {
    Ok(tokens.to_vec())
}

pub(super) async fn give_back(_: &mut Connection, _: Token) -> Result<(), Fault> {
    Ok(())
}

pub(super) async fn holders(_: &Pool, _: &str) -> Result<Vec<Holder>, Fault> {
    Ok(Vec::new())
}

pub(super) async fn fence(_: &mut Connection, _: Token) -> Result<(), Fault> {
    Ok(())
}

pub(super) async fn claim(_: &mut Connection, keys: &[&str]) -> Result<HashSet<String>, Fault> {
    Ok(keys.iter().copied().map(str::to_owned).collect())
}

pub(super) async fn pin(_: &mut Connection, _: Token, _: &[String]) -> Result<(), Fault> {
    Ok(())
}

pub(super) async fn is_foreign(_: &mut Connection, _: i64, _: Option<Token>) -> Result<bool, Fault> {
    Ok(false)
}

pub(super) async fn pin_request(_: &mut Connection, _: Token, _: i64) -> Result<(), Fault> {
    Ok(())
}
