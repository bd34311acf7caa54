//! An object at the top of a body: a wrapper around orders, a single order, or neither.

use std::ops::Range;

use serde_json::Value;

use super::{Body, BodyError, Limits, Scan, Stop, array};

/// Members that hold the orders, in any case (`Orders`).
const ORDERS: [&str; 4] = ["orders", "data", "results", "sales"];

/// Members that only an order has.
const ORDER_FIELDS: [&str; 6] =
    ["OrderID", "OrderItems", "OrderDetails", "CheckoutDetails", "OrderCheckoutDetails", "GrandTotal"];

/// Members that hold links to other pages.
const LINKS: [&str; 5] = ["links", "_links", "meta", "paging", "pagination"];

/// Links are short; anything longer is not looked at.
const LINK_BYTES: usize = 64 << 10;

/// What the first object of a body holds.
#[derive(Debug, Default)]
pub(super) struct Wrapper<'a> {
    /// Where the object ends.
    pub end: usize,
    is_order: bool,
    keys: Vec<String>,
    lists: Vec<(String, Vec<&'a [u8]>)>,
    next: Option<String>,
    failed: bool,
    /// Something stands where a member should.
    junk: Option<usize>,
}

/// Reads the object that the body begins with.
pub(super) fn read<'a>(body: &'a [u8], limits: &Limits) -> Result<Wrapper<'a>, BodyError> {
    let mut scan = Scan::new(body, 1);
    let mut found = Wrapper::default();
    loop {
        let start = scan.position();
        let member = scan.member();
        let key = member.key.clone().and_then(|key| body.get(key)).map(String::from_utf8_lossy);
        let value = body.get(member.value.clone()).unwrap_or_default();
        if let Some(key) = &key {
            found.is_order |= ORDER_FIELDS.contains(&key.as_ref());
        }
        if member.stop == Stop::End {
            return Err(found.truncated(body, key.as_deref(), member.value, limits));
        }
        match key {
            Some(key) => found.member(body, &key, member.value, limits)?,
            None if value.is_empty() => {}
            None => {
                found.junk.get_or_insert(start);
            }
        }
        if member.stop == Stop::Close {
            found.end = scan.position();
            return Ok(found);
        }
    }
}

impl<'a> Wrapper<'a> {
    /// Whether it holds lists of orders and is not an order itself.
    pub fn is_wrapper(&self) -> bool {
        !self.is_order && !self.lists.is_empty()
    }

    /// The body, when this object is all there is.
    pub fn single(self, body: &'a [u8]) -> Result<Body<'a>, BodyError> {
        if self.is_order {
            return Ok(Body { orders: vec![body], next: None });
        }
        if let Some(at) = self.junk {
            return Err(BodyError::trailing(body, at));
        }
        let mut lists = self.lists;
        let names: Vec<String> = lists.iter().map(|(name, _)| name.clone()).collect();
        lists.sort_by_key(|(_, orders)| orders.is_empty());
        let mut lists = lists.into_iter();
        let Some((_, orders)) = lists.next() else {
            return Err(BodyError::not_a_wrapper(body, &self.keys));
        };
        if lists.next().is_some_and(|(_, others)| !others.is_empty()) {
            return Err(BodyError::Ambiguous { names });
        }
        if orders.is_empty() && self.failed {
            return Err(BodyError::not_a_wrapper(body, &self.keys));
        }
        Ok(Body { orders, next: self.next })
    }

    fn member(
        &mut self,
        body: &'a [u8],
        key: &str,
        range: Range<usize>,
        limits: &Limits,
    ) -> Result<(), BodyError> {
        let value = body.get(range.clone()).unwrap_or_default();
        let lower = key.to_ascii_lowercase();
        // An order may have a list called `data`, but a page of orders is not one.
        if ORDERS.contains(&lower.as_str()) && !self.is_order {
            if value.starts_with(b"[") {
                let orders = array(body, &mut Scan::new(body, range.start + 1), limits)?;
                self.lists.push((key.to_owned(), orders));
            } else if value == b"null" {
                self.lists.push((key.to_owned(), Vec::new()));
            }
        } else if lower == "next" {
            self.next = self.next.take().or_else(|| link(&json(value)));
        } else if LINKS.contains(&lower.as_str()) {
            self.next = self.next.take().or_else(|| link(json(value).get("next")?));
        } else if lower == "error" || lower == "errors" {
            self.failed |= !matches!(value, b"null" | b"false" | b"0" | b"\"\"" | b"[]" | b"{}");
        } else if lower == "success" {
            self.failed |= value == b"false";
        }
        // The names are for an error message: a few will do.
        if self.keys.len() < 10 {
            self.keys.push(key.chars().take(40).collect());
        }
        Ok(())
    }

    fn truncated(&self, body: &[u8], key: Option<&str>, value: Range<usize>, limits: &Limits) -> BodyError {
        let is_list = key.is_some_and(|key| ORDERS.contains(&key.to_ascii_lowercase().as_str()));
        if is_list
            && !self.is_order
            && body.get(value.start) == Some(&b'[')
            && let Err(error) = array(body, &mut Scan::new(body, value.start + 1), limits)
        {
            return error;
        }
        let whole = self.lists.iter().map(|(_, orders)| orders.len()).sum();
        BodyError::Truncated { whole }
    }
}

fn json(value: &[u8]) -> Value {
    let short = value.len() <= LINK_BYTES;
    short.then(|| serde_json::from_slice(value).ok()).flatten().unwrap_or_default()
}

/// A link as text, number or `{"href": …}`; nothing when it is empty.
fn link(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => match object.get("href") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
