//! A failure inside a backend, before it is put in words.

use std::fmt;

use super::error::{StoreError, Trouble};

/// A failure inside a backend.
#[derive(Debug)]
pub(super) enum Fault {
    /// A statement failed, or a row could not be read.
    Sql(sqlx::Error),
    /// What was named is not there.
    NotFound(String),
    /// A failure that already has all its words.
    Store(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without sqlx's "error occurred while decoding".
            Self::Sql(sqlx::Error::Decode(error)) => error.fmt(f),
            Self::Sql(error) => error.fmt(f),
            Self::NotFound(what) => write!(f, "there is no {what}"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Fault {
    /// A stored value this version cannot read.
    pub(super) fn unreadable(column: &str, text: &str) -> Self {
        Self::Sql(sqlx::Error::Decode(
            format!(
                "{column} holds {text:?}, which this version does not know; upgrade tillbridge, or restore the store's backup"
            )
            .into(),
        ))
    }

    /// The error for the caller: in which store, and what its backend says of it.
    pub(super) fn of(self, store: &str, explain: fn(&sqlx::Error) -> (Trouble, String)) -> StoreError {
        let store = store.to_owned();
        match self {
            Self::Sql(error) => {
                let (trouble, reason) = explain(&error);
                StoreError::Failed { store, reason, trouble }
            }
            Self::NotFound(what) => StoreError::NotFound { store, what },
            Self::Store(error) => error,
        }
    }
}
