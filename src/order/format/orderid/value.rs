//! One value of an order, read as what the field needs. Errors are the ends of sentences
//! that begin with the field and the value: `Price "abc"` … `is not an amount`.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::order::Text;
use crate::text;

use super::number;

/// Longest id: it must fit the indexes of the databases it is looked up in.
const LONGEST_ID: usize = 200;

/// A value read, `None` for a blank.
pub(super) type Read<T> = Result<Option<T>, Text>;

/// A JSON value, looked into only as far as its kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    /// `null`, or nothing at all.
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// Decoded, trimmed.
    Text(Cow<'a, str>),
    List,
    Object,
    /// Not JSON.
    Junk,
}

impl<'a> Value<'a> {
    pub fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            None => Self::Null,
            Some(b'[') => Self::List,
            Some(b'{') => Self::Object,
            Some(b'"') => text(raw).map_or(Self::Junk, Self::Text),
            Some(b'-' | b'0'..=b'9') => Self::Number(raw),
            Some(_) => match raw {
                "null" => Self::Null,
                "true" => Self::Bool(true),
                "false" => Self::Bool(false),
                _ => Self::Junk,
            },
        }
    }

    /// Blank: `null`, or a text of blanks.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// An amount, rate or quantity.
    pub fn amount(&self) -> Read<Decimal> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Number(text) => number::amount(text).map(Some),
            Self::Text(text) => number::amount(text).map(Some),
            _ => Err(number::not_an_amount()),
        }
    }

    /// An id in canonical text: trimmed, integral JSON numbers in plain digits. The text
    /// `"639.0"` and leading zeros stay as they are.
    pub fn id(&self) -> Read<String> {
        let id = match self {
            _ if self.is_blank() => return Ok(None),
            Self::Number(number) => number::integer(number).ok_or_else(|| text!("is not a whole number"))?,
            Self::Text(text) => text.clone().into_owned(),
            _ => return Err(text!("is not an id")),
        };
        if id.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            return Err(text!("has characters that no id can have"));
        }
        if id.len() > LONGEST_ID {
            return Err(text!("is longer than 200 bytes, too long for an id"));
        }
        Ok(Some(id))
    }

    /// An id for which `0` means none.
    pub fn id_but_zero(&self) -> Read<String> {
        Ok(self.id()?.filter(|id| id != "0"))
    }

    /// The id of a record in Odoo; `0` means none.
    pub fn odoo_id(&self) -> Read<i64> {
        match self.code()? {
            None | Some(0) => Ok(None),
            Some(id) if id > 0 => Ok(Some(id)),
            Some(_) => Err(text!("is not the id of a record in Odoo")),
        }
    }

    /// A whole number.
    pub fn code(&self) -> Read<i64> {
        let digits = match self {
            _ if self.is_blank() => return Ok(None),
            Self::Number(text) => number::integer(text),
            Self::Text(text) => number::integer(text),
            _ => None,
        };
        let code = digits.and_then(|digits| digits.parse().ok());
        code.map(Some).ok_or_else(|| text!("is not a whole number"))
    }

    /// Text for people: numbers as written, control characters left out except line breaks.
    pub fn words(&self) -> Read<String> {
        let text = match self {
            Self::Null => return Ok(None),
            Self::Number(number) => number::integer(number).unwrap_or_else(|| (*number).to_owned()),
            Self::Text(text) => {
                text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
            }
            _ => return Err(text!("is not a text")),
        };
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// Yes or no, in any of the ways to say so; an amount other than zero is a yes.
    pub fn flag(&self) -> Read<bool> {
        match self {
            _ if self.is_blank() => Ok(None),
            Self::Bool(flag) => Ok(Some(*flag)),
            Self::Text(text) if matches(text, &["true", "yes", "y"]) => Ok(Some(true)),
            Self::Text(text) if matches(text, &["false", "no", "n"]) => Ok(Some(false)),
            _ => match self.amount() {
                Ok(amount) => Ok(amount.map(|amount| !amount.is_zero())),
                Err(_) => Err(text!("is neither yes nor no")),
            },
        }
    }
}

fn matches(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The text of a JSON string, trimmed; `None` when its escapes are broken.
fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains(['\\', '"']) || inner.contains(|c: char| c < ' ') {
        let text: String = serde_json::from_str(raw).ok()?;
        return Some(Cow::Owned(text.trim().to_owned()));
    }
    Some(Cow::Borrowed(inner.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_canonical_text() {
        for (raw, id) in [
            ("639", "639"),
            ("639.0", "639"),
            ("6.39e2", "639"),
            ("\" 639 \"", "639"),
            ("\"639.0\"", "639.0"),
            ("\"00639\"", "00639"),
            ("\"aB-1/2\"", "aB-1/2"),
            ("9007199254740993", "9007199254740993"),
            ("0", "0"),
            (r#""\u0041""#, "A"),
        ] {
            assert_eq!(Value::of(raw).id(), Ok(Some(id.to_owned())), "{raw}");
        }
        for raw in ["null", "\"\"", "\"  \"", ""] {
            assert_eq!(Value::of(raw).id(), Ok(None), "{raw}");
        }
        let long = format!("\"{}\"", "x".repeat(201));
        for raw in [
            "639.5",
            "true",
            "[1]",
            "{}",
            "NaN",
            r#""a\u0000b""#,
            r#""a\nb""#,
            r#""\ud800""#,
            "\"\u{FFFD}\"",
            &long,
        ] {
            assert!(Value::of(raw).id().is_err(), "{raw}");
        }
    }

    #[test]
    fn odoo_ids_are_positive() {
        assert_eq!(Value::of("\"7\"").odoo_id(), Ok(Some(7)));
        assert_eq!(Value::of("7.0").odoo_id(), Ok(Some(7)));
        assert_eq!(Value::of("0").odoo_id(), Ok(None));
        assert!(Value::of("-1").odoo_id().is_err());
        assert!(Value::of("\"x\"").odoo_id().is_err());
        assert!(Value::of("99999999999999999999").odoo_id().is_err());
    }

    #[test]
    fn words_are_cleaned() {
        let words = |raw| Value::of(raw).words().unwrap();
        assert_eq!(words(r#""  زيت محرك\u0000\u0007 ""#).as_deref(), Some("زيت محرك"));
        assert_eq!(words(r#""a\nb""#).as_deref(), Some("a\nb"));
        assert_eq!(words("966500000000").as_deref(), Some("966500000000"));
        assert_eq!(words(r#"" ""#), None);
        assert!(Value::of("{}").words().is_err());
    }

    #[test]
    fn flags_in_many_ways() {
        for raw in ["true", "1", "\"1\"", "\"Yes\"", "12.5"] {
            assert_eq!(Value::of(raw).flag(), Ok(Some(true)), "{raw}");
        }
        for raw in ["false", "0", "\"0.0\"", "\"NO\""] {
            assert_eq!(Value::of(raw).flag(), Ok(Some(false)), "{raw}");
        }
        assert_eq!(Value::of("null").flag(), Ok(None));
        assert!(Value::of("\"maybe\"").flag().is_err());
    }
}
