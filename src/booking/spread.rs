//! A returned quantity that several lines of the sale sold together: Odoo keeps one link per
//! line, so the line that returns it becomes as many lines.

use rust_decimal::Decimal;

use crate::shop::Currency;

use super::lines::{Kind, SoldLine};
use super::refund::Sale;

/// The lines of a return so that each fits one line of its sale, where the sale has enough.
/// A discount goes along by quantity, the last part takes what rounding leaves.
pub(super) fn spread<'a>(lines: Vec<SoldLine<'a>>, sale: &Sale, currency: &Currency) -> Vec<SoldLine<'a>> {
    let mut left: Vec<(i64, Decimal)> =
        sale.lines.iter().map(|line| (line.product, line.quantity - line.refunded)).collect();
    let mut spread = Vec::with_capacity(lines.len());
    for line in lines {
        let whole = -line.quantity;
        let parts = match line.kind {
            Kind::Item => parts(&mut left, line.product.id, whole),
            Kind::Extra => vec![whole],
        };
        let mut discount = line.discount;
        for (index, &part) in parts.iter().enumerate() {
            let share = if index + 1 == parts.len() {
                discount
            } else {
                currency.round(line.discount * part / whole)
            };
            discount -= share;
            spread.push(SoldLine { quantity: -part, discount: share, ..line.clone() });
        }
    }
    spread
}

/// Takes a quantity of a product from what is left: from one line if one has enough, else
/// from as many as need be. One part, the whole, where there is not enough.
fn parts(left: &mut [(i64, Decimal)], product: i64, quantity: Decimal) -> Vec<Decimal> {
    if let Some((_, rest)) = left.iter_mut().find(|(of, rest)| *of == product && *rest >= quantity) {
        *rest -= quantity;
        return vec![quantity];
    }
    let usable = |(of, rest): &(i64, Decimal)| *of == product && *rest > Decimal::ZERO;
    let enough = left.iter().copied().filter(usable).map(|(_, rest)| rest).sum::<Decimal>() >= quantity;
    if quantity <= Decimal::ZERO || !enough {
        return vec![quantity];
    }
    let mut missing = quantity;
    let mut parts = Vec::new();
    for one in left.iter_mut().filter(|one| usable(one)) {
        let part = missing.min(one.1);
        one.1 -= part;
        missing -= part;
        parts.push(part);
        if missing.is_zero() {
            break;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn a_quantity_is_taken_from_one_line_or_from_several() {
        let mut left = vec![(1, dec!(2)), (2, dec!(9)), (1, dec!(0)), (1, dec!(3))];
        assert_eq!(parts(&mut left, 1, dec!(3)), [dec!(3)], "one line has enough");
        assert_eq!(left, [(1, dec!(2)), (2, dec!(9)), (1, dec!(0)), (1, dec!(0))]);
        let mut left = vec![(1, dec!(2)), (2, dec!(9)), (1, dec!(0)), (1, dec!(3))];
        assert_eq!(parts(&mut left, 1, dec!(4.5)), [dec!(2), dec!(2.5)]);
        assert_eq!(left, [(1, dec!(0)), (2, dec!(9)), (1, dec!(0)), (1, dec!(0.5))]);
        assert_eq!(parts(&mut left, 1, dec!(1)), [dec!(1)], "not enough: linking refuses it");
        assert_eq!(left[3].1, dec!(0.5));
    }
}
