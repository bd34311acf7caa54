//! How a source wants to be told from when on.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;

/// The form of the `since` parameter's value. Fractions of a second are cut off, which is
/// never later than the time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SinceFormat {
    /// `2025-09-14T15:05:09Z`.
    #[default]
    Rfc3339Utc,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMillis,
    /// `2025-09-14T18:05:09`, the wall clock of a time zone.
    Naive(Tz),
    /// `2025-09-14`, the day in a time zone.
    Date(Tz),
}

impl SinceFormat {
    /// The value for a point in time.
    pub fn render(self, since: DateTime<Utc>) -> String {
        match self {
            Self::Rfc3339Utc => since.to_rfc3339_opts(SecondsFormat::Secs, true),
            Self::EpochSeconds => since.timestamp().to_string(),
            Self::EpochMillis => since.timestamp_millis().to_string(),
            Self::Naive(zone) => since.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S").to_string(),
            Self::Date(zone) => since.with_timezone(&zone).format("%Y-%m-%d").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_names_the_same_moment() {
        let since: DateTime<Utc> = "2025-09-14T21:05:09.987Z".parse().unwrap();
        let riyadh = chrono_tz::Asia::Riyadh;
        for (format, wanted) in [
            (SinceFormat::Rfc3339Utc, "2025-09-14T21:05:09Z"),
            (SinceFormat::EpochSeconds, "1757883909"),
            (SinceFormat::EpochMillis, "1757883909987"),
            (SinceFormat::Naive(riyadh), "2025-09-15T00:05:09"),
            (SinceFormat::Date(riyadh), "2025-09-15"),
        ] {
            assert_eq!(format.render(since), wanted, "{format:?}");
        }
    }
}
