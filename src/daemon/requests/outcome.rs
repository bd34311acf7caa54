//! How a request ended, as Odoo and one-shot commands are told.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::daemon::handover::Answered;
use crate::exchange::{Answer, AnswerState};
use crate::store::{Item, RequestState};
use crate::sync::{SyncReport, Tally, Word};

/// How something ended that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// One or few lines for people.
    pub message: String,
    /// What was found, by the kind of what was asked.
    pub result: Value,
}

impl Reply {
    /// What became of the orders.
    pub fn tally(tally: &Tally) -> Self {
        Self {
            ok: tally.booked > 0 || tally.of == 0,
            message: tally.text(),
            result: serde_json::to_value(tally).unwrap_or_default(),
        }
    }

    /// What was closed of the orders of these keys, which stand as in `items` now.
    pub fn closed(word: &Word, keys: &[String], done: &[String], items: &[Item]) -> Self {
        let mut message = format!("{} of {} closed", done.len(), keys.len());
        for key in keys.iter().filter(|key| !done.contains(key)) {
            let why = match items.iter().find(|item| item.key == *key) {
                Some(item) => format!(
                    "{} is {} and cannot be {}.",
                    item.external_id,
                    item.state.as_str(),
                    word.why_not()
                ),
                None => format!("{key} is not known to this service."),
            };
            message.push('\n');
            message.push_str(&why);
        }
        Self {
            ok: !done.is_empty() || keys.is_empty(),
            message,
            result: json!({"closed": done.len(), "of": keys.len()}),
        }
    }
}

/// How a request ended.
#[derive(Debug)]
pub(in crate::daemon) enum Outcome {
    /// With the reports of its syncs.
    Reports(Vec<SyncReport>),
    /// With an answer of its own.
    Reply(Reply),
    /// It could not be begun: why.
    Refused(String),
}

impl Outcome {
    /// The answer to a request in Odoo.
    pub fn for_odoo(self, request: i64) -> Answer {
        let reply = match self {
            Self::Reply(reply) => reply,
            Self::Refused(message) => Reply { ok: false, message, result: Value::Null },
            Self::Reports(reports) => of_pass(reports),
        };
        let Reply { ok, message, mut result } = reply;
        if let Some(tally) = result.as_object_mut() {
            // The orders themselves are reported; the message has the reasons.
            tally.remove("rest");
        }
        let state = if ok { AnswerState::Done } else { AnswerState::Failed };
        Answer { request, state, progress: u32::from(ok) * 100, message, result }
    }

    /// The answer to a request in the store.
    pub fn for_store(self) -> RequestState {
        let answered: Answered = match self {
            Self::Refused(problem) => Err(problem),
            Self::Reply(reply) => Ok(serde_json::to_value(reply).into_iter().collect()),
            Self::Reports(reports) => {
                Ok(reports.iter().filter_map(|report| serde_json::to_value(report).ok()).collect())
            }
        };
        RequestState::Done(serde_json::to_string(&answered).unwrap_or_default())
    }
}

/// One sentence on a pass, or on several.
fn of_pass(reports: Vec<SyncReport>) -> Reply {
    let mut whole = SyncReport::default();
    whole.absorb(reports);
    let (ok, message) = match &whole.error {
        None => (true, whole.summary()),
        Some(error) => (false, format!("{} {}", error.message, error.fix)),
    };
    Reply { ok, message, result: Value::Null }
}

#[cfg(test)]
mod tests {
    use crate::store::State;
    use crate::sync::Rest;

    use super::*;

    #[test]
    fn odoo_hears_the_figures_and_the_reasons_in_words() {
        let rest = vec![Rest { id: "7".into(), state: "refused".into(), why: "No Tea.".into() }];
        let some = Tally { booked: 1, of: 2, rest: rest.clone() };
        let answer = Outcome::Reply(Reply::tally(&some)).for_odoo(4);
        assert_eq!((answer.request, answer.state, answer.progress), (4, AnswerState::Done, 100));
        assert_eq!(answer.message, "1 of 2 booked; 7: No Tea.");
        assert_eq!(answer.result, json!({"booked": 1, "of": 2}));
        let none = Tally { booked: 0, of: 1, rest };
        assert_eq!(Outcome::Reply(Reply::tally(&none)).for_odoo(4).state, AnswerState::Failed);
    }

    #[test]
    fn what_odoo_holds_is_not_closed_and_said_so() {
        let items = [Item::received("7", State::Ignored), Item::received("8", State::Booked)];
        let keys = ["7", "8", "9"].map(str::to_owned);
        let word = Word::Ignore { reason: "a test".into() };
        let reply = Reply::closed(&word, &keys, &keys[..1], &items);
        assert_eq!(
            reply.message,
            "1 of 3 closed\n8 is booked and cannot be closed: Odoo holds it, or may do so.\n9 is not known to this service."
        );
        assert!(reply.ok && !Reply::closed(&word, &keys, &[], &items).ok);
    }
}
