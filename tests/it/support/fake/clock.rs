//! Time that is told: it stands still, or follows tokio's paused clock, and can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tillbridge::clock::Clock;
use tokio::time::Instant;

/// A clock that is told what time it is.
#[derive(Debug)]
pub struct Told {
    /// From when on tokio's clock is followed; a clock without stands still.
    since: Option<Instant>,
    /// Milliseconds by which it was moved.
    moved: AtomicI64,
}

impl Told {
    /// One that stands still.
    pub fn still() -> Arc<Self> {
        Arc::new(Self { since: None, moved: AtomicI64::new(0) })
    }

    /// One that goes with tokio's clock. To be made inside the runtime.
    pub fn running() -> Arc<Self> {
        Arc::new(Self { since: Some(Instant::now()), moved: AtomicI64::new(0) })
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.set_back(-i64::try_from(by.as_millis()).expect("a short time"));
    }

    /// Sets it back by so many milliseconds, or forward by a negative number.
    pub fn set_back(&self, by: i64) {
        self.moved.fetch_sub(by, Ordering::SeqCst);
    }
}

impl Clock for Told {
    fn now(&self) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().expect("a time");
        let gone = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        let gone = TimeDelta::from_std(gone).expect("a short time");
        start + gone + TimeDelta::milliseconds(self.moved.load(Ordering::SeqCst))
    }
}
