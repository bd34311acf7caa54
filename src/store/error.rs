//! Failures of a store.

use super::OdooIdentity;

/// Failures of the store itself. Each says what to do; none loses what was stored before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or created.
    #[error("cannot open the store {path}: {reason}")]
    Open {
        /// Path of the store.
        path: String,
        /// Why, with the fix.
        reason: String,
    },
    /// The store was written by a newer version.
    #[error(
        "the store {path} was written by a newer tillbridge (schema {found}, this one knows {known}): upgrade tillbridge, or restore the store's backup"
    )]
    Newer {
        /// Path of the store.
        path: String,
        /// Schema version found.
        found: i64,
        /// Newest schema version known.
        known: i64,
    },
    /// The store belongs to another Odoo database.
    #[error(
        "this store belongs to the Odoo database {bound} and not to {asked}: use another [store] path for it, or, where this is the same one restored, renamed or moved, tell so with: tillbridge rebind"
    )]
    OtherOdoo {
        /// The database it is bound to.
        bound: String,
        /// The database it was opened for.
        asked: String,
    },
    /// An item or request that was named is not there.
    #[error("the store {path} holds no {what}")]
    NotFound {
        /// Path of the store.
        path: String,
        /// What was looked for.
        what: String,
    },
    /// A statement failed (disk full, read-only, corrupt …).
    #[error("the store {path} failed: {reason}")]
    Failed {
        /// Path of the store.
        path: String,
        /// Why, with the fix where there is one.
        reason: String,
    },
}

impl StoreError {
    /// The refusal of a database that the store does not belong to.
    pub fn other_odoo(bound: &OdooIdentity, asked: &OdooIdentity) -> Self {
        Self::OtherOdoo { bound: bound.to_string(), asked: asked.to_string() }
    }
}

/// Result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
