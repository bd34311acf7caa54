//! The daily check of completeness: beside the passes, one sync after the other, some hours after
//! its business day ended. What is missing is fetched, and booked by the usual pass.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::Sync;
use crate::exchange::tell_days;
use crate::odoo::Client;
use crate::store::{Store, StoreError};
use crate::sync::{Completeness, Engine, OdooFacts, PassError, Span, Wanted};

use super::connection::Connected;
use super::requests::Asker;
use super::service::{Finished, Service};

/// Note in the store: the day that was last checked, by sync.
const NOTE: &str = "completeness.checked";
/// A check that did not get through is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60 * 60);
/// After a start the first pass takes in what came meanwhile; a source that it cannot read to the
/// end is checked all the same after this time.
const CATCH_UP: Duration = Duration::from_secs(30 * 60);
/// What was fetched is booked by then: the days are looked at once more.
const BOOKED_BY: Duration = Duration::from_secs(10 * 60);

/// Which days were checked.
#[derive(Debug)]
pub(super) struct Checking {
    /// The last day checked, by sync; `None` before the store was asked.
    checked: Option<BTreeMap<String, NaiveDate>>,
    /// Not before.
    later: BTreeMap<String, Instant>,
    /// To be checked once more, whatever was checked.
    once_more: BTreeMap<String, Instant>,
    under_way: bool,
    /// Since when this service runs.
    since: Instant,
}

impl Checking {
    /// Nothing is known yet.
    pub fn begin() -> Self {
        Self {
            checked: None,
            later: BTreeMap::new(),
            once_more: BTreeMap::new(),
            under_way: false,
            since: Instant::now(),
        }
    }
}

/// A check that ended.
pub(super) struct Checked {
    pub sync: Sync,
    /// Who asked; `None`: it was due.
    pub asker: Option<Asker>,
    pub found: Result<Found, PassError>,
}

/// What a check found.
pub(super) struct Found {
    pub days: Completeness,
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
    async fn run(
        &self,
        days: (Option<NaiveDate>, Option<NaiveDate>),
        said: watch::Sender<String>,
    ) -> Result<Found, PassError> {
        let Self { engine, client, sync, .. } = self;
        let span = Span::new(sync, days.0, days.1, engine.now())?;
        let say = |text: String| {
            said.send_replace(text);
        };
        let found = engine.reconcile(client, sync, &self.peers, span, &say).await?;
        if self.tells
            && let Err(error) = tell_days(client, sync, &found, engine.now()).await
        {
            tracing::warn!(sync = %sync.name, %error, fix = error.fix(), "Odoo could not be told how complete the days are");
        }
        let ids = found.to_fetch();
        let fetched = if ids.is_empty() {
            Vec::new()
        } else {
            let from = span.from.pred_opt();
            engine.fetch(self.facts, sync, &Wanted { ids, from, to: None }).await?.found
        };
        let through = (days == (None, None)).then_some(span.to);
        Ok(Found { days: found, through, fetched })
    }
}

impl Service {
    /// Begins the check that is due, one at a time.
    pub(super) async fn watch_days(&mut self) -> Result<(), StoreError> {
        if self.stopping || self.checking.under_way {
            return Ok(());
        }
        let Some(Connected { link, .. }) = &self.connected else { return Ok(()) };
        if self.checking.checked.is_none() {
            self.checking.checked = Some(checked(self.store.as_ref()).await?);
        }
        let (now, clock) = (self.engine.now(), Instant::now());
        let is_due = |sync: &&Sync| {
            let checking = &self.checking;
            let last = checking.checked.as_ref().and_then(|checked| checked.get(&sync.id));
            let is_new = Span::due(sync, now).is_some_and(|day| last.is_none_or(|last| *last < day));
            let once_more = checking.once_more.get(&sync.id).is_some_and(|at| *at <= clock);
            let is_later = checking.later.get(&sync.id).is_some_and(|at| *at > clock);
            let is_late = clock.duration_since(checking.since) >= CATCH_UP;
            let caught_up = is_late || self.engine.has_fetched(sync);
            sync.active && caught_up && (is_new || once_more) && !is_later
        };
        if let Some(sync) = link.syncs.iter().find(is_due).cloned() {
            self.checking.under_way = true;
            self.checking.once_more.remove(&sync.id);
            let (said, _) = watch::channel(String::new());
            self.check_days(None, sync, (None, None), said);
        }
        Ok(())
    }

    /// Checks days of a sync beside the passes: those that are asked for, or the last ones.
    pub(super) fn check_days(
        &mut self,
        asker: Option<Asker>,
        sync: Sync,
        days: (Option<NaiveDate>, Option<NaiveDate>),
        said: watch::Sender<String>,
    ) {
        let Some(Connected { client, link }) = &self.connected else { return };
        let check = Check {
            engine: Arc::clone(&self.engine),
            client: client.clone(),
            facts: link.facts,
            tells: link.keeps_days,
            peers: link.syncs.clone(),
            sync: sync.clone(),
        };
        let what = said.subscribe();
        let handle = self.passes.spawn(async move {
            let found = AssertUnwindSafe(check.run(days, said)).catch_unwind().await;
            let found = found.unwrap_or_else(|_| Err(PassError::internal()));
            Finished::Checked(Box::new(Checked { sync, asker, found }))
        });
        if let Some(asker) = asker {
            self.follow_job(asker, handle, what);
        }
    }

    /// A check ended: what it found is noted, and what was missing is booked by a pass.
    pub(super) async fn days_checked(&mut self, ended: Checked) -> Result<(), StoreError> {
        let Checked { sync, asker, found } = ended;
        if asker.is_none() {
            self.checking.under_way = false;
        }
        match &found {
            Ok(found) => {
                tracing::info!(sync = %sync.name, result = found.days.text(), fetched = found.fetched.len(), "completeness checked");
                self.checking.later.remove(&sync.id);
                if let (Some(day), Some(checked)) = (found.through, self.checking.checked.as_mut()) {
                    checked.insert(sync.id.clone(), day);
                    let text = serde_json::to_string(checked).unwrap_or_default();
                    self.store.set_note(NOTE, &text).await?;
                }
                if !found.fetched.is_empty() {
                    self.checking.once_more.insert(sync.id.clone(), Instant::now() + BOOKED_BY);
                    if let Some(sync) = self.current(&sync.id).filter(|sync| sync.active) {
                        self.begin(sync);
                    }
                }
            }
            Err(error) => {
                tracing::warn!(sync = %sync.name, code = error.code, error = error.message, fix = error.fix, "completeness could not be checked; trying again in an hour");
                self.checking.later.insert(sync.id.clone(), Instant::now() + AGAIN);
            }
        }
        match asker {
            Some(asker) => self.answer_check(asker, found).await,
            None => Ok(()),
        }
    }
}

async fn checked(store: &dyn Store) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
    // A note that cannot be read is as good as none: the days are checked once more.
    Ok(store.note(NOTE).await?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
