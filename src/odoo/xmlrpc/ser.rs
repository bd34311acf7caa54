//! Writing: serde to bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, ser};

use super::error::{EncodeError, EncodeErrorKind};
use super::{escape, token};

const PROLOG: &[u8] = b"<?xml version='1.0'?>\n";

/// Writes one `methodCall`, parameter by parameter.
#[derive(Clone)]
pub struct CallEncoder {
    out: Vec<u8>,
}

impl CallEncoder {
    /// Starts a call of `method`.
    pub fn new(method: &str) -> Result<Self, EncodeError> {
        let mut out = PROLOG.to_vec();
        out.extend_from_slice(b"<methodCall><methodName>");
        escape::push(&mut out, method)?;
        out.extend_from_slice(b"</methodName><params>");
        Ok(Self { out })
    }

    /// Appends a parameter; `name` is what an error calls it.
    pub fn param<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<&mut Self, EncodeError> {
        self.out.extend_from_slice(b"<param>");
        value.serialize(Encoder::value(&mut self.out)).map_err(|e| e.at_key(name))?;
        self.out.extend_from_slice(b"</param>");
        Ok(self)
    }

    /// Ends the call; the bytes of the whole document.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(b"</params></methodCall>\n");
        self.out
    }
}

impl std::fmt::Debug for CallEncoder {
    /// Its size only: parameters hold the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallEncoder").field("bytes", &self.out.len()).finish_non_exhaustive()
    }
}

/// A `methodResponse` with one value, as a server writes it.
pub fn encode_response<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    document(b"<methodResponse><params><param>", value, b"</param></params></methodResponse>\n")
}

/// A `methodResponse` with a fault, as a server writes it.
pub fn encode_fault(code: i32, string: &str) -> Result<Vec<u8>, EncodeError> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Members<'a> {
        fault_code: i32,
        fault_string: &'a str,
    }
    let members = Members { fault_code: code, fault_string: string };
    document(b"<methodResponse><fault>", &members, b"</fault></methodResponse>\n")
}

fn document<T: Serialize + ?Sized>(head: &[u8], value: &T, tail: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut out = [PROLOG, head].concat();
    value.serialize(Encoder::value(&mut out))?;
    out.extend_from_slice(tail);
    Ok(out)
}

/// What stands around the text of a scalar.
struct Frame {
    open: &'static [u8],
    close: &'static [u8],
}

macro_rules! frame {
    ($element:literal) => {
        Frame {
            open: concat!("<value><", $element, ">").as_bytes(),
            close: concat!("</", $element, "></value>").as_bytes(),
        }
    };
}

static BASE64: Frame = frame!("base64");
static BOOLEAN: Frame = frame!("boolean");
static DATE_TIME: Frame = frame!("dateTime.iso8601");
static DOUBLE: Frame = frame!("double");
static INT: Frame = frame!("int");
static STRING: Frame = frame!("string");
/// A member up to its value.
static NAME: Frame = Frame { open: b"<member><name>", close: b"</name>" };

/// What the next value is written as.
#[derive(Clone, Copy)]
enum Role {
    /// A `<value>`.
    Value,
    /// A `<value>` whose text goes into this element instead of `<string>`.
    Text(&'static Frame),
    /// The `<name>` of a struct's member.
    Name,
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    role: Role,
}

impl<'a> Encoder<'a> {
    fn value(out: &'a mut Vec<u8>) -> Self {
        Self { out, role: Role::Value }
    }

    fn str(self, text: &str) -> Result<(), EncodeError> {
        let frame = match self.role {
            Role::Value => &STRING,
            Role::Text(frame) => frame,
            Role::Name => &NAME,
        };
        self.out.extend_from_slice(frame.open);
        escape::push(self.out, text)?;
        self.out.extend_from_slice(frame.close);
        Ok(())
    }

    fn integer<I: TryInto<i32> + Copy + std::fmt::Display>(self, value: I) -> Result<(), EncodeError> {
        if matches!(self.role, Role::Name) {
            return self.str(&value.to_string());
        }
        let Ok(narrow) = value.try_into() else {
            return Err(EncodeError::new(EncodeErrorKind::Integer(value.to_string())));
        };
        self.element(&INT, itoa::Buffer::new().format(narrow).as_bytes())
    }

    fn double<F: Into<f64> + Copy + std::fmt::Display>(self, value: F) -> Result<(), EncodeError> {
        let wide = value.into();
        if !wide.is_finite() {
            let text = if wide.is_nan() {
                "NaN"
            } else if wide > 0.0 {
                "inf"
            } else {
                "-inf"
            };
            return Err(EncodeError::new(EncodeErrorKind::NotFinite(text)));
        }
        // The shortest digits that read back as the same number, without an exponent.
        self.element(&DOUBLE, value.to_string().as_bytes())
    }

    /// A scalar whose text needs no escaping.
    fn element(self, frame: &Frame, text: &[u8]) -> Result<(), EncodeError> {
        self.not_a_name()?;
        for part in [frame.open, text, frame.close] {
            self.out.extend_from_slice(part);
        }
        Ok(())
    }

    fn not_a_name(&self) -> Result<(), EncodeError> {
        if matches!(self.role, Role::Name) {
            return Err(EncodeError::new(EncodeErrorKind::Key));
        }
        Ok(())
    }

    fn array(self) -> Result<ArrayEncoder<'a>, EncodeError> {
        self.not_a_name()?;
        self.out.extend_from_slice(b"<value><array><data>");
        Ok(ArrayEncoder { out: self.out, index: 0, variant: None })
    }

    fn structure(self) -> Result<StructEncoder<'a>, EncodeError> {
        self.not_a_name()?;
        self.out.extend_from_slice(b"<value><struct>");
        Ok(StructEncoder { out: self.out, role: Role::Value, key_at: 0, variant: None })
    }

    /// Opens the struct of one member that stands for a variant with content.
    fn variant(&mut self, variant: &str) -> Result<(), EncodeError> {
        self.not_a_name()?;
        self.out.extend_from_slice(b"<value><struct>");
        Encoder { out: self.out, role: Role::Name }.str(variant)
    }
}

const END_OF_VARIANT: &[u8] = b"</member></struct></value>";

impl<'a> ser::Serializer for Encoder<'a> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = ArrayEncoder<'a>;
    type SerializeTuple = ArrayEncoder<'a>;
    type SerializeTupleStruct = ArrayEncoder<'a>;
    type SerializeTupleVariant = ArrayEncoder<'a>;
    type SerializeMap = StructEncoder<'a>;
    type SerializeStruct = StructEncoder<'a>;
    type SerializeStructVariant = StructEncoder<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.element(&BOOLEAN, if value { b"1" } else { b"0" })
    }
    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        self.integer(value)
    }
    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.double(value)
    }
    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.double(value)
    }
    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.str(value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.element(&BASE64, STANDARD.encode(value).as_bytes())
    }
    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.not_a_name()?;
        self.out.extend_from_slice(b"<value><nil/></value>");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let role = match name {
            token::DOUBLE => Role::Text(&DOUBLE),
            token::DATE_TIME => Role::Text(&DATE_TIME),
            _ => self.role,
        };
        self.not_a_name()?;
        value.serialize(Encoder { out: self.out, role })
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.variant(variant)?;
        value.serialize(Encoder::value(self.out)).map_err(|e| e.at_key(variant))?;
        self.out.extend_from_slice(END_OF_VARIANT);
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<ArrayEncoder<'a>, EncodeError> {
        self.array()
    }
    fn serialize_tuple(self, _: usize) -> Result<ArrayEncoder<'a>, EncodeError> {
        self.array()
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ArrayEncoder<'a>, EncodeError> {
        self.array()
    }
    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ArrayEncoder<'a>, EncodeError> {
        self.variant(variant)?;
        Ok(ArrayEncoder { variant: Some(variant), ..Encoder::value(self.out).array()? })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<StructEncoder<'a>, EncodeError> {
        self.structure()
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<StructEncoder<'a>, EncodeError> {
        match self.role {
            // A decimal's text, which serde_json's raw value wraps in a struct of one field.
            Role::Text(_) => Ok(StructEncoder { out: self.out, role: self.role, key_at: 0, variant: None }),
            Role::Value | Role::Name => self.structure(),
        }
    }
    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<StructEncoder<'a>, EncodeError> {
        self.variant(variant)?;
        Ok(StructEncoder { variant: Some(variant), ..Encoder::value(self.out).structure()? })
    }
}

struct ArrayEncoder<'a> {
    out: &'a mut Vec<u8>,
    index: usize,
    variant: Option<&'static str>,
}

impl ArrayEncoder<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let located = |e: EncodeError| {
            let e = e.at_index(self.index);
            self.variant.map_or(e.clone(), |variant| e.at_key(variant))
        };
        value.serialize(Encoder::value(self.out)).map_err(located)?;
        self.index += 1;
        Ok(())
    }

    fn close(self) {
        self.out.extend_from_slice(b"</data></array></value>");
        if self.variant.is_some() {
            self.out.extend_from_slice(END_OF_VARIANT);
        }
    }
}

struct StructEncoder<'a> {
    out: &'a mut Vec<u8>,
    /// What the members stand for: themselves, or the text of a scalar.
    role: Role,
    /// Where the text of the last key starts in `out`, for errors.
    key_at: usize,
    variant: Option<&'static str>,
}

impl StructEncoder<'_> {
    fn name<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), EncodeError> {
        self.key_at = self.out.len();
        key.serialize(Encoder { out: self.out, role: Role::Name })
    }

    fn member<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let value_at = self.out.len();
        if let Err(error) = value.serialize(Encoder::value(self.out)) {
            let name = self.out.get(self.key_at..value_at).unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            let error = error.at_key(name.trim_start_matches("<member><name>").trim_end_matches("</name>"));
            return Err(match self.variant {
                Some(variant) => error.at_key(variant),
                None => error,
            });
        }
        self.out.extend_from_slice(b"</member>");
        Ok(())
    }

    fn close(self) {
        if !matches!(self.role, Role::Value) {
            return;
        }
        self.out.extend_from_slice(b"</struct></value>");
        if self.variant.is_some() {
            self.out.extend_from_slice(END_OF_VARIANT);
        }
    }
}

macro_rules! serialize_array {
    ($($trait:ident :: $method:ident),+) => {$(
        impl ser::$trait for ArrayEncoder<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )+};
}

serialize_array!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! serialize_struct {
    ($($trait:ident),+) => {$(
        impl ser::$trait for StructEncoder<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                if !matches!(self.role, Role::Value) {
                    return value.serialize(Encoder { out: self.out, role: self.role });
                }
                self.name(key)?;
                self.member(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )+};
}

serialize_struct!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for StructEncoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.name(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.member(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close();
        Ok(())
    }
}
