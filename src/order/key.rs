//! Identity: what makes two documents "the same order".
//!
//! A key is (source id, location, order id, document). Its renderings (canonical text,
//! UUIDv5, `pos_reference`) are fixed for ever: what was booked under them must be found
//! again by every later version. Golden tests hold them in place.

use std::fmt;

use uuid::Uuid;

use super::Status;

/// The id of an external system, chosen once in a sync's configuration and never changed
/// after its first booking. Not the name or record id of a sync: those may change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(String);

impl SourceId {
    /// The trimmed text, or `None` when nothing is left of it.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The id as configured, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SourceId {
    /// The key of one of its customers, who is known by an identifier of this kind (`id`,
    /// `email`, …): `v1:SOURCE/KIND/VALUE`. Fixed for ever, like [`OrderKey`].
    pub fn customer_key(&self, kind: &str, value: &str) -> String {
        let mut text = self.customer_keys();
        text.push_str(kind);
        text.push('/');
        push_escaped(&mut text, value);
        text
    }

    /// What the keys of all its orders begin with, and what their references do (see
    /// [`OrderKey::pos_reference`]).
    pub fn beginnings(&self) -> (String, String) {
        let mut reference = String::new();
        push_escaped(&mut reference, &self.0);
        reference.push('/');
        (format!("{VERSION}{reference}"), reference)
    }

    /// What the keys of all its customers begin with.
    pub fn customer_keys(&self) -> String {
        let mut text = String::from(VERSION);
        push_escaped(&mut text, &self.0);
        text.push('/');
        text
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The store an order was taken in (`LocationID`). `None` is "not given", which is not `0`.
pub type Location = Option<String>;

/// Which document of an order id this is: the sale, or one of its refunds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Document {
    /// The sale itself.
    Sale,
    /// A refund, with its own id (`RefundID`, `CreditNoteNo`) where the source gives one.
    Refund(Option<String>),
}

impl Document {
    /// The status that makes it complete.
    pub fn completed(&self) -> Status {
        match self {
            Self::Sale => Status::Completed,
            Self::Refund(_) => Status::Refund,
        }
    }
}

/// The identity of one external document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderKey {
    /// The external system.
    pub source: SourceId,
    /// The store within it, in canonical text; `None` when the order names none.
    pub location: Location,
    /// The external order id in canonical text: trimmed, integral numbers in plain digits.
    pub order_id: String,
    /// Sale or refund.
    pub document: Document,
}

/// The namespace of every UUID that tillbridge gives to an Odoo record. Never changes.
const NAMESPACE: Uuid = uuid::uuid!("a8b95546-51a3-4db0-885f-82d2563fca24");

/// Version of the canonical text, its first characters.
const VERSION: &str = "v1:";

impl OrderKey {
    /// The key as one text, `v1:SOURCE/LOCATION/ORDER/DOCUMENT`; the inverse of
    /// [`OrderKey::parse`]. The document is `sale`, `refund` or `refund:ID`.
    pub fn canonical(&self) -> String {
        let mut text = String::from(VERSION);
        self.push_place(&mut text);
        match &self.document {
            Document::Sale => text.push_str("sale"),
            Document::Refund(None) => text.push_str("refund"),
            Document::Refund(Some(id)) => {
                text.push_str("refund:");
                push_escaped(&mut text, id);
            }
        }
        text
    }

    /// Reads a canonical text back; `None` for anything that [`OrderKey::canonical`] does
    /// not write.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(VERSION)?.split('/');
        let source = SourceId::new(&unescape(parts.next()?)?)?;
        let location = match parts.next()? {
            "-" => None,
            part => Some(unescape(part)?),
        };
        let order_id = unescape(parts.next()?)?;
        let document = match parts.next()? {
            "sale" => Document::Sale,
            "refund" => Document::Refund(None),
            part => Document::Refund(Some(unescape(part.strip_prefix("refund:")?)?)),
        };
        let key = Self { source, location, order_id, document };
        // One text per key: other spellings of the same parts ("%41" for "A") are not keys.
        (key.canonical() == text).then_some(key)
    }

    /// What the canonical texts of all keys of one location begin with, and no others.
    pub fn beginning(source: &SourceId, location: &str) -> String {
        let mut text = String::from(VERSION);
        push_location(&mut text, source, Some(location));
        text
    }

    /// The `uuid` of the `pos.order`.
    pub fn order_uuid(&self) -> Uuid {
        uuid_of(&self.canonical())
    }

    /// The `uuid` of the order line at position `n` of the booking.
    pub fn line_uuid(&self, n: usize) -> Uuid {
        uuid_of(&format!("{}/line/{n}", self.canonical()))
    }

    /// The `uuid` of the payment at position `n` of the booking.
    pub fn payment_uuid(&self, n: usize) -> Uuid {
        uuid_of(&format!("{}/payment/{n}", self.canonical()))
    }

    /// The order's reference in Odoo, one readable line: `SRC/LOC/70211`, without a location
    /// `SRC/-/70211`, for a refund `SRC/LOC/70211/R` or, with its own id,
    /// `SRC/LOC/70211/R55`. Two keys never share one: it is the dedupe key of the series
    /// without a `uuid` constraint.
    pub fn pos_reference(&self) -> String {
        let mut text = String::new();
        self.push_place(&mut text);
        match &self.document {
            Document::Sale => {
                text.pop();
            }
            Document::Refund(None) => text.push('R'),
            Document::Refund(Some(id)) => {
                text.push('R');
                push_escaped(&mut text, id);
            }
        }
        text
    }

    /// The key of a reference; `None` for anything that [`OrderKey::pos_reference`] does not
    /// write.
    pub fn of_reference(text: &str) -> Option<Self> {
        let (place, document) = match text.matches('/').count() {
            2 => (text, "sale".to_owned()),
            3 => {
                let (place, refund) = text.rsplit_once('/')?;
                let id = refund.strip_prefix('R')?;
                (place, if id.is_empty() { "refund".to_owned() } else { format!("refund:{id}") })
            }
            _ => return None,
        };
        Self::parse(&format!("{VERSION}{place}/{document}")).filter(|key| key.pos_reference() == text)
    }

    /// Writes `SOURCE/LOCATION/ORDER/`.
    fn push_place(&self, text: &mut String) {
        push_location(text, &self.source, self.location.as_deref());
        push_escaped(text, &self.order_id);
        text.push('/');
    }
}

/// Writes `SOURCE/LOCATION/`.
fn push_location(text: &mut String, source: &SourceId, location: Option<&str>) {
    push_escaped(text, source.as_str());
    text.push('/');
    match location {
        None => text.push('-'),
        Some("-") => text.push_str("%2D"),
        Some(location) => push_escaped(text, location),
    }
    text.push('/');
}

/// The canonical text.
impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

fn uuid_of(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// Appends a part so that it holds no `/`, no line break and is never empty: those
/// characters and `%` are percent-encoded, nothing is a lone `%`.
fn push_escaped(out: &mut String, part: &str) {
    if part.is_empty() {
        out.push('%');
    }
    for c in part.chars() {
        if matches!(c, '%' | '/' | '\u{2028}' | '\u{2029}') || c.is_control() {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push('%');
                out.extend(hex(byte));
            }
        } else {
            out.push(c);
        }
    }
}

fn hex(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 0xF]
        .into_iter()
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .map(|digit| digit.to_ascii_uppercase())
}

/// Undoes [`push_escaped`]; `None` when an escape is broken.
fn unescape(part: &str) -> Option<String> {
    if part == "%" {
        return Some(String::new());
    }
    let mut pieces = part.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(source: &str, location: Option<&str>, order: &str, document: Document) -> OrderKey {
        OrderKey {
            source: SourceId::new(source).unwrap(),
            location: location.map(str::to_owned),
            order_id: order.to_owned(),
            document,
        }
    }

    fn refund(id: &str) -> Document {
        Document::Refund(Some(id.to_owned()))
    }

    #[test]
    fn the_keys_of_a_location_are_told_by_their_beginning() {
        let begins = |location: &str, of: Option<&str>| {
            let source = SourceId::new("a/b").unwrap();
            key("a/b", of, "1", Document::Sale)
                .canonical()
                .starts_with(&OrderKey::beginning(&source, location))
        };
        assert!(begins("7", Some("7")) && begins("-", Some("-")) && begins("x/y", Some("x/y")));
        for (location, of) in [("7", Some("77")), ("-", None), ("x", Some("x/y")), ("77", Some("7"))] {
            assert!(!begins(location, of), "{location} is not {of:?}");
        }
    }

    /// What was booked under these texts must be found again for ever: a change here is a
    /// change of every key in every database.
    #[test]
    fn golden_renderings() {
        let cases = [
            (
                key("SRC", Some("0"), "70211", Document::Sale),
                "v1:SRC/0/70211/sale",
                "SRC/0/70211",
                "404a1a78-780c-571c-83a3-ff4fda4e8704",
            ),
            (
                key("SRC", None, "70211", Document::Sale),
                "v1:SRC/-/70211/sale",
                "SRC/-/70211",
                "7162347b-3531-58a7-84c7-9d240e903231",
            ),
            (
                key("SRC", Some("-"), "70211", Document::Refund(None)),
                "v1:SRC/%2D/70211/refund",
                "SRC/%2D/70211/R",
                "a553eada-e7c7-5909-b936-b812222268d5",
            ),
            (
                key("garage 5", Some("3"), "A/7%", refund("R/1")),
                "v1:garage 5/3/A%2F7%25/refund:R%2F1",
                "garage 5/3/A%2F7%25/RR%2F1",
                "d8354a7c-e898-5096-80f4-f7c263e8105f",
            ),
            (
                key("ورشة", Some("٣"), "12\n", refund("55")),
                "v1:ورشة/٣/12%0A/refund:55",
                "ورشة/٣/12%0A/R55",
                "c96affcb-8387-5038-9cf0-db157512104f",
            ),
        ];
        for (key, canonical, reference, uuid) in cases {
            assert_eq!(key.canonical(), canonical);
            assert_eq!(key.pos_reference(), reference);
            assert_eq!(OrderKey::of_reference(reference).as_ref(), Some(&key));
            assert_eq!(key.order_uuid().to_string(), uuid);
        }
        let key = key("SRC", Some("0"), "70211", Document::Sale);
        assert_eq!(key.line_uuid(0).to_string(), "eb63b054-3e31-5c20-841f-56b5505fa848");
        assert_eq!(key.payment_uuid(0).to_string(), "aaa22587-b48f-50c5-b470-0b6b3d9560e7");
    }

    #[test]
    fn the_references_of_others_are_no_keys() {
        for text in ["Order 00001-001-0001", "Shop/0042", "a/b/c/d", "a/b/c/R/x", "//1", "a/b/%41", "a/b/c%"]
        {
            assert_eq!(OrderKey::of_reference(text), None, "{text}");
        }
        let source = SourceId::new("a/b").unwrap();
        assert_eq!(source.beginnings(), ("v1:a%2Fb/".to_owned(), "a%2Fb/".to_owned()));
    }

    #[test]
    fn other_spellings_are_not_keys() {
        for text in [
            "SRC/-/1/sale",
            "v2:SRC/-/1/sale",
            "v1:SRC/-/1",
            "v1:SRC/-/1/sale/line/0",
            "v1:SRC/-/1/Sale",
            "v1:SRC/-/%41/sale",
            "v1:SRC/-/%2f/sale",
            "v1:SRC/-/%2/sale",
            "v1:SRC/-/%é/sale",
            "v1: SRC/-/1/sale",
            "v1:%/-/1/sale",
            "v1:SRC/-/1/refund:",
        ] {
            assert_eq!(OrderKey::parse(text), None, "{text}");
        }
    }

    /// Texts from a small alphabet of everything that means something in a rendering.
    fn part() -> impl Strategy<Value = String> {
        "[-/%R:25F D\n\u{2028}é]{0,4}"
    }

    fn any_key() -> impl Strategy<Value = OrderKey> {
        let document = prop_oneof![
            Just(Document::Sale),
            Just(Document::Refund(None)),
            part().prop_map(|id| Document::Refund(Some(id))),
        ];
        (part(), proptest::option::of(part()), part(), document).prop_filter_map(
            "a source id is not blank",
            |(source, location, order_id, document)| {
                Some(OrderKey { source: SourceId::new(&source)?, location, order_id, document })
            },
        )
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back(key in any_key()) {
            prop_assert_eq!(OrderKey::parse(&key.canonical()), Some(key));
        }

        #[test]
        fn renderings_are_injective(keys in proptest::collection::vec(any_key(), 2..40)) {
            for a in &keys {
                for b in &keys {
                    prop_assert_eq!(a == b, a.pos_reference() == b.pos_reference());
                    prop_assert_eq!(a == b, a.order_uuid() == b.order_uuid());
                    prop_assert_ne!(a.line_uuid(1), b.payment_uuid(1));
                }
                let breaks = ['\n', '\u{2028}'];
                prop_assert!(!a.pos_reference().contains(breaks));
            }
        }
    }
}
