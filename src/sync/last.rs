//! How each sync stands and how its last pass went, noted for people who ask while no service
//! runs, or whose Odoo is away.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::config::Sync;
use crate::store::{Note, Store, StoreError};

use super::report::{PassError, SyncReport};

const NOTE: Note<BTreeMap<String, LastSeen>> = Note::new("syncs.last");

/// A sync as it was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    /// Its name.
    pub sync: String,
    /// Whether it runs.
    pub active: bool,
    /// Names its feed, see [`Sync::feed`].
    pub feed: String,
    /// Its last pass; none yet.
    pub pass: Option<LastPass>,
}

/// How a pass went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPass {
    /// When it ended, UTC.
    pub ended: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: u64,
    /// Orders that the source returned.
    pub fetched: u64,
    /// "99 booked, 1 needs you".
    pub summary: String,
    /// Why it stopped early, where it did.
    pub error: Option<PassError>,
}

/// The syncs as they were last seen, by id.
///
/// # Errors
///
/// The store fails.
pub async fn last_seen(store: &dyn Store) -> Result<BTreeMap<String, LastSeen>, StoreError> {
    NOTE.read(store).await
}

/// Writes the note: one pass of this process at a time.
#[derive(Debug, Default)]
pub(super) struct Album(Mutex<()>);

impl Album {
    /// These are all syncs there are.
    pub async fn know(&self, store: &dyn Store, syncs: &[Sync]) -> Result<(), StoreError> {
        let _alone = self.0.lock().await;
        let before = last_seen(store).await?;
        let seen = |sync: &Sync| {
            let pass = before.get(&sync.id).and_then(|seen| seen.pass.clone());
            let (name, active, feed) = (sync.name.clone(), sync.active, sync.feed());
            (sync.id.clone(), LastSeen { sync: name, active, feed, pass })
        };
        let now: BTreeMap<String, LastSeen> = syncs.iter().map(seen).collect();
        if now == before { Ok(()) } else { NOTE.write(store, &now).await }
    }

    /// A pass over a sync ended.
    pub async fn ended(
        &self,
        store: &dyn Store,
        sync: &Sync,
        report: &SyncReport,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let _alone = self.0.lock().await;
        let mut all = last_seen(store).await?;
        let pass = LastPass {
            ended: at,
            duration_ms: report.duration_ms,
            fetched: report.fetched,
            summary: report.summary(),
            error: report.error.clone(),
        };
        let (name, feed) = (sync.name.clone(), sync.feed());
        all.insert(sync.id.clone(), LastSeen { sync: name, active: sync.active, feed, pass: Some(pass) });
        NOTE.write(store, &all).await
    }
}
