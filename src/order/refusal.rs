//! Why an order is not booked, in words a person can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Text;

/// A reason with its remedy. Shown to support staff as it is, so: plain sentences, the
/// thing at fault named, no secrets, no stack traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable code, for filters, documentation and tests.
    pub code: Code,
    /// What is wrong, one plain sentence naming the thing.
    pub message: Text,
    /// What to do about it, one plain sentence.
    pub fix: Text,
    /// What a mapping would be for that cures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

/// Something of the source that a sync can map to something of Odoo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// As the source writes it, and a mapping names it.
    pub value: String,
}

/// What can be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A payment code or card type, to a payment method.
    Payment,
    /// An item, to a product.
    Product,
    /// A location, to a shop.
    Location,
}

impl SubjectKind {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Product => "product",
            Self::Location => "location",
        }
    }
}

impl Subject {
    /// Whether a mapping of this value is one of the subject: blanks at the ends do not matter,
    /// nor does case, but for locations.
    pub fn is_called(&self, value: &str) -> bool {
        let (own, value) = (self.value.trim(), value.trim());
        match self.kind {
            SubjectKind::Location => own == value,
            SubjectKind::Payment | SubjectKind::Product => own.to_lowercase() == value.to_lowercase(),
        }
    }
}

impl Refusal {
    /// A refusal with its code, message and fix.
    pub fn new(code: Code, message: impl Into<Text>, fix: impl Into<Text>) -> Self {
        Self { code, message: message.into(), fix: fix.into(), subject: None }
    }

    /// The same, cured by a mapping of this; of nothing where there is no name for it.
    #[must_use]
    pub fn about(self, kind: SubjectKind, value: Option<&str>) -> Self {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        Self { subject: value.map(|value| Subject { kind, value: value.to_owned() }), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.code, self.message, self.fix)
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// Stable reason codes. Their texts are part of the interface: they are stored,
        /// reported to Odoo and documented, so they are never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable text of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The code of a stable text, `None` for a text this version does not know.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)+ _ => None }
            }

            /// One line of documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    // Reading
    /// The order is not a JSON object that can be read.
    Unreadable = "unreadable",
    /// A page of the source holds no orders that can be read.
    UnreadablePage = "unreadable_page",
    /// A field that is needed is missing or empty.
    MissingField = "missing_field",
    /// A field has a value that cannot be what it should be (text for an amount, an impossible date).
    BadValue = "bad_value",
    /// The same amount was given twice with different values.
    Contradiction = "contradiction",
    // Which orders
    /// The order is not completed or not fully paid yet.
    NotCompleted = "not_completed",
    /// The order waits for longer than the sync finds usual.
    WaitingLong = "waiting_long",
    /// The source cancelled the order.
    Cancelled = "cancelled",
    /// The sale is older than the sync's start date.
    BeforeStartDate = "before_start_date",
    /// The register is not in the sync's list.
    OtherRegister = "other_register",
    /// A person closed the order.
    ClosedByPerson = "closed_by_person",
    /// The order was booked, and Odoo holds it no more: a restored backup, or it was deleted.
    GoneFromOdoo = "gone_from_odoo",
    /// What was received of the order is not kept any more.
    AgedOut = "aged_out",
    /// No shop takes the orders of the location.
    UnknownLocation = "unknown_location",
    // Booking
    /// No product in Odoo matches a line.
    UnknownProduct = "unknown_product",
    /// Several products match a line, or its identifiers point to different products.
    AmbiguousProduct = "ambiguous_product",
    /// A product matches but cannot be sold in this shop (archived, not for POS, other company).
    UnavailableProduct = "unavailable_product",
    /// The product for service charges, tips, discounts, rounding or refunds of an amount is missing.
    MissingProduct = "missing_product",
    /// A tracked product without a lot or serial number.
    MissingLot = "missing_lot",
    /// No payment method of the shop fits a tender.
    UnknownPayment = "unknown_payment",
    /// A tender needs something its payment method lacks (journal, customer, terminal).
    UnusablePayment = "unusable_payment",
    /// Several customers fit the order's.
    AmbiguousCustomer = "ambiguous_customer",
    /// A payment method needs a customer, and the order has none that Odoo knows.
    CustomerNeeded = "customer_needed",
    /// The order is to be invoiced and cannot be.
    CannotInvoice = "cannot_invoice",
    /// The tenders do not add up to the total.
    PaymentMismatch = "payment_mismatch",
    /// The lines, taxes and charges do not add up to the order's total.
    TotalMismatch = "total_mismatch",
    /// The tax Odoo computes differs from the tax the source states.
    TaxMismatch = "tax_mismatch",
    /// The order's currency is not the shop's.
    CurrencyMismatch = "currency_mismatch",
    /// A quantity has more decimals than Odoo keeps.
    QuantityPrecision = "quantity_precision",
    /// The order uses something this version cannot book yet.
    NotSupported = "not_supported",
    /// Odoo holds an order of somebody else that may be this one.
    PossibleDuplicate = "possible_duplicate",
    /// A refund whose sale has not been seen.
    RefundWithoutSale = "refund_without_sale",
    /// A refund gives back more than its sale has left.
    OverRefund = "over_refund",
    /// A refund whose sale is not booked yet; it follows its sale.
    SaleNotBooked = "sale_not_booked",
    // Delivery
    /// No session is open and opening one automatically is off.
    NoOpenSession = "no_open_session",
    /// The business day of the order is closed, of an earlier month, or locked in accounting.
    LateOrder = "late_order",
    /// A cash order of a shop whose drawer cashiers count.
    SharedShopCash = "shared_shop_cash",
    /// The shop cannot take orders (no payment method, no journal, archived, not found).
    ShopNotReady = "shop_not_ready",
    /// Odoo refused the order.
    OdooRefused = "odoo_refused",
    /// Odoo could not be reached or was busy; tried again by itself.
    OdooUnavailable = "odoo_unavailable",
    /// The request to Odoo got no clear answer; it is looked up before anything is sent again.
    OutcomeUnknown = "outcome_unknown",
    /// Odoo holds the order in a state other than paid.
    NotPaidInOdoo = "not_paid_in_odoo",
    /// Odoo booked other figures than were sent.
    BookedDifferently = "booked_differently",
    /// The order changed at the source after it was booked.
    ChangedAfterBooking = "changed_after_booking",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../odoo_addon/external_order_sync/readme/REASONS.md");
    const PAGE: &str = include_str!("../../odoo_addon/external_order_sync/static/description/index.html");

    #[test]
    fn the_guide_and_the_apps_page_explain_every_code() {
        let missing: Vec<_> = Code::ALL
            .iter()
            .filter(|code| {
                !GUIDE.contains(&format!("| `{code}` |")) || !PAGE.contains(&format!("<code>{code}</code>"))
            })
            .collect();
        assert!(missing.is_empty(), "not in REASONS.md or index.html: {missing:?}");
    }
}
