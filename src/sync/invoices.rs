//! Reading invoices back. A POS user sees that an order has one and its name, and nothing of
//! the invoice itself; the addon reads the figures (`external_order_facts.py`).

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::booking::Booking;
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client, Fault};
use crate::order::{Code, Part, Refusal, Text};
use crate::shop::Shop;
use crate::text;

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
) -> Option<Text> {
    if !booking.to_invoice {
        return None;
    }
    if held.account_move.is_none() {
        return Some(text!("Odoo issued no invoice for this order: open it in Odoo and press Invoice."));
    }
    // Without the addon: Odoo posts an invoice or rolls the order back with it.
    let invoice = invoices?.get(&held.id)?;
    let [issued, total] =
        [invoice.amount_total, booking.total].map(|amount| shop.currency.round(amount.abs()));
    if invoice.state != "posted" {
        return Some(text!(
            "The invoice of this order is {state} instead of posted.",
            state = &invoice.state
        ));
    }
    (issued != total).then(|| {
        let [issued, total] = [issued, total].map(|amount| Part::figure(shop.currency.show(amount)));
        text!("The invoice of this order is over {issued} instead of {total}.", issued, total)
    })
}

/// Why an order with an invoice was refused, where that is the printer's doing. Odoo 17 and 18
/// print the invoice within the order's transaction and need wkhtmltopdf for it; 19 leaves it
/// out when told (`generate_pdf`), 14 to 16 print it later.
pub(super) fn refusal(fault: &Fault) -> Option<Refusal> {
    fault.message().to_lowercase().contains("wkhtmltopdf").then(|| {
        Refusal::new(
            Code::CannotInvoice,
            text!(
                "Odoo cannot print the invoice, so it refused the order: {fault}",
                fault = fault.message()
            ),
            text!("Install wkhtmltopdf on Odoo's server, or switch invoicing off; the order is sent again now and then, at once by: tillbridge orders retry ID."),
        )
    })
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use serde_json::json;

    use super::super::series::tests::{booking, shop};
    use super::*;

    fn held(invoiced: bool) -> Held {
        let invoice = if invoiced { json!([3, "INV/1"]) } else { json!(false) };
        let row = json!({
            "id": 4, "name": "Shop/1", "state": "done", "amount_total": 46.0, "amount_paid": 46.0,
            "picking_ids": [], "session_id": [1, "Shop/00001"], "pos_reference": "SRC/-/1",
            "partner_id": [12, "Ada"], "account_move": invoice,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn an_invoice_is_there_posted_and_over_the_total() {
        let (booking, shop) = (booking(), shop(19));
        let invoice = |state: &str, amount_total| Invoice { state: state.to_owned(), amount_total };
        let said = |held: &Held, invoice: Option<Invoice>| {
            let read = invoice.map(|invoice| HashMap::from([(held.id, invoice)]));
            complaint(&booking, held, read.as_ref(), &shop)
        };
        let (with, without) = (held(true), held(false));
        assert_eq!(said(&with, Some(invoice("posted", dec!(46.00)))), None);
        assert_eq!(said(&with, None), None, "nobody can read it, but Odoo posts it or nothing");
        assert!(said(&without, None).is_some_and(|said| said.contains("no invoice")));
        let draft = said(&with, Some(invoice("draft", dec!(46))));
        assert!(draft.is_some_and(|said| said.contains("draft instead of posted")));
        let other = said(&with, Some(invoice("posted", dec!(45.99))));
        assert!(other.is_some_and(|said| said.contains("45.99 instead of 46.00")));
    }

    #[test]
    fn a_printer_that_is_missing_is_named_with_its_remedy() {
        let text = "Unable to find Wkhtmltopdf on this system. The PDF can not be created.";
        let refusal = refusal(&Fault::new("2", text)).unwrap();
        assert_eq!(refusal.code, Code::CannotInvoice);
        assert!(refusal.fix.contains("Install wkhtmltopdf"), "{refusal}");
        assert_eq!(super::refusal(&Fault::new("2", "Please provide a partner for the sale.")), None);
    }
}
