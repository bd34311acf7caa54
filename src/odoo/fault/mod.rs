//! Faults: what Odoo says when it refuses or fails, reduced to what matters.
//!
//! Codes and texts as seen on 14.0 and 19.0 at `/xmlrpc/2` (`rpc.py`, `xmlrpc.py` of the
//! `base` and `rpc` modules), where faults come with HTTP 200. JSON-2 brings the same
//! exceptions in a form of its own (`json2`).

use std::fmt;

use super::xmlrpc;

/// Longest message kept, in characters: a traceback may quote a whole batch of orders.
const MESSAGE_LIMIT: usize = 2000;

/// The class of a fault, with XML-RPC's code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Code 1: an exception Odoo did not expect; the text is a Python traceback.
    Application,
    /// Code 2: `UserError`, `ValidationError`, `MissingError`, a violated constraint.
    User,
    /// Code 3: wrong login, password or API key.
    AccessDenied,
    /// Code 4: missing access rights, or a private method.
    AccessRights,
    /// Any other code, such as the texts of the older `/xmlrpc` endpoint.
    Other,
}

/// Odoo's answer that a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: String,
    unmarshallable: Option<Unmarshallable>,
    around_commit: bool,
}

/// What Odoo could not write into its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unmarshallable {
    None,
    Other,
}

impl Fault {
    /// A fault from its code (number or text) and its text.
    pub fn new(code: &str, text: &str) -> Self {
        let kind = match code.trim() {
            "1" => FaultKind::Application,
            "2" => FaultKind::User,
            "3" => FaultKind::AccessDenied,
            "4" => FaultKind::AccessRights,
            _ => FaultKind::Other,
        };
        Self::of(kind, text)
    }

    /// A fault of a class; of [`FaultKind::Application`] the text is a traceback.
    pub(super) fn of(kind: FaultKind, text: &str) -> Self {
        let text = strip_ansi(text);
        let traceback = kind == FaultKind::Application;
        let message = if traceback { last_exception(&text) } else { text.trim().to_owned() };
        Self {
            kind,
            unmarshallable: if traceback { unmarshallable(&text, &message) } else { None },
            around_commit: traceback && is_around_commit(&text),
            message: shorten(message),
        }
    }

    /// The class of the fault.
    pub const fn kind(&self) -> FaultKind {
        self.kind
    }

    /// What went wrong. Of a traceback only the exception with its class
    /// (`psycopg2.errors.LockNotAvailable: could not obtain lock …`), on one line; of other
    /// faults the whole text, which may have several lines.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The method did its work, the transaction is committed, and only the result — `None`
    /// — could not be written into the answer. Seen on 14.0 and 19.0: Odoo marshals after
    /// the commit and without `allow_none`. The same text from *within* a method (which was
    /// rolled back) is told apart by its traceback.
    pub fn is_none_result(&self) -> bool {
        self.unmarshallable == Some(Unmarshallable::None)
    }

    /// As [`Self::is_none_result`], for a result with something in it that XML-RPC cannot
    /// carry (a `None` in a dict, a `frozendict` in an action): done, result lost.
    pub fn is_lost_result(&self) -> bool {
        self.unmarshallable == Some(Unmarshallable::Other)
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.lost_a_race() || self.is_of_an_outage()
    }

    /// Whether only this attempt failed: others came first to the same records, or it took too
    /// long. Smaller or later it may succeed, and calls about other records need not wait.
    pub fn lost_a_race(&self) -> bool {
        match self.kind {
            FaultKind::Application => RACES.iter().any(|text| self.message.contains(text)),
            FaultKind::User => self.message.contains(CANNOT_LOCK),
            _ => false,
        }
    }

    /// Whether it would meet any call: the server, its database or the login is at fault, not
    /// what was asked.
    pub fn meets_every_call(&self) -> bool {
        self.is_of_an_outage()
            || self.is_unknown_database()
            || self.kind == FaultKind::AccessDenied
            || self.kind == FaultKind::User && self.message == NO_POINT_OF_SALE
    }

    /// Whether the server or its database is starting, stopping, full or being made.
    fn is_of_an_outage(&self) -> bool {
        match self.kind {
            FaultKind::Application if self.message.starts_with(NO_DATABASE_CONNECTION) => {
                !self.is_unknown_database()
            }
            FaultKind::Application => OUTAGES.iter().any(|text| self.message.contains(text)),
            FaultKind::User => self.message.contains(LOADING),
            _ => false,
        }
    }

    /// Whether the fault leaves open if the transaction was committed: the connection to
    /// the database broke, or the exception came out of the commit or of what follows it.
    pub fn is_ambiguous(&self) -> bool {
        self.kind == FaultKind::Application
            && (self.around_commit || CONNECTION_LOST.iter().any(|text| self.message.contains(text)))
    }

    /// Whether Odoo says that the database named in the call does not exist.
    pub fn is_unknown_database(&self) -> bool {
        // PostgreSQL's own text, which its server may translate; the class is psycopg2's.
        self.kind == FaultKind::Application
            && self.message.starts_with("psycopg2.OperationalError")
            && self.message.contains("database \"")
            && self.message.contains("does not exist")
    }
}

impl From<xmlrpc::Fault> for Fault {
    fn from(fault: xmlrpc::Fault) -> Self {
        Self::new(&fault.code, &fault.string)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message.as_str(), self.kind) {
            ("", kind) => write!(f, "Odoo gave no reason ({kind:?} fault)"),
            (message, _) => f.write_str(message),
        }
    }
}

impl std::error::Error for Fault {}

/// One transaction gave way to others, after Odoo's own five tries (`service/model.py`, 14.0
/// to 19.0), or ran out of its time or memory.
const RACES: &[&str] = &[
    "psycopg2.errors.SerializationFailure",
    "psycopg2.errors.LockNotAvailable",
    "psycopg2.errors.DeadlockDetected",
    "psycopg2.errors.QueryCanceled",
    "psycopg2.extensions.TransactionRollbackError",
    "psycopg2.extensions.QueryCanceledError",
    "odoo.exceptions.ConcurrencyError",
    "MemoryError",
];

/// `lock_for_update` of 19.0 (`orm/models.py`).
const CANNOT_LOCK: &str = "Cannot grab a lock on records";

/// How psycopg2 calls an error of the connection itself: those of a statement have classes of
/// their own.
const NO_DATABASE_CONNECTION: &str = "psycopg2.OperationalError";

/// Exceptions of a server or a database that is not at work right now.
const OUTAGES: &[&str] = &[
    // Odoo's connection pool is exhausted (`sql_db.py`).
    "The Connection Pool Is Full",
    // PostgreSQL is out of connections or room, read-only, starting or stopping (error classes
    // 25, 53 and 57).
    "psycopg2.errors.TooManyConnections",
    "psycopg2.errors.DiskFull",
    "psycopg2.errors.ReadOnlySqlTransaction",
    "psycopg2.errors.CannotConnectNow",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    // libpq lost it.
    "terminating connection due to administrator command",
    "server closed the connection unexpectedly",
    "SSL connection has been closed unexpectedly",
    "psycopg2.InterfaceError: connection already closed",
    "psycopg2.InterfaceError: cursor already closed",
    "psycopg2.InterfaceError: Cursor already closed",
    // A database that is being restored has no models yet (`service/security.py`, 14.0;
    // `service/model.py`, 19.0).
    "KeyError: 'res.users'",
];

/// The registry is being loaded (`service/model.py`, 14.0).
const LOADING: &str = "this database is not fully loaded";

/// The module is not loaded, or not any more (`service/model.py`, 14.0 to 19.0).
const NO_POINT_OF_SALE: &str = "Object pos.order doesn't exist";

/// Messages of libpq and psycopg2 when the connection to the database breaks. It may have
/// broken while the commit was under way.
const CONNECTION_LOST: &[&str] = &[
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    "terminating connection",
    "server closed the connection unexpectedly",
    "SSL connection has been closed unexpectedly",
    "could not receive data from server",
    "connection already closed",
    "ursor already closed",
];

/// Frames of a traceback in which the transaction may be committed already: the commit
/// itself, hooks behind it, and the signalling of caches (`sql_db.py`, `registry.py`).
const COMMIT_FRAMES: &[&str] = &[", in commit\n", ", in signal_changes\n"];

/// Steps of the commit that come before `COMMIT` itself: an exception out of one rolls the
/// transaction back (`sql_db.py`, 14.0 and 19.0). On 14.0 most computed fields fail here.
const BEFORE_COMMIT: &[&str] = &["flush_env(self)", "self.flush()", "self.precommit.run()"];

/// Frames of a traceback that are inside the called method or on the way to it.
const DISPATCH_FRAMES: &[&str] = &[", in dispatch_rpc\n", ", in dispatch\n", ", in execute_kw\n"];

/// Frames of Python's encoder within a dict or a list: the `None` is not the whole result.
const NESTING_FRAMES: &[&str] = &[", in dump_struct\n", ", in dump_array\n"];

/// Whether an exception came out of a frame in which the transaction may be committed.
fn is_around_commit(text: &str) -> bool {
    let sources = COMMIT_FRAMES
        .iter()
        .flat_map(|frame| text.match_indices(frame).map(|(at, _)| text.get(at + frame.len()..)));
    sources.flatten().any(|source| !BEFORE_COMMIT.iter().any(|step| source.trim_start().starts_with(step)))
}

fn unmarshallable(text: &str, message: &str) -> Option<Unmarshallable> {
    let cause = message.strip_prefix("TypeError: cannot marshal ")?;
    if DISPATCH_FRAMES.iter().any(|frame| text.contains(frame)) {
        return None;
    }
    let nested = NESTING_FRAMES.iter().any(|frame| text.contains(frame));
    if cause.starts_with("None unless allow_none is enabled") && !nested {
        Some(Unmarshallable::None)
    } else {
        Some(Unmarshallable::Other)
    }
}

/// The exception at the end of a Python traceback, its lines joined: what follows the last
/// frame and its (indented) source lines. The last line of a text that has no frames.
fn last_exception(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last_frame = lines.iter().rposition(|line| line.starts_with("  File \""));
    let exception: Vec<&str> = match last_frame {
        Some(frame) => lines
            .iter()
            .skip(frame + 1)
            .skip_while(|line| line.starts_with(' ') || line.trim().is_empty())
            .map(|line| line.trim())
            .filter(|line| !line.is_empty())
            .collect(),
        None => Vec::new(),
    };
    if exception.is_empty() {
        let last = lines.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty());
        return last.unwrap_or_default().to_owned();
    }
    exception.join(" ")
}

/// Without terminal colours (`ESC [ … m` and the like), which Odoo's log formatting leaves
/// in some texts.
fn strip_ansi(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            clean.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            // Parameters, then one final byte.
            while chars.next_if(|c| matches!(c, '0'..='9' | ';' | '?')).is_some() {}
            chars.next_if(|c| ('@'..='~').contains(c));
        }
    }
    clean
}

fn shorten(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests;
