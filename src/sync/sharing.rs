//! Whether a shop is ours alone. In one that cashiers use too, no session is closed, no
//! drawer counted, and cash is taken only when that is allowed: it would be missing in the
//! drawer that they count.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::odoo::fields::Many2One;
use crate::odoo::{CallError, Client};
use crate::order::Text;
use crate::text;

/// Use by others counts for so long.
const DAYS: i64 = 14;

/// What shows that others use a shop: a plain sentence; `None` when it is ours alone.
///
/// A session that somebody else opened, open or not older than two weeks; an order that
/// somebody else entered in that time. Ours carry the addon's key (`with_addon`), whoever
/// entered them.
///
/// # Errors
///
/// Odoo cannot be asked.
pub async fn sharing(
    client: &Client,
    with_addon: bool,
    shop: i64,
    now: DateTime<Utc>,
) -> Result<Option<Text>, CallError> {
    #[derive(Deserialize)]
    struct Session {
        name: String,
        user_id: Many2One,
    }
    #[derive(Deserialize)]
    struct Order {
        name: String,
        create_uid: Many2One,
    }
    let since = (now - TimeDelta::days(DAYS)).format("%Y-%m-%d %H:%M:%S").to_string();
    let user = client.user();
    let newest = |fields: &[&str]| json!({"fields": fields, "order": "id desc", "limit": 1});
    let domain = json!([
        ["config_id", "=", shop],
        ["user_id", "!=", user],
        "|",
        ["state", "!=", "closed"],
        ["create_date", ">=", since],
    ]);
    let found: Vec<Session> =
        client.read("pos.session", "search_read", json!([domain]), newest(&["name", "user_id"])).await?;
    if let Some(session) = found.first() {
        return Ok(Some(text!(
            "{user} opened its session {session}.",
            user = &session.user_id.name,
            session = &session.name
        )));
    }
    let mut domain: Vec<Value> = vec![
        json!(["config_id", "=", shop]),
        json!(["create_uid", "!=", user]),
        json!(["create_date", ">=", since]),
    ];
    if with_addon {
        domain.push(json!(["external_order_key", "=", false]));
    }
    let found: Vec<Order> =
        client.read("pos.order", "search_read", json!([domain]), newest(&["name", "create_uid"])).await?;
    Ok(found.first().map(|order| {
        text!("{user} entered its order {order}.", user = &order.create_uid.name, order = &order.name)
    }))
}
