//! Time that is told: it stands still, or follows tokio's paused clock, and can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tillbridge::clock::{Clock, Uptime};
use tokio::time::Instant;

/// A clock that is told what time it is.
#[derive(Debug)]
pub struct Told {
    /// From when on tokio's clock is followed; a clock without stands still.
    since: Option<Instant>,
    /// Milliseconds that were told to have gone by.
    gone: AtomicI64,
    /// Milliseconds by which it was set forward.
    set: AtomicI64,
}

impl Told {
    /// One that stands still.
    pub fn still() -> Arc<Self> {
        Arc::new(Self { since: None, gone: AtomicI64::new(0), set: AtomicI64::new(0) })
    }

    /// One that goes with tokio's clock. To be made inside the runtime.
    pub fn running() -> Arc<Self> {
        Arc::new(Self { since: Some(Instant::now()), gone: AtomicI64::new(0), set: AtomicI64::new(0) })
    }

    /// Lets time go by, for the machine too.
    pub fn advance(&self, by: Duration) {
        self.gone.fetch_add(i64::try_from(by.as_millis()).expect("a short time"), Ordering::SeqCst);
    }

    /// Sets it back by so many milliseconds, or forward by a negative number.
    pub fn set_back(&self, by: i64) {
        self.set.fetch_sub(by, Ordering::SeqCst);
    }

    /// How much time went by.
    fn gone(&self) -> TimeDelta {
        let followed = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        TimeDelta::from_std(followed).expect("a short time")
            + TimeDelta::milliseconds(self.gone.load(Ordering::SeqCst))
    }
}

impl Clock for Told {
    fn now(&self) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().expect("a time");
        start + self.gone() + TimeDelta::milliseconds(self.set.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Uptime {
        Uptime { boot: "the only one".to_owned(), up: self.gone().to_std().expect("time goes on") }
    }
}
