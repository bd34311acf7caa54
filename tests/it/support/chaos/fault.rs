//! The kinds of faults.

use std::fmt;

use crate::support::orders::Random;

/// What goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nobody listens for a moment: connections are refused.
    Refused,
    /// The connection is reset as soon as it is there.
    ResetAtOnce,
    /// A part of the request reaches Odoo, then the connection breaks.
    RequestCut,
    /// The request is lost, and the connection reset.
    RequestLost,
    /// The connection is reset, and the request reaches Odoo all the same, a second or two later.
    RequestLate,
    /// The request reaches Odoo twice, one after the other.
    RequestTwice,
    /// A page in place of Odoo's answer, which was not asked.
    PageBefore(u16),
    /// A page in place of Odoo's answer, after it did its work.
    PageAfter(u16),
    /// The answer ends in the middle.
    AnswerCut,
    /// The connection is closed in place of an answer.
    AnswerDropped,
    /// The connection is reset in place of an answer.
    AnswerReset,
    /// The answer comes later than the client waits for it.
    AnswerSilent,
    /// Request and answer come in pieces, with pauses.
    Slow,
    /// PostgreSQL ends all connections to Odoo's database while Odoo is at work.
    DatabaseCut,
    /// Odoo's workers are killed while they are at work.
    WorkersKilled,
    /// Odoo is stopped and started again.
    OdooRestarted,
    /// The sidecar is killed.
    SidecarKilled,
}

impl Fault {
    /// What the network does by itself, to any call. Nobody else on the same Odoo notices.
    pub const NETWORK: [Self; 20] = [
        Self::Refused,
        Self::ResetAtOnce,
        Self::RequestCut,
        Self::RequestLost,
        Self::RequestLate,
        Self::RequestTwice,
        Self::PageBefore(200),
        Self::PageBefore(429),
        Self::PageBefore(502),
        Self::PageBefore(503),
        Self::PageBefore(504),
        Self::PageAfter(200),
        Self::PageAfter(502),
        Self::PageAfter(503),
        Self::PageAfter(504),
        Self::AnswerCut,
        Self::AnswerDropped,
        Self::AnswerReset,
        Self::Slow,
        Self::DatabaseCut,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Refused => "connection refused",
            Self::ResetAtOnce => "connection reset at once",
            Self::RequestCut => "request cut off",
            Self::RequestLost => "request lost",
            Self::RequestLate => "reset, request arrives later",
            Self::RequestTwice => "request arrives twice",
            Self::PageBefore(status) => return write!(f, "{status} page, Odoo not asked"),
            Self::PageAfter(status) => return write!(f, "{status} page, Odoo did it"),
            Self::AnswerCut => "answer cut off",
            Self::AnswerDropped => "answer dropped",
            Self::AnswerReset => "answer lost by a reset",
            Self::AnswerSilent => "answer after the time limit",
            Self::Slow => "slow, in pieces",
            Self::DatabaseCut => "database connections ended",
            Self::WorkersKilled => "Odoo's workers killed",
            Self::OdooRestarted => "Odoo restarted",
            Self::SidecarKilled => "sidecar killed (SIGKILL)",
        };
        f.write_str(name)
    }
}

/// Deals faults in random order, each as often as the others.
#[derive(Debug)]
pub struct Deck {
    kinds: Vec<Fault>,
    left: Vec<Fault>,
}

impl Deck {
    /// A deck of these kinds.
    pub fn new(kinds: Vec<Fault>) -> Self {
        Self { kinds, left: Vec::new() }
    }

    /// The next one.
    pub fn deal(&mut self, random: &mut Random) -> Fault {
        if self.left.is_empty() {
            self.left.clone_from(&self.kinds);
        }
        let last = i64::try_from(self.left.len()).expect("few") - 1;
        self.left.swap_remove(usize::try_from(random.between(0, last)).expect("an index"))
    }

    /// Puts one back that could not be done.
    pub fn put_back(&mut self, fault: Fault) {
        self.left.push(fault);
    }
}
