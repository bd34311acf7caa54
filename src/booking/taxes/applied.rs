//! Which taxes Odoo computes for a line.

use crate::order::{Code, Refusal, Text};
use crate::shop::{AmountType, Shop, Tax};
use crate::text;

use super::Edition;

/// The taxes that Odoo computes for a line that carries these, in the order in which it
/// evaluates them: those of the shop's company and not archived, replaced as the shop's
/// fiscal position says, groups replaced by their members at the group's place.
///
/// # Errors
///
/// A [`Refusal`] that names a tax whose arithmetic is not known here, or that Odoo itself
/// cannot compute or post.
pub fn applied<'s>(ids: &[i64], shop: &'s Shop) -> Result<Vec<&'s Tax>, Refusal> {
    let edition = Edition::of(shop.series);
    let carried: Vec<i64> = sorted(ids, shop).iter().map(|tax| tax.id).collect();
    let mapped = match &shop.fiscal_position {
        Some(position) => position.map(&carried),
        None => carried,
    };
    let mut flat = Vec::new();
    match edition {
        Edition::Document => once_each(&mapped, shop, &mut flat)?,
        Edition::ComputeAll(_) => nested(&mapped, shop, &mut flat),
    }
    flat.iter().try_for_each(|tax| check(tax, edition))?;
    check_mix(&flat, edition)?;
    Ok(flat)
}

fn known<'s>(ids: &[i64], shop: &'s Shop) -> Vec<&'s Tax> {
    ids.iter().filter_map(|id| shop.taxes.get(id)).filter(|tax| tax.active).collect()
}

fn sorted<'s>(ids: &[i64], shop: &'s Shop) -> Vec<&'s Tax> {
    let mut taxes = known(ids, shop);
    taxes.sort_by_key(|tax| (tax.sequence, tax.id));
    taxes
}

/// From 18 on: a tax counts once, and a group holds no other
/// (`account_tax.py`, `_flatten_taxes_and_sort_them`, `_check_children_scope`).
fn once_each<'s>(ids: &[i64], shop: &'s Shop, flat: &mut Vec<&'s Tax>) -> Result<(), Refusal> {
    for tax in sorted(ids, shop) {
        let members = match &tax.amount_type {
            AmountType::Group(children) => sorted(children, shop),
            _ => vec![tax],
        };
        for member in members {
            if matches!(member.amount_type, AmountType::Group(_)) {
                return Err(not_computed(text!(
                    "The tax {tax} is a group within a group, which this version cannot compute.",
                    tax = &member.name
                )));
            }
            if !flat.iter().any(|other| other.id == member.id) {
                flat.push(member);
            }
        }
    }
    Ok(())
}

/// To 17: groups may hold groups, a tax counts as often as it is there, and of the same
/// sequence the first comes first (`account_tax.py`, `flatten_taxes_hierarchy`).
fn nested<'s>(ids: &[i64], shop: &'s Shop, flat: &mut Vec<&'s Tax>) {
    let mut taxes = known(ids, shop);
    taxes.sort_by_key(|tax| tax.sequence);
    for tax in taxes {
        match &tax.amount_type {
            AmountType::Group(children) => {
                let children: Vec<i64> = sorted(children, shop).iter().map(|tax| tax.id).collect();
                nested(&children, shop, flat);
            }
            _ => flat.push(tax),
        }
    }
}

fn check(tax: &Tax, edition: Edition) -> Result<(), Refusal> {
    if let AmountType::Other(kind) = &tax.amount_type {
        return Err(not_computed(text!(
            "The tax {tax} is computed by “{kind}”, which this version cannot compute.",
            tax = &tax.name,
            kind
        )));
    }
    if edition == Edition::Document {
        return Ok(());
    }
    // Before 18 each share of the distribution is posted, and rounded, for itself.
    if !tax.factors().eq(tax.refund_factors()) {
        return Err(not_computed(text!(
            "The tax {tax} is distributed otherwise on refunds than on invoices, which this version cannot compute.",
            tax = &tax.name
        )));
    }
    if tax.repartition.iter().any(|share| share.account.is_none()) {
        return Err(Refusal::new(
            Code::NotSupported,
            text!(
                "The tax {tax} has no account in its distribution, without which Odoo does not close a session.",
                tax = &tax.name
            ),
            text!(
                "Set the account of the tax's distribution in Odoo (Accounting → Configuration → Taxes); the order then books itself."
            ),
        ));
    }
    Ok(())
}

/// Odoo 14 refuses to compute, and so to close (`account_tax.py`, `compute_all`).
fn check_mix(taxes: &[&Tax], edition: Edition) -> Result<(), Refusal> {
    let mixes = match edition {
        Edition::Document => true,
        Edition::ComputeAll(variant) => variant.mixes,
    };
    let contained = taxes.iter().find(|tax| tax.price_include);
    let enlarging = taxes.iter().find(|tax| !tax.price_include && tax.include_base_amount);
    match (contained, enlarging) {
        (Some(contained), Some(enlarging)) if !mixes => Err(Refusal::new(
            Code::NotSupported,
            text!(
                "Odoo 14 cannot compute the tax {contained}, which is in the price, together with {other}, which is not and affects the base of other taxes.",
                contained = &contained.name,
                other = &enlarging.name
            ),
            text!("Change the taxes of the product in Odoo."),
        )),
        _ => Ok(()),
    }
}

fn not_computed(message: Text) -> Refusal {
    Refusal::new(
        Code::NotSupported,
        message,
        text!("Use a percentage or fixed tax on the products of this shop."),
    )
}
