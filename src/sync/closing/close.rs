//! Closing one session: what stands against it is looked for first, what became of it is read
//! back, and the entry is verified.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::odoo::{CallError, Client};
use crate::order::Text;
use crate::shop::{MethodKind, Shop};
use crate::text;

use super::super::series::{Closing as Answer, Dialect};
use super::calendar::Calendar;
use super::causes;
use super::entry::{self, Entry};
use super::report::{SessionReport, Tendered, Verdict};

/// Orders that a report names.
const NAMED: usize = 10;

/// A shop whose sessions are to be closed. The caller holds the shop's lock: no batch is
/// under way.
pub struct Closer<'a> {
    /// In the shop's company.
    pub client: &'a Client,
    pub(in crate::sync) dialect: &'a Dialect,
    /// The addon can be asked.
    pub addon: bool,
    /// The shop.
    pub shop: &'a Shop,
    /// Its days.
    pub calendar: Calendar,
    /// UTC.
    pub now: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    state: String,
}

impl Closer<'_> {
    /// Closes a session under the date `day`; `None` when Odoo has no such session (any more).
    ///
    /// # Errors
    ///
    /// Odoo cannot be asked, or not now: closing it again later does no harm.
    pub async fn close(&self, session: i64, day: NaiveDate) -> Result<Option<SessionReport>, CallError> {
        let Some(row) = self.read(session).await? else { return Ok(None) };
        let mut report = self.report(session, &row.name, day);
        if row.state != "closed" {
            if let Some((finding, fix)) = self.obstacle(session).await? {
                report.findings.push(finding);
                report.fix = Some(fix);
                return Ok(Some(report));
            }
            report.findings.extend(self.undelivered(session).await?);
            let zone = self.calendar.entry_zone(day, self.now);
            // Out of reach: the store's own date, and the verdict says that it is another one.
            let zone = zone.unwrap_or_else(|| self.calendar.zone());
            let client = self.client.with_context([("tz", zone.name())]);
            let has_cash = self.shop.methods.iter().any(|method| method.kind == MethodKind::Cash);
            let answer = self.dialect.close_session(&client, session, has_cash).await?;
            if let Some((finding, fix)) = self.refusal(session, answer).await? {
                report.findings.push(finding);
                report.fix = Some(fix);
                return Ok(Some(report));
            }
            match self.read(session).await? {
                Some(row) if row.state == "closed" => report.name = row.name,
                _ => {
                    report.findings.push(text!("Odoo gave no clear answer, and it is still open."));
                    report.fix = Some(text!("Nothing to do: it is tried again."));
                    return Ok(Some(report));
                }
            }
        }
        self.verify(&mut report).await;
        Ok(Some(report))
    }

    /// The report on a session that is not ours to close.
    pub fn left_open(&self, session: i64, name: &str, day: NaiveDate, finding: Text) -> SessionReport {
        let fix = Some(text!("Close it in Odoo."));
        SessionReport { findings: vec![finding], fix, ..self.report(session, name, day) }
    }

    fn report(&self, session: i64, name: &str, day: NaiveDate) -> SessionReport {
        SessionReport {
            session,
            name: name.to_owned(),
            shop: self.shop.name.clone(),
            business_day: day,
            verdict: Verdict::NotClosed,
            entry: None,
            entry_date: None,
            tendered: Vec::new(),
            findings: Vec::new(),
            fix: None,
        }
    }

    async fn read(&self, session: i64) -> Result<Option<Row>, CallError> {
        let fields = json!({"fields": ["name", "state"]});
        let domain = json!([[["id", "=", session]]]);
        let rows: Vec<Row> = self.client.read("pos.session", "search_read", domain, fields).await?;
        Ok(rows.into_iter().next())
    }

    /// What Odoo would refuse anyway, or not even notice: orders that are not paid, and, where
    /// it hides differences, orders that make one.
    async fn obstacle(&self, session: i64) -> Result<Option<(Text, Text)>, CallError> {
        #[derive(Deserialize)]
        struct Draft {
            name: String,
            #[serde(deserialize_with = "crate::odoo::fields::optional")]
            pos_reference: Option<String>,
        }
        let drafts: Vec<Draft> = self
            .client
            .search_read(
                "pos.order",
                json!([["session_id", "=", session], ["state", "=", "draft"]]),
                &["name", "pos_reference"],
                "id",
            )
            .await?;
        if !drafts.is_empty() {
            let names = drafts.iter().map(|draft| draft.pos_reference.clone().unwrap_or(draft.name.clone()));
            return Ok(Some((
                text!(
                    "Orders in it are not paid: {orders}.",
                    orders = listed(names.map(Text::name).collect())
                ),
                text!(
                    "Pay or delete them in Odoo (do not cancel: Odoo 14 posts cancelled ones, too); it is closed then."
                ),
            )));
        }
        if self.dialect.hides_differences() {
            let causes = causes::find(self.client, self.shop, session, NAMED + 1).await?;
            if !causes.is_empty() {
                return Ok(Some(difference(causes)));
            }
        }
        Ok(None)
    }

    /// Deliveries of the session that are not done. Odoo closes nevertheless.
    async fn undelivered(&self, session: i64) -> Result<Option<Text>, CallError> {
        #[derive(Deserialize)]
        struct Picking {
            name: String,
        }
        let domain = json!([
            ["state", "not in", ["done", "cancel"]],
            "|",
            ["pos_session_id", "=", session],
            ["pos_order_id.session_id", "=", session],
        ]);
        let open: Vec<Picking> = self.client.search_read("stock.picking", domain, &["name"], "id").await?;
        let names: Vec<Text> = open.into_iter().map(|picking| Text::name(picking.name)).collect();
        Ok((!names.is_empty())
            .then(|| text!("Deliveries that are not done: {deliveries}.", deliveries = listed(names))))
    }

    async fn refusal(&self, session: i64, answer: Answer) -> Result<Option<(Text, Text)>, CallError> {
        Ok(match answer {
            Answer::Done => None,
            Answer::Forced => {
                Some(difference(causes::find(self.client, self.shop, session, NAMED + 1).await?))
            }
            Answer::Refused(why) => Some((
                text!("Odoo does not close it: {why}", why = why.trim()),
                text!("Put it right in Odoo; it is tried again."),
            )),
        })
    }

    /// Reads what accounting holds. A session that cannot be verified is never called clean.
    async fn verify(&self, report: &mut SessionReport) {
        let read = if self.addon {
            entry::read(self.client, report.session).await
        } else {
            report.verdict = Verdict::NotVerified;
            report.findings.push(text!(
                "Only the addon External Order Sync can read the closing entry, and it is not installed."
            ));
            return;
        };
        match read {
            Ok(entry) => self.judge(report, &entry),
            Err(error) => {
                report.verdict = Verdict::NotVerified;
                report
                    .findings
                    .push(text!("The closing entry could not be read: {error}.", error = error.to_string()));
                report.fix = Some(text!("Check the API user's rights with: tillbridge doctor"));
            }
        }
    }

    fn judge(&self, report: &mut SessionReport, entry: &Entry) {
        let (verdict, findings) = entry.judge(report.business_day, &self.shop.currency);
        let undelivered = !report.findings.is_empty();
        report.verdict = if undelivered && verdict == Verdict::Clean { Verdict::NotClean } else { verdict };
        report.findings.extend(findings);
        report.entry = Some(entry.name.clone()).filter(|name| !name.is_empty());
        report.entry_date = entry.date();
        report.tendered = entry
            .methods
            .iter()
            .map(|method| Tendered {
                method: method.name.clone(),
                amount: self.shop.currency.round(method.tendered),
            })
            .collect();
        if report.verdict == Verdict::NotClean {
            report.fix = Some(text!("Look at the session and its entry in Odoo."));
        }
    }
}

/// The words for a session that only a person may force.
fn difference(causes: Vec<Text>) -> (Text, Text) {
    let finding = if causes.is_empty() {
        text!("Its entry would not balance. No order of it could be found that is to blame.")
    } else {
        text!("Its entry would not balance. The orders to blame: {orders}.", orders = listed(causes))
    };
    (
        finding,
        text!(
            "Correct these orders in Odoo, or have a manager close the session there and post the difference."
        ),
    )
}

fn listed(mut names: Vec<Text>) -> Text {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let list = Text::listed(names);
    if more == 0 { list } else { text!("{list} and more", list) }
}
