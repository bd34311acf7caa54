//! From the body of an answer, a file or a webhook to what the inbox keeps of each order.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use super::body::{self, BodyError, Limits};
use super::format::orderid::{self, ReadRules, Unread};
use super::{Order, Refusal, meaning};

/// Bytes kept of an order that is too large to be read.
const KEPT_OF_TOO_LARGE: usize = 4096;

/// Where a body came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A page of a feed, the first is 1.
    Feed {
        /// Its address; query and credentials are not shown.
        url: Url,
        /// Number of the page.
        page: usize,
    },
    /// A file, as named by the user.
    File(String),
    /// Sent by the source to the sync of this name.
    Webhook(String),
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed { url, page } => {
                let origin = url.origin().ascii_serialization();
                write!(f, "page {page} of {origin}{}", url.path())
            }
            Self::File(name) => f.write_str(name),
            Self::Webhook(sync) => write!(f, "a webhook to {sync}"),
        }
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
    let body = body::split(body, limits).map_err(|error| IngestError {
        provenance: provenance.clone(),
        error,
    })?;
    let orders = body
        .orders
        .iter()
        .map(|raw| arrival(raw, rules, limits, received_at));
    Ok(Arrivals {
        orders: orders.collect(),
        next: body.next,
    })
}

/// Reads one raw order as it was sent.
pub fn arrival(
    raw: &[u8],
    rules: &ReadRules,
    limits: &Limits,
    received_at: DateTime<Utc>,
) -> ReadOrder {
    let text = String::from_utf8_lossy(raw);
    let mut masked = orderid::mask_cards(&text, &rules.refund_id_fields).into_owned();
    let mut result = orderid::read(&masked, rules, received_at);
    if let Err(error) = std::str::from_utf8(raw) {
        let message = format!("The order is not UTF-8 text (byte {}).", error.valid_up_to() + 1);
        result = Err(refused(result, &message));
    }
    if raw.len() > limits.order_bytes {
        let message = format!(
            "The order has {} bytes, more than the {} accepted.",
            raw.len(),
            limits.order_bytes
        );
        result = Err(refused(result, &message));
    }
    let meaning = match &result {
        Ok(order) => order.meaning(),
        Err(_) => meaning::of_unread(&masked),
    };
    let (key, external_id, result) = match result {
        Ok(order) => (
            order.key.canonical(),
            order.key.order_id.clone(),
            Ok(order),
        ),
        Err(unread) => (
            unread
                .key
                .map_or_else(|| unreadable_key(&masked, rules), |key| key.canonical()),
            unread.external_id.unwrap_or_else(|| "?".to_owned()),
            Err(unread.refusal),
        ),
    };
    if masked.len() > limits.order_bytes {
        masked.truncate(masked.floor_char_boundary(KEPT_OF_TOO_LARGE));
    }
    ReadOrder {
        key,
        external_id,
        raw: masked,
        format: orderid::FORMAT,
        meaning,
        result,
    }
}

/// Refuses an order for the way it came, keeping what is known of its identity.
fn refused(result: Result<Order, Box<Unread>>, message: &str) -> Box<Unread> {
    let refusal = orderid::unreadable(message);
    match result {
        Ok(order) => Box::new(Unread {
            external_id: Some(order.key.order_id.clone()),
            key: Some(order.key),
            refusal,
        }),
        Err(unread) => Box::new(Unread { refusal, ..*unread }),
    }
}

fn unreadable_key(masked: &str, rules: &ReadRules) -> String {
    let hash = Sha256::digest(masked);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("unreadable:{}:{hash}", rules.source)
}
