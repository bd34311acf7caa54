//! The plan of one order.

use rust_decimal::Decimal;

use crate::order::{Code, Order, Refusal};
use crate::shop::Shop;

use super::lines::{self, SoldLine};
use super::pricing::{self, Priced};
use super::refund::{self, Sale};
use super::{Booking, BookingLine, Rules, payments};

/// Amounts and quantities beyond this are refused: no sale is that large, and within it no
/// product of decimals can overflow.
const LIMIT: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Plans the booking of a completed order. `sale` is the booked sale that a refund
/// reverses; a refund without one is booked unlinked and flagged (whether that may be is
/// the caller's decision). Its customer is [`book_for`](super::book_for)'s part.
///
/// # Errors
///
/// A [`Refusal`] for everything that would make the booking differ from the order or from
/// what Odoo computes.
pub fn book(order: &Order, sale: Option<&Sale>, shop: &Shop, rules: &Rules) -> Result<Booking, Refusal> {
    check(order, shop)?;
    let (sold, mut warnings) = lines::settle(order, shop, rules)?;
    let gives_back = lines::gives_back(order);
    let mixed = lines::has_mixed_signs(order);
    let stated = order.totals.grand;
    let target = if gives_back && !mixed { -stated.abs() } else { stated };
    let priced = pricing::price(order, &sold, target, shop, rules)?;
    let key = &order.key;
    let (payments, payment_warnings) = payments::plan(order, key, target, shop, rules)?;
    warnings.extend(payment_warnings);
    let links = match sale {
        Some(sale) if gives_back && !mixed => {
            let returned: Vec<_> = sold.iter().map(|line| (line.product.id, -line.quantity)).collect();
            refund::link(&returned, sale)?.into_iter().map(Some).collect()
        }
        _ => {
            if gives_back {
                warnings.push("This refund is not linked to the lines of its sale.".to_owned());
            }
            vec![None; sold.len()]
        }
    };
    let Priced { lines: priced_lines, totals } = priced;
    let booked_lines = sold
        .iter()
        .zip(priced_lines)
        .zip(links)
        .enumerate()
        .map(|(index, ((sold, priced), refunded_line))| {
            let number = index + 1;
            BookingLine {
                uuid: key.line_uuid(number),
                name: format!("{}/{number}", order.key.order_id),
                product: sold.product.id,
                product_name: product_name(sold),
                quantity: sold.quantity,
                price_unit: priced.price_unit,
                discount: priced.discount,
                taxes: priced.tax_ids,
                subtotal: priced.taxes.subtotal,
                subtotal_incl: priced.taxes.subtotal_incl,
                note: sold.line.note.clone(),
                refunded_line,
            }
        })
        .collect();
    let uuid = key.order_uuid();
    Ok(Booking {
        key: key.to_string(),
        external_id: key.order_id.clone(),
        source: key.source.to_string(),
        sequence_number: u32::try_from(uuid.as_u128() % 1_000_000).unwrap_or_default(),
        uuid,
        reference: key.pos_reference(),
        date: order.sale_at,
        partner_id: None,
        to_invoice: false,
        fiscal_position: shop.fiscal_position.as_ref().map(|position| position.id),
        lines: booked_lines,
        payments,
        total: totals.total,
        tax: totals.tax,
        is_refund: target < Decimal::ZERO,
        note: note(order),
        warnings,
    })
}

/// Refuses a shop with a setting whose bookings this version would get wrong.
pub fn check_shop(shop: &Shop) -> Result<(), Refusal> {
    if shop.cash_rounding {
        return Err(not_yet(
            &format!("The shop {} rounds totals for cash", shop.name),
            "Use a shop without cash rounding.",
        ));
    }
    Ok(())
}

fn not_yet(what: &str, fix: &str) -> Refusal {
    Refusal::new(Code::NotSupported, format!("{what}, which this version cannot book yet."), fix)
}

fn check(order: &Order, shop: &Shop) -> Result<(), Refusal> {
    if let Some(currency) = &order.currency
        && !currency.eq_ignore_ascii_case(&shop.currency.code)
    {
        return Err(Refusal::new(
            Code::CurrencyMismatch,
            format!(
                "The order is in {currency}, but the shop {} sells in {}.",
                shop.name, shop.currency.code
            ),
            "Use a shop with that currency for this sync.",
        ));
    }
    check_shop(shop)?;
    if order.totals.service_charges.is_some_and(|charges| !charges.is_zero()) {
        return Err(not_yet(
            "The order has service charges",
            "Enter the order in Odoo by hand and ignore it here.",
        ));
    }
    let figures = order
        .lines
        .iter()
        .flat_map(|line| [line.price, line.quantity])
        .chain(order.tenders.iter().map(|tender| tender.amount))
        .chain([order.totals.grand, order.totals.discount.unwrap_or_default()]);
    for figure in figures {
        if figure.abs() > LIMIT || figure.scale() > 12 {
            return Err(Refusal::new(
                Code::BadValue,
                format!("{figure} is not a figure of a sale (beyond ±{LIMIT}, or more than 12 decimals)."),
                "Correct the order at its source.",
            ));
        }
    }
    if order.totals.grand != shop.currency.round(order.totals.grand) {
        return Err(Refusal::new(
            Code::BadValue,
            format!("GrandTotal {} has more decimals than {} has.", order.totals.grand, shop.currency.code),
            "Correct the order at its source.",
        ));
    }
    Ok(())
}

fn product_name(sold: &SoldLine<'_>) -> String {
    sold.line.name.clone().unwrap_or_else(|| sold.product.name.clone())
}

/// What a cashier should see on the order: where it came from, who bought, what was noted.
fn note(order: &Order) -> String {
    let mut parts = vec![format!("External order {} ({})", order.key.order_id, order.key.source)];
    let customer = &order.customer;
    let who: Vec<_> = [&customer.name, &customer.phone, &customer.email]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !who.is_empty() {
        parts.push(format!("Customer: {}", who.join(", ")));
    }
    for (what, at) in [
        ("Ordered", order.ordered_at),
        ("Checked out", order.checked_out_at),
        ("Completed", order.completed_at),
    ] {
        parts.extend(at.map(|at| format!("{what}: {} UTC", at.format("%Y-%m-%d %H:%M"))));
    }
    if let Some(invoice) = &order.invoice_no {
        parts.push(format!("Invoice: {invoice}"));
    }
    parts.extend(order.note.clone());
    parts.join("\n")
}
