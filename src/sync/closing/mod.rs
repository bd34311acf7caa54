//! Closing the sessions that this program opened.
//!
//! | file | what it knows |
//! |---|---|
//! | `calendar` | business days, and the zone that gives an entry its date; pure |
//! | `policy` | when a session is due, which orders go into which, which come late; pure |
//! | `close` | closing one session |
//! | `causes` | the orders that keep one from closing |
//! | `entry` | what accounting says of a closed one |
//! | `report` | what became of it, for people |
//!
//! Only the service closes by policy, and only what the store knows as ours: a session of a
//! person is never closed, and neither is one of a lost store, which `session status` shows.

mod calendar;
mod causes;
mod close;
mod entry;
mod policy;
mod report;

pub use calendar::Calendar;
pub(super) use close::Closer;
pub use policy::{Past, Standing, Stretch, entry_day, is_due, lateness, stretches};
pub use report::{SessionReport, Verdict};
