//! Whether a store is sound.

use std::collections::BTreeMap;

use serde::Serialize;

use super::State;

/// What a look at the whole store found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Version of the schema.
    pub schema: i64,
    /// Bytes on disk.
    pub bytes: u64,
    /// How many orders are in each state; states without any are left out, and so are orders
    /// that cannot be read.
    pub orders: BTreeMap<State, u64>,
    /// What is damaged, cannot be read or cannot be: a sentence each.
    pub findings: Vec<String>,
}
