//! Closing a `pos.session`.

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::odoo::fields::{self, Many2One};
use crate::odoo::xmlrpc::{Exact, decimal};
use crate::odoo::{CallError, Client, Outcome};

use super::Dialect;

/// What Odoo says to a closing.
#[derive(Debug, PartialEq)]
pub(in crate::sync) enum Closing {
    /// It is done, or of unknown outcome: the state is to be read back.
    Done,
    /// Odoo wants a person to force it: the entry would not balance.
    Forced,
    /// Odoo says no.
    Refused(String),
}

#[derive(Deserialize)]
struct Till {
    state: String,
    #[serde(with = "decimal")]
    cash_register_balance_end: Decimal,
    /// 14 and 15: the bank statement of the drawer.
    #[serde(default, deserialize_with = "fields::optional")]
    cash_register_id: Option<Many2One>,
}

/// 14: what is in the drawer.
#[derive(Serialize)]
struct Counted {
    #[serde(with = "decimal")]
    balance_end_real: Decimal,
}

/// The answer of `close_session_from_ui` and of `post_closing_cash_details`.
#[derive(Deserialize)]
struct Answer {
    successful: bool,
    #[serde(default, deserialize_with = "fields::optional")]
    message: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    redirect: Option<bool>,
}

impl Dialect {
    /// Odoo puts an order for a session that was closed meanwhile into a rescue session of
    /// its own making, without a word (14 to 17; later it refuses).
    pub fn rescues(&self) -> bool {
        !self.syncs()
    }

    /// Odoo closes a session that does not add up without a word, with a difference in its
    /// entry (14, `pos_session.py`, `_validate_session`). Later it asks a person.
    pub fn hides_differences(&self) -> bool {
        self.series.major < 15
    }

    /// Closes a session, counting what Odoo itself expects in the drawer (`has_cash`: the
    /// shop takes cash; without a drawer the count is an error). `client` with the time zone
    /// that dates the entry.
    pub async fn close_session(
        &self,
        client: &Client,
        session: i64,
        has_cash: bool,
    ) -> Result<Closing, CallError> {
        if self.series.major < 15 {
            return self.close_statement(client, session).await;
        }
        if has_cash {
            let expected = self.till(client, session).await?.cash_register_balance_end;
            let counted = ([session], Exact(expected));
            let posted = client.write("pos.session", "post_closing_cash_details", counted, ()).await;
            match answered(posted)? {
                Closing::Done => {}
                other => return Ok(other),
            }
        }
        answered(client.write("pos.session", "close_session_from_ui", ([session],), ()).await)
    }

    /// 14: closing control, the real balance on the drawer's statement, validation. Without
    /// cash control the first of these does it all.
    async fn close_statement(&self, client: &Client, session: i64) -> Result<Closing, CallError> {
        let controlled: Outcome<IgnoredAny> =
            client.write("pos.session", "action_pos_session_closing_control", ([session],), ()).await;
        if let Some(refused) = refusal(controlled)? {
            return self.reopen(client, session, refused).await;
        }
        let till = self.till(client, session).await?;
        let Some(statement) = till.cash_register_id.filter(|_| till.state == "closing_control") else {
            return Ok(Closing::Done);
        };
        let values = Counted { balance_end_real: till.cash_register_balance_end };
        let counted: Outcome<IgnoredAny> =
            client.write("account.bank.statement", "write", ([statement.id], values), ()).await;
        if let Some(refused) = refusal(counted)? {
            return self.reopen(client, session, refused).await;
        }
        let validated: Outcome<IgnoredAny> =
            client.write("pos.session", "action_pos_session_validate", ([session],), ()).await;
        match refusal(validated)? {
            Some(refused) => self.reopen(client, session, refused).await,
            None => Ok(Closing::Done),
        }
    }

    /// 14: what could not be closed takes orders again, or each would make a rescue session.
    async fn reopen(&self, client: &Client, session: i64, refused: String) -> Result<Closing, CallError> {
        if self.till(client, session).await?.state == "closing_control" {
            let values = json!({"state": "opened", "stop_at": false});
            let opened: Outcome<IgnoredAny> =
                client.write("pos.session", "write", ([session], values), ()).await;
            if let Some(why) = refusal(opened)? {
                tracing::warn!(session, why, "a session that could not be closed could not be opened again");
            }
        }
        Ok(Closing::Refused(refused))
    }

    async fn till(&self, client: &Client, session: i64) -> Result<Till, CallError> {
        let mut wanted = vec!["state", "cash_register_balance_end"];
        if self.series.major < 15 {
            wanted.push("cash_register_id");
        }
        let rows: Vec<Till> =
            client.read("pos.session", "read", ([session],), json!({"fields": wanted})).await?;
        rows.into_iter().next().ok_or_else(|| missing(session))
    }

    /// Takes back an empty session that is still in its opening control: the younger of two
    /// that a race has made. Before 18 nothing can take it back; it is closed like any other.
    pub async fn take_back_session(&self, client: &Client, session: i64) -> Option<Outcome<IgnoredAny>> {
        if !self.syncs() {
            return None;
        }
        Some(client.write("pos.session", "delete_opening_control_session", ([session],), ()).await)
    }
}

/// A session that was there a moment ago and is not any more.
fn missing(session: i64) -> CallError {
    crate::odoo::Fault::new("2", &format!("The session {session} does not exist any more.")).into()
}

fn answered(outcome: Outcome<Answer>) -> Result<Closing, CallError> {
    match outcome {
        Outcome::Committed(Answer { successful: true, .. }) | Outcome::Unknown(_) => Ok(Closing::Done),
        Outcome::Committed(Answer { redirect: Some(true), .. }) => Ok(Closing::Forced),
        Outcome::Committed(answer) => {
            Ok(Closing::Refused(answer.message.unwrap_or_else(|| "it does not say why".to_owned())))
        }
        Outcome::Refused(fault) if fault.is_transient() => Err(fault.into()),
        Outcome::Refused(fault) => Ok(Closing::Refused(fault.message().to_owned())),
        Outcome::NotSent(error) => Err(error),
    }
}

/// Why a step was refused; none when it is done or of unknown outcome, which is read back.
fn refusal(outcome: Outcome<IgnoredAny>) -> Result<Option<String>, CallError> {
    match outcome {
        Outcome::Committed(_) | Outcome::Unknown(_) => Ok(None),
        Outcome::Refused(fault) if fault.is_transient() => Err(fault.into()),
        Outcome::Refused(fault) => Ok(Some(fault.message().to_owned())),
        Outcome::NotSent(error) => Err(error),
    }
}
