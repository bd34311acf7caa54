//! From the body of an answer, a file or a webhook to what the inbox keeps of each order.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use super::body::{self, BodyError, Limits};
use super::format::orderid::{self, ReadRules, Unread};
use super::{Order, Refusal, Text, meaning};

use crate::text;

/// Bytes kept of an order that is too large to be read.
const KEPT_OF_TOO_LARGE: usize = 4096;

/// Where a body came from, for messages: a noun phrase without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance(String);

impl Provenance {
    /// A page of a feed, the first is 1. Query and credentials of the address are left out.
    pub fn page(url: &Url, page: usize) -> Self {
        let origin = url.origin().ascii_serialization();
        Self(format!("page {page} of {origin}{}", url.path()))
    }

    /// A file, as named by the user.
    pub fn file(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A message that the source sent by itself to the sync of this name.
    pub fn webhook(sync: &str) -> Self {
        Self(format!("a webhook to {sync}"))
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A body that holds no orders that can be read, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provenance}: {error}")]
pub struct IngestError {
    /// Where the body came from.
    pub provenance: Provenance,
    /// What is wrong with it.
    pub error: BodyError,
}

impl IngestError {
    /// The same, for people.
    pub fn text(&self) -> Text {
        text!("{place}: {error}", place = self.provenance.to_string(), error = self.error.text())
    }
}

/// The orders of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrivals {
    /// Each order, read or refused, in the order sent. The same one may come twice.
    pub orders: Vec<ReadOrder>,
    /// What the body says of the next page: an address or a token.
    pub next: Option<String>,
}

/// One raw order and what was read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOrder {
    /// Canonical text of its key, or `unreadable:SOURCE:HASH` when the key cannot be read.
    pub key: String,
    /// The order id as people know it, as far as it can be told; else `?`.
    pub external_id: String,
    /// The raw order, card numbers masked.
    pub raw: String,
    /// Name and version of its format.
    pub format: &'static str,
    /// What it means (see [`Order::meaning`]); of an unread order a hash of its raw text.
    pub meaning: String,
    /// The order, or why it is none.
    pub result: Result<Order, Refusal>,
}

/// Cuts a body into orders and reads each. An order that cannot be read is refused by
/// itself; only a body that cannot be cut is an error. `received_at` (UTC) dates orders that
/// the source gives no date for.
pub fn arrivals(
    body: &[u8],
    rules: &ReadRules,
    limits: &Limits,
    provenance: &Provenance,
    received_at: DateTime<Utc>,
) -> Result<Arrivals, IngestError> {
    let body =
        body::split(body, limits).map_err(|error| IngestError { provenance: provenance.clone(), error })?;
    let orders = body.orders.iter().map(|raw| arrival(raw, rules, limits, received_at));
    Ok(Arrivals { orders: orders.collect(), next: body.next })
}

/// Reads one raw order as it was sent.
pub fn arrival(raw: &[u8], rules: &ReadRules, limits: &Limits, received_at: DateTime<Utc>) -> ReadOrder {
    let text = String::from_utf8_lossy(raw);
    let mut masked = orderid::mask_cards(&text, &rules.refund_id_fields).into_owned();
    let mut result = orderid::read(&masked, rules, received_at);
    if let Err(error) = std::str::from_utf8(raw) {
        let message = text!("The order is not UTF-8 text (byte {byte}).", byte = error.valid_up_to() + 1);
        result = Err(refused(result, message));
    }
    // Masking may lengthen it: a bare number becomes a text.
    let bytes = raw.len().max(masked.len());
    if bytes > limits.order_bytes {
        let limit = limits.order_bytes;
        let message = text!("The order has {bytes} bytes, more than the {limit} accepted.", bytes, limit);
        result = Err(refused(result, message));
    }
    let meaning = match &result {
        Ok(order) => order.meaning(),
        Err(_) => meaning::of_unread(&masked),
    };
    let (key, external_id, result) = match result {
        Ok(order) => (order.key.canonical(), order.key.order_id.clone(), Ok(order)),
        Err(unread) => (
            unread.key.map_or_else(|| unreadable_key(&masked, rules), |key| key.canonical()),
            unread.external_id.unwrap_or_else(|| "?".to_owned()),
            Err(unread.refusal),
        ),
    };
    if bytes > limits.order_bytes {
        let whole = (0..=KEPT_OF_TOO_LARGE).rev();
        let kept = whole.into_iter().find(|end| masked.is_char_boundary(*end));
        masked.truncate(kept.unwrap_or_default());
    }
    ReadOrder { key, external_id, raw: masked, format: orderid::FORMAT, meaning, result }
}

/// Refuses an order for the way it came, keeping what is known of its identity.
fn refused(result: Result<Order, Box<Unread>>, message: Text) -> Box<Unread> {
    let refusal = orderid::unreadable(message);
    match result {
        Ok(order) => {
            Box::new(Unread { external_id: Some(order.key.order_id.clone()), key: Some(order.key), refusal })
        }
        Err(unread) => Box::new(Unread { refusal, ..*unread }),
    }
}

fn unreadable_key(masked: &str, rules: &ReadRules) -> String {
    let hash = Sha256::digest(masked);
    format!("unreadable:{}:{hash:x}", rules.source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::{Code, OrderKey, SourceId, Status};

    fn rules() -> ReadRules {
        ReadRules::new(SourceId::new("SRC").unwrap(), chrono_tz::Asia::Riyadh)
    }

    fn page() -> Provenance {
        let url = Url::parse("https://user:pw@shop.example/orders?api_key=hunter2&page=2");
        Provenance::page(&url.unwrap(), 2)
    }

    fn try_ingest(body: &[u8], limits: &Limits) -> Result<Arrivals, IngestError> {
        arrivals(body, &rules(), limits, &page(), DateTime::UNIX_EPOCH)
    }

    fn ingest(body: &str) -> Vec<ReadOrder> {
        try_ingest(body.as_bytes(), &Limits::default()).unwrap().orders
    }

    fn codes(orders: &[ReadOrder]) -> Vec<Option<Code>> {
        let code = |order: &ReadOrder| order.result.as_ref().err().map(|refusal| refusal.code);
        orders.iter().map(code).collect()
    }

    #[test]
    fn the_wrapper_of_the_format() {
        let orders = ingest(include_str!("../../tests/fixtures/orders/wrapper.json"));
        assert_eq!(codes(&orders), [Some(Code::NotCompleted), None, None]);
        assert_eq!(orders[0].key, "v1:SRC/-/70220/sale");
        assert_eq!((&orders[1].key, &orders[1].meaning), (&orders[2].key, &orders[2].meaning), "a repeat");
        assert_eq!(orders[1].result.as_ref().unwrap().status, Status::Completed);
    }

    const GOOD: &str = r#"{"OrderID":2,"GrandTotal":1,"OrderItems":[{"Price":1}]}"#;

    #[test]
    fn one_bad_order_takes_no_other_down() {
        let orders = ingest(&format!(r#"[{{"OrderID":1,"GrandTotal":NaN}},{GOOD},{{"x":"\u12"}},7]"#));
        let bad = Some(Code::Unreadable);
        assert_eq!(codes(&orders), [bad, None, bad, bad]);
        let ids: Vec<_> = orders.iter().map(|order| order.external_id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "?", "?"]);
        assert_eq!(orders[0].key, "v1:SRC/-/1/sale", "a good version replaces it");
        assert_eq!(orders[0].raw, r#"{"OrderID":1,"GrandTotal":NaN}"#);
        assert!(orders[2].key.starts_with("unreadable:SRC:"));
        assert_ne!(orders[2].key, orders[3].key);
        assert_eq!(orders[2].key.len(), "unreadable:SRC:".len() + 64);
    }

    #[test]
    fn broken_text_is_refused_with_its_key() {
        let body =
            b"[{\"OrderID\":1,\"GrandTotal\":1,\"OrderItems\":[{\"Price\":1,\"ItemName\":\"\xC3(\"}]}]";
        let orders = try_ingest(body, &Limits::default()).unwrap().orders;
        let refusal = orders[0].result.as_ref().unwrap_err();
        assert_eq!(refusal.message, "The order is not UTF-8 text (byte 66).");
        assert_eq!(orders[0].key, "v1:SRC/-/1/sale");
    }

    #[test]
    fn a_huge_order_is_refused_and_not_kept() {
        let limits = Limits { order_bytes: 5000, ..Limits::default() };
        let body = format!(r#"[{{"OrderID":1,"Remark":"{}"}},{GOOD}]"#, "é".repeat(3000));
        let orders = try_ingest(body.as_bytes(), &limits).unwrap().orders;
        assert_eq!(codes(&orders), [Some(Code::Unreadable), None]);
        assert_eq!(orders[0].key, "v1:SRC/-/1/sale");
        assert!(orders[0].raw.len() <= 4096);
    }

    #[test]
    fn an_order_that_masking_makes_too_large_is_not_kept_in_half() {
        let raw = GOOD.replace("\"Price\"", r#""Note":4111111111111111,"Price""#);
        let of = |order_bytes| {
            let limits = Limits { order_bytes, ..Limits::default() };
            let order = try_ingest(raw.as_bytes(), &limits).unwrap().orders.remove(0);
            (order.result.err().map(|refusal| refusal.code), order.raw.len())
        };
        assert_eq!(of(raw.len() + 2), (None, raw.len() + 2), "quotes around the number");
        assert_eq!(of(raw.len() + 1).0, Some(Code::Unreadable));
    }

    #[test]
    fn cards_are_masked_before_they_are_kept() {
        let orders = ingest(
            &GOOD
                .replace("\"Price\"", r#""Note":"4111111111111111","Price""#)
                .replace("\"OrderID\":2", "\"OrderID\":4111111111111111"),
        );
        assert!(!orders[0].raw.contains("\"4111111111111111"));
        assert_eq!(orders[0].external_id, "4111111111111111", "an id is no card");
        assert_eq!(orders[0].result.as_ref().unwrap().lines[0].note.as_deref(), Some("411111******1111"));
    }

    #[test]
    fn errors_say_where_from_without_secrets() {
        let error = try_ingest(b"<html><title>Login</title>", &Limits::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "page 2 of https://shop.example/orders: a web page came instead of orders (“Login”): check the address and the key"
        );
        assert_eq!(Provenance::file("a.json").to_string(), "a.json");
        assert_eq!(Provenance::webhook("Garage").to_string(), "a webhook to Garage");
    }

    proptest! {
        #[test]
        fn every_order_cut_is_accounted_for(body in "[{}\\[\\]\":,0-9a-zOrderID\\\\]{0,80}") {
            if let Ok(arrivals) = try_ingest(body.as_bytes(), &Limits::default()) {
                let cut = body::split(body.as_bytes(), &Limits::default()).unwrap();
                prop_assert_eq!(arrivals.orders.len(), cut.orders.len());
                for order in arrivals.orders {
                    let known = OrderKey::parse(&order.key).is_some();
                    prop_assert!(known || order.key.starts_with("unreadable:SRC:"));
                    prop_assert!(known || order.result.is_err());
                }
            }
        }
    }
}
