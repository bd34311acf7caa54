//! The canonical order, version 1: what booking needs to know, whatever format it came in.
//!
//! Amounts are exact decimals in the major unit of the order's currency (riyals, not
//! halalas), as the source states them: nothing is computed or guessed here. Times are UTC.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::OrderKey;

/// One external document: a sale or a refund.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    /// Identity.
    #[serde(skip)]
    pub key: OrderKey,
    /// Where it stands at the source.
    pub status: Status,
    /// When the sale happened, UTC: by default checkout or completion date if given, else
    /// order date.
    pub sale_at: DateTime<Utc>,
    /// The source dated the sale; if not, the time of receipt stands in for it.
    pub dated: bool,
    /// When it was ordered, UTC, where that differs from `sale_at`.
    pub ordered_at: Option<DateTime<Utc>>,
    /// When it was checked out, UTC, where that differs from `sale_at`.
    pub checked_out_at: Option<DateTime<Utc>>,
    /// When it was completed, UTC, where that differs from `sale_at`.
    pub completed_at: Option<DateTime<Utc>>,
    /// The source's own change stamp, UTC.
    #[serde(skip)]
    pub updated_at: Option<DateTime<Utc>>,
    /// Name of the register or till.
    pub register: Option<String>,
    /// ISO 4217 code; `None` means the shop's currency.
    pub currency: Option<String>,
    /// The customer, empty when anonymous.
    pub customer: Customer,
    /// Free text of the order.
    pub note: Option<String>,
    /// Number of a fiscal document the source already issued.
    pub invoice_no: Option<String>,
    /// The order id of the sale that a refund reverses, when the source says so.
    pub original_order_id: Option<String>,
    /// The order's own sums.
    pub totals: Totals,
    /// What was sold, in the source's order.
    pub lines: Vec<Line>,
    /// How it was paid, in the source's order.
    pub tenders: Vec<Tender>,
}

/// The status of an order at the source, after the sync's status map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Status {
    /// Completed sale.
    Completed,
    /// Completed refund.
    Refund,
    /// Cancelled at the source; never booked.
    Cancelled,
    /// Anything else, with the source's code: waits.
    Open(String),
}

/// The sums an order states about itself. All optional but the grand total: sources leave
/// them out or state them net or gross, so they are evidence, not truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// Sum before tax, sometimes net and sometimes gross of discounts.
    pub amount: Option<Decimal>,
    /// Order-level discount, sometimes only the sum of the line discounts. Positive reduces.
    pub discount: Option<Decimal>,
    /// Tax amount of the order. `Some(0)` is a statement; `None` is silence.
    pub tax: Option<Decimal>,
    /// Tax rate in percent (15 for 15 %).
    pub tax_percent: Option<Decimal>,
    /// Service charges added to the total.
    pub service_charges: Option<Decimal>,
    /// What the customer owes, tax included, after discounts: the figure a booking must equal.
    pub grand: Decimal,
    /// Sum tendered, as stated.
    pub paid: Option<Decimal>,
    /// Still owed, as stated.
    pub balance: Option<Decimal>,
    /// The source says that the order is only part-paid.
    pub part_paid: bool,
}

/// Who bought, as far as the source says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The source's customer id; never `0` or empty.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Phone number as written.
    pub phone: Option<String>,
    /// E-mail address as written.
    pub email: Option<String>,
    /// The customer's reference in Odoo (`res.partner.ref`).
    pub reference: Option<String>,
    /// The customer's record id in Odoo (`res.partner`).
    pub odoo_id: Option<i64>,
    /// Tax id.
    pub vat: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The item's name, trimmed.
    pub name: Option<String>,
    /// The source's item id; never `0` or empty.
    pub item_id: Option<String>,
    /// The product's record id in Odoo, when the source knows it.
    pub odoo_item_id: Option<i64>,
    /// Barcode.
    pub barcode: Option<String>,
    /// SKU or item code.
    pub sku: Option<String>,
    /// Unit price as stated: net or gross is decided against the grand total.
    pub price: Decimal,
    /// The price was given under a name that says it is without tax.
    pub price_is_net: bool,
    /// Quantity; negative on a returned line.
    pub quantity: Decimal,
    /// Discount of the line.
    pub discount: Option<LineDiscount>,
    /// Tax amount of the line, as stated.
    pub tax: Option<Decimal>,
    /// Tax rate of the line in percent, as stated.
    pub tax_percent: Option<Decimal>,
    /// Note.
    pub note: Option<String>,
    /// Lot or serial number.
    pub lot: Option<String>,
    /// Unit of measure, as written.
    pub unit: Option<String>,
    /// The components of a combo. They are never billed: their price is zero here, whatever
    /// the source says.
    pub components: Vec<Line>,
}

/// The discount of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum LineDiscount {
    /// An amount off the whole line, in the same terms (net or gross) as the price.
    Amount(Decimal),
    /// Percent off the line (10 for 10 %).
    Percent(Decimal),
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tender {
    /// Amount tendered, tip included where `tip` is given.
    pub amount: Decimal,
    /// The source's payment code.
    pub mode: Option<i64>,
    /// Card type or payment name as written (`Mada`, `Cash`).
    pub card_type: Option<String>,
    /// Masked card number, at most the first six and last four digits.
    pub card_number: Option<String>,
    /// The source's reference or transaction id.
    pub reference: Option<String>,
    /// Tip contained in the amount or on top of it, as stated.
    pub tip: Option<Decimal>,
}

impl Order {
    /// The grand total with the sign it is booked with: a refund's is negative whatever sign
    /// the source gave it, unless lines of both signs (an exchange) make the sign its own.
    pub fn signed_total(&self) -> Decimal {
        let signs = |negative: bool| self.lines.iter().any(|line| line.has_sign(negative));
        let exchange = signs(true) && signs(false);
        match self.status {
            Status::Refund if !exchange => -self.totals.grand.abs(),
            _ => self.totals.grand,
        }
    }
}

impl Totals {
    /// The source says that something is still owed.
    pub fn is_part_paid(&self) -> bool {
        self.part_paid || self.balance.is_some_and(|balance| balance > Decimal::ZERO)
    }
}

impl Line {
    /// Whether price × quantity is below zero, or above it.
    fn has_sign(&self, negative: bool) -> bool {
        let zero = self.price.is_zero() || self.quantity.is_zero();
        let is_negative = self.price.is_sign_negative() != self.quantity.is_sign_negative();
        !zero && is_negative == negative
    }
}
