//! How many orders go into one request.
//!
//! A request has a cost of its own, which more orders share; but while it runs nobody sees
//! how far it is, and what goes wrong with it goes wrong for all of them. So its size follows
//! the time that Odoo takes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a request is to take: long beside its own cost (some 50 ms), short beside Odoo's
/// limits (60 s and more).
const TARGET: Duration = Duration::from_secs(3);
/// The size before anything was measured.
const FIRST: u32 = 20;
const SMALLEST: u32 = 10;
/// Odoo keeps everything of a request in memory, and takes longer per order beyond this.
const LARGEST: u32 = 100;

/// The size of requests by shop (`pos.config` id).
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<i64, u32>>);

impl Pace {
    /// Orders for the next request.
    pub fn size(&self, shop: i64) -> usize {
        self.lock().get(&shop).copied().unwrap_or(FIRST) as usize
    }

    /// A request with so many orders was answered after so long. Sizes at most double, so
    /// that one lucky answer does not make a giant.
    pub fn answered(&self, shop: i64, orders: usize, took: Duration) {
        let mut sizes = self.lock();
        let size = sizes.entry(shop).or_insert(FIRST);
        let Ok(orders) = u32::try_from(orders) else { return };
        if orders < SMALLEST {
            // Mostly the request's own cost.
            return;
        }
        let each = (took / orders).max(Duration::from_micros(1));
        let fits = u32::try_from(TARGET.as_micros() / each.as_micros()).unwrap_or(LARGEST);
        *size = fits.min(*size * 2).clamp(SMALLEST, LARGEST);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_grow_towards_the_target_and_shrink_when_odoo_slows_down() {
        let pace = Pace::default();
        assert_eq!(pace.size(1), 20);
        let ms = |orders: u64, each: u64| Duration::from_millis(orders * each);
        pace.answered(1, 20, ms(20, 40));
        assert_eq!(pace.size(1), 40, "at most twice as many");
        pace.answered(1, 40, ms(40, 40));
        assert_eq!(pace.size(1), 75, "3 s at 40 ms each");
        pace.answered(1, 75, ms(75, 1));
        assert_eq!(pace.size(1), 100);
        pace.answered(1, 100, ms(100, 1_000));
        assert_eq!(pace.size(1), 10);
        pace.answered(1, 10, ms(10, 9_000));
        assert_eq!(pace.size(1), 10);
        assert_eq!(pace.size(2), 20, "each shop has its own");
    }

    #[test]
    fn a_handful_of_orders_says_nothing() {
        let pace = Pace::default();
        pace.answered(1, 3, Duration::from_secs(3));
        assert_eq!(pace.size(1), 20);
    }
}
