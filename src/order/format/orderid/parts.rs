//! Lines, tenders, totals and customer of an order.

use rust_decimal::Decimal;

use super::mask;
use super::object::{Item, Object};
use super::value::{Read, Value};
use crate::order::{Customer, Line, LineDiscount, Refusal, Tender, Totals};
use crate::text;

/// The names of the lines and of the tenders.
pub(super) const LINES: [&str; 2] = ["OrderItems", "OrderDetails"];
pub(super) const TENDERS: [&str; 2] = ["CheckoutDetails", "OrderCheckoutDetails"];

/// What a line and a tender are called in messages.
pub(super) const LINE: Item = Item::Line;
pub(super) const TENDER: Item = Item::Payment;

/// The name of a combo's components, and what one is called in messages.
const COMPONENTS: &str = "OrderDetailPackages";
const COMPONENT: Item = Item::Component;

/// The words of the source's payment codes; 4 is undefined.
const MODES: [(&str, i64); 7] = [
    ("Cash", 1),
    ("Card", 2),
    ("Credit", 3),
    ("Tabby", 5),
    ("Tamara", 6),
    ("StcPay", 7),
    ("Bank Transfer", 8),
];

pub(super) fn totals(order: &Object<'_>) -> Result<Totals, Refusal> {
    let amount = |name| order.one(&[name], Value::amount);
    let grand = order.needed(&["GrandTotal"], Value::amount)?;
    let balance = amount("BalanceAmount")?;
    let owed = balance
        .is_some_and(|balance| !balance.is_zero() && balance.is_sign_negative() == grand.is_sign_negative());
    let part_paid = ["PartialPayment", "IsPartialPaid"].into_iter().try_fold(owed, |part_paid, name| {
        let said = order.one(&[name], Value::flag)?;
        Ok::<_, Refusal>(part_paid || said == Some(true))
    })?;
    Ok(Totals {
        amount: amount("AmountTotal")?,
        discount: amount("AmountDiscount")?,
        tax: amount("Tax")?,
        tax_percent: amount("TaxPercent")?,
        service_charges: amount("ServiceCharges")?,
        grand,
        paid: amount("AmountPaid")?,
        balance,
        part_paid,
    })
}

pub(super) fn customer(order: &Object<'_>) -> Result<Customer, Refusal> {
    let words = |name| order.first(&[name], Value::words);
    Ok(Customer {
        id: order.one(&["CustomerID"], Value::id_but_zero)?,
        name: words("CustomerName")?,
        phone: words("CustomerContact")?,
        email: words("Email")?,
        reference: order.one(&["customer_ref"], Value::id_but_zero)?,
        odoo_id: order.one(&["partner_id"], Value::odoo_id)?,
        vat: words("CustomerVAT")?,
    })
}

pub(super) fn lines(order: &Object<'_>) -> Result<Vec<Line>, Refusal> {
    order.list(&LINES, LINE)?.iter().map(line).collect()
}

fn line(line: &Object<'_>) -> Result<Line, Refusal> {
    let amount = |name| line.one(&[name], Value::amount);
    // Beside a price that may be net or gross, the one that is surely net counts.
    let net = amount("PriceWithoutTax")?;
    let stated = line.one(&["Price", "UnitPrice"], Value::amount)?;
    let price = net.or(stated).ok_or_else(|| line.missing(&["Price"]))?;
    Ok(Line {
        price,
        price_is_net: net.is_some(),
        discount: discount(line)?,
        tax: amount("Tax")?,
        tax_percent: amount("TaxPercent")?,
        components: line.list(&[COMPONENTS], COMPONENT)?.iter().map(goods).collect::<Result<_, _>>()?,
        ..goods(line)?
    })
}

/// What a line or a component of one is, and how many; without its price.
fn goods(line: &Object<'_>) -> Result<Line, Refusal> {
    let words = |names| line.first(names, Value::words);
    Ok(Line {
        name: words(&["ItemName", "Name"])?,
        item_id: line.one(&["ItemID"], Value::id_but_zero)?,
        odoo_item_id: line.one(&["OdooItemID"], Value::odoo_id)?,
        barcode: line.one(&["Barcode"], Value::id)?,
        sku: line.first(&["SKU", "ItemCode"], Value::id)?,
        price: Decimal::ZERO,
        price_is_net: false,
        quantity: line.one(&["Quantity"], Value::amount)?.unwrap_or(Decimal::ONE),
        discount: None,
        tax: None,
        tax_percent: None,
        note: words(&["Note"])?,
        lot: line.first(&["LotNumber", "SerialNumber"], Value::id)?,
        unit: words(&["Unit"])?,
        components: Vec::new(),
    })
}

/// An amount says more than a percentage; zero says nothing.
fn discount(line: &Object<'_>) -> Result<Option<LineDiscount>, Refusal> {
    let stated = |name| {
        let value = line.one(&[name], Value::amount)?;
        Ok::<_, Refusal>(value.filter(|value| !value.is_zero()))
    };
    let amount = stated("DiscountAmount")?;
    let percent = line.one(&["DiscountPercentage"], percent)?;
    let percent = percent.filter(|percent| !percent.is_zero());
    Ok(amount.map(LineDiscount::Amount).or(percent.map(LineDiscount::Percent)))
}

fn percent(value: &Value<'_>) -> Read<Decimal> {
    match value.amount()? {
        Some(percent) if percent.is_sign_negative() || percent > Decimal::ONE_HUNDRED => {
            Err(text!("is not between 0 and 100 percent"))
        }
        percent => Ok(percent),
    }
}

/// The tenders; without any, the order's own `PaymentMode` and `AmountPaid` are one.
pub(super) fn tenders(order: &Object<'_>) -> Result<Vec<Tender>, Refusal> {
    let tenders = order.list(&TENDERS, TENDER)?;
    if !tenders.is_empty() {
        return tenders.iter().map(tender).collect();
    }
    let paid = order.one(&["AmountPaid"], Value::amount)?;
    let mode = order.one(&["PaymentMode"], mode)?;
    Ok(match (paid.filter(|paid| !paid.is_zero()), mode) {
        (Some(amount), Some(mode)) => vec![Tender {
            amount,
            mode: mode.code,
            card_type: mode.word,
            card_number: None,
            reference: None,
            tip: None,
        }],
        _ => Vec::new(),
    })
}

fn tender(tender: &Object<'_>) -> Result<Tender, Refusal> {
    let words = |name| tender.first(&[name], Value::words);
    let mode = tender.one(&["PaymentMode"], mode)?.unwrap_or_default();
    Ok(Tender {
        amount: tender.needed(&["AmountPaid"], Value::amount)?,
        mode: mode.code,
        card_type: words("CardType")?.or(mode.word),
        card_number: words("CardNumber")?.map(|number| mask::mask_text(&number).into_owned()),
        reference: words("ReferenceID")?,
        tip: tender.one(&["AmountTip"], Value::amount)?,
    })
}

/// A payment code, or a word that is none.
#[derive(Debug, Default, PartialEq)]
struct Mode {
    code: Option<i64>,
    word: Option<String>,
}

fn mode(value: &Value<'_>) -> Read<Mode> {
    let text = match value {
        Value::Text(text) if !text.is_empty() => text,
        _ => {
            return Ok(value.code()?.map(|code| Mode { code: Some(code), word: None }));
        }
    };
    let known = MODES.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
    let code = known.map(|(_, code)| *code).or_else(|| value.code().ok().flatten());
    let word = match code {
        Some(_) => None,
        None => value.words()?,
    };
    Ok(Some(Mode { code, word }))
}
