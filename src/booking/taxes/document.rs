//! Series 18 and 19: lines are computed raw, and rounded over the whole document.
//!
//! Source: Odoo 19, `addons/account/models/account_tax.py`: `_batch_for_taxes_computation`,
//! `_propagate_extra_taxes_base`, `_eval_tax_amount_*` and `_get_tax_details` for a line,
//! `_round_tax_details_tax_amounts`, `_round_tax_details_base_lines` and
//! `_get_tax_totals_summary` for an order; `addons/point_of_sale/models/pos_order.py`,
//! `_compute_prices`, and `pos_session.py`, `_accumulate_amounts`, which use the same for the
//! order and for the closing entry. Series 18 has the same methods; it was not tried.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::shop::{AmountType, Tax};

use super::double::{Double, OdooRounding};
use super::number::{Number, Rounding};
use super::{LineTaxes, OrderTotals, TaxAmount};

/// A line on its way through [`compute`].
#[derive(Clone)]
struct Slot<N> {
    /// Indices of the taxes that are computed together with this one, the last first.
    batch: Vec<usize>,
    extra_for_tax: N,
    extra_for_base: N,
    amount: Option<N>,
}

/// What [`compute`] finds.
pub(super) struct Computed<N> {
    pub excluded: N,
    pub included: N,
    /// One amount per tax, in their order.
    pub amounts: Vec<N>,
}

/// Computes the taxes of a line of this discounted price and quantity. `rounding.tax`
/// rounds where Odoo rounds per line; `rounding.cent` is not asked.
pub(super) fn compute<N: Number>(
    price: N,
    quantity: N,
    taxes: &[&Tax],
    rounding: &impl Rounding<N>,
) -> Computed<N> {
    let raw_base = rounding.tax(quantity * price);
    let mut slots = batches(taxes);
    let settle = |slots: &mut Vec<Slot<N>>, index: usize, amount: N| {
        set_amount(taxes, slots, index, rounding.tax(amount));
    };
    // Fixed taxes first: they may change the base of a price-included one after them.
    for (index, tax) in taxes.iter().enumerate().rev() {
        if tax.amount_type == AmountType::Fixed {
            let sign = if price < N::ZERO { -N::ONE } else { N::ONE };
            settle(&mut slots, index, sign * quantity * N::of(tax.amount));
        }
    }
    for (index, tax) in taxes.iter().enumerate().rev() {
        if is_contained(tax)
            && let Some(amount) = contained(taxes, &slots, index, raw_base)
        {
            settle(&mut slots, index, amount);
        }
    }
    for (index, tax) in taxes.iter().enumerate() {
        if !is_contained(tax)
            && let Some(amount) = added(taxes, &slots, index, raw_base)
        {
            settle(&mut slots, index, amount);
        }
    }

    let amount_of = |index: usize| slots.get(index).and_then(|slot| slot.amount).unwrap_or(N::ZERO);
    let excluded = match (taxes.first(), slots.first()) {
        (Some(first), Some(slot)) => {
            let base = raw_base + slot.extra_for_base;
            let batch = slot.batch.iter().map(|&index| paid(taxes.get(index), amount_of(index)));
            if is_contained(first) { base - N::sum(batch) } else { base }
        }
        _ => raw_base,
    };
    let amounts: Vec<N> = (0..taxes.len()).map(amount_of).collect();
    let included =
        excluded + N::sum(taxes.iter().zip(&amounts).map(|(&tax, &amount)| paid(Some(&tax), amount)));
    Computed { excluded, included, amounts }
}

/// What of a tax's amount is paid: a reverse charge takes away what it adds.
fn paid<N: Number>(tax: Option<&&Tax>, amount: N) -> N {
    if tax.is_some_and(|tax| tax.reverses()) { N::ZERO } else { amount }
}

/// A reverse charge is never contained in the price.
fn is_contained(tax: &Tax) -> bool {
    tax.price_include && !tax.reverses()
}

/// Groups consecutive taxes that are computed together (several price-included percentages
/// are taken out of the price at once).
fn batches<N: Number>(taxes: &[&Tax]) -> Vec<Slot<N>> {
    let empty = Slot { batch: Vec::new(), extra_for_tax: N::ZERO, extra_for_base: N::ZERO, amount: None };
    let mut slots = vec![empty; taxes.len()];
    let mut batch: Vec<usize> = Vec::new();
    let mut later_is_affected = false;
    let mut close = |batch: &mut Vec<usize>| {
        for &member in batch.iter() {
            if let Some(slot) = slots.get_mut(member) {
                slot.batch.clone_from(batch);
            }
        }
        batch.clear();
    };
    for (index, tax) in taxes.iter().enumerate().rev() {
        let same = batch.first().and_then(|&first| taxes.get(first)).is_none_or(|first| {
            tax.amount_type == first.amount_type
                && tax.price_include == first.price_include
                && tax.include_base_amount == first.include_base_amount
                && (!tax.include_base_amount || !later_is_affected)
        });
        if !same {
            close(&mut batch);
        }
        later_is_affected = tax.is_base_affected;
        batch.push(index);
    }
    close(&mut batch);
    slots
}

fn contained<N: Number>(taxes: &[&Tax], slots: &[Slot<N>], index: usize, raw_base: N) -> Option<N> {
    let (tax, slot) = (taxes.get(index)?, slots.get(index)?);
    if slot.amount.is_some() {
        return None;
    }
    let base = raw_base + slot.extra_for_tax;
    match tax.amount_type {
        AmountType::Percent => {
            let rate = N::ONE + batch_rate(taxes, slot);
            let factor = if rate.is_zero() { N::ZERO } else { N::ONE / rate };
            Some(base * factor * N::of(tax.amount) / N::HUNDRED)
        }
        AmountType::Division => Some(base * N::of(tax.amount) / N::HUNDRED),
        _ => None,
    }
}

fn added<N: Number>(taxes: &[&Tax], slots: &[Slot<N>], index: usize, raw_base: N) -> Option<N> {
    let (tax, slot) = (taxes.get(index)?, slots.get(index)?);
    if slot.amount.is_some() {
        return None;
    }
    let base = raw_base + slot.extra_for_tax;
    let amount = base * N::of(tax.amount) / N::HUNDRED;
    match tax.amount_type {
        AmountType::Percent => Some(amount),
        AmountType::Division => {
            // A batch of 100 % would divide by zero; Odoo then leaves the base as it is.
            let rest = N::ONE - batch_rate(taxes, slot);
            Some(amount / if rest.is_zero() { N::ONE } else { rest })
        }
        _ => None,
    }
}

fn batch_rate<N: Number>(taxes: &[&Tax], slot: &Slot<N>) -> N {
    N::sum(slot.batch.iter().filter_map(|&index| taxes.get(index)).map(|tax| N::of(tax.amount))) / N::HUNDRED
}

/// Records a tax amount and carries it into the bases of the taxes it affects.
fn set_amount<N: Number>(taxes: &[&Tax], slots: &mut [Slot<N>], index: usize, amount: N) {
    let (Some(tax), Some(slot)) = (taxes.get(index), slots.get_mut(index)) else { return };
    slot.amount = Some(amount);
    let first = slot.batch.iter().min().copied().unwrap_or(index);
    let last = slot.batch.iter().max().copied().unwrap_or(index);
    for (other_index, (other, slot)) in taxes.iter().zip(slots.iter_mut()).enumerate() {
        let before = other_index < first;
        let after = other_index > last;
        let signed = if tax.price_include {
            let leaves_later_alone = tax.include_base_amount && other.is_base_affected;
            if before || (after && !leaves_later_alone) { -amount } else { continue }
        } else if after && tax.include_base_amount && other.is_base_affected {
            amount
        } else {
            continue;
        };
        if slot.amount.is_none() {
            slot.extra_for_tax = slot.extra_for_tax + signed;
        }
        slot.extra_for_base = slot.extra_for_base + signed;
    }
}

/// The line as the order will show it.
pub(super) fn line(
    computed: &Computed<Double>,
    taxes: &[&Tax],
    is_refund: bool,
    rounding: &OdooRounding,
) -> LineTaxes {
    let amounts = taxes.iter().zip(&computed.amounts).flat_map(|(tax, &amount)| {
        let of_tax = |part, amount| TaxAmount { tax: tax.id, part, contained: is_contained(tax), amount };
        let reverse = tax.reverses().then(|| of_tax(1, -amount));
        std::iter::once(of_tax(0, amount)).chain(reverse)
    });
    LineTaxes {
        subtotal: rounding.amount(computed.excluded),
        subtotal_incl: rounding.amount(computed.included),
        excluded: computed.excluded,
        amounts: amounts.collect(),
        is_refund,
    }
}

/// The totals of an order.
///
/// Each tax is rounded once over the order, sales and returns apart. The base is rounded by
/// itself as soon as one tax is not contained in the prices; where all are contained (or
/// there is none), the total is rounded and the base is what remains. Under rounding per
/// line the amounts arrive rounded, and the same rule just adds them up.
pub(super) fn totals(lines: &[&LineTaxes], rounding: &OdooRounding) -> OrderTotals {
    let mut totals = OrderTotals { tax: Decimal::ZERO, total: Decimal::ZERO };
    for is_refund in [false, true] {
        let group = || lines.iter().filter(move |line| line.is_refund == is_refund);
        let mut per_tax: BTreeMap<(i64, u32, bool), Double> = BTreeMap::new();
        for tax in group().flat_map(|line| &line.amounts) {
            let sum = per_tax.entry((tax.tax, tax.part, tax.contained)).or_insert(Double::ZERO);
            *sum = *sum + tax.amount;
        }
        let raw_base = Double::sum(group().map(|line| line.excluded));
        let tax: Decimal = per_tax.values().map(|&raw| rounding.amount(raw)).sum();
        totals.tax += tax;
        totals.total += if per_tax.keys().all(|&(.., contained)| contained) {
            let of_line = |line: &&&LineTaxes| Double::sum(line.amounts.iter().map(|tax| tax.amount));
            rounding.amount(raw_base + Double::sum(group().map(|line| of_line(&line))))
        } else {
            rounding.amount(raw_base) + tax
        };
    }
    totals
}
