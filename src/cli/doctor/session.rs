//! The session of a shop.

use serde::Deserialize;
use serde_json::json;

use crate::odoo::{CallError, Client};
use crate::shop::Shop;

use super::finding::Finding;
use super::server::call_failed;

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    state: String,
}

/// A session is open, or will be opened with the first order.
pub(super) async fn state(client: &Client, shop: &Shop, auto_open: bool) -> Finding {
    match current(client, shop).await {
        Ok(row) => judge(row.as_ref(), auto_open),
        Err(error) => call_failed("session", &error),
    }
}

/// The same one that a pass would take.
async fn current(client: &Client, shop: &Shop) -> Result<Option<Row>, CallError> {
    let domain = json!([["config_id", "=", shop.id], ["state", "!=", "closed"], ["rescue", "=", false]]);
    let rows: Vec<Row> = client
        .read(
            "pos.session",
            "search_read",
            json!([domain]),
            json!({"fields": ["name", "state"], "order": "id", "limit": 1}),
        )
        .await?;
    Ok(rows.into_iter().next())
}

fn judge(session: Option<&Row>, auto_open: bool) -> Finding {
    let switch_on = "switch on auto_open_session (in Odoo: \"Open sessions automatically\")";
    match session.map(|row| (row.state.as_str(), row.name.as_str())) {
        Some(("opened", name)) => Finding::ok("session", format!("The session {name} is open.")),
        None if auto_open => {
            Finding::ok("session", "No session is open; one is opened with the first order.")
        }
        None => Finding::warning(
            "session",
            "No session is open, and opening one automatically is off: orders wait until somebody opens one.",
            format!("Open a session of this shop in Odoo, or {switch_on}."),
        ),
        Some(("opening_control", _)) if auto_open => Finding::ok(
            "session",
            "A session waits for its opening control; that is done with the first order.",
        ),
        Some(("opening_control", _)) => Finding::warning(
            "session",
            "The session waits for its opening control, and opening automatically is off: orders wait.",
            format!("Finish opening it in Odoo, or {switch_on}."),
        ),
        Some(_) => Finding::warning(
            "session",
            "The session is being closed: orders wait until the next one is open.",
            "Finish closing it in Odoo.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_session_is_open_or_will_be_or_somebody_must_see_to_it() {
        for (state, auto_open, expected) in [
            (Some("opened"), false, Status::Ok),
            (None, true, Status::Ok),
            (None, false, Status::Warning),
            (Some("opening_control"), true, Status::Ok),
            (Some("opening_control"), false, Status::Warning),
            (Some("closing_control"), true, Status::Warning),
        ] {
            let row = state.map(|state| Row { name: "Main/00001".into(), state: state.into() });
            let finding = judge(row.as_ref(), auto_open);
            assert_eq!(finding.status, expected, "{state:?} {auto_open}");
            assert_eq!(finding.fix.is_some(), expected != Status::Ok);
        }
    }
}
