//! The booking rules, on a shop with the taxes and methods that matter.

mod amounts;
mod goods;
mod properties;

use std::collections::HashMap;

use chrono::DateTime;
use rust_decimal::Decimal;
use rust_decimal::dec;

use crate::order::{
    Code, Customer, Document, Line, LineDiscount, Order, OrderKey, SourceId, Status, Tender, Totals,
};
use crate::shop::{
    AmountType, Catalogue, Currency, MethodKind, PaymentMethod, Product, Share, Shop, Stock, Tax,
    TaxRounding, Tracking,
};

use super::*;

const EXCLUDED_15: i64 = 1;
const INCLUDED_15: i64 = 2;
const INCLUDED_20: i64 = 3;
const CODE: i64 = 4;

fn tax(id: i64, amount: Decimal, price_include: bool) -> Tax {
    Tax {
        id,
        name: format!("{amount}%{}", if price_include { " incl" } else { "" }),
        amount_type: AmountType::Percent,
        amount,
        price_include,
        include_base_amount: false,
        is_base_affected: true,
        sequence: 1,
        group: 1,
        repartition: vec![Share { factor: Decimal::ONE, account: Some(1) }],
        refund_repartition: vec![Share { factor: Decimal::ONE, account: Some(1) }],
        for_sale: true,
        active: true,
    }
}

fn product(id: i64, name: &str, code: &str, taxes: &[i64]) -> Product {
    Product {
        id,
        name: name.into(),
        translations: vec![],
        code: Some(code.into()),
        barcode: Some(format!("B{id}")),
        taxes: taxes.to_vec(),
        unavailable: None,
        stock: Stock::Counted,
        unit: 1,
        tracking: Tracking::None,
    }
}

fn method(id: i64, name: &str, kind: MethodKind) -> PaymentMethod {
    let journal = (kind != MethodKind::PayLater).then(|| name.to_owned());
    PaymentMethod {
        id,
        name: name.into(),
        kind,
        journal,
        lacks_journal: false,
        terminal: None,
        names_customer: kind == MethodKind::PayLater,
    }
}

pub(super) fn shop() -> Shop {
    let mut python = tax(CODE, dec!(0), false);
    python.amount_type = AmountType::Other("code".into());
    let taxes = [
        tax(EXCLUDED_15, dec!(15), false),
        tax(INCLUDED_15, dec!(15), true),
        tax(INCLUDED_20, dec!(20), true),
        python,
    ];
    Shop {
        id: 1,
        name: "Main Shop".into(),
        series: crate::odoo::Series { major: 19, minor: 0 },
        company: 1,
        pricelist: Some(1),
        currency: Currency { id: 1, code: "SAR".into(), decimals: 2 },
        tax_rounding: TaxRounding::Globally,
        quantity_decimals: 2,
        methods: vec![
            method(1, "Cash Till", MethodKind::Cash),
            method(2, "Gift Card", MethodKind::Bank),
            method(3, "Card", MethodKind::Bank),
            method(4, "Mada", MethodKind::Bank),
            method(5, "Customer Account", MethodKind::PayLater),
        ],
        taxes: taxes.into_iter().map(|tax| (tax.id, tax)).collect(),
        fiscal_position: None,
        cash_rounding: None,
        unit_steps: HashMap::from([(1, dec!(0.01))]),
        catalogue: Catalogue::new([
            product(11, "Engine Oil Change", "OIL", &[EXCLUDED_15]),
            product(12, "Brake Pad Set Front", "90201", &[EXCLUDED_15]),
            product(13, "Workshop Labour (1 h)", "90007", &[EXCLUDED_15]),
            product(14, "Car Wash", "WASH", &[EXCLUDED_15]),
            product(15, "Air Freshener", "FRESH", &[EXCLUDED_15]),
            product(16, "Wine", "WINE", &[INCLUDED_20]),
            product(17, "Stamp", "STAMP", &[]),
            product(18, "Twice", "T1", &[]),
            product(19, "Twice", "T2", &[]),
            product(20, "Odd", "ODD", &[CODE]),
            product(30, "Service charge", "EXT-CHARGE", &[EXCLUDED_15]),
            product(31, "Tip", "EXT-TIP", &[]),
            product(32, "Rounding", "EXT-ROUNDING", &[]),
            product(33, "Discount", "EXT-DISCOUNT", &[]),
            product(34, "Refund", "EXT-REFUND", &[]),
        ]),
    }
}

pub(super) fn line(name: &str, price: Decimal, quantity: Decimal) -> Line {
    Line {
        name: Some(name.into()),
        item_id: None,
        odoo_item_id: None,
        barcode: None,
        sku: None,
        price,
        price_is_net: false,
        quantity,
        discount: None,
        tax: None,
        tax_percent: None,
        note: None,
        lot: None,
        unit: None,
        components: vec![],
    }
}

/// A line of a sale of engine oil changes.
fn original(id: i64, quantity: Decimal, refunded: Decimal) -> OriginalLine {
    let total = quantity * dec!(138);
    OriginalLine { id, product: 11, quantity, refunded, taxes: vec![EXCLUDED_15], total }
}

pub(super) fn tender(mode: i64, card_type: &str, amount: Decimal) -> Tender {
    let card_type = (!card_type.is_empty()).then(|| card_type.to_owned());
    Tender { amount, mode: Some(mode), card_type, card_number: None, reference: None, tip: None }
}

pub(super) fn order(lines: Vec<Line>, tenders: Vec<Tender>, grand: Decimal, tax: Option<Decimal>) -> Order {
    Order {
        key: OrderKey {
            source: SourceId::new("POS").unwrap(),
            location: None,
            order_id: "70211".into(),
            document: Document::Sale,
        },
        status: Status::Completed,
        sale_at: DateTime::UNIX_EPOCH,
        dated: true,
        ordered_at: None,
        checked_out_at: None,
        completed_at: None,
        updated_at: None,
        register: None,
        currency: None,
        customer: Customer::default(),
        note: None,
        invoice_no: None,
        original_order_id: None,
        totals: Totals {
            amount: None,
            discount: None,
            tax,
            tax_percent: None,
            service_charges: None,
            grand,
            paid: None,
            balance: None,
            part_paid: false,
        },
        lines,
        tenders,
    }
}

fn plan(order: &Order) -> Result<Booking, crate::order::Refusal> {
    book(order, None, &shop(), &Rules::default())
}

fn refused(order: &Order) -> Code {
    plan(order).expect_err("must be refused").code
}

#[test]
fn net_prices_get_their_tax_on_top() {
    let booking = plan(&order(
        vec![line("Engine Oil Change", dec!(120), dec!(1))],
        vec![tender(1, "Cash", dec!(138))],
        dec!(138),
        Some(dec!(18)),
    ))
    .unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(138), dec!(18)));
    assert_eq!((booking.lines[0].price_unit, booking.lines[0].subtotal), (dec!(120), dec!(120)));
    assert_eq!(booking.lines[0].taxes, [EXCLUDED_15]);
    assert_eq!(booking.payments.len(), 1);
    assert!(booking.warnings.is_empty());
}

#[test]
fn gross_prices_use_the_included_twin_of_the_tax() {
    let booking = plan(&order(
        vec![line("Car Wash", dec!(40), dec!(1))],
        vec![tender(1, "", dec!(40))],
        dec!(40),
        None,
    ))
    .unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(40), dec!(5.22)));
    assert_eq!(
        (booking.lines[0].price_unit, booking.lines[0].taxes.as_slice()),
        (dec!(40), &[INCLUDED_15][..])
    );
    assert_eq!((booking.lines[0].subtotal, booking.lines[0].subtotal_incl), (dec!(34.78), dec!(40)));
}

#[test]
fn gross_prices_without_a_twin_adapt_the_unit_price() {
    let mut shop = shop();
    shop.taxes.remove(&INCLUDED_15);
    let order =
        order(vec![line("Car Wash", dec!(40), dec!(3))], vec![tender(1, "", dec!(120))], dec!(120), None);
    let booking = book(&order, None, &shop, &Rules::default()).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(120), dec!(15.65)));
    assert_eq!(booking.lines[0].price_unit, dec!(34.782608695652174));
}

#[test]
fn net_prices_on_an_included_tax_are_raised_by_it() {
    let booking = plan(&order(
        vec![line("Wine", dec!(10), dec!(3))],
        vec![tender(2, "Mada", dec!(36))],
        dec!(36),
        Some(dec!(6)),
    ))
    .unwrap();
    assert_eq!((booking.total, booking.tax, booking.lines[0].price_unit), (dec!(36), dec!(6), dec!(12)));
    assert_eq!(booking.payments[0].method, 4);
}

#[test]
fn line_discount_and_two_tenders() {
    let mut labour = line("Workshop Labour (1 h)", dec!(150), dec!(1));
    labour.discount = Some(LineDiscount::Amount(dec!(30)));
    let mut order = order(
        vec![line("Brake Pad Set Front", dec!(640), dec!(2)), labour],
        vec![tender(2, "Mada", dec!(1000)), tender(1, "Cash", dec!(610))],
        dec!(1610),
        Some(dec!(210)),
    );
    order.totals.discount = Some(dec!(30));
    let booking = plan(&order).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(1610), dec!(210)));
    assert_eq!(booking.lines[1].discount, dec!(20));
    assert_eq!(
        booking.payments.iter().map(|p| (p.method, p.amount)).collect::<Vec<_>>(),
        [(4, dec!(1000)), (1, dec!(610))]
    );
}

#[test]
fn an_order_discount_is_spread_over_the_lines_and_keeps_the_half_cent() {
    let mut order = order(
        vec![line("Car Wash", dec!(40), dec!(1)), line("Air Freshener", dec!(22.5), dec!(2))],
        vec![tender(7, "StcPay", dec!(87.98))],
        dec!(87.98),
        Some(dec!(11.48)),
    );
    order.totals.discount = Some(dec!(8.5));
    let booking = plan(&order).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(87.98), dec!(11.48)));
    assert!(booking.lines.iter().all(|line| line.discount == dec!(10)));
    assert_eq!(
        booking.payments[0].method, 3,
        "no StcPay in this shop: the first bank method that may stand in"
    );
    assert_eq!(booking.warnings.len(), 1);
}

#[test]
fn a_discount_that_is_no_round_percentage_keeps_the_half_cent_too() {
    // 30 % tax on 0.35 is 0.105: a half cent that any error in the percentage would lose.
    let mut shop = shop();
    shop.taxes.insert(9, tax(9, dec!(30), false));
    shop.catalogue = Catalogue::new([product(1, "Thirds", "T", &[9])]);
    let mut thirds = line("Thirds", dec!(1.1), dec!(1));
    thirds.discount = Some(LineDiscount::Amount(dec!(0.75)));
    let order = order(vec![thirds], vec![tender(1, "Cash", dec!(0.46))], dec!(0.46), Some(dec!(0.11)));
    let booking = book(&order, None, &shop, &Rules::default()).unwrap();
    assert_eq!((booking.total, booking.tax), (dec!(0.46), dec!(0.11)));
}

#[test]
fn rounding_per_line_and_globally_differ_where_odoo_differs() {
    let lines = || vec![line("Car Wash", dec!(2.5), dec!(1)), line("Air Freshener", dec!(6.9), dec!(1))];
    let total = |rounding, grand| {
        let mut shop = shop();
        shop.tax_rounding = rounding;
        let order = order(lines(), vec![tender(1, "Cash", grand)], grand, None);
        let rules = Rules { price_mode: PriceMode::TaxExcluded, rounding_limit: dec!(0), ..Rules::default() };
        book(&order, None, &shop, &rules).map(|b| b.total)
    };
    assert_eq!(total(TaxRounding::Globally, dec!(10.81)), Ok(dec!(10.81)));
    assert_eq!(total(TaxRounding::PerLine, dec!(10.82)), Ok(dec!(10.82)));
    assert_eq!(total(TaxRounding::Globally, dec!(10.82)).unwrap_err().code, Code::TotalMismatch);
}

#[test]
fn change_is_given_in_cash() {
    let booking = plan(&order(
        vec![line("Car Wash", dec!(40), dec!(1))],
        vec![tender(1, "Cash", dec!(50))],
        dec!(46),
        Some(dec!(6)),
    ))
    .unwrap();
    let paid: Vec<_> = booking.payments.iter().map(|p| (p.method, p.amount, p.is_change)).collect();
    assert_eq!(paid, [(1, dec!(50), false), (1, dec!(-4), true)]);
}

#[test]
fn a_card_overpaid_without_tip_is_refused() {
    let over =
        order(vec![line("Car Wash", dec!(40), dec!(1))], vec![tender(2, "Card", dec!(50))], dec!(46), None);
    assert_eq!(refused(&over), Code::PaymentMismatch);
    let under = order(
        vec![line("Car Wash", dec!(40), dec!(1))],
        vec![tender(1, "Cash", dec!(45.99))],
        dec!(46),
        None,
    );
    assert_eq!(refused(&under), Code::PaymentMismatch);
}

#[test]
fn a_free_order_needs_no_tender() {
    let booking = plan(&order(vec![line("Car Wash", dec!(0), dec!(1))], vec![], dec!(0), None)).unwrap();
    assert_eq!((booking.total, booking.payments.len()), (dec!(0), 0));
}

#[test]
fn a_refund_is_negative_whatever_signs_it_came_with() {
    let sale = Sale {
        name: "Shop/1".into(),
        total: dec!(138),
        given_back: dec!(0),
        partner: None,
        invoiced: false,
        lines: vec![original(77, dec!(1), dec!(0))],
    };
    for (price, quantity, paid, grand) in [
        (dec!(120), dec!(1), dec!(138), dec!(138)),
        (dec!(120), dec!(-1), dec!(-138), dec!(-138)),
        (dec!(-120), dec!(-1), dec!(-138), dec!(138)),
    ] {
        let mut refund =
            order(vec![line("Engine Oil Change", price, quantity)], vec![tender(1, "", paid)], grand, None);
        refund.status = Status::Refund;
        refund.key.document = Document::Refund(None);
        let booking = book(&refund, Some(&sale), &shop(), &Rules::default()).unwrap();
        assert_eq!((booking.total, booking.tax, booking.is_refund), (dec!(-138), dec!(-18), true));
        assert_eq!((booking.lines[0].quantity, booking.lines[0].price_unit), (dec!(-1), dec!(120)));
        assert_eq!(booking.lines[0].refunded_line, Some(77));
        assert_eq!(booking.payments[0].amount, dec!(-138));
    }
}

#[test]
fn a_refund_of_more_than_was_sold_is_refused() {
    let sale = Sale {
        name: "Shop/1".into(),
        total: dec!(276),
        given_back: dec!(138),
        partner: None,
        invoiced: false,
        lines: vec![original(77, dec!(2), dec!(1))],
    };
    let mut refund = order(
        vec![line("Engine Oil Change", dec!(120), dec!(2))],
        vec![tender(1, "", dec!(276))],
        dec!(276),
        None,
    );
    refund.status = Status::Refund;
    assert_eq!(book(&refund, Some(&sale), &shop(), &Rules::default()).unwrap_err().code, Code::OverRefund);
}

#[test]
fn the_stated_tax_must_be_the_booked_tax() {
    let wrong = order(
        vec![line("Stamp", dec!(138), dec!(1))],
        vec![tender(1, "Cash", dec!(138))],
        dec!(138),
        Some(dec!(18)),
    );
    let refusal = plan(&wrong).unwrap_err();
    assert_eq!(refusal.code, Code::TaxMismatch);
    assert!(refusal.message.contains("18") && refusal.message.contains("no tax"), "{}", refusal.message);
}

#[test]
fn a_total_that_no_reading_gives_is_refused_with_both_sums() {
    let wrong =
        order(vec![line("Car Wash", dec!(40), dec!(1))], vec![tender(1, "Cash", dec!(44))], dec!(44), None);
    let refusal = plan(&wrong).unwrap_err();
    assert_eq!(refusal.code, Code::TotalMismatch);
    assert_eq!(
        refusal.message,
        "The order's GrandTotal is 44.00, but its lines come to 46.00 if prices are without tax and 40.00 if prices contain tax."
    );
}

#[test]
fn unknown_ambiguous_and_contradicting_products_are_refused_by_name() {
    let one = |mut edit: Box<dyn FnMut(&mut Line)>| {
        let mut line = line("Stamp", dec!(1), dec!(1));
        edit(&mut line);
        order(vec![line], vec![tender(1, "Cash", dec!(1))], dec!(1), None)
    };
    let unknown = one(Box::new(|line| line.name = Some("Flux Capacitor".into())));
    assert_eq!(refused(&unknown), Code::UnknownProduct);
    assert!(plan(&unknown).unwrap_err().message.contains("Flux Capacitor"));
    assert_eq!(refused(&one(Box::new(|line| line.name = Some("Twice".into())))), Code::AmbiguousProduct);
    let contradicting = one(Box::new(|line| line.item_id = Some("11".into())));
    let refusal = plan(&contradicting).unwrap_err();
    assert_eq!(refusal.code, Code::AmbiguousProduct);
    assert!(
        refusal.message.contains("Engine Oil Change") && refusal.message.contains("Stamp"),
        "{}",
        refusal.message
    );
    let by_case = one(Box::new(|line| line.name = Some("  sTAMP ".into())));
    assert_eq!(plan(&by_case).unwrap().lines[0].product, 17);
    let by_code = one(Box::new(|line| {
        line.name = None;
        line.item_id = Some("STAMP".into());
    }));
    assert_eq!(plan(&by_code).unwrap().lines[0].product, 17);
}

#[test]
fn tenders_are_matched_by_whole_names_only() {
    let method = |mode, card: &str| {
        let order =
            order(vec![line("Stamp", dec!(1), dec!(1))], vec![tender(mode, card, dec!(1))], dec!(1), None);
        plan(&order)
            .map(|booking| (booking.payments[0].method, booking.warnings.len()))
            .map_err(|refusal| refusal.code)
    };
    assert_eq!(method(1, ""), Ok((1, 0)), "\"Cash\" is a whole word of \"Cash Till\"");
    assert_eq!(method(2, "Card"), Ok((3, 0)), "\"Card\" is not \"Gift Card\"");
    assert_eq!(method(2, "gift card"), Ok((2, 0)));
    assert_eq!(method(2, "MADA"), Ok((4, 0)));
    assert_eq!(method(2, "Visa"), Ok((3, 0)), "an unknown card type falls back on its payment mode");
    assert_eq!(method(6, ""), Ok((3, 1)), "the fallback is flagged");
    assert_eq!(method(3, ""), Err(Code::UnknownPayment), "credit never falls back");
    assert_eq!(method(9, "Fuel Voucher"), Err(Code::UnknownPayment));
    assert_eq!(method(1, "Customer Account"), Ok((5, 0)));
}

#[test]
fn an_explicit_mapping_comes_first_and_asking_refuses() {
    let order =
        order(vec![line("Stamp", dec!(1), dec!(1))], vec![tender(6, "Tamara", dec!(1))], dec!(1), None);
    let mut rules = Rules {
        payment_map: vec![PaymentRule { code: "tamara".into(), method: MethodRef::Name("mada".into()) }],
        payment_fallback: Fallback::Ask,
        ..Rules::default()
    };
    assert_eq!(book(&order, None, &shop(), &rules).unwrap().payments[0].method, 4);
    rules.payment_map[0].code = "6".into();
    assert_eq!(book(&order, None, &shop(), &rules).unwrap().payments[0].method, 4);
    rules.payment_map.clear();
    assert_eq!(book(&order, None, &shop(), &rules).unwrap_err().code, Code::UnknownPayment);
}

#[test]
fn what_is_not_handled_yet_is_refused_by_name() {
    let base =
        || order(vec![line("Stamp", dec!(1), dec!(1))], vec![tender(1, "Cash", dec!(1))], dec!(1), None);
    let mut python = base();
    python.lines[0].name = Some("Odd".into());
    assert!(plan(&python).unwrap_err().message.contains("computed by “code”"));
    let mut foreign = base();
    foreign.currency = Some("EUR".into());
    assert_eq!(refused(&foreign), Code::CurrencyMismatch);
    let mut huge = base();
    huge.lines[0].price = Decimal::MAX;
    assert_eq!(refused(&huge), Code::BadValue);
}

#[test]
fn a_returned_quantity_is_spread_over_the_lines_that_sold_it() {
    let mut returned = line("Engine Oil Change", dec!(120), dec!(3));
    returned.discount = Some(LineDiscount::Amount(dec!(10)));
    let mut refund = order(vec![returned], vec![tender(1, "", dec!(402.5))], dec!(402.5), Some(dec!(52.5)));
    refund.status = Status::Refund;
    let sale = Sale {
        name: "Shop/0001".into(),
        total: dec!(552),
        given_back: dec!(0),
        lines: vec![original(77, dec!(2), dec!(1)), original(78, dec!(2), dec!(0))],
        partner: None,
        invoiced: false,
    };
    let booking = book(&refund, Some(&sale), &shop(), &Rules::default()).unwrap();
    let links: Vec<_> = booking.lines.iter().map(|line| (line.quantity, line.refunded_line)).collect();
    assert_eq!(links, [(dec!(-1), Some(77)), (dec!(-2), Some(78))]);
    assert_eq!((booking.total, booking.tax), (dec!(-402.5), dec!(-52.5)));

    let used_up =
        Sale { lines: vec![original(77, dec!(2), dec!(1)), original(78, dec!(2), dec!(1))], ..sale };
    let refused = book(&refund, Some(&used_up), &shop(), &Rules::default()).unwrap_err();
    assert_eq!(refused.code, Code::OverRefund);
}
