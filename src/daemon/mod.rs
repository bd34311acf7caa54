//! The service: keeps every sync running on its interval, answers requests from Odoo and
//! from one-shot commands, and stops cleanly.
//!
//! One task owns all state and goes round once a second; passes run beside it and hand
//! their reports back. What a pass leaves undone is the next one's.

mod checking;
mod connection;
mod handover;
mod key;
mod login;
mod monitor;
mod reporting;
mod requests;
mod retention;
mod schedule;
mod service;
mod told;

pub use handover::{Handover, HandoverError, hand_over};
pub use login::Written;
pub use monitor::{Monitor, Vitals, Watched};
pub use reporting::LEASE as TELLING;
pub use requests::Reply;
pub use service::{DRAIN, LAST_WORD, Service, ServiceError};
