//! The XML below the decoder: elements, text and the caps, nothing of serde.

use std::borrow::Cow;
use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::QName;

use super::error::{DecodeError, DecodeErrorKind as Kind, clip};

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
    /// some 5 MB, and an order comes back as 4 kB.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 128, values: 4_000_000 }
    }
}

macro_rules! elements {
    ($($name:ident = $first:literal $(| $more:literal)*,)+) => {
        /// The elements of XML-RPC.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Element { $($name),+ }

        impl Element {
            fn parse(name: &str) -> Option<Self> {
                match name { $($first $(| $more)* => Some(Self::$name),)+ _ => None }
            }

            /// Its (first) name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$name => $first),+ }
            }
        }
    };
}

elements! {
    Value = "value",
    Member = "member",
    Name = "name",
    String = "string",
    // The specification has `int` and `i4`; the rest are common extensions.
    Int = "int" | "i4" | "i1" | "i2" | "i8" | "biginteger",
    Boolean = "boolean",
    Double = "double",
    Array = "array",
    Data = "data",
    Struct = "struct",
    Nil = "nil",
    DateTime = "dateTime.iso8601",
    Base64 = "base64",
    MethodResponse = "methodResponse",
    MethodCall = "methodCall",
    MethodName = "methodName",
    Params = "params",
    Param = "param",
    Fault = "fault",
}

/// A start or an end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Open(Element),
    /// The end of the innermost open element: quick-xml has checked that the names match.
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

/// A pull reader of elements with text in UTF-8.
pub(super) struct XmlReader<'de> {
    xml: Reader<&'de [u8]>,
    limits: Limits,
    depth: usize,
    values: usize,
}

impl<'de> XmlReader<'de> {
    /// Refuses what is evidently not XML, with a hint at what it is instead.
    pub(super) fn new(document: &'de [u8], limits: Limits) -> Result<Self, DecodeError> {
        if document.len() > limits.bytes {
            let kind = Kind::Limit { limit: limits.bytes, unit: "bytes" };
            return Err(DecodeError::new(kind, 0));
        }
        let body = document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document).trim_ascii();
        let kind = match body.first() {
            None => Some(Kind::Empty),
            Some(b'<') if is_html(body) => Some(Kind::Html { title: html_title(body) }),
            Some(b'<') => None,
            Some(_) => {
                let start = body.get(..200).unwrap_or(body);
                Some(Kind::NotXml { start: clip(&String::from_utf8_lossy(start), 60) })
            }
        };
        if let Some(kind) = kind {
            return Err(DecodeError::new(kind, 0));
        }
        let mut xml = Reader::from_reader(document);
        xml.config_mut().expand_empty_elements = true;
        Ok(Self { xml, limits, depth: 0, values: 0 })
    }

    pub(super) fn error(&self, kind: Kind) -> DecodeError {
        DecodeError::new(kind, self.xml.buffer_position())
    }

    pub(super) fn structure<T>(&self, what: impl Into<String>) -> Result<T, DecodeError> {
        Err(self.error(Kind::Structure(what.into())))
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

    /// The next event that means something; `Eof` only where the caller can use it.
    #[inline]
    fn event(&mut self) -> Result<Event<'de>, DecodeError> {
        loop {
            match self.xml.read_event() {
                Ok(Event::Comment(_) | Event::PI(_)) => {}
                Ok(Event::Decl(decl)) => {
                    if let Some(Ok(encoding)) = decl.encoding()
                        && !["utf-8", "utf8", "us-ascii"]
                            .iter()
                            .any(|known| encoding.eq_ignore_ascii_case(known))
                    {
                        return Err(self.error(Kind::Encoding(clip(&encoding, 40))));
                    }
                }
                Ok(Event::DocType(_)) => return Err(self.error(Kind::DocType)),
                Ok(event) => return Ok(event),
                Err(error) => return Err(self.xml_error(&error)),
            }
        }
    }

    #[cold]
    fn xml_error(&self, error: &quick_xml::Error) -> DecodeError {
        use quick_xml::Error as E;
        use quick_xml::errors::IllFormedError as Ill;
        // A syntax error of quick-xml is always something not closed before the end.
        let kind = match error {
            E::Syntax(_) | E::IllFormed(Ill::MissingEndTag(_)) => Kind::Truncated,
            E::IllFormed(Ill::UnclosedReference) => {
                let rest = self.xml.get_ref();
                if rest.is_empty() { Kind::Truncated } else { Kind::Xml("a lone \"&\"".to_owned()) }
            }
            other => Kind::Xml(clip(&other.to_string(), 200)),
        };
        DecodeError::new(kind, self.xml.error_position())
    }

    /// The next tag, `None` at the end of the document; only white space may come before.
    pub(super) fn tag_or_end(&mut self) -> Result<Option<Tag>, DecodeError> {
        loop {
            return match self.event()? {
                Event::Text(text) if is_blank(&text) => continue,
                Event::Start(start) => Ok(Some(Tag::Open(self.element(start.name())?))),
                Event::End(_) => Ok(Some(Tag::Close)),
                Event::Eof => Ok(None),
                Event::Text(text) => {
                    self.structure(format!("text between elements: \"{}\"", clip(&text, 40)))
                }
                _ => self.structure("text between elements"),
            };
        }
    }

    /// The next tag; only white space may come before it.
    pub(super) fn tag(&mut self) -> Result<Tag, DecodeError> {
        self.tag_or_end()?.ok_or_else(|| self.error(Kind::Truncated))
    }

    /// Text up to the next tag, and that tag, which is not part of it.
    pub(super) fn text_and_tag(&mut self) -> Result<(Cow<'de, str>, Tag), DecodeError> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::Text(piece) => append(&mut text, piece.xml10_content()),
                Event::CData(piece) => append(&mut text, piece.xml10_content()),
                Event::GeneralRef(reference) => text.to_mut().push(self.resolve(&reference)?),
                Event::Start(start) => return Ok((text, Tag::Open(self.element(start.name())?))),
                Event::End(_) => return Ok((text, Tag::Close)),
                _ => return Err(self.error(Kind::Truncated)),
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

    /// The element of a name, with or without a namespace prefix (`ex:nil`).
    fn element(&self, name: QName<'_>) -> Result<Element, DecodeError> {
        if let Some(element) = Element::parse(name.as_ref()) {
            return Ok(element);
        }
        Element::parse(name.local_name().as_ref())
            .map_or_else(|| self.structure(format!("unknown element <{}>", clip(name.as_ref(), 40))), Ok)
    }

    /// A character or one of XML's five entities.
    fn resolve(&self, reference: &BytesRef<'_>) -> Result<char, DecodeError> {
        let named = match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        let resolved = named.or_else(|| reference.resolve_char_ref().ok().flatten());
        resolved.filter(|c| *c != '\0').ok_or_else(|| self.error(Kind::Entity(clip(reference, 40))))
    }
}

fn append<'de>(text: &mut Cow<'de, str>, piece: Cow<'de, str>) {
    if text.is_empty() {
        *text = piece;
    } else {
        text.to_mut().push_str(&piece);
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_whitespace())
}

/// Whether the document is a web page; XHTML has an XML declaration first.
fn is_html(body: &[u8]) -> bool {
    let head = body.get(..1024).unwrap_or(body).to_ascii_lowercase();
    let mut head = head.as_slice();
    if head.starts_with(b"<?xml")
        && let Some(end) = head.windows(2).position(|w| w == b"?>")
    {
        head = head.get(end + 2..).unwrap_or_default().trim_ascii_start();
    }
    [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body", b"<title", b"<center"]
        .iter()
        .any(|start| head.starts_with(start))
}

/// The text of `<title>`, shortened.
fn html_title(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..8192).unwrap_or(body));
    let lower = head.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = head.get(start..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| clip(&title, 100))
}
