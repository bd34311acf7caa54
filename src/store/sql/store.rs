//! The [`Store`] trait, each operation one transaction of these statements.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::dialect::{self, Backend};
use super::{decide, desk, health, ingest, lease, overview, query, report, retire, session, settle};
use crate::store::{
    Decided, Decision, Filter, Finding, Health, Holder, Item, KeptStep, OdooIdentity, Outdated, Overview,
    OwnSession, Page, Places, Received, Request, RequestState, Result, Retention, Retired, Sending, Stage,
    State, Store, Token, Untold,
};

/// How often an operation is begun anew that another one came in the way of, or whose
/// connection broke before it was committed.
const TRIES: u32 = 5;

/// Runs a question.
macro_rules! read {
    ($self:ident, $work:expr) => {{
        let mut tries = 1;
        loop {
            match $work.await {
                Err(fault) if tries < TRIES && dialect::is_undone(&fault) => tries += 1,
                found => break found.map_err(|fault| $self.named(fault)),
            }
        }
    }};
}

/// Runs one transaction.
macro_rules! transact {
    ($self:ident, $tx:ident => $work:expr) => {{
        let mut tries = 1;
        loop {
            let mut open = match $self.begin().await {
                Ok(open) => open,
                Err(error) => break Err($self.named(error.into())),
            };
            let $tx = &mut *open;
            match $work.await {
                // Dropped without a commit, nothing of it happened.
                Err(fault) if tries < TRIES && dialect::is_undone(&fault) => tries += 1,
                Err(fault) => break Err($self.named(fault)),
                Ok(done) => {
                    break open.commit().await.map(|()| done).map_err(|error| $self.named(error.into()));
                }
            }
        }
    }};
}

#[async_trait]
impl Store for Backend {
    async fn bound(&self) -> Result<Option<OdooIdentity>> {
        read!(self, desk::bound(self.readers()))
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
        read!(self, desk::cursor(self.readers(), feed))
    }

    async fn claim(
        &self,
        sync: &str,
        places: &Places,
        after: i64,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Item>> {
        read!(self, query::claim(self.readers(), sync, places, after, limit, now))
    }

    async fn in_doubt(&self, sync: &str) -> Result<Vec<Item>> {
        read!(self, query::in_doubt(self.readers(), sync))
    }

    async fn mark_sending(
        &self,
        orders: &[Sending],
        lease: Token,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>> {
        transact!(self, tx => settle::mark_sending(tx, orders, lease, now))
    }

    async fn record(&self, findings: &[Finding], lease: Option<Token>, now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => settle::record(tx, findings, lease, now))
    }

    async fn retry(&self, keys: &[String], now: DateTime<Utc>) -> Result<Vec<String>> {
        transact!(self, tx => settle::retry(tx, keys, now))
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
        read!(self, decide::decisions(self.readers(), only_untold, after, limit))
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
        read!(self, query::list(self.readers(), filter))
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        read!(self, query::count(self.readers(), filter))
    }

    async fn get(&self, keys: &[String]) -> Result<Vec<Item>> {
        read!(self, query::get(self.readers(), keys))
    }

    async fn counts(&self, sync: &str) -> Result<Vec<(State, u64)>> {
        read!(self, query::counts(self.readers(), sync))
    }

    async fn untold(&self, queued_until: Option<DateTime<Utc>>, limit: usize) -> Result<Vec<Untold>> {
        read!(self, report::untold(self.readers(), queued_until, limit))
    }

    async fn steps(&self, keys: &[String], limit: usize) -> Result<Vec<KeptStep>> {
        read!(self, report::steps(self.readers(), keys, limit))
    }

    async fn reported(&self, orders: &[(String, i64)], steps: &[i64]) -> Result<()> {
        transact!(self, tx => report::reported(tx, orders, steps))
    }

    async fn tell_again(&self) -> Result<()> {
        transact!(self, tx => report::tell_again(tx))
    }

    async fn ask(&self, kind: &str, payload: &str, now: DateTime<Utc>) -> Result<i64> {
        transact!(self, tx => desk::ask(tx, kind, payload, now))
    }

    async fn take_request(&self, service: Token, now: DateTime<Utc>) -> Result<Option<Request>> {
        // The service looks every second: no write lock while there is nothing to take.
        if !read!(self, desk::is_asked(self.readers()))? {
            return Ok(None);
        }
        transact!(self, tx => desk::take(tx, service, now))
    }

    async fn answer(&self, id: i64, state: &RequestState, now: DateTime<Utc>) -> Result<()> {
        transact!(self, tx => desk::answer(tx, id, state, now))
    }

    async fn request(&self, id: i64) -> Result<Option<RequestState>> {
        read!(self, desk::request(self.readers(), id))
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
        read!(self, session::sessions(self.readers(), true))
    }

    async fn sessions(&self) -> Result<Vec<OwnSession>> {
        read!(self, session::sessions(self.readers(), false))
    }

    async fn session_forgotten(&self, id: i64) -> Result<()> {
        transact!(self, tx => session::forgotten(tx, id))
    }

    async fn closed_through(&self, shop: i64) -> Result<Option<NaiveDate>> {
        read!(self, session::closed_through(self.readers(), shop))
    }

    async fn note(&self, name: &str) -> Result<Option<String>> {
        read!(self, desk::note(self.readers(), name))
    }

    async fn set_note(&self, name: &str, text: &str) -> Result<()> {
        transact!(self, tx => desk::set_note(tx, name, text))
    }

    async fn note_or(&self, name: &str, text: &str) -> Result<String> {
        transact!(self, tx => desk::note_or(tx, name, text))
    }

    async fn take_lease(&self, name: &str, who: &str) -> Result<Result<Token, Holder>> {
        transact!(self, tx => lease::take(tx, name, who))
    }

    async fn renew_leases(&self, leases: &[Token]) -> Result<Vec<Token>> {
        transact!(self, tx => lease::renew(tx, leases))
    }

    async fn give_back(&self, lease: Token) -> Result<()> {
        transact!(self, tx => lease::give_back(tx, lease))
    }

    async fn holders(&self, beginning: &str) -> Result<Vec<Holder>> {
        read!(self, lease::holders(self.readers(), beginning))
    }

    async fn outdated(&self, retention: &Retention, from: Stage, now: DateTime<Utc>) -> Result<Outdated> {
        read!(self, retire::outdated(self.readers(), retention, from, now))
    }

    async fn retire(&self, outdated: &Outdated, now: DateTime<Utc>) -> Result<Retired> {
        transact!(self, tx => retire::retire(tx, outdated, now))
    }

    async fn shrink(&self, rebuild: bool) -> Result<bool> {
        dialect::shrink(self, rebuild).await.map_err(|fault| self.named(fault))
    }

    async fn overview(&self) -> Result<Overview> {
        read!(self, overview::overview(self))
    }

    async fn probe(&self) -> Result<()> {
        transact!(self, tx => overview::probe(tx))
    }

    async fn check(&self) -> Result<Health> {
        read!(self, health::check(self))
    }

    fn place(&self) -> String {
        self.address()
    }
}
