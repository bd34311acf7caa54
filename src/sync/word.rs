//! What a person says about single orders. The store takes it at once; the next pass obeys.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use crate::order::Text;
use crate::store::{Decided, State, Store, StoreError};
use crate::text;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "lowercase")]
pub enum Word {
    /// Try it again now, without waiting.
    Retry,
    /// Book it, as if its source had completed it.
    Complete,
    /// Close it: it is not to be booked.
    Ignore {
        /// Why, for everybody who looks at it later.
        reason: String,
    },
    /// Open it again: somebody closed it.
    Reopen,
    /// Book it again: it is gone from Odoo.
    Rebook,
}

impl Word {
    /// Says it about these orders, in somebody's name. Returns the keys of those that it can be
    /// said of.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn say(
        &self,
        store: &dyn Store,
        keys: &[String],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, StoreError> {
        let now = now.trunc_subsecs(3);
        let done = match self {
            Self::Retry => store.retry(keys, now).await,
            Self::Rebook => store.rebook(keys, now).await,
            Self::Complete => store.decide(keys, Decided::Completed, by, "", now).await,
            Self::Reopen => store.decide(keys, Decided::Open, by, "", now).await,
            Self::Ignore { reason } => store.decide(keys, Decided::Ignored, by, reason.trim(), now).await,
        }?;
        for key in &done {
            tracing::debug!(order = key, by, "decided by a person");
        }
        tracing::info!(word = ?self, by, orders = done.len(), asked = keys.len(), "decided by a person");
        Ok(done)
    }

    /// Whether a pass is to follow: what is closed is not looked at.
    pub const fn is_followed(&self) -> bool {
        !matches!(self, Self::Ignore { .. })
    }

    /// Why it cannot be said of an order in this state.
    pub fn why_not(&self, id: &str, state: State) -> Text {
        let state = state.text();
        match self {
            Self::Retry => {
                text!("{id} is {state} and cannot be tried again: it is not refused.", id, state)
            }
            Self::Complete => {
                text!("{id} is {state} and cannot be completed: only one that waits can be.", id, state)
            }
            Self::Ignore { .. } => {
                text!("{id} is {state} and cannot be closed: Odoo holds it, or may do so.", id, state)
            }
            Self::Reopen => {
                text!("{id} is {state} and cannot be opened again: nobody closed it.", id, state)
            }
            Self::Rebook => {
                text!("{id} is {state} and cannot be booked again: it is not gone from Odoo.", id, state)
            }
        }
    }

    /// Whether it says anything of an order in this state, as far as can be told beforehand.
    pub const fn fits(&self, state: State) -> bool {
        match self {
            Self::Retry => matches!(state, State::Refused | State::Retrying),
            Self::Complete => matches!(state, State::Waiting),
            Self::Ignore { .. } => !matches!(state, State::Sending | State::Booked | State::Conflict),
            Self::Reopen => matches!(state, State::Ignored),
            Self::Rebook => matches!(state, State::Missing),
        }
    }
}

/// Why orders stay queued that no sync can book now.
pub fn no_sync() -> Text {
    text!("It is queued, but its sync is switched off or cannot run: put that right first.")
}

/// The syncs, by id, that have something to book of these orders.
///
/// # Errors
///
/// The store fails.
pub async fn queued_at(store: &dyn Store, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let items = store.get(keys).await?;
    let queued = items.into_iter().filter(|item| matches!(item.state, State::Ready | State::Sending));
    Ok(queued.map(|item| item.sync).collect())
}
