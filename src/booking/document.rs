//! The `pos.order` we will write, complete to the cent.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::order::Text;

/// A planned `pos.order`. Amounts are in the shop's currency, signed (negative for what the
/// customer gets back), rounded to its decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Booking {
    /// Canonical key text of the external order.
    pub key: String,
    /// External order id.
    pub external_id: String,
    /// Source id.
    pub source: String,
    /// `pos.order.uuid`.
    pub uuid: Uuid,
    /// `pos.order.pos_reference`.
    pub reference: String,
    /// `pos.order.sequence_number`: given, so that no Odoo sequence is locked.
    pub sequence_number: u32,
    /// Date of the sale, UTC.
    pub date: DateTime<Utc>,
    /// The customer, `res.partner` id.
    pub partner_id: Option<i64>,
    /// Odoo issues an invoice (a credit note for a refund) with the order.
    pub to_invoice: bool,
    /// `pos.order.fiscal_position_id`: replaces the taxes of the lines, in Odoo too.
    pub fiscal_position: Option<i64>,
    /// Lines.
    pub lines: Vec<BookingLine>,
    /// Payments; their sum is `total`, or what the shop rounds it to for cash.
    pub payments: Vec<BookingPayment>,
    /// `amount_total`, tax and tips included.
    pub total: Decimal,
    /// `tip_amount`: the tips among it.
    pub tips: Decimal,
    /// `amount_tax`.
    pub tax: Decimal,
    /// The order gives money back.
    pub is_refund: bool,
    /// Note shown on the order in Odoo.
    pub note: String,
    /// What was unusual, in words for support staff. Not a part of what is sent.
    #[serde(skip)]
    pub warnings: Vec<Text>,
}

/// A planned `pos.order.line`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookingLine {
    /// `uuid`.
    pub uuid: Uuid,
    /// `name`: given, so that no Odoo sequence is locked.
    pub name: String,
    /// `product.product` id.
    pub product: i64,
    /// `full_product_name`.
    pub product_name: String,
    /// Quantity, at most as many decimals as Odoo keeps.
    pub quantity: Decimal,
    /// Unit price in the terms of `taxes`; may have many decimals.
    pub price_unit: Decimal,
    /// Discount in percent; may have many decimals.
    pub discount: Decimal,
    /// `account.tax` ids, before the fiscal position replaces any.
    pub taxes: Vec<i64>,
    /// `price_subtotal`, without tax, rounded.
    pub subtotal: Decimal,
    /// `price_subtotal_incl`, with tax, rounded.
    pub subtotal_incl: Decimal,
    /// Note of the customer on this line.
    pub note: Option<String>,
    /// Lot or serial number (`pack_lot_ids`).
    pub lot: Option<String>,
    /// For a linked refund: the `pos.order.line` it returns.
    pub refunded_line: Option<i64>,
}

/// A planned `pos.payment`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookingPayment {
    /// `uuid`.
    pub uuid: Uuid,
    /// `pos.payment.method` id.
    pub method: i64,
    /// Amount; negative for change and refunds.
    pub amount: Decimal,
    /// Cash given back.
    pub is_change: bool,
    /// `card_type`.
    pub card_type: Option<String>,
    /// `card_no`: the last four digits of the card.
    pub card_digits: Option<String>,
    /// `transaction_id`: the source's reference.
    pub transaction_id: Option<String>,
}
