//! The tax engine: what Odoo will compute for these lines, to the cent.
//!
//! | file | what it knows |
//! |---|---|
//! | `applied.rs` | which taxes Odoo computes for a line: fiscal position, groups, order; what is refused |
//! | `document.rs` | the arithmetic of series 18 and 19 |
//! | `compute_all.rs` | the arithmetic of series 14 to 17 |
//! | `double.rs` | Odoo's doubles and how they are rounded, by series |
//! | `number.rs` | what both arithmetics need of a number, so that they also run exactly |
//! | `price.rs` | the unit price that gives a stated price, exactly |
//!
//! Odoo is the measure: `tests/it/taxes.rs` compares random orders with real servers.

mod applied;
mod compute_all;
mod document;
mod double;
mod number;
mod price;

pub use applied::applied;

use rust_decimal::Decimal;

use crate::odoo::Series;
use crate::shop::{Shop, Tax, TaxRounding};

use compute_all::Variant;
use double::{Double, FloatRound, OdooRounding};
use number::{Number, Unrounded};

/// What a line contributes to the computation of its taxes.
#[derive(Debug, Clone)]
pub struct TaxableLine<'a> {
    /// Price of one unit before discount, in the terms of the taxes (a price-included tax
    /// is contained in it).
    pub price_unit: Decimal,
    /// Discount in percent (10 for 10 %).
    pub discount: Decimal,
    /// Quantity, negative on a returned line.
    pub quantity: Decimal,
    /// The taxes that apply, as [`applied()`] gives them.
    pub taxes: Vec<&'a Tax>,
}

/// The amounts of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineTaxes {
    /// `price_subtotal`: without tax, rounded.
    pub subtotal: Decimal,
    /// `price_subtotal_incl`: with tax, rounded.
    pub subtotal_incl: Decimal,
    excluded: Double,
    amounts: Vec<TaxAmount>,
    /// The line is a return (negative quantity × price).
    is_refund: bool,
}

impl LineTaxes {
    /// Into how many tax amounts, each rounded on its own somewhere, the line falls.
    pub fn amounts(&self) -> usize {
        self.amounts.len()
    }
}

/// One tax amount of a line. Not yet rounded under [`TaxRounding::Globally`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct TaxAmount {
    /// `account.tax` id.
    tax: i64,
    /// Which part of its repartition.
    part: u32,
    /// The price contains it.
    contained: bool,
    amount: Double,
}

/// What Odoo will show as the order's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTotals {
    /// `amount_tax`: the sum of the taxes.
    pub tax: Decimal,
    /// `amount_total`: tax included.
    pub total: Decimal,
}

/// Which of Odoo's arithmetics a series has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edition {
    ComputeAll(Variant),
    Document,
}

impl Edition {
    const fn of(series: Series) -> Self {
        match (series.major, series.minor) {
            (..=14, _) => Self::ComputeAll(Variant { mixes: false, parts_returns: false }),
            (15 | 16, _) => Self::ComputeAll(Variant { mixes: true, parts_returns: false }),
            (17, 0) => Self::ComputeAll(Variant { mixes: true, parts_returns: true }),
            _ => Self::Document,
        }
    }
}

/// How a shop's Odoo computes: by its series, its currency and its company's way of rounding.
#[derive(Debug, Clone, Copy)]
pub struct Arithmetic {
    edition: Edition,
    rounding: OdooRounding,
}

impl Arithmetic {
    /// That of a shop.
    pub fn of(shop: &Shop) -> Self {
        Self::new(shop.series, shop.currency.decimals, shop.tax_rounding)
    }

    /// That of a series, for a currency of so many decimals.
    pub fn new(series: Series, decimals: u32, company: TaxRounding) -> Self {
        let edition = Edition::of(series);
        let method = if series.major < 17 { FloatRound::Dividing } else { FloatRound::Inverting };
        let fine = matches!(edition, Edition::ComputeAll(_));
        Self { edition, rounding: OdooRounding::new(method, decimals, company, fine) }
    }

    /// Computes a line.
    pub fn line(&self, line: &TaxableLine<'_>) -> LineTaxes {
        let discount = Double::of(line.discount) / Double::HUNDRED;
        let price = Double::of(line.price_unit) * (Double::ONE - discount);
        let quantity = Double::of(line.quantity);
        let is_refund = line.quantity * line.price_unit < Decimal::ZERO;
        let (taxes, rounding) = (line.taxes.as_slice(), &self.rounding);
        match self.edition {
            Edition::Document => {
                let computed = document::compute(price, quantity, taxes, rounding);
                document::line(&computed, taxes, is_refund, rounding)
            }
            Edition::ComputeAll(variant) => {
                let computed = compute_all::compute(price, quantity, taxes, variant, rounding);
                compute_all::line(&computed, taxes, is_refund, rounding)
            }
        }
    }

    /// Adds up an order.
    pub fn totals(&self, lines: &[&LineTaxes]) -> OrderTotals {
        match self.edition {
            Edition::Document => document::totals(lines, &self.rounding),
            Edition::ComputeAll(variant) => compute_all::totals(lines, variant, &self.rounding),
        }
    }

    /// One unit of this price without and with its taxes, exactly.
    fn unrounded(&self, price: Decimal, taxes: &[&Tax]) -> (Decimal, Decimal) {
        match self.edition {
            Edition::Document => {
                let computed = document::compute(price, Decimal::ONE, taxes, &Unrounded);
                (computed.excluded, computed.included)
            }
            Edition::ComputeAll(variant) => {
                let computed = compute_all::compute(price, Decimal::ONE, taxes, variant, &Unrounded);
                (computed.sign * computed.excluded, computed.sign * computed.included)
            }
        }
    }
}

#[cfg(test)]
mod tests;
