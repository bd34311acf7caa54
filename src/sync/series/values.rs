//! What an order's values consist of on every series.

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::booking::{Booking, BookingLine};
use crate::odoo::xmlrpc::decimal;

use super::Dialect;

/// The ORM command that creates a record of a one2many: `(0, 0, values)`.
pub(super) type Create<T> = (i32, i32, T);

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

/// A `pos.order.line`.
#[derive(Debug, Serialize)]
pub(super) struct LineValues<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<Uuid>,
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

impl<'b> LineValues<'b> {
    /// Of a line, with what the series has fields for.
    pub fn of(dialect: &Dialect, line: &'b BookingLine) -> Self {
        let has = |field| dialect.line.contains(field);
        Self {
            uuid: has("uuid").then_some(line.uuid),
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
            customer_note: line.note.as_deref().filter(|_| has("customer_note")),
            refunded_orderline_id: line.refunded_line.filter(|_| dialect.links_refunds()),
        }
    }
}

/// One lot or serial number of a line (`pos.pack.operation.lot`).
#[derive(Debug, Serialize)]
struct LotValues<'b> {
    lot_name: &'b str,
}

impl<'b> LotValues<'b> {
    /// The one of a line, where it has one.
    fn of(line: &'b BookingLine) -> Option<[Create<Self>; 1]> {
        line.lot.as_deref().map(|lot_name| [(0, 0, Self { lot_name })])
    }
}
