//! The tax that Odoo will book against the tax that the source states.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::order::{Code, Order, Part, Refusal, Text};
use crate::shop::{AmountType, Shop, Tax};
use crate::text;

use super::lines::{Kind, SoldLine};
use super::pricing::Priced;
use super::taxes::applied;

/// Refuses a tax that is more than a cent per line and tax apart from what is stated. A
/// stated tax of zero is a statement; none is silence.
pub(super) fn check(order: &Order, priced: &Priced<'_>, shop: &Shop) -> Result<(), Refusal> {
    let Some(stated) = order.totals.tax else { return Ok(()) };
    let booked = priced.totals.tax;
    let amounts: usize = priced.lines.iter().map(|(_, price)| price.taxes.amounts()).sum();
    let tolerance = shop.currency.cent() * Decimal::from(amounts);
    if (booked.abs() - stated.abs()).abs() <= tolerance && (booked.is_zero() || !stated.is_zero()) {
        return Ok(());
    }
    let names: BTreeSet<&str> = priced
        .lines
        .iter()
        .flat_map(|(_, price)| &price.tax_ids)
        .filter_map(|id| shop.taxes.get(id))
        .map(|tax| tax.name.as_str())
        .collect();
    let taxes =
        if names.is_empty() { text!("no tax") } else { Text::listed(names.into_iter().map(Text::name)) };
    let [stated, booked] = [stated, booked].map(|tax| Part::figure(shop.currency.show(tax)));
    Err(Refusal::new(
        Code::TaxMismatch,
        text!(
            "The source states a tax of {stated}, but the products' taxes in Odoo ({taxes}) give {booked}.",
            stated,
            taxes,
            booked
        ),
        text!(
            "Correct the customer taxes of the products in Odoo, or the tax at the source; the order then books itself."
        ),
    ))
}

/// Puts the Odoo tax of the stated percentage on the items, that of the line before that of
/// the order. Returns a warning, or `None` where nothing is stated or changed.
pub(super) fn map(order: &Order, items: &mut [SoldLine<'_>], shop: &Shop) -> Result<Option<Text>, Refusal> {
    let none_at_all = order.totals.tax.filter(Decimal::is_zero);
    let of_order = order.totals.tax_percent.or(none_at_all);
    let mut mapped = BTreeSet::new();
    for item in items.iter_mut().filter(|item| item.kind == Kind::Item && !item.price.is_zero()) {
        let Some(percent) = item.tax_percent.or(of_order) else { return Ok(None) };
        let included = applied(&item.tax_ids, shop)?.first().map(|tax| tax.price_include);
        let tax = of_percent(percent, included, shop)?;
        let tax_ids: Vec<i64> = tax.map(|tax| tax.id).into_iter().collect();
        if item.tax_ids != tax_ids {
            mapped.insert(percent.normalize());
            item.tax_ids = tax_ids;
        }
    }
    if mapped.is_empty() {
        return Ok(None);
    }
    let rates: Vec<String> = mapped.iter().map(|percent| format!("{percent} %")).collect();
    Ok(Some(text!(
        "Booked with the tax that the source states ({rates}) instead of the products' own.",
        rates = rates.join(", ")
    )))
}

/// The one sale tax of this percentage, preferably contained in prices like the product's
/// own. Zero percent is no tax where there is none of that rate.
fn of_percent(percent: Decimal, included: Option<bool>, shop: &Shop) -> Result<Option<&Tax>, Refusal> {
    let of_rate = |tax: &&Tax| {
        tax.amount_type == AmountType::Percent && tax.amount == percent && tax.for_sale && tax.active
    };
    let (alike, others): (Vec<&Tax>, Vec<&Tax>) = shop
        .taxes
        .values()
        .filter(of_rate)
        .partition(|tax| included.is_none_or(|included| tax.price_include == included));
    let mut found = if alike.is_empty() { others } else { alike };
    found.sort_by_key(|tax| tax.id);
    let percent = percent.normalize();
    match found.as_slice() {
        [one] => Ok(Some(one)),
        [] if percent.is_zero() => Ok(None),
        [] => Err(Refusal::new(
            Code::TaxMismatch,
            text!(
                "The source states a tax of {percent} %, and Odoo has no sale tax of that percentage.",
                percent
            ),
            text!("Create the tax in Odoo, or correct it at the source; the order then books itself."),
        )),
        many => {
            let names: Vec<&str> = many.iter().map(|tax| tax.name.as_str()).collect();
            Err(Refusal::new(
                Code::TaxMismatch,
                text!(
                    "The source states a tax of {percent} %, and Odoo has {count} sale taxes of that percentage: {taxes}.",
                    percent,
                    count = many.len(),
                    taxes = names.join(", ")
                ),
                text!(
                    "Archive the surplus ones in Odoo, or put the right tax on the products; the order then books itself."
                ),
            ))
        }
    }
}
