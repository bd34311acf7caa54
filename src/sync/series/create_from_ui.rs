//! A [`Booking`] as the values that `pos.order.create_from_ui` takes (14 to 17): the till's
//! own document, of which Odoo picks the keys it knows. What it drops beyond that (the key,
//! the note, the uuid of lines) the addon carries over.
//!
//! `name` is the order's `pos_reference` and Odoo's key for a document sent twice; without
//! `server_id` 14 does not even look for it.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::booking::{Booking, BookingPayment};
use crate::odoo::UserId;
use crate::odoo::fields::IdOrFalse;
use crate::odoo::xmlrpc::decimal;
use crate::shop::Shop;

use super::values::{Create, ExternalValues, LineValues};
use super::{Dialect, time};

/// One document of the till.
#[derive(Debug, Serialize)]
pub(super) struct Document<'b> {
    id: &'b str,
    data: OrderValues<'b>,
}

#[derive(Debug, Serialize)]
struct OrderValues<'b> {
    name: &'b str,
    server_id: bool,
    uid: &'b str,
    pos_session_id: i64,
    user_id: UserId,
    partner_id: IdOrFalse,
    sequence_number: u32,
    /// The date of the sale up to 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<String>,
    /// The date of the sale in 17.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_order: Option<String>,
    fiscal_position_id: IdOrFalse,
    /// Required up to 16.
    pricelist_id: IdOrFalse,
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
    statement_ids: Vec<Create<PaymentValues<'b>>>,
    note: &'b str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    external: Option<ExternalValues<'b>>,
}

#[derive(Debug, Serialize)]
struct PaymentValues<'b> {
    /// The date of the payment.
    name: String,
    payment_method_id: i64,
    #[serde(with = "decimal")]
    amount: Decimal,
    /// The addon carries it over; Odoo itself marks only change that it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_change: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_type: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'b str>,
}

/// The document of a booking for this session, as the user who sends it.
pub(super) fn values<'b>(
    dialect: &Dialect,
    booking: &'b Booking,
    session: i64,
    user: UserId,
    shop: &Shop,
) -> Document<'b> {
    let date = time(booking.date);
    let (creation_date, date_order) =
        if dialect.series.major >= 17 { (None, Some(date)) } else { (Some(date), None) };
    Document {
        id: &booking.reference,
        data: OrderValues {
            name: &booking.reference,
            server_id: false,
            uid: &booking.reference,
            pos_session_id: session,
            user_id: user,
            partner_id: IdOrFalse(booking.partner_id),
            sequence_number: booking.sequence_number,
            creation_date,
            date_order,
            fiscal_position_id: IdOrFalse(booking.fiscal_position),
            pricelist_id: IdOrFalse(shop.pricelist),
            amount_total: booking.total,
            amount_tax: booking.tax,
            amount_paid: booking.payments.iter().map(|payment| payment.amount).sum(),
            amount_return: 0,
            is_tipped: !booking.tips.is_zero(),
            tip_amount: booking.tips,
            to_invoice: booking.to_invoice,
            lines: booking.lines.iter().map(|line| (0, 0, LineValues::of(dialect, line))).collect(),
            statement_ids: booking
                .payments
                .iter()
                .map(|payment| (0, 0, payment_values(dialect, booking, payment)))
                .collect(),
            note: &booking.note,
            external: ExternalValues::of(dialect, booking),
        },
    }
}

fn payment_values<'b>(
    dialect: &Dialect,
    booking: &Booking,
    payment: &'b BookingPayment,
) -> PaymentValues<'b> {
    PaymentValues {
        name: time(booking.date),
        payment_method_id: payment.method,
        amount: payment.amount,
        is_change: dialect.has_addon().then_some(payment.is_change),
        card_type: payment.card_type.as_deref(),
        transaction_id: payment.transaction_id.as_deref(),
    }
}
