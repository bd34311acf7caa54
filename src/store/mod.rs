//! The durable inbox: every order received, where it stands, and what Odoo said.
//!
//! [`Store`] is a trait of domain operations, each one transaction, with one conformance
//! suite (`tests/it/store/conformance`) for every backend. Only `sync` and `cli` call it.
//!
//! States of an item: `waiting` (not completed or paid yet), `ready`, `sending` (a request
//! may be under way: its outcome is unknown until looked up), `booked`, `refused` (needs a
//! person; planned anew in every pass, what Odoo refused is sent again now and then),
//! `retrying` (transient, with its next try), `skipped` (by a stated rule), `ignored` (by a
//! person), `conflict` (changed after booking), `missing` (was booked, and Odoo holds it no
//! more: a restored backup).
//!
//! | file | what it knows |
//! |---|---|
//! | `item`, `error` | the types |
//! | `rules` | what an arrival or a verdict does to an item; pure, the same for every backend |
//! | `decision` | what a person's decision does to it; pure, too |
//! | `step` | what was done about an order, until Odoo was told |
//! | `retention` | how long what orders leave behind is kept |
//! | `sql` | the statements of both backends |
//! | `sqlite` | the store in one file |
//! | `postgres` | the store in a PostgreSQL database, for several sidecars |
//! | `lease` | what one sidecar at a time may do |
//! | `lock` | one process per store in a file |
//! | `health` | whether it is sound |
//! | `overview` | what is in it, at a glance |
//! | `note` | a value kept under a name |
//! | `files` | private files and folders |

mod decision;
mod error;
mod fault;
mod files;
mod health;
mod item;
pub mod lease;
mod lock;
mod note;
mod overview;
mod postgres;
mod retention;
mod rules;
mod sqlite;
mod step;

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use decision::{Decided, Decision};
pub use error::{Result, StoreError, Trouble};
pub use health::Health;
pub use item::{
    Arrival, Booked, Completion, Filter, Finding, Item, Newer, Page, Places, Received, Sending, State,
    Verdict,
};
pub use lease::{Holder, Lease, Leases, Token};
pub use lock::{Lock, LockError};
pub use note::Note;
pub use overview::Overview;
pub use postgres::PostgresStore;
pub use retention::{Keep, Outdated, Retention, Retired, Stage};
pub use rules::{conflict, is_older};
pub use sqlite::SqliteStore;
pub use step::{KeptStep, Step, StepCode, StepKind, Untold};

/// The Odoo database that a store belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OdooIdentity {
    /// `database.uuid` where it can be read, else the server's address.
    pub uuid: String,
    /// Database name.
    pub database: String,
}

impl fmt::Display for OdooIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.database, self.uuid)
    }
}

/// A session of Odoo that this program opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// `pos.session` id.
    pub id: i64,
    /// `pos.config` id.
    pub shop: i64,
    /// Id of the sync it was opened for.
    pub sync: String,
    /// The business day of its orders.
    pub business_day: NaiveDate,
    /// When it was opened, UTC.
    pub opened_at: DateTime<Utc>,
    /// When Odoo made it, by Odoo's clock (`create_date`). With the id this tells it from one
    /// that has its id after a backup of Odoo was restored; `None` where it was not kept.
    pub created_at: Option<DateTime<Utc>>,
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

/// The inbox and everything else that must survive a crash. Every method is one durable
/// transaction: when it returns, a power cut does not undo it; when it fails, nothing of it
/// happened. `now` is passed in, so that time has one owner. Times are kept to the millisecond.
#[async_trait]
pub trait Store: Send + Sync {
    /// The Odoo database that the store belongs to; `None` before its first use.
    async fn bound(&self) -> Result<Option<OdooIdentity>>;

    /// Ties the store to one Odoo database at first use; an error for any other afterwards.
    async fn bind(&self, odoo: &OdooIdentity) -> Result<()>;

    /// Ties the store to another Odoo database, because a person says so.
    async fn rebind(&self, odoo: &OdooIdentity) -> Result<()>;

    /// Stores a page and, with it, the cursor. Returns what became of each arrival, in order;
    /// a key that stands twice in a page is received twice, one after the other.
    ///
    /// * Unknown key: inserted in the arrival's state.
    /// * Older `updated_at` than what is known: nothing of it is taken.
    /// * Same meaning: only the spelling (raw text, format) is refreshed where it differs. But
    ///   when the reader's verdict on it changed (the sync's rules did), an item that is
    ///   neither under way nor closed takes the arrival's state; so does one that a pass made
    ///   `Waiting` or `Skipped`, to be planned anew.
    /// * Other meaning: replaces (new revision, attempts 0) before booking; is parked while
    ///   `Sending`; is a conflict once `Booked`, which keeps both contents. `Ignored` and
    ///   `Missing` take the new content and stay what they are. While `Sending` and after booking the same raw text
    ///   is never a change, whatever a newer reader makes of it.
    /// * The meaning that is being sent comes again while another one is parked: the parked one is dropped.
    /// * An order that was sent while its source kept it open, and is now shown completed and
    ///   otherwise the same, has the same meaning.
    /// * A `Conflict` stays one; a third meaning takes the place of the second.
    /// * A text that aged out (see [`Self::retire`]) comes back with the same meaning where
    ///   somebody asked for it or the order is open; else the same meaning is no news.
    ///
    /// An item that is neither `Sending` nor booked moves to the page's sync. One that a person
    /// decided about obeys at once, and is [`Received::Known`] in the state that this gives it.
    async fn ingest_page(&self, page: &Page, now: DateTime<Utc>) -> Result<Vec<Received>>;

    /// The cursor of a feed: the newest source time whose page is safely stored (UTC). It never
    /// goes back.
    async fn cursor(&self, feed: &str) -> Result<Option<DateTime<Utc>>>;

    /// Items to plan: `Ready`, `Refused`, and `Retrying` that is due, of one sync, by
    /// places and position after `after`, at most `limit`. One that was put off at a time that
    /// is yet to come is due: the clock was put back since.
    async fn claim(
        &self,
        sync: &str,
        places: &Places,
        after: i64,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Item>>;

    /// Items of one sync that a crash or a lost answer left in `Sending`: those that were
    /// marked under a lease that is given back or ran out.
    async fn in_doubt(&self, sync: &str) -> Result<Vec<Item>>;

    /// Says that a request with these orders is about to leave: state `Sending`, attempts + 1,
    /// payload hash pinned. Returns the keys that were marked; one whose revision changed, or
    /// whose state is not (any more) one that [`Self::claim`] returns, or that somebody else is
    /// at, is left out and must not be sent. A lease that was lost is an error.
    async fn mark_sending(&self, orders: &[Sending], lease: Token, now: DateTime<Utc>)
    -> Result<Vec<String>>;

    /// Records what was found. All or nothing: an unknown key is an error.
    ///
    /// `Booked` and `Conflict` yield to `Gone` only, which makes them `Missing`, and `Conflict` to
    /// `Followed`, which makes it `Booked` again; `Ignored` and `Missing` to `Booked` only: what
    /// Odoo says is the truth. A verdict on an older revision is passed over (the item is planned
    /// anew), except `Booked`. `NotSent` concerns `Sending` items only, `Due` only `Waiting` ones.
    /// `Retry` keeps the attempts. While an item is sent under another lease that lasts,
    /// every verdict on it is passed over, except `Booked`.
    ///
    /// A parked revision then takes effect: after `Booked` it makes a conflict, after anything
    /// else it replaces the content and the item starts over.
    async fn record(&self, findings: &[Finding], lease: Option<Token>, now: DateTime<Utc>) -> Result<()>;

    /// Takes a person's decision about items. Returns the keys that it was taken for; unknown
    /// ones are left out.
    ///
    /// * `Ignored` closes an item, with the reason; not one that is `Sending` or booked: what
    ///   Odoo holds cannot be decided here.
    /// * `Completed` makes one that is `Waiting` `Ready`, and no later content of it is made
    ///   `Waiting` by its reader.
    /// * `Released` does the same for one that is `Refused`, and lets it pass however late it is
    ///   for its day.
    /// * `Open` makes one that is `Ignored` `Ready`, to be planned anew; what was completed or
    ///   released before is so again.
    ///
    /// The decision is kept, untold, until [`Self::told`]. Whatever arrives or is found later,
    /// the item obeys it.
    async fn decide(
        &self,
        keys: &[String],
        decided: Decided,
        by: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>>;

    /// The last decision about each order, after a key and in the order of their bytes, at most
    /// `limit`: those that Odoo has not heard of, or all.
    async fn decisions(&self, only_untold: bool, after: &str, limit: usize) -> Result<Vec<Decision>>;

    /// Lets items go on at a person's word: those `Refused` or `Retrying` become `Ready`, to be
    /// planned anew and sent without waiting. Their attempts still count. Returns the keys of
    /// these.
    async fn retry(&self, keys: &[String], now: DateTime<Utc>) -> Result<Vec<String>>;

    /// Notes that Odoo heard of these decisions. One that was decided anew meanwhile stays untold.
    async fn told(&self, decisions: &[Decision]) -> Result<()>;

    /// Takes decisions as Odoo knows them, in the place of ours; but one that Odoo has not
    /// heard of stays. Items obey at once, and so do those that arrive later.
    async fn learn(&self, decisions: &[Decision], now: DateTime<Utc>) -> Result<()>;

    /// Makes items that are `Missing` `Ready`, with their newest content: a person agrees that
    /// they are booked again. Returns the keys of these.
    async fn rebook(&self, keys: &[String], now: DateTime<Utc>) -> Result<Vec<String>>;

    /// Gives the open items (see [`State::is_open`]) of syncs that are not in `known` to
    /// `sync`, for one source: a renamed or moved sync keeps its orders. Returns how many.
    async fn adopt(&self, source: &str, sync: &str, known: &BTreeSet<String>) -> Result<u64>;

    /// Items by filter, in order of receipt unless it says otherwise.
    async fn list(&self, filter: &Filter) -> Result<Vec<Item>>;

    /// The next page of a filter with a limit, which goes on behind it afterwards; `None` behind
    /// the last.
    async fn next_page(&self, filter: &mut Filter) -> Result<Option<Vec<Item>>> {
        let items = self.list(filter).await?;
        let Some(last) = items.last() else { return Ok(None) };
        filter.after = last.seq;
        Ok(Some(items))
    }

    /// How many items meet a filter, whatever its limit.
    async fn count(&self, filter: &Filter) -> Result<u64>;

    /// Items by key, in order of receipt; unknown keys are left out.
    async fn get(&self, keys: &[String]) -> Result<Vec<Item>>;

    /// How many items of a sync are in each state; states without any are left out.
    async fn counts(&self, sync: &str) -> Result<Vec<(State, u64)>>;

    /// Items that can be seen to have changed since Odoo was told of them (see
    /// [`Self::reported`]), the last received first, at most `limit`: those in doubt or queued
    /// (`Sending`, `Ready`) that are so since a moment or longer, or, without one, all others.
    async fn untold(&self, queued_until: Option<DateTime<Utc>>, limit: usize) -> Result<Vec<Untold>>;

    /// The steps that Odoo was not told of, the oldest first, at most `limit`: of these orders;
    /// or, without any, of those that Odoo was told of as they stand.
    async fn steps(&self, keys: &[String], limit: usize) -> Result<Vec<KeptStep>>;

    /// Notes that Odoo was told of orders, by key, as of the change that was told, and of steps,
    /// by number, which are forgotten. An order that changed meanwhile stays untold.
    async fn reported(&self, orders: &[(String, i64)], steps: &[i64]) -> Result<()>;

    /// Notes that Odoo was told of no order: it does not know (any more) what it was told.
    async fn tell_again(&self) -> Result<()>;

    /// Leaves a request for the running service; its id.
    async fn ask(&self, kind: &str, payload: &str, now: DateTime<Utc>) -> Result<i64>;

    /// Takes the oldest request that nobody took, for a service that has this lease.
    async fn take_request(&self, service: Token, now: DateTime<Utc>) -> Result<Option<Request>>;

    /// Says how far a taken request is, answers it, or gives it back (`Asked`). An unknown or
    /// already answered request is an error.
    async fn answer(&self, id: i64, state: &RequestState, now: DateTime<Utc>) -> Result<()>;

    /// Where a request stands; `None` for an unknown id.
    async fn request(&self, id: i64) -> Result<Option<RequestState>>;

    /// Gives back the requests that a service took and did not answer before it ended. For the
    /// start of a service. Returns how many.
    async fn release_requests(&self, now: DateTime<Utc>) -> Result<u64>;

    /// Notes a session of Odoo that this program opened, before anything is sent to it. One
    /// that is known stays as it is; one that Odoo made at another time takes its place.
    async fn session_opened(&self, session: &OwnSession) -> Result<()>;

    /// Notes that a session is closed, and what was found of its entry. An unknown one is an
    /// error.
    async fn session_closed(&self, id: i64, verdict: &str, now: DateTime<Utc>) -> Result<()>;

    /// The sessions of ours that are not known to be closed, of all shops, the oldest first.
    async fn open_sessions(&self) -> Result<Vec<OwnSession>>;

    /// The sessions of ours, closed or not, of all shops, the oldest first.
    async fn sessions(&self) -> Result<Vec<OwnSession>>;

    /// Forgets a session: Odoo does not have it any more, or another one under its id.
    async fn session_forgotten(&self, id: i64) -> Result<()>;

    /// The newest business day of which a session of ours was closed in a shop.
    async fn closed_through(&self, shop: i64) -> Result<Option<NaiveDate>>;

    /// A small named text (sync status, service heartbeat), `None` when never set.
    async fn note(&self, name: &str) -> Result<Option<String>>;

    /// Sets a small named text.
    async fn set_note(&self, name: &str, text: &str) -> Result<()>;

    /// A note, set to this text first where there was none: whoever asks first decides.
    async fn note_or(&self, name: &str, text: &str) -> Result<String>;

    /// Takes the lease of a name for [`lease::LASTS`], by the store's own clock; else who has it.
    async fn take_lease(&self, name: &str, who: &str) -> Result<Result<Token, Holder>>;

    /// Renews leases; the tokens of those that lasted until now.
    async fn renew_leases(&self, leases: &[Token]) -> Result<Vec<Token>>;

    /// Gives a lease back; one that was lost or given back is nothing to this.
    async fn give_back(&self, lease: Token) -> Result<()>;

    /// Who has the leases whose names begin so, the oldest first. A store in a file knows
    /// of none: see [`Lock`].
    async fn holders(&self, beginning: &str) -> Result<Vec<Holder>>;

    /// A stretch of what is older than it is kept, from a place of the walk on. Nothing is written.
    async fn outdated(&self, retention: &Retention, from: Stage, now: DateTime<Utc>) -> Result<Outdated>;

    /// Takes such a stretch away; not from orders that something happened to meanwhile.
    ///
    /// * The text of a finished order (see [`State::is_open`]) is emptied, with what stands beside
    ///   it. The order says since when ([`Item::aged_at`]), and keeps its hashes: shown again, the order
    ///   is known as before. Its text comes back when somebody asked for it ([`Page::asked`]), or
    ///   when the order is open and shown again.
    /// * An order that a rule left out, and nobody decided about, is forgotten.
    ///
    /// Odoo is not told of any of that.
    async fn retire(&self, outdated: &Outdated, now: DateTime<Utc>) -> Result<Retired>;

    /// Gives a stretch of the room that was freed back to the disk; whether there is more.
    /// `rebuild`: also where the whole store is to be written anew for it, once, which keeps
    /// everybody else waiting.
    async fn shrink(&self, rebuild: bool) -> Result<bool>;

    /// What is in the store, at a glance: some counts by index, whatever its size.
    async fn overview(&self) -> Result<Overview>;

    /// Takes the turn to write and gives it back: whether nobody keeps it.
    async fn probe(&self) -> Result<()>;

    /// Looks at the whole store: for damage, for what cannot be read, and for what cannot be.
    /// Takes a while.
    async fn check(&self) -> Result<Health>;

    /// Path or address of the store, without user and password.
    fn place(&self) -> String;
}
