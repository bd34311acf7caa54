//! The totals of an order.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::shop::Currency;

use super::LineTaxes;

/// What Odoo will show as the order's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTotals {
    /// `amount_tax`: the sum of the taxes.
    pub tax: Decimal,
    /// `amount_total`: tax included.
    pub total: Decimal,
}

/// Computes the totals of an order from its lines.
///
/// Each tax is rounded once over the order, sales and returns apart. The base is rounded by
/// itself as soon as one tax is not contained in the prices; where all are contained (or
/// there is none), the total is rounded and the base is what remains. Under rounding per
/// line the amounts arrive rounded, and the same rule just adds them up.
///
/// Source: Odoo 19, `account_tax.py`, `_round_tax_details_tax_amounts`,
/// `_round_tax_details_base_lines`, `_get_tax_totals_summary`.
pub fn compute_totals(lines: &[&LineTaxes], currency: &Currency) -> OrderTotals {
    let mut totals = OrderTotals { tax: Decimal::ZERO, total: Decimal::ZERO };
    for is_refund in [false, true] {
        let group = || lines.iter().filter(move |line| line.is_refund == is_refund);
        let mut per_tax: BTreeMap<(i64, bool), Decimal> = BTreeMap::new();
        for tax in group().flat_map(|line| &line.taxes) {
            *per_tax.entry((tax.tax, tax.price_include)).or_default() += tax.amount;
        }
        let raw_base: Decimal = group().map(|line| line.total_excluded).sum();
        let raw_tax: Decimal = per_tax.values().sum();
        let tax: Decimal = per_tax.values().map(|&raw| currency.round(raw)).sum();
        let all_included = per_tax.keys().all(|&(_, price_include)| price_include);
        totals.tax += tax;
        totals.total +=
            if all_included { currency.round(raw_base + raw_tax) } else { currency.round(raw_base) + tax };
    }
    totals
}
