//! The service itself.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{Config, Sync};
use crate::exchange::{Answer, AnswerState, ExchangeError, Link, Report, report_of};
use crate::odoo::api_key::Validity;
use crate::odoo::{CallError, Client};
use crate::store::lease::SERVICE;
use crate::store::{Lease, RequestState, Retired, Store, StoreError, Token};
use crate::sync::{Engine, Fetched, OdooFacts, PassError, SyncReport};

use super::checking::{Checked, Checking};
use super::connection::{Backoff, Connected, ConnectionError, connect};
use super::key::{self, KeyWatch};
use super::login::{Written, reread};
use super::monitor::Vitals;
use super::reporting::Reporting;
use super::requests::{Asker, Desk, Jobs, Outcome};
use super::retention::Retiring;
use super::schedule::Schedule;
use super::told::Told;

/// One round of the loop. With it *Sync Now* begins within two seconds.
const ROUND: Duration = Duration::from_secs(1);
/// How long a stop waits for passes to reach their next safe point: longer than Odoo's own
/// retries of one request.
pub const DRAIN: Duration = Duration::from_secs(60);
/// How long a stop waits for Odoo to hear the last reports. What it does not hear now, the
/// next service tells.
pub const LAST_WORD: Duration = Duration::from_secs(10);
/// How often is looked whether Odoo still holds what is booked.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// Why the service ends by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Odoo says that the connection as configured cannot work.
    #[error("{message}")]
    Connection {
        /// What is wrong.
        message: String,
        /// What to do.
        fix: String,
    },
}

/// The running service.
pub struct Service {
    pub(super) config: Config,
    vitals: Arc<Vitals>,
    pub(super) store: Arc<dyn Store>,
    pub(super) engine: Arc<Engine>,
    schedule: Schedule,
    backoff: Backoff,
    /// The state of the files whose login Odoo refused.
    refused_login: Option<Written>,
    key_watch: KeyWatch,
    /// When is looked again whether Odoo still holds what is booked.
    look_at: Option<Instant>,
    pub(super) connected: Option<Connected>,
    /// Says to other processes that this service runs.
    presence: Option<Lease>,
    pub(super) passes: JoinSet<Finished>,
    /// Syncs that a pass runs for, by id.
    running: BTreeSet<String>,
    /// Requests that wait for passes.
    pub(super) desk: Desk,
    /// Requests that are done beside the passes.
    pub(super) jobs: Jobs,
    /// Told to Odoo with the next exchange.
    reports: Vec<Report>,
    pub(super) answers: Vec<Answer>,
    /// Requests in Odoo that were taken and whose end Odoo has not heard yet.
    pub(super) taken: BTreeSet<i64>,
    pub(super) told: Told,
    /// Which days were checked.
    pub(super) checking: Checking,
    pub(super) retiring: Retiring,
    reporting: Reporting,
    /// Told through the store as soon as it works: answers to commands that wait.
    pub(super) said: Vec<(i64, RequestState)>,
    /// Why the store does not work at the moment.
    trouble: Option<String>,
    /// Problems already reported, so that they are said once.
    problems: BTreeSet<(i64, String)>,
    pub(super) stopping: bool,
}

/// A task that ended.
pub(super) enum Finished {
    Pass {
        sync: Box<Sync>,
        report: Box<SyncReport>,
    },
    /// Something that was asked for, beside the passes.
    Asked {
        asker: Asker,
        outcome: Outcome,
    },
    /// The source was asked for orders.
    Fetched {
        asker: Asker,
        fetched: Fetched,
    },
    Key(Result<Validity, CallError>),
    Looked(Result<u64, PassError>),
    /// The completeness of some days was checked.
    Checked(Box<Checked>),
    /// What was older than it is kept was taken away.
    Retired(Result<Retired, StoreError>),
}

impl Service {
    /// A service on an open store.
    pub fn new(config: Config, store: Arc<dyn Store>, engine: Arc<Engine>) -> Self {
        Self {
            config,
            vitals: Arc::default(),
            store,
            engine,
            schedule: Schedule::default(),
            backoff: Backoff::default(),
            refused_login: None,
            key_watch: KeyWatch::default(),
            look_at: None,
            connected: None,
            presence: None,
            passes: JoinSet::new(),
            running: BTreeSet::new(),
            desk: Desk::default(),
            jobs: Jobs::new(),
            reports: Vec::new(),
            answers: Vec::new(),
            taken: BTreeSet::new(),
            told: Told::default(),
            checking: Checking::begin(),
            retiring: Retiring::begin(),
            reporting: Reporting::default(),
            said: Vec::new(),
            trouble: None,
            problems: BTreeSet::new(),
            stopping: false,
        }
    }

    /// The signs of life that it leaves.
    pub fn vitals(&self) -> Arc<Vitals> {
        Arc::clone(&self.vitals)
    }

    /// Runs until `shutdown`. `ready` is called once, when the service does its work (an Odoo
    /// that is down at that moment is waited for).
    ///
    /// # Errors
    ///
    /// A store that fails for good (a full disk is waited for); at the start any failure of it,
    /// and a connection that cannot work as configured.
    pub async fn run(
        mut self,
        shutdown: CancellationToken,
        ready: impl FnOnce() + Send,
    ) -> Result<(), ServiceError> {
        self.store.release_requests(self.engine.now()).await?;
        self.present().await?;
        let known = Link::was_open(self.store.as_ref()).await?;
        tokio::select! {
            connected = self.connect(Some(known)) => connected?,
            () = shutdown.cancelled() => return Ok(()),
        }
        ready();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.vitals.beat();
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(finished) = self.passes.join_next() => {
                    if let Ok(finished) = finished {
                        let done = self.finish(finished).await;
                        self.bear(done)?;
                    }
                }
                _ = rounds.tick() => {
                    let round = tokio::select! {
                        // Its steps can be left off anywhere: they are done again by the next service.
                        round = self.round() => round,
                        () = shutdown.cancelled() => break,
                    };
                    if round.is_ok() && self.trouble.take().is_some() {
                        tracing::info!("the store works again");
                        self.vitals.store(None);
                    }
                    self.bear(round)?;
                }
            }
        }
        self.drain().await
    }

    /// A store that may work again later is waited for: nothing is sent without it.
    fn bear(&mut self, result: Result<(), ServiceError>) -> Result<(), ServiceError> {
        let Err(ServiceError::Store(error)) = &result else { return result };
        if !error.may_pass() {
            return result;
        }
        let trouble = error.to_string();
        if self.trouble.as_ref() != Some(&trouble) {
            tracing::error!("{trouble}");
        }
        self.vitals.store(Some(trouble.clone()));
        self.trouble = Some(trouble);
        Ok(())
    }

    async fn round(&mut self) -> Result<(), ServiceError> {
        if self.connected.is_none() {
            self.connect(None).await?;
        }
        self.watch_key();
        self.watch_booked();
        self.watch_days().await?;
        self.watch_age();
        self.exchange().await;
        self.report_orders().await?;
        self.take_asked().await?;
        self.take_work().await?;
        self.look_at_orders().await?;
        self.begin_due();
        Ok(())
    }

    /// Connects where there is no connection. At the start (`Some`: whether there was a
    /// connection with this store before) what cannot pass by itself ends the service, because
    /// somebody is looking.
    async fn connect(&mut self, start: Option<bool>) -> Result<(), ServiceError> {
        if self.connected.is_some() {
            return Ok(());
        }
        let written = Written::now(&self.config);
        if self.refused_login.as_ref().is_some_and(|refused| *refused != written) {
            tracing::info!("the configuration file was changed; trying its login");
            self.config.odoo = reread(&self.config);
            self.refused_login = None;
            self.backoff.succeeded();
        }
        if !self.backoff.may_try() {
            return Ok(());
        }
        self.vitals.asks(true);
        let connected = connect(&self.config, self.store.as_ref()).await;
        self.vitals.asks(false);
        if let Err(error) = &connected {
            self.vitals.away(error);
        }
        match connected {
            Ok(connected) => {
                tracing::info!(
                    odoo = %connected.client.target().address,
                    series = %connected.client.series(),
                    transport = %connected.client.transport(),
                    addon = connected.link.facts.addon,
                    syncs = connected.link.syncs.len(),
                    "connected to Odoo"
                );
                self.backoff.succeeded();
                self.refused_login = None;
                self.connected = Some(connected);
                self.look_at = None;
                self.reporting.reconnect(None);
                self.learned().await;
            }
            Err(ConnectionError::Exchange(ExchangeError::Store(error))) => {
                self.backoff.failed();
                return Err(error.into());
            }
            Err(error) if start.is_some_and(|known| !error.may_pass(known)) => {
                return Err(ServiceError::Connection { message: error.to_string(), fix: error.fix() });
            }
            Err(error) if error.is_refused_login() => {
                let wait = self.backoff.login_refused();
                self.refused_login = Some(written);
                tracing::error!(
                    %error,
                    fix = error.fix(),
                    wait_minutes = wait.as_secs() / 60,
                    "Odoo refuses the login; trying again later, or once the configuration file changes"
                );
            }
            Err(error) => {
                tracing::warn!(%error, fix = error.fix(), "no connection to Odoo; trying again");
                self.backoff.failed();
            }
        }
        Ok(())
    }

    /// Looks when the API key expires, once a day.
    fn watch_key(&mut self) {
        let Some(Connected { client, .. }) = &self.connected else { return };
        if self.config.odoo.is_api_key && self.key_watch.take_due(self.engine.now()) {
            let client = client.clone();
            self.passes.spawn(async move { Finished::Key(Validity::of(&client).await) });
        }
    }

    /// Looks, with each new connection and now and then, whether Odoo still holds what is booked.
    fn watch_booked(&mut self) {
        let Some(Connected { client, link }) = &self.connected else { return };
        if self.look_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        self.look_at = Some(Instant::now() + LOOK_EVERY);
        let (engine, client, syncs) = (Arc::clone(&self.engine), client.clone(), link.syncs.clone());
        self.passes
            .spawn(async move { Finished::Looked(engine.look_for_missing(&client, &syncs, false).await) });
    }

    /// The configuration was read (anew).
    async fn learned(&mut self) {
        let Some(Connected { link, .. }) = &self.connected else { return };
        self.vitals.here(&link.syncs, link.facts.orders);
        if let Err(error) = self.engine.adopt(&link.syncs, &link.known).await {
            tracing::error!(error = %error.message, "orders of renamed syncs could not be taken over");
        }
    }

    /// Goes on with the syncs as the file has them now; else says why it cannot.
    pub(super) async fn reread_syncs(&mut self) -> Result<(), String> {
        self.config.syncs = Config::load(&self.config.path).map_err(|error| error.to_string())?.syncs;
        if let Some(Connected { link, .. }) = &mut self.connected {
            link.reread_file(&self.config);
            self.reporting.reconnect(None);
        }
        self.learned().await;
        tracing::info!(
            syncs = self.config.syncs.len(),
            "the syncs of the configuration file were read again"
        );
        Ok(())
    }

    /// Tells Odoo what is new and hears what is asked.
    async fn exchange(&mut self) {
        self.tell_progress();
        let Some(Connected { client, link }) = self.connected.as_mut() else { return };
        let before = link.stamp().to_owned();
        for bad in &link.bad {
            if self.problems.insert((bad.id, bad.problem.to_string())) {
                tracing::warn!(sync = %bad.name, problem = %bad.problem, "a sync in Odoo cannot run");
                self.reports.push(bad.report(self.engine.now()));
            }
        }
        self.vitals.asks(true);
        let told =
            link.exchange(client, &self.config, self.store.as_ref(), &self.reports, &self.answers).await;
        self.vitals.asks(false);
        match told {
            Ok(()) => {
                if let Some((shops, asked)) = &link.held {
                    self.engine.holds(shops, *asked);
                }
                let changed = link.stamp() != before;
                self.reports.clear();
                for answer in self.answers.drain(..).filter(|answer| answer.state != AnswerState::Taken) {
                    self.taken.remove(&answer.request);
                    self.told.forget(answer.request);
                }
                if changed {
                    self.reporting.reconnect(None);
                    tracing::info!(syncs = link.syncs.len(), "configuration read from Odoo");
                    self.learned().await;
                }
            }
            Err(ExchangeError::Store(error)) => {
                tracing::warn!(%error, "what Odoo said could not be stored; asking again");
            }
            Err(error) => {
                tracing::warn!(%error, fix = error.fix(), "Odoo does not answer; connecting again");
                self.vitals.away(&error);
                self.connected = None;
                self.backoff.failed();
            }
        }
    }

    /// Tells Odoo of orders, beside everything else.
    async fn report_orders(&mut self) -> Result<(), StoreError> {
        let Some(Connected { client, link }) = &self.connected else { return Ok(()) };
        if self.reporting.is_idle() {
            self.reporting.reconnect(link.teller(client, &self.store));
        }
        self.reporting.go_on(&self.engine).await
    }

    /// The lease that says that this service runs; taken anew where it was lost.
    pub(super) async fn present(&mut self) -> Result<Token, StoreError> {
        if let Some(lease) = self.presence.as_ref().filter(|lease| !lease.is_lost()) {
            return Ok(lease.token());
        }
        let name = format!("{SERVICE}{}", Uuid::new_v4());
        match self.engine.shared().take(&name).await? {
            Ok(lease) => Ok(self.presence.insert(lease).token()),
            // Nobody else takes a name that was only just made.
            Err(_) => Err(StoreError::LeaseLost),
        }
    }

    fn begin_due(&mut self) {
        let Some(Connected { link, .. }) = &self.connected else { return };
        let now = self.engine.now();
        let due: Vec<Sync> = link
            .syncs
            .iter()
            .filter(|sync| sync.active && self.schedule.is_due(sync, now))
            .cloned()
            .collect();
        for sync in due {
            self.begin(sync);
        }
    }

    /// Begins a pass. While one runs for this sync it follows that one: who asks now has
    /// perhaps just added an order that the running pass is past.
    pub(super) fn begin(&mut self, sync: Sync) {
        let Some(Connected { client, link }) = &self.connected else { return };
        if self.stopping || !self.running.insert(sync.id.clone()) {
            return;
        }
        self.schedule.begin(&sync, self.engine.now());
        self.desk.begins(&sync.id);
        let (engine, client, facts): (Arc<Engine>, Client, OdooFacts) =
            (Arc::clone(&self.engine), client.clone(), link.facts);
        let peers: Vec<Sync> = link.syncs.iter().filter(|sync| sync.active).cloned().collect();
        self.passes.spawn(async move {
            // A sync must not stand still for ever because a pass of it fell over.
            let pass =
                AssertUnwindSafe(engine.service_pass(&client, facts, &sync, &peers)).catch_unwind().await;
            let report = pass.unwrap_or_else(|_| fallen_over(&sync));
            Finished::Pass { sync: Box::new(sync), report: Box::new(report) }
        });
    }

    async fn finish(&mut self, finished: Finished) -> Result<(), ServiceError> {
        let (sync, report) = match finished {
            Finished::Asked { asker, outcome } => {
                // One that was cancelled just as it ended has its answer.
                if self.jobs.contains_key(&asker) {
                    self.end_request(asker, outcome).await?;
                }
                return Ok(());
            }
            Finished::Fetched { asker, fetched } => return Ok(self.fetched(asker, fetched).await?),
            Finished::Key(found) => {
                let notice = key::tell(&found, self.engine.now());
                if let Some(Connected { link, .. }) = &mut self.connected {
                    link.notice = notice.or(link.notice.take());
                }
                return Ok(());
            }
            Finished::Looked(Ok(missing)) => {
                if missing > 0 {
                    self.schedule = Schedule::default();
                }
                return Ok(());
            }
            Finished::Looked(Err(error)) => {
                tracing::warn!(error = %error.message, "whether Odoo still holds what is booked could not be seen");
                return Ok(());
            }
            Finished::Checked(checked) => return Ok(self.days_checked(*checked).await?),
            Finished::Retired(found) => {
                self.retired(found);
                return Ok(());
            }
            Finished::Pass { sync, report } => (sync, report),
        };
        self.running.remove(&sync.id);
        self.schedule.next_try(&sync, report.next_try_at(), self.engine.now());
        match &report.error {
            None => {
                tracing::info!(sync = %sync.name, fetched = report.fetched, summary = %report.summary(), "pass done");
                if self.connected.is_some() {
                    self.vitals.reached();
                }
            }
            Some(error) => {
                tracing::warn!(sync = %sync.name, code = error.code, error = %error.message, fix = %error.fix, "pass stopped early");
                if error.is_unavailable() {
                    // Without the addon nobody but passes asks Odoo.
                    self.vitals.away(&error.message);
                }
                if error.is_refused_login() {
                    // With another login, once there is one.
                    self.vitals.away(&error.message);
                    self.connected = None;
                }
            }
        }
        self.reports.push(report_of(&sync, &report, self.store.as_ref(), self.engine.now()).await?);
        self.pass_ended(&sync.id, &report).await?;
        if self.desk.is_asked(&sync.id) {
            // Its configuration may have changed since the pass that ended began.
            self.begin(self.current(&sync.id).unwrap_or(*sync));
        }
        Ok(())
    }

    /// The sync of an id as it is configured now.
    pub(super) fn current(&self, id: &str) -> Option<Sync> {
        let Connected { link, .. } = self.connected.as_ref()?;
        link.syncs.iter().find(|sync| sync.id == id).cloned()
    }

    /// Lets passes reach their next safe point, then reports once more.
    async fn drain(mut self) -> Result<(), ServiceError> {
        tracing::info!(passes = self.passes.len(), "stopping");
        self.stopping = true;
        self.vitals.stops();
        self.engine.stop();
        let until = Instant::now() + DRAIN;
        while let Ok(Some(finished)) =
            timeout(until.saturating_duration_since(Instant::now()), self.passes.join_next()).await
        {
            if let Ok(finished) = finished {
                let done = self.finish(finished).await;
                self.bear(done)?;
            }
        }
        self.leave_requests().await?;
        if timeout(LAST_WORD, self.exchange()).await.is_err() {
            tracing::warn!("Odoo did not hear the last reports");
        }
        if self.connected.is_none() {
            self.reporting.reconnect(None);
        }
        if timeout(LAST_WORD, self.reporting.end(&self.engine)).await.is_err() {
            tracing::info!("Odoo is told of the last orders when the service runs again");
        }
        if let Some(lease) = self.presence.take() {
            lease.give_back(self.store.as_ref()).await?;
        }
        if let (Some(Connected { client, link }), true) = (&self.connected, self.passes.is_empty()) {
            self.engine.give_back(client, link.facts).await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// The report of a pass that panicked.
fn fallen_over(sync: &Sync) -> SyncReport {
    SyncReport { sync: sync.name.clone(), error: Some(PassError::internal()), ..SyncReport::default() }
}
