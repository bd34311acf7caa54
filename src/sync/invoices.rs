//! Reading invoices back. A POS user sees that an order has one and its name, and nothing of
//! the invoice itself; the addon reads the figures (`external_order_facts.py`).

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::booking::Booking;
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::shop::Shop;

use super::series::Held;

/// What the addon says of an invoice.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Invoice {
    state: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
}

/// The invoices of those bookings that should have one, by `pos.order` id; `None` where
/// nobody can read them.
pub(super) async fn read(
    client: &Client,
    bookings: &[&Booking],
    held: &HashMap<String, Held>,
) -> Result<Option<HashMap<i64, Invoice>>, CallError> {
    let orders: Vec<i64> = bookings
        .iter()
        .filter(|booking| booking.to_invoice)
        .filter_map(|booking| Some(held.get(&booking.key)?.id))
        .collect();
    if orders.is_empty() || !client.fields_of("pos.order").await?.contains("external_order_key") {
        return Ok(None);
    }
    let found: HashMap<String, Invoice> =
        client.read("external.order.service", "invoices", (orders,), ()).await?;
    Ok(Some(found.into_iter().filter_map(|(order, invoice)| Some((order.parse().ok()?, invoice))).collect()))
}

/// What is wrong with the invoice of a booking that should have one.
pub(super) fn complaint(
    booking: &Booking,
    held: &Held,
    invoices: Option<&HashMap<i64, Invoice>>,
    shop: &Shop,
) -> Option<String> {
    if !booking.to_invoice {
        return None;
    }
    if held.account_move.is_none() {
        return Some("Odoo issued no invoice for this order: open it in Odoo and press Invoice.".to_owned());
    }
    // Without the addon: Odoo posts an invoice or rolls the order back with it.
    let invoice = invoices?.get(&held.id)?;
    let [issued, total] =
        [invoice.amount_total, booking.total].map(|amount| shop.currency.round(amount.abs()));
    if invoice.state != "posted" {
        return Some(format!("The invoice of this order is {} instead of posted.", invoice.state));
    }
    (issued != total).then(|| {
        let [issued, total] = [issued, total].map(|amount| shop.currency.show(amount));
        format!("The invoice of this order is over {issued} instead of {total}.")
    })
}
