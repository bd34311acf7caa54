//! What is older than it is to be kept leaves the store: a batch at a time, beside the passes, and
//! then the room that it took.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::config::Sync;
use crate::store::{Retention, Retired, Stage, StoreError};

use super::engine::Engine;

/// One sidecar of those that share a store is at it.
const LEASE: &str = "retention";
/// Between two batches others write: so many times as long as a batch took.
const PAUSE: u32 = 4;
/// And not longer.
const LONGEST: Duration = Duration::from_secs(1);

/// How long each sync keeps. `known` are the ids of all syncs: of those that are not among
/// `syncs`, because they cannot be read, nothing is taken away.
pub fn retention_of(syncs: &[Sync], known: &BTreeSet<String>) -> Retention {
    let syncs: BTreeMap<_, _> = syncs.iter().map(|sync| (sync.id.clone(), sync.keep)).collect();
    let unknown = known.iter().filter(|id| !syncs.contains_key(*id)).cloned().collect();
    Retention { syncs, unknown }
}

impl Engine {
    /// Takes away what is older than it is kept, and gives the room back; how much that was.
    /// Ends early when the engine is stopped: the next time goes on. Another sidecar that is at
    /// it is left alone. `rebuild`: a store whose file cannot give room back page by page may be
    /// written anew, which keeps everybody else waiting.
    ///
    /// # Errors
    ///
    /// The store fails; what was taken away before stays so. That its room could not be given back
    /// is said in the log.
    pub async fn retire(&self, retention: &Retention, rebuild: bool) -> Result<Retired, StoreError> {
        let mut retired = Retired::default();
        let Ok(lease) = self.shared.take(LEASE).await? else { return Ok(retired) };
        let mut stage = Some(Stage::BEGIN);
        while let Some(from) = stage.filter(|_| self.may_go_on() && !lease.is_lost()) {
            let began = Instant::now();
            let outdated = self.store.outdated(retention, from, self.now()).await?;
            stage = outdated.next;
            if !outdated.is_empty() {
                retired.add(self.store.retire(&outdated, self.now()).await?);
                pause(began).await;
            }
        }
        while self.may_go_on() && !lease.is_lost() {
            let began = Instant::now();
            match self.store.shrink(rebuild).await {
                Ok(true) => pause(began).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "the room that was freed in the store could not be given back");
                    break;
                }
            }
        }
        lease.give_back(self.store()).await?;
        Ok(retired)
    }

    /// How much is older than it is kept. Nothing is taken away.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn outdated(&self, retention: &Retention) -> Result<Retired, StoreError> {
        let mut count = Retired::default();
        let mut stage = Some(Stage::BEGIN);
        while let Some(from) = stage {
            let outdated = self.store.outdated(retention, from, self.now()).await?;
            stage = outdated.next;
            count.add(outdated.count());
        }
        Ok(count)
    }

    fn may_go_on(&self) -> bool {
        !self.halt.is_for_all()
    }
}

async fn pause(began: Instant) {
    sleep((began.elapsed() * PAUSE).min(LONGEST)).await;
}
