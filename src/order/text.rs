//! Sentences for people, which Odoo can say in the language of who reads them.
//!
//! A [`Text`] reads as English wherever a text is needed. One made by [`text!`](crate::text) also
//! carries its template and what was put into it: Odoo's addon has the templates translated, and
//! fills them anew for each reader. The templates stand in the sources alone; `.ci/templates`
//! lists them for the addon.
//!
//! The compiler keeps sentences from reaching Odoo in English alone: what is told there is a
//! `Text`, and neither becomes the other by itself. What is a name, or said by others, is made one
//! by [`Text::name`]. In English alone goes what the configuration says of a secret, and the notice
//! that the service's own key expires.
//!
//! What reads a text as JSON wants English; where it is to be said anew later, it is written as
//! a [`Whole`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};

/// A sentence made of a template, `text!("The shop {shop} has no journal.", shop = name)`, in
/// which every placeholder has its value by name. A value is a [`Part`].
#[macro_export]
macro_rules! text {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::order::Text::made_of(
            $template,
            [$((stringify!($name), $crate::text!(@part $name $(= $value)?))),*],
        )
    };
    (@part $name:ident) => { $crate::order::Part::from($name) };
    (@part $name:ident = $value:expr) => { $crate::order::Part::from($value) };
}

/// A sentence in English and, where it was made by a template, what it was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "Stored")]
pub struct Text {
    english: String,
    // Boxed: refusals are returned by value everywhere.
    made_of: Option<Box<Made>>,
}

/// A text as it is kept to be said again: with what it was made of.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Whole<'a>(#[serde(serialize_with = "whole")] pub &'a Text);

/// What a sentence was made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Made {
    /// In English, with `{name}` for what is put in.
    pub template: Cow<'static, str>,
    /// What is put in, by name.
    pub parts: BTreeMap<Cow<'static, str>, Part>,
}

/// What is put into a sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// A number, written as the reader's language does.
    Figure {
        /// In digits.
        figure: String,
    },
    /// A moment, told in the reader's zone.
    Moment {
        /// UTC.
        moment: DateTime<Utc>,
        /// In English, in the zone of the shop.
        text: String,
    },
    /// A day, written as the reader's language does.
    Day {
        /// The day.
        day: NaiveDate,
        /// The same in English.
        text: String,
    },
    /// A sentence or a piece of one, or a name, which is said as it is.
    Text(#[serde(serialize_with = "whole")] Text),
}

/// As it is stored and sent: a sentence without a template is a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Plain(String),
    Made {
        text: String,
        #[serde(flatten)]
        made_of: Made,
    },
}

impl Text {
    /// A sentence made of a template; [`text!`](crate::text) is the way to write it.
    pub fn made_of<const N: usize>(template: &'static str, parts: [(&'static str, Part); N]) -> Self {
        let mut english = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let part = parts.iter().find(|(known, _)| *known == name);
            debug_assert!(part.is_some(), "{template} has nothing for {{{name}}}");
            english.push_str(before);
            english.push_str(part.map_or("", |(_, part)| part.english()));
            rest = after;
        }
        english.push_str(rest);
        let parts = parts.into_iter().map(|(name, part)| (Cow::Borrowed(name), part)).collect();
        let made = Made { template: Cow::Borrowed(template), parts };
        Self { english, made_of: Some(Box::new(made)) }
    }

    /// A name, or what somebody else said (Odoo, the system): it stays as it is.
    pub fn name(name: impl Into<String>) -> Self {
        Self { english: name.into(), made_of: None }
    }

    /// Sentences one after the other.
    pub fn sentences(texts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(" ", texts)
    }

    /// Texts one below the other.
    pub fn lines(texts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined("\n", texts)
    }

    /// Texts with something between them; those that are empty are left out.
    pub fn joined(between: &str, texts: impl IntoIterator<Item = Self>) -> Self {
        let mut texts: Vec<Self> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        if texts.len() < 2 {
            return texts.pop().unwrap_or_default();
        }
        let english = texts.iter().map(Self::as_str).collect::<Vec<_>>().join(between);
        let names: Vec<String> = (1..=texts.len()).map(|number| number.to_string()).collect();
        let template = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(between);
        let parts = names.into_iter().map(Cow::Owned).zip(texts.into_iter().map(Part::Text)).collect();
        Self { english, made_of: Some(Box::new(Made { template: Cow::Owned(template), parts })) }
    }

    /// A list within a sentence.
    pub fn listed(texts: impl IntoIterator<Item = Self>) -> Self {
        let mut texts: Vec<Self> = texts.into_iter().collect();
        // Halved, so that a long one is not nested deeper than it can be read back.
        while texts.len() > 1 {
            let mut rest = texts.into_iter();
            let mut merged = Vec::new();
            while let Some(list) = rest.next() {
                merged.push(match rest.next() {
                    Some(next) => text!("{list}, {next}", list, next),
                    None => list,
                });
            }
            texts = merged;
        }
        texts.pop().unwrap_or_default()
    }

    /// In English.
    pub fn as_str(&self) -> &str {
        &self.english
    }

    /// What it was made of.
    pub fn made(&self) -> Option<&Made> {
        self.made_of.as_deref()
    }

    /// In English, and what it was made of.
    pub fn into_parts(self) -> (String, Option<Made>) {
        (self.english, self.made_of.map(|made| *made))
    }

    /// The same with each of its texts, names and pieces changed; the template stays.
    #[must_use]
    pub fn map(&self, change: &impl Fn(&str) -> String) -> Self {
        let made_of = self.made_of.as_ref().map(|made| {
            let parts = made.parts.iter().map(|(name, part)| (name.clone(), part.map(change))).collect();
            Box::new(Made { template: made.template.clone(), parts })
        });
        Self { english: change(&self.english), made_of }
    }
}

impl Part {
    /// A number as it is shown in English.
    pub fn figure(figure: impl fmt::Display) -> Self {
        Self::Figure { figure: figure.to_string() }
    }

    /// A moment, in a zone.
    pub fn moment<Z: TimeZone>(moment: DateTime<Utc>, zone: &Z) -> Self
    where
        Z::Offset: fmt::Display,
    {
        Self::Moment { moment, text: moment.with_timezone(zone).format("%Y-%m-%d %H:%M").to_string() }
    }

    /// A moment, in UTC.
    pub fn utc(moment: DateTime<Utc>) -> Self {
        Self::Moment { moment, text: moment.format("%Y-%m-%d %H:%M UTC").to_string() }
    }

    /// A day.
    pub fn day(day: NaiveDate) -> Self {
        Self::Day { day, text: day.to_string() }
    }

    fn english(&self) -> &str {
        match self {
            Self::Figure { figure } => figure,
            Self::Moment { text, .. } | Self::Day { text, .. } => text,
            Self::Text(text) => text.as_str(),
        }
    }

    fn map(&self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.map(change)),
            Self::Figure { .. } | Self::Moment { .. } | Self::Day { .. } => self.clone(),
        }
    }
}

impl From<Stored> for Text {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Plain(english) => Self { english, made_of: None },
            Stored::Made { text, made_of } => Self { english: text, made_of: Some(Box::new(made_of)) },
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english)
    }
}

/// Writes a text as a [`Whole`].
pub fn whole<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Stored<'a> {
        text: &'a str,
        #[serde(flatten)]
        made_of: &'a Made,
    }
    match &text.made_of {
        None => text.serialize(serializer),
        Some(made_of) => Stored { text: &text.english, made_of }.serialize(serializer),
    }
}

// In tests alone: elsewhere a sentence is made by a template, or it could not be translated.
#[cfg(test)]
impl From<String> for Text {
    fn from(english: String) -> Self {
        Self::name(english)
    }
}

#[cfg(test)]
impl From<&str> for Text {
    fn from(english: &str) -> Self {
        Self::name(english)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.english
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.english == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.english == *other
    }
}

impl From<Text> for Part {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&Text> for Part {
    fn from(text: &Text) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(Text::name(text))
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(Text::name(text))
    }
}

impl From<&String> for Part {
    fn from(text: &String) -> Self {
        Self::Text(Text::name(text.as_str()))
    }
}

impl From<NaiveDate> for Part {
    fn from(day: NaiveDate) -> Self {
        Self::day(day)
    }
}

impl From<Decimal> for Part {
    fn from(figure: Decimal) -> Self {
        Self::figure(figure)
    }
}

impl From<usize> for Part {
    fn from(figure: usize) -> Self {
        Self::figure(figure)
    }
}

impl From<u32> for Part {
    fn from(figure: u32) -> Self {
        Self::figure(figure)
    }
}

impl From<u64> for Part {
    fn from(figure: u64) -> Self {
        Self::figure(figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence() -> Text {
        let place = text!("Line {number}", number = 2_usize);
        text!("{place}: no product in Odoo matches {name}.", place, name = "Tea {place}")
    }

    #[test]
    fn it_reads_as_english() {
        assert_eq!(sentence(), "Line 2: no product in Odoo matches Tea {place}.");
        assert_eq!(text!("Nothing to do."), "Nothing to do.");
    }

    #[test]
    fn a_long_list_is_read_back() {
        let names: Vec<String> = (0..300).map(|name| name.to_string()).collect();
        let list = Text::listed(names.iter().map(Text::name));
        assert_eq!(list, names.join(", ").as_str());
        let stored = serde_json::to_string(&Whole(&list)).unwrap();
        assert_eq!(serde_json::from_str::<Text>(&stored).unwrap(), list);
    }

    #[test]
    fn it_is_stored_with_what_it_was_made_of() {
        let stored = serde_json::to_value(Whole(&sentence())).unwrap();
        let expected = serde_json::json!({
            "text": "Line 2: no product in Odoo matches Tea {place}.",
            "template": "{place}: no product in Odoo matches {name}.",
            "parts": {
                "name": "Tea {place}",
                "place": {"text": "Line 2", "template": "Line {number}", "parts": {"number": {"figure": "2"}}},
            },
        });
        assert_eq!(stored, expected);
        assert_eq!(serde_json::from_value::<Text>(stored).unwrap(), sentence());
        let shown = serde_json::to_value(sentence()).unwrap();
        assert_eq!(shown, "Line 2: no product in Odoo matches Tea {place}.");
    }

    #[test]
    fn several_are_said_one_after_the_other() {
        let all = Text::lines([sentence(), Text::default(), text!("Nothing to do.")]);
        assert_eq!(all, "Line 2: no product in Odoo matches Tea {place}.\nNothing to do.");
        assert_eq!(all.made().unwrap().template, "{1}\n{2}");
        assert_eq!(Text::lines([sentence()]), sentence());
        assert_eq!(Text::listed(["a", "b", "c"].map(Text::from)), "a, b, c");
    }

    #[test]
    fn what_was_stored_as_a_text_is_read() {
        let old: Text = serde_json::from_str("\"No product.\"").unwrap();
        assert_eq!(old, Text::from("No product."));
        assert_eq!(serde_json::to_string(&old).unwrap(), "\"No product.\"");
    }

    #[test]
    fn names_within_it_are_changed_too() {
        let masked = sentence().map(&|text| text.replace("Tea", "***"));
        assert_eq!(masked, "Line 2: no product in Odoo matches *** {place}.");
        assert!(!serde_json::to_string(&Whole(&masked)).unwrap().contains("Tea"), "{masked:?}");
        assert_eq!(masked.made().unwrap().template, "{place}: no product in Odoo matches {name}.");
    }

    #[test]
    fn a_moment_keeps_its_zone_in_english() {
        let moment: DateTime<Utc> = "2026-01-02T03:04:05Z".parse().unwrap();
        let when = Part::moment(moment, &chrono_tz::Asia::Riyadh);
        let text = text!("Sold at {when}.", when);
        assert_eq!(text, "Sold at 2026-01-02 06:04.");
        let stored = serde_json::to_string(&Whole(&text)).unwrap();
        assert!(stored.contains(r#""moment":"2026-01-02T03:04:05Z""#), "{stored}");
        assert_eq!(serde_json::from_str::<Text>(&stored).unwrap(), text);
    }
}
