//! The durable inbox: every order received, where it stands, and what Odoo said.
//!
//! [`Store`] is a trait of domain operations, each one transaction, with one conformance
//! suite (`conformance`) for every backend. Only `sync` and `cli` call it.
//!
//! States of an item: `waiting` (not completed or paid yet), `ready`, `sending` (a request
//! may be under way: its outcome is unknown until looked up), `booked`, `refused` (needs a
//! person; planned anew in every pass), `retrying` (transient, with its next try), `skipped`
//! (by a stated rule), `ignored` (by a person), `conflict` (changed after booking).

mod lease;
mod sqlite;

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::order::Refusal;

pub use lease::{Lease, LeaseError};
pub use sqlite::SqliteStore;

/// Where an inbox item stands. The texts are stored and shown by `--output json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not completed or not fully paid yet.
    Waiting,
    /// To be booked.
    Ready,
    /// A request may be under way.
    Sending,
    /// Odoo confirmed it.
    Booked,
    /// Needs a person.
    Refused,
    /// Failed for a passing reason; tried again by itself.
    Retrying,
    /// Left out by a rule of the sync.
    Skipped,
    /// Closed by a person.
    Ignored,
    /// Changed at the source after booking.
    Conflict,
}

/// One order as it was received and read, for [`Store::ingest_page`].
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Canonical text of the order's key; for an order whose key cannot be read, a text
    /// derived from its content.
    pub key: String,
    /// The external order id as people know it (for an unreadable order what could be read of it).
    pub external_id: String,
    /// The raw order, card numbers already masked.
    pub raw: String,
    /// Name and version of the format (`orderid/1`).
    pub format: String,
    /// Hash of what the order means; equal for mere differences in spelling.
    pub meaning: String,
    /// Where it enters: `Waiting`, `Ready`, `Refused` or `Skipped`.
    pub state: State,
    /// Why, for every state but `Ready`.
    pub reason: Option<Refusal>,
    /// Time of the sale, UTC; `None` when unreadable.
    pub sale_at: Option<DateTime<Utc>>,
    /// The source's change stamp, UTC: an older one never replaces a newer one.
    pub updated_at: Option<DateTime<Utc>>,
    /// Grand total as stated, signed (negative for a refund); `None` when unreadable.
    pub total: Option<Decimal>,
}

/// One page of a feed, stored together with the cursor that it allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The source id.
    pub source: String,
    /// The sync that fetched it (its stable id, see `config`).
    pub sync: String,
    /// What the page held.
    pub arrivals: Vec<Arrival>,
    /// Which feed's cursor to move and to where; `None` while more pages of the same fetch
    /// are to come, and for files.
    pub cursor: Option<(String, DateTime<Utc>)>,
}

/// What became of one arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// First time seen.
    New,
    /// Known, not booked, and its meaning changed: the new content replaces the old.
    Replaced,
    /// Known and unchanged (or older than what is known); the state is that of the item.
    Known(State),
    /// Changed while a request was under way; kept beside it until the outcome is known.
    Parked,
    /// Changed after booking: a conflict a person must look at.
    Conflict,
}

/// An inbox item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Position in the inbox, the order of first receipt.
    pub seq: i64,
    /// Canonical key text.
    pub key: String,
    /// Source id.
    pub source: String,
    /// The sync it belongs to.
    pub sync: String,
    /// External order id.
    pub external_id: String,
    /// Raw order (masked).
    pub raw: String,
    /// Format name and version.
    pub format: String,
    /// Counts changes of content: a plan made from an older revision must not be sent.
    pub revision: i64,
    /// State.
    pub state: State,
    /// Reason, for the states that have one.
    pub reason: Option<Refusal>,
    /// How often it was tried to send.
    pub attempts: u32,
    /// For `Retrying`: when it is tried again, UTC.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Time of the sale, UTC.
    pub sale_at: Option<DateTime<Utc>>,
    /// Grand total as stated, signed.
    pub total: Option<Decimal>,
    /// What Odoo holds, once booked.
    pub booked: Option<Booked>,
    /// First receipt, UTC.
    pub received_at: DateTime<Utc>,
    /// Last change of state or content, UTC.
    pub changed_at: DateTime<Utc>,
}

/// What Odoo holds for a booked order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// `pos.order` record id.
    pub pos_order_id: i64,
    /// `pos.order` name or reference, as shown in Odoo.
    pub name: String,
    /// Total, signed.
    pub total: Decimal,
    /// What was unusual about the booking (fallback method, adjusted price …), in words.
    pub warnings: Vec<String>,
}

/// One order about to be sent, for [`Store::mark_sending`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Canonical key text.
    pub key: String,
    /// Revision the plan was made from.
    pub revision: i64,
    /// Hash of the payload.
    pub payload_hash: String,
}

/// What a pass found out about one order, for [`Store::record`].
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Odoo holds it.
    Booked(Booked),
    /// Needs a person.
    Refused(Refusal),
    /// Tried again by itself at this time (UTC).
    Retry(Refusal, DateTime<Utc>),
    /// Not to be booked yet.
    Waiting(Refusal),
    /// Left out by a rule.
    Skipped(Refusal),
    /// It was looked up and Odoo does not hold it: free to be sent again.
    NotSent,
}

/// Which items [`Store::list`] returns.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these states; empty = all.
    pub states: BTreeSet<State>,
    /// Only of this sync.
    pub sync: Option<String>,
    /// Only of this source.
    pub source: Option<String>,
    /// Only with this external id.
    pub external_id: Option<String>,
    /// Only after this position (keyset paging).
    pub after: i64,
    /// At most so many; 0 = no limit.
    pub limit: usize,
}

/// The Odoo database that a store belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OdooIdentity {
    /// `database.uuid` where it can be read, else the server's address.
    pub uuid: String,
    /// Database name.
    pub database: String,
}

/// Work handed to a running service through the store by a one-shot command.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Id of the request.
    pub id: i64,
    /// What is asked (`sync`, `import` …), understood by the service.
    pub kind: String,
    /// Its parameters, JSON text.
    pub payload: String,
}

/// Where a handed-over request stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestState {
    /// Not taken yet.
    Asked,
    /// Being worked on; progress text of the service.
    Taken(String),
    /// Finished; the answer, JSON text.
    Done(String),
}

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
    #[error("the store {path} was written by a newer tillbridge (schema {found}, this one knows {known}): upgrade tillbridge, or restore the store's backup")]
    Newer {
        /// Path of the store.
        path: String,
        /// Schema version found.
        found: i64,
        /// Newest schema version known.
        known: i64,
    },
    /// The store belongs to another Odoo database.
    #[error("this store belongs to the Odoo database {bound} and not to {asked}: use another [store] path for it")]
    OtherOdoo {
        /// The database it is bound to.
        bound: String,
        /// The database it was opened for.
        asked: String,
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

/// Result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The inbox and everything else that must survive a crash. Every method is one durable
/// transaction: when it returns, a power cut does not undo it. `now` is passed in, so that
/// time has one owner.
#[async_trait]
pub trait Store: Send + Sync {
    /// Ties the store to one Odoo database at first use; an error for any other afterwards.
    async fn bind(&self, odoo: &OdooIdentity) -> Result<()>;

    /// Stores a page and, with it, the cursor. Returns what became of each arrival, in order.
    ///
    /// Unknown key: inserted in the arrival's state. Same meaning: only the raw text is
    /// refreshed where it differs, except that a `Waiting`, `Refused` or `Skipped` *reading*
    /// verdict takes the arrival's state (the sync's rules may have changed). Other meaning:
    /// replaces (new revision, attempts 0) before booking unless its `updated_at` is older;
    /// is parked while `Sending`; is a conflict once `Booked`; never reopens `Ignored`.
    /// An item that is not booked moves to the page's sync.
    async fn ingest_page(&self, page: &Page, now: DateTime<Utc>) -> Result<Vec<Received>>;

    /// The cursor of a feed: the newest source time whose page is safely stored (UTC).
    async fn cursor(&self, feed: &str) -> Result<Option<DateTime<Utc>>>;

    /// Items to plan: `Ready`, `Refused`, and `Retrying` that is due, of one sync, by
    /// position after `after`, at most `limit`.
    async fn claim(&self, sync: &str, after: i64, limit: usize, now: DateTime<Utc>) -> Result<Vec<Item>>;

    /// Items of one sync that a crash or a lost answer left in `Sending`.
    async fn in_doubt(&self, sync: &str) -> Result<Vec<Item>>;

    /// Says that a request with these orders is about to leave: state `Sending`, attempts + 1,
    /// payload hash pinned. Returns the keys that were marked; one whose revision or state
    /// changed meanwhile is left out and must not be sent.
    async fn mark_sending(&self, orders: &[Sending], now: DateTime<Utc>) -> Result<Vec<String>>;

    /// Records verdicts. A parked revision then takes effect: after `Booked` it makes a
    /// conflict when its meaning differs, after anything else it replaces the content.
    async fn record(&self, verdicts: &[(String, Verdict)], now: DateTime<Utc>) -> Result<()>;

    /// Gives the open items of syncs that are not in `known` to `sync`, for one source:
    /// a renamed or moved sync keeps its orders. Returns how many.
    async fn adopt(&self, source: &str, sync: &str, known: &BTreeSet<String>) -> Result<u64>;

    /// Items by filter, in order of receipt.
    async fn list(&self, filter: &Filter) -> Result<Vec<Item>>;

    /// Items by key; unknown keys are left out.
    async fn get(&self, keys: &[String]) -> Result<Vec<Item>>;

    /// How many items of a sync are in each state.
    async fn counts(&self, sync: &str) -> Result<Vec<(State, u64)>>;

    /// Leaves a request for the running service.
    async fn ask(&self, kind: &str, payload: &str, now: DateTime<Utc>) -> Result<i64>;

    /// Takes the oldest request that nobody took.
    async fn take_request(&self, now: DateTime<Utc>) -> Result<Option<Request>>;

    /// Says how far a taken request is, or answers it.
    async fn answer(&self, id: i64, state: &RequestState, now: DateTime<Utc>) -> Result<()>;

    /// Where a request stands; `None` for an unknown id.
    async fn request(&self, id: i64) -> Result<Option<RequestState>>;

    /// A small named text (sync status, service heartbeat), `None` when never set.
    async fn note(&self, name: &str) -> Result<Option<String>>;

    /// Sets a small named text.
    async fn set_note(&self, name: &str, text: &str) -> Result<()>;
}
