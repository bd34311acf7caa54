//! Series 14 to 17: each line is computed and rounded by itself.
//!
//! Source: Odoo 14, `addons/account/models/account_tax.py`, `compute_all`, called as the
//! closing of a session calls it (`addons/point_of_sale/models/pos_session.py`,
//! `_prepare_line` and `_accumulate_amounts`). The closing entry credits the stored subtotals
//! of the lines and the taxes it computes anew; where a line's own form computes otherwise
//! (a returned quantity with a fixed tax in its price, a free product with a fixed tax), the
//! closing decides, since any disagreement becomes a difference there.
//!
//! From 15 on a tax may be left alone by earlier ones (`is_base_affected`), and taxes within
//! the price may stand beside taxes on top that change the base. 17 tells sales and returns
//! apart within an order that has both. 15, 16 and 17 were read, not tried.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::shop::{AmountType, Tax};

use super::double::{Double, OdooRounding};
use super::number::{Number, Rounding};
use super::{LineTaxes, OrderTotals, TaxAmount};

/// What differs between these series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variant {
    /// `is_base_affected` is known, and taxes within and on top of the price may be mixed
    /// (from 15).
    pub mixes: bool,
    /// Sales and returns of one order are rounded apart (17).
    pub parts_returns: bool,
}

/// What [`compute`] finds, for the magnitudes of price and quantity.
pub(super) struct Computed<N> {
    pub excluded: N,
    pub included: N,
    /// Per tax its amount before and after its repartition, in their order.
    pub amounts: Vec<(N, N)>,
    /// What all of it has to be multiplied with.
    pub sign: N,
}

/// What price-included taxes take out of a base, from the last tax to the first.
struct Contained<N> {
    fixed: N,
    percent: N,
    division: N,
}

impl<N: Number> Contained<N> {
    const NONE: Self = Self { fixed: N::ZERO, percent: N::ZERO, division: N::ZERO };

    fn taken_from(&self, base: N) -> N {
        (base - self.fixed) / (N::ONE + self.percent / N::HUNDRED) * (N::HUNDRED - self.division) / N::HUNDRED
    }
}

/// Computes the taxes of a line of this discounted price and quantity.
pub(super) fn compute<N: Number>(
    price: N,
    quantity: N,
    taxes: &[&Tax],
    variant: Variant,
    rounding: &impl Rounding<N>,
) -> Computed<N> {
    let amount = rounding.cent(price * quantity);
    // The closing computes with the sign turned round and counts a base of zero as positive.
    let sign = if amount > N::ZERO { N::ONE } else { -N::ONE };
    let quantity = quantity.magnitude();
    let (excluded, targets) = without_contained(amount.magnitude(), quantity, taxes, rounding);

    let mut base = excluded;
    let mut included = excluded;
    let mut since_target = N::ZERO;
    let mut targets_hold = true;
    let mut amounts = Vec::with_capacity(taxes.len());
    for (tax, target) in taxes.iter().zip(targets) {
        let factor = factor::<N>(tax);
        let target =
            target.filter(|target| if variant.mixes { !factor.is_zero() } else { !target.is_zero() });
        let amount = match target.filter(|_| targets_hold) {
            Some(target) => {
                let amount = target - (base + since_target);
                since_target = N::ZERO;
                amount
            }
            None => {
                let leaves_alone = variant.mixes && !tax.price_include && !tax.is_base_affected;
                on_top(tax, if leaves_alone { excluded } else { base }, quantity)
            }
        };
        let amount = rounding.tax(amount);
        let factored = rounding.tax(amount * factor);
        if tax.price_include && target.is_none() {
            since_target = since_target + factored;
        }
        if tax.include_base_amount {
            base = base + factored;
            targets_hold &= tax.price_include;
        }
        included = included + factored;
        amounts.push((amount, factored));
    }
    Computed { excluded, included: rounding.cent(included), amounts, sign }
}

/// The base without the taxes contained in it, and for each tax the total that it has to
/// reach, if it is the last one in the price before another base begins.
fn without_contained<N: Number>(
    mut base: N,
    quantity: N,
    taxes: &[&Tax],
    rounding: &impl Rounding<N>,
) -> (N, Vec<Option<N>>) {
    let mut targets = vec![None; taxes.len()];
    let mut contained = Contained::NONE;
    let mut next_is_target = true;
    for (tax, target) in taxes.iter().zip(&mut targets).rev() {
        if tax.include_base_amount {
            base = contained.taken_from(base);
            contained = Contained::NONE;
            next_is_target = true;
        }
        if !tax.price_include {
            continue;
        }
        let factor = factor::<N>(tax);
        let rate = N::of(tax.amount) * factor;
        match tax.amount_type {
            AmountType::Percent => contained.percent = contained.percent + rate,
            AmountType::Division => contained.division = contained.division + rate,
            AmountType::Fixed => contained.fixed = contained.fixed + quantity * N::of(tax.amount) * factor,
            AmountType::Group(_) | AmountType::Other(_) => {}
        }
        if next_is_target && !tax.amount.is_zero() {
            *target = Some(base);
            next_is_target = false;
        }
    }
    (rounding.cent(contained.taken_from(base)), targets)
}

/// The sum of a tax's shares: 1, or 0 for a reverse charge.
fn factor<N: Number>(tax: &Tax) -> N {
    N::sum(tax.factors().map(N::of))
}

/// The amount of a tax on top of a base.
fn on_top<N: Number>(tax: &Tax, base: N, quantity: N) -> N {
    let rate = N::of(tax.amount);
    match tax.amount_type {
        AmountType::Percent => base * rate / N::HUNDRED,
        AmountType::Division => {
            let rest = N::ONE - rate / N::HUNDRED;
            if rest.is_zero() { N::ZERO } else { base / rest - base }
        }
        AmountType::Fixed if base < N::ZERO => -quantity * rate,
        AmountType::Fixed => quantity * rate,
        AmountType::Group(_) | AmountType::Other(_) => N::ZERO,
    }
}

/// The line as the order will hold it and as the closing will compute it.
pub(super) fn line(
    computed: &Computed<Double>,
    taxes: &[&Tax],
    is_refund: bool,
    rounding: &OdooRounding,
) -> LineTaxes {
    let sign = computed.sign;
    let mut amounts = Vec::with_capacity(taxes.len());
    for (tax, &(amount, factored)) in taxes.iter().zip(&computed.amounts) {
        for (part, amount) in (0..).zip(parts(tax, amount, factored, rounding)) {
            amounts.push(TaxAmount {
                tax: tax.id,
                part,
                contained: tax.price_include,
                amount: sign * amount,
            });
        }
    }
    LineTaxes {
        subtotal: rounding.amount(sign * computed.excluded),
        subtotal_incl: rounding.amount(sign * computed.included),
        excluded: sign * computed.excluded,
        amounts,
        is_refund,
    }
}

/// The amount of a tax spread over its repartition, what rounding leaves on the first parts.
fn parts(tax: &Tax, amount: Double, factored: Double, rounding: &OdooRounding) -> Vec<Double> {
    let mut parts: Vec<Double> =
        tax.factors().map(|factor| rounding.tax(amount * Double::of(factor))).collect();
    let rest = rounding.tax(factored - Double::sum(parts.iter().copied()));
    let steps = rounding.whole_cents(rest);
    if steps > 0 {
        let step = rounding.tax(OdooRounding::part(rest, steps));
        for part in parts.iter_mut().take(steps as usize) {
            *part = *part + step;
        }
    }
    parts
}

/// The totals of an order: the subtotals of its lines, and each part of each tax rounded
/// once. Under rounding per line the amounts arrive rounded.
pub(super) fn totals(lines: &[&LineTaxes], variant: Variant, rounding: &OdooRounding) -> OrderTotals {
    let mut per_part: BTreeMap<(i64, u32, bool), Double> = BTreeMap::new();
    for line in lines {
        for tax in &line.amounts {
            let apart = variant.parts_returns && line.is_refund;
            let sum = per_part.entry((tax.tax, tax.part, apart)).or_insert(Double::ZERO);
            *sum = *sum + tax.amount;
        }
    }
    let tax: Decimal = per_part.values().map(|&raw| rounding.amount(raw)).sum();
    let untaxed: Decimal = lines.iter().map(|line| line.subtotal).sum();
    OrderTotals { tax, total: untaxed + tax }
}
