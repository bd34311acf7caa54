//! The store in one SQLite file.
//!
//! One connection writes, so that writers queue here and not in SQLite; two more read beside
//! it (write-ahead log). Every commit is synced to the disk before it returns.

mod decide;
mod desk;
mod fault;
mod ingest;
mod migrate;
mod open;
mod query;
mod row;
mod session;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Sqlite, SqlitePool, Transaction};

use self::fault::Fault;
use super::{
    Decided, Decision, Filter, Finding, Item, OdooIdentity, OwnSession, Page, Places, Received, Request,
    RequestState, Result, Sending, State, Store,
};

/// The destination of every outcome so far.
const DESTINATION: &str = "pos.order";

/// A [`Store`] in one SQLite file of mode 0600.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the store, made with its folder where missing, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self> {
        open::open(path).await
    }

    /// Closes the file once everything under way is done; the write-ahead log is folded in.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that may write; dropped without `commit`, nothing of it happened.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Fault> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    async fn at<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T> {
        work.await.map_err(|fault| fault.at(&self.path))
    }
}

/// Runs one transaction on the writer and names the store in its errors.
macro_rules! transact {
    ($self:ident, $tx:ident => $work:expr) => {
        $self
            .at(async {
                let mut tx = $self.begin().await?;
                let $tx = &mut *tx;
                let done = $work.await?;
                tx.commit().await?;
                Ok(done)
            })
            .await
    };
}

#[async_trait]
impl Store for SqliteStore {
    async fn bound(&self) -> Result<Option<OdooIdentity>> {
        self.at(desk::bound(&self.readers)).await
    }

    async fn bind(&self, odoo: &OdooIdentity) -> Result<()> {
        transact!(self, tx => desk::bind(tx, odoo))
    }

    async fn rebind(&self, odoo: &OdooIdentity) -> Result<()> {
        transact!(self, tx => desk::rebind(tx, odoo))
    }

    async fn ingest_page(&self, page: &Page, now: DateTime<Utc>) -> Result<Vec<Received>> {
        transact!(self, tx => ingest::page(tx, page, now))
    }

    async fn cursor(&self, feed: &str) -> Result<Option<DateTime<Utc>>> {
        self.at(desk::cursor(&self.readers, feed)).await
    }

    async fn claim(
        &self,
        sync: &str,
        places: &Places,
        after: i64,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Item>> {
        self.at(query::claim(&self.readers, sync, places, after, limit, now)).await
    }

    async fn in_doubt(&self, sync: &str) -> Result<Vec<Item>> {
        self.at(query::in_doubt(&self.readers, sync)).await
    }

    async fn mark_sending(&self, orders: &[Sending], now: DateTime<Utc>) -> Result<Vec<String>> {
        transact!(self, tx => settle::mark_sending(tx, orders, now))
    }

    async fn record(&self, findings: &[Finding], now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => settle::record(tx, findings, now))
    }

    async fn decide(
        &self,
        keys: &[String],
        decided: Decided,
        by: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>> {
        transact!(self, tx => decide::decide(tx, keys, decided, (by, reason), now))
    }

    async fn decisions(&self, only_untold: bool, after: &str, limit: usize) -> Result<Vec<Decision>> {
        self.at(decide::decisions(&self.readers, only_untold, after, limit)).await
    }

    async fn told(&self, decisions: &[Decision]) -> Result<()> {
        transact!(self, tx => decide::told(tx, decisions))
    }

    async fn learn(&self, decisions: &[Decision], now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => decide::learn(tx, decisions, now))
    }

    async fn rebook(&self, keys: &[String], now: DateTime<Utc>) -> Result<Vec<String>> {
        transact!(self, tx => settle::rebook(tx, keys, now))
    }

    async fn adopt(&self, source: &str, sync: &str, known: &BTreeSet<String>) -> Result<u64> {
        transact!(self, tx => settle::adopt(tx, source, sync, known))
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Item>> {
        self.at(query::list(&self.readers, filter)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.at(query::count(&self.readers, filter)).await
    }

    async fn get(&self, keys: &[String]) -> Result<Vec<Item>> {
        self.at(query::get(&self.readers, keys)).await
    }

    async fn counts(&self, sync: &str) -> Result<Vec<(State, u64)>> {
        self.at(query::counts(&self.readers, sync)).await
    }

    async fn ask(&self, kind: &str, payload: &str, now: DateTime<Utc>) -> Result<i64> {
        transact!(self, tx => desk::ask(tx, kind, payload, now))
    }

    async fn take_request(&self, now: DateTime<Utc>) -> Result<Option<Request>> {
        // The service looks every second: no write lock while there is nothing to take.
        if !self.at(desk::is_asked(&self.readers)).await? {
            return Ok(None);
        }
        transact!(self, tx => desk::take(tx, now))
    }

    async fn answer(&self, id: i64, state: &RequestState, now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => desk::answer(tx, id, state, now))
    }

    async fn request(&self, id: i64) -> Result<Option<RequestState>> {
        self.at(desk::request(&self.readers, id)).await
    }

    async fn release_requests(&self, now: DateTime<Utc>) -> Result<u64> {
        transact!(self, tx => desk::release(tx, now))
    }

    async fn session_opened(&self, session: &OwnSession) -> Result<()> {
        transact!(self, tx => session::opened(tx, session))
    }

    async fn session_closed(&self, id: i64, verdict: &str, now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => session::closed(tx, id, verdict, now))
    }

    async fn open_sessions(&self) -> Result<Vec<OwnSession>> {
        self.at(session::sessions(&self.readers, true)).await
    }

    async fn sessions(&self) -> Result<Vec<OwnSession>> {
        self.at(session::sessions(&self.readers, false)).await
    }

    async fn session_forgotten(&self, id: i64) -> Result<()> {
        transact!(self, tx => session::forgotten(tx, id))
    }

    async fn closed_through(&self, shop: i64) -> Result<Option<NaiveDate>> {
        self.at(session::closed_through(&self.readers, shop)).await
    }

    async fn note(&self, name: &str) -> Result<Option<String>> {
        self.at(desk::note(&self.readers, name)).await
    }

    async fn set_note(&self, name: &str, text: &str) -> Result<()> {
        transact!(self, tx => desk::set_note(tx, name, text))
    }
}
