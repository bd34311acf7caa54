//! How long to keep trying.

use std::time::Duration;

use backon::ExponentialBuilder;

/// How reads are repeated. Writes never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait; doubled each time, with jitter.
    pub first: Duration,
    /// The longest single wait.
    pub longest: Duration,
    /// The sum of waits after which the last error stands.
    pub total: Duration,
}

impl Default for RetryPolicy {
    /// Half a second, doubled up to 15 s, for a minute in all.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(15),
            total: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// No repetition.
    pub const NEVER: Self = Self { first: Duration::ZERO, longest: Duration::ZERO, total: Duration::ZERO };

    pub(super) fn backoff(&self) -> ExponentialBuilder {
        let backoff = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_total_delay(Some(self.total));
        if *self == Self::NEVER { backoff.with_max_times(0) } else { backoff.without_max_times() }
    }
}
