//! The XML below the decoder: elements, text and the caps, nothing of serde.
//!
//! A scanner for just as much of XML as XML-RPC has: elements, text, references to characters,
//! comments, processing instructions, CDATA. Attributes are passed over. What is left out is
//! refused: document types, and with them entities of one's own.

use std::borrow::Cow;
use std::fmt;

use super::element::Element;
use super::error::{DecodeError, DecodeErrorKind as Kind, clip};
use super::no_xml;

/// Caps on a document, so that a hostile or broken peer cannot take all memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Arrays and structs within each other.
    pub depth: usize,
    /// Values altogether.
    pub values: usize,
}

impl Default for Limits {
    /// 64 MiB, 128 deep, 4 million values: a thousand products with all their fields take
    /// some 5 MB, and an order comes back as 17 kB.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 128, values: 4_000_000 }
    }
}

/// A start or an end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Open(Element),
    /// The end of the innermost open element, by its name.
    Close,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(element) => write!(f, "<{}>", element.name()),
            Self::Close => f.write_str("an end tag"),
        }
    }
}

/// What begins with `<`.
enum Markup<'de> {
    Tag(Tag),
    /// `<![CDATA[…]]>`
    Text(&'de str),
    /// A comment or a processing instruction.
    Nothing,
}

/// A pull reader of elements with text in UTF-8.
pub(super) struct XmlReader<'de> {
    /// The document as far as it is UTF-8.
    text: &'de str,
    /// What follows that is not.
    not_utf8: bool,
    at: usize,
    /// The names of the open elements.
    open: Vec<&'de str>,
    /// The last tag was of the form `<name/>`: its end is to be told yet.
    is_empty: bool,
    limits: Limits,
    depth: usize,
    values: usize,
}

impl<'de> XmlReader<'de> {
    /// Refuses what is evidently not XML.
    pub(super) fn new(document: &'de [u8], limits: Limits) -> Result<Self, DecodeError> {
        const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
        if document.len() > limits.bytes {
            let kind = Kind::Limit { limit: limits.bytes, unit: "bytes" };
            return Err(DecodeError::new(kind, 0));
        }
        let at = if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        if let Some(kind) = no_xml::why(document.get(at..).unwrap_or_default()) {
            return Err(DecodeError::new(kind, 0));
        }
        // A character cut in two at the end is the document cut off, nothing worse.
        let (text, not_utf8) = match std::str::from_utf8(document) {
            Ok(text) => (text, false),
            Err(error) => {
                let valid = document.get(..error.valid_up_to()).unwrap_or_default();
                (std::str::from_utf8(valid).unwrap_or_default(), error.error_len().is_some())
            }
        };
        Ok(Self { text, not_utf8, at, open: Vec::new(), is_empty: false, limits, depth: 0, values: 0 })
    }

    pub(super) fn error(&self, kind: Kind) -> DecodeError {
        DecodeError::new(kind, self.at as u64)
    }

    #[cold]
    pub(super) fn structure<T>(&self, what: impl Into<String>) -> Result<T, DecodeError> {
        Err(self.error(Kind::Structure(what.into())))
    }

    #[cold]
    fn bad_xml<T>(&self, what: &str) -> Result<T, DecodeError> {
        Err(self.error(Kind::Xml(what.to_owned())))
    }

    /// Where more should come, the document ends.
    #[cold]
    fn cut<T>(&self) -> Result<T, DecodeError> {
        let kind =
            if self.not_utf8 { Kind::Xml("bytes that are not UTF-8".to_owned()) } else { Kind::Truncated };
        Err(DecodeError::new(kind, self.text.len() as u64))
    }

    /// Counts a value.
    pub(super) fn count_value(&mut self) -> Result<(), DecodeError> {
        self.values += 1;
        self.within(self.values, self.limits.values, "values")
    }

    /// Enters an array or a struct.
    pub(super) fn enter(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        self.within(self.depth, self.limits.depth, "levels")
    }

    /// Leaves it.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn within(&self, count: usize, limit: usize, unit: &'static str) -> Result<(), DecodeError> {
        if count > limit { Err(self.error(Kind::Limit { limit, unit })) } else { Ok(()) }
    }

    /// What is left of the document.
    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How many bytes from here on come before the first of this kind; `None` if there is none.
    fn until(&self, is_end: impl Fn(u8) -> bool) -> Option<usize> {
        self.rest().bytes().position(is_end)
    }

    /// The next `length` bytes, which are passed.
    fn take(&mut self, length: usize) -> &'de str {
        let taken = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        taken
    }

    /// The next tag, `None` at the end of the document; only white space may come before.
    pub(super) fn tag_or_end(&mut self) -> Result<Option<Tag>, DecodeError> {
        if self.is_empty {
            return Ok(Some(self.end_of_element()));
        }
        loop {
            let Some(blanks) = self.until(|byte| !byte.is_ascii_whitespace()) else {
                return if self.open.is_empty() && !self.not_utf8 { Ok(None) } else { self.cut() };
            };
            self.at += blanks;
            if !self.rest().starts_with('<') {
                let text = self.rest().split('<').next().unwrap_or_default();
                return self.structure(format!("text between elements: \"{}\"", clip(text, 40)));
            }
            match self.markup()? {
                Markup::Tag(tag) => return Ok(Some(tag)),
                Markup::Text(_) => return self.structure("text between elements"),
                Markup::Nothing => {}
            }
        }
    }

    /// The next tag; only white space may come before it.
    pub(super) fn tag(&mut self) -> Result<Tag, DecodeError> {
        match self.tag_or_end()? {
            Some(tag) => Ok(tag),
            None => self.cut(),
        }
    }

    /// Text up to the next tag, and that tag, which is not part of it.
    pub(super) fn text_and_tag(&mut self) -> Result<(Cow<'de, str>, Tag), DecodeError> {
        let mut text = Cow::Borrowed("");
        if self.is_empty {
            return Ok((text, self.end_of_element()));
        }
        loop {
            let Some(length) = self.until(|byte| matches!(byte, b'<' | b'&' | b'\r')) else {
                return self.cut();
            };
            text += self.take(length);
            let rest = self.rest();
            if rest.starts_with('<') {
                match self.markup()? {
                    Markup::Tag(tag) => return Ok((text, tag)),
                    Markup::Text(piece) => text += line_ends(piece),
                    Markup::Nothing => {}
                }
            } else if rest.starts_with('&') {
                text.to_mut().push(self.reference()?);
            } else {
                text.to_mut().push('\n');
                self.at += if rest.starts_with("\r\n") { 2 } else { 1 };
            }
        }
    }

    /// The text of an element whose start tag has been read, and its end tag.
    pub(super) fn text(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        match self.text_and_tag()? {
            (text, Tag::Close) => Ok(text),
            (_, inner @ Tag::Open(_)) => self.unexpected(inner, Tag::Close),
        }
    }

    /// Reads the start tag of `element`.
    pub(super) fn open(&mut self, element: Element) -> Result<(), DecodeError> {
        self.expect(Tag::Open(element))
    }

    /// Reads the end tag of the innermost open element.
    pub(super) fn close(&mut self) -> Result<(), DecodeError> {
        self.expect(Tag::Close)
    }

    fn expect(&mut self, tag: Tag) -> Result<(), DecodeError> {
        let found = self.tag()?;
        if found == tag { Ok(()) } else { self.unexpected(found, tag) }
    }

    #[cold]
    pub(super) fn unexpected<T>(&self, found: Tag, expected: Tag) -> Result<T, DecodeError> {
        self.structure(format!("{found} where {expected} was expected"))
    }

    fn end_of_element(&mut self) -> Tag {
        self.is_empty = false;
        self.open.pop();
        Tag::Close
    }

    /// Reads on at a `<`.
    fn markup(&mut self) -> Result<Markup<'de>, DecodeError> {
        match self.rest().as_bytes().get(1) {
            Some(b'/') => self.end_tag().map(Markup::Tag),
            Some(b'!') => self.declaration(),
            Some(b'?') => self.instruction().map(|()| Markup::Nothing),
            Some(_) => self.start_tag().map(Markup::Tag),
            None => self.cut(),
        }
    }

    fn start_tag(&mut self) -> Result<Tag, DecodeError> {
        let rest = self.rest().get(1..).unwrap_or_default();
        let ends = |byte: u8| matches!(byte, b'>' | b'/' | b'<') || byte.is_ascii_whitespace();
        let Some(length) = rest.bytes().position(ends) else {
            return self.cut();
        };
        let name = rest.get(..length).unwrap_or_default();
        let Some(element) = Element::parse(name) else {
            return self.structure(format!("unknown element <{}>", clip(name, 40)));
        };
        self.at += 1 + length;
        self.open.push(name);
        self.end_of_start_tag()?;
        Ok(Tag::Open(element))
    }

    /// Passes over attributes.
    fn end_of_start_tag(&mut self) -> Result<(), DecodeError> {
        let mut quote = None;
        let mut bytes = self.rest().bytes().enumerate();
        while let Some((passed, byte)) = bytes.next() {
            match byte {
                _ if quote.is_some_and(|quote| quote != byte) => {}
                b'"' | b'\'' => quote = if quote.is_none() { Some(byte) } else { None },
                b'>' => {
                    self.at += passed + 1;
                    return Ok(());
                }
                b'/' => match bytes.next() {
                    Some((_, b'>')) => {
                        self.at += passed + 2;
                        self.is_empty = true;
                        return Ok(());
                    }
                    Some(_) => return self.bad_xml("a lone \"/\" in a tag"),
                    None => break,
                },
                b'<' => return self.bad_xml("a tag within a tag"),
                _ => {}
            }
        }
        self.cut()
    }

    fn end_tag(&mut self) -> Result<Tag, DecodeError> {
        let rest = self.rest().get(2..).unwrap_or_default();
        let Some(name) = self.open.last() else {
            return self.bad_xml("an end tag without a start tag");
        };
        let length = match rest.strip_prefix(name) {
            Some(behind) if behind.starts_with('>') => name.len() + 1,
            _ => match rest.split_once('>') {
                Some((found, _)) if found.trim_ascii_end() == *name => found.len() + 1,
                Some((found, _)) => {
                    return self.bad_xml(&format!("</{}> where </{name}> was expected", clip(found, 40)));
                }
                None => return self.cut(),
            },
        };
        self.at += 2 + length;
        Ok(self.end_of_element())
    }

    /// `<!…`: a comment, CDATA or a document type.
    fn declaration(&mut self) -> Result<Markup<'de>, DecodeError> {
        const DOCUMENT_TYPE: &str = "<!DOCTYPE";
        const CDATA: (&str, &str) = ("<![CDATA[", "]]>");
        const COMMENT: (&str, &str) = ("<!--", "-->");
        let rest = self.rest();
        if rest.starts_with(COMMENT.0) {
            self.between(COMMENT).map(|_| Markup::Nothing)
        } else if rest.starts_with(CDATA.0) {
            self.between(CDATA).map(Markup::Text)
        } else if rest
            .get(..DOCUMENT_TYPE.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(DOCUMENT_TYPE))
        {
            Err(self.error(Kind::DocType))
        } else if [DOCUMENT_TYPE, CDATA.0, COMMENT.0].iter().any(|start| start.starts_with(rest)) {
            self.cut()
        } else {
            self.bad_xml("an unknown declaration")
        }
    }

    /// `<?…?>`; of the XML declaration the encoding matters.
    fn instruction(&mut self) -> Result<(), DecodeError> {
        let begin = self.at;
        let instruction = self.between(("<?", "?>"))?;
        let encoding = instruction
            .strip_prefix("xml")
            .and_then(|declaration| declaration.split_once("encoding"))
            .and_then(|(_, value)| value.trim_ascii_start().strip_prefix('='))
            .map(|value| value.trim_matches(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\''))
            .map(|value| value.split(['"', '\'']).next().unwrap_or_default());
        match encoding {
            Some(name)
                if !["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)) =>
            {
                Err(DecodeError::new(Kind::Encoding(clip(name, 40)), begin as u64))
            }
            _ => Ok(()),
        }
    }

    /// Passes over what begins here, and gives what stands between its start and its end.
    fn between(&mut self, (start, end): (&str, &str)) -> Result<&'de str, DecodeError> {
        let rest = self.rest().get(start.len()..).unwrap_or_default();
        let Some((inner, _)) = rest.split_once(end) else {
            return self.cut();
        };
        self.at += start.len() + inner.len() + end.len();
        Ok(inner)
    }

    /// `&…;`: a character or one of XML's five entities.
    fn reference(&mut self) -> Result<char, DecodeError> {
        let rest = self.rest().get(1..).unwrap_or_default();
        let Some(length) = rest.bytes().position(|byte| matches!(byte, b';' | b'&' | b'<')) else {
            return self.cut();
        };
        let (name, behind) = rest.split_at(length);
        if !behind.starts_with(';') {
            return self.bad_xml("a lone \"&\"");
        }
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name.strip_prefix('#').and_then(numbered),
        };
        let character = character.ok_or_else(|| self.error(Kind::Entity(clip(name, 40))))?;
        self.at += length + 2;
        Ok(character)
    }
}

/// The character of a number, decimal or (with an `x`) hexadecimal.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    let code = digits.starts_with(|c: char| c.is_digit(radix)).then(|| u32::from_str_radix(digits, radix));
    char::from_u32(code?.ok()?).filter(|character| *character != '\0')
}

/// The text with its line ends as an XML parser shows them: line feeds.
fn line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::{DecodeError, Value, decode_response};
    use super::*;

    fn read(value: &str) -> Result<Value, DecodeError> {
        let document = format!("<methodResponse><params><param>{value}</param></params></methodResponse>");
        match decode_response(document.as_bytes(), Limits::default())? {
            super::super::Response::Result(value) => Ok(value),
            super::super::Response::Fault(fault) => panic!("{fault:?}"),
        }
    }

    fn refuse(value: &str) -> Kind {
        read(value).expect_err(value).kind().clone()
    }

    #[test]
    fn tags_with_blanks_and_attributes() {
        for value in [
            "<value\n><int >7</int\t></value >",
            "<value a='1' b=\"x>y/>\" c='\"'><int d = '<&'>7</int></value>",
            "<ex:value xmlns:ex='u'><i4>7</i4></ex:value>",
        ] {
            assert_eq!(read(value), Ok(Value::Int(7)), "{value}");
        }
        for empty in ["<value />", "<value a='/'/>", "<value\n></value>"] {
            assert_eq!(read(empty), Ok("".into()), "{empty}");
        }
    }

    #[test]
    fn tags_that_are_none() {
        for bad in [
            "<value / >",
            "<value/",
            "<value <int>7</int></value>",
            "<ex:value>x</value>",
            "<value>x</ex:value>",
            "<value>x</values>",
            "<value>x</val>",
            "<value>x</ value>",
        ] {
            assert!(matches!(refuse(bad), Kind::Xml(_)), "{bad}: {:?}", refuse(bad));
        }
        for bad in ["< value>x</value>", "<Value>x</Value>", "<>", "<a:b:value>x</a:b:value>"] {
            assert!(matches!(refuse(bad), Kind::Structure(_)), "{bad}: {:?}", refuse(bad));
        }
    }

    #[test]
    fn what_is_passed_over_within_a_text() {
        assert_eq!(read("<value>a<!-- <value> -- &x; -->b<?x </value> ?>c</value>"), Ok("abc".into()));
        assert_eq!(read("<!-- --><value><?x?><!----><int>7</int></value><?x?>"), Ok(Value::Int(7)));
        for open in ["<!-->", "<!--->", "<?>", "<![CDATA[]>"] {
            assert_eq!(refuse(&format!("<value>{open}</value>")), Kind::Truncated, "{open}");
        }
        for bad in ["<!ELEMENT a>", "<![IGNORE[x]]>", "<!- x -->"] {
            assert!(matches!(refuse(&format!("<value>{bad}</value>")), Kind::Xml(_)), "{bad}");
        }
        assert_eq!(refuse("<!doctype x><value/>"), Kind::DocType);
    }

    #[test]
    fn line_ends_are_line_feeds_in_every_kind_of_text() {
        assert_eq!(read("<value>\r\na\rb\n\r</value>"), Ok("\na\nb\n\n".into()));
        assert_eq!(read("<value><![CDATA[\r\na\rb]]>\r</value>"), Ok("\na\nb\n".into()));
        assert_eq!(read("<value>&#13;&#10;</value>"), Ok("\r\n".into()));
    }

    #[test]
    fn references() {
        assert_eq!(read("<value>&#x41;&#65;&#x1F600;</value>"), Ok("AA😀".into()));
        for bad in
            ["#", "#x", "#X41", "#+65", "#x+41", "#-1", "#6 5", "#99999999999", "#xD800", "#0", "", "AMP"]
        {
            let found = refuse(&format!("<value>&{bad};</value>"));
            assert_eq!(found, Kind::Entity(bad.to_owned()), "{bad}");
        }
        for lone in ["<value>&</value>", "<value>&amp<!-- ; --></value>", "<value>&&amp;</value>"] {
            assert!(matches!(refuse(lone), Kind::Xml(_)), "{lone}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8() {
        let of = |tail: &[u8]| {
            let document = [b"<methodResponse><params><param><value>caf".as_slice(), tail].concat();
            decode_response::<Value>(&document, Limits::default()).expect_err("cut off").kind().clone()
        };
        assert_eq!(of(b""), Kind::Truncated);
        assert_eq!(of(b"\xC3"), Kind::Truncated, "the half of a character");
        assert!(matches!(of(b"\xE9</value>"), Kind::Xml(what) if what.contains("UTF-8")));
        // Who says so is told which encoding it was.
        let latin = b"<?xml version='1.0' encoding = \"ISO-8859-1\" ?><methodResponse>caf\xE9";
        let error = decode_response::<Value>(latin, Limits::default()).expect_err("Latin 1");
        assert_eq!(error.kind(), &Kind::Encoding("ISO-8859-1".to_owned()));
    }
}
