//! What became of the orders that somebody asked about: "2 of 3 booked", and why not the third.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::order::{Part, Text};
use crate::store::{Item, State, Store, StoreError};
use crate::text;

/// Orders read from the store at once.
const AT_ONCE: usize = 500;
/// Reasons that the text spells out.
const REASONS: usize = 10;
/// Orders named for each of them.
const NAMED: usize = 5;

/// How many of the orders are booked, and what the others wait for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Booked in Odoo.
    pub booked: usize,
    /// All that were asked about.
    pub of: usize,
    /// Those that are not booked.
    pub rest: Vec<Rest>,
}

/// An order that is not booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// External order id; the key of one that is not known here.
    pub id: String,
    /// Its state; empty when it is not known here.
    pub state: String,
    /// Why, and what to do: plain sentences.
    pub why: Text,
}

impl Tally {
    /// Counts the orders of these keys as the store has them. `stopped` says why those that are
    /// still queued are: what kept the pass from getting to them.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn of(store: &dyn Store, keys: &[String], stopped: Option<&Text>) -> Result<Self, StoreError> {
        let mut tally = Self { of: keys.len(), ..Self::default() };
        for keys in keys.chunks(AT_ONCE) {
            let items = store.get(keys).await?;
            let unknown = keys.iter().filter(|key| items.iter().all(|item| item.key != **key));
            let unknown = unknown.map(|key| Rest {
                id: key.clone(),
                state: String::new(),
                why: text!("This tillbridge service does not know it."),
            });
            tally.rest.extend(unknown);
            for item in &items {
                if item.state == State::Booked {
                    tally.booked += 1;
                } else {
                    tally.rest.push(Rest::of(item, stopped));
                }
            }
        }
        Ok(tally)
    }

    /// Whether all are booked.
    pub const fn is_all(&self) -> bool {
        self.booked == self.of
    }

    /// "3 of 3 booked", and a line for each reason why others are not.
    pub fn text(&self) -> Text {
        let counted = text!("{booked} of {of} booked", booked = self.booked, of = self.of);
        // What reads the same is the same: the moments in it are more exact than they are shown.
        let mut reasons: BTreeMap<&str, (&Text, Vec<&str>)> = BTreeMap::new();
        for rest in &self.rest {
            let (_, ids) = reasons.entry(rest.why.as_str()).or_insert_with(|| (&rest.why, Vec::new()));
            ids.push(&rest.id);
        }
        // What keeps most orders back comes first.
        let mut reasons: Vec<_> = reasons.into_values().collect();
        reasons.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
        let between = if reasons.len() == 1 { "; " } else { "\n" };
        let told = reasons.iter().take(REASONS).map(|(why, ids)| {
            let orders = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            match ids.len().saturating_sub(NAMED) {
                0 => text!("{orders}: {why}", orders, why = *why),
                more => text!("{orders} and {more} more: {why}", orders, more, why = *why),
            }
        });
        let more = reasons.len().saturating_sub(REASONS);
        let more = (more > 0).then(|| text!("And {more} more reasons: tillbridge orders", more));
        Text::joined(between, [counted].into_iter().chain(told).chain(more))
    }
}

impl Rest {
    /// An item that is not booked.
    pub fn of(item: &Item, stopped: Option<&Text>) -> Self {
        let said =
            item.reason.as_ref().map(|reason| Text::sentences([reason.message.clone(), reason.fix.clone()]));
        let why = match (item.state, said) {
            (State::Ready, _) => {
                stopped.cloned().unwrap_or_else(|| text!("It is queued and follows with the next pass."))
            }
            (State::Sending, _) => {
                text!("Odoo gave no clear answer yet; it is looked up before anything is sent again.")
            }
            (State::Retrying, said) => {
                let next = item.next_try_at.map(|at| text!("Next try: {when}.", when = Part::utc(at)));
                Text::sentences(said.into_iter().chain(next))
            }
            (_, Some(said)) => said,
            (state, None) => text!("It is {state}.", state = state.text()),
        };
        Self { id: item.external_id.clone(), state: item.state.as_str().to_owned(), why }
    }
}

#[cfg(test)]
mod tests {
    use crate::order::{Code, Refusal};

    use super::*;

    fn refused(id: &str, product: &str) -> Rest {
        let mut item = Item::received(id, State::Refused);
        item.reason = Some(Refusal::new(
            Code::UnknownProduct,
            format!("No product is named {product}."),
            "Create or map it.",
        ));
        Rest::of(&item, None)
    }

    #[test]
    fn one_reason_stands_beside_the_count_and_several_below_it_the_widest_first() {
        let all = Tally { booked: 3, of: 3, rest: Vec::new() };
        assert_eq!((all.is_all(), all.text().as_str()), (true, "3 of 3 booked"));
        let mut some = Tally { booked: 1, of: 2, rest: vec![refused("7", "Tea")] };
        assert_eq!(some.text(), "1 of 2 booked; 7: No product is named Tea. Create or map it.");
        some.of += 7;
        some.rest.extend((10..17).map(|id| refused(&id.to_string(), "Salt")));
        assert!(!some.is_all());
        assert_eq!(
            some.text(),
            "1 of 9 booked\n10, 11, 12, 13, 14 and 2 more: No product is named Salt. Create or map it.\n7: No product is named Tea. Create or map it."
        );
    }

    #[test]
    fn those_that_are_tried_again_within_a_minute_stand_on_one_line() {
        let put_off = |id: &str, second: i64| {
            let mut item = Item::received(id, State::Retrying);
            item.reason = Some(Refusal::new(Code::UnknownProduct, "Odoo was busy.", "Nothing to do."));
            item.next_try_at = chrono::DateTime::from_timestamp(1_700_000_040 + second, 0);
            Rest::of(&item, None)
        };
        let tally = Tally { booked: 0, of: 2, rest: vec![put_off("7", 1), put_off("8", 2)] };
        let text = tally.text();
        assert!(text.starts_with("0 of 2 booked; 7, 8: Odoo was busy."), "{text}");
    }

    #[test]
    fn what_is_still_queued_says_what_stopped_the_pass() {
        let item = Item::received("7", State::Ready);
        assert_eq!(Rest::of(&item, None).why, "It is queued and follows with the next pass.");
        assert_eq!(Rest::of(&item, Some(&"Odoo did not answer.".into())).why, "Odoo did not answer.");
        let sending = Item::received("8", State::Sending);
        assert!(Rest::of(&sending, Some(&"x".into())).why.contains("looked up"));
    }
}
