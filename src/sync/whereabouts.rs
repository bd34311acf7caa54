//! "Where is my order?": orders by whatever a person knows of them, and one sentence on each.
//!
//! Forgiven are blanks, hyphens, a leading `#`, case and leading zeros.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::order::OrderKey;
use crate::store::{Filter, Item, State, Store, StoreError};

/// Items read at once.
const PAGE: usize = 500;
/// A phone number is known by its last digits: people leave out its beginning, or add to it.
const PHONE: usize = 9;
/// Fewer digits than this are no phone number.
const SHORTEST_PHONE: usize = 7;
/// The lists of lines of an order: ids in there are those of items.
const LINES: [&str; 4] = ["orderitems", "orderdetails", "items", "lines"];
/// What the names of fields contain that hold an id people know.
const IDS: [&str; 9] =
    ["ref", "trans", "invoice", "receipt", "fiscal", "credit", "return", "approval", "rrn"];
/// What the names of fields contain that hold a phone number.
const PHONES: [&str; 3] = ["phone", "mobile", "contact"];

/// The orders that are known by a text: by their external id or key, else by anything else that
/// people know of an order.
///
/// # Errors
///
/// The store fails.
pub async fn orders_known_by(store: &dyn Store, text: &str) -> Result<Vec<Item>, StoreError> {
    let text = text.trim();
    let short = text.trim_start_matches('#').trim_start();
    let named: BTreeSet<String> =
        [text, short].into_iter().map(str::to_owned).chain([blankless(short)]).collect();
    let keys: Vec<String> = named.iter().cloned().collect();
    let mut found = store.get(&keys).await?;
    for external_id in named {
        let filter = Filter { external_id: Some(external_id), ..Filter::default() };
        found.extend(store.list(&filter).await?);
    }
    if !found.is_empty() {
        found.sort_by_key(|item| item.seq);
        found.dedup_by_key(|item| item.seq);
        return Ok(found);
    }
    let sought = Sought::new(short);
    if sought.plain.is_empty() {
        return Ok(found);
    }
    let mut filter = Filter { mentions: Some(sought.mentioned()), limit: PAGE, ..Filter::default() };
    while let Some(items) = store.next_page(&mut filter).await? {
        found.extend(items.into_iter().filter(|item| sought.fits(item)));
    }
    Ok(found)
}

/// What is looked for, in plain form.
struct Sought {
    /// Letters and digits alone, in lower case, without leading zeros.
    plain: String,
    /// Its last digits, where it may be a phone number.
    phone: Option<String>,
}

impl Sought {
    fn new(text: &str) -> Self {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number = text.chars().all(|c| c.is_ascii_digit() || " -+()/.".contains(c));
        let phone = (is_number && digits.len() >= SHORTEST_PHONE).then(|| last(&digits, PHONE));
        Self { plain: plain(text), phone }
    }

    /// What must stand somewhere in an order for it to be looked at, by [`Filter::mentions`].
    fn mentioned(&self) -> String {
        self.phone.clone().unwrap_or_else(|| self.plain.clone())
    }

    fn fits(&self, item: &Item) -> bool {
        let reference = OrderKey::parse(&item.key).map(|key| key.pos_reference());
        let name = item.booked.as_ref().map(|booked| booked.name.as_str());
        let known = [Some(item.external_id.as_str()), reference.as_deref(), name];
        known.into_iter().flatten().any(|text| plain(text) == self.plain)
            || serde_json::from_str(&item.raw).is_ok_and(|raw: Value| self.is_in(&raw, ""))
    }

    fn is_in(&self, value: &Value, name: &str) -> bool {
        match value {
            Value::Object(fields) => fields.iter().any(|(name, value)| {
                let name = name.to_ascii_lowercase();
                !LINES.contains(&name.as_str()) && self.is_in(value, &name)
            }),
            Value::Array(values) => values.iter().any(|value| self.is_in(value, name)),
            Value::String(text) => self.is_value(text, name),
            Value::Number(number) => self.is_value(&number.to_string(), name),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn is_value(&self, text: &str, name: &str) -> bool {
        let named = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if named(&PHONES) {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            return self.phone.as_ref().is_some_and(|phone| last(&digits, PHONE) == *phone);
        }
        named(&IDS) && plain(text) == self.plain
    }
}

/// Letters and digits alone, in lower case, without leading zeros.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    kept.trim_start_matches('0').to_lowercase()
}

fn blankless(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn last(digits: &str, count: usize) -> String {
    digits.chars().skip(digits.chars().count().saturating_sub(count)).collect()
}

/// Where an order stands, in one sentence, with what to do where something is to be done.
pub fn sentence(item: &Item) -> String {
    let id = &item.external_id;
    let (message, fix) =
        item.reason.as_ref().map(|reason| (reason.message.trim(), reason.fix.trim())).unwrap_or_default();
    let booked_as = || item.booked.as_ref().map_or("an order of Odoo", |booked| booked.name.as_str());
    let said = match item.state {
        State::Booked => match &item.booked {
            Some(booked) => format!("Order {id} is booked as {} ({}).", booked.name, booked.total),
            None => format!("Order {id} is booked."),
        },
        State::Ready => format!("Order {id} is queued: it is booked with the next pass."),
        State::Sending => format!(
            "Order {id} was sent to Odoo, which gave no clear answer yet: it is looked up before anything is sent again."
        ),
        State::Waiting => format!("Order {id} is waiting: {}", then(message, fix)),
        State::Refused => format!("Order {id} needs you: {}", then(message, fix)),
        State::Retrying => {
            let at = item.next_try_at.map(|at| format!(" at {}", at.format("%H:%M UTC")));
            format!("Order {id} is tried again by itself{}: {message}", at.unwrap_or_default())
        }
        State::Skipped => format!("Order {id} was left out by a rule: {message}"),
        State::Ignored => format!("Order {id} is not booked: {message}"),
        State::Conflict => {
            format!("Order {id} needs you: it is booked as {}. {}", booked_as(), then(message, fix))
        }
        State::Missing => {
            format!("Order {id} needs you: it was booked as {}. {}", booked_as(), then(message, fix))
        }
    };
    said.trim().to_owned()
}

fn then(message: &str, fix: &str) -> String {
    format!("{message} {fix}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use crate::order::{Code, Refusal};
    use crate::store::Booked;

    use super::*;

    fn item() -> Item {
        let raw = r#"{"OrderID":"00471","GrandTotal":138,"CustomerContact":"+966 50 123-4567","InvoiceNo":"SIM-000123",
            "OrderItems":[{"ItemID":77,"Reference":"77"}],
            "CheckoutDetails":[{"AmountPaid":138,"ReferenceID":"TX 9001","TransactionID":55501}]}"#;
        Item {
            key: "v1:SRC/-/00471/sale".into(),
            external_id: "00471".into(),
            raw: raw.into(),
            aged_at: None,
            booked: Some(Booked {
                pos_order_id: 1,
                name: "Main Shop/0042".into(),
                total: dec!(138.00),
                warnings: Vec::new(),
            }),
            ..Item::received("", State::Booked)
        }
    }

    #[test]
    fn an_order_is_known_by_what_people_have_of_it_however_they_write_it() {
        for text in [
            "471",
            "000471",
            "4 71",
            "SRC/-/00471",
            "main shop / 0042",
            "TX9001",
            "tx-9001",
            "55501",
            "sim 000123",
            "0501234567",
            "+966501234567",
            "050 123 4567",
        ] {
            assert!(Sought::new(text).fits(&item()), "{text}");
        }
        for text in ["138", "77", "4711", "1234567", "9001", "0501234568"] {
            assert!(!Sought::new(text).fits(&item()), "{text}");
        }
    }

    #[test]
    fn where_it_stands_is_one_sentence() {
        assert_eq!(sentence(&item()), "Order 00471 is booked as Main Shop/0042 (138.00).");
        let with = |state, message: &str, fix: &str| Item {
            reason: Some(Refusal::new(Code::NotCompleted, message, fix)),
            ..Item { state, ..item() }
        };
        for (item, expected) in [
            (
                with(State::Waiting, "It is not completed.", "Complete it."),
                "Order 00471 is waiting: It is not completed. Complete it.",
            ),
            (with(State::Refused, "No Tea.", "Map it."), "Order 00471 needs you: No Tea. Map it."),
            (
                with(State::Skipped, "Sold before the start date.", ""),
                "Order 00471 was left out by a rule: Sold before the start date.",
            ),
            (
                with(State::Ignored, "Closed by anna: a test", "Reopen it."),
                "Order 00471 is not booked: Closed by anna: a test",
            ),
            (
                with(State::Missing, "Odoo holds it no more.", "Book it again."),
                "Order 00471 needs you: it was booked as Main Shop/0042. Odoo holds it no more. Book it again.",
            ),
        ] {
            assert_eq!(sentence(&item), expected);
        }
    }
}
