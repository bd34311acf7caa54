//! Whether a store is sound, and all that stands in it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::State;

/// What a look at the whole store found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// Version of the schema.
    pub schema: i64,
    /// Bytes on disk.
    pub bytes: u64,
    /// How many orders are in each state; states without any are left out.
    pub orders: Vec<(State, u64)>,
    /// What is damaged or cannot be, a sentence each.
    pub findings: Vec<String>,
}

/// A table that is exported: all but `request` and `lease`, which are of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The Odoo database that the store belongs to.
    Odoo,
    /// How far each feed was fetched.
    Cursor,
    /// Every order received.
    Inbox,
    /// What became of it.
    Outcome,
    /// Content beside an order's own.
    Newer,
    /// Sessions that tillbridge opened.
    Session,
    /// Small named texts, decisions of people among them.
    Note,
}

impl Table {
    /// All of them, what others refer to first.
    pub const ALL: [Self; 7] =
        [Self::Odoo, Self::Cursor, Self::Inbox, Self::Outcome, Self::Newer, Self::Session, Self::Note];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Odoo => "odoo",
            Self::Cursor => "cursor",
            Self::Inbox => "inbox",
            Self::Outcome => "outcome",
            Self::Newer => "newer",
            Self::Session => "session",
            Self::Note => "note",
        }
    }

    /// The column by which it is read in pages; tables without one are small.
    pub const fn pages_by(self) -> Option<&'static str> {
        match self {
            Self::Inbox | Self::Outcome | Self::Newer => Some("seq"),
            Self::Session => Some("id"),
            Self::Odoo | Self::Cursor | Self::Note => None,
        }
    }
}

/// A row as it stands: texts, whole numbers (times in milliseconds since 1970, UTC), and
/// hashes in hexadecimal.
pub type Row = Map<String, Value>;
