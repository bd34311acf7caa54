//! What is in a store, at a glance.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::State;

/// What is in a store, for figures and a summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// How many orders are in which state, by the id of their sync.
    pub orders: BTreeMap<String, BTreeMap<State, u64>>,
    /// When the first order of a sync is tried again by itself, UTC.
    pub next_tries: BTreeMap<String, DateTime<Utc>>,
    /// The newest source time whose page is safely stored, by feed, UTC.
    pub cursors: BTreeMap<String, DateTime<Utc>>,
    /// Orders that changed since Odoo was told of them.
    pub untold: u64,
    /// Steps that Odoo was not told of.
    pub untold_steps: u64,
    /// Sessions of ours that are not known to be closed.
    pub open_sessions: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

impl Overview {
    /// How many orders are in a state, of all syncs.
    pub fn of(&self, state: State) -> u64 {
        self.orders.values().filter_map(|states| states.get(&state)).sum()
    }
}
