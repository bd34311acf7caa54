//! The open `pos.session` of a shop.
//!
//! Odoo checks "no other session is open" in Python only, so two openers make two
//! sessions. One pass at a time opens for a shop, and what it opened is read again. Should
//! another process have opened one at the same moment, both agree on one (the first that
//! takes orders, else the oldest), and the younger, empty one is taken back.
//!
//! A session is ours when this program opened it: that is noted before the opening begins
//! (the newest session there was) and after it, so that a crash in between loses nothing.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::metrics::metrics;
use crate::odoo::fields::{Datetime, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client, Outcome};
use crate::order::{Code, Refusal, Text};
use crate::shop::Shop;
use crate::store::{OwnSession, Store, StoreError, Token, lease};
use crate::text;

use super::series::Dialect;

/// A session that takes orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenSession {
    /// `pos.session` id.
    pub id: i64,
    /// Stock moves when the session is closed, not with each order.
    pub stock_at_closing: bool,
    /// The business day of a session of ours; none of anybody else's.
    pub day: Option<NaiveDate>,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum SessionError {
    /// Odoo could not be asked.
    Call(CallError),
    /// The store failed.
    Store(StoreError),
    /// It was asked, and none is open or can be opened.
    Refused(Refusal),
}

impl From<CallError> for SessionError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Row {
    id: i64,
    state: String,
    rescue: bool,
    user_id: Many2One,
    update_stock_at_closing: bool,
    create_date: Datetime,
    #[serde(with = "decimal")]
    cash_register_balance_start: Decimal,
    order_ids: Vec<i64>,
}

/// An opening that was begun, and whose end was not seen: what it makes may still come.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// The newest session there was before.
    newest_before: i64,
    at: DateTime<Utc>,
}

impl Begun {
    fn written(self) -> String {
        format!("{} {}", self.newest_before, self.at.to_rfc3339())
    }

    /// One that an earlier version noted, without its time, is long ago.
    fn read(text: &str) -> Option<Self> {
        let (newest, at) = text.split_once(' ').unwrap_or((text, ""));
        Some(Self { newest_before: newest.parse().ok()?, at: at.parse().unwrap_or_default() })
    }

    /// Whether nothing more can come of it. A time that is yet to come: the clock was put back.
    fn is_over(self, now: DateTime<Utc>, settle: TimeDelta) -> bool {
        !(TimeDelta::zero()..settle).contains(&(now - self.at))
    }
}

/// Finds or opens the session of a shop. Its caller holds the shop's lock.
pub(super) struct Opener<'a> {
    pub store: &'a dyn Store,
    /// The right to write to the shop.
    pub lease: Token,
    pub client: &'a Client,
    pub dialect: &'a Dialect,
    pub shop: &'a Shop,
    /// Id of the sync that a session is opened for.
    pub sync: &'a str,
    /// A session may be opened.
    pub auto_open: bool,
    /// The business day of a session that is opened now.
    pub day: NaiveDate,
    /// How long an opening without a clear answer may still be under way.
    pub settle: TimeDelta,
    /// UTC.
    pub now: DateTime<Utc>,
}

impl Opener<'_> {
    /// The shop's open session; opened if need be and allowed.
    pub async fn ensure(&self) -> Result<OpenSession, SessionError> {
        let mut sessions = self.sessions().await?;
        let begun = self.store.note(&self.intent()).await?.and_then(|text| Begun::read(&text));
        if let Some(begun) = begun {
            self.claim(&mut sessions, begun).await?;
        }
        let mut doubt = None;
        if sessions.is_empty() && self.auto_open {
            // An opening that was begun before may still be under way.
            let newest_before = match begun {
                Some(begun) => begun.newest_before,
                None => self.newest().await?,
            };
            let opening = Begun { newest_before, at: self.now };
            self.store.set_note(&self.intent(), &opening.written()).await?;
            lease::insist(self.store, self.lease).await?;
            doubt = self.not_refused(self.dialect.open_session(self.client, self.shop.id).await)?;
            if doubt.is_none() {
                metrics().session_opened();
                tracing::info!("session opened");
            }
            sessions = self.sessions().await?;
            // As it was read here: another process on this store may have cleared the note.
            self.claim(&mut sessions, opening).await?;
            if doubt.is_none() && begun.is_none() && !sessions.is_empty() {
                self.store.set_note(&self.intent(), "").await?;
            }
        }
        let Some(row) = sessions.into_iter().next() else {
            if let Some(error) = doubt {
                return Err(error.into());
            }
            return Err(SessionError::Refused(Refusal::new(
                Code::NoOpenSession,
                text!(
                    "No session is open in the shop {shop}, and opening one automatically is off.",
                    shop = &self.shop.name,
                ),
                text!(
                    "Open a session of this shop in Odoo, or switch on \"Open sessions automatically\" in the sync."
                ),
            )));
        };
        let shop = &self.shop.name;
        let row = match row.state.as_str() {
            "opened" => row,
            "opening_control" if self.auto_open => {
                // The pre-filled balance: another figure would be booked as a cash difference.
                let cash = row.cash_register_balance_start;
                let doubt =
                    self.not_refused(self.dialect.pass_opening_control(self.client, row.id, cash).await)?;
                match (self.sessions().await?.into_iter().next(), doubt) {
                    (Some(row), _) if row.state == "opened" => row,
                    (_, Some(error)) => return Err(error.into()),
                    _ => {
                        return Err(refused(
                            text!("The session of the shop {shop} did not open.", shop),
                            text!("Look at the session in Odoo and open it there."),
                        ));
                    }
                }
            }
            "opening_control" => {
                return Err(refused(
                    text!("The session of the shop {shop} is waiting for its opening control.", shop),
                    text!(
                        "Finish opening it in Odoo, or switch on “Open sessions automatically” in the sync."
                    ),
                ));
            }
            _ => {
                return Err(refused(
                    text!("The session of the shop {shop} is being closed.", shop),
                    text!("Nothing to do: the orders are kept and booked once the next session is open."),
                ));
            }
        };
        let own = self.store.open_sessions().await?;
        Ok(OpenSession {
            id: row.id,
            stock_at_closing: row.update_stock_at_closing,
            day: own.iter().find(|own| own.id == row.id).map(|own| own.business_day),
        })
    }

    /// Notes as ours what an opening of ours has made since it was begun, and takes back what
    /// is surplus of it.
    async fn claim(&self, sessions: &mut Vec<Row>, begun: Begun) -> Result<(), SessionError> {
        let mut kept = Vec::new();
        for row in sessions.drain(..) {
            let ours = row.id > begun.newest_before && row.user_id.id == self.client.user();
            let surplus = ours && !kept.is_empty();
            if surplus
                && row.state == "opening_control"
                && row.order_ids.is_empty()
                && let Some(outcome) = self.dialect.take_back_session(self.client, row.id).await
            {
                tracing::warn!(session = row.id, "another session was opened at the same moment");
                self.not_refused(outcome)?;
                continue;
            }
            if ours {
                let own = OwnSession {
                    id: row.id,
                    shop: self.shop.id,
                    sync: self.sync.to_owned(),
                    business_day: self.day,
                    opened_at: self.now,
                    created_at: Some(row.create_date.0),
                };
                self.store.session_opened(&own).await?;
            }
            kept.push(row);
        }
        *sessions = kept;
        if !sessions.is_empty() && begun.is_over(self.now, self.settle) {
            self.store.set_note(&self.intent(), "").await?;
        }
        Ok(())
    }

    /// Name of the note that an opening has begun, as [`Begun::written`].
    fn intent(&self) -> String {
        format!("session.opening.{}", self.shop.id)
    }

    /// The id of the newest session of the shop, whatever its state; 0 without one.
    async fn newest(&self) -> Result<i64, CallError> {
        #[derive(Deserialize)]
        struct Id {
            id: i64,
        }
        let rows: Vec<Id> = self
            .client
            .read(
                "pos.session",
                "search_read",
                json!([[["config_id", "=", self.shop.id]]]),
                json!({"fields": ["id"], "order": "id desc", "limit": 1}),
            )
            .await?;
        Ok(rows.first().map_or(0, |row| row.id))
    }

    /// The sessions that are not closed, that which everybody agrees on first: one that takes
    /// orders before one that does not yet, one that has some before one that has none (an
    /// opening may come to light late), the oldest before the younger. A rescue session,
    /// which Odoo makes before 18 for orders that came too late, is nobody's.
    async fn sessions(&self) -> Result<Vec<Row>, CallError> {
        let domain = json!([["config_id", "=", self.shop.id], ["state", "!=", "closed"]]);
        let fields = [
            "state",
            "rescue",
            "user_id",
            "update_stock_at_closing",
            "cash_register_balance_start",
            "order_ids",
            "create_date",
        ];
        let mut rows: Vec<Row> = self
            .client
            .read("pos.session", "search_read", json!([domain]), json!({"fields": fields, "order": "id"}))
            .await?;
        for rescue in rows.iter().filter(|row| row.rescue) {
            tracing::warn!(session = rescue.id, "a rescue session is open; close it in Odoo");
        }
        rows.retain(|row| !row.rescue);
        rows.sort_by_key(|row| (row.state != "opened", row.order_ids.is_empty(), row.id));
        Ok(rows)
    }

    /// Only a clear no is an error. What is done or of unknown outcome is read again anyway;
    /// where that finds nothing done, the error returned says why.
    fn not_refused(&self, outcome: Outcome<IgnoredAny>) -> Result<Option<CallError>, SessionError> {
        match outcome {
            Outcome::Committed(_) => Ok(None),
            Outcome::Unknown(error) => Ok(Some(error)),
            Outcome::NotSent(error) => Err(SessionError::Call(error)),
            Outcome::Refused(fault) if fault.is_transient() => Err(SessionError::Call(fault.into())),
            Outcome::Refused(fault) => Err(SessionError::Refused(Refusal::new(
                Code::ShopNotReady,
                text!(
                    "Odoo does not open a session of the shop {shop}: {fault}",
                    shop = &self.shop.name,
                    fault = fault.message()
                ),
                text!("Put it right in Odoo; the orders are kept and book themselves then."),
            ))),
        }
    }
}

/// Whether a session takes orders. Asked before each batch where Odoo would move the orders
/// of a closed session to a rescue session without a word.
pub(super) async fn is_open(client: &Client, session: i64) -> Result<bool, CallError> {
    let domain = json!([["id", "=", session], ["state", "=", "opened"]]);
    let count: i64 = client.read("pos.session", "search_count", json!([domain]), json!({})).await?;
    Ok(count == 1)
}

fn refused(message: Text, fix: Text) -> SessionError {
    SessionError::Refused(Refusal::new(Code::NoOpenSession, message, fix))
}
