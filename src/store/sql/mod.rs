//! The statements, and the store that they make up.
//!
//! SQLite and PostgreSQL understand the same ones, with `$1` for parameters and lists as JSON
//! arrays. So this folder is compiled once for each backend, inside it: `dialect` beside it names
//! the types of that backend's connections and rows, how it locks, and the few words that differ.
//! A change of the schema is a file in the `migrations` of both.

use super::{dialect, lease, migrate};

mod decide;
mod desk;
mod health;
pub(super) mod ingest;
mod overview;
pub(super) mod query;
pub(super) mod report;
pub(super) mod retire;
mod row;
mod session;
mod settle;
mod store;

/// The destination of every outcome so far.
const DESTINATION: &str = "pos.order";
