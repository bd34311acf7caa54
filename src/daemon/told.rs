//! What the requests of Odoo were told of the work on them, so that people who wait see it
//! move, and Odoo is not written to more often than that is worth.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// Something new is told at most this often.
const NEWS_EVERY: Duration = Duration::from_secs(3);
/// The same is told again after this time: the addon gives up on a request it hears nothing of.
const AGAIN_EVERY: Duration = Duration::from_secs(60);

/// What was told, and when, by request.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<i64, (Instant, String)>);

impl Told {
    /// Whether this is to be told now; if so it counts as told.
    pub fn is_due(&mut self, request: i64, message: &str, now: Instant) -> bool {
        if let Some((at, last)) = self.0.get(&request) {
            let every = if last == message { AGAIN_EVERY } else { NEWS_EVERY };
            if now.duration_since(*at) < every {
                return false;
            }
        }
        self.0.insert(request, (now, message.to_owned()));
        true
    }

    /// The request ended.
    pub fn forget(&mut self, request: i64) {
        self.0.remove(&request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_told_every_few_seconds_and_the_same_once_a_minute() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut told = Told::default();
        assert!(told.is_due(1, "20 done", at(0)));
        assert!(!told.is_due(1, "40 done", at(2)));
        assert!(told.is_due(1, "60 done", at(3)));
        assert!(!told.is_due(1, "60 done", at(62)));
        assert!(told.is_due(1, "60 done", at(63)));
        assert!(told.is_due(2, "60 done", at(63)), "each request by itself");
        told.forget(1);
        assert!(told.is_due(1, "60 done", at(63)));
    }
}
