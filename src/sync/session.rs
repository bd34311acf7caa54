//! The open `pos.session` of a shop.
//!
//! Odoo checks "no other session is open" in Python only, so two openers make two
//! sessions. One pass at a time opens for a shop, and what it opened is read again.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client, Outcome};
use crate::order::{Code, Refusal};
use crate::shop::Shop;

use super::series::Dialect;

/// A session that takes orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenSession {
    /// `pos.session` id.
    pub id: i64,
    /// Stock moves when the session is closed, not with each order.
    pub stock_at_closing: bool,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum SessionError {
    /// Odoo could not be asked.
    Call(CallError),
    /// It was asked, and none is open or can be opened.
    Refused(Refusal),
}

impl From<CallError> for SessionError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

#[derive(Debug, Deserialize)]
struct Row {
    id: i64,
    state: String,
    update_stock_at_closing: bool,
    #[serde(with = "decimal")]
    cash_register_balance_start: Decimal,
}

/// The shop's open session; opened if need be and allowed.
pub(super) async fn ensure(
    client: &Client,
    dialect: &Dialect,
    shop: &Shop,
    auto_open: bool,
) -> Result<OpenSession, SessionError> {
    let mut session = current(client, shop).await?;
    if session.is_none() && auto_open {
        committed(dialect.open_session(client, shop.id).await, shop)?;
        session = current(client, shop).await?;
    }
    let Some(row) = session else {
        return Err(SessionError::Refused(Refusal::new(
            Code::NoOpenSession,
            format!("No session is open in the shop {}, and opening one automatically is off.", shop.name),
            "Open a session of this shop in Odoo, or switch on \"Open sessions automatically\" in the sync.",
        )));
    };
    let row = match row.state.as_str() {
        "opened" => row,
        "opening_control" if auto_open => {
            // The pre-filled balance: another figure would be booked as a cash difference.
            let cash = row.cash_register_balance_start;
            committed(dialect.pass_opening_control(client, row.id, cash).await, shop)?;
            match current(client, shop).await? {
                Some(row) if row.state == "opened" => row,
                _ => {
                    return Err(refused(
                        shop,
                        "did not open",
                        "Look at the session in Odoo and open it there.",
                    ));
                }
            }
        }
        "opening_control" => {
            return Err(refused(
                shop,
                "is waiting for its opening control",
                "Finish opening it in Odoo, or switch on \"Open sessions automatically\" in the sync.",
            ));
        }
        _ => {
            return Err(refused(
                shop,
                "is being closed",
                "Nothing to do: the orders are kept and booked once the next session is open.",
            ));
        }
    };
    Ok(OpenSession { id: row.id, stock_at_closing: row.update_stock_at_closing })
}

fn refused(shop: &Shop, what: &str, fix: &str) -> SessionError {
    SessionError::Refused(Refusal::new(
        Code::NoOpenSession,
        format!("The session of the shop {} {what}.", shop.name),
        fix,
    ))
}

/// The oldest session that is not closed: should a race have made two, all agree on one.
async fn current(client: &Client, shop: &Shop) -> Result<Option<Row>, CallError> {
    let domain = json!([["config_id", "=", shop.id], ["state", "!=", "closed"], ["rescue", "=", false]]);
    let fields = ["state", "update_stock_at_closing", "cash_register_balance_start"];
    let rows: Vec<Row> = client
        .read(
            "pos.session",
            "search_read",
            json!([domain]),
            json!({"fields": fields, "order": "id", "limit": 1}),
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// What is done or of unknown outcome is read again anyway; only a clear no is an error.
fn committed(outcome: Outcome<IgnoredAny>, shop: &Shop) -> Result<(), SessionError> {
    match outcome {
        Outcome::Committed(_) | Outcome::Unknown(_) => Ok(()),
        Outcome::NotSent(error) => Err(SessionError::Call(error)),
        Outcome::Refused(fault) if fault.is_transient() => Err(SessionError::Call(fault.into())),
        Outcome::Refused(fault) => Err(SessionError::Refused(Refusal::new(
            Code::ShopNotReady,
            format!("Odoo does not open a session of the shop {}: {}", shop.name, fault.message()),
            "Put it right in Odoo; the orders are kept and book themselves then.",
        ))),
    }
}
