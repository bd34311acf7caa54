//! When a session is due, which orders go into which, and which come too late. Pure.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};

use crate::config::{Closing, ClosingRule};
use crate::order::Part;
use crate::text;

use super::calendar::Calendar;

/// What is known of an open session of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The business day it was opened for.
    pub day: NaiveDate,
    /// When it was opened or last took an order, UTC.
    pub active_at: DateTime<Utc>,
    /// Orders in it.
    pub orders: u64,
}

/// Whether the service is to close a session now.
pub fn is_due(rule: &Closing, calendar: &Calendar, session: &Standing, now: DateTime<Utc>) -> bool {
    match rule.when {
        ClosingRule::BusinessDay => now >= calendar.end(session.day),
        ClosingRule::Idle => {
            now - session.active_at >= TimeDelta::from_std(rule.idle).unwrap_or(TimeDelta::MAX)
        }
        ClosingRule::Orders => session.orders >= rule.orders,
        ClosingRule::Never => false,
    }
}

/// The date that the closing entry of a session is to carry: that of its business day, or,
/// where sessions are not kept by days, that of the day on which it is closed.
pub fn entry_day(rule: &Closing, calendar: &Calendar, day: NaiveDate, now: DateTime<Utc>) -> NaiveDate {
    match rule.when {
        ClosingRule::BusinessDay => day.min(calendar.day(now)),
        _ => calendar.day(now),
    }
}

/// One stretch of a pass: the orders sold in it go into a session of this business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The business day.
    pub day: NaiveDate,
    /// Orders sold before this are not of it.
    pub from: Option<DateTime<Utc>>,
    /// Neither are those sold at or after this.
    pub until: Option<DateTime<Utc>>,
}

impl Stretch {
    /// All orders, into the session of today.
    pub fn all(calendar: &Calendar, now: DateTime<Utc>) -> Self {
        Self { day: calendar.day(now), from: None, until: None }
    }

    /// Whether an order goes into it. One without a date is of today.
    pub fn takes(&self, sale_at: Option<DateTime<Utc>>) -> bool {
        match sale_at {
            Some(at) => self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until),
            None => self.until.is_none(),
        }
    }
}

/// The stretches of a pass where every business day has a session of its own, in order; the
/// last takes what the others leave.
///
/// Only what Odoo can still date is separated: the day whose session is open, and yesterday.
/// Older days cannot have an entry of their own date any more; their orders go into the
/// session of today, flagged.
pub fn stretches(
    calendar: &Calendar,
    open: Option<NaiveDate>,
    closed_through: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Vec<Stretch> {
    let today = Stretch::all(calendar, now);
    let mut stretches = Vec::new();
    if let Some(day) = open.filter(|day| *day < today.day) {
        stretches.push(Stretch { day, from: None, until: Some(calendar.end(day)) });
    }
    if let Some(yesterday) = today.day.pred_opt()
        && open.is_none_or(|day| day < yesterday)
        && closed_through.is_none_or(|day| day < yesterday)
        && calendar.entry_zone(yesterday, now).is_some()
    {
        let from = Some(calendar.start(yesterday));
        stretches.push(Stretch { day: yesterday, from, until: Some(calendar.end(yesterday)) });
    }
    stretches.push(today);
    stretches
}

/// What is known of the days of a shop that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// The newest business day of which this program closed a session.
    pub closed_through: Option<NaiveDate>,
    /// The company's newest lock date, where it has one and it can be read.
    pub locked_through: Option<NaiveDate>,
}

/// Why an order comes too late for the day it was sold on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// The session of that day is closed.
    DayClosed,
    /// Its month is over.
    OtherMonth,
    /// Accounting is locked through this date.
    Locked(NaiveDate),
}

impl From<Late> for Part {
    fn from(late: Late) -> Self {
        Self::Text(match late {
            Late::DayClosed => text!("that day is closed already"),
            Late::OtherMonth => text!("that month is over"),
            Late::Locked(through) => text!("accounting is locked through {day}", day = through),
        })
    }
}

/// Whether an order sold on `day` comes too late to be booked under `entry` without a
/// person's word.
///
/// A shop of which no session was ever closed here is being filled for the first time: then
/// old orders were asked for, by the start date, and are not late unless accounting is
/// locked. Where sessions are not kept by days, no day is ever "closed".
pub fn lateness(rule: &Closing, past: Past, day: NaiveDate, entry: NaiveDate) -> Option<Late> {
    if day >= entry {
        return None;
    }
    if let Some(through) = past.locked_through.filter(|through| day <= *through) {
        return Some(Late::Locked(through));
    }
    let closed = past.closed_through?;
    if rule.when == ClosingRule::BusinessDay && day <= closed {
        return Some(Late::DayClosed);
    }
    ((day.year(), day.month()) < (entry.year(), entry.month())).then_some(Late::OtherMonth)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Config;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Riyadh (UTC+3), days until 04:00.
    fn riyadh() -> Calendar {
        let text = "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"S\"\nurl = \"http://localhost\"\nshop = 1\ntimezone = \"Asia/Riyadh\"\n";
        Calendar::of(&Config::parse(text, std::path::Path::new("tillbridge.toml")).unwrap().syncs[0])
    }

    fn rule(when: ClosingRule) -> Closing {
        Closing { when, idle: Duration::from_secs(600), orders: 3, ..Closing::default() }
    }

    fn standing(orders: u64, active_at: &str) -> Standing {
        Standing { day: date("2026-11-21"), active_at: at(active_at), orders }
    }

    #[test]
    fn each_rule_has_its_moment() {
        let session = standing(2, "2026-11-21T12:00:00Z");
        let due = |when, now| is_due(&rule(when), &riyadh(), &session, at(now));
        assert!(!due(ClosingRule::BusinessDay, "2026-11-22T00:59:59Z"));
        assert!(due(ClosingRule::BusinessDay, "2026-11-22T01:00:00Z"));
        assert!(!due(ClosingRule::Idle, "2026-11-21T12:09:59Z"));
        assert!(due(ClosingRule::Idle, "2026-11-21T12:10:00Z"));
        assert!(!due(ClosingRule::Orders, "2026-11-25T12:00:00Z"));
        let full = standing(3, "2026-11-21T12:00:00Z");
        assert!(is_due(&rule(ClosingRule::Orders), &riyadh(), &full, at("2026-11-21T12:00:00Z")));
        assert!(!is_due(&rule(ClosingRule::Never), &riyadh(), &full, at("2027-11-21T12:00:00Z")));
    }

    #[test]
    fn an_entry_carries_its_business_day_or_the_day_of_closing() {
        let day = date("2026-11-21");
        let morning = at("2026-11-22T01:10:00Z");
        let entry = |when| entry_day(&rule(when), &riyadh(), day, morning);
        assert_eq!(entry(ClosingRule::BusinessDay), day);
        assert_eq!(entry(ClosingRule::Orders), date("2026-11-22"));
        // At 01:30 in the night it is still the evening's day.
        let night = at("2026-11-21T22:30:00Z");
        assert_eq!(entry_day(&rule(ClosingRule::Idle), &riyadh(), day, night), day);
    }

    #[test]
    fn a_pass_takes_the_days_in_order() {
        let (day, next) = (date("2026-11-21"), date("2026-11-22"));
        let morning = at("2026-11-22T01:10:00Z");
        let end = riyadh().end(day);
        let days = |open, closed, now| {
            stretches(&riyadh(), open, closed, at(now)).iter().map(|one| one.day).collect::<Vec<_>>()
        };
        let found = stretches(&riyadh(), Some(day), None, morning);
        assert_eq!(found.iter().map(|one| one.day).collect::<Vec<_>>(), [day, next]);
        let taker = |sale_at| found.iter().position(|stretch| stretch.takes(sale_at)).unwrap();
        assert_eq!(taker(Some(end - TimeDelta::seconds(1))), 0);
        assert_eq!(taker(Some(end)), 1);
        assert_eq!(taker(None), 1);
        assert_eq!(taker(Some(at("2026-03-01T10:00:00Z"))), 0);

        // Nothing open: yesterday gets its own, as long as Odoo can date it and it is not closed.
        assert_eq!(days(None, None, "2026-11-22T01:10:00Z"), [day, next]);
        assert_eq!(days(None, None, "2026-11-22T12:10:00Z"), [next]);
        assert_eq!(days(None, Some(day), "2026-11-22T01:10:00Z"), [next]);
        assert_eq!(days(Some(next), None, "2026-11-22T01:10:00Z"), [next]);
        // After a pause: the day that stayed open, yesterday, today.
        let before = date("2026-11-18");
        assert_eq!(days(Some(before), None, "2026-11-22T01:10:00Z"), [before, day, next]);
    }

    #[test]
    fn what_is_of_an_older_day_goes_into_the_session_of_today() {
        let found = stretches(&riyadh(), None, None, at("2026-11-22T01:10:00Z"));
        let old = Some(at("2026-03-01T10:00:00Z"));
        assert_eq!(
            found.iter().filter(|stretch| stretch.takes(old)).map(|one| one.day).collect::<Vec<_>>(),
            [date("2026-11-22")]
        );
    }

    #[test]
    fn an_order_is_late_once_its_day_month_or_books_are_closed() {
        let days = rule(ClosingRule::BusinessDay);
        let past = |closed: &str| Past { closed_through: Some(date(closed)), locked_through: None };
        let late =
            |rule: &Closing, past: Past, day: &str, entry: &str| lateness(rule, past, date(day), date(entry));
        assert_eq!(late(&days, past("2026-11-21"), "2026-11-22", "2026-11-22"), None);
        assert_eq!(late(&days, past("2026-11-21"), "2026-11-21", "2026-11-22"), Some(Late::DayClosed));
        assert_eq!(late(&days, past("2026-11-20"), "2026-11-21", "2026-11-22"), None);
        // Nothing was closed on the last days of October, but November's entry is not theirs.
        assert_eq!(late(&days, past("2026-10-28"), "2026-10-30", "2026-11-02"), Some(Late::OtherMonth));
        assert_eq!(late(&days, past("2026-10-28"), "2026-10-30", "2026-10-31"), None);
        assert_eq!(late(&days, past("2025-12-28"), "2025-12-31", "2026-01-01"), Some(Late::OtherMonth));
        // Without days there are no closed ones, but months there are.
        let idle = rule(ClosingRule::Idle);
        assert_eq!(late(&idle, past("2026-11-21"), "2026-11-21", "2026-11-22"), None);
        assert_eq!(late(&idle, past("2026-10-31"), "2026-10-31", "2026-11-01"), Some(Late::OtherMonth));
    }

    #[test]
    fn the_first_filling_of_a_shop_is_not_late_unless_accounting_is_locked() {
        let days = rule(ClosingRule::BusinessDay);
        let fresh = Past::default();
        assert_eq!(lateness(&days, fresh, date("2026-03-01"), date("2026-11-22")), None);
        let locked = Past { locked_through: Some(date("2026-06-30")), ..fresh };
        assert_eq!(
            lateness(&days, locked, date("2026-06-30"), date("2026-11-22")),
            Some(Late::Locked(date("2026-06-30")))
        );
        assert_eq!(lateness(&days, locked, date("2026-07-01"), date("2026-11-22")), None);
    }
}
