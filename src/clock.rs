//! Where time comes from, so that schedules and waits are tested with time stood still.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Now, UTC. Somebody may set it: it can jump either way.
    fn now(&self) -> DateTime<Utc>;

    /// How far this clock is ahead of that of a server, which just told its time.
    fn ahead_of(&self, server: DateTime<Utc>) -> TimeDelta {
        self.now() - server
    }

    /// How long the machine has been running. Nobody sets it.
    fn uptime(&self) -> Uptime {
        Uptime::read()
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// How long a machine has been running, and since which start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// Names the start: two with another name cannot be compared.
    pub boot: String,
    /// Since then, time asleep included.
    pub up: Duration,
}

impl Uptime {
    /// The kernel's word (`/proc`); where there is none, the time since this process first
    /// asked, which is less.
    fn read() -> Self {
        Self::of_kernel().unwrap_or_else(|| {
            static STARTED: OnceLock<(String, Instant)> = OnceLock::new();
            let (boot, started) = STARTED.get_or_init(|| (Uuid::new_v4().to_string(), Instant::now()));
            Self { boot: boot.clone(), up: started.elapsed() }
        })
    }

    fn of_kernel() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let text = fs::read_to_string("/proc/uptime").ok()?;
        let up = Duration::try_from_secs_f64(text.split_whitespace().next()?.parse().ok()?).ok()?;
        Some(Self { boot, up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_runs_on() {
        let first = Uptime::read();
        std::thread::sleep(Duration::from_millis(30));
        let second = Uptime::read();
        assert_eq!(first.boot, second.boot);
        assert!(first.up < second.up, "{first:?} {second:?}");
    }
}
