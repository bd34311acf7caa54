//! The engine: collect (source → inbox), settle (inbox → Odoo), report.
//!
//! Each step is idempotent and resumes where a crash left it; the next pass is the retry.
//! One pass at a time runs for a shop: the store's lease, this engine and, between several
//! installations, the addon's `lease` see to that.
//!
//! | file | what it knows |
//! |---|---|
//! | `engine` | a pass over one sync, shop by shop; `shops`: which orders are whose |
//! | `collect`, `unread`, `triage`, `waiting` | pages into the inbox; those that cannot be read; which orders are ready, and which become so by time |
//! | `cancelled` | sales that the source cancelled after they were booked: their refunds |
//! | `fetching` | what collecting tells settling, which goes on beside it |
//! | `settle` | what is ready is planned (`plan`) and sent (`send`), side by side, in batches that suit Odoo (`pace`); `deliver`: one request, bisected; `verify`: read back; `again`: what did not get through |
//! | `adoption`, `refunds`, `customers`, `invoices` | what an order depends on in Odoo |
//! | `session`, `turn`, `closing`, `gate`, `sharing` | sessions: opened, one after the other, closed; what comes too late or into a foreign drawer |
//! | `series` | what differs between the series of Odoo |
//! | `walk` | the pages of a source, for who only looks |
//! | `preview`, `newest`, `figures`, `trial` | what people ask for: a dry run, of the newest orders, in figures; an order planned as a pass does |
//! | `replay` | past days planned again under the present configuration, against what was booked |
//! | `effect` | open and past orders planned under two configurations: what a change would change |
//! | `probe`, `by_hand` | a look at the source, the state of sessions |
//! | `word`, `tally` | what they say of single orders, and what became of these; `halt`: the word to end early |
//! | `cure` | the orders that a mapping cures |
//! | `fetch`, `whereabouts`, `asked` | orders that they ask the source for; where an order is; when each source was last asked |
//! | `last` | how each sync stands and how its last pass went |
//! | `completeness` | day by day, what the source sold against what Odoo holds |
//! | `retention` | what is older than it is kept goes, a batch at a time |
//! | `restored` | what a restored or copied Odoo does not hold (any more) |
//! | `steady` | how long ago something was, whatever became of the clock |
//! | `doubt` | when a request last got no clear answer, so that no session is closed under it |
//! | `report`, `progress`, `steps` | what a pass says; what was done about each order |

mod adoption;
mod again;
mod asked;
mod by_hand;
mod cancelled;
mod closing;
mod collect;
mod completeness;
mod cure;
mod customers;
mod deliver;
mod doubt;
mod effect;
mod engine;
mod fetch;
mod fetching;
mod figures;
mod gate;
mod halt;
mod invoices;
mod last;
mod lease;
mod newest;
mod pace;
mod plan;
mod preview;
mod probe;
mod progress;
mod refunds;
mod replay;
mod report;
mod restored;
mod retention;
mod send;
mod series;
mod session;
mod settle;
mod sharing;
mod shops;
mod steady;
mod steps;
mod tally;
mod triage;
mod trial;
mod turn;
mod unread;
mod verify;
mod waiting;
mod walk;
mod whereabouts;
mod word;

pub use asked::{Asked, asked};
pub use by_hand::SessionStatus;
pub use closing::{Calendar, SessionReport, Verdict as SessionVerdict};
pub use completeness::{Completeness, Day, Difference, Kind, Light, Said, Span};
pub use cure::{Curable, curable};
pub use effect::{Affected, Effect, Group};
pub use engine::{Engine, EngineSettings, OdooFacts};
pub use fetch::{Fetched, Wanted};
pub use figures::{Figures, LineFigures, PaymentFigures};
pub use last::{LastPass, LastSeen, last_seen};
pub use lease::{Moment, held_by_another, instance, known_instance};
pub use probe::{FirstPage, ProbeError};
pub use progress::Step;
pub use replay::{Reason, Replay, Replayed, Stand, Sum};
pub use report::{OrderReport, PassError, PassErrorKind, SyncReport};
pub use restored::{Incident, in_all_companies, incidents};
pub use retention::retention_of;
pub use sharing::sharing;
pub use tally::{Rest, Tally};
pub use whereabouts::{orders_known_by, sentence};
pub use word::{Word, no_sync, queued_at};
