//! The plan of one order.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::order::{Code, Order, Refusal};
use crate::shop::Shop;
use crate::text;

use super::line_price::LinePrice;
use super::lines::{self, Kind, SoldLine, Way, gives_back};
use super::refund::{self, Sale};
use super::{Booking, BookingLine, Rules, amount_refund, payments, pricing, spread};

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
    let way = Way::of(order);
    let by_amount = amount_refund::is_one(order);
    let (priced, mut warnings) = if by_amount {
        let line = amount_refund::line(order, sale, shop, rules)?;
        (pricing::price_amount(order, line, shop, rules)?, Vec::new())
    } else {
        let (items, warnings) = lines::settle(order, way, shop, rules)?;
        let items = match sale.filter(|_| way == Way::Return) {
            Some(sale) => spread::spread(items, sale, &shop.currency),
            None => items,
        };
        (pricing::price(order, way, items, shop, rules)?, warnings)
    };
    let total = priced.totals.total;
    if let Some(sale) = sale
        && way == Way::Return
    {
        refund::check_amount(-total, sale, &shop.currency)?;
    }
    let (payments, payment_warnings) = payments::plan(order, total, priced.tips, shop, rules)?;
    let links = links(order, &priced.lines, sale.filter(|_| way == Way::Return && !by_amount))?;
    warnings.extend(priced.warnings);
    warnings.extend(payment_warnings);
    if gives_back(order) && links.iter().all(Option::is_none) {
        warnings.push(text!("This refund is not linked to the lines of its sale."));
    }
    let booked_lines = priced
        .lines
        .into_iter()
        .zip(links)
        .enumerate()
        .map(|(index, (line, refunded_line))| booked(order, index + 1, line, refunded_line))
        .collect();
    let key = &order.key;
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
        total,
        tips: priced.tips,
        tax: priced.totals.tax,
        is_refund: total < Decimal::ZERO,
        note: note(order, sale.filter(|_| by_amount)),
        warnings,
    })
}

/// For each line the line of the sale that it returns.
fn links(
    order: &Order,
    lines: &[(SoldLine<'_>, LinePrice)],
    sale: Option<&Sale>,
) -> Result<Vec<Option<i64>>, Refusal> {
    let Some(sale) = sale.filter(|_| gives_back(order)) else { return Ok(vec![None; lines.len()]) };
    let returned: Vec<refund::Line> = lines
        .iter()
        .map(|(line, _)| refund::Line {
            product: line.product.id,
            quantity: -line.quantity,
            must_link: line.kind == Kind::Item,
        })
        .collect();
    refund::link(&returned, sale)
}

fn booked(
    order: &Order,
    number: usize,
    (sold, price): (SoldLine<'_>, LinePrice),
    refunded_line: Option<i64>,
) -> BookingLine {
    BookingLine {
        uuid: order.key.line_uuid(number),
        name: format!("{}/{number}", order.key.order_id),
        product: sold.product.id,
        product_name: sold.name.to_owned(),
        quantity: sold.quantity,
        price_unit: price.price_unit,
        discount: price.discount,
        taxes: price.tax_ids,
        subtotal: price.taxes.subtotal,
        subtotal_incl: price.taxes.subtotal_incl,
        note: sold.note.map(Cow::into_owned),
        lot: sold.lot.map(str::to_owned),
        refunded_line,
    }
}

fn check(order: &Order, shop: &Shop) -> Result<(), Refusal> {
    if let Some(currency) = &order.currency
        && !currency.eq_ignore_ascii_case(&shop.currency.code)
    {
        return Err(Refusal::new(
            Code::CurrencyMismatch,
            text!(
                "The order is in {currency}, but the shop {shop} sells in {other}.",
                currency,
                shop = &shop.name,
                other = &shop.currency.code,
            ),
            text!("Use a shop with that currency for this sync."),
        ));
    }
    let of_lines = order.lines.iter().flat_map(|line| {
        line.components.iter().map(|component| component.quantity).chain([line.price, line.quantity])
    });
    let of_tenders = order.tenders.iter().flat_map(|tender| [tender.amount, tender.tip.unwrap_or_default()]);
    let totals = &order.totals;
    let figures = of_lines.chain(of_tenders).chain([
        totals.grand,
        totals.discount.unwrap_or_default(),
        totals.service_charges.unwrap_or_default(),
    ]);
    for figure in figures {
        if figure.abs() > LIMIT || figure.scale() > 12 {
            return Err(Refusal::new(
                Code::BadValue,
                text!(
                    "{figure} is not a figure of a sale (beyond ±{limit}, or more than 12 decimals).",
                    figure,
                    limit = LIMIT
                ),
                text!("Correct the order at its source."),
            ));
        }
    }
    if order.totals.grand != shop.currency.round(order.totals.grand) {
        return Err(Refusal::new(
            Code::BadValue,
            text!(
                "GrandTotal {total} has more decimals than {currency} has.",
                total = order.totals.grand,
                currency = &shop.currency.code
            ),
            text!("Correct the order at its source."),
        ));
    }
    Ok(())
}

/// What a cashier should see on the order: where it came from, who bought, what was noted,
/// and which sale it gives money back for, where no line says so.
fn note(order: &Order, gives_back_for: Option<&Sale>) -> String {
    let mut parts = vec![format!("External order {} ({})", order.key.order_id, order.key.source)];
    parts.extend(gives_back_for.map(|sale| format!("Refund of an amount of {}", sale.name)));
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
