//! How a request ended, as Odoo and one-shot commands are told.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::daemon::handover::Answered;
use crate::doctor::{Finding, Status};
use crate::exchange::{Answer, AnswerState, Sentences};
use crate::order::Text;
use crate::store::{Item, RequestState};
use crate::sync::{Completeness, Fetched, OrderReport, SyncReport, Tally, Word};
use crate::text;

/// Orders that the answer to a check spells out.
const NAMED: usize = 10;

/// How something ended that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// One or few lines for people.
    pub message: Text,
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

    /// What the source had of what it was asked for, and what became of it.
    pub fn fetched(fetched: &Fetched, tally: &Tally) -> Self {
        let result = beside(serde_json::to_value(tally).unwrap_or_default(), fetched);
        let result = beside(result, Sentences::new([("note", fetched.note.clone())]));
        Self {
            ok: !fetched.found.is_empty() || fetched.missing.is_empty(),
            message: fetched.text(tally),
            result,
        }
    }

    /// What was checked of a sync: all in order, or what is not, with what to do.
    pub fn checks(findings: &[Finding]) -> Self {
        let level = |status| match status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Problem => "problem",
        };
        let checks: Vec<Value> = findings
            .iter()
            .map(|finding| {
                let fix = finding.fix.clone().unwrap_or_default();
                beside(
                    json!({"level": level(finding.status)}),
                    Sentences::new([("text", finding.message.clone()), ("fix", fix)]),
                )
            })
            .collect();
        let said = |status| {
            let of_it = findings.iter().filter(move |finding| finding.status == status);
            of_it.map(|finding| {
                Text::sentences([finding.message.clone()].into_iter().chain(finding.fix.clone()))
            })
        };
        let mut lines: Vec<Text> = said(Status::Problem).chain(said(Status::Warning)).collect();
        if lines.is_empty() {
            let seen = findings.iter().filter(|finding| ["source", "shop"].contains(&finding.check));
            lines.push(Text::sentences(seen.map(|finding| finding.message.clone())));
            lines.push(text!("Everything is in order."));
        }
        let ok = findings.iter().all(|finding| finding.status != Status::Problem);
        Self { ok, message: Text::lines(lines), result: json!({"checks": checks}) }
    }

    /// What would be booked of the newest orders. Amounts are texts.
    pub fn preview(report: &SyncReport, note: &Text) -> Self {
        let orders: Vec<Value> = report.orders.iter().map(previewed).collect();
        Self {
            ok: true,
            message: text!("{summary}. {note}", summary = report.summary(), note),
            result: beside(json!({"orders": orders}), Sentences::new([("note", note.clone())])),
        }
    }

    /// How complete the days are, and how many missing orders were fetched.
    pub fn completeness(found: &Completeness, fetched: usize) -> Self {
        let mut lines = vec![found.text()];
        let all = found.days.iter().flat_map(|day| day.differences.iter().map(move |one| (day, one)));
        let needing: Vec<Text> = all
            .filter(|(_, one)| one.kind.needs_person())
            .map(|(day, one)| {
                let what = Text::sentences([one.message.clone(), one.fix.clone()]);
                text!("{day} {shop} · {id}: {what}", day = day.day, shop = &day.shop, id = &one.id, what)
            })
            .collect();
        lines.extend(needing.iter().take(NAMED).cloned());
        if needing.len() > NAMED {
            lines.push(text!("And {more} more.", more = needing.len() - NAMED));
        }
        if fetched > 0 {
            lines.push(text!(
                "{fetched} missing orders were fetched; they are booked with the next pass.",
                fetched
            ));
        }
        let result = json!({"days": found.days.len(), "needing": needing.len(), "fetched": fetched});
        Self { ok: true, message: Text::lines(lines), result }
    }

    /// What was closed of the orders of these keys, which stand as in `items` now.
    pub fn closed(word: &Word, keys: &[String], done: &[String], items: &[Item]) -> Self {
        let mut lines = vec![text!("{closed} of {of} closed", closed = done.len(), of = keys.len())];
        for key in keys.iter().filter(|key| !done.contains(key)) {
            lines.push(match items.iter().find(|item| item.key == *key) {
                Some(item) => word.why_not(&item.external_id, item.state),
                None => text!("{key} is not known to this service.", key),
            });
        }
        Self {
            ok: !done.is_empty() || keys.is_empty(),
            message: Text::lines(lines),
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
    Refused(Text),
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
            Self::Refused(problem) => Err(problem.to_string()),
            Self::Reply(reply) => Ok(serde_json::to_value(reply).into_iter().collect()),
            Self::Reports(reports) => {
                Ok(reports.iter().filter_map(|report| serde_json::to_value(report).ok()).collect())
            }
        };
        RequestState::Done(serde_json::to_string(&answered).unwrap_or_default())
    }
}

/// An order of a preview: what is not known of it is an empty text.
fn previewed(order: &OrderReport) -> Value {
    let total = order.total.map(|total| total.to_string()).unwrap_or_default();
    let shown = json!({
        "id": order.id,
        "state": order.state.as_str(),
        "total": total,
        "tax": "",
        "currency": "",
        "lines": [],
        "payments": [],
    });
    let shown = beside(shown, order.figures.as_deref());
    let warnings = order.figures.iter().flat_map(|figures| &figures.warnings).cloned();
    let [message, fix] = [&order.message, &order.fix].map(|text| text.clone().unwrap_or_default());
    beside(shown, Sentences::new([("message", message), ("fix", fix)]).with_lines("warnings", warnings))
}

/// A row with more fields, those of its sentences for example: the later one of a name counts.
pub(super) fn beside(mut row: Value, more: impl Serialize) -> Value {
    if let (Some(fields), Ok(Value::Object(more))) = (row.as_object_mut(), serde_json::to_value(more)) {
        fields.extend(more);
    }
    row
}

/// One sentence on a pass, or on several.
fn of_pass(reports: Vec<SyncReport>) -> Reply {
    let mut whole = SyncReport::default();
    whole.absorb(reports);
    let (ok, message) = match &whole.error {
        None => (true, whole.summary()),
        Some(error) => (false, error.said()),
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
    fn what_the_source_has_not_is_said_beside_what_is_booked() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let note = "Its list was read again.".into();
        let fetched = Fetched { found: texts(&["k"]), missing: texts(&["8", "9"]), note };
        let tally = Tally { booked: 1, of: 1, rest: Vec::new() };
        let answer = Outcome::Reply(Reply::fetched(&fetched, &tally)).for_odoo(4);
        assert_eq!(answer.state, AnswerState::Done);
        assert_eq!(answer.message, "1 of 1 booked\nNot at the source: 8, 9.\nIts list was read again.");
        let result = json!({
            "found": ["k"], "missing": ["8", "9"], "note": "Its list was read again.", "booked": 1, "of": 1,
        });
        assert_eq!(answer.result, result);
        let none = Fetched { found: Vec::new(), ..fetched };
        assert!(!Reply::fetched(&none, &Tally::default()).ok);
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
