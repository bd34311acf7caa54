//! When a sync is due.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Sync;

/// When each sync last began. Kept in memory: after a start every sync is due, which is
/// what an operator expects of a restart, and costs little (known orders are skipped).
#[derive(Debug, Default)]
pub(super) struct Schedule {
    began: HashMap<String, DateTime<Utc>>,
    /// When orders of a sync are tried again.
    next_try: HashMap<String, DateTime<Utc>>,
}

impl Schedule {
    /// Whether a sync is due. A clock that was put back makes it due at once rather than
    /// late by as much.
    pub fn is_due(&self, sync: &Sync, now: DateTime<Utc>) -> bool {
        let Some(began) = self.began.get(&sync.id) else { return true };
        let interval = TimeDelta::from_std(sync.interval).unwrap_or(TimeDelta::MAX);
        let retry = self.next_try.get(&sync.id).is_some_and(|at| now >= *at);
        now < *began || now - began >= interval || retry
    }

    /// Notes that a pass begins.
    pub fn begin(&mut self, sync: &Sync, now: DateTime<Utc>) {
        self.began.insert(sync.id.clone(), now);
        self.next_try.remove(&sync.id);
    }

    /// Notes when orders that a pass left are to be tried again, be it before the interval. What
    /// is overdue although the pass has just ended waits for the next one.
    pub fn next_try(&mut self, sync: &Sync, at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        match at.filter(|at| *at > now) {
            Some(at) => self.next_try.insert(sync.id.clone(), at),
            None => self.next_try.remove(&sync.id),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_sync_is_due_at_first_then_after_its_interval_and_when_the_clock_went_back() {
        let config = crate::config::Config::parse(
            "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"S\"\nurl = \"http://localhost\"\nshop = 1\ninterval = \"15m\"\n",
            std::path::Path::new("tillbridge.toml"),
        )
        .unwrap();
        let sync = &config.syncs[0];
        let at = |minutes: u64| DateTime::UNIX_EPOCH + Duration::from_secs(minutes * 60);
        let mut schedule = Schedule::default();
        assert!(schedule.is_due(sync, at(100)));
        schedule.begin(sync, at(100));
        assert!(!schedule.is_due(sync, at(100)));
        assert!(!schedule.is_due(sync, at(114)));
        assert!(schedule.is_due(sync, at(115)));
        assert!(schedule.is_due(sync, at(40)));

        // An order that is to be tried again does not wait for the interval.
        schedule.next_try(sync, Some(at(105)), at(101));
        assert!(!schedule.is_due(sync, at(104)));
        assert!(schedule.is_due(sync, at(105)));
        schedule.begin(sync, at(105));
        assert!(!schedule.is_due(sync, at(106)));
        schedule.next_try(sync, Some(at(105)), at(105));
        assert!(!schedule.is_due(sync, at(106)), "no pass follows upon a pass");
    }
}
