//! Telling Odoo of orders beside everything else: a call at a time, which nothing waits for.
//! While passes run it takes a tenth of the time at most, so that booking hardly notices.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::exchange::{ExchangeError, Teller};
use crate::store::{Lease, StoreError};
use crate::sync::Engine;

/// While passes run, a call is followed by a pause of so many times its duration.
const PAUSE: u32 = 9;
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// What one of the sidecars that share a store does: of two, the slower one would tell of the
/// past.
pub const LEASE: &str = "telling Odoo of orders";

/// A call that ended: who made it, how long it took, whether there may be more to tell.
type Ended = (Teller, Duration, Result<bool, ExchangeError>);

/// Where telling stands.
#[derive(Default)]
pub(super) struct Reporting {
    /// Who tells, while no call is under way.
    teller: Option<Teller>,
    call: Option<JoinHandle<Ended>>,
    /// The connection is another one since the call began.
    outdated: bool,
    not_before: Option<Instant>,
    /// Until when it pauses while passes run.
    paused: Option<Instant>,
    /// The wait after a failure, while it fails.
    wait: Option<Duration>,
    lease: Option<Lease>,
}

impl Reporting {
    /// Goes on with a new connection, or none.
    pub fn reconnect(&mut self, teller: Option<Teller>) {
        self.outdated = self.call.is_some();
        self.teller = teller;
        self.not_before = None;
    }

    /// Whether nobody tells on this connection.
    pub const fn is_idle(&self) -> bool {
        self.teller.is_none() && (self.call.is_none() || self.outdated)
    }

    /// Takes in the end of a call and begins the next one, where it is time.
    pub async fn go_on(&mut self, engine: &Arc<Engine>) -> Result<(), StoreError> {
        if self.call.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(call) = self.call.take()
            && let Ok(ended) = call.await
        {
            self.take_in(ended)?;
        }
        let ahead = |time: Option<Instant>| time.is_some_and(|time| Instant::now() < time);
        if self.call.is_some() || ahead(self.not_before) || (engine.is_working() && ahead(self.paused)) {
            return Ok(());
        }
        if self.teller.is_none() || !self.may_tell(engine).await? {
            return Ok(());
        }
        if let Some(mut teller) = self.teller.take() {
            let now = engine.now();
            self.call = Some(tokio::spawn(async move {
                let begun = Instant::now();
                let result = teller.tell(now).await;
                (teller, begun.elapsed(), result)
            }));
        }
        Ok(())
    }

    /// Whether no other sidecar does.
    async fn may_tell(&mut self, engine: &Engine) -> Result<bool, StoreError> {
        if self.lease.as_ref().is_some_and(|lease| !lease.is_lost()) {
            return Ok(true);
        }
        self.lease = engine.shared().take(LEASE).await?.ok();
        if self.lease.is_none() {
            self.not_before = Some(Instant::now() + LONGEST_WAIT);
        }
        Ok(self.lease.is_some())
    }

    fn take_in(&mut self, (teller, took, result): Ended) -> Result<(), StoreError> {
        if std::mem::take(&mut self.outdated) {
            return Ok(());
        }
        self.teller = Some(teller);
        match result {
            Ok(_) => {
                if self.wait.take().is_some() {
                    tracing::info!("Odoo is told of orders again");
                }
                self.not_before = None;
                self.paused = Some(Instant::now() + (took * PAUSE).min(LONGEST_WAIT));
            }
            Err(ExchangeError::Store(error)) => return Err(error),
            Err(error) => {
                if self.wait.is_none() {
                    tracing::warn!(%error, fix = error.fix(), "Odoo cannot be told of orders; trying again");
                }
                let wait = self.wait.map_or(FIRST_WAIT, |wait| (wait * 2).min(LONGEST_WAIT));
                self.wait = Some(wait);
                self.not_before = Some(Instant::now() + wait);
            }
        }
        Ok(())
    }

    /// Tells what is left, and lets others tell from now on.
    pub async fn end(&mut self, engine: &Engine) -> Result<(), StoreError> {
        if let Some(call) = self.call.take()
            && let Ok((teller, _, _)) = call.await
            && !self.outdated
        {
            self.teller = Some(teller);
        }
        if let Some(mut teller) = self.teller.take()
            && self.lease.as_ref().is_some_and(|lease| !lease.is_lost())
        {
            while teller.tell(engine.now()).await.is_ok_and(|more| more) {}
        }
        match self.lease.take() {
            Some(lease) => lease.give_back(engine.store()).await,
            None => Ok(()),
        }
    }
}
