//! How a sync reads its orders.

use chrono_tz::Tz;

use crate::order::{SourceId, Status};

/// The settings that reading an order depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRules {
    /// The external system the orders come from.
    pub source: SourceId,
    /// The store's time zone, for dates without one.
    pub time_zone: Tz,
    /// Texts of `OrderStatus` that mean a completed sale; an absent status does too.
    pub status_completed: Vec<String>,
    /// Texts of `OrderStatus` that mean a completed refund.
    pub status_refund: Vec<String>,
    /// Texts of `OrderStatus` that mean that the order will never be completed.
    pub status_cancelled: Vec<String>,
    /// An order in any other status counts as completed (somebody says that it is).
    pub open_is_completed: bool,
    /// Fields that hold a refund's own id, the first that is given counts.
    pub refund_id_fields: Vec<String>,
    /// Fields that say when the sale happened, the first that is given counts.
    pub sale_date_fields: Vec<String>,
}

impl ReadRules {
    /// The rules of a source whose settings were not touched.
    pub fn new(source: SourceId, time_zone: Tz) -> Self {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self {
            source,
            time_zone,
            status_completed: texts(&["103"]),
            status_refund: texts(&["106"]),
            status_cancelled: Vec::new(),
            open_is_completed: false,
            refund_id_fields: texts(&["RefundID", "ReturnID", "CreditNoteNo"]),
            sale_date_fields: texts(&["CheckoutDate", "CompletedDate", "OrderDate"]),
        }
    }

    /// The status that a text of `OrderStatus` stands for.
    pub(super) fn status(&self, text: &str) -> Status {
        let among = |list: &[String]| list.iter().any(|one| one.trim().eq_ignore_ascii_case(text));
        if among(&self.status_cancelled) {
            Status::Cancelled
        } else if among(&self.status_refund) {
            Status::Refund
        } else if self.open_is_completed || among(&self.status_completed) {
            Status::Completed
        } else {
            Status::Open(text.to_owned())
        }
    }
}

/// Names in the form that [`Object`](super::object::Object) takes.
pub(super) fn names(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
