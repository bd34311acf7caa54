//! The service itself.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{Config, Origin, Sync};
use crate::exchange::{Answer, AnswerState, Link, Report, RequestKind, SyncRequest, report_of};
use crate::odoo::api_key::Validity;
use crate::odoo::{CallError, Client};
use crate::store::lease::SERVICE;
use crate::store::{Lease, Store, StoreError, Token};
use crate::sync::{Engine, OdooFacts, PassError, PassErrorKind, SyncReport};

use super::connection::{Backoff, Connected, ConnectionError, connect};
use super::handover::{Handover, answer};
use super::key::{self, KeyWatch};
use super::login::{Written, reread};
use super::reporting::Reporting;
use super::schedule::Schedule;
use super::told::Told;

/// One round of the loop. With it *Sync Now* begins within two seconds.
const ROUND: Duration = Duration::from_secs(1);
/// How long a stop waits for passes to reach their next safe point: longer than Odoo's own
/// retries of one request.
pub const DRAIN: Duration = Duration::from_secs(60);
/// How long a stop waits for Odoo to hear the last reports. What it does not hear now, the
/// next service tells.
const LAST_WORD: Duration = Duration::from_secs(10);
/// How often is looked whether Odoo still holds what is booked.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

const STOPPED: &str = "The service is being stopped; the rest follows when it runs again.";

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
    config: Config,
    store: Arc<dyn Store>,
    engine: Arc<Engine>,
    schedule: Schedule,
    backoff: Backoff,
    /// The state of the files whose login Odoo refused.
    refused_login: Option<Written>,
    key_watch: KeyWatch,
    /// When is looked again whether Odoo still holds what is booked.
    look_at: Option<Instant>,
    connected: Option<Connected>,
    /// Says to other processes that this service runs.
    presence: Option<Lease>,
    passes: JoinSet<Finished>,
    /// Syncs that a pass runs for, by id.
    running: BTreeSet<String>,
    /// Who waits for a pass that has not begun, by sync.
    asked: HashMap<String, Vec<Waiter>>,
    /// Who waits for the report of the pass that runs, by sync.
    waiting: HashMap<String, Vec<Waiter>>,
    /// Told to Odoo with the next exchange.
    reports: Vec<Report>,
    answers: Vec<Answer>,
    /// Requests in Odoo that were taken and whose end Odoo has not heard yet.
    taken: BTreeSet<i64>,
    told: Told,
    reporting: Reporting,
    /// Problems already reported, so that they are said once.
    problems: BTreeSet<(i64, String)>,
    stopping: bool,
}

/// Somebody who asked for a pass.
#[derive(Debug, Clone, Copy)]
enum Waiter {
    /// A request in Odoo.
    Odoo(i64),
    /// A request in the store, with how many syncs it still waits for.
    Store(i64),
}

/// A task that ended.
enum Finished {
    Pass { sync: Box<Sync>, report: Box<SyncReport> },
    Test { request: i64, result: Result<String, String> },
    Key(Result<Validity, CallError>),
    Closing { request: i64, reports: Vec<SyncReport> },
    Looked(Result<u64, PassError>),
}

/// A request in the store that waits for several syncs.
#[derive(Debug, Default)]
struct Pending {
    left: usize,
    reports: Vec<SyncReport>,
}

impl Service {
    /// A service on an open store.
    pub fn new(config: Config, store: Arc<dyn Store>, engine: Arc<Engine>) -> Self {
        Self {
            config,
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
            asked: HashMap::new(),
            waiting: HashMap::new(),
            reports: Vec::new(),
            answers: Vec::new(),
            taken: BTreeSet::new(),
            told: Told::default(),
            reporting: Reporting::default(),
            problems: BTreeSet::new(),
            stopping: false,
        }
    }

    /// Runs until `shutdown`. `ready` is called once, when the service does its work (an Odoo
    /// that is down at that moment is waited for).
    ///
    /// # Errors
    ///
    /// A store that fails; at the start also a connection that cannot work as configured.
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
        let mut pending: HashMap<i64, Pending> = HashMap::new();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(finished) = self.passes.join_next() => {
                    if let Ok(finished) = finished {
                        self.finish(finished, &mut pending).await?;
                    }
                }
                _ = rounds.tick() => tokio::select! {
                    // Its steps can be left off anywhere: they are done again by the next service.
                    round = self.round(&mut pending) => round?,
                    () = shutdown.cancelled() => break,
                },
            }
        }
        self.drain(&mut pending).await
    }

    async fn round(&mut self, pending: &mut HashMap<i64, Pending>) -> Result<(), ServiceError> {
        if self.connected.is_none() {
            self.connect(None).await?;
        }
        self.watch_key();
        self.watch_booked();
        self.exchange().await;
        self.report_orders().await?;
        let asked = self.connected.as_mut().map(|connected| connected.link.take_asked());
        for request in asked.unwrap_or_default() {
            self.take(&request);
        }
        self.take_work(pending).await?;
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
        match connect(&self.config, self.store.as_ref()).await {
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
                self.adopt().await;
            }
            Err(ConnectionError::Exchange(crate::exchange::ExchangeError::Store(error))) => {
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

    async fn adopt(&mut self) {
        if let Some(Connected { link, .. }) = &self.connected
            && let Err(error) = self.engine.adopt(&link.syncs, &link.known).await
        {
            tracing::error!(error = %error.message, "orders of renamed syncs could not be taken over");
        }
    }

    /// Tells Odoo what is new and hears what is asked.
    async fn exchange(&mut self) {
        self.tell_progress();
        let Some(Connected { client, link }) = self.connected.as_mut() else { return };
        let before = link.stamp().to_owned();
        for bad in &link.bad {
            if self.problems.insert((bad.id, bad.problem.clone())) {
                tracing::error!(sync = %bad.name, problem = %bad.problem, "a sync in Odoo cannot run");
                self.reports.push(bad.report(self.engine.now()));
            }
        }
        match link.exchange(client, &self.config, self.store.as_ref(), &self.reports, &self.answers).await {
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
                    self.adopt().await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, fix = error.fix(), "Odoo does not answer; connecting again");
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

    /// Tells those who wait in Odoo how far the passes are.
    fn tell_progress(&mut self) {
        if self.connected.is_none() || self.stopping {
            return;
        }
        let running = self.waiting.iter().filter_map(|(sync, waiters)| {
            let step = self.engine.step(sync)?;
            Some((waiters, step.percent(), step.to_string()))
        });
        let queued = self
            .asked
            .values()
            .map(|waiters| (waiters, 0, "Another sync is running; this one follows it.".to_owned()));
        for (waiters, progress, message) in running.chain(queued) {
            for waiter in waiters {
                if let Waiter::Odoo(request) = *waiter
                    && self.told.is_due(request, &message, Instant::now())
                {
                    let message = message.clone();
                    self.answers.push(Answer { request, state: AnswerState::Taken, progress, message });
                }
            }
        }
    }

    /// A request that somebody left in Odoo.
    fn take(&mut self, request: &SyncRequest) {
        let Some(Connected { client, link }) = &self.connected else { return };
        if !self.taken.insert(request.id) {
            return;
        }
        let client = client.clone();
        let is_meant = |sync: &&Sync| match sync.origin {
            Origin::Odoo(id) => !request.from_file && id == request.sync,
            Origin::File => request.from_file && sync.name == request.name,
        };
        let Some(sync) = link.syncs.iter().find(is_meant).cloned() else {
            let problem = link
                .bad
                .iter()
                .find(|bad| bad.id == request.sync)
                .map_or_else(|| "The service does not know this sync.".to_owned(), |bad| bad.problem.clone());
            self.answer(request.id, AnswerState::Failed, problem);
            return;
        };
        match request.kind {
            RequestKind::Sync => {
                self.answer(request.id, AnswerState::Taken, String::new());
                self.asked.entry(sync.id.clone()).or_default().push(Waiter::Odoo(request.id));
                self.begin(sync);
            }
            RequestKind::Test => {
                self.answer(request.id, AnswerState::Taken, String::new());
                let (engine, id) = (Arc::clone(&self.engine), request.id);
                self.passes.spawn(async move {
                    let result = engine
                        .test(&client, &sync)
                        .await
                        .map_err(|error| format!("{} {}", error.message, error.fix));
                    Finished::Test { request: id, result }
                });
            }
            RequestKind::Unknown => {
                let problem = "This service is too old for this request. Upgrade the service.".to_owned();
                self.answer(request.id, AnswerState::Failed, problem);
            }
        }
    }

    fn answer(&mut self, request: i64, state: AnswerState, message: String) {
        let progress = u32::from(state == AnswerState::Done) * 100;
        self.answers.push(Answer { request, state, progress, message });
    }

    /// The lease that says that this service runs; taken anew where it was lost.
    async fn present(&mut self) -> Result<Token, StoreError> {
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

    /// Requests that one-shot commands left in the store.
    async fn take_work(&mut self, pending: &mut HashMap<i64, Pending>) -> Result<(), ServiceError> {
        let present = self.present().await?;
        while let Some(request) = self.store.take_request(present, self.engine.now()).await? {
            let work = serde_json::from_str::<Handover>(&request.payload);
            let syncs = match &work {
                Ok(work) => self.meant_by(work),
                Err(error) => Err(format!("the service does not understand the request ({error})")),
            };
            match syncs {
                Ok(syncs) if syncs.is_empty() => {
                    self.store.answer(request.id, &answer(&Ok(Vec::new())), self.engine.now()).await?;
                }
                Ok(syncs) if matches!(work, Ok(Handover::Close { .. })) => {
                    let shop = work.ok().and_then(|work| work.shop().map(str::to_owned));
                    self.close(request.id, syncs, shop);
                }
                Ok(syncs) => {
                    pending.insert(request.id, Pending { left: syncs.len(), reports: Vec::new() });
                    for sync in syncs {
                        self.asked.entry(sync.id.clone()).or_default().push(Waiter::Store(request.id));
                        self.begin(sync);
                    }
                }
                Err(problem) => {
                    self.store.answer(request.id, &answer(&Err(problem)), self.engine.now()).await?;
                }
            }
        }
        Ok(())
    }

    fn meant_by(&self, work: &Handover) -> Result<Vec<Sync>, String> {
        let Some(Connected { link: Link { syncs, .. }, .. }) = &self.connected else {
            return Err("Odoo is not reachable at the moment; the work is done once it is".into());
        };
        match work {
            Handover::Sync { name: None } | Handover::Close { name: None, .. } => {
                Ok(syncs.iter().filter(|sync| sync.active).cloned().collect())
            }
            Handover::Sync { name: Some(name) } | Handover::Close { name: Some(name), .. } => syncs
                .iter()
                .find(|sync| sync.name == *name)
                .map(|sync| vec![sync.clone()])
                .ok_or_else(|| format!("there is no sync named \"{name}\"")),
        }
    }

    /// Closes sessions beside the passes; the shop's lock keeps them apart.
    fn close(&mut self, request: i64, syncs: Vec<Sync>, shop: Option<String>) {
        let Some(Connected { client, link }) = &self.connected else { return };
        let (engine, client, facts) = (Arc::clone(&self.engine), client.clone(), link.facts);
        self.passes.spawn(async move {
            let mut reports = Vec::new();
            for sync in syncs {
                reports.push(engine.close_sessions(&client, facts, &sync, shop.as_deref()).await);
            }
            Finished::Closing { request, reports }
        });
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
    fn begin(&mut self, sync: Sync) {
        let Some(Connected { client, link }) = &self.connected else { return };
        if self.stopping || !self.running.insert(sync.id.clone()) {
            return;
        }
        self.schedule.begin(&sync, self.engine.now());
        if let Some(waiters) = self.asked.remove(&sync.id) {
            self.waiting.insert(sync.id.clone(), waiters);
        }
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

    async fn finish(
        &mut self,
        finished: Finished,
        pending: &mut HashMap<i64, Pending>,
    ) -> Result<(), ServiceError> {
        let (sync, report) = match finished {
            Finished::Test { request, result } => {
                match result {
                    Ok(seen) => self.answer(request, AnswerState::Done, seen),
                    Err(problem) => self.answer(request, AnswerState::Failed, problem),
                }
                return Ok(());
            }
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
            Finished::Closing { request, reports } => {
                self.store.answer(request, &answer(&Ok(reports)), self.engine.now()).await?;
                return Ok(());
            }
            Finished::Pass { sync, report } => (sync, report),
        };
        self.running.remove(&sync.id);
        self.schedule.next_try(&sync, report.next_try_at(), self.engine.now());
        match &report.error {
            None => {
                tracing::info!(sync = %sync.name, fetched = report.fetched, summary = report.summary(), "pass done");
            }
            Some(error) => {
                tracing::warn!(sync = %sync.name, code = error.code, error = error.message, fix = error.fix, "pass stopped early");
                if error.is_refused_login() {
                    // With another login, once there is one.
                    self.connected = None;
                }
            }
        }
        self.reports.push(report_of(&sync, &report, self.store.as_ref(), self.engine.now()).await?);
        for waiter in self.waiting.remove(&sync.id).unwrap_or_default() {
            match waiter {
                // A stop may have cut the pass short: Odoo repeats the request to the next service.
                Waiter::Odoo(request) if self.stopping => {
                    self.answer(request, AnswerState::Taken, STOPPED.to_owned());
                }
                Waiter::Odoo(request) => match &report.error {
                    None => self.answer(request, AnswerState::Done, report.summary()),
                    Some(error) => {
                        self.answer(request, AnswerState::Failed, format!("{} {}", error.message, error.fix));
                    }
                },
                Waiter::Store(_) if self.stopping => {}
                Waiter::Store(request) => {
                    let Some(waited) = pending.get_mut(&request) else { continue };
                    waited.left -= 1;
                    waited.reports.push((*report).clone());
                    if waited.left == 0
                        && let Some(done) = pending.remove(&request)
                    {
                        self.store.answer(request, &answer(&Ok(done.reports)), self.engine.now()).await?;
                    }
                }
            }
        }
        if self.asked.contains_key(&sync.id) {
            self.begin(*sync);
        }
        Ok(())
    }

    /// Lets passes reach their next safe point, then reports once more.
    async fn drain(mut self, pending: &mut HashMap<i64, Pending>) -> Result<(), ServiceError> {
        tracing::info!(passes = self.passes.len(), "stopping");
        self.stopping = true;
        self.engine.stop();
        let until = Instant::now() + DRAIN;
        while let Ok(Some(finished)) =
            timeout(until.saturating_duration_since(Instant::now()), self.passes.join_next()).await
        {
            if let Ok(finished) = finished {
                self.finish(finished, pending).await?;
            }
        }
        for request in pending.keys() {
            self.store.answer(*request, &answer(&Err(STOPPED.to_owned())), self.engine.now()).await?;
        }
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
    let error = PassError {
        code: "internal".to_owned(),
        message: "The pass ended by an error in tillbridge itself; its log says where.".to_owned(),
        fix: "Nothing is lost: the next pass goes on. Please report it with the log.".to_owned(),
        kind: PassErrorKind::Internal,
    };
    SyncReport { sync: sync.name.clone(), error: Some(error), ..SyncReport::default() }
}
