//! Identity: what makes two documents "the same order".
//!
//! A key is (source id, location, order id, document). Its renderings (canonical text,
//! UUIDv5, `pos_reference`) are fixed for ever: what was booked under them must be found
//! again by every later version. Golden tests hold them in place.

use std::fmt;

/// The id of an external system, chosen once in a sync's configuration and never changed
/// after its first booking. Not the name or record id of a sync: those may change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(String);

impl SourceId {
    /// The trimmed text, or `None` when nothing is left of it.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The id as configured, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The store an order was taken in (`LocationID`). `None` is "not given", which is not `0`.
pub type Location = Option<String>;

/// Which document of an order id this is: the sale, or one of its refunds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Document {
    /// The sale itself.
    Sale,
    /// A refund, with its own id (`RefundID`, `CreditNoteNo`) where the source gives one.
    Refund(Option<String>),
}

/// The identity of one external document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderKey {
    /// The external system.
    pub source: SourceId,
    /// The store within it, in canonical text; `None` when the order names none.
    pub location: Location,
    /// The external order id in canonical text: trimmed, integral numbers in plain digits.
    pub order_id: String,
    /// Sale or refund.
    pub document: Document,
}
impl OrderKey {
    /// t
    pub fn order_uuid(&self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
    /// t
    pub fn line_uuid(&self, _n: usize) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
    /// t
    pub fn payment_uuid(&self, _n: usize) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
    /// t
    pub fn pos_reference(&self) -> String {
        self.order_id.clone()
    }
}
impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self)
    }
}
