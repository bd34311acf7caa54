//! XML-RPC as Odoo speaks it, as a serde format.
//!
//! Any `Serialize` type is written straight to bytes ([`CallEncoder`]) and any
//! `Deserialize` type is read straight from them ([`decode_response`]), without a tree in
//! between; [`Value`] is there for what has no type of its own.
//!
//! | serde | XML-RPC |
//! |---|---|
//! | bool, integers within 32 bits, floats | `boolean`, `int`, `double` |
//! | str, char, unit variant | `string` |
//! | bytes ([`Value::Base64`]) | `base64` |
//! | unit, `None` | `nil` |
//! | seq, tuple | `array` |
//! | map, struct, other variants | `struct` |
//! | [`decimal`], [`Exact`] | `double`, exact text |
//!
//! What cannot be carried is an error naming its place, never a silent change: wider
//! integers (Python's `xmlrpc.client` refuses them too), NaN and infinities, characters
//! that XML 1.0 has no form for. Documents are read with caps on size, depth and count
//! ([`Limits`]); document type declarations and unknown entities are refused.

mod de;
mod element;
mod error;
mod escape;
mod no_xml;
mod reader;
mod ser;
mod value;

#[cfg(test)]
mod tests;

pub use super::decimal::{self, Exact};
pub use de::{Fault, Response, decode_call, decode_response};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind};
pub use reader::Limits;
pub use ser::{CallEncoder, encode_fault, encode_response};
pub use value::{Struct, Value, from_value, to_value};

/// Names of newtype structs that the codec gives a meaning of its own. Other formats see
/// the text inside.
mod token {
    /// Text to be sent as, and received from, a `double` (or an `int`).
    pub(super) use crate::odoo::decimal::DOUBLE;
    /// Text to be sent as a `dateTime.iso8601`.
    pub(super) const DATE_TIME: &str = "$tillbridge::xmlrpc::dateTime";
    /// A `Value`: tells a `dateTime.iso8601` from a `string` (by way of `visit_enum`).
    pub(super) const VALUE: &str = "$tillbridge::xmlrpc::Value";
}
