//! The moments of an order, in whatever form they are written.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::order::Text;
use crate::text;

/// Why a text is not a date, as the end of a sentence.
pub(super) fn not_a_date() -> Text {
    text!("is not a date (2025-08-10T17:16:43+03:00 and 10-08-2025 05:16:43 PM are)")
}

/// The value that .NET writes for "no date".
const NO_DATE: Option<NaiveDate> = NaiveDate::from_ymd_opt(1, 1, 1);

/// A moment in UTC; `None` when the text says that there is none.
///
/// Forms: ISO 8601 with `Z` or an offset, or without (the store's zone), `T` or a blank
/// between date and time, seconds and up to nine decimals of them optional; and
/// `DD-MM-YYYY hh:mm:ss AM|PM` in the store's zone. A date alone is its midnight.
///
/// A local time that a change of clocks skips is read with the offset before the change
/// (02:30 becomes 03:30); one that it repeats is the first of the two.
pub(super) fn moment(text: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, Text> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (local, offset) = parse(text).ok_or_else(not_a_date)?;
    if Some(local.date()) == NO_DATE {
        return Ok(None);
    }
    let moment = match offset {
        Some(offset) => offset.from_local_datetime(&local).single(),
        None => in_zone(local, zone),
    };
    let moment = moment.ok_or_else(not_a_date)?.to_utc();
    // Odoo keeps years 1 to 9999; nothing was sold by such a system before 1970.
    if !(1970..=9998).contains(&chrono::Datelike::year(&moment)) {
        return Err(text!("is not a possible date of a sale"));
    }
    Ok(Some(moment))
}

fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let fixed = |moment: DateTime<Tz>| moment.fixed_offset();
    zone.from_local_datetime(&local).earliest().map(fixed).or_else(|| {
        // Skipped. A day earlier the offset is the one before the change.
        let before = zone.from_local_datetime(&local.checked_sub_days(Days::new(1))?).earliest()?;
        let moment = before.to_utc().checked_add_signed(TimeDelta::days(1))?;
        Some(fixed(moment.with_timezone(&zone)))
    })
}

fn parse(text: &str) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
    let end = text.find(|c: char| c == 'T' || c == 't' || c.is_whitespace());
    let (date, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    if end.is_some() && rest.is_empty() {
        return None;
    }
    let (a, b, c) = three(date, '-')?;
    if a.len() == 4 {
        let date = date_of(a, b, c)?;
        let (time, offset) = iso_time(rest)?;
        return Some((date.and_time(time), offset));
    }
    let date = date_of(c, b, a)?;
    Some((date.and_time(half_day_time(rest)?), None))
}

fn date_of(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let year = (year.len() == 4).then(|| digits(year)).flatten()?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(month)?, two(day)?)
}

/// `17:16[:43[.123456]][Z|+03:00|+0300|+03]`, or nothing.
fn iso_time(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    if text.is_empty() {
        return Some((NaiveTime::MIN, None));
    }
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (time, zone) = text.split_at(zone_at);
    let offset = match zone {
        "" => None,
        "Z" | "z" => Some(FixedOffset::east_opt(0)?),
        zone => Some(offset(zone)?),
    };
    let (time, fraction) = match time.trim_end().split_once('.') {
        None => (time.trim_end(), "0"),
        Some((time, fraction)) => (time, fraction),
    };
    let nanos = match fraction.len() {
        1..=9 => digits(fraction)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?),
        _ => return None,
    };
    let (hour, minute, second) = clock(time)?;
    if fraction != "0" && time.len() < "00:00:00".len() {
        return None;
    }
    Some((NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?, offset))
}

fn offset(zone: &str) -> Option<FixedOffset> {
    let east = zone.starts_with('+');
    let zone = zone.get(1..)?;
    let (hours, minutes) = match zone.len() {
        2 => (zone, "00"),
        4 => zone.split_at_checked(2)?,
        _ => zone.split_once(':')?,
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours.max(minutes) > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    FixedOffset::east_opt(if east { seconds } else { -seconds })
}

/// `05:16[:43] PM`, or nothing. Without AM or PM the hour would be a guess.
fn half_day_time(text: &str) -> Option<NaiveTime> {
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    let (time, half) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let noon = if half.eq_ignore_ascii_case("am") {
        0
    } else if half.eq_ignore_ascii_case("pm") {
        12
    } else {
        return None;
    };
    let (hour, minute, second) = clock(time.trim_end())?;
    if !(1..=12).contains(&hour) {
        return None;
    }
    NaiveTime::from_hms_opt(hour % 12 + noon, minute, second)
}

/// `17:16` or `17:16:43`.
fn clock(time: &str) -> Option<(u32, u32, u32)> {
    let (hour, minute) = time.split_once(':')?;
    let (minute, second) = minute.split_once(':').unwrap_or((minute, "0"));
    Some((two(hour)?, two(minute)?, two(second)?))
}

fn three(text: &str, by: char) -> Option<(&str, &str, &str)> {
    let (a, rest) = text.split_once(by)?;
    let (b, c) = rest.split_once(by)?;
    Some((a, b, c))
}

/// One or two digits.
fn two(text: &str) -> Option<u32> {
    (text.len() <= 2).then(|| digits(text)).flatten()
}

fn digits(text: &str) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Asia::Riyadh, Europe::Berlin};
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str, zone: Tz) -> String {
        let moment = moment(text, zone).unwrap().unwrap();
        moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("2025-08-10T17:16:43Z", "2025-08-10T17:16:43Z"),
            ("2025-08-10T17:16:43+03:00", "2025-08-10T14:16:43Z"),
            ("2025-08-10T17:16:43-0530", "2025-08-10T22:46:43Z"),
            ("2025-08-10 17:16:43 +03", "2025-08-10T14:16:43Z"),
            ("2025-08-10T17:16:43", "2025-08-10T14:16:43Z"),
            ("2025-08-10T17:16:43.123456", "2025-08-10T14:16:43.123456Z"),
            ("2025-08-10T17:16:43.1234567Z", "2025-08-10T17:16:43.123456700Z"),
            (" 2025-08-10 17:16 ", "2025-08-10T14:16:00Z"),
            ("2025-08-10", "2025-08-09T21:00:00Z"),
            ("10-08-2025 05:16:43 PM", "2025-08-10T14:16:43Z"),
            ("10-08-2025 05:16:43 am", "2025-08-10T02:16:43Z"),
            ("10-08-2025 12:00:00 AM", "2025-08-09T21:00:00Z"),
            ("10-08-2025 12:30 PM", "2025-08-10T09:30:00Z"),
            ("10-08-2025 5:16:43PM", "2025-08-10T14:16:43Z"),
            ("10-08-2025", "2025-08-09T21:00:00Z"),
        ] {
            assert_eq!(utc(text, Riyadh), expected, "{text}");
        }
        for none in ["", "  ", "0001-01-01T00:00:00"] {
            assert_eq!(moment(none, Riyadh), Ok(None));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "yesterday",
            "10/08/2025",
            "08-32-2025",
            "31-02-2025 05:16:43 PM",
            "2025-13-01",
            "10-08-2025 05:16:43",
            "10-08-2025 17:16:43 PM",
            "10-08-2025 00:16:43 AM",
            "2025-08-10T25:00:00",
            "2025-08-10T17:16:60",
            "2025-08-10T",
            "2025-08-10T17",
            "2025-08-10T17:16:43+3:00:00",
            "2025-08-10T17:16:43+25:00",
            "25-08-10",
            "1754835403",
            "2025-08-10T17:16:43.Z",
            "2025-08-10T17:16:43.1234567890",
            "2025-08-10T17:16.5",
            "٢٠٢٥-٠٨-١٠",
        ] {
            assert!(moment(text, Riyadh).is_err(), "{text}");
        }
        for text in ["0001-01-02", "1969-12-31T23:59:59Z", "9999-06-01"] {
            assert_eq!(moment(text, Riyadh).unwrap_err(), "is not a possible date of a sale", "{text}");
        }
    }

    #[test]
    fn changes_of_clocks() {
        assert_eq!(utc("2025-03-30T01:59:59", Berlin), "2025-03-30T00:59:59Z");
        assert_eq!(utc("2025-03-30T02:30:00", Berlin), "2025-03-30T01:30:00Z", "skipped");
        assert_eq!(utc("2025-03-30T03:00:00", Berlin), "2025-03-30T01:00:00Z");
        assert_eq!(utc("2025-10-26T02:30:00", Berlin), "2025-10-26T00:30:00Z", "the first of two");
        assert_eq!(utc("2025-10-26T02:30:00+01:00", Berlin), "2025-10-26T01:30:00Z");
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-0-9:. TZ+APM]{0,30}") {
            let _ = moment(&text, Berlin);
        }
    }
}
