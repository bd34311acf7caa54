//! Failures of a store.

use crate::order::Text;
use crate::text;

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A path, a right, an address: somebody has to put it right.
    Setup,
    /// No room, or somebody else is at it: the same may work later.
    Passing,
    /// The server does not answer: the same may work later.
    Unreachable,
    /// What is stored is damaged, or anything else.
    Broken,
}

/// Failures of the store itself. Each says what to do; none loses what was stored before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened or created.
    #[error("cannot open the store {store}: {reason}")]
    Open {
        /// Path or address of the store.
        store: String,
        /// Why, with the fix.
        reason: String,
        /// What can be done about it.
        trouble: Trouble,
    },
    /// The store was written by a newer version.
    #[error(
        "the store {store} was written by a newer tillbridge (schema {found}, this one knows {known}): upgrade tillbridge, or restore the store's backup"
    )]
    Newer {
        /// Path or address of the store.
        store: String,
        /// Schema version found.
        found: i64,
        /// Newest schema version known.
        known: i64,
    },
    /// The store belongs to another Odoo database.
    #[error(
        "this store belongs to the Odoo database {bound} and not to {asked}: give it a [store] of its own, or, where it is the same one restored, renamed or moved, say so with: tillbridge rebind"
    )]
    OtherOdoo {
        /// The database it is bound to.
        bound: String,
        /// The database it was opened for.
        asked: String,
    },
    /// An item or request that was named is not there.
    #[error("the store {store} holds no {what}")]
    NotFound {
        /// Path or address of the store.
        store: String,
        /// What was looked for.
        what: String,
    },
    /// A lease ran out before it was renewed.
    #[error(
        "the right to work on the shop ran out: this process was paused for too long, or the store did not answer; what was not sent is planned again"
    )]
    LeaseLost,
    /// A statement failed (disk full, read-only, corrupt …).
    #[error("the store {store} failed: {reason}")]
    Failed {
        /// Path or address of the store.
        store: String,
        /// Why, with the fix where there is one.
        reason: String,
        /// What can be done about it.
        trouble: Trouble,
    },
}

impl StoreError {
    /// The same, for people.
    pub fn text(&self) -> Text {
        match self {
            Self::LeaseLost => text!(
                "The right to work on the shop ran out: this process was paused for too long, or the store did not answer; what was not sent is planned again."
            ),
            Self::Failed { store, reason, .. } => text!("The store {store} failed: {reason}", store, reason),
            Self::NotFound { store, what } => text!("The store {store} holds no {what}.", store, what),
            other => text!("The store cannot be used: {why}", why = other.to_string()),
        }
    }

    /// Whether the same may work later as it is.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Open { trouble, .. } | Self::Failed { trouble, .. } => {
                matches!(trouble, Trouble::Passing | Trouble::Unreachable)
            }
            Self::LeaseLost => true,
            Self::Newer { .. } | Self::OtherOdoo { .. } | Self::NotFound { .. } => false,
        }
    }
}

/// Result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
