//! What the source sent, in words: set beside what Odoo holds.

use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::order::format::orderid;
use crate::order::private::{last_four, mask_text};
use crate::order::{Document, Line, LineDiscount, Order, Tender};

use super::row::amount;

/// An order as its source sent it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Sent {
    prices: &'static str,
    lines: Vec<LineRow>,
    charges: Vec<ChargeRow>,
    discount: String,
    subtotal: String,
    tax: String,
    total: String,
    payments: Vec<PaymentRow>,
    customer: String,
    status: String,
}

#[derive(Debug, Serialize)]
struct LineRow {
    name: String,
    code: String,
    quantity: String,
    price: String,
    discount: String,
    tax: String,
    /// Not among what is read of a line.
    total: &'static str,
}

#[derive(Debug, Serialize)]
struct ChargeRow {
    name: &'static str,
    amount: String,
}

#[derive(Debug, Serialize)]
struct PaymentRow {
    name: String,
    code: String,
    card: String,
    reference: String,
    amount: String,
}

impl Sent {
    /// An order, with the raw text that it was read from.
    pub fn of(order: &Order, raw: &str) -> Self {
        let totals = &order.totals;
        let tips: Decimal = order.tenders.iter().filter_map(|tender| tender.tip).sum();
        let charges = [("Service charges", totals.service_charges), ("Tips", Some(tips))];
        Self {
            prices: prices(order),
            lines: order.lines.iter().map(line).collect(),
            charges: charges
                .into_iter()
                .filter(|(_, charge)| charge.is_some_and(|charge| !charge.is_zero()))
                .map(|(name, charge)| ChargeRow { name, amount: amount(charge) })
                .collect(),
            discount: amount(totals.discount),
            subtotal: amount(totals.amount),
            tax: amount(totals.tax),
            total: amount(Some(totals.grand)),
            payments: order.tenders.iter().map(payment).collect(),
            customer: order
                .customer
                .name
                .as_deref()
                .map(|name| mask_text(name).into_owned())
                .unwrap_or_default(),
            status: orderid::source_status(raw).unwrap_or_default(),
        }
    }
}

fn line(line: &Line) -> LineRow {
    let code = [&line.sku, &line.barcode, &line.item_id].into_iter().flatten().next();
    LineRow {
        name: line.name.clone().unwrap_or_default(),
        code: code.cloned().unwrap_or_default(),
        quantity: amount(Some(line.quantity)),
        price: amount(Some(line.price)),
        discount: amount(line.discount.map(|_| discount(line).normalize())),
        tax: amount(line.tax),
        total: "",
    }
}

/// What is taken off a line.
fn discount(line: &Line) -> Decimal {
    match line.discount {
        None => Decimal::ZERO,
        Some(LineDiscount::Amount(amount)) => amount,
        Some(LineDiscount::Percent(percent)) => line.price * line.quantity * percent / Decimal::ONE_HUNDRED,
    }
}

fn payment(tender: &Tender) -> PaymentRow {
    PaymentRow {
        name: tender.card_type.clone().unwrap_or_default(),
        code: tender.mode.map(|mode| mode.to_string()).unwrap_or_default(),
        card: tender.card_number.as_deref().map(last_four).unwrap_or_default(),
        reference: tender.reference.clone().unwrap_or_default(),
        amount: amount(Some(tender.amount)),
    }
}

/// Whether the lines are stated with tax or without; empty where the figures say neither, or
/// both. Only told to people: a booking weighs it by the shop's taxes.
fn prices(order: &Order) -> &'static str {
    let totals = &order.totals;
    if !order.lines.is_empty() && order.lines.iter().all(|line| line.price_is_net) {
        return "tax_excluded";
    }
    let Some(tax) = totals.tax.filter(|tax| !tax.is_zero()) else { return "" };
    let listed: Decimal = order.lines.iter().map(|line| line.price * line.quantity - discount(line)).sum();
    let of_lines: Decimal = order.lines.iter().map(discount).sum();
    let of_order = (totals.discount.unwrap_or_default() - of_lines).max(Decimal::ZERO);
    let sum = (listed - of_order + totals.service_charges.unwrap_or_default()).abs();
    // A cent a line may be the producer's rounding.
    let near = Decimal::new(i64::try_from(order.lines.len()).unwrap_or(i64::MAX), 2);
    let fits = |sum: Decimal| (sum - totals.grand.abs()).abs() <= near;
    match (fits(sum), fits(sum + tax.abs())) {
        (true, false) => "tax_included",
        (false, true) => "tax_excluded",
        _ => "",
    }
}

/// Equal for sales that look the same: of the same shop, with the same lines, total and
/// tenders, whatever their ids are. Empty for a refund, and for what has no lines.
pub(super) fn likeness(order: &Order, shop: i64) -> String {
    if order.key.document != Document::Sale || order.lines.is_empty() {
        return String::new();
    }
    let place = match shop {
        0 => format!("{}/{}", order.key.source, order.key.location.as_deref().unwrap_or("-")),
        shop => shop.to_string(),
    };
    let number = |number: Decimal| number.normalize().to_string();
    let lines = order.lines.iter().map(|line| {
        let what = line.name.as_ref().or(line.item_id.as_ref()).map(|text| text.to_lowercase());
        (what.unwrap_or_default(), number(line.quantity), number(line.price), number(discount(line)))
    });
    let tenders = order.tenders.iter().map(|tender| {
        (tender.mode, tender.card_type.as_ref().map(|text| text.to_lowercase()), number(tender.amount))
    });
    let (mut lines, mut tenders) = (lines.collect::<Vec<_>>(), tenders.collect::<Vec<_>>());
    lines.sort();
    tenders.sort();
    let all = (place, number(order.totals.grand), lines, tenders);
    format!("{:x}", Sha256::digest(serde_json::to_vec(&all).unwrap_or_default()))
}
