//! The discount of a whole order, spread over its lines or as lines of its own.

use rust_decimal::Decimal;

use crate::order::{Code, Order, Refusal};
use crate::shop::Shop;
use crate::text;

use super::lines::{SoldLine, Terms, Way};
use super::special::Special;
use super::{OrderDiscount, Rules};

/// Takes the discount of the order off its lines. In an exchange it is off what is sold.
pub(super) fn apply<'a>(
    order: &Order,
    way: Way,
    lines: &mut Vec<SoldLine<'a>>,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<(), Refusal> {
    let discount = beyond_lines(order, lines);
    if discount.is_zero() {
        return Ok(());
    }
    let takes_part = |line: &SoldLine<'_>| way == Way::Return || !line.is_negative();
    let base: Decimal = lines.iter().filter(|line| takes_part(line)).map(SoldLine::net_amount).sum();
    if discount > base {
        return Err(Refusal::new(
            Code::BadValue,
            text!("The discount {discount} of the whole order is more than its lines sum to.", discount),
            text!("Correct the order at its source."),
        ));
    }
    match rules.order_discount {
        OrderDiscount::Spread => {
            for line in lines.iter_mut().filter(|line| takes_part(line)) {
                line.discount += discount * line.net_amount() / base;
            }
        }
        OrderDiscount::Lines => {
            let product = rules.special.find(Special::Discount, shop)?;
            // In the order of the lines, so that the same order always books the same.
            let mut per_taxes: Vec<(Vec<i64>, Decimal)> = Vec::new();
            for line in lines.iter().filter(|line| takes_part(line)) {
                match per_taxes.iter_mut().find(|(taxes, _)| *taxes == line.tax_ids) {
                    Some((_, amount)) => *amount += line.net_amount(),
                    None => per_taxes.push((line.tax_ids.clone(), line.net_amount())),
                }
            }
            let (mut rest, mut rest_base) = (discount, base);
            for (tax_ids, amount) in per_taxes.into_iter().filter(|(_, amount)| !amount.is_zero()) {
                let share = shop.currency.round(rest * amount / rest_base);
                rest -= share;
                rest_base -= amount;
                let price = -(way.sign() * share);
                let line = SoldLine::extra(product, price, way, Terms::OfOrder, shop);
                lines.push(SoldLine { tax_ids, ..line });
            }
        }
    }
    Ok(())
}

/// The discount of the order beyond those of its lines: `AmountDiscount` is sometimes just
/// their sum.
fn beyond_lines(order: &Order, lines: &[SoldLine<'_>]) -> Decimal {
    let stated = order.totals.discount.unwrap_or_default().abs();
    let of_lines: Decimal = lines.iter().map(|line| line.discount).sum();
    (stated - of_lines).max(Decimal::ZERO)
}
