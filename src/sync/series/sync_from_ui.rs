//! A [`Booking`] as the values that `pos.order.sync_from_ui` takes (18 and later). They go
//! straight to `create`, so a field that the series lacks is an error: such ones are left out.
//!
//! The reference, the sequence number and the line names are given, so that Odoo locks no
//! sequence and parallel writers do not collide.

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::booking::{Booking, BookingLine, BookingPayment};
use crate::odoo::fields::IdOrFalse;
use crate::odoo::xmlrpc::decimal;

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

/// The fields that the addon adds to `pos.order`.
#[expect(clippy::struct_field_names, reason = "Odoo's field names")]
#[derive(Debug, Serialize)]
pub(super) struct ExternalValues<'b> {
    external_order_key: &'b str,
    external_order_id: &'b str,
    external_source: &'b str,
}

impl<'b> ExternalValues<'b> {
    /// Of a booking, where the addon is there to take them.
    pub fn of(dialect: &Dialect, booking: &'b Booking) -> Option<Self> {
        dialect.has_addon().then(|| Self {
            external_order_key: &booking.key,
            external_order_id: &booking.external_id,
            external_source: &booking.source,
        })
    }
}

/// The ORM command that creates a record of a one2many: `(0, 0, values)`.
pub(super) type Create<T> = (i32, i32, T);

#[derive(Debug, Serialize)]
struct LineValues<'b> {
    uuid: Uuid,
    name: &'b str,
    product_id: i64,
    full_product_name: &'b str,
    #[serde(with = "decimal")]
    qty: Decimal,
    #[serde(with = "decimal")]
    price_unit: Decimal,
    #[serde(with = "decimal")]
    discount: Decimal,
    #[serde(with = "decimal")]
    price_subtotal: Decimal,
    #[serde(with = "decimal")]
    price_subtotal_incl: Decimal,
    tax_ids: Vec<(i32, i32, &'b [i64])>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack_lot_ids: Option<[Create<LotValues<'b>>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_note: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_orderline_id: Option<i64>,
}

/// One lot or serial number of a line (`pos.pack.operation.lot`).
#[derive(Debug, Serialize)]
pub(super) struct LotValues<'b> {
    lot_name: &'b str,
}

impl<'b> LotValues<'b> {
    /// The one of a line, where it has one.
    pub fn of(line: &'b BookingLine) -> Option<[Create<Self>; 1]> {
        line.lot.as_deref().map(|lot_name| [(0, 0, Self { lot_name })])
    }
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
        lines: booking.lines.iter().map(|line| (0, 0, line_values(line))).collect(),
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

fn line_values(line: &BookingLine) -> LineValues<'_> {
    LineValues {
        uuid: line.uuid,
        name: &line.name,
        product_id: line.product,
        full_product_name: &line.product_name,
        qty: line.quantity,
        price_unit: line.price_unit,
        discount: line.discount,
        price_subtotal: line.subtotal,
        price_subtotal_incl: line.subtotal_incl,
        tax_ids: vec![(6, 0, &line.taxes)],
        pack_lot_ids: LotValues::of(line),
        customer_note: line.note.as_deref(),
        refunded_orderline_id: line.refunded_line,
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
