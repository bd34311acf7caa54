//! Trying again, when the source asks for it or when it may help.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::config::Retry;
use crate::metrics::{Asked, metrics};
use crate::source::SourceError;

/// Makes a request until it succeeds, fails for good or has been made often enough.
pub(super) async fn with_retries<T, F>(retry: Retry, request: impl FnMut() -> F) -> Result<T, SourceError>
where
    F: Future<Output = Result<T, SourceError>>,
{
    let delays = ExponentialBuilder::new()
        .with_min_delay(retry.base)
        .with_max_delay(retry.max_delay)
        .with_max_times(retry.tries.saturating_sub(1))
        .with_jitter();
    request
        .retry(delays)
        .when(SourceError::is_transient)
        .adjust(|error, delay| match asked_wait(error) {
            Some(wait) if wait > retry.max_retry_after => None,
            // On top of it, so that several that were sent away do not come back together.
            Some(wait) => delay.map(|delay| wait.saturating_add(delay)),
            None => delay,
        })
        .notify(|error, wait| {
            metrics().again(Asked::Source);
            tracing::info!(code = error.code(), ?wait, "{error} Trying again.");
        })
        .await
}

fn asked_wait(error: &SourceError) -> Option<Duration> {
    match error {
        SourceError::Busy { retry_after, .. } => *retry_after,
        _ => None,
    }
}

/// The wait a `Retry-After` header asks for: seconds, or a date, which is measured against the
/// answer's own `Date` so that no two clocks are compared.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = http_date(text)? - date(headers)?;
    Some(wait.to_std().unwrap_or_default())
}

/// The source's clock, by its `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use reqwest::header::HeaderName;
    use tokio::time::Instant;

    use super::*;

    fn busy(retry_after: Option<u64>) -> SourceError {
        let retry_after = retry_after.map(Duration::from_secs);
        SourceError::Busy { url: "https://shop.example/o".into(), status: 429, retry_after }
    }

    /// Runs against a source that answers with the given error until the n-th request; returns
    /// the requests made, the seconds that took on a clock that jumps over waits, and the end.
    async fn run(error: SourceError, good_at: usize) -> (usize, Duration, Result<(), SourceError>) {
        let (start, made) = (Instant::now(), Cell::new(0));
        let end = with_retries(Retry::default(), || async {
            made.set(made.get() + 1);
            if made.get() >= good_at { Ok(()) } else { Err(error.clone()) }
        })
        .await;
        (made.get(), start.elapsed(), end)
    }

    fn assert_between(waited: Duration, seconds: std::ops::RangeInclusive<u64>) {
        let (from, to) = (Duration::from_secs(*seconds.start()), Duration::from_secs(*seconds.end()));
        // The timer counts in whole milliseconds.
        assert!((from..=to + Duration::from_millis(10)).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_last_try() {
        let (made, waited, end) = run(busy(None), usize::MAX).await;
        assert_eq!(made, 4);
        assert_between(waited, 7..=14);
        assert_eq!(end, Err(busy(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_the_source_asks_for_is_kept() {
        let (made, waited, end) = run(busy(Some(40)), 2).await;
        assert_eq!((made, end), (2, Ok(())));
        assert_between(waited, 41..=42);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_too_long_is_left_to_the_next_run() {
        let (made, waited, end) = run(busy(Some(61)), 2).await;
        assert_eq!((made, waited, end), (1, Duration::ZERO, Err(busy(Some(61)))));
    }

    #[tokio::test(start_paused = true)]
    async fn what_will_not_pass_is_not_tried_again() {
        let gone = SourceError::NotFound { url: String::new(), status: 404, said: String::new() };
        let (made, waited, end) = run(gone.clone(), 2).await;
        assert_eq!((made, waited, end), (1, Duration::ZERO, Err(gone)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_on_the_sources_clock() {
        let read = |pairs: &[(HeaderName, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            retry_after(&pairs.collect())
        };
        let date = (DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        let at = |text| (RETRY_AFTER, text);
        let seconds = |n| Some(Duration::from_secs(n));
        for (headers, wanted) in [
            (vec![at("120")], seconds(120)),
            (vec![at(" 0 ")], seconds(0)),
            (vec![at("Sun, 06 Nov 1994 08:51:07 GMT"), date.clone()], seconds(90)),
            (vec![at("Sun, 06 Nov 1994 08:00:00 GMT"), date.clone()], seconds(0)),
            (vec![at("Sun, 06 Nov 1994 08:51:07 GMT")], None),
            (vec![at("soon"), date], None),
            (vec![], None),
        ] {
            assert_eq!(read(&headers), wanted, "{headers:?}");
        }
    }
}
