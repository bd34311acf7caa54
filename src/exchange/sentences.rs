//! Sentences as they go to Odoo: each in English under its own name, which any addon shows, and
//! in `said`, under the same name, what it was made of, for an addon that says it anew.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::order::{Made, Text};

/// The sentences of a row; to be flattened into it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sentences {
    #[serde(flatten)]
    english: BTreeMap<&'static str, English>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    said: BTreeMap<&'static str, Made>,
}

/// What an addon shows that cannot say it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum English {
    Text(String),
    Lines(Vec<String>),
}

impl Sentences {
    /// These sentences by name.
    pub fn new<const N: usize>(sentences: [(&'static str, Text); N]) -> Self {
        let mut said = Self::default();
        for (name, text) in sentences {
            let (english, made) = text.into_parts();
            said.english.insert(name, English::Text(english));
            said.keep(name, made);
        }
        said
    }

    /// The same with a list of sentences, which are shown one below the other.
    #[must_use]
    pub fn with_lines(mut self, name: &'static str, lines: impl IntoIterator<Item = Text>) -> Self {
        let lines: Vec<Text> = lines.into_iter().collect();
        let english = lines.iter().map(|line| line.as_str().to_owned()).collect();
        self.english.insert(name, English::Lines(english));
        let (_, made) = Text::lines(lines).into_parts();
        self.keep(name, made);
        self
    }

    fn keep(&mut self, name: &'static str, made: Option<Made>) {
        self.said.extend(made.map(|made| (name, made)));
    }
}

#[cfg(test)]
mod tests {
    use crate::text;

    use super::*;

    #[test]
    fn a_sentence_goes_in_english_and_with_what_it_was_made_of() {
        let why = text!("No {what}.", what = "Tea");
        let lines = [why.clone(), Text::name("Odoo's words")];
        let said = Sentences::new([("why", why), ("name", Text::name("Ada"))]).with_lines("all", lines);
        let made = serde_json::json!({"template": "No {what}.", "parts": {"what": "Tea"}});
        let whole = serde_json::json!({
            "text": "No Tea.", "template": "No {what}.", "parts": {"what": "Tea"},
        });
        let expected = serde_json::json!({
            "why": "No Tea.",
            "name": "Ada",
            "all": ["No Tea.", "Odoo's words"],
            "said": {
                "why": made,
                "all": {"template": "{1}\n{2}", "parts": {"1": whole, "2": "Odoo's words"}},
            },
        });
        assert_eq!(serde_json::to_value(said).unwrap(), expected);
    }
}
