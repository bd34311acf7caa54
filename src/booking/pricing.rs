//! Net or gross, percent or folded: finds the way to write the lines down that gives the
//! order's grand total to the cent in Odoo's own arithmetic.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::order::{Code, Order, Refusal};
use crate::shop::{Shop, Tax};

use super::lines::{SoldLine, has_mixed_signs};
use super::taxes::{Arithmetic, LineTaxes, OrderTotals, TaxableLine, applied};
use super::{PriceMode, Rules};

/// Odoo keeps prices and discounts as doubles: so many digits name the nearest one.
const DOUBLE_DIGITS: u32 = 17;

/// What the prices of the source mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Net,
    Gross,
}

/// How a discount is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DiscountStyle {
    /// As a percentage, visible on the line.
    Percent,
    /// Within the unit price: exact where a percentage would not be.
    Folded,
}

/// A line as Odoo will hold it.
#[derive(Debug, Clone)]
pub(super) struct PricedLine {
    pub price_unit: Decimal,
    pub discount: Decimal,
    pub tax_ids: Vec<i64>,
    pub taxes: LineTaxes,
}

/// All lines of an order, priced.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    pub lines: Vec<PricedLine>,
    pub totals: OrderTotals,
}

/// Prices the lines so that their total is `target` (signed) and their tax what the source
/// states, or refuses with the sums found.
pub(super) fn price(
    order: &Order,
    sold: &[SoldLine<'_>],
    target: Decimal,
    shop: &Shop,
    rules: &Rules,
) -> Result<Priced, Refusal> {
    let order_discount = order_discount(order, sold)?;
    let discounted = !order_discount.is_zero() || sold.iter().any(|line| !line.discount.is_zero());
    let styles: &[DiscountStyle] =
        if discounted { &[DiscountStyle::Percent, DiscountStyle::Folded] } else { &[DiscountStyle::Percent] };
    let mut sums: Vec<(Reading, Decimal)> = Vec::new();
    let mut tax_mismatch = None;
    for &reading in readings(order, rules) {
        for &style in styles {
            let priced = price_as(sold, order_discount, reading, style, shop)?;
            if priced.totals.total != target {
                if !sums.iter().any(|(other, _)| *other == reading) {
                    sums.push((reading, priced.totals.total));
                }
                continue;
            }
            match check_tax(order, &priced, shop) {
                Ok(()) => return Ok(priced),
                Err(refusal) => {
                    tax_mismatch.get_or_insert(refusal);
                }
            }
        }
    }
    Err(tax_mismatch.unwrap_or_else(|| total_mismatch(&sums, target, shop, rules)))
}

fn readings(order: &Order, rules: &Rules) -> &'static [Reading] {
    match rules.price_mode {
        PriceMode::TaxExcluded => &[Reading::Net],
        PriceMode::TaxIncluded => &[Reading::Gross],
        PriceMode::Auto if order.lines.iter().any(|line| line.price_is_net) => &[Reading::Net],
        PriceMode::Auto => &[Reading::Net, Reading::Gross],
    }
}

/// The discount of the order beyond those of its lines: `AmountDiscount` is sometimes just
/// their sum.
fn order_discount(order: &Order, sold: &[SoldLine<'_>]) -> Result<Decimal, Refusal> {
    let stated = order.totals.discount.unwrap_or_default().abs();
    let of_lines: Decimal = sold.iter().map(|line| line.discount).sum();
    let rest = (stated - of_lines).max(Decimal::ZERO);
    if rest.is_zero() {
        return Ok(rest);
    }
    if has_mixed_signs(order) {
        return Err(Refusal::new(
            Code::NotSupported,
            format!(
                "An exchange with a discount of {rest} on the whole order cannot be booked by this version."
            ),
            "Put the discount on the lines at the source.",
        ));
    }
    let base: Decimal = sold.iter().map(|line| line.gross_amount() - line.discount).sum();
    if rest > base {
        return Err(Refusal::new(
            Code::BadValue,
            format!("The discount {stated} is more than the lines sum to."),
            "Correct the order at its source.",
        ));
    }
    Ok(rest)
}

fn price_as(
    sold: &[SoldLine<'_>],
    order_discount: Decimal,
    reading: Reading,
    style: DiscountStyle,
    shop: &Shop,
) -> Result<Priced, Refusal> {
    let base: Decimal = sold.iter().map(|line| line.gross_amount() - line.discount).sum();
    let mut lines = Vec::with_capacity(sold.len());
    for line in sold {
        let amount = line.gross_amount();
        let share =
            if base.is_zero() { Decimal::ZERO } else { order_discount * (amount - line.discount) / base };
        let discount = line.discount + share;
        let (unit, percent) = if discount.is_zero() || amount.is_zero() {
            (line.price, Decimal::ZERO)
        } else {
            match style {
                DiscountStyle::Percent => (line.price, as_double(discount * Decimal::ONE_HUNDRED / amount)),
                DiscountStyle::Folded => (line.price * (amount - discount) / amount, Decimal::ZERO),
            }
        };
        lines.push(price_line(line, unit, percent, reading, shop)?);
    }
    let taxes: Vec<&LineTaxes> = lines.iter().map(|line| &line.taxes).collect();
    let totals = Arithmetic::of(shop).totals(&taxes);
    Ok(Priced { lines, totals })
}

fn price_line(
    sold: &SoldLine<'_>,
    unit: Decimal,
    discount: Decimal,
    reading: Reading,
    shop: &Shop,
) -> Result<PricedLine, Refusal> {
    let mut tax_ids = sold.tax_ids.clone();
    let mut taxes = applied(&tax_ids, shop)?;
    let wants_included = reading == Reading::Gross;
    if taxes.iter().any(|tax| tax.price_include != wants_included)
        && let Some(twins) = twins(&taxes, wants_included, shop)
    {
        let ids: Vec<i64> = twins.iter().map(|tax| tax.id).collect();
        // A fiscal position may replace a twin in its turn.
        if applied(&ids, shop)? == twins {
            tax_ids = ids;
            taxes = twins;
        }
    }
    let arithmetic = Arithmetic::of(shop);
    let price_unit = as_double(arithmetic.unit_price(&taxes, unit, wants_included));
    let line = TaxableLine { price_unit, discount, quantity: sold.quantity, taxes };
    let taxes = arithmetic.line(&line);
    Ok(PricedLine { price_unit, discount, tax_ids, taxes })
}

/// The taxes that differ from these only in being contained in the price or not; `None`
/// unless each has one.
fn twins<'s>(taxes: &[&Tax], included: bool, shop: &'s Shop) -> Option<Vec<&'s Tax>> {
    let mut found: Vec<&Tax> = taxes
        .iter()
        .map(|tax| {
            let is_twin = |other: &&Tax| {
                other.price_include == included
                    && other.amount_type == tax.amount_type
                    && other.amount == tax.amount
                    && other.include_base_amount == tax.include_base_amount
                    && other.is_base_affected == tax.is_base_affected
                    && other.group == tax.group
                    && other.repartition == tax.repartition
                    && other.refund_repartition == tax.refund_repartition
                    && other.for_sale
                    && other.active
            };
            if tax.price_include == included {
                shop.taxes.get(&tax.id)
            } else {
                shop.taxes.values().filter(is_twin).min_by_key(|other| other.id)
            }
        })
        .collect::<Option<_>>()?;
    found.sort_by_key(|tax| (tax.sequence, tax.id));
    Some(found)
}

fn as_double(value: Decimal) -> Decimal {
    value
        .round_sf_with_strategy(DOUBLE_DIGITS, RoundingStrategy::MidpointAwayFromZero)
        .unwrap_or(value)
        .normalize()
}

/// The tax Odoo will book against the tax the source states, a cent per line and tax apart
/// at most.
fn check_tax(order: &Order, priced: &Priced, shop: &Shop) -> Result<(), Refusal> {
    let Some(stated) = order.totals.tax else { return Ok(()) };
    let booked = priced.totals.tax;
    let amounts: usize = priced.lines.iter().map(|line| line.taxes.amounts()).sum();
    let tolerance = shop.currency.cent() * Decimal::from(amounts);
    if (booked.abs() - stated.abs()).abs() <= tolerance {
        return Ok(());
    }
    let mut names: Vec<_> = priced
        .lines
        .iter()
        .flat_map(|line| &line.tax_ids)
        .filter_map(|id| shop.taxes.get(id))
        .map(|tax| tax.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let names = if names.is_empty() { "no tax".to_owned() } else { names.join(", ") };
    Err(Refusal::new(
        Code::TaxMismatch,
        format!(
            "The source states a tax of {}, but the products' taxes in Odoo ({names}) give {}.",
            shop.currency.show(stated),
            shop.currency.show(booked)
        ),
        "Correct the customer taxes of the products in Odoo, or the tax at the source; the order then books itself.",
    ))
}

fn total_mismatch(sums: &[(Reading, Decimal)], target: Decimal, shop: &Shop, rules: &Rules) -> Refusal {
    let found: Vec<_> = sums
        .iter()
        .map(|(reading, sum)| match reading {
            Reading::Net => format!("{} if prices are without tax", shop.currency.show(*sum)),
            Reading::Gross => format!("{} if prices contain tax", shop.currency.show(*sum)),
        })
        .collect();
    let fix = if rules.price_mode == PriceMode::Auto {
        "Compare the order's lines, discounts and taxes with the products' taxes in Odoo; the order books itself once they agree."
    } else {
        "Check the sync's setting for prices with or without tax, and the products' taxes in Odoo."
    };
    Refusal::new(
        Code::TotalMismatch,
        format!(
            "The order's GrandTotal is {}, but its lines come to {}.",
            shop.currency.show(target),
            found.join(" and ")
        ),
        fix,
    )
}
