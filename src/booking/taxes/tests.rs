//! Named cases, each with the figures that a real Odoo gave.

use rust_decimal::{Decimal, dec};

use super::*;
use crate::shop::{AmountType, Share};

const ODOO_14: Series = Series { major: 14, minor: 0 };
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

/// Odoo 14, 20 % in the price: the price without tax is rounded on the line, and the tax is
/// what remains, under either way of rounding.
#[test]
fn in_14_the_line_is_rounded_first_and_the_tax_remains() {
    let contained = tax(1, AmountType::Percent, dec!(20), true);
    let lines = [
        line(dec!(1), dec!(9.99), dec!(0), &[&contained]),
        line(dec!(1), dec!(9.99), dec!(0), &[&contained]),
    ];
    for company in [TaxRounding::Globally, TaxRounding::PerLine] {
        let (subtotals, tax, total) = computed(Arithmetic::new(ODOO_14, 2, company), &lines);
        assert_eq!(subtotals, [(dec!(8.33), dec!(9.99)); 2]);
        assert_eq!((tax, total), (dec!(3.32), dec!(19.98)));
    }
    // 19 rounds the tax of the order as a whole: 19.98 / 1.2 is 16.65.
    let globally = Arithmetic::new(ODOO_19, 2, TaxRounding::Globally);
    assert_eq!(computed(globally, &lines).1, dec!(3.33));
}

/// Odoo 14, `compute_all` and the closing entry: 3 × 3.335 at 15 %.
#[test]
fn in_14_taxes_on_top_are_rounded_per_line_or_per_tax() {
    let on_top = tax(1, AmountType::Percent, dec!(15), false);
    let lines =
        [line(dec!(3), dec!(3.335), dec!(0), &[&on_top]), line(dec!(3), dec!(3.335), dec!(0), &[&on_top])];
    let with = |company| computed(Arithmetic::new(ODOO_14, 2, company), &lines);
    assert_eq!((with(TaxRounding::PerLine).1, with(TaxRounding::PerLine).2), (dec!(3.00), dec!(23.02)));
    assert_eq!((with(TaxRounding::Globally).1, with(TaxRounding::Globally).2), (dec!(3.00), dec!(23.02)));
    let odd =
        [line(dec!(1), dec!(0.10), dec!(0), &[&on_top]), line(dec!(1), dec!(0.10), dec!(0), &[&on_top])];
    let with = |company| computed(Arithmetic::new(ODOO_14, 2, company), &odd).1;
    assert_eq!((with(TaxRounding::PerLine), with(TaxRounding::Globally)), (dec!(0.04), dec!(0.03)));
}

/// Odoo 14: the form of a line gets a returned quantity with a fixed tax in its price wrong
/// (−20.40 without tax); the closing entry does not, and its figures are ours.
#[test]
fn in_14_the_closing_decides_about_a_returned_fixed_tax() {
    let deposit = tax(1, AmountType::Fixed, dec!(0.20), true);
    let returned = [line(dec!(-2), dec!(10), dec!(0), &[&deposit])];
    let arithmetic = Arithmetic::new(ODOO_14, 2, TaxRounding::PerLine);
    assert_eq!(computed(arithmetic, &returned), (vec![(dec!(-19.60), dec!(-20))], dec!(-0.40), dec!(-20)));
}

#[test]
fn a_reverse_charge_adds_nothing_in_any_series() {
    let mut reverse = tax(1, AmountType::Percent, dec!(21), false);
    let back = Share { factor: dec!(-1), account: Some(2) };
    reverse.repartition.push(back);
    reverse.refund_repartition.push(back);
    let lines = [line(dec!(3), dec!(33.33), dec!(0), &[&reverse])];
    for series in [ODOO_14, ODOO_19] {
        for company in [TaxRounding::Globally, TaxRounding::PerLine] {
            let (subtotals, tax, total) = computed(Arithmetic::new(series, 2, company), &lines);
            assert_eq!((subtotals[0].0, tax, total), (dec!(99.99), dec!(0), dec!(99.99)), "{series}");
        }
    }
}

/// 15 % of 333 and of 0.333, in a currency without decimals and in one of three.
#[test]
fn every_number_of_decimals_is_rounded_to() {
    let on_top = tax(1, AmountType::Percent, dec!(15), false);
    for series in [ODOO_14, ODOO_19] {
        let of = |decimals, price| {
            let lines = [line(dec!(1), price, dec!(0), &[&on_top])];
            computed(Arithmetic::new(series, decimals, TaxRounding::PerLine), &lines).1
        };
        assert_eq!((of(0, dec!(333)), of(3, dec!(0.333))), (dec!(50), dec!(0.050)), "{series}");
    }
}

/// From the price with tax to the one without, and back, for taxes that are affine in it.
#[test]
fn the_unit_price_is_found_exactly() {
    let on_top = tax(1, AmountType::Percent, dec!(15), false);
    let contained = tax(1, AmountType::Percent, dec!(15), true);
    let deposit = tax(2, AmountType::Fixed, dec!(0.5), false);
    for series in [ODOO_14, ODOO_19] {
        let arithmetic = Arithmetic::new(series, 2, TaxRounding::Globally);
        assert_eq!(arithmetic.unit_price(&[&on_top], dec!(46), true).round_dp(20), dec!(40));
        assert_eq!(arithmetic.unit_price(&[&contained], dec!(40), false).round_dp(20), dec!(46));
        assert_eq!(arithmetic.unit_price(&[&on_top, &deposit], dec!(46.5), true).round_dp(20), dec!(40));
        assert_eq!(arithmetic.unit_price(&[&on_top], dec!(40), false), dec!(40));
    }
}
