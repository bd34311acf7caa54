//! Closing a session, as its manager would at the till.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::json;
use tillbridge::odoo::xmlrpc::decimal;

use super::odoo::Admin;
use super::orders::to_cents;
use super::till;

/// Closes the shop's only session with this cash counted, which must be what Odoo expects.
/// Returns the lines of its entry that explain a difference or a rounding: name and balance.
pub async fn close(admin: &Admin, shop: i64, counted: Decimal) -> Vec<(String, Decimal)> {
    #[derive(Deserialize)]
    struct Session {
        id: i64,
        state: String,
        #[serde(with = "decimal")]
        cash_register_balance_end: Decimal,
        #[serde(with = "decimal")]
        cash_register_difference: Decimal,
    }
    #[derive(Deserialize)]
    struct Line {
        name: String,
        #[serde(with = "decimal")]
        balance: Decimal,
    }
    let fields = ["state", "cash_register_balance_end", "cash_register_difference"];
    let read = async || {
        let mut sessions: Vec<Session> =
            admin.rows("pos.session", json!([["config_id", "=", shop]]), &fields).await;
        assert_eq!(sessions.len(), 1);
        sessions.remove(0)
    };
    let session = read().await;
    assert_eq!(to_cents(session.cash_register_balance_end), counted, "the cash that Odoo expects");
    till::close_session(admin, session.id, Some(counted)).await;

    let after = read().await;
    assert_eq!(after.state, "closed");
    assert_eq!(to_cents(after.cash_register_difference), dec!(0));
    let left =
        admin.count("pos.order", json!([["session_id", "=", session.id], ["state", "!=", "done"]])).await;
    assert_eq!(left, 0, "orders not done after closing");
    let lines: Vec<Line> = till::difference_entries(admin, session.id).await;
    lines.into_iter().map(|line| (line.name, to_cents(line.balance))).collect()
}
