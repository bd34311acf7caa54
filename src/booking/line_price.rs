//! One line in the terms of its taxes: twins that contain a tax or do not, adapted prices.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::order::Refusal;
use crate::shop::{Shop, Tax};

use super::lines::{SoldLine, Terms};
use super::pricing::Reading;
use super::taxes::{Arithmetic, LineTaxes, TaxableLine, applied};

/// Odoo keeps prices and discounts as doubles: so many digits name the nearest one.
const DOUBLE_DIGITS: u32 = 17;

/// How a discount is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiscountStyle {
    /// As a percentage, visible on the line.
    Percent,
    /// Within the unit price: exact where a percentage would not be.
    Folded,
}

/// A line as Odoo will hold it.
#[derive(Debug, Clone)]
pub(super) struct LinePrice {
    pub price_unit: Decimal,
    pub discount: Decimal,
    pub tax_ids: Vec<i64>,
    pub taxes: LineTaxes,
}

/// Prices a line. `reading` is what the prices of its order mean.
pub(super) fn price(
    sold: &SoldLine<'_>,
    reading: Reading,
    style: DiscountStyle,
    shop: &Shop,
) -> Result<LinePrice, Refusal> {
    let reading = match sold.terms {
        Terms::OfOrder => reading,
        Terms::Always(reading) => reading,
    };
    let amount = sold.gross_amount();
    let (unit, discount) = if sold.discount.is_zero() || amount.is_zero() {
        (sold.price, Decimal::ZERO)
    } else {
        match style {
            DiscountStyle::Percent => (sold.price, as_double(sold.discount * Decimal::ONE_HUNDRED / amount)),
            DiscountStyle::Folded => (sold.price * sold.net_amount() / amount, Decimal::ZERO),
        }
    };
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
    Ok(LinePrice { price_unit, discount, tax_ids, taxes })
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
