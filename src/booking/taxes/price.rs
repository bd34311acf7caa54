//! From the price a source states to the unit price that Odoo's taxes turn into it.

use rust_decimal::Decimal;

use crate::shop::Tax;

use super::Arithmetic;

impl Arithmetic {
    /// The unit price that these taxes turn into `unit`: without tax, or with it when
    /// `unit_contains_tax`. Exact: taxes are affine in the price, so two points tell.
    pub fn unit_price(&self, taxes: &[&Tax], unit: Decimal, unit_contains_tax: bool) -> Decimal {
        if taxes.iter().all(|tax| tax.price_include == unit_contains_tax) {
            return unit;
        }
        let at = |price: Decimal| {
            let (excluded, included) = self.unrounded(price, taxes);
            if unit_contains_tax { included } else { excluded }
        };
        // Measured on the same side of zero as the price: fixed taxes change sign with it.
        let step = if unit < Decimal::ZERO { -Decimal::ONE } else { Decimal::ONE };
        let (one, two) = (at(step), at(step + step));
        let origin = one * Decimal::TWO - two;
        let slope = (two - one) * step;
        if slope.is_zero() { unit } else { (unit - origin) / slope }
    }
}
