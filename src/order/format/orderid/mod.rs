//! The OrderID format: the JSON of a garage and retail POS whose producers are loose with
//! types. Tolerant in form, strict in meaning: every spelling is accepted, nothing is
//! guessed, and an order is read whole or refused with the field and the value named.

mod date;
mod identity;
mod mask;
mod number;
mod object;
mod parts;
mod rules;
mod value;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::value::RawValue;

use self::identity::Identity;
use self::object::Object;
use self::rules::names;
use self::value::Value;
use super::super::{Code, Document, Order, OrderKey, Refusal, Status, scan};
use crate::order::Text;
use crate::text;

pub use mask::mask_cards;
pub use rules::ReadRules;

/// Name and version of the format, as stored beside a raw order.
pub const FORMAT: &str = "orderid/1";

/// Brackets within brackets; real orders have four.
const DEEPEST: usize = 32;

/// An order that cannot be read, or not yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The order id, as far as it can be told.
    pub external_id: Option<String>,
    /// Its key, where its identity can be read: a good version replaces it.
    pub key: Option<OrderKey>,
    /// Why. [`Code::NotCompleted`] and [`Code::Cancelled`] for an order that is not completed
    /// at the source and lacks what a completed one must have.
    pub refusal: Refusal,
}

/// Reads one raw order.
///
/// `received_at` (UTC) is when it was first received: it stands in for the date of a sale
/// for which the source gives none at all. A date that cannot be read is refused.
pub fn read(raw: &str, rules: &ReadRules, received_at: DateTime<Utc>) -> Result<Order, Box<Unread>> {
    let Some(object) = Object::cut(raw, None) else {
        return Err(Box::new(Unread {
            external_id: None,
            key: None,
            refusal: unreadable(text!("The order is not a JSON object.")),
        }));
    };
    let Identity { external_id, key, status } = identity::read(&object, rules);
    let unread =
        |key: Option<OrderKey>, refusal| Box::new(Unread { external_id: external_id.clone(), key, refusal });
    if let Err(refusal) = well_formed(raw, &object) {
        return Err(unread(key.ok(), refusal));
    }
    let key = key.map_err(|refusal| unread(None, refusal))?;
    let status = match status {
        Ok(status) => status,
        Err(refusal) => return Err(unread(Some(key), refusal)),
    };
    contents(&object, &key, &status, rules, received_at)
        .map_err(|refusal| unread(Some(key), not_needed_yet(&status, refusal)))
}

/// The text of a raw order's status, as its source has it.
pub fn source_status(raw: &str) -> Option<String> {
    identity::source_status(&Object::cut(raw, None)?)
}

/// Whether a raw order says that its sale is cancelled. One that names a refund does not: it may be
/// that which is.
pub fn cancels_a_sale(raw: &str, rules: &ReadRules) -> bool {
    let Some(object) = Object::cut(raw, None) else { return false };
    let Identity { key, status, .. } = identity::read(&object, rules);
    status == Ok(Status::Cancelled)
        && key.is_ok_and(|key| key.document == Document::Sale)
        && identity::refund_id(&object, rules) == Ok(None)
}

fn contents(
    object: &Object<'_>,
    key: &OrderKey,
    status: &Status,
    rules: &ReadRules,
    received_at: DateTime<Utc>,
) -> Result<Order, Refusal> {
    let words = |names: &[&str]| object.first(names, Value::words);
    let lines = parts::lines(object)?;
    // A refund may be of an amount alone.
    let gives_back = || parts::totals(object).is_ok_and(|totals| totals.grand.is_sign_negative());
    if lines.is_empty() && *status == Status::Completed && !gives_back() {
        return Err(object.missing(&parts::LINES));
    }
    let dates = dates(object, rules, received_at)?;
    Ok(Order {
        key: key.clone(),
        status: status.clone(),
        sale_at: dates.sale_at,
        dated: dates.dated,
        ordered_at: dates.ordered_at,
        checked_out_at: dates.checked_out_at,
        completed_at: dates.completed_at,
        updated_at: dates.updated_at,
        register: words(&["RegisterName", "register"])?,
        currency: object.one(&["Currency"], Value::words)?.map(|code| code.to_ascii_uppercase()),
        customer: parts::customer(object)?,
        note: words(&["Remark", "Note"])?,
        invoice_no: words(&["InvoiceNo"])?,
        original_order_id: object.one(&["OriginalOrderID"], Value::id_but_zero)?,
        totals: parts::totals(object)?,
        lines,
        tenders: parts::tenders(object)?,
    })
}

struct Dates {
    sale_at: DateTime<Utc>,
    dated: bool,
    ordered_at: Option<DateTime<Utc>>,
    checked_out_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

/// Every date that is given must be readable, also one that another takes precedence over.
fn dates(object: &Object<'_>, rules: &ReadRules, received_at: DateTime<Utc>) -> Result<Dates, Refusal> {
    let date = |name: &str| object.one(&[name], |value| moment(value, rules.time_zone));
    let mut stated = None;
    for field in names(&rules.sale_date_fields) {
        stated = stated.or(date(field)?);
    }
    let stated = stated.or(date("OrderDate")?);
    let sale_at = stated.unwrap_or(received_at);
    let other = |name: &str| Ok::<_, Refusal>(date(name)?.filter(|other| *other != sale_at));
    Ok(Dates {
        sale_at,
        dated: stated.is_some(),
        ordered_at: other("OrderDate")?,
        checked_out_at: other("CheckoutDate")?,
        completed_at: other("CompletedDate")?,
        updated_at: date("UpdatedAt")?,
    })
}

fn moment(value: &Value<'_>, zone: Tz) -> value::Read<DateTime<Utc>> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => date::moment(text, zone),
        _ => Err(date::not_a_date()),
    }
}

/// What an open or cancelled order lacks is no fault: it is not booked as it stands.
fn not_needed_yet(status: &Status, refusal: Refusal) -> Refusal {
    match status {
        Status::Open(code) => Refusal::new(
            Code::NotCompleted,
            text!("The order's status is {code}: it is not completed.", code),
            text!("Nothing to do: it is booked once the source shows it completed."),
        ),
        Status::Cancelled => Refusal::new(
            Code::Cancelled,
            text!("The source cancelled the order."),
            text!("Nothing to do: it is not booked."),
        ),
        Status::Completed | Status::Refund => refusal,
    }
}

/// Refuses what is not JSON, naming the field at fault.
fn well_formed(raw: &str, object: &Object<'_>) -> Result<(), Refusal> {
    if scan::depth(raw) > DEEPEST {
        return Err(unreadable(text!("The order is nested deeper than {levels} levels.", levels = DEEPEST)));
    }
    let Err(error) = serde_json::from_str::<&RawValue>(raw) else {
        return Ok(());
    };
    let lines = parts::LINES.map(|list| (list, parts::LINE));
    let tenders = parts::TENDERS.map(|list| (list, parts::TENDER));
    let lists = [lines, tenders].concat();
    let is_json = |raw: &str| serde_json::from_str::<&RawValue>(raw).is_ok();
    Err(object.fault(&lists, is_json).unwrap_or_else(|| {
        unreadable(text!("The order is not valid JSON: {error}.", error = error.to_string()))
    }))
}

pub(in crate::order) fn unreadable(message: Text) -> Refusal {
    Refusal::new(
        Code::Unreadable,
        message,
        text!("Correct it at the source; the order is read again when it comes again."),
    )
}
