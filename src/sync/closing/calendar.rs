//! Business days: which one a moment belongs to, when one ends, and how an entry is given
//! its date. Pure.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

use crate::config::Sync;

/// The business days of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
    cut_off: NaiveTime,
}

/// So far from midnight the date is certain, whatever the clocks of two machines differ and
/// however long the closing takes.
const MARGIN: TimeDelta = TimeDelta::minutes(15);

/// Zones without summer time, from UTC−12 to UTC+14: `Etc/GMT+12` is UTC−12 (POSIX signs).
/// Every Odoo knows them: they are in the tz database that its `pytz` carries.
const FIXED: [Tz; 27] = [
    Tz::Etc__GMTPlus12,
    Tz::Etc__GMTPlus11,
    Tz::Etc__GMTPlus10,
    Tz::Etc__GMTPlus9,
    Tz::Etc__GMTPlus8,
    Tz::Etc__GMTPlus7,
    Tz::Etc__GMTPlus6,
    Tz::Etc__GMTPlus5,
    Tz::Etc__GMTPlus4,
    Tz::Etc__GMTPlus3,
    Tz::Etc__GMTPlus2,
    Tz::Etc__GMTPlus1,
    Tz::Etc__GMT0,
    Tz::Etc__GMTMinus1,
    Tz::Etc__GMTMinus2,
    Tz::Etc__GMTMinus3,
    Tz::Etc__GMTMinus4,
    Tz::Etc__GMTMinus5,
    Tz::Etc__GMTMinus6,
    Tz::Etc__GMTMinus7,
    Tz::Etc__GMTMinus8,
    Tz::Etc__GMTMinus9,
    Tz::Etc__GMTMinus10,
    Tz::Etc__GMTMinus11,
    Tz::Etc__GMTMinus12,
    Tz::Etc__GMTMinus13,
    Tz::Etc__GMTMinus14,
];

impl Calendar {
    /// The calendar of the store that a sync serves: its time zone, and the time at which a
    /// business day ends (04:00: what is sold at 01:30 belongs to the evening before).
    pub fn of(sync: &Sync) -> Self {
        Self { zone: sync.timezone, cut_off: sync.closing.time }
    }

    /// The store's time zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The business day that a moment belongs to.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        let date = at.with_timezone(&self.zone).date_naive();
        // By its beginning, not by the wall clock: where clocks are put back over the
        // cut-off, a day that began does not end again.
        if at >= self.start(date) { date } else { date.pred_opt().unwrap_or(date) }
    }

    /// The moment a business day begins: the cut-off of its date in the store's zone; the
    /// first of two such moments, or the next there is where clocks are put forward over it.
    pub fn start(&self, day: NaiveDate) -> DateTime<Utc> {
        let mut local = day.and_time(self.cut_off);
        // No zone skips more than a day.
        for _ in 0..=48 {
            if let Some(found) = self.zone.from_local_datetime(&local).earliest() {
                return found.to_utc();
            }
            local = local.with_minute(local.minute() / 30 * 30).unwrap_or(local) + TimeDelta::minutes(30);
        }
        day.and_time(self.cut_off).and_utc()
    }

    /// The moment a business day ends, which is when the next begins.
    pub fn end(&self, day: NaiveDate) -> DateTime<Utc> {
        self.start(next(day))
    }

    /// The zone in which a closing at `now` dates its entry `day`; `None` where there is none
    /// any more (or yet).
    ///
    /// Odoo dates the closing entry by `fields.Date.context_today` (`pos_session.py`,
    /// `_create_account_move`, 14.0 to 19.0): the date at that moment in the zone `tz` of the
    /// call's context, and nothing else sets it. So a business day that reaches past midnight
    /// is had by naming a zone in which it is still that day. The store's own zone is taken
    /// when its date is right, else the fixed zone that is farthest from a midnight. The
    /// zones of the world span 26 hours, so this reaches back to noon UTC of the next day.
    pub fn entry_zone(&self, day: NaiveDate, now: DateTime<Utc>) -> Option<Tz> {
        let margin = |zone: &Tz| {
            let local = now.with_timezone(zone);
            let past = local.time() - NaiveTime::MIN;
            (local.date_naive() == day).then(|| past.min(TimeDelta::days(1) - past))
        };
        if margin(&self.zone).is_some_and(|margin| margin >= MARGIN) {
            return Some(self.zone);
        }
        let farthest = FIXED.into_iter().max_by_key(|zone| margin(zone))?;
        margin(&farthest).filter(|margin| *margin >= MARGIN).map(|_| farthest)
    }
}

/// The day after.
pub fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(zone: Tz, cut_off: (u32, u32)) -> Calendar {
        Calendar { zone, cut_off: NaiveTime::from_hms_opt(cut_off.0, cut_off.1, 0).unwrap() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_reaches_to_the_cut_off_of_the_next_morning() {
        let riyadh = calendar(Tz::Asia__Riyadh, (4, 0));
        assert_eq!(riyadh.day(at("2026-11-22T00:59:59Z")), date("2026-11-21"));
        assert_eq!(riyadh.day(at("2026-11-22T01:00:00Z")), date("2026-11-22"));
        assert_eq!(riyadh.end(date("2026-11-21")), at("2026-11-22T01:00:00Z"));
        // A month and a year end with the cut-off, too.
        assert_eq!(riyadh.day(at("2027-01-01T00:30:00Z")), date("2026-12-31"));
        let new_york = calendar(Tz::America__New_York, (0, 0));
        assert_eq!(new_york.day(at("2026-11-22T04:59:00Z")), date("2026-11-21"));
        assert_eq!(new_york.day(at("2026-11-22T05:00:00Z")), date("2026-11-22"));
    }

    #[test]
    fn a_cut_off_that_the_clocks_skip_is_the_next_moment_there_is() {
        // Berlin, 2026-03-29: 02:00 becomes 03:00 (01:00 UTC).
        let berlin = calendar(Tz::Europe__Berlin, (2, 30));
        assert_eq!(berlin.start(date("2026-03-29")), at("2026-03-29T01:00:00Z"));
        assert_eq!(berlin.day(at("2026-03-29T00:59:59Z")), date("2026-03-28"));
        assert_eq!(berlin.day(at("2026-03-29T01:00:00Z")), date("2026-03-29"));
    }

    #[test]
    fn a_day_that_began_does_not_end_again_when_clocks_are_put_back() {
        // Berlin, 2026-10-25: 03:00 becomes 02:00 (01:00 UTC), so 02:30 comes twice.
        let berlin = calendar(Tz::Europe__Berlin, (2, 30));
        assert_eq!(berlin.start(date("2026-10-25")), at("2026-10-25T00:30:00Z"));
        for moment in ["00:30:00", "00:59:00", "01:00:00", "01:20:00", "01:40:00"] {
            assert_eq!(berlin.day(at(&format!("2026-10-25T{moment}Z"))), date("2026-10-25"), "{moment}");
        }
    }

    #[test]
    fn days_follow_one_another_without_gap_in_every_zone() {
        for zone in chrono_tz::TZ_VARIANTS {
            for cut_off in [(0, 0), (2, 30), (4, 0), (23, 59)] {
                let calendar = calendar(zone, cut_off);
                for day in date("2026-01-01").iter_days().take(366) {
                    let (start, end) = (calendar.start(day), calendar.end(day));
                    assert!(start < end, "{zone} {cut_off:?} {day}");
                    let inside = [start, end - TimeDelta::milliseconds(1)];
                    assert_eq!(inside.map(|at| calendar.day(at)), [day, day], "{zone} {cut_off:?}");
                }
            }
        }
    }

    #[test]
    fn the_zone_of_an_entry_has_that_date_with_time_to_spare() {
        let riyadh = calendar(Tz::Asia__Riyadh, (4, 0));
        // The evening itself: the store's own zone.
        let evening = at("2026-11-21T19:00:00Z");
        assert_eq!(riyadh.entry_zone(date("2026-11-21"), evening), Some(Tz::Asia__Riyadh));
        // 04:20 in the morning after: a zone in which it is still the day before.
        let morning = at("2026-11-22T01:20:00Z");
        let zone = riyadh.entry_zone(date("2026-11-21"), morning).unwrap();
        assert_eq!(morning.with_timezone(&zone).date_naive(), date("2026-11-21"));
        // Its own zone again when the day closes early, and not within minutes of midnight.
        let late = at("2026-11-21T20:58:00Z");
        assert_ne!(riyadh.entry_zone(date("2026-11-21"), late), Some(Tz::Asia__Riyadh));
        // A month's end.
        let zone = riyadh.entry_zone(date("2026-11-30"), at("2026-12-01T01:20:00Z")).unwrap();
        assert_eq!(at("2026-12-01T01:20:00Z").with_timezone(&zone).date_naive(), date("2026-11-30"));
    }

    #[test]
    fn a_day_is_within_reach_until_noon_utc_of_the_next() {
        let riyadh = calendar(Tz::Asia__Riyadh, (4, 0));
        let day = date("2026-11-21");
        assert!(riyadh.entry_zone(day, at("2026-11-22T11:44:00Z")).is_some());
        assert_eq!(riyadh.entry_zone(day, at("2026-11-22T11:50:00Z")), None);
        assert_eq!(riyadh.entry_zone(day, at("2026-11-22T13:00:00Z")), None);
        assert_eq!(riyadh.entry_zone(date("2026-11-20"), at("2026-11-22T01:20:00Z")), None);
        // A store at UTC+14 is ahead of everybody: its yesterday is always somewhere.
        let kiritimati = calendar(Tz::Pacific__Kiritimati, (0, 0));
        for hour in 0..24 {
            let now = at("2026-11-22T00:20:00Z") + TimeDelta::hours(hour);
            let yesterday = kiritimati.day(now).pred_opt().unwrap();
            assert!(kiritimati.entry_zone(yesterday, now).is_some(), "{now}");
        }
    }
}
