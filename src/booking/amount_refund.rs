//! Refunds of an amount: money given back for no line that could be returned.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::order::{Order, Refusal};
use crate::shop::Shop;

use super::lines::{SoldLine, Terms, Way, gives_back, of_company};
use super::pricing::Reading;
use super::special::Special;
use super::{Rules, Sale};

/// Whether an order gives money back and its lines come to nothing.
pub(super) fn is_one(order: &Order) -> bool {
    gives_back(order)
        && !order.totals.grand.is_zero()
        && order.lines.iter().all(|line| line.price.is_zero() || line.quantity.is_zero())
}

/// The one line of such a refund: with the tax of its sale where all lines share one, else
/// with the refund product's own.
pub(super) fn line<'a>(
    order: &'a Order,
    sale: Option<&Sale>,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<SoldLine<'a>, Refusal> {
    let amount = order.totals.grand.abs();
    let product = rules.special.find(Special::Refund, shop)?;
    let mut line = SoldLine::extra(product, -amount, Way::Return, Terms::Always(Reading::Gross), shop);
    if let Some(tax_ids) = sale.and_then(shared_taxes) {
        line.tax_ids = of_company(tax_ids, shop);
    }
    let names: Vec<&str> = order.lines.iter().filter_map(|line| line.name.as_deref()).collect();
    line.note = (!names.is_empty()).then(|| Cow::Owned(names.join(", ")));
    Ok(line)
}

/// The taxes of a sale whose lines all have the same. Lines that cost nothing do not count.
fn shared_taxes(sale: &Sale) -> Option<&[i64]> {
    let mut lines = sale.lines.iter().filter(|line| line.total != Decimal::ZERO);
    let first = lines.next()?;
    lines.all(|line| line.taxes == first.taxes).then_some(first.taxes.as_slice())
}
