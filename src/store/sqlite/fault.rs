//! What went wrong in SQLite, in words with a fix.

use std::path::Path;

use crate::store::StoreError;

/// A failure inside the backend; [`Fault::at`] adds the path.
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

    /// The error for the caller.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.display().to_string();
        match self {
            Self::Sql(error) => StoreError::Failed { path, reason: explain(&error) },
            Self::NotFound(what) => StoreError::NotFound { path, what },
            Self::Store(error) => error,
        }
    }
}

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>) with their fix.
pub(super) fn explain(error: &sqlx::Error) -> String {
    let fix = match primary_code(error) {
        Some(5 | 6) => "another process keeps it locked; stop that one, or try again",
        Some(3 | 8 | 23) => {
            "it cannot be written to; give this user the right to write to the file and its folder"
        }
        Some(10) => {
            "the disk reports errors; check it, and restore the store's backup if the file is damaged"
        }
        Some(11) => {
            "the file is damaged; restore its backup, or move it aside and start with an empty store: what is booked is looked up in Odoo"
        }
        Some(13) => "the disk is full; free some space and try again: nothing stored before is lost",
        Some(14) => "it cannot be opened; check the path and the rights of its folder",
        Some(26) => "the file is not a tillbridge store; choose another [store] path",
        _ => return error.to_string(),
    };
    format!("{error}; {fix}")
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
