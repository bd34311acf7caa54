//! The expiry of the API key, looked at once a day and said in the log two weeks ahead.

use chrono::{DateTime, TimeDelta, Utc};

use crate::odoo::CallError;
use crate::odoo::api_key::{RENEW, Validity};

const EVERY: TimeDelta = TimeDelta::days(1);

/// When the key was last looked at.
#[derive(Debug, Default)]
pub(super) struct KeyWatch {
    looked: Option<DateTime<Utc>>,
}

impl KeyWatch {
    /// Whether it is time to look again; then it counts as looked at. A clock that was put
    /// back makes it due at once.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> bool {
        let due = self.looked.is_none_or(|looked| now < looked || now - looked >= EVERY);
        if due {
            self.looked = Some(now);
        }
        due
    }
}

/// Says in the log what was found; what people are to see of it in Odoo, empty for nothing.
pub(super) fn tell(found: &Result<Validity, CallError>, now: DateTime<Utc>) -> Option<String> {
    match found {
        Ok(validity) => {
            let Some(notice) = validity.notice(now) else { return Some(String::new()) };
            tracing::warn!(fix = RENEW, "{notice}");
            Some(format!("The tillbridge service: {notice} {RENEW}"))
        }
        Err(error) => {
            tracing::debug!(%error, "the expiry of the API key could not be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_seen_in_odoo_says_when_and_what_to_do() {
        let now = DateTime::UNIX_EPOCH;
        let key = |days| Validity::Key {
            name: "till".into(),
            expires: Some(now + TimeDelta::days(days)),
            certain: true,
        };
        let shown = tell(&Ok(key(9)), now).unwrap();
        assert!(shown.contains("expires in 9 days") && shown.contains("make a new key"), "{shown}");
        assert_eq!(tell(&Ok(key(30)), now).as_deref(), Some(""));
    }

    #[test]
    fn the_key_is_looked_at_once_a_day() {
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let mut watch = KeyWatch::default();
        let due: Vec<bool> = [100, 101, 123, 124, 147, 148, 20].map(|hours| watch.take_due(at(hours))).into();
        assert_eq!(due, [true, false, false, true, false, true, true]);
    }
}
