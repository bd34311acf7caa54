//! Whatever is ordered: `book` refuses, or gives an order that Odoo computes the same, whose
//! total is what is owed and whose payments are its total.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::taxes::{Arithmetic, TaxableLine, applied};
use super::*;

const NAMES: [&str; 6] = ["Engine Oil Change", "Car Wash", "Air Freshener", "Wine", "Stamp", "Nothing"];

fn cents(range: std::ops::Range<i64>) -> impl Strategy<Value = Decimal> {
    range.prop_map(|cents| Decimal::new(cents, 2))
}

fn sold() -> impl Strategy<Value = Line> {
    let quantity = prop_oneof![
        6 => (1_i64..5).prop_map(Decimal::from),
        2 => (1_i64..3000).prop_map(|thousandths| Decimal::new(thousandths, 3)),
        1 => (1_i64..3).prop_map(|count| -Decimal::from(count)),
    ];
    (0..NAMES.len(), cents(0..20_000), quantity, 0_i64..60).prop_map(|(name, price, quantity, percent)| {
        let mut line = line(NAMES[name], price, quantity);
        if percent > 40 {
            line.discount = Some(LineDiscount::Percent(Decimal::from(percent)));
        }
        line
    })
}

/// An order as a source could make it: its total one of those its lines may come to, or a
/// few cents off.
fn ordered() -> impl Strategy<Value = Order> {
    let extras = (
        prop_oneof![2 => Just(dec!(0)), 1 => cents(1..500)],
        prop_oneof![2 => Just(dec!(0)), 1 => cents(1..2000)],
        prop_oneof![2 => Just(dec!(0)), 1 => cents(1..1000)],
    );
    (proptest::collection::vec(sold(), 1..5), extras, any::<[bool; 5]>(), -3_i64..4).prop_map(
        |(lines, (discount, charge, tip), [gross, refund, tip_inside, over, taxed_charge], off)| {
            let sum: Decimal = lines
                .iter()
                .map(|line| {
                    let rate = match line.name.as_deref() {
                        _ if gross => dec!(1),
                        Some("Wine") => dec!(1.2),
                        Some("Stamp") => dec!(1),
                        _ => dec!(1.15),
                    };
                    let left = match line.discount {
                        Some(LineDiscount::Percent(percent)) => dec!(1) - percent / dec!(100),
                        _ => dec!(1),
                    };
                    line.price * line.quantity * left * rate
                })
                .sum();
            let charged = if taxed_charge && !gross { charge * dec!(1.15) } else { charge };
            let off = if off.abs() < 3 { Decimal::new(off, 2) } else { dec!(0) };
            let inside = if tip_inside { tip } else { dec!(0) };
            let currency = shop().currency;
            let grand = currency.round(sum + charged - discount + off) + inside;
            let paid = grand + tip - inside + if over && !refund { dec!(5) } else { dec!(0) };
            let mut order = order(lines, vec![tender(1, "Cash", paid)], grand, None);
            order.tenders[0].tip = Some(tip);
            order.totals.discount = Some(discount);
            order.totals.service_charges = Some(charge);
            if refund {
                order.status = Status::Refund;
            }
            order
        },
    )
}

/// Fails unless a booking is what Odoo computes from its lines and what its order states.
fn check(order: &Order, booking: &Booking, shop: &Shop) -> Result<(), TestCaseError> {
    let computed: Vec<_> = booking
        .lines
        .iter()
        .map(|line| {
            Arithmetic::of(shop).line(&TaxableLine {
                price_unit: line.price_unit,
                discount: line.discount,
                quantity: line.quantity,
                taxes: applied(&line.taxes, shop).unwrap(),
            })
        })
        .collect();
    let totals = Arithmetic::of(shop).totals(&computed.iter().collect::<Vec<_>>());
    prop_assert_eq!((totals.total, totals.tax), (booking.total, booking.tax));
    for (line, computed) in booking.lines.iter().zip(&computed) {
        prop_assert_eq!(line.subtotal, computed.subtotal);
        prop_assert_eq!(line.subtotal_incl, computed.subtotal_incl);
        prop_assert_eq!(line.quantity, line.quantity.round_dp(2), "a quantity that Odoo keeps");
    }
    let paid: Decimal = booking.payments.iter().map(|payment| payment.amount).sum();
    prop_assert_eq!(paid, booking.total);
    let grand = order.signed_total();
    prop_assert!(
        [grand, grand + booking.tips].contains(&booking.total),
        "{} is not {} with or without its tips",
        booking.total,
        grand
    );
    Ok(())
}

#[test]
fn what_is_booked_is_what_odoo_computes() {
    let booked = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1024));
    let result = runner.run(&(ordered(), any::<[bool; 3]>()), |(order, [per_line, as_lines, twins])| {
        let mut shop = shop();
        shop.tax_rounding = if per_line { TaxRounding::PerLine } else { TaxRounding::Globally };
        if !twins {
            shop.taxes.remove(&INCLUDED_15);
        }
        let order_discount = if as_lines { OrderDiscount::Lines } else { OrderDiscount::Spread };
        let rules = Rules { order_discount, ..Rules::default() };
        let Ok(booking) = book(&order, None, &shop, &rules) else { return Ok(()) };
        booked.set(booked.get() + 1);
        prop_assert_eq!(
            book(&order, None, &shop, &rules),
            Ok(booking.clone()),
            "the same for the same input"
        );
        check(&order, &booking, &shop)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(booked.get() > 300, "only {} orders were booked", booked.get());
}

proptest! {
    #[test]
    fn a_total_that_is_right_is_booked(price in cents(1..20_000), quantity in 1_i64..9, gross: bool) {
        let amount = price * Decimal::from(quantity);
        let grand = shop().currency.round(if gross { amount } else { amount * dec!(1.15) });
        let order = order(
            vec![line("Car Wash", price, Decimal::from(quantity))],
            vec![tender(1, "Cash", grand)],
            grand,
            None,
        );
        prop_assert_eq!(plan(&order).map(|booking| booking.total), Ok(grand));
    }
}
