//! What can go wrong on the way to and from bytes, and where.

use std::fmt;

/// Where in a value an error is: `args[0].lines[2].name`. Built from the inside out while
/// the error travels up, so that it costs nothing as long as all goes well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Path(String);

impl Path {
    fn under(&mut self, parent: fmt::Arguments<'_>) {
        self.0 = format!("{parent}{}", self.0);
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.trim_start_matches('.') {
            "" => Ok(()),
            path => write!(f, "{path}: "),
        }
    }
}

macro_rules! located {
    ($error:ident) => {
        impl $error {
            /// The place of the error within the value, such as `lines[2].name`; empty at
            /// the top.
            pub fn path(&self) -> &str {
                self.0.path.0.trim_start_matches('.')
            }

            pub(super) fn at_index(mut self, index: usize) -> Self {
                self.0.path.under(format_args!("[{index}]"));
                self
            }

            pub(super) fn at_key(mut self, key: &str) -> Self {
                self.0.path.under(format_args!(".{}", clip(key, 60)));
                self
            }
        }

        impl std::error::Error for $error {}
    };
}

/// Why a value cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError(Box<EncodeDetail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct EncodeDetail {
    kind: EncodeErrorKind,
    path: Path,
}

/// The kinds of [`EncodeError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeErrorKind {
    /// XML-RPC's `int` has 32 bits, and Odoo's own encoder refuses wider ones.
    #[error("the integer {0} does not fit XML-RPC's 32 bits; send it as text or as a double")]
    Integer(String),
    /// NaN or an infinity.
    #[error("the number {0} cannot be sent; XML-RPC knows finite numbers only")]
    NotFinite(&'static str),
    /// A character that XML 1.0 cannot carry in any form.
    #[error("character U+{code:04X} at position {position} of the text cannot be sent as XML; remove it")]
    Character {
        /// Its code point.
        code: u32,
        /// How many characters come before it.
        position: usize,
    },
    /// A map whose keys are not texts (or integers).
    #[error("the keys of a struct must be texts")]
    Key,
    /// A message of the type's own `Serialize`.
    #[error("{0}")]
    Custom(String),
}

impl EncodeError {
    pub(super) fn new(kind: EncodeErrorKind) -> Self {
        Self(Box::new(EncodeDetail { kind, path: Path::default() }))
    }

    /// What is wrong.
    pub fn kind(&self) -> &EncodeErrorKind {
        &self.0.kind
    }
}

located!(EncodeError);

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.path, self.0.kind)
    }
}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(EncodeErrorKind::Custom(message.to_string()))
    }
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeDetail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct DecodeDetail {
    kind: DecodeErrorKind,
    path: Path,
    offset: Option<u64>,
}

/// The kinds of [`DecodeError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// No bytes, or only white space.
    #[error("the answer is empty")]
    Empty,
    /// A web page: a proxy's error page, a login page, another server.
    #[error("the answer is a web page{}, not XML-RPC", title.as_ref().map(|t| format!(" titled \"{t}\"")).unwrap_or_default())]
    Html {
        /// The page's title, if it has one.
        title: Option<String>,
    },
    /// Neither XML nor HTML.
    #[error("the answer is not XML; it starts with \"{start}\"")]
    NotXml {
        /// The first characters.
        start: String,
    },
    /// The document ends in the middle.
    #[error("the answer is cut off")]
    Truncated,
    /// Something stands after the end of the document.
    #[error("something follows the end of the answer")]
    Trailing,
    /// A document type declaration. Never needed, and the way in of entity attacks.
    #[error("the answer has a document type declaration, which is refused")]
    DocType,
    /// A reference to something other than XML's five entities or a permitted character.
    #[error("unknown or forbidden entity &{0};")]
    Entity(String),
    /// Another encoding than UTF-8.
    #[error("the encoding {0} is not supported; UTF-8 is expected")]
    Encoding(String),
    /// Not well-formed XML.
    #[error("bad XML: {0}")]
    Xml(String),
    /// Well-formed, but not what XML-RPC has at this place.
    #[error("not XML-RPC: {0}")]
    Structure(String),
    /// A text that is not what its element says.
    #[error("\"{text}\" is not a valid {element}")]
    Scalar {
        /// The XML-RPC element.
        element: &'static str,
        /// Its text, shortened.
        text: String,
    },
    /// Larger, deeper or longer than allowed ([`super::Limits`]).
    #[error("the answer has more than {limit} {unit}")]
    Limit {
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// Valid XML-RPC, but not of the type that was expected.
    #[error("{0}")]
    Shape(String),
}

impl DecodeError {
    pub(super) fn new(kind: DecodeErrorKind, offset: u64) -> Self {
        Self(Box::new(DecodeDetail { kind, path: Path::default(), offset: Some(offset) }))
    }

    /// What is wrong.
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.0.kind
    }

    /// Whether the document itself is sound and only of another type than expected: the
    /// peer did answer.
    pub fn is_shape(&self) -> bool {
        matches!(self.0.kind, DecodeErrorKind::Shape(_))
    }
}

located!(DecodeError);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.path, self.0.kind)?;
        match self.0.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let kind = DecodeErrorKind::Shape(clip(&message.to_string(), 300));
        Self(Box::new(DecodeDetail { kind, path: Path::default(), offset: None }))
    }
}

/// The first `limit` characters of a text on one line, with a mark if there were more.
/// Control characters are shown as blanks.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    let mut clipped: String =
        text.chars().take(limit).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(limit).is_some() {
        clipped.push('…');
    }
    clipped
}
