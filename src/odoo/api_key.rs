//! When the API key of a login expires.
//!
//! From 18 on keys have an expiry (`res.users.apikeys.expiration_date`); an ordinary user's
//! last 90 days at most unless a group of theirs allows more, and an expired one is deleted.
//! Before, they last for ever. A user reads the list of their own keys, but nothing in it
//! says which of them is the one in use.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::failure::CallError;
use super::fields::{self, Datetime};

const MODEL: &str = "res.users.apikeys";
const EXPIRY: &str = "expiration_date";
/// So early the expiry is announced.
const NOTICE: TimeDelta = TimeDelta::days(14);

/// One of the user's keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Key {
    name: String,
    /// UTC; `None` lasts for ever.
    #[serde(rename = "expiration_date", deserialize_with = "fields::optional")]
    expires: Option<Datetime>,
}

/// How long the login's key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validity {
    /// Keys of this series have no expiry.
    NoExpiry,
    /// The user has no key, or may not see them.
    Unseen,
    /// What is known of the key that expires first of those that may be in use.
    Key {
        /// Its name, as given when it was made.
        name: String,
        /// When it expires, UTC; `None` for never.
        expires: Option<DateTime<Utc>>,
        /// Whether it is the key in use for certain, or one of several that may be.
        certain: bool,
    },
}

impl Validity {
    /// Asks Odoo about the keys of the client's user.
    pub async fn of(client: &Client) -> Result<Self, CallError> {
        let known = match client.fields_of(MODEL).await {
            Ok(known) => known,
            // 14 has the model; who may not see it cannot be told more.
            Err(CallError::Fault(_)) => return Ok(Self::Unseen),
            Err(error) => return Err(error),
        };
        if !known.contains(EXPIRY) {
            return Ok(Self::NoExpiry);
        }
        // Keys for another purpose, such as a device that skips the second factor, have
        // another scope.
        let domain = json!([["user_id", "=", client.user()], ["scope", "in", [false, "rpc"]]]);
        match client.search_read(MODEL, domain, &["name", EXPIRY], "id").await {
            Ok(keys) => Ok(Self::judge(keys)),
            Err(CallError::Fault(_)) => Ok(Self::Unseen),
            Err(error) => Err(error),
        }
    }

    /// Of several keys, the only one that is named after this program is taken for the one
    /// in use.
    fn judge(mut keys: Vec<Key>) -> Self {
        let ours = |key: &Key| key.name.to_lowercase().contains("tillbridge");
        if keys.iter().filter(|key| ours(key)).count() == 1 {
            keys.retain(ours);
        }
        let certain = keys.len() == 1;
        let soonest =
            keys.into_iter().min_by_key(|key| key.expires.map_or(DateTime::<Utc>::MAX_UTC, |time| time.0));
        match soonest {
            Some(Key { name, expires }) => Self::Key { name, expires: expires.map(|time| time.0), certain },
            None => Self::Unseen,
        }
    }

    /// What people must hear 14 days before the key expires; `None` while there is nothing
    /// to say.
    pub fn notice(&self, now: DateTime<Utc>) -> Option<String> {
        let Self::Key { name, expires: Some(expires), certain } = self else { return None };
        let left = *expires - now;
        if left > NOTICE {
            return None;
        }
        let which = if *certain { "The API key" } else { "One of the user's API keys," };
        let when = match left.num_days() {
            _ if left <= TimeDelta::zero() => "has expired".to_owned(),
            0 => "expires today".to_owned(),
            1 => "expires in 1 day".to_owned(),
            days => format!("expires in {days} days"),
        };
        let comma = if *certain { "" } else { "," };
        Some(format!("{which} \"{name}\"{comma} {when} ({}).", expires.format("%Y-%m-%d %H:%M UTC")))
    }
}

/// What to do about a key that expires.
pub const RENEW: &str = "Log in to Odoo as that user, make a new key (Preferences → Security → Add API Key, the duration as long as it can be) and put it in the configuration in place of the old one.";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn key(name: &str, expires: Option<&str>) -> Key {
        Key { name: name.into(), expires: expires.map(|time| Datetime(at(time))) }
    }

    #[test]
    fn the_key_that_is_told_of_is_the_only_one_or_ours_or_the_first_to_expire() {
        let soon = || key("old", Some("2026-11-25T00:00:00Z"));
        let late = || key("Tillbridge at the shop", Some("2027-11-25T00:00:00Z"));
        let named = |validity: &Validity| match validity {
            Validity::Key { name, certain, .. } => (name.clone(), *certain),
            other => panic!("{other:?}"),
        };
        assert_eq!(named(&Validity::judge(vec![soon()])), ("old".into(), true));
        assert_eq!(named(&Validity::judge(vec![soon(), late()])), ("Tillbridge at the shop".into(), true));
        let others = vec![key("b", None), soon(), late(), late()];
        assert_eq!(named(&Validity::judge(vec![late(), late()])), ("Tillbridge at the shop".into(), false));
        assert_eq!(named(&Validity::judge(others)), ("old".into(), false));
        assert_eq!(Validity::judge(Vec::new()), Validity::Unseen);
    }

    #[test]
    fn notice_is_given_fourteen_days_ahead() {
        let validity = Validity::judge(vec![key("till", Some("2026-12-15T10:00:00Z"))]);
        assert_eq!(validity.notice(at("2026-12-01T09:59:00Z")), None);
        let told = |now: &str| validity.notice(at(now)).unwrap();
        assert_eq!(
            told("2026-12-01T10:00:00Z"),
            "The API key \"till\" expires in 14 days (2026-12-15 10:00 UTC)."
        );
        assert_eq!(
            told("2026-12-14T09:00:00Z"),
            "The API key \"till\" expires in 1 day (2026-12-15 10:00 UTC)."
        );
        assert!(told("2026-12-15T09:00:00Z").contains("expires today"));
        assert!(told("2026-12-15T10:00:00Z").contains("has expired"));
        let several = Validity::judge(vec![
            key("a", Some("2026-12-15T10:00:00Z")),
            key("b", Some("2027-01-01T00:00:00Z")),
        ]);
        assert_eq!(
            several.notice(at("2026-12-12T10:00:00Z")).unwrap(),
            "One of the user's API keys, \"a\", expires in 3 days (2026-12-15 10:00 UTC)."
        );
    }

    #[test]
    fn a_key_for_ever_needs_no_notice() {
        let validity = Validity::judge(vec![key("till", None)]);
        assert_eq!(validity.notice(at("2999-01-01T00:00:00Z")), None);
        assert_eq!(Validity::NoExpiry.notice(at("2999-01-01T00:00:00Z")), None);
    }
}
