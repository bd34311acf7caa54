//! A [`Booking`] as the values that `pos.order.sync_from_ui` takes (18 and later). They go
//! straight to `create`, so a field that the series lacks is an error: such ones are left out.
//!
//! The reference, the sequence number and the line names are given, so that Odoo locks no
//! sequence and parallel writers do not collide.

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::booking::{Booking, BookingPayment};
use crate::odoo::fields::IdOrFalse;
use crate::odoo::xmlrpc::decimal;

use super::values::{Create, ExternalValues, LineValues};
use super::{Dialect, time};

/// One `pos.order`.
#[derive(Debug, Serialize)]
pub(super) struct OrderValues<'b> {
    uuid: Uuid,
    session_id: i64,
    state: &'static str,
    pos_reference: &'b str,
    sequence_number: u32,
    date_order: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<i64>,
    /// Given even where there is none: Odoo would else take the shop's of that moment.
    fiscal_position_id: IdOrFalse,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    #[serde(with = "decimal")]
    amount_paid: Decimal,
    /// Change travels as a payment line of its own: Odoo would date its own one now.
    amount_return: i32,
    is_tipped: bool,
    #[serde(with = "decimal")]
    tip_amount: Decimal,
    to_invoice: bool,
    lines: Vec<Create<LineValues<'b>>>,
    payment_ids: Vec<Create<PaymentValues<'b>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_refund: Option<bool>,
    /// Odoo 19.
    #[serde(skip_serializing_if = "Option::is_none")]
    general_customer_note: Option<&'b str>,
    /// Odoo 18.
    #[serde(skip_serializing_if = "Option::is_none")]
    general_note: Option<&'b str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    external: Option<ExternalValues<'b>>,
}

#[derive(Debug, Serialize)]
struct PaymentValues<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<Uuid>,
    payment_method_id: i64,
    #[serde(with = "decimal")]
    amount: Decimal,
    payment_date: String,
    is_change: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_type: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_no: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'b str>,
}

/// The values of a booking for this session.
pub(super) fn values<'b>(dialect: &Dialect, booking: &'b Booking, session: i64) -> OrderValues<'b> {
    let note = |field| dialect.order.contains(field).then_some(booking.note.as_str());
    let customer_note = note("general_customer_note");
    OrderValues {
        uuid: booking.uuid,
        session_id: session,
        state: "paid",
        pos_reference: &booking.reference,
        sequence_number: booking.sequence_number,
        date_order: time(booking.date),
        partner_id: booking.partner_id,
        fiscal_position_id: IdOrFalse(booking.fiscal_position),
        amount_total: booking.total,
        amount_tax: booking.tax,
        amount_paid: booking.payments.iter().map(|payment| payment.amount).sum(),
        amount_return: 0,
        is_tipped: !booking.tips.is_zero(),
        tip_amount: booking.tips,
        to_invoice: booking.to_invoice,
        lines: booking.lines.iter().map(|line| (0, 0, LineValues::of(dialect, line))).collect(),
        payment_ids: booking
            .payments
            .iter()
            .map(|payment| (0, 0, payment_values(dialect, booking, payment)))
            .collect(),
        is_refund: dialect.order.contains("is_refund").then_some(booking.is_refund),
        general_note: if customer_note.is_some() { None } else { note("general_note") },
        general_customer_note: customer_note,
        external: ExternalValues::of(dialect, booking),
    }
}

fn payment_values<'b>(
    dialect: &Dialect,
    booking: &Booking,
    payment: &'b BookingPayment,
) -> PaymentValues<'b> {
    PaymentValues {
        uuid: dialect.payment.contains("uuid").then_some(payment.uuid),
        payment_method_id: payment.method,
        amount: payment.amount,
        payment_date: time(booking.date),
        is_change: payment.is_change,
        card_type: payment.card_type.as_deref(),
        card_no: payment.card_digits.as_deref().filter(|_| dialect.payment.contains("card_no")),
        transaction_id: payment.transaction_id.as_deref(),
    }
}
