//! Named cases, each with the figures that a real Odoo gave.

use rust_decimal::{Decimal, dec};

use super::*;
use crate::shop::{AmountType, Share};

const ODOO_19: Series = Series { major: 19, minor: 0 };

fn tax(id: i64, amount_type: AmountType, amount: Decimal, price_include: bool) -> Tax {
    let whole = vec![Share { factor: Decimal::ONE, account: Some(1) }];
    Tax {
        id,
        name: format!("Tax {id}"),
        amount_type,
        amount,
        price_include,
        include_base_amount: false,
        is_base_affected: true,
        sequence: id,
        group: 1,
        repartition: whole.clone(),
        refund_repartition: whole,
        for_sale: true,
        active: true,
    }
}

fn line<'a>(quantity: Decimal, price_unit: Decimal, discount: Decimal, taxes: &[&'a Tax]) -> TaxableLine<'a> {
    TaxableLine { price_unit, discount, quantity, taxes: taxes.to_vec() }
}

/// Subtotals and totals with tax of the lines, and tax and total of the order.
fn computed(
    arithmetic: Arithmetic,
    lines: &[TaxableLine<'_>],
) -> (Vec<(Decimal, Decimal)>, Decimal, Decimal) {
    let lines: Vec<_> = lines.iter().map(|line| arithmetic.line(line)).collect();
    let totals = arithmetic.totals(&lines.iter().collect::<Vec<_>>());
    let subtotals = lines.iter().map(|line| (line.subtotal, line.subtotal_incl)).collect();
    (subtotals, totals.tax, totals.total)
}

/// Exact arithmetic has half a cent here, at a net of 432.30.
#[test]
fn a_great_discount_brings_the_noise_of_doubles() {
    let percent = tax(1, AmountType::Percent, dec!(15), false);
    let lines = [line(dec!(5), dec!(1222.47), dec!(92.927433802056492), &[&percent])];
    let globally = Arithmetic::new(ODOO_19, 2, TaxRounding::Globally);
    assert_eq!(computed(globally, &lines), (vec![(dec!(432.30), dec!(497.14))], dec!(64.84), dec!(497.14)));
}

/// 942.30, of which 448.57 is a discounted 590.22, at 15 %: only noise keeps the tax below a
/// half cent.
#[test]
fn a_discount_of_many_digits_brings_it_too() {
    let percent = tax(1, AmountType::Percent, dec!(15), false);
    let discount = dec!(23.999525600623495);
    let lines = [
        line(dec!(1), dec!(386.30), dec!(0), &[&percent]),
        line(dec!(1), dec!(107.43), dec!(0), &[&percent]),
        line(dec!(1), dec!(590.22), discount, &[&percent]),
    ];
    let (_, tax, total) = computed(Arithmetic::new(ODOO_19, 2, TaxRounding::Globally), &lines);
    assert_eq!((tax, total), (dec!(141.35), dec!(1083.65)));
}
