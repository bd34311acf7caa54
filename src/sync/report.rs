//! What a pass did, for people and for `--output json`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::odoo::{CallError, FaultKind};
use crate::order::Refusal;
use crate::shop::LoadError;
use crate::source::SourceError;
use crate::store::{Item, State, StoreError, Trouble};

use super::closing::SessionReport;
use super::figures::Figures;

/// Orders listed of each kind.
const LISTED: u64 = 1_000;

/// The report of one pass over one sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Name of the sync.
    pub sync: String,
    /// Orders the source returned, repeats included.
    pub fetched: u64,
    /// Would be booked: of a dry run only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ready: u64,
    /// Booked in this pass.
    pub booked: u64,
    /// Shown again by the source although booked before.
    pub already_booked: u64,
    /// Not completed or paid yet.
    pub waiting: u64,
    /// Of all that waits, whatever the source showed: those that wait for too long.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting_long: u64,
    /// Need a person.
    pub refused: u64,
    /// Tried again by themselves.
    pub retrying: u64,
    /// Left out by a rule.
    pub skipped: u64,
    /// Closed by a person, and shown again.
    pub ignored: u64,
    /// Changed after booking.
    pub conflict: u64,
    /// Of all that was booked, whatever the source showed: those that are gone from Odoo.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u64,
    /// Duration of the pass.
    pub duration_ms: u64,
    /// Why the pass stopped early, where it did.
    pub error: Option<PassError>,
    /// The orders touched in this pass: the first thousand that were booked, and the first
    /// thousand others. The counts are of all.
    pub orders: Vec<OrderReport>,
    /// The sessions that were closed, or should have been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionReport>,
    /// What else is worth knowing, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One order touched in a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderReport {
    /// External order id.
    pub id: String,
    /// State after the pass.
    pub state: State,
    /// Name of the `pos.order`, once booked.
    pub pos_order: Option<String>,
    /// Total, signed.
    pub total: Option<Decimal>,
    /// Reason code.
    pub code: Option<String>,
    /// Reason.
    pub message: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// When it is tried again by itself, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<DateTime<Utc>>,
    /// What would be booked: of a dry run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Box<Figures>>,
}

/// Why a pass stopped early. What was stored before stays stored; the next pass goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassError {
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// Whose fault it is, for the exit code.
    pub kind: PassErrorKind,
}

/// Whose fault an early stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassErrorKind {
    /// The source or Odoo did not answer.
    Unreachable,
    /// The sync, the shop or the rights are not in order.
    Configuration,
    /// The store failed.
    Internal,
}

impl PassError {
    /// An error with its code, message and fix.
    pub(super) fn new(
        kind: PassErrorKind,
        code: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { code: code.to_owned(), message: message.into(), fix: fix.into(), kind }
    }
}

impl PassError {
    /// Something fell over.
    pub(crate) fn internal() -> Self {
        Self::new(
            PassErrorKind::Internal,
            "internal",
            "It ended by an error in tillbridge itself; its log says where.",
            "Nothing is lost: the next pass goes on. Please report it with the log.",
        )
    }

    /// What is wrong, and what to do, in one line.
    pub fn said(&self) -> String {
        format!("{} {}", self.message, self.fix)
    }

    /// The same error, said of one of a sync's shops.
    pub(super) fn in_shop(mut self, shop: Option<&str>) -> Self {
        if let Some(shop) = shop {
            self.message = format!("Shop {shop}: {}", self.message);
        }
        self
    }

    /// This error with another one beside it: the first decides code and fix.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.message = format!("{} {}", self.message, other.message);
        self
    }

    const LOGIN: &str = "odoo_login";
    const UNAVAILABLE: &str = "odoo_unavailable";

    /// Whether Odoo did not answer.
    pub fn is_unavailable(&self) -> bool {
        self.code == Self::UNAVAILABLE
    }

    /// Whether Odoo did not accept the login: an API key that expired, a password changed.
    pub fn is_refused_login(&self) -> bool {
        self.code == Self::LOGIN
    }
}

impl From<CallError> for PassError {
    fn from(error: CallError) -> Self {
        if matches!(&error, CallError::Fault(fault) if fault.kind() == FaultKind::AccessDenied) {
            return Self::new(
                PassErrorKind::Configuration,
                Self::LOGIN,
                format!("Odoo does not accept the login any more: {error}"),
                "API keys expire: log in to Odoo as that user, make a new key (Preferences → Security) and put it in the configuration file.",
            );
        }
        if let CallError::Fault(fault) = &error
            && fault.lost_a_race()
        {
            return Self::new(
                PassErrorKind::Unreachable,
                Self::UNAVAILABLE,
                format!("Odoo was busy with the same records, and gave way to others: {error}"),
                "Nothing is lost: it is tried again with the next pass.",
            );
        }
        let rights = matches!(&error, CallError::Fault(fault) if !fault.is_transient());
        if rights {
            Self::new(
                PassErrorKind::Configuration,
                "odoo_fault",
                format!("Odoo refused a request: {error}"),
                "Check the API user's rights with: tillbridge doctor",
            )
        } else {
            Self::new(
                PassErrorKind::Unreachable,
                Self::UNAVAILABLE,
                format!("Odoo did not answer: {error}"),
                "Nothing is lost: the orders are kept and tried again. Check that Odoo runs.",
            )
        }
    }
}

impl From<StoreError> for PassError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::LeaseLost) {
            let fix = "Nothing to do: the next pass goes on.";
            return Self::new(PassErrorKind::Unreachable, "lease_lost", error.to_string(), fix);
        }
        let kind = match error {
            StoreError::Failed { trouble: Trouble::Unreachable, .. } => PassErrorKind::Unreachable,
            _ => PassErrorKind::Internal,
        };
        Self::new(kind, "store", error.to_string(), "Nothing was sent that was not recorded.")
    }
}

impl From<SourceError> for PassError {
    fn from(error: SourceError) -> Self {
        // A refused key or a wrong address does not pass by itself: somebody must set it right.
        let kind =
            if error.is_transient() { PassErrorKind::Unreachable } else { PassErrorKind::Configuration };
        Self::new(kind, error.code(), error.to_string(), error.fix())
    }
}

impl From<LoadError> for PassError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Call(error) => error.into(),
            LoadError::NotReady(refusal) => {
                Self::new(PassErrorKind::Configuration, refusal.code.as_str(), refusal.message, refusal.fix)
            }
        }
    }
}

impl SyncReport {
    /// Adds an order in its state after the pass. Cheap repeats of known orders are counted
    /// elsewhere and not listed.
    pub(super) fn touch(&mut self, order: OrderReport) {
        match order.state {
            State::Booked => self.booked += 1,
            State::Waiting => self.waiting += 1,
            State::Refused => self.refused += 1,
            State::Ready => self.ready += 1,
            State::Sending | State::Retrying => self.retrying += 1,
            State::Skipped => self.skipped += 1,
            State::Ignored => self.ignored += 1,
            State::Conflict => self.conflict += 1,
            State::Missing => self.missing += 1,
        }
        // What is kept of a pass must not grow with a backlog.
        let same_kind = if order.state == State::Booked { self.booked } else { self.unbooked() };
        if same_kind <= LISTED {
            self.orders.push(order);
        }
    }

    /// Orders touched in this pass, or shown by a dry run, that are not booked.
    fn unbooked(&self) -> u64 {
        self.waiting + self.refused + self.ready + self.retrying + self.skipped + self.ignored + self.conflict
    }

    /// Orders that are neither booked nor listed.
    pub fn unlisted(&self) -> u64 {
        let listed = self.orders.iter().filter(|order| order.state != State::Booked).count();
        self.unbooked().saturating_sub(listed as u64)
    }

    /// Notes something that is worth knowing, and known once it was said.
    pub(super) fn note_once(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds the report of a pass that went on where this one ended, or beside it.
    pub fn absorb(&mut self, others: impl IntoIterator<Item = Self>) {
        for other in others {
            self.fetched += other.fetched;
            self.ready += other.ready;
            self.booked += other.booked;
            self.already_booked += other.already_booked;
            self.waiting += other.waiting;
            self.waiting_long += other.waiting_long;
            self.refused += other.refused;
            self.retrying += other.retrying;
            self.skipped += other.skipped;
            self.ignored += other.ignored;
            self.conflict += other.conflict;
            self.missing += other.missing;
            self.duration_ms += other.duration_ms;
            self.sessions.extend(other.sessions);
            self.notes.extend(other.notes);
            self.error = match (self.error.take(), other.error) {
                (Some(error), Some(other)) => Some(error.and(&other)),
                (error, other) => error.or(other),
            };
            self.orders.extend(other.orders);
        }
    }

    /// When the first of its orders is tried again by itself, UTC.
    pub fn next_try_at(&self) -> Option<DateTime<Utc>> {
        self.orders.iter().filter_map(|order| order.next_try_at).min()
    }

    /// Orders of this pass that need a person, by [`State::needs_person`].
    pub fn needs_attention(&self) -> u64 {
        self.refused + self.conflict + self.missing
    }

    /// One sentence for people: "99 booked, 1 needs you".
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        for (count, text) in [
            (self.ready, "would be booked"),
            (self.booked, "booked"),
            (self.already_booked, "already booked"),
            (self.waiting, "waiting"),
            (self.waiting_long, "waiting for too long"),
            (self.retrying, "will be retried"),
            (self.skipped, "left out"),
            (self.missing, "gone from Odoo"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {text}"));
            }
        }
        match self.needs_attention() {
            0 => {}
            1 => parts.push("1 needs you".to_owned()),
            many => parts.push(format!("{many} need you")),
        }
        if parts.is_empty() { "no orders".to_owned() } else { parts.join(", ") }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl OrderReport {
    /// An order that is not booked.
    pub(super) fn unbooked(id: &str, state: State, total: Option<Decimal>, reason: Option<&Refusal>) -> Self {
        Self {
            id: id.to_owned(),
            state,
            pos_order: None,
            total,
            code: reason.map(|reason| reason.code.to_string()),
            message: reason.map(|reason| reason.message.to_string()),
            fix: reason.map(|reason| reason.fix.to_string()),
            next_try_at: None,
            figures: None,
        }
    }

    /// An item that is not booked, as it stands.
    pub(super) fn of(item: &Item) -> Self {
        let report = Self::unbooked(&item.external_id, item.state, item.total, item.reason.as_ref());
        Self { next_try_at: item.next_try_at, ..report }
    }

    /// The same, tried again by itself at this time.
    pub(super) fn again_at(self, at: DateTime<Utc>) -> Self {
        Self { next_try_at: Some(at), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_person_is_counted_as_such() {
        for state in State::ALL {
            let mut report = SyncReport::default();
            report.touch(OrderReport::unbooked("7", state, None, None));
            assert_eq!(report.needs_attention(), u64::from(state.needs_person()), "{state:?}");
        }
    }
}
