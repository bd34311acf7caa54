//! Signs of life of the service, as its parts leave them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::config::Sync;

/// What the service last said of itself. Cheap to leave a sign in: it costs no more than a lock
/// that nobody keeps.
#[derive(Debug)]
pub struct Vitals(Mutex<Signs>);

/// The signs.
#[derive(Debug, Clone)]
pub(super) struct Signs {
    /// When the service's loop last went round.
    pub round: Instant,
    /// Since when it waits for an answer of Odoo's.
    pub asking: Option<Instant>,
    /// When the store last gave the turn to write.
    pub turn: Instant,
    /// Who renews leases is gone.
    pub keeper_gone: bool,
    /// Why the store cannot be used.
    pub store: Option<String>,
    /// Why there is no connection to Odoo.
    pub odoo: Option<String>,
    /// The syncs, once the configuration is known.
    pub syncs: Option<Vec<Known>>,
    /// The orders are told to Odoo.
    pub tells: bool,
    /// The service was told to end.
    pub stopping: bool,
}

/// A sync of the configuration.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub id: String,
    pub name: String,
    pub active: bool,
    pub feed: String,
}

impl Default for Vitals {
    fn default() -> Self {
        let now = Instant::now();
        Self(Mutex::new(Signs {
            round: now,
            asking: None,
            turn: now,
            keeper_gone: false,
            store: None,
            odoo: Some("No connection was made yet.".to_owned()),
            syncs: None,
            tells: false,
            stopping: false,
        }))
    }
}

impl Vitals {
    /// The loop goes round.
    pub fn beat(&self) {
        self.lock().round = Instant::now();
    }

    /// The loop waits for Odoo, or (`false`) does not any more.
    pub fn asks(&self, asks: bool) {
        let now = Instant::now();
        let mut signs = self.lock();
        signs.asking = asks.then_some(now);
        signs.round = now;
    }

    /// There is no connection to Odoo, for this reason.
    pub fn away(&self, why: &impl ToString) {
        self.lock().odoo = Some(why.to_string());
    }

    /// There is a connection to Odoo, and these are the syncs. `tells`: it is told of orders.
    pub fn here(&self, syncs: &[Sync], tells: bool) {
        let known = |sync: &Sync| Known {
            id: sync.id.clone(),
            name: sync.name.clone(),
            active: sync.active,
            feed: sync.feed(),
        };
        let mut signs = self.lock();
        (signs.odoo, signs.tells) = (None, tells);
        signs.syncs = Some(syncs.iter().map(known).collect());
    }

    /// Odoo answered on this connection.
    pub fn reached(&self) {
        self.lock().odoo = None;
    }

    /// The store works, or does not for this reason.
    pub fn store(&self, trouble: Option<String>) {
        self.lock().store = trouble;
    }

    /// The service was told to end.
    pub fn stops(&self) {
        self.lock().stopping = true;
    }

    /// The store gave the turn to write, or said why not: nobody keeps it.
    pub(super) fn had_turn(&self, keeper_gone: bool) {
        let mut signs = self.lock();
        (signs.turn, signs.keeper_gone) = (Instant::now(), keeper_gone);
    }

    pub(super) fn signs(&self) -> Signs {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Signs> {
        // Each use is one step, which a panic cannot leave half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
