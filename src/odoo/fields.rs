//! How Odoo writes the fields of a record, on every transport.
//!
//! An empty field is `False`, whatever its type (numbers and booleans have no empty);
//! dates are texts; a many2one is `[id, name]`. So:
//!
//! ```
//! use serde::Deserialize;
//! use tillbridge::odoo::fields::{self, Datetime, Many2One};
//!
//! #[derive(Deserialize)]
//! struct Session {
//!     id: i64,
//!     name: String,
//!     #[serde(deserialize_with = "fields::optional")]
//!     start_at: Option<Datetime>,
//!     config_id: Many2One,
//! }
//! ```

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// For `#[serde(deserialize_with)]` on an `Option<T>`: `False`, an empty text and `nil` are
/// `None`, everything else is a `T`.
pub fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(OptionalVisitor(PhantomData))
}

/// A many2one as it is written where a key must not be missing: the id, or `False`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdOrFalse(pub Option<i64>);

impl Serialize for IdOrFalse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(id) => serializer.serialize_i64(id),
            None => serializer.serialize_bool(false),
        }
    }
}

struct OptionalVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OptionalVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or False for none")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<T>, E> {
        if value { T::deserialize(value.into_deserializer()).map(Some) } else { Ok(None) }
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<T>, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.is_empty() { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Option<T>, E> {
        T::deserialize(de::value::BytesDeserializer::new(&bytes)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Option<T>, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq)).map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// A `Datetime` field: UTC, to the second, `2026-11-01 10:00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Datetime(pub DateTime<Utc>);

const DATETIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

impl Serialize for Datetime {
    /// The only form Odoo takes: no `T`, no zone, no fraction (which is cut off).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format(DATETIME_FORMAT))
    }
}

impl<'de> Deserialize<'de> for Datetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Computed values may carry a fraction.
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f")
            .map(|time| Self(time.and_utc()))
            .map_err(|_| de::Error::custom(format!("\"{text}\" is not a time of Odoo")))
    }
}

impl From<DateTime<Utc>> for Datetime {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

/// A `Date` field: a calendar day, `2026-11-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub NaiveDate);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%d"))
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .map(Self)
            .map_err(|_| de::Error::custom(format!("\"{text}\" is not a date of Odoo")))
    }
}

/// A many2one field that is set: `[id, display name]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Many2One {
    /// The record's id.
    pub id: i64,
    /// Its display name, in the language of the call's context; empty if it has none.
    pub name: String,
}

impl<'de> Deserialize<'de> for Many2One {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Pair(i64, #[serde(deserialize_with = "optional")] Option<String>);
        let Pair(id, name) = Pair::deserialize(deserializer)?;
        Ok(Self { id, name: name.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odoo::xmlrpc::{Exact, Struct, Value, from_value, to_value};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Record {
        #[serde(deserialize_with = "optional")]
        name: Option<String>,
        #[serde(deserialize_with = "optional")]
        partner_id: Option<Many2One>,
        #[serde(deserialize_with = "optional")]
        start_at: Option<Datetime>,
        #[serde(deserialize_with = "optional")]
        day: Option<Date>,
        #[serde(deserialize_with = "optional")]
        amount: Option<Exact>,
        #[serde(deserialize_with = "optional")]
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Cash,
    }

    const NAMES: [&str; 6] = ["name", "partner_id", "start_at", "day", "amount", "kind"];

    fn record(values: [Value; 6]) -> Record {
        let members: Struct = NAMES.into_iter().zip(values).collect();
        from_value(Value::Struct(members)).expect("a record")
    }

    #[test]
    fn empty_is_false_or_nil_or_an_empty_text() {
        let empty =
            Record { name: None, partner_id: None, start_at: None, day: None, amount: None, kind: None };
        for nothing in [Value::Bool(false), Value::Nil, "".into()] {
            assert_eq!(record(std::array::from_fn(|_| nothing.clone())), empty);
        }
    }

    #[test]
    fn what_is_set() {
        let time = "2026-11-01T10:00:59Z".parse::<DateTime<Utc>>().expect("time");
        let full = record([
            "Shop".into(),
            Value::Array(vec![7.into(), "Fish & Chips".into()]),
            "2026-11-01 10:00:59.123456".into(),
            "2026-11-01".into(),
            Value::Double(13.21),
            "cash".into(),
        ]);
        assert_eq!(
            full,
            Record {
                name: Some("Shop".into()),
                partner_id: Some(Many2One { id: 7, name: "Fish & Chips".into() }),
                start_at: Some(Datetime(time + chrono::TimeDelta::microseconds(123_456))),
                day: Some(Date(time.date_naive())),
                amount: Some(Exact("13.21".parse().expect("decimal"))),
                kind: Some(Kind::Cash),
            }
        );
        let nameless = Value::Array(vec![7.into(), false.into()]);
        assert_eq!(
            from_value::<Many2One>(nameless).expect("a many2one"),
            Many2One { id: 7, name: String::new() }
        );
    }

    #[test]
    fn times_are_written_as_odoo_reads_them() {
        let time = "2026-11-01T10:00:59.999Z".parse::<DateTime<Utc>>().expect("time");
        assert_eq!(to_value(&Datetime(time)).expect("encodes"), "2026-11-01 10:00:59".into());
        assert_eq!(to_value(&Date(time.date_naive())).expect("encodes"), "2026-11-01".into());
    }

    #[test]
    fn what_is_neither() {
        for (text, error) in
            [("2026-11-01T10:00:00Z", "is not a time of Odoo"), ("01/11/2026", "is not a time of Odoo")]
        {
            let refused = from_value::<Datetime>(text.into()).expect_err(text).to_string();
            assert!(refused.contains(error), "{refused}");
        }
        from_value::<Date>("2026-02-30".into()).expect_err("no such day");
        from_value::<Many2One>(true.into()).expect_err("not a many2one");
    }
}
