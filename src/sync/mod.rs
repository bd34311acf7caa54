//! The engine: collect (source → inbox), settle (inbox → Odoo), report.
//!
//! Each step is idempotent and resumes where a crash left it; the next pass is the retry.
//! One pass at a time runs for a shop: the store's lease and this engine see to that.

mod adoption;
mod by_hand;
mod closing;
mod collect;
mod customers;
mod deliver;
mod engine;
mod gate;
mod invoices;
mod preview;
mod probe;
mod progress;
mod refunds;
mod report;
mod series;
mod session;
mod settle;
mod sharing;
mod shops;
mod triage;
mod turn;
mod verify;
mod waiting;

pub use by_hand::SessionStatus;
pub use closing::{Calendar, SessionReport, Verdict as SessionVerdict};
pub use engine::{Engine, EngineSettings, OdooFacts};
pub use gate::release;
pub use probe::{FirstPage, ProbeError};
pub use progress::Step;
pub use report::{OrderReport, PassError, PassErrorKind, SyncReport};
pub use sharing::sharing;
