//! Reading: bytes to serde.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StringDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, IgnoredAny, IntoDeserializer as _, Visitor};

use super::element::Element;
use super::error::{DecodeError, DecodeErrorKind as Kind, clip};
use super::reader::{Limits, Tag, XmlReader, is_blank};
use super::token;
use super::value::Value;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a server answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Response<T> {
    /// The result.
    Result(T),
    /// The server reports a failure.
    Fault(Fault),
}

/// A fault as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `faultCode` as text: a number on `/xmlrpc/2`, a text on `/xmlrpc`.
    pub code: String,
    /// `faultString`: a message or a Python traceback.
    pub string: String,
}

/// Reads a `methodResponse`.
pub fn decode_response<'de, T: Deserialize<'de>>(
    document: &'de [u8],
    limits: Limits,
) -> Result<Response<T>, DecodeError> {
    let mut xml = XmlReader::new(document, limits)?;
    xml.open(Element::MethodResponse)?;
    let response = match xml.tag()? {
        Tag::Open(Element::Params) => {
            xml.open(Element::Param)?;
            let result = value(&mut xml)?;
            xml.close()?;
            xml.close()?;
            Response::Result(result)
        }
        Tag::Open(Element::Fault) => {
            let fault = fault(&value(&mut xml)?);
            xml.close()?;
            Response::Fault(fault)
        }
        other => return xml.unexpected(other, Tag::Open(Element::Params)),
    };
    xml.close()?;
    end(&mut xml)?;
    Ok(response)
}

/// Reads a `methodCall`: the method and its parameters. For servers, such as the fakes of
/// tests.
pub fn decode_call(document: &[u8], limits: Limits) -> Result<(String, Vec<Value>), DecodeError> {
    let mut xml = XmlReader::new(document, limits)?;
    xml.open(Element::MethodCall)?;
    xml.open(Element::MethodName)?;
    let method = xml.text()?.trim_ascii().to_owned();
    let mut params = Vec::new();
    if xml.tag()? == Tag::Open(Element::Params) {
        while xml.tag()? == Tag::Open(Element::Param) {
            params.push(value(&mut xml).map_err(|e: DecodeError| e.at_index(params.len()))?);
            xml.close()?;
        }
        xml.close()?;
    }
    end(&mut xml)?;
    Ok((method, params))
}

fn end(xml: &mut XmlReader<'_>) -> Result<(), DecodeError> {
    match xml.tag_or_end() {
        Ok(None) => Ok(()),
        _ => Err(xml.error(Kind::Trailing)),
    }
}

/// Lenient on purpose: whatever a fault holds, it must come out as a fault.
fn fault(value: &Value) -> Fault {
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Int(code)) => code.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    };
    Fault { code: text("faultCode"), string: text("faultString") }
}

fn value<'de, T: Deserialize<'de>>(xml: &mut XmlReader<'de>) -> Result<T, DecodeError> {
    xml.open(Element::Value)?;
    T::deserialize(Decoder::after_open(xml)?)
}

/// A value whose start has been read: all of a scalar, the opening of a compound.
enum Head<'de> {
    Nil,
    Bool(bool),
    Int(i64),
    Double(Cow<'de, str>),
    Text(Cow<'de, str>),
    DateTime(Cow<'de, str>),
    Base64(Vec<u8>),
    Array,
    Struct,
}

struct Decoder<'a, 'de> {
    xml: &'a mut XmlReader<'de>,
    head: Head<'de>,
}

impl<'a, 'de> Decoder<'a, 'de> {
    /// Reads on behind `<value>`.
    fn after_open(xml: &'a mut XmlReader<'de>) -> Result<Self, DecodeError> {
        xml.count_value()?;
        let (text, tag) = xml.text_and_tag()?;
        let element = match tag {
            // A value without an element of its type is a text.
            Tag::Close => {
                return Ok(Self { xml, head: Head::Text(text) });
            }
            Tag::Open(element) if is_blank(&text) => element,
            Tag::Open(_) => return xml.structure("text beside the element of a value"),
        };
        let head = match element {
            Element::Array => {
                xml.enter()?;
                xml.open(Element::Data)?;
                return Ok(Self { xml, head: Head::Array });
            }
            Element::Struct => {
                xml.enter()?;
                return Ok(Self { xml, head: Head::Struct });
            }
            Element::Nil => {
                xml.close()?;
                Head::Nil
            }
            Element::String => Head::Text(xml.text()?),
            Element::DateTime => Head::DateTime(trim(xml.text()?)),
            Element::Double => Head::Double(trim(xml.text()?)),
            Element::Boolean => {
                let text = xml.text()?;
                match text.trim_ascii() {
                    "0" => Head::Bool(false),
                    "1" => Head::Bool(true),
                    _ => return Err(scalar(xml, "boolean", &text)),
                }
            }
            Element::Int => {
                let text = xml.text()?;
                let number = text.trim_ascii().parse();
                Head::Int(number.map_err(|_| scalar(xml, "64-bit integer", &text))?)
            }
            Element::Base64 => {
                let text = xml.text()?;
                let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                Head::Base64(BASE64.decode(digits).map_err(|_| scalar(xml, "base64", &text))?)
            }
            other => return xml.structure(format!("<{}> within <value>", other.name())),
        };
        xml.close()?;
        Ok(Self { xml, head })
    }
}

#[cold]
fn scalar(xml: &XmlReader<'_>, element: &'static str, text: &str) -> DecodeError {
    xml.error(Kind::Scalar { element, text: clip(text, 60) })
}

fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    }
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, DecodeError> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

impl<'de> de::Deserializer<'de> for Decoder<'_, 'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head {
            Head::Nil => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Int(value) => visitor.visit_i64(value),
            Head::Double(text) => match text.parse() {
                Ok(value) => visitor.visit_f64(value),
                Err(_) => Err(scalar(self.xml, "double", &text)),
            },
            Head::Text(text) | Head::DateTime(text) => visit_text(text, visitor),
            Head::Base64(bytes) => visitor.visit_byte_buf(bytes),
            Head::Array => {
                let mut elements = Elements { xml: self.xml, index: 0, done: false };
                let value = visitor.visit_seq(&mut elements)?;
                elements.finish()?;
                Ok(value)
            }
            Head::Struct => {
                let mut members = Members { xml: self.xml, key: Cow::Borrowed(""), done: false };
                let value = visitor.visit_map(&mut members)?;
                members.finish()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head {
            Head::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match (name, self.head) {
            (token::DOUBLE, Head::Double(text)) => visit_text(text, visitor),
            (token::VALUE, Head::DateTime(text)) => match text {
                Cow::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Cow::Owned(text) => visitor.visit_enum(StringDeserializer::new(text)),
            },
            (token::DOUBLE | token::VALUE, head) => Decoder { head, ..self }.deserialize_any(visitor),
            (_, head) => visitor.visit_newtype_struct(Decoder { head, ..self }),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.head {
            Head::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Head::Struct => {
                let mut members = Members { xml: self.xml, key: Cow::Borrowed(""), done: false };
                let value = visitor.visit_enum(MapAccessDeserializer::new(&mut members))?;
                members.finish()?;
                Ok(value)
            }
            _ => Err(de::Error::custom("expected a text or a struct with one member")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head {
            Head::Double(_) => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// The values of an array.
struct Elements<'a, 'de> {
    xml: &'a mut XmlReader<'de>,
    index: usize,
    done: bool,
}

impl Elements<'_, '_> {
    /// Whether another element follows, whose `<value>` is then read.
    fn advance(&mut self) -> Result<bool, DecodeError> {
        if self.done {
            return Ok(false);
        }
        match self.xml.tag()? {
            Tag::Open(Element::Value) => Ok(true),
            Tag::Close => {
                self.xml.close()?;
                self.xml.close()?;
                self.xml.leave();
                self.done = true;
                Ok(false)
            }
            other @ Tag::Open(_) => self.xml.unexpected(other, Tag::Open(Element::Value)),
        }
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        if self.advance()? {
            let message = format!("expected an array of {} elements, but there are more", self.index);
            return Err(de::Error::custom(message));
        }
        Ok(())
    }
}

impl<'de> de::SeqAccess<'de> for Elements<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if !self.advance()? {
            return Ok(None);
        }
        let value = Decoder::after_open(self.xml)
            .and_then(|decoder| seed.deserialize(decoder))
            .map_err(|e| e.at_index(self.index))?;
        self.index += 1;
        Ok(Some(value))
    }
}

/// The members of a struct.
struct Members<'a, 'de> {
    xml: &'a mut XmlReader<'de>,
    key: Cow<'de, str>,
    done: bool,
}

impl Members<'_, '_> {
    /// Whether another member follows, whose name is then in `key`.
    fn advance(&mut self) -> Result<bool, DecodeError> {
        if self.done {
            return Ok(false);
        }
        match self.xml.tag()? {
            Tag::Open(Element::Member) => {
                self.xml.open(Element::Name)?;
                self.key = self.xml.text()?;
                Ok(true)
            }
            Tag::Close => {
                self.xml.close()?;
                self.xml.leave();
                self.done = true;
                Ok(false)
            }
            other @ Tag::Open(_) => self.xml.unexpected(other, Tag::Open(Element::Member)),
        }
    }

    /// Skips what the type did not ask for.
    fn finish(&mut self) -> Result<(), DecodeError> {
        use serde::de::MapAccess as _;
        while self.advance()? {
            self.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

impl<'de> de::MapAccess<'de> for Members<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        if !self.advance()? {
            return Ok(None);
        }
        let key = match &self.key {
            Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            Cow::Owned(key) => seed.deserialize(StringDeserializer::new(key.clone())),
        };
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        self.xml
            .open(Element::Value)
            .and_then(|()| Decoder::after_open(self.xml))
            .and_then(|decoder| seed.deserialize(decoder))
            .and_then(|value| self.xml.close().map(|()| value))
            .map_err(|e| e.at_key(&self.key))
    }
}
