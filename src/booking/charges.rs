//! What is owed beside the lines: service charges and tips.

use rust_decimal::Decimal;

use crate::order::{Order, Refusal};
use crate::shop::Shop;

use super::Rules;
use super::lines::{SoldLine, Terms, Way};
use super::pricing::Reading;
use super::special::Special;

/// The line of the order's service charges, where there are some.
pub(super) fn service_charge<'a>(
    order: &Order,
    way: Way,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Option<SoldLine<'a>>, Refusal> {
    let Some(charges) = order.totals.service_charges.filter(|charges| !charges.is_zero()) else {
        return Ok(None);
    };
    let product = rules.special.find(Special::ServiceCharge, shop)?;
    Ok(Some(SoldLine::extra(product, way.signed(charges), way, Terms::OfOrder, shop)))
}

/// The ways to understand a service charge: in the terms of the other prices, without or
/// with its tax, and free of tax. Which one is meant shows in the order's total.
pub(super) fn readings<'a>(charge: &SoldLine<'a>) -> Vec<SoldLine<'a>> {
    if charge.tax_ids.is_empty() {
        return vec![charge.clone()];
    }
    let in_terms = |terms| SoldLine { terms, ..charge.clone() };
    let untaxed = SoldLine { tax_ids: Vec::new(), ..charge.clone() };
    [Terms::OfOrder, Terms::Always(Reading::Net), Terms::Always(Reading::Gross)]
        .map(in_terms)
        .into_iter()
        .chain([untaxed])
        .collect()
}

/// The tips of an order, signed.
pub(super) fn tips(order: &Order, way: Way) -> Decimal {
    way.signed(order.tenders.iter().filter_map(|tender| tender.tip).sum())
}

/// The line of the tips, where there are some.
pub(super) fn tip<'a>(
    tips: Decimal,
    way: Way,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Option<SoldLine<'a>>, Refusal> {
    if tips.is_zero() {
        return Ok(None);
    }
    let product = rules.special.find(Special::Tip, shop)?;
    // What the customer gave is all there is: a tax on it would be contained.
    Ok(Some(SoldLine::extra(product, tips, way, Terms::Always(Reading::Gross), shop)))
}
