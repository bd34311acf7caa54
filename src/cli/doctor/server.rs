//! The Odoo that is written to.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::doctor::{Finding, call_failed, capital, has_access};
use crate::exchange::{BadSync, ExchangeError, Link};
use crate::odoo::api_key::{self, Validity};
use crate::odoo::{CallError, Client, public};

use super::super::connect;
use super::super::exit::Exit;
use super::plain;

/// Odoo answers, is of a known series, and accepts the login.
pub(super) async fn login(config: &Config) -> (Finding, Option<Client>) {
    match connect::odoo(config).await {
        Ok(client) => {
            let target = client.target();
            let message = format!(
                "Odoo {} at {}, database {}, accepts the login {}.",
                client.version().text,
                target.address,
                target.database,
                target.username
            );
            (plain::ok("login", message), Some(client))
        }
        Err(error) => {
            let (message, fix) = (capital(&error.message), error.hint.unwrap_or_default());
            let finding = match error.exit {
                Exit::Unreachable => plain::unreachable("login", message, fix),
                _ => plain::problem("login", message, fix),
            };
            (finding, None)
        }
    }
}

/// The password travels encrypted, or does not leave this machine.
pub(super) fn encryption(config: &Config) -> Finding {
    if config.odoo.url.scheme() == "http" && config.odoo.allow_insecure_http {
        return plain::warning(
            "encryption",
            "The connection to Odoo is plain http: the password can be read on the way.",
            "Give Odoo's https address as url, and remove allow_insecure_http.",
        );
    }
    plain::ok("encryption", "The password cannot be read on its way to Odoo.")
}

/// The clocks of both machines agree.
pub(in crate::cli) async fn clock(config: &Config) -> Finding {
    clocks(public::clock(&config.odoo.url).await, Utc::now())
}

fn clocks(theirs: Option<DateTime<Utc>>, ours: DateTime<Utc>) -> Finding {
    let Some(theirs) = theirs else {
        return plain::ok("clock", "Odoo does not tell its time.");
    };
    let apart = theirs - ours;
    if apart.abs() <= TimeDelta::minutes(2) {
        return plain::ok("clock", "This machine's clock agrees with Odoo's.");
    }
    let (minutes, which) =
        (apart.abs().num_minutes(), if apart > TimeDelta::zero() { "behind" } else { "ahead of" });
    plain::warning(
        "clock",
        format!("This machine's clock is {minutes} minutes {which} Odoo's."),
        "Let both machines take the time from the network (timedatectl set-ntp true).",
    )
}

/// Over which transport Odoo is reached, and why.
pub(super) fn transport(client: &Client) -> Finding {
    let message = format!("Odoo is reached over {}: {}.", client.transport(), client.why_transport());
    plain::ok("transport", message)
}

/// The API key is good for more than two weeks.
pub(in crate::cli) async fn api_key(client: &Client) -> Finding {
    match Validity::of(client).await {
        Ok(validity) => expiry(&validity, Utc::now()),
        Err(error) => call_failed("api_key", &error),
    }
}

fn expiry(validity: &Validity, now: DateTime<Utc>) -> Finding {
    if let Some(notice) = validity.notice(now) {
        return plain::warning("api_key", notice, api_key::RENEW);
    }
    let message = match validity {
        Validity::NoExpiry => "The API keys of this series of Odoo do not expire.".to_owned(),
        Validity::Unseen => "Odoo does not tell when the API key expires.".to_owned(),
        Validity::Key { name, expires: None, .. } => format!("The API key \"{name}\" does not expire."),
        Validity::Key { name, expires: Some(expires), .. } => {
            format!("The API key \"{name}\" is good until {}.", expires.format("%Y-%m-%d %H:%M UTC"))
        }
    };
    plain::ok("api_key", message)
}

/// What booking needs of the API user.
const NEEDED: [(&str, &str); 9] = [
    ("pos.config", "read"),
    ("pos.session", "read"),
    ("pos.session", "create"),
    ("pos.order", "read"),
    ("pos.order", "create"),
    ("pos.payment", "create"),
    ("pos.payment.method", "read"),
    ("product.product", "read"),
    ("account.tax", "read"),
];

/// The API user may do what booking needs.
pub(super) async fn rights(client: &Client) -> Vec<Finding> {
    let user = &client.target().username;
    let mut missing = Vec::new();
    for (model, operation) in NEEDED {
        match has_access(client, model, operation).await {
            Ok(true) => {}
            Ok(false) => missing.push(format!("{operation} {model}")),
            Err(CallError::Fault(fault)) if fault.message().contains(model) => {
                return vec![plain::problem(
                    "rights",
                    format!("This database does not know {model}: the app Point of Sale is not installed."),
                    "Install the app Point of Sale in Odoo (Apps), and set up a shop.",
                )];
            }
            Err(error) => return vec![call_failed("rights", &error)],
        }
    }
    if missing.is_empty() {
        return vec![plain::ok("rights", format!("The API user {user} may book orders."))];
    }
    vec![plain::problem(
        "rights",
        format!("The API user {user} may not: {}.", missing.join(", ")),
        format!("In Odoo, under Settings → Users → {user} → Access Rights, set Point of Sale to User."),
    )]
}

/// The addon, and that it can be talked to.
pub(super) fn addon(link: &Link) -> Finding {
    if link.facts.addon {
        plain::ok("addon", "External Order Sync is installed and answers.")
    } else {
        plain::ok("addon", "External Order Sync is not installed: the syncs of the file are used.")
    }
}

/// The addon is there, or may be, and does not answer.
pub(super) fn no_exchange(error: &ExchangeError) -> Finding {
    match error {
        ExchangeError::Call(error) => call_failed("addon", error),
        other => plain::problem("addon", capital(&other.to_string()), other.fix()),
    }
}

/// A sync kept in Odoo that cannot run.
pub(super) fn bad_sync(bad: &BadSync) -> Finding {
    plain::problem(
        "sync",
        format!("The sync \"{}\" in Odoo cannot run: {}", bad.name, bad.problem),
        "Correct it in Odoo (Point of Sale → Configuration → External Order Sync).",
    )
}

/// There is nothing to do.
pub(super) fn no_sync() -> Finding {
    plain::problem(
        "sync",
        "No sync is configured.",
        "Add a [[sync]] table to the file (see config.example.toml), or create a sync in Odoo with the addon.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn clocks_may_differ_by_two_minutes() {
        let noon = at("2026-11-01T12:00:00Z");
        assert_eq!(clocks(Some(at("2026-11-01T12:02:00Z")), noon).status, Status::Ok);
        let behind = clocks(Some(at("2026-11-01T12:05:00Z")), noon);
        assert_eq!(behind.status, Status::Warning);
        assert_eq!(behind.message, "This machine's clock is 5 minutes behind Odoo's.");
        let ahead = clocks(Some(at("2026-11-01T11:00:00Z")), noon);
        assert_eq!(ahead.message, "This machine's clock is 60 minutes ahead of Odoo's.");
        assert_eq!(clocks(None, noon).status, Status::Ok);
    }

    #[test]
    fn a_key_is_warned_of_two_weeks_before_it_expires() {
        let key = |expires: Option<&str>| Validity::Key {
            name: "till".into(),
            expires: expires.map(at),
            certain: true,
        };
        let noon = at("2026-11-01T12:00:00Z");
        let late = expiry(&key(Some("2026-11-15T12:01:00Z")), noon);
        assert_eq!(late.status, Status::Ok);
        assert_eq!(late.message, "The API key \"till\" is good until 2026-11-15 12:01 UTC.");
        let soon = expiry(&key(Some("2026-11-15T12:00:00Z")), noon);
        assert_eq!(soon.status, Status::Warning);
        assert!(soon.message.contains("expires in 14 days"), "{}", soon.message);
        assert!(soon.fix.is_some());
        for validity in [key(None), Validity::NoExpiry, Validity::Unseen] {
            assert_eq!(expiry(&validity, noon).status, Status::Ok);
        }
    }
}
