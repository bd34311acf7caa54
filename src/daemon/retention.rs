//! What is older than it is to be kept leaves the store, once a day, beside the passes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::store::{Retired, StoreError};
use crate::sync::retention_of;

use super::connection::Connected;
use super::service::{Finished, Service};

/// So long after the start, when what came meanwhile was taken in.
const FIRST: Duration = Duration::from_secs(10 * 60);
/// And then so often.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// When it is done.
#[derive(Debug)]
pub(super) struct Retiring {
    due: Instant,
}

impl Retiring {
    /// It was not done yet.
    pub fn begin() -> Self {
        Self { due: Instant::now() + FIRST }
    }
}

impl Service {
    /// Begins it when it is due, and known how long each sync keeps.
    pub(super) fn watch_age(&mut self) {
        let Some(Connected { link, .. }) = &self.connected else { return };
        if self.stopping || Instant::now() < self.retiring.due {
            return;
        }
        self.retiring.due = Instant::now() + EVERY;
        let (engine, retention) = (Arc::clone(&self.engine), retention_of(&link.syncs, &link.known));
        self.passes.spawn(async move { Finished::Retired(engine.retire(&retention, false).await) });
    }

    /// It was done.
    pub(super) fn retired(&mut self, found: Result<Retired, StoreError>) {
        match found {
            Ok(retired) if retired == Retired::default() => {}
            Ok(Retired { payloads, answers, steps, orders }) => {
                tracing::info!(
                    payloads,
                    answers,
                    steps,
                    orders,
                    "what was older than it is kept was taken away"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "what is older than it is kept could not be taken away; trying again in an hour");
                self.retiring.due = Instant::now() + AGAIN;
            }
        }
    }
}
