//! A [`Booking`] as the values that `pos.order.sync_from_ui` takes (Odoo 18 and later,
//! `addons/point_of_sale/models/pos_order.py`).
//!
//! The reference, the sequence number and the line names are given, so that Odoo locks no
//! sequence and parallel writers do not collide.

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::booking::{Booking, BookingLine, BookingPayment};
use crate::odoo::xmlrpc::decimal;

/// One `pos.order`.
#[derive(Debug, Serialize)]
pub(super) struct OrderValues<'b> {
    uuid: Uuid,
    session_id: i64,
    state: &'static str,
    pos_reference: &'b str,
    sequence_number: u32,
    date_order: &'b str,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    #[serde(with = "decimal")]
    amount_paid: Decimal,
    /// Change travels as a payment line of its own: Odoo would date its own one now.
    amount_return: i32,
    is_refund: bool,
    is_tipped: bool,
    #[serde(with = "decimal")]
    tip_amount: Decimal,
    to_invoice: bool,
    general_customer_note: &'b str,
    lines: Vec<Create<LineValues<'b>>>,
    payment_ids: Vec<Create<PaymentValues<'b>>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    external: Option<ExternalValues<'b>>,
}

/// The fields that the addon adds to `pos.order`.
#[expect(clippy::struct_field_names, reason = "Odoo's field names")]
#[derive(Debug, Serialize)]
struct ExternalValues<'b> {
    external_order_key: &'b str,
    external_order_id: &'b str,
    external_source: &'b str,
}

/// The ORM command that creates a record of a one2many: `(0, 0, values)`.
type Create<T> = (i32, i32, T);

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

#[derive(Debug, Serialize)]
struct LotValues<'b> {
    lot_name: &'b str,
}

#[derive(Debug, Serialize)]
struct PaymentValues<'b> {
    uuid: Uuid,
    payment_method_id: i64,
    #[serde(with = "decimal")]
    amount: Decimal,
    payment_date: &'b str,
    is_change: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_type: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_no: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'b str>,
}

/// The values of a booking for this session. `with_addon`: the addon's fields exist.
pub(super) fn order_values<'b>(
    booking: &'b Booking,
    date: &'b str,
    session: i64,
    with_addon: bool,
) -> OrderValues<'b> {
    OrderValues {
        uuid: booking.uuid,
        session_id: session,
        state: "paid",
        pos_reference: &booking.reference,
        sequence_number: booking.sequence_number,
        date_order: date,
        amount_total: booking.total,
        amount_tax: booking.tax,
        amount_paid: booking.payments.iter().map(|payment| payment.amount).sum(),
        amount_return: 0,
        is_refund: booking.is_refund,
        is_tipped: !booking.tips.is_zero(),
        tip_amount: booking.tips,
        to_invoice: false,
        general_customer_note: &booking.note,
        lines: booking.lines.iter().map(|line| (0, 0, line_values(line))).collect(),
        payment_ids: booking.payments.iter().map(|payment| (0, 0, payment_values(payment, date))).collect(),
        external: with_addon.then(|| ExternalValues {
            external_order_key: &booking.key,
            external_order_id: &booking.external_id,
            external_source: &booking.source,
        }),
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
        pack_lot_ids: line.lot.as_deref().map(|lot_name| [(0, 0, LotValues { lot_name })]),
        customer_note: line.note.as_deref(),
        refunded_orderline_id: line.refunded_line,
    }
}

fn payment_values<'b>(payment: &'b BookingPayment, date: &'b str) -> PaymentValues<'b> {
    PaymentValues {
        uuid: payment.uuid,
        payment_method_id: payment.method,
        amount: payment.amount,
        payment_date: date,
        is_change: payment.is_change,
        card_type: payment.card_type.as_deref(),
        card_no: payment.card_digits.as_deref(),
        transaction_id: payment.transaction_id.as_deref(),
    }
}
