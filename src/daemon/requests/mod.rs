//! What people ask of the service: in Odoo, by the addon's requests, and on the command line,
//! by what one-shot commands leave in the store.
//!
//! | file | what it knows |
//! |---|---|
//! | `ask` | what is asked, from wherever, in one shape |
//! | `desk` | who waits for which passes and orders |
//! | `effect` | what a draft of a configuration would change |
//! | `outcome` | how a request ended, in Odoo's and in the command's form |
//!
//! A request is taken once, begun, followed while its passes run, and answered once.

mod ask;
mod desk;
mod effect;
mod outcome;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::config::Sync;
use crate::doctor::of_sync;
use crate::exchange::{Answer, SyncRequest};
use crate::order::Text;
use crate::store::{State, StoreError};
use crate::sync::{Fetched, PassError, Step, SyncReport, Tally, Wanted, no_sync, queued_at};
use crate::text;

use super::checking::{Found, Why};
use super::connection::Connected;
use super::handover::Handover;
use super::service::{Finished, Service};

use ask::{Ask, Said};
use desk::Task;
pub(super) use desk::{Asker, Desk};
pub(super) use outcome::Outcome;
pub use outcome::Reply;

fn stopping() -> Text {
    text!("The service is being stopped; the rest follows when it runs again.")
}

/// Work beside the passes that can be left off anywhere, by who asked for it.
pub(super) type Jobs = HashMap<Asker, Job>;

/// Work beside the passes.
pub(super) struct Job {
    handle: AbortHandle,
    /// What is said of it while it goes on.
    what: watch::Receiver<Text>,
}

impl Service {
    /// Requests that somebody left in Odoo.
    pub(super) async fn take_asked(&mut self) -> Result<(), StoreError> {
        let asked = self.connected.as_mut().map(|connected| connected.link.take_asked());
        for request in asked.unwrap_or_default() {
            if request.cancel {
                self.cancel(&request);
            } else if self.taken.insert(request.id) {
                let Some(Connected { link, .. }) = &self.connected else { return Ok(()) };
                let ask = Ask::of_request(&request, link);
                self.begin_or_refuse(Asker::Odoo(request.id), ask).await?;
            }
        }
        Ok(())
    }

    /// Requests that one-shot commands left in the store.
    pub(super) async fn take_work(&mut self) -> Result<(), StoreError> {
        let present = self.present().await?;
        self.tell_store().await?;
        while let Some(request) = self.store.take_request(present, self.engine.now()).await? {
            let link = self.connected.as_ref().map(|connected| &connected.link);
            let ask = serde_json::from_str::<Handover>(&request.payload)
                .map_err(|error| {
                    text!("the service does not understand the request ({error})", error = error.to_string())
                })
                .and_then(|work| Ask::of_handover(work, link));
            self.begin_or_refuse(Asker::Store(request.id), ask).await?;
        }
        Ok(())
    }

    /// Begins a request; while the store does not work, its asker hears that.
    async fn begin_or_refuse(&mut self, asker: Asker, ask: Result<Ask, Text>) -> Result<(), StoreError> {
        match self.begin_request(asker, ask).await {
            Err(error) if error.may_pass() => self.end_request(asker, Outcome::Refused(error.text())).await,
            done => done,
        }
    }

    async fn begin_request(&mut self, asker: Asker, ask: Result<Ask, Text>) -> Result<(), StoreError> {
        let ask = match ask {
            Ok(ask) => ask,
            Err(problem) => return self.end_request(asker, Outcome::Refused(problem)).await,
        };
        if let Asker::Odoo(request) = asker {
            self.answers.push(Answer::taken(request, 0, Text::default()));
        }
        match ask {
            Ask::Pass(syncs) if syncs.is_empty() => {
                self.end_request(asker, Outcome::Reports(Vec::new())).await
            }
            Ask::Pass(syncs) => {
                self.wait_for(asker, Task::passes(), syncs);
                Ok(())
            }
            Ask::Close(syncs, shop) => {
                self.close(asker, syncs, shop);
                Ok(())
            }
            Ask::Test(sync) => {
                self.test(asker, *sync);
                Ok(())
            }
            Ask::Preview(sync, limit) => {
                self.preview(asker, *sync, limit);
                Ok(())
            }
            Ask::Fetch(sync, wanted) => {
                self.fetch(asker, *sync, wanted);
                Ok(())
            }
            Ask::Reconcile(sync, days) => {
                let (said, _) = watch::channel(text!("Reading the source."));
                self.check_days(*sync, Why::Asked(asker, days), said);
                Ok(())
            }
            Ask::Effect(sync, asked) => self.effect(asker, *sync, asked).await,
            Ask::Reread => {
                let outcome = match self.reread_syncs().await {
                    Ok(()) => Outcome::Reports(Vec::new()),
                    Err(problem) => Outcome::Refused(Text::name(problem)),
                };
                self.end_request(asker, outcome).await
            }
            Ask::Orders(said) => self.orders(asker, said).await,
        }
    }

    /// Waits for a pass over each of these syncs, and begins those that do not run.
    fn wait_for(&mut self, asker: Asker, task: Task, syncs: Vec<Sync>) {
        self.desk.open(asker, task, syncs.iter().map(|sync| sync.id.clone()));
        for sync in syncs {
            self.begin(sync);
        }
    }

    /// Says a word about orders, and waits for what becomes of them.
    async fn orders(&mut self, asker: Asker, said: Said) -> Result<(), StoreError> {
        let Said { word, keys, by } = said;
        let done = word.say(self.store.as_ref(), &keys, &by, self.engine.now()).await?;
        if !word.is_followed() {
            let items = self.store.get(&keys).await?;
            return self.end_request(asker, Outcome::Reply(Reply::closed(&word, &keys, &done, &items))).await;
        }
        self.follow_orders(asker, keys, None).await
    }

    /// The source was asked for orders: waits for what becomes of those that it has.
    pub(super) async fn fetched(&mut self, asker: Asker, fetched: Fetched) -> Result<(), StoreError> {
        // One that was cancelled just as it ended has its answer.
        if self.jobs.remove(&asker).is_none() {
            return Ok(());
        }
        self.follow_orders(asker, fetched.found.clone(), Some(fetched)).await
    }

    /// Waits for the passes that book these orders. Those that nothing is to be booked of any
    /// more are not waited for.
    async fn follow_orders(
        &mut self,
        asker: Asker,
        keys: Vec<String>,
        fetched: Option<Fetched>,
    ) -> Result<(), StoreError> {
        let of = queued_at(self.store.as_ref(), &keys).await?;
        let known = self.connected.as_ref().map(|connected| connected.link.syncs.as_slice());
        let runs = |sync: &&Sync| sync.active && of.contains(&sync.id);
        let syncs: Vec<Sync> = known.unwrap_or_default().iter().filter(runs).cloned().collect();
        if syncs.is_empty() {
            let why = if known.is_none() {
                text!("Odoo is not reachable at the moment; it follows once it is.")
            } else {
                no_sync()
            };
            return self.end_task(asker, Task::orders(keys, fetched), Some(&why)).await;
        }
        self.wait_for(asker, Task::orders(keys, fetched), syncs);
        Ok(())
    }

    /// Asks the source of a sync for orders, beside the passes.
    fn fetch(&mut self, asker: Asker, sync: Sync, wanted: Wanted) {
        let engine = Arc::clone(&self.engine);
        let facts = self.connected.as_ref().map(|connected| connected.link.facts).unwrap_or_default();
        self.spawn_beside(asker, saying(text!("Asking the source for them.")), async move {
            match engine.fetch(facts, &sync, &wanted).await {
                Ok(fetched) => Finished::Fetched { asker, fetched },
                Err(error) => {
                    let outcome = Outcome::Refused(error.said());
                    Finished::Asked { asker, outcome }
                }
            }
        });
    }

    /// Looks whether a sync could run, beside the passes.
    fn test(&mut self, asker: Asker, sync: Sync) {
        let Some(Connected { client, link }) = &self.connected else { return };
        let (engine, client, facts) = (Arc::clone(&self.engine), client.clone(), link.facts);
        self.do_beside(asker, saying(text!("Looking at the source and the shop.")), async move {
            Outcome::Reply(Reply::checks(&of_sync(&sync, &engine, Some(&client), facts).await))
        });
    }

    /// Plans the newest orders of a sync, beside the passes.
    fn preview(&mut self, asker: Asker, sync: Sync, limit: usize) {
        let Some(Connected { client, .. }) = &self.connected else { return };
        let (engine, client) = (Arc::clone(&self.engine), client.clone());
        self.do_beside(asker, saying(text!("Reading the newest orders and planning them.")), async move {
            let (report, note) = engine.preview_newest(&client, &sync, limit).await;
            match &report.error {
                Some(error) => Outcome::Refused(error.said()),
                None => Outcome::Reply(Reply::preview(&report, &note)),
            }
        });
    }

    /// Closes sessions beside the passes; the shop's lock keeps them apart.
    fn close(&mut self, asker: Asker, syncs: Vec<Sync>, shop: Option<String>) {
        let Some(Connected { client, link }) = &self.connected else { return };
        let (engine, client, facts) = (Arc::clone(&self.engine), client.clone(), link.facts);
        self.do_beside(asker, saying(text!("Closing the sessions.")), async move {
            let mut reports = Vec::new();
            for sync in syncs {
                reports.push(engine.close_sessions(&client, facts, &sync, shop.as_deref()).await);
            }
            Outcome::Reports(reports)
        });
    }

    /// Does something beside the passes that ends in an answer. Cancelled, it is left off.
    fn do_beside(
        &mut self,
        asker: Asker,
        what: watch::Receiver<Text>,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        self.spawn_beside(asker, what, async move { Finished::Asked { asker, outcome: work.await } });
    }

    fn spawn_beside(
        &mut self,
        asker: Asker,
        what: watch::Receiver<Text>,
        work: impl Future<Output = Finished> + Send + 'static,
    ) {
        let handle = self.passes.spawn(async move {
            // Somebody waits for an answer, be it this one.
            AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Finished::Asked {
                asker,
                outcome: Outcome::Refused(PassError::internal().message),
            })
        });
        self.follow_job(asker, handle, what);
    }

    /// Follows work beside the passes that somebody waits for; `what` is said of it.
    pub(super) fn follow_job(&mut self, asker: Asker, handle: AbortHandle, what: watch::Receiver<Text>) {
        self.jobs.insert(asker, Job { handle, what });
    }

    /// Answers one who asked how complete some days are.
    pub(super) async fn answer_check(
        &mut self,
        asker: Asker,
        found: Result<Found, PassError>,
    ) -> Result<(), StoreError> {
        // One that was cancelled just as it ended has its answer.
        if !self.jobs.contains_key(&asker) {
            return Ok(());
        }
        let outcome = match found {
            Ok(found) => Outcome::Reply(Reply::completeness(&found.days, found.fetched.len())),
            Err(error) => Outcome::Refused(error.said()),
        };
        self.end_request(asker, outcome).await
    }

    /// A pass ended: those who waited for it are answered. A stop may have cut it short, so that
    /// nobody is then: what is open is taken up by the next service.
    pub(super) async fn pass_ended(&mut self, sync: &str, report: &SyncReport) -> Result<(), StoreError> {
        if self.stopping {
            return Ok(());
        }
        for (asker, task) in self.desk.passed(sync, report) {
            let stopped = task.stopped();
            self.end_task(asker, task, stopped.as_ref()).await?;
        }
        Ok(())
    }

    /// Answers one who waited for passes. `stopped`: why what is still queued is.
    async fn end_task(&mut self, asker: Asker, task: Task, stopped: Option<&Text>) -> Result<(), StoreError> {
        let outcome = match task.orders {
            None => Outcome::Reports(task.reports),
            Some(orders) => {
                match (Tally::of(self.store.as_ref(), &orders.keys, stopped).await, &task.fetched) {
                    (Ok(tally), Some(fetched)) => Outcome::Reply(Reply::fetched(fetched, &tally)),
                    (Ok(tally), None) => Outcome::Reply(Reply::tally(&tally)),
                    (Err(error), _) => Outcome::Refused(error.text()),
                }
            }
        };
        self.end_request(asker, outcome).await
    }

    /// Looks now and then at the orders that somebody waits for: once all are booked, nobody has
    /// to wait for the end of the pass.
    pub(super) async fn look_at_orders(&mut self) -> Result<(), StoreError> {
        for (asker, keys) in self.desk.take_due(Instant::now()) {
            let items = self.store.get(&keys).await?;
            let is_booked =
                |key: &String| items.iter().any(|item| item.key == *key && item.state == State::Booked);
            let open = keys.into_iter().filter(|key| !is_booked(key)).collect();
            if let Some(task) = self.desk.looked(asker, open) {
                self.end_task(asker, task, None).await?;
            }
        }
        Ok(())
    }

    /// Tells those who wait in Odoo how far it is.
    pub(super) fn tell_progress(&mut self) {
        if self.connected.is_none() || self.stopping {
            return;
        }
        let mut news: Vec<_> =
            self.jobs.iter().map(|(asker, job)| (*asker, 0, job.what.borrow().clone())).collect();
        for (asker, task) in self.desk.tasks() {
            let step = task.left().find_map(|sync| self.engine.step(sync));
            let (percent, message) = match (&task.orders, step) {
                _ if !self.desk.is_begun(asker, task) => {
                    (0, text!("Another sync is running; this one follows it."))
                }
                (Some(orders), _) if orders.booked() > 0 => {
                    let (booked, of) = (orders.booked(), orders.keys.len());
                    let percent = u32::try_from(booked * 100 / of.max(1)).unwrap_or_default();
                    (percent.min(99), text!("{booked} of {of} booked so far.", booked, of))
                }
                (_, Some(step)) => (step.percent(), step.text()),
                (_, None) => continue,
            };
            news.push((asker, percent, message));
        }
        for (asker, percent, message) in news {
            self.say(asker, percent, message);
        }
    }

    /// Tells one who waits in Odoo how far it is, where that is news.
    fn say(&mut self, asker: Asker, progress: u32, message: Text) {
        if let Asker::Odoo(request) = asker
            && self.told.is_due(request, &message, Instant::now())
        {
            self.answers.push(Answer::taken(request, progress, message));
        }
    }

    /// Answers a request, which is done with.
    pub(super) async fn end_request(&mut self, asker: Asker, outcome: Outcome) -> Result<(), StoreError> {
        self.jobs.remove(&asker);
        match asker {
            Asker::Odoo(request) => self.answers.push(outcome.for_odoo(request)),
            Asker::Store(request) => {
                self.said.push((request, outcome.for_store()));
                return match self.tell_store().await {
                    // It is told with the next round.
                    Err(error) if error.may_pass() => Ok(()),
                    told => told,
                };
            }
        }
        Ok(())
    }

    /// Answers the commands that wait.
    async fn tell_store(&mut self) -> Result<(), StoreError> {
        while let Some((request, state)) = self.said.first() {
            match self.store.answer(*request, state, self.engine.now()).await {
                // Who asked gave up meanwhile.
                Ok(()) | Err(StoreError::NotFound { .. }) => drop(self.said.remove(0)),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends a request that its asker does not want any more. A pass that runs for nobody else
    /// ends at its next safe point.
    fn cancel(&mut self, request: &SyncRequest) {
        let asker = Asker::Odoo(request.id);
        let message = if let Some((task, alone)) = self.desk.close(asker) {
            let step = task.left().find_map(|sync| self.engine.step(sync));
            for sync in alone {
                self.engine.halt(&sync);
            }
            match (task.orders, step) {
                (Some(orders), _) => text!(
                    "Cancelled after {done} of {of}. The rest goes on with the next pass.",
                    done = orders.booked(),
                    of = orders.keys.len()
                ),
                (None, Some(Step::Settling { done, of })) => {
                    text!("Cancelled after {done} of {of}. The rest goes on with the next pass.", done, of)
                }
                (None, _) => text!("Cancelled. The rest goes on with the next pass."),
            }
        } else if let Some(job) = self.jobs.remove(&asker) {
            job.handle.abort();
            text!("Cancelled.")
        } else if self.taken.contains(&request.id) {
            // Its end is on its way to Odoo.
            return;
        } else {
            text!("Cancelled before it began.")
        };
        self.taken.insert(request.id);
        self.answers.push(Outcome::Refused(message).for_odoo(request.id));
    }

    /// The service ends: who still waits is told that the next one goes on, or, at a terminal,
    /// that nobody does.
    pub(super) async fn leave_requests(&mut self) -> Result<(), StoreError> {
        let jobs: Vec<Asker> = self.jobs.drain().map(|(asker, _)| asker).collect();
        for asker in self.desk.clear().into_iter().chain(jobs) {
            match asker {
                // Odoo repeats the request to the next service.
                Asker::Odoo(request) => self.answers.push(Answer::taken(request, 0, stopping())),
                Asker::Store(_) => {
                    self.end_request(asker, Outcome::Refused(stopping())).await?;
                }
            }
        }
        Ok(())
    }
}

/// What is said of work that has no more to say until it ends.
fn saying(text: Text) -> watch::Receiver<Text> {
    watch::channel(text).1
}
