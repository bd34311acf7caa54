//! The word to end early: to all passes, or to the one over a sync.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// What is to end at its next safe point: after the page or the batches under way.
#[derive(Debug, Default)]
pub(super) struct Halt {
    all: CancellationToken,
    syncs: Mutex<HashSet<String>>,
}

impl Halt {
    /// Ends all passes; none goes on after that.
    pub fn all(&self) {
        self.all.cancel();
    }

    /// Ends the pass that runs over the sync of this id. The next one is not meant.
    pub fn one(&self, sync: &str) {
        self.lock().insert(sync.to_owned());
    }

    /// A pass over a sync begins, or has ended.
    pub fn forget(&self, sync: &str) {
        self.lock().remove(sync);
    }

    /// Whether all are to end.
    pub fn is_for_all(&self) -> bool {
        self.all.is_cancelled()
    }

    /// Whether the pass over a sync is to end.
    pub fn is_for(&self, sync: &str) -> bool {
        self.all.is_cancelled() || self.lock().contains(sync)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.syncs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_is_ended_or_all_are() {
        let halt = Halt::default();
        halt.one("a");
        assert!(halt.is_for("a") && !halt.is_for("b"));
        halt.forget("a");
        assert!(!halt.is_for("a"), "the next pass is not meant");
        halt.all();
        halt.forget("b");
        assert!(halt.is_for("a") && halt.is_for("b"));
    }
}
