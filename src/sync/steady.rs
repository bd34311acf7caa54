//! How long ago something was, whatever became of the clock since.
//!
//! Without a unique constraint in Odoo a request of unknown outcome may run for some minutes,
//! and is only then sent again. A clock that was put forward must not make minutes of seconds,
//! and one that was put back must not make days of them. So before anything is sent the store
//! notes the clock beside the machine's uptime, which nobody sets: where the two went apart,
//! time counts from the moment that was noticed; after a restart of the machine, from its start.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Uptime};
use crate::store::{Note, Store, StoreError};

const NOTE: Note<Option<Look>> = Note::new("clock");
/// The clock may be corrected by so much between two looks.
const SLACK: TimeDelta = TimeDelta::seconds(5);

/// The last look at both clocks.
#[derive(Debug, Serialize, Deserialize)]
struct Look {
    boot: String,
    /// Milliseconds.
    up: i64,
    wall: DateTime<Utc>,
    /// Since when the clock is known to have run evenly.
    since: DateTime<Utc>,
}

/// Since when the clock is known to have run evenly.
#[derive(Debug, Default)]
pub(super) struct Steady(std::sync::Mutex<Option<DateTime<Utc>>>);

impl Steady {
    /// Looks at both clocks. To be called before something is sent, and before it is asked how
    /// long ago that was.
    pub async fn look(&self, store: &dyn Store, clock: &dyn Clock) -> Result<(), StoreError> {
        let look = look(NOTE.read(store).await?, &clock.uptime(), clock.now());
        let since = look.since;
        NOTE.write(store, &Some(look)).await?;
        *self.lock() = Some(since);
        Ok(())
    }

    /// How much time passed at least since `then`, as the clock showed it then.
    pub fn elapsed(&self, then: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
        let since = self.lock().unwrap_or(now);
        // In the future: the clock was put back since.
        let from = if then > now { since } else { then.max(since) };
        now - from
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<DateTime<Utc>>> {
        // Each use is one step, which a panic cannot leave half done.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn look(last: Option<Look>, uptime: &Uptime, wall: DateTime<Utc>) -> Look {
    let up = TimeDelta::from_std(uptime.up).unwrap_or_default();
    let since = match last {
        None => wall,
        Some(last) if last.boot != uptime.boot => wall - up,
        Some(last) => {
            let apart = (wall - last.wall) - (up - TimeDelta::milliseconds(last.up));
            if apart.abs() > SLACK { wall } else { last.since }
        }
    };
    Look { boot: uptime.boot.clone(), up: up.num_milliseconds(), wall, since }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
    }

    fn uptime(boot: &str, seconds: u64) -> Uptime {
        Uptime { boot: boot.into(), up: Duration::from_secs(seconds) }
    }

    /// How long ago `then` seems after these looks: boot, uptime and clock.
    fn elapsed(looks: &[(&str, u64, i64)], then: i64) -> i64 {
        let mut last = None;
        for (boot, up, wall) in looks {
            last = Some(look(last, &uptime(boot, *up), at(*wall)));
        }
        let last = last.unwrap();
        let steady = Steady(std::sync::Mutex::new(Some(last.since)));
        steady.elapsed(at(then), last.wall).num_seconds()
    }

    const DAY: i64 = 86_400;

    #[test]
    fn with_an_even_clock_it_is_the_difference() {
        assert_eq!(elapsed(&[("a", 1000, 0), ("a", 1300, 301)], 10), 291);
    }

    #[test]
    fn a_clock_put_forward_makes_nothing_older() {
        let week = 7 * DAY;
        assert_eq!(elapsed(&[("a", 1000, 0), ("a", 1020, week)], 10), 0);
        assert_eq!(elapsed(&[("a", 1000, 0), ("a", 1020, week), ("a", 1320, week + 300)], 10), 300);
    }

    #[test]
    fn a_clock_put_back_blocks_nothing() {
        assert_eq!(elapsed(&[("a", 1000, 0), ("a", 1020, -DAY)], 10), 0);
        assert_eq!(elapsed(&[("a", 1000, 0), ("a", 1020, -DAY), ("a", 1320, 300 - DAY)], 10), 300);
    }

    #[test]
    fn after_a_restart_of_the_machine_it_counts_from_there() {
        assert_eq!(elapsed(&[("a", 1000, 0), ("b", 40, 7 * DAY)], 10), 40);
        assert_eq!(elapsed(&[("a", 1000, 0), ("b", 40, 100), ("b", 340, 400)], 10), 340);
    }

    #[test]
    fn without_an_earlier_look_it_counts_from_now() {
        assert_eq!(elapsed(&[("a", 1000, 0)], -DAY), 0);
    }
}
