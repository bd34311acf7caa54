//! What came instead of orders, in words.

use std::fmt;

use crate::order::Text;
use crate::text;

/// Characters of a body shown in a message.
const EXCERPT: usize = 200;

/// How much of a body is looked at for a message.
const LOOKED_AT: usize = 64 << 10;

/// Why a body holds no orders that can be read. No order of it is lost by refusing it: the
/// same page is fetched again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// More bytes than accepted.
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// More orders than accepted.
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The brackets do not close: most often a connection that broke.
    Truncated {
        /// Orders that were whole.
        whole: usize,
    },
    /// A web page.
    Html {
        /// Its title.
        title: Option<String>,
    },
    /// Lists of orders under more than one name.
    Ambiguous {
        /// The names.
        names: Vec<String>,
    },
    /// Anything else.
    Unexpected {
        /// What it is.
        what: String,
        /// How it begins, keys and tokens left out.
        excerpt: String,
    },
}

impl BodyError {
    /// The same, for people.
    pub fn text(&self) -> Text {
        match self {
            Self::TooLarge { bytes, limit } => text!(
                "the answer has {bytes} bytes, more than the {limit} accepted: ask for smaller pages",
                bytes = *bytes,
                limit = *limit
            ),
            Self::TooMany { limit } => {
                text!("the answer holds more than {limit} orders: ask for smaller pages", limit = *limit)
            }
            Self::Truncated { whole } => text!(
                "the answer ends in the middle of an order, after {whole} whole ones: it was cut short on its way, or a bracket or quote is missing in it",
                whole = *whole
            ),
            Self::Html { title: None } => {
                text!("a web page came instead of orders: check the address and the key")
            }
            Self::Html { title: Some(title) } => {
                text!("a web page came instead of orders (“{title}”): check the address and the key", title)
            }
            Self::Ambiguous { names } => text!(
                "the answer holds orders under several names ({names}), it should be one",
                names = names.join(", ")
            ),
            Self::Unexpected { what, excerpt } => {
                text!("{what} came instead of orders: {excerpt}", what, excerpt)
            }
        }
    }

    /// A body that begins neither like a list nor like an object.
    pub(super) fn not_orders(body: &[u8]) -> Self {
        let start = body.get(..LOOKED_AT).unwrap_or(body);
        let what = match body.first() {
            Some(b'<') => {
                let text = String::from_utf8_lossy(start);
                let lower = text.to_ascii_lowercase();
                let title = title(&text, &lower);
                if title.is_some() || lower.contains("<html") || lower.contains("<!doctype html") {
                    return Self::Html { title };
                }
                "an XML document"
            }
            Some(b'"') => "a text",
            Some(b'0'..=b'9' | b'-') => "a number",
            Some(0x1F) if body.get(1) == Some(&0x8B) => "compressed data",
            Some(0xFE | 0xFF) => "text that is not UTF-8",
            _ if matches!(body, b"null" | b"true" | b"false") => "a bare value",
            _ => "text that is not JSON",
        };
        Self::unexpected(what, body)
    }

    /// An object that is neither an order nor holds any.
    pub(super) fn not_a_wrapper(body: &[u8], keys: &[String]) -> Self {
        let what = if keys.is_empty() {
            "an empty JSON object".to_owned()
        } else {
            format!("a JSON object with {}", keys.join(", "))
        };
        Self::unexpected(what, body)
    }

    /// Something at `at` that belongs to no order.
    pub(super) fn trailing(body: &[u8], at: usize) -> Self {
        Self::unexpected(format!("something else at byte {at}"), body.get(at..).unwrap_or_default())
    }

    fn unexpected(what: impl Into<String>, from: &[u8]) -> Self {
        Self::Unexpected { what: what.into(), excerpt: excerpt(from) }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for BodyError {}

/// What stands in `<title>`.
fn title(text: &str, lower: &str) -> Option<String> {
    let from = lower.find("<title")?;
    let from = from + lower.get(from..)?.find('>')? + 1;
    let to = from + lower.get(from..)?.find('<')?;
    let title = excerpt(text.get(from..to)?.as_bytes());
    (!title.is_empty()).then_some(title)
}

/// The beginning of a text on one line, without what looks like a key or a token: long words
/// of letters and digits, and whatever `api_key:` or the like stands before.
fn excerpt(text: &[u8]) -> String {
    let text = text.get(..4 * EXCERPT).unwrap_or(text);
    let text = String::from_utf8_lossy(text);
    let mut shown = String::new();
    let mut word = String::new();
    let mut named = false;
    let mut hiding = false;
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '~') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            if hiding || looks_secret(&word) {
                shown.push('…');
            } else {
                shown.push_str(&word);
            }
            named = names_secret(&word);
            hiding |= word.eq_ignore_ascii_case("bearer");
            word.clear();
        }
        hiding |= named && matches!(c, ':' | '=');
        hiding &= !matches!(c, ',' | ';' | '&' | '}' | ']' | '\n');
        if !c.is_whitespace() && !c.is_control() {
            shown.push(c);
        } else if !shown.ends_with(' ') {
            shown.push(' ');
        }
    }
    shown.trim().chars().take(EXCERPT).collect()
}

fn names_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["key", "token", "secret", "password", "auth", "bearer"].iter().any(|name| word.contains(name))
}

/// Long, and letters mixed with digits: not a word a person wrote.
fn looks_secret(word: &str) -> bool {
    word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic)
        || word.len() >= 40
}
