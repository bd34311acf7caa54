//! Work that a one-shot command hands to the running service, through the store.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::clock::Clock;
use crate::store::{RequestState, Store, StoreError};
use crate::sync::{Wanted, Word};

/// A running service looks once a second; one that takes this long is not looking.
const TAKEN_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Handover {
    /// A pass over one sync, or over all active ones.
    Sync {
        /// Name of the sync.
        name: Option<String>,
    },
    /// Closing the sessions of the shops of one sync, or of all active ones.
    Close {
        /// Name of the sync.
        name: Option<String>,
        /// Only of this shop: its name or its id.
        shop: Option<String>,
    },
    /// Orders that the source of a sync is asked for.
    Fetch {
        /// Name of the sync; not needed where only one is active.
        name: Option<String>,
        /// Which orders.
        wanted: Wanted,
    },
    /// The syncs of the file, which were changed. On a store that several services share, any of
    /// them takes it, and each reads its own file: only of a single one it is known to be that
    /// of the asker (`tillbridge map` says so to people).
    Reread,
    /// A word about single orders.
    Orders {
        /// What is said.
        word: Word,
        /// Of which orders, by key.
        keys: Vec<String>,
        /// Who says it.
        by: String,
    },
}

/// What the service answers: the reports or a [`Reply`](super::Reply), or why there is none.
pub(super) type Answered = Result<Vec<serde_json::Value>, String>;

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody takes the request.
    #[error(
        "another tillbridge holds the store but does not take requests: it is a one-shot command, or a service that hangs"
    )]
    NotTaken,
    /// The service says no.
    #[error("the running service answers: {0}")]
    Refused(String),
}

/// Leaves the work for the service and waits for its answer: reports, or one
/// [`Reply`](super::Reply) (as JSON, since the service may be of a newer version).
pub async fn hand_over(
    store: &dyn Store,
    clock: &dyn Clock,
    work: &Handover,
) -> Result<Vec<serde_json::Value>, HandoverError> {
    let payload = serde_json::to_string(work).unwrap_or_default();
    let id = store.ask("work", &payload, clock.now()).await?;
    let asked = Instant::now();
    loop {
        match store.request(id).await? {
            Some(RequestState::Done(answer)) => {
                let answered: Answered = serde_json::from_str(&answer)
                    .unwrap_or_else(|error| Err(format!("an answer that cannot be read ({error})")));
                return answered.map_err(HandoverError::Refused);
            }
            Some(RequestState::Asked) if asked.elapsed() > TAKEN_WITHIN => {
                let gone =
                    serde_json::to_string(&Answered::Err("given up by the asker".into())).unwrap_or_default();
                store.answer(id, &RequestState::Done(gone), clock.now()).await?;
                return Err(HandoverError::NotTaken);
            }
            _ => sleep(LOOK_EVERY).await,
        }
    }
}
