//! Which document an order is and where it stands: read before anything else, and as far
//! as it goes, so that a refused order is replaced by its good version.

use super::object::Object;
use super::rules::{ReadRules, names};
use super::value::{Read, Value};
use super::{number, value};
use crate::order::{Document, OrderKey, Refusal, Status, cancellation};
use crate::text;

/// The identity of a raw order, each part read by itself.
pub(super) struct Identity {
    pub external_id: Option<String>,
    pub key: Result<OrderKey, Refusal>,
    pub status: Result<Status, Refusal>,
}

pub(super) fn read(order: &Object<'_>, rules: &ReadRules) -> Identity {
    let id = order.needed(&["OrderID"], Value::id);
    let external_id = match &id {
        Ok(id) => Some(id.clone()),
        // Given twice, or unfit as an id, it still tells a person which order it is.
        Err(_) => order.first(&["OrderID"], Value::words).ok().flatten(),
    };
    let status = status(order, rules);
    let key = id.and_then(|order_id| {
        Ok(OrderKey {
            source: rules.source.clone(),
            location: order.one(&["LocationID"], Value::id)?,
            order_id,
            document: document(order, rules, status.as_ref().ok())?,
        })
    });
    Identity { external_id, key, status }
}

/// The text of an order's status, as its source has it.
pub(super) fn source_status(order: &Object<'_>) -> Option<String> {
    order.first(&["OrderStatus"], status_text).ok().flatten()
}

/// A completed order with a negative total is a refund.
fn status(order: &Object<'_>, rules: &ReadRules) -> Result<Status, Refusal> {
    let status =
        order.one(&["OrderStatus"], status_text)?.map_or(Status::Completed, |text| rules.status(&text));
    Ok(match status {
        Status::Completed if total_is_negative(order) => Status::Refund,
        status => status,
    })
}

/// `103`, `103.0`, `"103"` and `"103.0"` are one.
fn status_text(status: &Value<'_>) -> Read<String> {
    Ok(value::Value::id(status)?.map(|text| number::integer(&text).unwrap_or(text)))
}

/// A refund that is still open is that refund already.
fn document(order: &Object<'_>, rules: &ReadRules, status: Option<&Status>) -> Result<Document, Refusal> {
    if status != Some(&Status::Refund) && !total_is_negative(order) {
        return Ok(Document::Sale);
    }
    Ok(Document::Refund(refund_id(order, rules)?))
}

/// A refund's own id, where the order names one.
pub(super) fn refund_id(order: &Object<'_>, rules: &ReadRules) -> Result<Option<String>, Refusal> {
    for field in names(&rules.refund_id_fields) {
        if let Some(id) = order.one(&[field], Value::id_but_zero)? {
            if id == cancellation::ID {
                return Err(order.bad(field, &id, text!("is an id that tillbridge gives itself")));
            }
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn total_is_negative(order: &Object<'_>) -> bool {
    let total = order.one(&["GrandTotal"], Value::amount);
    matches!(total, Ok(Some(total)) if total.is_sign_negative())
}
