//! Values without a type of their own.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, Deserialize, DeserializeOwned, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::error::{DecodeError, EncodeError};
use super::{Limits, Response, decode_response, encode_response, token};

/// Any XML-RPC value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// `nil`, Python's `None`.
    #[default]
    Nil,
    /// `boolean`. Odoo also puts `false` where a text, date or many2one is empty.
    Bool(bool),
    /// `int` and its kin. Read up to 64 bits; sending more than 32 is an error.
    Int(i64),
    /// `double`. For amounts use [`super::Exact`].
    Double(f64),
    /// `string`.
    String(String),
    /// `dateTime.iso8601`, as it stands on the wire. Odoo itself sends dates as texts.
    DateTime(String),
    /// `base64`, decoded.
    Base64(Vec<u8>),
    /// `array`.
    Array(Vec<Value>),
    /// `struct`.
    Struct(Struct),
}

impl Value {
    /// The member `name` of a struct.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Struct(members) => members.get(name),
            _ => None,
        }
    }
}

/// The members of a `struct`, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Struct(Vec<(String, Value)>);

impl Struct {
    /// No members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a member; the last one, as in Python, if the wire had it twice.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a member, in place if it is there already.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().rev().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there are no members.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Struct {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        Self(members.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<String>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Struct {
    fn from(members: [(K, V); N]) -> Self {
        members.into_iter().collect()
    }
}

macro_rules! from {
    ($($source:ty => $pattern:pat => $value:expr),+ $(,)?) => {$(
        impl From<$source> for Value {
            fn from($pattern: $source) -> Self { $value }
        }
    )+};
}

from! {
    bool => v => Self::Bool(v),
    i32 => v => Self::Int(v.into()),
    u32 => v => Self::Int(v.into()),
    i64 => v => Self::Int(v),
    &str => v => Self::String(v.to_owned()),
    String => v => Self::String(v),
    Struct => v => Self::Struct(v),
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::DateTime(text) => serializer.serialize_newtype_struct(token::DATE_TIME, text),
            Self::Base64(bytes) => serializer.serialize_bytes(bytes),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Struct(members) => members.serialize(serializer),
        }
    }
}

impl Serialize for Struct {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(token::VALUE, ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Struct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Struct(members) => Ok(members),
            _ => Err(de::Error::custom("expected a struct")),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any XML-RPC value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        Value::deserialize(inner)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Base64(bytes.to_owned()))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Base64(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Struct(Struct(members)))
    }

    // The codec's own way to say `dateTime.iso8601`.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (text, variant) = access.variant()?;
        variant.unit_variant()?;
        Ok(Value::DateTime(text))
    }

    // Formats other than this codec.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }
}

/// Reads a type from a [`Value`].
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(value)
}

/// Turns a type into a [`Value`], by way of the wire.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
    let limits = Limits { bytes: usize::MAX, depth: usize::MAX, values: usize::MAX };
    match decode_response(&encode_response(value)?, limits) {
        Ok(Response::Result(value)) => Ok(value),
        Ok(Response::Fault(_)) | Err(_) => Err(serde::ser::Error::custom("the value cannot be read back")),
    }
}

impl IntoDeserializer<'_, DecodeError> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Nil => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Int(value) => visitor.visit_i64(value),
            Self::Double(value) => visitor.visit_f64(value),
            Self::String(text) | Self::DateTime(text) => visitor.visit_string(text),
            Self::Base64(bytes) => visitor.visit_byte_buf(bytes),
            Self::Array(values) => {
                let mut seq = SeqDeserializer::new(values.into_iter());
                let value = visitor.visit_seq(&mut seq)?;
                seq.end()?;
                Ok(value)
            }
            Self::Struct(members) => visitor.visit_map(MapDeserializer::new(members.0.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Nil => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match (name, self) {
            (token::VALUE, Self::DateTime(text)) => visitor.visit_enum(text.into_deserializer()),
            (token::DOUBLE | token::VALUE, value) => value.deserialize_any(visitor),
            (_, value) => visitor.visit_newtype_struct(value),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Self::String(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Struct(members) => visitor.visit_enum(de::value::MapAccessDeserializer::new(
                MapDeserializer::new(members.0.into_iter()),
            )),
            _ => Err(de::Error::custom("expected a text or a struct with one member")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
