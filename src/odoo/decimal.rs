//! Exact decimals as the numbers of any transport.
//!
//! Odoo has no decimal on the wire: amounts are doubles. Going through `f64` here would
//! add noise of our own, so a [`Decimal`] is sent as its text and received from the text.
//! What Odoo *stores* is binary and may print with noise (`13.209999999999999`): round to
//! the currency's or the price's precision after reading.
//!
//! In XML-RPC it is a `double` of that text, in JSON a number of that text. Python reads
//! both as the nearest double, and writes the shortest text that reads back as the same.
//!
//! Use [`Exact`] for a lone value, and `#[serde(with = "…::odoo::decimal")]` (or
//! `decimal::option`) on a field.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{self, Serialize, Serializer};
use serde_json::value::RawValue;

/// Name of the newtype struct around a number's text: tells XML-RPC's codec to write a
/// `double`, and to hand over the text of one. JSON needs no telling.
pub(super) const DOUBLE: &str = "$tillbridge::double";

/// A decimal that travels as an exact number, for use where no field attribute can stand:
/// arguments, elements of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Exact(pub Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

/// Serializes as a number with the decimal's own digits.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    // The longest has a sign, 28 digits, a point, and a zero before that.
    let mut text = String::with_capacity(32);
    write!(text, "{value}").map_err(ser::Error::custom)?;
    let digits: &RawValue = serde_json::from_str(&text).map_err(ser::Error::custom)?;
    serializer.serialize_newtype_struct(DOUBLE, digits)
}

/// Deserializes a number, or a text holding one. Exact up to the 28
/// decimal places a [`Decimal`] has; digits beyond are rounded away (they are noise: a
/// remainder such as `1.4210854715202004e-14`), numbers too large are an error.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_newtype_struct(DOUBLE, DecimalVisitor)
}

/// The same for `Option<Decimal>`: `None` is `nil`, in JSON `null`.
pub mod option {
    use super::{Decimal, Deserialize, Deserializer, Exact, Serialize, Serializer};

    /// Serializes `None` as `nil` or `null`.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Exact).serialize(serializer)
    }

    /// Deserializes `nil` or `null` as `None`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Exact>::deserialize(deserializer)?.map(|exact| exact.0))
    }
}

struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
        Ok(value.into())
    }

    // From a `Value` or another format. The shortest text that reads back as the same f64 is
    // also what Python prints, so nothing is lost against the wire.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Decimal, D::Error> {
        inner.deserialize_any(self)
    }
}

/// The number a text stands for, with or without an exponent.
fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim_ascii();
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return plain(text);
    };
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.is_empty() {
        return None;
    }
    // Doubles end at 1e308 and 5e-324; beyond, only a zero mantissa makes sense.
    let exponent =
        usize::try_from(exponent.unsigned_abs()).ok().filter(|e| *e <= 400).map(|e| (exponent < 0, e))?;
    let shifted = match exponent {
        (true, places) => {
            let padded = format!("{}{whole}", "0".repeat(places));
            let (int, frac) = padded.split_at(padded.len() - places);
            format!("{sign}{}.{frac}{fraction}", if int.is_empty() { "0" } else { int })
        }
        (false, places) => {
            let padded = format!("{fraction:0<places$}");
            let (int, frac) = padded.split_at(places);
            format!("{sign}{whole}{int}.{frac}")
        }
    };
    plain(shifted.trim_end_matches('.'))
}

fn plain(text: &str) -> Option<Decimal> {
    // `Decimal` skips underscores; a number on the wire has none.
    if text.contains('_') { None } else { Decimal::from_str(text).ok() }
}
