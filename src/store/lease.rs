//! What one sidecar at a time may do: write to a shop, fetch a feed.
//!
//! A lease is taken by name, renewed while its guard lives, given back when that is dropped,
//! and runs out by itself after a crash. Time is the store's: the clocks of sidecars need
//! not agree. Each taking has a token of its own, by which the store knows whoever lost a
//! lease meanwhile (a machine that slept) and lets it send nothing more.
//!
//! In a file there is one process per store anyway ([`Lock`](super::Lock)): every lease is
//! granted.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Result, Store, StoreError};

use crate::order::{Part, Text};
use crate::text;

/// What the names of the leases begin with by which services say that they run.
pub const SERVICE: &str = "service ";
/// How long a lease lasts that nobody renews.
pub const LASTS: Duration = Duration::from_secs(60);
/// How often it is renewed: five times may fail.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// One taking of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub i64);

/// Who has a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Name of the lease; of a store in a file, what its process does.
    pub name: String,
    /// Host and process.
    pub who: String,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
}

impl Holder {
    /// The same, for people.
    pub fn text(&self) -> Text {
        text!("{who}, since {when}", who = &self.who, when = Part::utc(self.since))
    }
}

/// The leases of this process in one store.
pub struct Leases {
    store: Arc<dyn Store>,
    who: String,
    keeper: OnceLock<UnboundedSender<Told>>,
}

/// A lease that this process has.
#[derive(Debug)]
pub struct Lease {
    token: Token,
    lost: CancellationToken,
    keeper: UnboundedSender<Told>,
}

/// What the task that renews is told.
#[derive(Debug)]
enum Told {
    Taken(Token, CancellationToken),
    Dropped(Token),
}

impl Leases {
    /// None yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let who = format!("{} (process {})", crate::host::name(), std::process::id());
        Self { store, who, keeper: OnceLock::new() }
    }

    /// Whether what is taken is renewed: the task that does so is there, or none was needed yet.
    pub fn is_kept(&self) -> bool {
        self.keeper.get().is_none_or(|keeper| !keeper.is_closed())
    }

    /// Takes a lease, or says who has it.
    pub async fn take(&self, name: &str) -> Result<Result<Lease, Holder>> {
        let token = match self.store.take_lease(name, &self.who).await? {
            Ok(token) => token,
            Err(holder) => return Ok(Err(holder)),
        };
        let keeper = self.keeper.get_or_init(|| {
            let (keeper, told) = unbounded_channel();
            tokio::spawn(keep(Arc::clone(&self.store), told));
            keeper
        });
        let lease = Lease { token, lost: CancellationToken::new(), keeper: keeper.clone() };
        let _ = keeper.send(Told::Taken(token, lease.lost.clone()));
        Ok(Ok(lease))
    }
}

impl Lease {
    /// Its token.
    pub const fn token(&self) -> Token {
        self.token
    }

    /// Whether it ran out before it was renewed.
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Gives it back now. Merely dropped it is given back soon, if the process goes on.
    pub async fn give_back(self, store: &dyn Store) -> Result<()> {
        store.give_back(self.token).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Without its keeper the process is ending, and the lease runs out.
        let _ = self.keeper.send(Told::Dropped(self.token));
    }
}

/// Makes sure that a lease lasts: before something is done that the store does not see, such as
/// opening a session in Odoo.
///
/// # Errors
///
/// The lease is lost, or the store fails.
pub async fn insist(store: &dyn Store, lease: Token) -> Result<()> {
    if store.renew_leases(&[lease]).await?.is_empty() {
        return Err(StoreError::LeaseLost);
    }
    Ok(())
}

/// Renews what is taken until all guards and their maker are gone.
async fn keep(store: Arc<dyn Store>, mut told: UnboundedReceiver<Told>) {
    let mut held: HashMap<Token, (CancellationToken, Instant)> = HashMap::new();
    let mut beat = interval(RENEWED_EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            told = told.recv() => match told {
                None => return,
                Some(Told::Taken(token, lost)) => {
                    held.insert(token, (lost, Instant::now()));
                }
                Some(Told::Dropped(token)) => {
                    if held.remove(&token).is_some() && let Err(error) = store.give_back(token).await {
                        tracing::warn!(%error, "a lease could not be given back; it runs out by itself");
                    }
                }
            },
            _ = beat.tick(), if !held.is_empty() => renew(store.as_ref(), &mut held).await,
        }
    }
}

async fn renew(store: &dyn Store, held: &mut HashMap<Token, (CancellationToken, Instant)>) {
    let now = Instant::now();
    let tokens: Vec<Token> = held.keys().copied().collect();
    match store.renew_leases(&tokens).await {
        Ok(renewed) => {
            for token in renewed {
                held.entry(token).and_modify(|(_, at)| *at = now);
            }
            // What the store did not renew is somebody else's to take.
            held.retain(|_, (lost, at)| *at == now || lose(lost));
        }
        Err(error) => {
            tracing::warn!(%error, "leases could not be renewed");
            held.retain(|_, (lost, at)| now - *at < LASTS || lose(lost));
        }
    }
}

/// Tells a guard that its lease is lost.
fn lose(lost: &CancellationToken) -> bool {
    tracing::warn!(
        "a lease ran out before it was renewed: this process was paused, or the store did not answer"
    );
    lost.cancel();
    false
}
