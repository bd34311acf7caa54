//! The daily check of completeness: beside the passes, one sync after the other, some hours after
//! its business day ended. What is missing is fetched, and booked by the usual pass.

mod due;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::NaiveDate;
use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{Instrument as _, error_span};

use crate::config::Sync;
use crate::exchange::tell_days;
use crate::odoo::Client;
use crate::order::Text;
use crate::store::StoreError;
use crate::sync::{Completeness, Engine, OdooFacts, PassError, Span};

use super::connection::Connected;
use super::service::{Finished, Service};

use due::Days;
pub(super) use due::{Checking, Why};

/// A check that ended.
pub(super) struct Checked {
    pub sync: Sync,
    pub why: Why,
    pub found: Result<Found, PassError>,
}

/// What a check found.
pub(super) struct Found {
    pub days: Completeness,
    /// The days that were checked.
    pub span: Span,
    /// The last day of those that are checked where nobody says which.
    pub through: Option<NaiveDate>,
    /// Keys of orders that were missing and are in the inbox now.
    pub fetched: Vec<String>,
}

/// What a check needs.
struct Check {
    engine: Arc<Engine>,
    client: Client,
    facts: OdooFacts,
    /// Odoo keeps days.
    tells: bool,
    peers: Vec<Sync>,
    sync: Sync,
}

impl Check {
    async fn run(&self, days: Days, said: watch::Sender<Text>) -> Result<Found, PassError> {
        let Self { engine, client, sync, .. } = self;
        let span = Span::new(sync, days.0, days.1, engine.now())?;
        let say = |text: Text| {
            said.send_replace(text);
        };
        let found = engine.reconcile(client, sync, &self.peers, span, &say).await?;
        if self.tells
            && let Err(error) = tell_days(client, sync, &found, engine.now()).await
        {
            tracing::warn!(sync = %sync.name, %error, fix = error.fix(), "Odoo could not be told how complete the days are");
        }
        let fetched = match found.wanted() {
            Some(wanted) => engine.fetch(self.facts, sync, &wanted).await?.found,
            None => Vec::new(),
        };
        let through = (days == (None, None)).then_some(span.to);
        Ok(Found { days: found, span, through, fetched })
    }
}

impl Service {
    /// Begins the check that is due, one at a time.
    pub(super) async fn watch_days(&mut self) -> Result<(), StoreError> {
        if self.stopping || self.checking.is_under_way() {
            return Ok(());
        }
        let Some(Connected { link, .. }) = &self.connected else { return Ok(()) };
        self.checking.recall(self.store.as_ref()).await?;
        let (now, clock) = (self.engine.now(), Instant::now());
        let due = link.syncs.iter().find_map(|sync| {
            let caught_up = self.engine.has_fetched(sync);
            Some((sync.clone(), self.checking.due(sync, caught_up, now, clock)?))
        });
        if let Some((sync, why)) = due {
            let (said, _) = watch::channel(Text::default());
            self.check_days(sync, why, said);
        }
        Ok(())
    }

    /// Checks days of a sync beside the passes: those that are asked for, or the last ones.
    pub(super) fn check_days(&mut self, sync: Sync, why: Why, said: watch::Sender<Text>) {
        let Some(Connected { client, link }) = &self.connected else { return };
        let check = Check {
            engine: Arc::clone(&self.engine),
            client: client.clone(),
            facts: link.facts,
            tells: link.keeps_days,
            peers: link.syncs.clone(),
            sync: sync.clone(),
        };
        self.checking.begins(&sync, why);
        let what = said.subscribe();
        let handle = self.passes.spawn(async move {
            let found = check.run(why.days(), said).instrument(error_span!("check", sync = %check.sync.name));
            let found = AssertUnwindSafe(found).catch_unwind().await;
            let found = found.unwrap_or_else(|_| Err(PassError::internal()));
            Finished::Checked(Box::new(Checked { sync, why, found }))
        });
        if let Why::Asked(asker, _) = why {
            self.follow_job(asker, handle, what);
        }
    }

    /// A check ended: what it found is noted, and what was missing is booked by a pass.
    pub(super) async fn days_checked(&mut self, ended: Checked) -> Result<(), StoreError> {
        let Checked { sync, why, found } = ended;
        let clock = Instant::now();
        let mut kept = Ok(());
        match &found {
            Ok(found) => {
                tracing::info!(sync = %sync.name, result = %found.days.text(), fetched = found.fetched.len(), "completeness checked");
                let has_fetched = !found.fetched.is_empty();
                self.checking.found(&sync, why, found.span, has_fetched, clock);
                if let Some(day) = found.through {
                    kept = self.checking.keep(self.store.as_ref(), &sync, day).await;
                }
                if has_fetched && let Some(sync) = self.current(&sync.id).filter(|sync| sync.active) {
                    self.begin(sync);
                }
            }
            Err(error) => {
                self.checking.failed(&sync, why, clock);
                let again = if why.is_ours() { "; trying again in an hour" } else { "" };
                tracing::warn!(sync = %sync.name, code = error.code, error = %error.message, fix = %error.fix, "completeness could not be checked{again}");
            }
        }
        // Whoever asked is answered, whether or not it could be noted.
        if let Why::Asked(asker, _) = why {
            self.answer_check(asker, found).await?;
        }
        kept
    }
}
