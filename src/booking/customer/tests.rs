//! What a customer means for a booking.

use rust_decimal::{Decimal, dec};

use super::*;
use crate::booking::tests::{line, order, shop, tender};
use crate::booking::{Booking, Rules, Sale, book};
use crate::order::{Code, Customer, Order, Refusal, Status};

fn ada() -> Partner {
    Partner { id: 7, name: "Ada Customer".into(), commercial: 7, active: true, ..Partner::default() }
}

fn known() -> Buyer {
    Buyer::Known(ada(), None)
}

fn rules(change: impl FnOnce(&mut CustomerRules)) -> Rules {
    let mut rules = Rules::default();
    change(&mut rules.customers);
    rules
}

/// A stamp of 10.00 without tax, paid so.
fn stamp(tenders: &[(&str, Decimal)]) -> Order {
    let tenders = tenders.iter().map(|(name, amount)| tender(2, name, *amount)).collect();
    let mut order = order(vec![line("Stamp", dec!(10), dec!(1))], tenders, dec!(10), None);
    order.customer = Customer { name: Some("Ada".into()), ..Customer::default() };
    order
}

fn booked(order: &Order, buyer: &Buyer, sale: Option<&Sale>, rules: &Rules) -> Result<Booking, Refusal> {
    let shop = shop();
    book_for(book(order, sale, &shop, rules)?, buyer, order, sale, &shop, rules)
}

#[test]
fn a_payment_on_account_needs_its_customer() {
    let order = stamp(&[("Customer Account", dec!(10))]);
    let booking = booked(&order, &known(), None, &Rules::default()).unwrap();
    assert_eq!((booking.partner_id, booking.payments[0].method, booking.to_invoice), (Some(7), 5, false));

    for (buyer, said) in [
        (Buyer::Nobody, "The order names none"),
        (Buyer::Unknown, "Its customer Ada is not in Odoo"),
        (Buyer::Ambiguous(By::Email, vec!["A (id 1)".into(), "B (id 2)".into()]), "A (id 1), B (id 2)"),
        (Buyer::Failed("no right".into(), "Give it.".into()), "no right"),
    ] {
        let refusal = booked(&order, &buyer, None, &Rules::default()).unwrap_err();
        assert_eq!(refusal.code, Code::CustomerNeeded, "{buyer:?}");
        assert!(refusal.message.contains(said), "{refusal}");
        assert!(!refusal.fix.is_empty());
    }
    let ignoring = rules(|rules| rules.customers = Customers::Ignore);
    assert_eq!(booked(&order, &Buyer::Nobody, None, &ignoring).unwrap_err().code, Code::UnusablePayment);
}

#[test]
fn an_ambiguous_customer_is_noted_or_refused() {
    let order = stamp(&[("Card", dec!(10))]);
    let buyer = Buyer::Ambiguous(By::Phone, vec!["A (id 1)".into(), "B (id 2)".into()]);
    let booking = booked(&order, &buyer, None, &Rules::default()).unwrap();
    assert_eq!(booking.partner_id, None);
    assert_eq!(
        booking.warnings,
        [
            "Booked without a customer. Its customer could be any of these, by their phone number: A (id 1), B (id 2)."
        ]
    );
    let refusing = rules(|rules| rules.ambiguous = Ambiguous::Refuse);
    assert_eq!(booked(&order, &buyer, None, &refusing).unwrap_err().code, Code::AmbiguousCustomer);
}

#[test]
fn the_rest_of_a_part_paid_order_goes_on_account_where_the_sync_says_so() {
    let mut order = stamp(&[("Card", dec!(4))]);
    order.totals.balance = Some(dec!(6));
    let on_account = rules(|rules| rules.part_paid = PartPaid::PayLater);
    let booking = booked(&order, &known(), None, &on_account).unwrap();
    let payments: Vec<_> = booking.payments.iter().map(|payment| (payment.method, payment.amount)).collect();
    assert_eq!(payments, [(3, dec!(4)), (5, dec!(6))]);
    assert!(booking.warnings.iter().any(|warning| warning.contains("6.00 is on Customer Account")));

    let code =
        |order: &Order, buyer: &Buyer, rules: &Rules| booked(order, buyer, None, rules).unwrap_err().code;
    assert_eq!(code(&order, &Buyer::Unknown, &on_account), Code::CustomerNeeded);
    assert_eq!(code(&order, &known(), &Rules::default()), Code::PaymentMismatch);
    // What is owed must be what is missing, and missing money that nobody owes is a mistake.
    order.totals.balance = Some(dec!(5));
    assert_eq!(code(&order, &known(), &on_account), Code::PaymentMismatch);
    order.totals.balance = None;
    assert_eq!(code(&order, &known(), &on_account), Code::PaymentMismatch);
    order.totals.part_paid = true;
    assert_eq!(booked(&order, &known(), None, &on_account).unwrap().payments.len(), 2);
}

#[test]
fn the_rest_needs_exactly_one_pay_later_method() {
    let mut order = stamp(&[("Card", dec!(4))]);
    order.totals.part_paid = true;
    let rules = rules(|rules| rules.part_paid = PartPaid::PayLater);
    let mut shop = shop();
    let mut second = shop.methods[4].clone();
    second.id = 6;
    shop.methods.push(second);
    let several = book(&order, None, &shop, &rules).unwrap_err();
    assert!(several.code == Code::UnusablePayment && several.message.contains("several"), "{several}");
    shop.methods.truncate(4);
    let none = book(&order, None, &shop, &rules).unwrap_err();
    assert!(none.code == Code::UnusablePayment && none.message.contains("has no pay-later"), "{none}");
}

#[test]
fn invoiced_by_tax_id_or_by_customer() {
    let by_customer = rules(|rules| rules.invoicing = Invoicing::Customer);
    let by_tax_id = rules(|rules| rules.invoicing = Invoicing::TaxId);
    let plain = stamp(&[("Card", dec!(10))]);
    let invoiced = |order: &Order, buyer: &Buyer, rules: &Rules| {
        booked(order, buyer, None, rules).map(|booking| booking.to_invoice).map_err(|refusal| refusal.code)
    };
    assert_eq!(invoiced(&plain, &known(), &Rules::default()), Ok(false));
    assert_eq!(invoiced(&plain, &known(), &by_customer), Ok(true));
    assert_eq!(invoiced(&plain, &Buyer::Unknown, &by_customer), Ok(false));
    assert_eq!(invoiced(&plain, &known(), &by_tax_id), Ok(false));

    let mut taxed = plain.clone();
    taxed.customer.vat = Some("SA 310.000".into());
    assert_eq!(invoiced(&taxed, &known(), &by_tax_id), Ok(true), "flagged: Odoo has no tax id");
    assert_eq!(invoiced(&taxed, &Buyer::Unknown, &by_tax_id), Err(Code::CannotInvoice));
    let with_vat = |vat: &str| Buyer::Known(Partner { vat: Some(vat.into()), ..ada() }, None);
    assert_eq!(invoiced(&taxed, &with_vat("sa310000"), &by_tax_id), Ok(true));
    let refusal = booked(&taxed, &with_vat("SA310001"), None, &by_tax_id).unwrap_err();
    assert_eq!(refusal.code, Code::CannotInvoice);
    assert!(refusal.message.contains("SA 310.000") && refusal.message.contains("SA310001"), "{refusal}");
}

#[test]
fn a_document_of_the_source_is_never_followed_by_a_second_one() {
    let by_customer = rules(|rules| rules.invoicing = Invoicing::Customer);
    let mut order = stamp(&[("Card", dec!(10))]);
    order.invoice_no = Some("F-77".into());
    let booking = booked(&order, &known(), None, &by_customer).unwrap();
    assert!(!booking.to_invoice);
    assert!(booking.note.contains("Not invoiced in Odoo: the source issued F-77."), "{}", booking.note);
    let off = booked(&order, &known(), None, &Rules::default()).unwrap();
    assert!(!off.note.contains("Not invoiced"), "{}", off.note);
}

#[test]
fn the_refund_of_an_invoiced_sale_is_a_credit_note_for_the_same_customer() {
    let mut refund = stamp(&[("Card", dec!(10))]);
    refund.status = Status::Refund;
    let line = crate::booking::OriginalLine {
        id: 1,
        product: 17,
        quantity: dec!(1),
        refunded: dec!(0),
        taxes: vec![],
        total: dec!(10),
    };
    let sale = |invoiced| Sale {
        name: "S/1".into(),
        total: dec!(10),
        given_back: dec!(0),
        partner: Some(9),
        invoiced,
        lines: vec![line.clone()],
    };
    let of = |buyer: &Buyer, invoiced: bool| {
        let sale = sale(invoiced);
        let booking = booked(&refund, buyer, Some(&sale), &Rules::default()).unwrap();
        (booking.partner_id, booking.to_invoice)
    };
    assert_eq!(of(&Buyer::Unknown, false), (Some(9), false), "the sale's customer, when none is known");
    assert_eq!(of(&known(), false), (Some(7), false));
    assert_eq!(of(&Buyer::Unknown, true), (Some(9), true));
    assert_eq!(of(&known(), true), (Some(9), true), "the invoice's customer, flagged");
}
