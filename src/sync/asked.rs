//! When each source was last asked to the end of its list: for people who look for an order
//! that it never showed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::config::Sync;
use crate::store::{Note, Store, StoreError};

const NOTE: Note<BTreeMap<String, Asked>> = Note::new("sources.asked");

/// A source that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Name of its sync.
    pub sync: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// The sources asked so far, by the id of their sync.
///
/// # Errors
///
/// The store fails.
pub async fn asked(store: &dyn Store) -> Result<BTreeMap<String, Asked>, StoreError> {
    NOTE.read(store).await
}

/// Writes the note: one pass of this process at a time.
#[derive(Debug, Default)]
pub(super) struct Notebook(Mutex<()>);

impl Notebook {
    /// A source was asked to the end of its list.
    pub async fn note(&self, store: &dyn Store, sync: &Sync, at: DateTime<Utc>) -> Result<(), StoreError> {
        let _alone = self.0.lock().await;
        let mut all = asked(store).await?;
        all.insert(sync.id.clone(), Asked { sync: sync.name.clone(), at });
        NOTE.write(store, &all).await
    }
}
