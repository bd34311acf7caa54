//! What was done about an order, step by step, as people see it in Odoo.
//!
//! Steps are written together with what they tell of, kept until Odoo was told, and forgotten
//! then: Odoo's addon has them. Where nobody will ask for them, none are written.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::order::Text;
use crate::text;

use super::{Arrival, Item, Received, State};

/// What was done. The texts are stored and sent to the addon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// The source showed the order.
    Fetched,
    /// Odoo was to create the `pos.order` of a sale.
    CreateOrder,
    /// Its payments.
    AddPayment,
    /// Its invoice or credit note.
    CreateInvoice,
    /// Its goods leave the stock, or come back.
    OutboundDelivery,
    /// Odoo was to create the `pos.order` of a refund.
    Refund,
}

impl StepKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Fetched,
        Self::CreateOrder,
        Self::AddPayment,
        Self::CreateInvoice,
        Self::OutboundDelivery,
        Self::Refund,
    ];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::CreateOrder => "create_order",
            Self::AddPayment => "add_payment",
            Self::CreateInvoice => "create_invoice",
            Self::OutboundDelivery => "outbound_delivery",
            Self::Refund => "refund",
        }
    }

    /// The kind of a stable text, `None` for a text this version does not know.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a step ended, in the manner of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepCode {
    /// Done.
    Ok = 200,
    /// To be done later, by something else.
    Accepted = 202,
    /// Refused: wrong status or data.
    Bad = 400,
    /// Missing at the source or in Odoo.
    Missing = 404,
    /// There already.
    AlreadyThere = 409,
    /// No clear answer, or not now; to be tried again.
    Unavailable = 503,
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub kind: StepKind,
    /// How it ended: the number of a [`StepCode`].
    pub code: u16,
    /// The same in a plain sentence.
    pub text: Text,
    /// What that rests on ("read back from Odoo").
    pub truth: Text,
    /// How long it took, where that was measured.
    pub duration: Option<Duration>,
    /// Which attempt at the order's content it belongs to, 0 before the first.
    pub attempt: u32,
}

impl Step {
    /// A step of which no duration was measured, of no attempt.
    pub fn new(kind: StepKind, code: StepCode, text: Text, truth: Text) -> Self {
        Self { kind, code: code as u16, text, truth, duration: None, attempt: 0 }
    }
}

/// A step that Odoo was not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStep {
    /// Grows from step to step, but for a store that was restored from a backup.
    pub number: i64,
    /// Of the process that wrote it: with the number it is the step's alone.
    pub run: String,
    /// Canonical key text of the order.
    pub key: String,
    /// The step.
    pub step: Step,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// An item of which Odoo was not told what can be seen of it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Untold {
    /// The item.
    pub item: Item,
    /// When Odoo was first seen to hold it, UTC.
    pub booked_at: Option<DateTime<Utc>>,
    /// Counts what changed of it.
    pub change: i64,
}

/// Names this process, among all that wrote steps.
pub(super) fn run() -> &'static str {
    static RUN: LazyLock<String> = LazyLock::new(|| {
        let mut name = Uuid::new_v4().simple().to_string();
        name.truncate(12);
        name
    });
    &RUN
}

/// The step of an arrival, by what became of it; none where it says nothing new. `truth`: what
/// it came from.
pub(super) fn fetched(arrival: &Arrival, received: Received, truth: &Text) -> Option<Step> {
    let (code, text) = match received {
        Received::Known(_) => return None,
        Received::New | Received::Replaced => {
            let code = if arrival.state == State::Refused { StepCode::Bad } else { StepCode::Ok };
            let begun = if received == Received::New {
                text!("Received.")
            } else {
                text!("Received again, with other content.")
            };
            let reason = arrival.reason.as_ref().map(|reason| reason.message.clone());
            (code, Text::sentences([begun].into_iter().chain(reason)))
        }
        Received::Parked => (
            StepCode::Accepted,
            text!(
                "Received again, with other content, while it was being sent: looked at once that is answered."
            ),
        ),
        Received::Conflict => {
            (StepCode::AlreadyThere, text!("Received again, with other content, after it was booked."))
        }
    };
    Some(Step::new(StepKind::Fetched, code, text, truth.clone()))
}
