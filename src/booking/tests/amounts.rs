//! Charges, tips, discounts, rounding, and the tax that the source states.

use crate::shop::{CashRounding, RoundingMethod};

use super::*;

/// A car wash of 40.00 net and an air freshener of 60.00 net: 115.00 with tax.
fn hundred(grand: Decimal) -> Order {
    order(
        vec![line("Car Wash", dec!(40), dec!(1)), line("Air Freshener", dec!(60), dec!(1))],
        vec![tender(2, "Card", grand)],
        grand,
        None,
    )
}

fn with(rules: &Rules, order: &Order) -> Result<Booking, crate::order::Refusal> {
    book(order, None, &shop(), rules)
}

/// The booked line of a product.
fn of(booking: &Booking, product: i64) -> &BookingLine {
    booking.lines.iter().find(|line| line.product == product).expect("a line of the product")
}

#[test]
fn service_charges_are_read_as_the_total_says() {
    // (charge, grand total, unit price, taxes): net like the prices; gross among net prices;
    // free of tax.
    for (grand, price, taxes) in
        [(dec!(126.50), dec!(10), vec![EXCLUDED_15]), (dec!(125.00), dec!(10), vec![INCLUDED_15])]
    {
        let mut order = hundred(grand);
        order.totals.service_charges = Some(dec!(10));
        let booking = plan(&order).unwrap();
        let charge = of(&booking, 30);
        assert_eq!((booking.total, charge.price_unit, &charge.taxes), (grand, price, &taxes));
        assert_eq!(charge.product_name, "Service charge");
    }
    // The stated tax tells a charge that contains tax from one that is free of it.
    let mut untaxed = hundred(dec!(125));
    untaxed.totals.service_charges = Some(dec!(10));
    untaxed.totals.tax = Some(dec!(15));
    let booking = plan(&untaxed).unwrap();
    assert!(of(&booking, 30).taxes.is_empty());
    assert_eq!((booking.total, booking.tax), (dec!(125), dec!(15)));
    // Among gross prices.
    let mut gross = hundred(dec!(110));
    gross.totals.service_charges = Some(dec!(10));
    assert_eq!(plan(&gross).unwrap().tax, dec!(14.35));
}

#[test]
fn a_special_product_that_is_missing_is_named_with_what_to_do() {
    let mut charged = hundred(dec!(126.50));
    charged.totals.service_charges = Some(dec!(10));
    let mut rules = Rules::default();
    rules.special.service_charge = "FEE".into();
    let refusal = with(&rules, &charged).unwrap_err();
    assert_eq!(refusal.code, Code::MissingProduct);
    assert_eq!(refusal.message, "The product for service charges, FEE, does not exist in Odoo.");
    assert!(refusal.fix.contains("create a product with this internal reference"), "{}", refusal.fix);
}

#[test]
fn tips_lie_within_or_on_top_of_total_and_tenders() {
    // (grand total, tendered, tip, booked total, paid)
    for (grand, tendered, paid) in [
        (dec!(115), dec!(120), dec!(120)), // on top of the total, within the tender
        (dec!(115), dec!(115), dec!(120)), // on top of both
        (dec!(120), dec!(120), dec!(120)), // within both
        (dec!(120), dec!(115), dec!(120)), // within the total, on top of the tender
    ] {
        let mut order = hundred(grand);
        order.tenders[0].amount = tendered;
        order.tenders[0].tip = Some(dec!(5));
        let booking = plan(&order).unwrap_or_else(|refusal| panic!("{grand}, {tendered}: {refusal}"));
        assert_eq!((booking.total, booking.tax, booking.tips), (dec!(120), dec!(15), dec!(5)));
        assert_eq!(of(&booking, 31).subtotal_incl, dec!(5));
        assert_eq!(booking.payments[0].amount, paid);
    }
    let mut odd = hundred(dec!(115));
    odd.tenders[0].amount = dec!(117);
    odd.tenders[0].tip = Some(dec!(5));
    let refusal = plan(&odd).unwrap_err();
    assert_eq!(refusal.code, Code::PaymentMismatch);
    assert_eq!(
        refusal.message,
        "The tenders sum to 117.00, or 122.00 with their tips, and neither is the total 120.00."
    );
    let mut nowhere = hundred(dec!(117));
    nowhere.tenders[0].tip = Some(dec!(5));
    let refusal = plan(&nowhere).unwrap_err();
    assert_eq!(refusal.code, Code::TotalMismatch);
    assert!(refusal.message.contains("tips of 5.00 neither lie within"), "{}", refusal.message);
}

/// An exchange that gives money back, and a tip for it: the tip is still received.
#[test]
fn a_tip_on_an_exchange_that_gives_money_back_is_taken() {
    let mut order = order(
        vec![line("Car Wash", dec!(40), dec!(-1)), line("Air Freshener", dec!(20), dec!(1))],
        vec![tender(2, "Card", dec!(-23))],
        dec!(-23),
        None,
    );
    order.tenders[0].tip = Some(dec!(1));
    let booking = plan(&order).unwrap();
    let paid: Decimal = booking.payments.iter().map(|payment| payment.amount).sum();
    assert_eq!((booking.total, booking.tips, paid), (dec!(-22), dec!(1), dec!(-22)));
}

#[test]
fn cash_with_a_tip_gives_change() {
    let mut order = hundred(dec!(115));
    order.tenders = vec![tender(1, "Cash", dec!(150))];
    order.tenders[0].tip = Some(dec!(5));
    let amounts: Vec<_> = plan(&order).unwrap().payments.iter().map(|payment| payment.amount).collect();
    assert_eq!(amounts, [dec!(150), dec!(-30)]);
}

#[test]
fn residual_cents_become_one_rounding_line() {
    for (grand, residual) in [(dec!(115.02), dec!(0.02)), (dec!(114.99), dec!(-0.01))] {
        let booking = plan(&hundred(grand)).unwrap();
        assert_eq!((booking.total, booking.lines.len()), (grand, 3));
        let rounding = of(&booking, 32);
        assert_eq!((rounding.quantity, rounding.price_unit), (dec!(1), residual));
        assert!(booking.warnings[0].contains("Rounding"), "{:?}", booking.warnings);
    }
    assert_eq!(refused(&hundred(dec!(115.03))), Code::TotalMismatch, "more than a cent per line");
    let off = Rules { rounding_limit: dec!(0), ..Rules::default() };
    assert_eq!(with(&off, &hundred(dec!(115.01))).unwrap_err().code, Code::TotalMismatch);
}

#[test]
fn a_refund_rounds_the_other_way() {
    let mut refund = hundred(dec!(115.01));
    refund.status = Status::Refund;
    let booking = plan(&refund).unwrap();
    assert_eq!((booking.total, of(&booking, 32).quantity), (dec!(-115.01), dec!(-1)));
    assert_eq!(of(&booking, 32).subtotal_incl, dec!(-0.01));
}

#[test]
fn gross_prices_on_net_taxes_rounded_per_line_end_in_a_rounding_line() {
    let mut shop = shop();
    shop.taxes.remove(&INCLUDED_15);
    shop.tax_rounding = TaxRounding::PerLine;
    // 9.99 gross is 8.69 net, and 15 % of that 1.30 (1.3035): a cent short of nothing.
    let mut cents = 0;
    for price in 1..400 {
        let price = Decimal::new(price, 2);
        let grand = price * dec!(3);
        let order =
            order(vec![line("Car Wash", price, dec!(3))], vec![tender(1, "Cash", grand)], grand, None);
        let rules = Rules { price_mode: PriceMode::TaxIncluded, ..Rules::default() };
        let booking =
            book(&order, None, &shop, &rules).unwrap_or_else(|refusal| panic!("{price}: {refusal}"));
        assert_eq!(booking.total, grand);
        cents += usize::from(booking.lines.len() > 1);
    }
    assert!(cents > 0, "some need it");
}

#[test]
fn a_shop_that_rounds_for_cash_is_paid_in_coins() {
    let mut shop = shop();
    let rounding = CashRounding { step: dec!(0.05), method: RoundingMethod::HalfUp, only_cash: true };
    shop.cash_rounding = Some(rounding);
    let paid = |shop: &Shop, mode, card: &str, amount| {
        let order = order(
            vec![line("Stamp", dec!(13.21), dec!(1))],
            vec![tender(mode, card, amount)],
            dec!(13.21),
            None,
        );
        book(&order, None, shop, &Rules::default()).map(|booking| {
            assert_eq!(booking.total, dec!(13.21));
            booking.payments.iter().map(|payment| payment.amount).collect::<Vec<_>>()
        })
    };
    assert_eq!(paid(&shop, 1, "Cash", dec!(13.20)), Ok(vec![dec!(13.20)]));
    assert_eq!(paid(&shop, 1, "Cash", dec!(13.21)), Ok(vec![dec!(13.21)]), "exact is exact");
    assert_eq!(paid(&shop, 1, "Cash", dec!(20)), Ok(vec![dec!(20), dec!(-6.80)]));
    assert_eq!(paid(&shop, 2, "Card", dec!(13.21)), Ok(vec![dec!(13.21)]));
    assert_eq!(paid(&shop, 2, "Card", dec!(13.20)).unwrap_err().code, Code::PaymentMismatch);
    assert_eq!(paid(&shop, 1, "Cash", dec!(13.15)).unwrap_err().code, Code::PaymentMismatch);
    shop.cash_rounding = Some(CashRounding { only_cash: false, ..rounding });
    assert_eq!(paid(&shop, 2, "Card", dec!(13.20)), Ok(vec![dec!(13.20)]));
    shop.series = crate::odoo::Series { major: 14, minor: 0 };
    assert_eq!(
        paid(&shop, 2, "Card", dec!(13.21)).unwrap_err().code,
        Code::PaymentMismatch,
        "Odoo 14 would leave it in draft"
    );
}

/// Net prices of 100 whose source takes 5 % although the products have 15 %.
fn five_percent() -> Order {
    let mut order = hundred(dec!(105));
    order.totals.tax = Some(dec!(5));
    order.totals.tax_percent = Some(dec!(5));
    order
}

#[test]
fn the_tax_of_the_stated_percentage_is_put_on_the_lines_when_asked_for() {
    let mut shop = shop();
    shop.taxes.insert(7, tax(7, dec!(5), false));
    let rules = Rules { tax_policy: TaxPolicy::Map, ..Rules::default() };
    assert_eq!(refused(&five_percent()), Code::TotalMismatch);
    let booking = book(&five_percent(), None, &shop, &rules).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(105), dec!(5)));
    assert!(booking.lines.iter().all(|line| line.taxes == [7]));
    assert_eq!(
        booking.warnings,
        ["Booked with the tax that the source states (5 %) instead of the products' own."]
    );
    // A line's own rate comes first.
    let mut mixed = five_percent();
    mixed.lines[1].tax_percent = Some(dec!(15));
    (mixed.totals.tax, mixed.totals.grand) = (Some(dec!(11)), dec!(111));
    mixed.tenders[0].amount = dec!(111);
    let booking = book(&mixed, None, &shop, &rules).unwrap();
    assert_eq!([&booking.lines[0].taxes, &booking.lines[1].taxes], [&[7][..], &[EXCLUDED_15][..]]);
    // Two of that percentage: named.
    shop.taxes.insert(8, tax(8, dec!(5), false));
    let refusal = book(&five_percent(), None, &shop, &rules).unwrap_err();
    assert_eq!(refusal.code, Code::TaxMismatch);
    assert!(refusal.message.contains("2 sale taxes of that percentage: 5%, 5%"), "{}", refusal.message);
    let refusal = with(&rules, &five_percent()).unwrap_err();
    assert!(refusal.message.contains("no sale tax of that percentage"), "{}", refusal.message);
}

#[test]
fn a_stated_tax_of_zero_takes_the_tax_off_when_asked_for() {
    let mut untaxed = hundred(dec!(100));
    untaxed.totals.tax = Some(dec!(0));
    assert_eq!(refused(&untaxed), Code::TaxMismatch, "gross prices fit the total, but not the tax");
    let booking = with(&Rules { tax_policy: TaxPolicy::Map, ..Rules::default() }, &untaxed).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(100), dec!(0)));
    assert!(booking.lines.iter().all(|line| line.taxes.is_empty()));
}

#[test]
fn odoos_tax_is_kept_and_flagged_when_asked_for() {
    let mut untaxed = hundred(dec!(100));
    untaxed.totals.tax = Some(dec!(0));
    let booking = with(&Rules { tax_policy: TaxPolicy::Keep, ..Rules::default() }, &untaxed).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(100), dec!(13.04)));
    assert!(booking.warnings[0].contains("states a tax of 0.00"), "{:?}", booking.warnings);
}

#[test]
fn the_discount_of_an_order_is_lines_of_its_own_when_asked_for() {
    let rules = Rules { order_discount: OrderDiscount::Lines, ..Rules::default() };
    // 40 + 60 at 15 %, 100 untaxed; 20 off: 10 of each.
    let mut order = hundred(dec!(193.50));
    order.lines.push(line("Stamp", dec!(100), dec!(1)));
    order.totals.discount = Some(dec!(20));
    let booking = with(&rules, &order).unwrap();
    let discounts: Vec<_> = booking
        .lines
        .iter()
        .filter(|line| line.product == 33)
        .map(|line| (line.quantity, line.price_unit, line.taxes.clone()))
        .collect();
    assert_eq!(discounts, [(dec!(1), dec!(-10), vec![EXCLUDED_15]), (dec!(1), dec!(-10), vec![])]);
    assert_eq!((booking.total, booking.tax), (dec!(193.50), dec!(13.50)));
    order.status = Status::Refund;
    let refund = with(&rules, &order).unwrap();
    assert_eq!(refund.total, dec!(-193.50));
    assert_eq!(refund.lines[3].subtotal_incl, dec!(11.50));

    // Half a cent of tax is lost between the lines, and comes back as rounding.
    let mut half = super::order(
        vec![line("Car Wash", dec!(40), dec!(1)), line("Air Freshener", dec!(22.5), dec!(2))],
        vec![tender(1, "Cash", dec!(87.98))],
        dec!(87.98),
        Some(dec!(11.48)),
    );
    half.totals.discount = Some(dec!(8.5));
    let booking = with(&rules, &half).unwrap();
    assert_eq!((booking.total, of(&booking, 32).price_unit), (dec!(87.98), dec!(0.01)));
}

#[test]
fn an_exchange_takes_its_discount_off_what_is_sold() {
    for order_discount in [OrderDiscount::Spread, OrderDiscount::Lines] {
        let mut exchange = order(
            vec![line("Stamp", dec!(100), dec!(1)), line("Stamp", dec!(30), dec!(-1))],
            vec![tender(1, "Cash", dec!(60))],
            dec!(60),
            None,
        );
        exchange.totals.discount = Some(dec!(10));
        let booking = with(&Rules { order_discount, ..Rules::default() }, &exchange).unwrap();
        assert_eq!((booking.total, booking.is_refund), (dec!(60), false));
        assert_eq!(booking.lines[1].subtotal, dec!(-30));
    }
}
