//! The payments of an order: its tenders, tips, change, and what is left on account.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::order::{Code, Order, Part, Refusal, Tender};
use crate::shop::{Currency, MethodKind, PaymentMethod, Shop};
use crate::text;

use super::payment_methods::choose;
use super::{BookingPayment, PartPaid, Rules};

/// Plans the payments of an order whose signed total is `total`, `tips` among it; returns
/// warnings too.
pub(super) fn plan(
    order: &Order,
    total: Decimal,
    tips: Decimal,
    shop: &Shop,
    rules: &Rules,
) -> Result<(Vec<BookingPayment>, Vec<String>), Refusal> {
    let mut warnings = Vec::new();
    let mut tendered = Vec::with_capacity(order.tenders.len());
    for (index, tender) in order.tenders.iter().enumerate() {
        let number = index + 1;
        // What gives money back does so whatever sign its tenders came with. An exchange may,
        // and still be tipped for.
        let signed =
            |amount: Decimal, like: Decimal| if like < Decimal::ZERO { -amount.abs() } else { amount };
        let amount = signed(tender.amount, total);
        let tip = signed(tender.tip.unwrap_or_default(), tips);
        if amount.is_zero() && tip.is_zero() {
            continue;
        }
        let (method, warning) = choose(tender, number, shop, rules)?;
        warnings.extend(warning);
        for amount in [amount, tip] {
            if amount != shop.currency.round(amount) {
                return Err(Refusal::new(
                    Code::BadValue,
                    format!("Tender {number}: {amount} has more decimals than {} has.", shop.currency.code),
                    text!("Correct the order at its source."),
                ));
            }
        }
        tendered.push(Tendered { tender, method, amount, tip });
    }
    if order.key.is_cancellation() {
        take_back_change(&mut tendered, total, shop);
    }
    let sum: Decimal = tendered.iter().map(|one| one.amount).sum();
    let cash: Decimal = tendered.iter().filter(|one| one.is_cash()).map(|one| one.amount).sum();
    let has_cash = tendered.iter().any(Tendered::is_cash);
    let meets = |sum: Decimal| {
        if shop.amounts_to_pay(total, has_cash).any(|due| due == sum) {
            return Some(Rest::None);
        }
        // Change is given from cash, and never on a refund.
        let excess = sum - shop.amounts_to_pay(total, has_cash).next()?;
        let is_change = excess > Decimal::ZERO && excess <= cash && total >= Decimal::ZERO;
        is_change.then_some(Rest::Change(excess))
    };
    // Tips lie within the amounts tendered, or else on top of them.
    let (rest, on_top) = if let Some(rest) = meets(sum) {
        (rest, false)
    } else if let Some(rest) = meets(sum + tips) {
        (rest, true)
    } else if sum < total && total > Decimal::ZERO && on_account(order, total - sum, rules) {
        (Rest::OnAccount(total - sum), false)
    } else {
        return Err(mismatch(sum, tips, total, &shop.currency));
    };
    let mut payments: Vec<BookingPayment> = Vec::with_capacity(tendered.len() + 1);
    let next = |payments: &Vec<_>| order.key.payment_uuid(payments.len() + 1);
    for one in &tendered {
        let amount = if on_top { one.amount + one.tip } else { one.amount };
        if !amount.is_zero() {
            payments.push(one.payment(next(&payments), amount));
        }
    }
    let last = match rest {
        Rest::None => None,
        Rest::Change(change) => {
            let till = tendered.iter().rfind(|one| one.is_cash());
            till.map(|till| (till.method, -change, true))
        }
        Rest::OnAccount(owed) => {
            let method = pay_later(shop, owed)?;
            let owed_text = shop.currency.show(owed);
            warnings.push(format!("Paid in part: the rest of {owed_text} is on {}.", method.name));
            Some((method, owed, false))
        }
    };
    if let Some((method, amount, is_change)) = last {
        payments.push(BookingPayment {
            uuid: next(&payments),
            method: method.id,
            amount,
            is_change,
            card_type: None,
            card_digits: None,
            transaction_id: None,
        });
    }
    Ok((payments, warnings))
}

/// What remains between the tenders and the total.
enum Rest {
    None,
    /// Cash given back.
    Change(Decimal),
    /// Still owed by the customer.
    OnAccount(Decimal),
}

/// A tender, its method found and its amounts signed.
struct Tendered<'a> {
    tender: &'a Tender,
    method: &'a PaymentMethod,
    amount: Decimal,
    tip: Decimal,
}

impl Tendered<'_> {
    fn is_cash(&self) -> bool {
        self.method.kind == MethodKind::Cash
    }

    fn payment(&self, uuid: Uuid, amount: Decimal) -> BookingPayment {
        BookingPayment {
            uuid,
            method: self.method.id,
            amount,
            is_change: false,
            card_type: self.tender.card_type.clone(),
            card_digits: self.tender.card_number.as_deref().and_then(last_digits),
            transaction_id: self.tender.reference.clone(),
        }
    }
}

/// Of a sale that is given back as it was paid, the change was given back already.
fn take_back_change(tendered: &mut [Tendered<'_>], total: Decimal, shop: &Shop) {
    let has_cash = tendered.iter().any(Tendered::is_cash);
    let Some(due) = shop.amounts_to_pay(total, has_cash).next() else { return };
    let sum: Decimal = tendered.iter().map(|one| one.amount).sum();
    let mut change = due - sum;
    for one in tendered.iter_mut().rev().filter(|one| one.is_cash()) {
        let part = change.clamp(Decimal::ZERO, -one.amount.min(Decimal::ZERO));
        one.amount += part;
        change -= part;
    }
}

/// The last four digits of a card number, which is all that may be shown of one.
fn last_digits(number: &str) -> Option<String> {
    let number = number.trim_end();
    let shown = number.len() - number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let start = number.len() - shown.min(4);
    number.get(start..).filter(|digits| !digits.is_empty()).map(str::to_owned)
}

/// Whether the order says that this much of it is still owed, and the sync puts that on the
/// customer's account.
fn on_account(order: &Order, rest: Decimal, rules: &Rules) -> bool {
    rules.customers.part_paid == PartPaid::PayLater
        && order.totals.is_part_paid()
        && order.totals.balance.is_none_or(|balance| balance.is_zero() || balance == rest)
}

/// The shop's one pay-later method.
fn pay_later(shop: &Shop, rest: Decimal) -> Result<&PaymentMethod, Refusal> {
    let methods: Vec<_> = shop.methods.iter().filter(|method| method.kind == MethodKind::PayLater).collect();
    let refuse = |why: String, fix: &str| {
        let rest = shop.currency.show(rest);
        Err(Refusal::new(
            Code::UnusablePayment,
            format!("The order is paid in part, and {why} the rest of {rest}."),
            fix,
        ))
    };
    match methods.as_slice() {
        [method] => Ok(method),
        [] => refuse(
            format!("the shop {} has no pay-later method for", shop.name),
            "Add a payment method without a journal (Customer Account) to the shop in Odoo, or let part-paid orders wait.",
        ),
        several => {
            let names: Vec<_> = several.iter().map(|method| method.name.as_str()).collect();
            refuse(
                format!("the shop {} has several pay-later methods ({}) for", shop.name, names.join(", ")),
                "Leave one pay-later method in the shop, or let part-paid orders wait.",
            )
        }
    }
}

fn mismatch(tendered: Decimal, tips: Decimal, total: Decimal, currency: &Currency) -> Refusal {
    let excess = tendered - total;
    let [sum, with_tips, total, apart] =
        [tendered, tendered + tips, total, excess.abs()].map(|amount| Part::figure(currency.show(amount)));
    let message = if !tips.is_zero() {
        text!(
            "The tenders sum to {sum}, or {with_tips} with their tips, and neither is the total {total}.",
            sum,
            with_tips,
            total,
        )
    } else if excess > Decimal::ZERO {
        text!(
            "The tenders sum to {sum}, which is {apart} more than the total {total}, and there is no cash to give change from.",
            sum,
            apart,
            total,
        )
    } else {
        text!("The tenders sum to {sum}, which is {apart} less than the total {total}.", sum, apart, total)
    };
    Refusal::new(
        Code::PaymentMismatch,
        message,
        text!("Correct the payments at the source; the order then books itself."),
    )
}
