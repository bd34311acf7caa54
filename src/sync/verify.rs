//! Reading back what Odoo holds: a fault-free answer is not proof.
//!
//! Booked means: state paid (or later), total and paid amount as planned. Goods whose stock
//! did not move are a warning on the booked order.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::booking::Booking;
use crate::odoo::fields::Many2One;
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Code, Part, Refusal};
use crate::shop::{Shop, Stock};
use crate::store::{Booked, Step, Verdict};
use crate::text;

use super::invoices;
use super::series::{Held, is_paid};
use super::session::OpenSession;
use super::steps;

/// What reading an order back showed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    /// The verdict on it.
    pub verdict: Verdict,
    /// The same, step by step.
    pub steps: Vec<Step>,
}

/// Judges bookings by what Odoo holds of them: `None` where it does not hold one.
pub(super) async fn verify(
    client: &Client,
    held: &HashMap<String, Held>,
    shop: &Shop,
    session: OpenSession,
    bookings: &[&Booking],
) -> Result<Vec<Option<Judged>>, CallError> {
    let moved =
        if session.stock_at_closing { None } else { Some(moved_quantities(client, held.values()).await?) };
    let invoices = invoices::read(client, bookings, held).await?;
    Ok(bookings
        .iter()
        .map(|booking| {
            let held = held.get(&booking.key)?;
            let complaint = invoices::complaint(booking, held, invoices.as_ref(), shop);
            Some(judge(
                booking,
                held,
                complaint,
                moved.as_ref().and_then(|moved| moved.get(&held.id)),
                shop,
                (moved.is_some(), session.id),
            ))
        })
        .collect())
}

/// The reason of an order that Odoo holds as a draft, or cancelled.
pub(super) fn not_paid(name: &str, state: &str) -> Refusal {
    Refusal::new(
        Code::NotPaidInOdoo,
        text!("Odoo holds this order as {name} in the state {state}.", name, state),
        text!("Open the order in Odoo and pay or delete it there; it is looked at again in every pass."),
    )
}

/// The verdict on an order that Odoo holds, given the total that was planned.
pub(super) fn judge_totals(held: &Held, total: Decimal, shop: &Shop) -> Option<Refusal> {
    let [booked, paid] = [held.amount_total, held.amount_paid].map(|amount| shop.currency.round(amount));
    if !is_paid(&held.state) {
        return Some(not_paid(&held.name, &held.state));
    }
    // Without knowing what it was paid with: a shop may round for cash alone.
    let is_paid =
        [true, false].into_iter().any(|cash| shop.amounts_to_pay(total, cash).any(|due| due == paid));
    if booked != total || !is_paid {
        let [booked, paid, total] = [booked, paid, total].map(|amount| shop.currency.show(amount));
        return Some(Refusal::new(
            Code::BookedDifferently,
            text!(
                "Odoo holds this order as {name} with a total of {booked}, paid {paid}, instead of {total}.",
                name = &held.name,
                booked = Part::figure(booked),
                paid = Part::figure(paid),
                total = Part::figure(total),
            ),
            text!(
                "Compare the order in Odoo with the source and correct it there; it is looked at again in every pass."
            ),
        ));
    }
    None
}

fn judge(
    booking: &Booking,
    held: &Held,
    complaint: Option<String>,
    moved: Option<&HashMap<i64, Decimal>>,
    shop: &Shop,
    (stock_now, session): (bool, i64),
) -> Judged {
    if let Some(refusal) = judge_totals(held, booking.total, shop) {
        let steps = steps::of_misbooked(&booking.key, &refusal);
        return Judged { verdict: Verdict::Refused(refusal), steps };
    }
    let lines: Vec<_> = booking.lines.iter().map(|line| (line.product, line.quantity)).collect();
    let unmoved = stock_now.then(|| unmoved(&lines, moved, shop));
    let steps = steps::of_booked(booking, held, shop, complaint.as_deref(), unmoved.as_deref());
    let mut warnings = booking.warnings.clone();
    if let Some(other) = held.session_id.as_ref().filter(|other| other.id != session) {
        warnings.push(format!(
            "It stands in the session {}, not in the one it was sent to, which was closed meanwhile.",
            other.name
        ));
    }
    warnings.extend(other_customer(booking, held));
    warnings.extend(complaint);
    warnings.extend(unmoved.into_iter().flatten());
    let (name, total) = (held.name.clone(), booking.total);
    Judged { verdict: Verdict::Booked(Booked { pos_order_id: held.id, name, total, warnings }), steps }
}

/// A customer other than the booked one. Odoo 19 drops a customer that it does not know
/// without a word (`pos_order.py`, `_process_order`), and the invoice with it.
fn other_customer(booking: &Booking, held: &Held) -> Option<String> {
    let partner = held.partner_id.as_ref().map(|partner| partner.id);
    (partner != booking.partner_id).then(|| match &held.partner_id {
        Some(partner) => format!("Odoo booked this order for another customer: {}.", partner.name),
        None => {
            "Odoo booked this order without its customer: enter the customer on the order in Odoo.".to_owned()
        }
    })
}

/// Goods of which less was moved than booked. A line without stock (a serial number
/// missing, a picking that failed) leaves the order paid and says nothing.
/// `lines`: product and quantity of each.
fn unmoved(lines: &[(i64, Decimal)], moved: Option<&HashMap<i64, Decimal>>, shop: &Shop) -> Vec<String> {
    let mut wanted: HashMap<i64, Decimal> = HashMap::new();
    for (product, quantity) in lines {
        if shop.catalogue.get(*product).is_some_and(|product| product.stock != Stock::None) {
            *wanted.entry(*product).or_default() += quantity.abs();
        }
    }
    let nothing = HashMap::new();
    let moved = moved.unwrap_or(&nothing);
    // A kit moves its components instead of itself.
    if moved.keys().any(|moved| !lines.iter().any(|(product, _)| product == moved)) {
        return Vec::new();
    }
    let mut warnings: Vec<String> = wanted
        .into_iter()
        .filter_map(|(product, wanted)| {
            let done = moved.get(&product).copied().unwrap_or_default();
            let label = shop.catalogue.get(product)?.label();
            (done < wanted).then(|| {
                format!("Stock not moved: {} of {} of {label}.", done.normalize(), wanted.normalize())
            })
        })
        .collect();
    warnings.sort();
    warnings
}

/// The same of orders that were sent earlier, or by a lost store, and are found: by order, for
/// those whose session moves stock at once.
pub(super) async fn unmoved_of(
    client: &Client,
    held: impl Iterator<Item = &Held> + Clone,
    shop: &Shop,
) -> Result<HashMap<i64, Vec<String>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        order_id: Many2One,
        product_id: Many2One,
        #[serde(with = "decimal")]
        qty: Decimal,
    }
    let orders: Vec<i64> = held.clone().map(|held| held.id).collect();
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let domain =
        json!([["order_id", "in", orders], ["order_id.session_id.update_stock_at_closing", "=", false]]);
    let rows: Vec<Row> =
        client.search_read("pos.order.line", domain, &["order_id", "product_id", "qty"], "id").await?;
    let mut lines: HashMap<i64, Vec<(i64, Decimal)>> = HashMap::new();
    for row in rows {
        lines.entry(row.order_id.id).or_default().push((row.product_id.id, row.qty.round_dp(6)));
    }
    let moved = moved_quantities(client, held).await?;
    let said = |(order, lines): (i64, Vec<_>)| (order, unmoved(&lines, moved.get(&order), shop));
    Ok(lines.into_iter().map(said).collect())
}

/// Done quantities per order and product.
async fn moved_quantities(
    client: &Client,
    held: impl Iterator<Item = &Held>,
) -> Result<HashMap<i64, HashMap<i64, Decimal>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        picking_id: Many2One,
        product_id: Many2One,
        // Before 17 the quantity done, since then just the quantity.
        #[serde(alias = "quantity_done", with = "decimal")]
        quantity: Decimal,
    }
    let order_of: HashMap<i64, i64> =
        held.flat_map(|held| held.picking_ids.iter().map(|&picking| (picking, held.id))).collect();
    let mut moved: HashMap<i64, HashMap<i64, Decimal>> = HashMap::new();
    if order_of.is_empty() {
        return Ok(moved);
    }
    let done = if client.fields_of("stock.move").await?.contains("quantity_done") {
        "quantity_done"
    } else {
        "quantity"
    };
    let pickings: Vec<_> = order_of.keys().collect();
    let rows: Vec<Row> = client
        .read(
            "stock.move",
            "search_read",
            json!([[["picking_id", "in", pickings], ["state", "=", "done"]]]),
            json!({"fields": ["picking_id", "product_id", done]}),
        )
        .await?;
    for row in rows {
        if let Some(&order) = order_of.get(&row.picking_id.id) {
            // Doubles carry noise; no unit of measure has more than six decimals in Odoo.
            *moved.entry(order).or_default().entry(row.product_id.id).or_default() +=
                row.quantity.round_dp(6);
        }
    }
    Ok(moved)
}
