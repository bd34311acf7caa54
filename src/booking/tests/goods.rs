//! Products by mapping, quantities, lots, components, and refunds of an amount.

use super::*;

fn one(line: Line, grand: Decimal) -> Order {
    order(vec![line], vec![tender(1, "Cash", grand)], grand, None)
}

#[test]
fn an_explicit_mapping_of_a_product_comes_first() {
    let rule = |code: &str, product| ProductRule { code: code.into(), product };
    let mapped = |code: &str, product, edit: fn(&mut Line)| {
        let rules = Rules { product_map: vec![rule(code, product)], ..Rules::default() };
        let mut line = line("Stamp", dec!(1), dec!(1));
        edit(&mut line);
        book(&one(line, dec!(1)), None, &shop(), &rules).map(|booking| booking.lines[0].product)
    };
    let gift = || ProductRef::Reference("T1".into());
    assert_eq!(mapped(" stamp ", gift(), |_| {}), Ok(18));
    assert_eq!(mapped("stam", gift(), |_| {}), Ok(17), "compared whole");
    assert_eq!(mapped("X-1", ProductRef::Id(19), |line| line.sku = Some("x-1".into())), Ok(19));
    assert_eq!(mapped("77", gift(), |line| line.item_id = Some("77".into())), Ok(18));
    assert_eq!(mapped("628", gift(), |line| line.barcode = Some("628".into())), Ok(18));
    let refusal = mapped("Stamp", ProductRef::Reference("NONE".into()), |_| {}).unwrap_err();
    assert_eq!(refusal.code, Code::UnknownProduct);
    assert_eq!(
        refusal.message,
        "Line 1: Stamp is mapped to the product with the internal reference NONE, which does not exist in Odoo."
    );
}

#[test]
fn a_quantity_that_odoo_would_round_keeps_its_amount() {
    let fraction = one(line("Stamp", dec!(25), dec!(0.333)), dec!(8.33));
    let booking = plan(&fraction).unwrap();
    let line = &booking.lines[0];
    assert_eq!((line.quantity, line.price_unit), (dec!(0.33), dec!(25.227272727272727)));
    assert_eq!((booking.total, booking.lines.len()), (dec!(8.33), 1));
    assert!(booking.warnings[0].contains("0.333 was booked as 0.33"), "{:?}", booking.warnings);

    let refuse = Rules { quantity_policy: QuantityPolicy::Refuse, ..Rules::default() };
    assert_eq!(book(&fraction, None, &shop(), &refuse).unwrap_err().code, Code::QuantityPrecision);
    let nothing = one(super::line("Stamp", dec!(1000), dec!(0.001)), dec!(1));
    assert_eq!(refused(&nothing), Code::QuantityPrecision);
}

#[test]
fn a_unit_of_measure_may_keep_less_than_the_decimals() {
    let mut shop = shop();
    shop.unit_steps.insert(1, dec!(0.5));
    let booking =
        book(&one(line("Stamp", dec!(10), dec!(1.25)), dec!(12.5)), None, &shop, &Rules::default()).unwrap();
    assert_eq!((booking.lines[0].quantity, booking.total), (dec!(1.5), dec!(12.5)));
    shop.unit_steps.insert(1, dec!(0.001));
    let booking =
        book(&one(line("Stamp", dec!(8), dec!(1.125)), dec!(9)), None, &shop, &Rules::default()).unwrap();
    assert_eq!(booking.lines[0].quantity, dec!(1.13), "Product Unit has two decimals");
}

#[test]
fn lots_and_serial_numbers_travel_with_their_line() {
    let mut shop = shop();
    for (id, tracking) in [(17, Tracking::Serial), (16, Tracking::Lot)] {
        let mut tracked = shop.catalogue.get(id).unwrap().clone();
        (tracked.tracking, tracked.taxes) = (tracking, vec![]);
        shop.catalogue.upsert(tracked);
    }
    let sell = |name: &str, quantity: Decimal, lot: Option<&str>, lot_policy| {
        let mut line = line(name, dec!(1), quantity);
        line.lot = lot.map(str::to_owned);
        let rules = Rules { lot_policy, ..Rules::default() };
        book(&one(line, quantity), None, &shop, &rules)
            .map(|booking| {
                (booking.lines[0].lot.clone(), booking.lines[0].note.clone(), booking.warnings.len())
            })
            .map_err(|refusal| refusal.code)
    };
    let number = || Some("N1".to_owned());
    assert_eq!(sell("Stamp", dec!(1), Some("N1"), LotPolicy::Refuse), Ok((number(), None, 0)));
    assert_eq!(sell("Wine", dec!(6), Some("N1"), LotPolicy::Refuse), Ok((number(), None, 0)));
    assert_eq!(sell("Stamp", dec!(2), Some("N1"), LotPolicy::Refuse), Err(Code::MissingLot));
    assert_eq!(sell("Wine", dec!(1), None, LotPolicy::Refuse), Err(Code::MissingLot));
    assert_eq!(sell("Wine", dec!(1), None, LotPolicy::Book), Ok((None, None, 1)));
    assert_eq!(sell("T1", dec!(1), None, LotPolicy::Refuse), Err(Code::UnknownProduct));
    let mut untracked = line("Car Wash", dec!(1), dec!(1));
    untracked.lot = number();
    let booking = book(&one(untracked, dec!(1)), None, &shop, &Rules::default()).unwrap();
    assert_eq!((booking.lines[0].lot.as_deref(), booking.lines[0].note.as_deref()), (None, Some("N1")));
}

#[test]
fn components_are_ignored_or_booked_for_nothing() {
    let mut combo = line("Car Wash", dec!(40), dec!(2));
    combo.components = vec![line("Air Freshener", dec!(0), dec!(3)), line("Nobody knows", dec!(0), dec!(1))];
    let mut order = one(combo, dec!(92));
    assert_eq!(plan(&order).unwrap().lines.len(), 1);
    let rules = Rules { combo_components: ComboComponents::Book, ..Rules::default() };
    let refusal = book(&order, None, &shop(), &rules).unwrap_err();
    assert!(refusal.message.starts_with("Line 1, component 2: no product"), "{}", refusal.message);
    order.lines[0].components.pop();
    let booking = book(&order, None, &shop(), &rules).unwrap();
    let component = &booking.lines[1];
    assert_eq!((component.product, component.quantity), (15, dec!(6)));
    assert_eq!((component.price_unit, component.subtotal_incl), (dec!(0), dec!(0)));
    assert_eq!(booking.total, dec!(92));
}

#[test]
fn of_a_card_number_only_the_last_four_digits_travel() {
    for (number, digits) in [
        ("411111******1111", Some("1111")),
        ("XXXX-XXXX-9876 ", Some("9876")),
        ("1234567890123", Some("0123")),
        ("***12", Some("12")),
        ("Visa", None),
    ] {
        let mut paid = tender(2, "Card", dec!(1));
        paid.card_number = Some(number.into());
        paid.reference = Some("T-1".into());
        let booking = plan(&order(vec![line("Stamp", dec!(1), dec!(1))], vec![paid], dec!(1), None)).unwrap();
        let payment = &booking.payments[0];
        assert_eq!(
            (payment.card_digits.as_deref(), payment.transaction_id.as_deref()),
            (digits, Some("T-1"))
        );
    }
}

/// A refund of an amount, by status or by sign, with lines that come to nothing or none.
fn amount_refund(amount: Decimal, lines: Vec<Line>) -> Order {
    let mut refund = order(lines, vec![tender(1, "Cash", amount)], amount, None);
    refund.status = Status::Refund;
    refund
}

fn sale(taxes: &[i64]) -> Sale {
    let line = |taxes: &i64| OriginalLine { taxes: vec![*taxes], ..original(*taxes, dec!(1), dec!(0)) };
    Sale {
        name: "Shop/1".into(),
        total: dec!(138),
        given_back: dec!(100),
        partner: None,
        invoiced: false,
        lines: taxes.iter().map(line).collect(),
    }
}

#[test]
fn a_refund_of_an_amount_is_one_line_with_the_tax_of_its_sale() {
    let refund = amount_refund(dec!(23), vec![line("Car Wash", dec!(0), dec!(1))]);
    let booking = book(&refund, Some(&sale(&[EXCLUDED_15])), &shop(), &Rules::default()).unwrap();
    assert_eq!((booking.total, booking.tax, booking.lines.len()), (dec!(-23), dec!(-3), 1));
    let line = &booking.lines[0];
    assert_eq!((line.product, line.quantity, line.refunded_line), (34, dec!(-1), None));
    assert_eq!(line.note.as_deref(), Some("Car Wash"));
    assert_eq!(booking.payments[0].amount, dec!(-23));
    assert!(booking.note.contains("Refund of an amount of Shop/1"), "{}", booking.note);

    // Different taxes: the refund product's own, which has none.
    let mixed = book(&refund, Some(&sale(&[EXCLUDED_15, INCLUDED_20])), &shop(), &Rules::default()).unwrap();
    assert_eq!((mixed.total, mixed.tax), (dec!(-23), dec!(0)));
    let unknown = book(&amount_refund(dec!(-23), vec![]), None, &shop(), &Rules::default()).unwrap();
    assert_eq!((unknown.total, unknown.tax), (dec!(-23), dec!(0)));
}

#[test]
fn a_refund_of_more_than_is_left_is_refused() {
    let refund = amount_refund(dec!(38.01), vec![]);
    let refusal = book(&refund, Some(&sale(&[EXCLUDED_15])), &shop(), &Rules::default()).unwrap_err();
    assert_eq!(refusal.code, Code::OverRefund);
    assert_eq!(refusal.message, "The refund of 38.01 is more than the 38.00 that Shop/1 has left.");
    let all = amount_refund(dec!(38), vec![]);
    assert_eq!(book(&all, Some(&sale(&[])), &shop(), &Rules::default()).unwrap().total, dec!(-38));
}

#[test]
fn a_refund_gives_back_charges_and_tips_too() {
    let mut refund = order(
        vec![line("Engine Oil Change", dec!(120), dec!(1))],
        vec![tender(1, "", dec!(154.5))],
        dec!(149.5),
        None,
    );
    refund.status = Status::Refund;
    refund.totals.service_charges = Some(dec!(10));
    refund.tenders[0].tip = Some(dec!(5));
    let mut sale = Sale { total: dec!(254.5), ..sale(&[]) };
    sale.lines =
        vec![original(77, dec!(1), dec!(0)), OriginalLine { product: 30, ..original(78, dec!(1), dec!(0)) }];
    let booking = book(&refund, Some(&sale), &shop(), &Rules::default()).unwrap();
    assert_eq!((booking.total, booking.tips), (dec!(-154.5), dec!(-5)));
    let links: Vec<_> = booking.lines.iter().map(|line| (line.product, line.refunded_line)).collect();
    assert_eq!(links, [(11, Some(77)), (31, None), (30, Some(78))]);
}
