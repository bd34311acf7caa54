//! When a sync is due.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Sync;

/// When each sync last began. Kept in memory: after a start every sync is due, which is
/// what an operator expects of a restart, and costs little (known orders are skipped).
#[derive(Debug, Default)]
pub(super) struct Schedule {
    began: HashMap<String, DateTime<Utc>>,
}

impl Schedule {
    /// Whether a sync is due. A clock that was put back makes it due at once rather than
    /// late by as much.
    pub fn is_due(&self, sync: &Sync, now: DateTime<Utc>) -> bool {
        let Some(began) = self.began.get(&sync.id) else { return true };
        let interval = TimeDelta::from_std(sync.interval).unwrap_or(TimeDelta::MAX);
        now < *began || now - began >= interval
    }

    /// Notes that a pass begins.
    pub fn begin(&mut self, sync: &Sync, now: DateTime<Utc>) {
        self.began.insert(sync.id.clone(), now);
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
    }
}
