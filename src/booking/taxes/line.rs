//! The taxes of one line.

use rust_decimal::Decimal;

use crate::shop::{AmountType, Currency, Tax, TaxRounding};

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
    /// Taxes, groups already flattened, in the order of (`sequence`, `id`).
    pub taxes: Vec<&'a Tax>,
}

/// One tax of a line. Unrounded under [`TaxRounding::Globally`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxAmount {
    /// `account.tax` id.
    pub tax: i64,
    /// Whether the price contains it.
    pub price_include: bool,
    /// Base it is computed on.
    pub base: Decimal,
    /// Its amount.
    pub amount: Decimal,
}

/// The taxes and totals of a line. Raw: rounded only where Odoo rounds per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTaxes {
    /// Total without tax.
    pub total_excluded: Decimal,
    /// Total with tax.
    pub total_included: Decimal,
    /// Its taxes in the order of evaluation.
    pub taxes: Vec<TaxAmount>,
    /// The line is a return (negative quantity × price): Odoo rounds returns apart.
    pub is_refund: bool,
}

#[derive(Default)]
struct Slot {
    /// Indices of the taxes that are computed together with this one.
    batch: Vec<usize>,
    extra_for_tax: Decimal,
    extra_for_base: Decimal,
    amount: Option<Decimal>,
}

/// Computes the taxes of one line.
///
/// Source: Odoo 19, `account_tax.py`, `_get_tax_details` and what it calls.
pub fn compute_line(line: &TaxableLine<'_>, rounding: TaxRounding, currency: &Currency) -> LineTaxes {
    let price = discounted(line.price_unit, line.discount);
    let per_line = |amount: Decimal| match rounding {
        TaxRounding::PerLine => currency.round(amount),
        TaxRounding::Globally => amount,
    };
    let raw_base = per_line(line.quantity * price);
    let mut slots = batches(&line.taxes);

    let settle = |slots: &mut Vec<Slot>, index: usize, amount: Decimal| {
        set_amount(&line.taxes, slots, index, per_line(amount));
    };
    // Fixed taxes first: they may change the base of a price-included one after them.
    for (index, tax) in line.taxes.iter().enumerate().rev() {
        if tax.amount_type == AmountType::Fixed {
            let sign = if price < Decimal::ZERO { -Decimal::ONE } else { Decimal::ONE };
            settle(&mut slots, index, sign * line.quantity * tax.amount);
        }
    }
    for (index, tax) in line.taxes.iter().enumerate().rev() {
        if tax.price_include
            && let Some(amount) = included(&line.taxes, &slots, index, raw_base)
        {
            settle(&mut slots, index, amount);
        }
    }
    for (index, tax) in line.taxes.iter().enumerate() {
        if !tax.price_include
            && let Some(amount) = excluded(&line.taxes, &slots, index, raw_base)
        {
            settle(&mut slots, index, amount);
        }
    }

    let amount_of = |index: &usize| slots.get(*index).and_then(|slot| slot.amount).unwrap_or_default();
    let taxes: Vec<TaxAmount> = line
        .taxes
        .iter()
        .zip(&slots)
        .map(|(tax, slot)| {
            let batch: Decimal = slot.batch.iter().map(amount_of).sum();
            let base = raw_base + slot.extra_for_base;
            TaxAmount {
                tax: tax.id,
                price_include: tax.price_include,
                base: if tax.price_include { base - batch } else { base },
                amount: slot.amount.unwrap_or_default(),
            }
        })
        .collect();
    let total_excluded = taxes.first().map_or(raw_base, |first| first.base);
    let tax_total: Decimal = taxes.iter().map(|tax| tax.amount).sum();
    LineTaxes {
        total_excluded,
        total_included: total_excluded + tax_total,
        taxes,
        is_refund: line.quantity * line.price_unit < Decimal::ZERO,
    }
}

/// The price after discount, with the noise that Odoo's doubles give it: the greater the
/// discount, the more of it, up to where a half cent is rounded the other way.
fn discounted(price_unit: Decimal, discount: Decimal) -> Decimal {
    if discount.is_zero() {
        return price_unit;
    }
    as_odoo_does(price_unit, discount)
        .unwrap_or(price_unit * (Decimal::ONE - discount / Decimal::ONE_HUNDRED))
}

#[expect(clippy::float_arithmetic, reason = "imitates Odoo's own arithmetic, operation by operation")]
fn as_odoo_does(price_unit: Decimal, discount: Decimal) -> Option<Decimal> {
    // By way of the text, which gives the nearest double.
    let double = |decimal: Decimal| decimal.to_string().parse::<f64>().ok();
    Decimal::from_f64_retain(double(price_unit)? * (1.0 - double(discount)? / 100.0))
}

/// Groups consecutive taxes that are computed together (several price-included percentages
/// are taken out of the price at once).
fn batches(taxes: &[&Tax]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = taxes.iter().map(|_| Slot::default()).collect();
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

fn included(taxes: &[&Tax], slots: &[Slot], index: usize, raw_base: Decimal) -> Option<Decimal> {
    let (tax, slot) = (taxes.get(index)?, slots.get(index)?);
    if slot.amount.is_some() {
        return None;
    }
    let base = raw_base + slot.extra_for_tax;
    match tax.amount_type {
        AmountType::Percent => {
            let divisor = Decimal::ONE_HUNDRED + batch_percentage(taxes, slot);
            Some(if divisor.is_zero() { Decimal::ZERO } else { base * tax.amount / divisor })
        }
        AmountType::Division => Some(base * tax.amount / Decimal::ONE_HUNDRED),
        _ => None,
    }
}

fn excluded(taxes: &[&Tax], slots: &[Slot], index: usize, raw_base: Decimal) -> Option<Decimal> {
    let (tax, slot) = (taxes.get(index)?, slots.get(index)?);
    if slot.amount.is_some() {
        return None;
    }
    let base = raw_base + slot.extra_for_tax;
    match tax.amount_type {
        AmountType::Percent => Some(base * tax.amount / Decimal::ONE_HUNDRED),
        AmountType::Division => {
            // A batch of 100 % would divide by zero; Odoo then leaves the base as it is.
            let rest = Decimal::ONE_HUNDRED - batch_percentage(taxes, slot);
            let divisor = if rest.is_zero() { Decimal::ONE_HUNDRED } else { rest };
            Some(base * tax.amount / divisor)
        }
        _ => None,
    }
}

fn batch_percentage(taxes: &[&Tax], slot: &Slot) -> Decimal {
    slot.batch.iter().filter_map(|&index| taxes.get(index)).map(|tax| tax.amount).sum()
}

/// Records a tax amount and carries it into the bases of the taxes it affects.
fn set_amount(taxes: &[&Tax], slots: &mut [Slot], index: usize, amount: Decimal) {
    let (Some(tax), Some(slot)) = (taxes.get(index), slots.get_mut(index)) else { return };
    slot.amount = Some(amount);
    let first = slot.batch.iter().min().copied().unwrap_or(index);
    let last = slot.batch.iter().max().copied().unwrap_or(index);
    for (other_index, (other, slot)) in taxes.iter().zip(slots.iter_mut()).enumerate() {
        let before = other_index < first;
        let after = other_index > last;
        let sign = if tax.price_include {
            let leaves_later_alone = tax.include_base_amount && other.is_base_affected;
            if before || (after && !leaves_later_alone) { -Decimal::ONE } else { continue }
        } else if after && tax.include_base_amount && other.is_base_affected {
            Decimal::ONE
        } else {
            continue;
        };
        if slot.amount.is_none() {
            slot.extra_for_tax += sign * amount;
        }
        slot.extra_for_base += sign * amount;
    }
}
