//! An object of an order (the order itself, a line, a tender) and its fields under all the
//! names they go by.

use std::borrow::Cow;

use super::value::{Read, Value};
use crate::order::scan::{Scan, Stop};
use crate::order::{Code, Refusal, Text};
use crate::text;

/// Characters of a value shown in a message.
const SHOWN: usize = 60;

/// What to do about any value that cannot be read.
fn fix() -> Text {
    text!("Correct it at the source; the order is read again when it comes again.")
}

/// What the items of a list are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Line,
    Payment,
    Component,
}

/// Where an object stands: which item of a list, counted from 0.
type Place = (Item, usize);

/// The members of an object, values not looked into.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// What it is, for messages: an item of a list and its index, or the order itself.
    place: Option<Place>,
    members: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Object<'a> {
    /// Cuts an object into its members; `None` when the text is something else. Broken
    /// members are kept as they are, so that one of them hides no other.
    pub fn cut(raw: &'a str, place: Option<Place>) -> Option<Self> {
        let mut scan = Scan::new(raw.as_bytes(), 0);
        if !scan.eat(b'{') {
            return None;
        }
        let mut members = Vec::new();
        loop {
            let member = scan.member();
            let value = raw.get(member.value).unwrap_or_default();
            if let Some(key) = member.key.and_then(|key| raw.get(key)) {
                members.push((decoded(key), value));
            }
            if member.stop != Stop::Comma {
                return Some(Self { place, members });
            }
        }
    }

    /// Every member, in the order written.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(key, raw)| (key.as_ref(), *raw))
    }

    /// A field that must not be given twice with different values, under any of its names.
    pub fn one<T: PartialEq>(
        &self,
        names: &[&str],
        read: impl Fn(&Value<'a>) -> Read<T>,
    ) -> Result<Option<T>, Refusal> {
        let mut found: Option<(&str, &str, T)> = None;
        for (name, raw) in self.under(names) {
            let Some(value) = self.read(name, raw, &read)? else {
                continue;
            };
            match &found {
                Some((first, first_raw, other)) if *other != value => {
                    let names = (*first, *first_raw, name, raw);
                    return Err(self.contradiction(names));
                }
                Some(_) => {}
                None => found = Some((name, raw, value)),
            }
        }
        Ok(found.map(|(_, _, value)| value))
    }

    /// A descriptive field: the first that is not blank, in the order of `names`.
    pub fn first<T>(
        &self,
        names: &[&str],
        read: impl Fn(&Value<'a>) -> Read<T>,
    ) -> Result<Option<T>, Refusal> {
        for (name, raw) in self.under(names) {
            if let Some(value) = self.read(name, raw, &read)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Like [`Object::one`], of a field that must be given.
    pub fn needed<T: PartialEq>(
        &self,
        names: &[&str],
        read: impl Fn(&Value<'a>) -> Read<T>,
    ) -> Result<T, Refusal> {
        self.one(names, read)?.ok_or_else(|| self.missing(names))
    }

    /// The objects of a list, each called `item` and its number; empty when the list is
    /// absent, `null` or blank.
    pub fn list(&self, names: &[&str], item: Item) -> Result<Vec<Object<'a>>, Refusal> {
        let mut found: Option<(&str, &str, Vec<Object<'a>>)> = None;
        for (name, raw) in self.under(names) {
            let objects = match Value::of(raw) {
                value if value.is_blank() => continue,
                Value::List => objects(name, raw, item)?,
                _ => return Err(self.bad(name, raw, text!("is not a list"))),
            };
            match &found {
                Some((first, first_raw, _)) if *first_raw != raw && !objects.is_empty() => {
                    return Err(self.contradiction((first, first_raw, name, raw)));
                }
                Some(_) => {}
                None if objects.is_empty() => {}
                None => found = Some((name, raw, objects)),
            }
        }
        Ok(found.map(|(_, _, objects)| objects).unwrap_or_default())
    }

    /// A refusal of a value.
    pub fn bad(&self, name: &str, raw: &str, what: Text) -> Refusal {
        let value = shown(raw);
        self.refuse(Code::BadValue, text!("{name} {value} {what}.", name, value, what))
    }

    /// A refusal for want of a field.
    pub fn missing(&self, names: &[&str]) -> Refusal {
        let name = names.first().copied().unwrap_or_default();
        self.refuse(Code::MissingField, text!("{name} is missing.", name))
    }

    /// A refusal that says where in the order the object stands.
    fn refuse(&self, code: Code, message: Text) -> Refusal {
        let message = match self.place {
            None => message,
            Some(place) => text!("{place}: {message}", place = called(place), message),
        };
        Refusal::new(code, message, fix())
    }

    /// Why this object, which is not valid JSON, is not: the innermost field at fault.
    /// `lists` names the lists of objects and what their items are called.
    pub fn fault(&self, lists: &[(&str, Item)], is_fine: fn(&str) -> bool) -> Option<Refusal> {
        let (name, raw) = self.members().find(|(_, raw)| !is_fine(raw))?;
        let item = lists.iter().find(|(list, _)| *list == name);
        let inner = item.and_then(|&(_, item)| {
            let mut items = elements(raw).enumerate();
            let (n, raw) = items.find(|(_, raw)| !is_fine(raw))?;
            Object::cut(raw, Some((item, n)))?.fault(&[], is_fine)
        });
        Some(inner.unwrap_or_else(|| {
            let value = shown(raw);
            self.refuse(Code::Unreadable, text!("{name} {value} is not valid JSON.", name, value))
        }))
    }

    fn under<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = (&'s str, &'a str)> {
        names.iter().flat_map(move |name| {
            let members = self.members.iter().filter(move |(key, _)| key == name);
            members.map(|(key, raw)| (key.as_ref(), *raw))
        })
    }

    fn read<T>(
        &self,
        name: &str,
        raw: &'a str,
        read: impl Fn(&Value<'a>) -> Read<T>,
    ) -> Result<Option<T>, Refusal> {
        read(&Value::of(raw)).map_err(|what| self.bad(name, raw, what))
    }

    fn contradiction(&self, (a, a_raw, b, b_raw): (&str, &str, &str, &str)) -> Refusal {
        let (a_raw, b_raw) = (shown(a_raw), shown(b_raw));
        self.refuse(Code::Contradiction, text!("{a} is {a_raw} and {b} is {b_raw}.", a, a_raw, b, b_raw))
    }
}

/// What an item of a list is called: the first is 0 here, and 1 for people.
fn called((item, index): Place) -> Text {
    let number = index + 1;
    match item {
        Item::Line => text!("Line {line}", line = number),
        Item::Payment => text!("Payment {number}", number),
        Item::Component => text!("Component {number}", number),
    }
}

fn objects<'a>(name: &str, raw: &'a str, item: Item) -> Result<Vec<Object<'a>>, Refusal> {
    let numbered = elements(raw).enumerate();
    let objects = numbered.map(|(n, raw)| {
        let place = (item, n);
        Object::cut(raw, Some(place)).ok_or_else(|| {
            let value = shown(raw);
            let message =
                text!("{place} of {name} is not an object but {value}.", place = called(place), name, value);
            Refusal::new(Code::BadValue, message, fix())
        })
    });
    objects.collect()
}

/// The elements of a list; none for anything else.
fn elements(raw: &str) -> impl Iterator<Item = &str> {
    let mut scan = Scan::new(raw.as_bytes(), 0);
    let mut open = scan.eat(b'[');
    std::iter::from_fn(move || {
        while open {
            let (element, stop) = scan.element(b']');
            open = stop == Stop::Comma;
            if !element.is_empty() {
                return raw.get(element);
            }
        }
        None
    })
}

fn decoded(key: &str) -> Cow<'_, str> {
    if key.contains('\\')
        && let Ok(key) = serde_json::from_str(&format!("\"{key}\""))
    {
        return Cow::Owned(key);
    }
    Cow::Borrowed(key)
}

/// A value in a message: on one line, not too long.
fn shown(raw: &str) -> String {
    let mut text: String = raw.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if raw.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    if text.is_empty() {
        text.push_str("(nothing)");
    }
    text
}
