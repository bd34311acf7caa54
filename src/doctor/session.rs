//! The session of a shop.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::config::{ClosingRule, Sync};
use crate::odoo::{CallError, Client};
use crate::order::Text;
use crate::shop::Shop;
use crate::store::Store;
use crate::sync::{Calendar, held_by_another, instance, sharing};
use crate::text;

use super::call::call_failed;
use super::finding::Finding;

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

/// Whether others use the shop, too.
pub(super) async fn shared(client: &Client, addon: bool, shop: &Shop, cash_allowed: bool) -> Finding {
    match sharing(client, addon, shop.id, Utc::now()).await {
        Ok(None) => Finding::ok("shared", text!("Nobody else uses the shop.")),
        Ok(Some(why)) if cash_allowed => Finding::warning(
            "shared",
            text!("Others use the shop, too: {why} Its sessions are not closed here.", why),
            text!("Give the sync a shop of its own: tillbridge shop create"),
        ),
        Ok(Some(why)) => Finding::warning(
            "shared",
            text!(
                "Others use the shop, too: {why} Its sessions are not closed here, and cash orders are refused.",
                why
            ),
            text!("Give the sync a shop of its own (tillbridge shop create), or set shared_shop_cash."),
        ),
        Err(error) => call_failed("shared", &error),
    }
}

/// No other installation holds the shop.
pub(super) async fn writer(client: &Client, store: &dyn Store, shop: &Shop) -> Finding {
    let instance = match instance(store).await {
        Ok(instance) => instance,
        Err(error) => {
            return Finding::problem("writer", error.text(), text!("Check the disk that the store is on."));
        }
    };
    match held_by_another(client, &instance, shop.id).await {
        Ok(None) => Finding::ok("writer", text!("No other tillbridge books into the shop.")),
        Ok(Some(holder)) => Finding::problem(
            "writer",
            text!(
                "The shop is held by the tillbridge service on {host} since {since} UTC, which has another store.",
                host = &holder.host,
                since = &holder.since
            ),
            text!("Let one service book into this shop: stop the other one, or give this one another shop."),
        ),
        Err(error) => call_failed("writer", &error),
    }
}

/// When the service closes its sessions, and whether their entries can have the right date.
pub(super) fn closing(sync: &Sync, addon: bool, now: DateTime<Utc>) -> Finding {
    let (rule, calendar) = (&sync.closing, Calendar::of(sync));
    let when = match rule.when {
        ClosingRule::BusinessDay => {
            text!("after {time} of the next day", time = rule.time.format("%H:%M").to_string())
        }
        ClosingRule::Idle => {
            text!("{minutes} minutes after their last order", minutes = rule.idle.as_secs() / 60)
        }
        ClosingRule::Orders => text!("with {count} orders", count = rule.orders),
        ClosingRule::Never => return Finding::ok("closing", text!("Sessions are closed by hand only.")),
    };
    let day = calendar.day(now);
    // The first passes after the end of the day.
    let closed_at = calendar.end(day) + TimeDelta::minutes(30);
    if rule.when == ClosingRule::BusinessDay && calendar.entry_zone(day, closed_at).is_none() {
        return Finding::warning(
            "closing",
            text!(
                "Sessions are closed {when}. In {zone} that is too late for Odoo to date the entry on the day itself.",
                when,
                zone = sync.timezone.name()
            ),
            text!("Set closing_time earlier: noon UTC must not be past."),
        );
    }
    let closes = text!("The service closes its sessions {when}.", when);
    let unread = (!addon).then(|| text!("Without the addon their entries and lock dates are not read."));
    Finding::ok("closing", Text::sentences([closes].into_iter().chain(unread)))
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
    match session.map(|row| (row.state.as_str(), row.name.as_str())) {
        Some(("opened", name)) => Finding::ok("session", text!("The session {name} is open.", name)),
        None if auto_open => {
            Finding::ok("session", text!("No session is open; one is opened with the first order."))
        }
        None => Finding::warning(
            "session",
            text!(
                "No session is open, and opening one automatically is off: orders wait until somebody opens one."
            ),
            text!(
                "Open a session of this shop in Odoo, or switch on auto_open_session (in Odoo: “Open sessions automatically”)."
            ),
        ),
        Some(("opening_control", _)) if auto_open => Finding::ok(
            "session",
            text!("A session waits for its opening control; that is done with the first order."),
        ),
        Some(("opening_control", _)) => Finding::warning(
            "session",
            text!(
                "The session waits for its opening control, and opening automatically is off: orders wait."
            ),
            text!(
                "Finish opening it in Odoo, or switch on auto_open_session (in Odoo: “Open sessions automatically”)."
            ),
        ),
        Some(_) => Finding::warning(
            "session",
            text!("The session is being closed: orders wait until the next one is open."),
            text!("Finish closing it in Odoo."),
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

    #[test]
    fn a_day_that_ends_too_late_for_its_date_is_warned_of() {
        let sync = |more: &str| {
            let text = format!(
                "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"S\"\nurl = \"http://localhost\"\nshop = 1\n{more}\n"
            );
            crate::config::Config::parse(&text, std::path::Path::new("tillbridge.toml"))
                .unwrap()
                .syncs
                .remove(0)
        };
        let now = "2026-11-21T20:00:00Z".parse().unwrap();
        for (more, expected, said) in [
            ("timezone = \"Asia/Riyadh\"", Status::Ok, "after 04:00"),
            ("timezone = \"America/Los_Angeles\"", Status::Warning, "too late"),
            ("timezone = \"America/Los_Angeles\"\nclosing_time = \"02:00\"", Status::Ok, "after 02:00"),
            ("timezone = \"America/Los_Angeles\"\nclosing = \"idle\"", Status::Ok, "60 minutes"),
            ("closing = \"orders\"", Status::Ok, "with 500 orders"),
            ("closing = \"never\"", Status::Ok, "by hand"),
        ] {
            let finding = closing(&sync(more), true, now);
            assert_eq!(finding.status, expected, "{more}: {finding:?}");
            assert!(finding.message.contains(said), "{more}: {finding:?}");
        }
    }
}
