//! Which days are due to be checked, and which are checked once more.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::time::Instant;

use crate::config::Sync;
use crate::daemon::requests::Asker;
use crate::store::{Note, Store, StoreError};
use crate::sync::Span;

/// The day that was last checked, by sync.
const NOTE: Note<BTreeMap<String, NaiveDate>> = Note::new("completeness.checked");
/// A check that did not get through is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60 * 60);
/// After a start the first pass takes in what came meanwhile; a source that it cannot read to the
/// end is checked all the same after this time.
const CATCH_UP: Duration = Duration::from_secs(30 * 60);
/// What was fetched is booked by then: the days are looked at once more.
const BOOKED_BY: Duration = Duration::from_secs(10 * 60);

/// Days as people say them: the first and the last.
pub(in crate::daemon) type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// Why days are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Why {
    /// Somebody asked for these.
    Asked(Asker, Days),
    /// A business day ended.
    Daily,
    /// Something of these was missing and was fetched.
    OnceMore(Span),
}

impl Why {
    /// Whether nobody waits for it.
    pub const fn is_ours(self) -> bool {
        !matches!(self, Self::Asked(..))
    }

    /// The days, where they are said.
    pub const fn days(self) -> Days {
        match self {
            Self::Asked(_, days) => days,
            Self::Daily => (None, None),
            Self::OnceMore(Span { from, to }) => (Some(from), Some(to)),
        }
    }
}

/// Which days were checked.
#[derive(Debug)]
pub(in crate::daemon) struct Checking {
    /// The last day checked, by sync; `None` before the store was asked.
    checked: Option<BTreeMap<String, NaiveDate>>,
    /// Not before.
    later: BTreeMap<String, Instant>,
    once_more: Vec<OnceMore>,
    /// A check that nobody asked for.
    under_way: bool,
    /// Since when this service runs.
    since: Instant,
}

/// Days of a sync of which something was missing and is being booked.
#[derive(Debug)]
struct OnceMore {
    sync: String,
    span: Span,
    /// Not before.
    at: Instant,
}

impl Checking {
    /// Nothing is known yet.
    pub fn begin() -> Self {
        Self {
            checked: None,
            later: BTreeMap::new(),
            once_more: Vec::new(),
            under_way: false,
            since: Instant::now(),
        }
    }

    /// Whether a check that nobody asked for runs.
    pub const fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// Reads what was checked before this service ran.
    pub async fn recall(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        if self.checked.is_none() {
            self.checked = Some(NOTE.read(store).await?);
        }
        Ok(())
    }

    /// Keeps that a sync was checked up to this day.
    pub async fn keep(&mut self, store: &dyn Store, sync: &Sync, day: NaiveDate) -> Result<(), StoreError> {
        let Some(checked) = &mut self.checked else { return Ok(()) };
        checked.insert(sync.id.clone(), day);
        NOTE.write(store, checked).await
    }

    /// What is due of a sync now. `caught_up`: its source was read to the end since the start.
    pub fn due(&self, sync: &Sync, caught_up: bool, now: DateTime<Utc>, clock: Instant) -> Option<Why> {
        let is_late = clock.duration_since(self.since) >= CATCH_UP;
        let is_later = self.later.get(&sync.id).is_some_and(|at| *at > clock);
        if !sync.active || is_later || !(caught_up || is_late) {
            return None;
        }
        let last = self.checked.as_ref().and_then(|checked| checked.get(&sync.id));
        if Span::due(sync, now).is_some_and(|day| last.is_none_or(|last| *last < day)) {
            return Some(Why::Daily);
        }
        let once_more = self.once_more.iter().find(|one| one.sync == sync.id && one.at <= clock)?;
        Some(Why::OnceMore(once_more.span))
    }

    /// A check begins.
    pub fn begins(&mut self, sync: &Sync, why: Why) {
        self.under_way |= why.is_ours();
        if let Why::OnceMore(span) = why {
            self.forget(sync, span);
        }
    }

    /// A check found how complete these days are, and `fetched` something that was missing.
    pub fn found(&mut self, sync: &Sync, why: Why, span: Span, fetched: bool, clock: Instant) {
        self.under_way &= !why.is_ours();
        self.later.remove(&sync.id);
        // Once: what is not booked by then needs somebody.
        if fetched && !matches!(why, Why::OnceMore(_)) {
            self.look_again(sync, span, clock + BOOKED_BY);
        }
    }

    /// A check did not get through. Who asked for it is told so; the others are done again later.
    pub fn failed(&mut self, sync: &Sync, why: Why, clock: Instant) {
        self.under_way &= !why.is_ours();
        match why {
            Why::Asked(..) => {}
            Why::Daily => drop(self.later.insert(sync.id.clone(), clock + AGAIN)),
            Why::OnceMore(span) => self.look_again(sync, span, clock + AGAIN),
        }
    }

    fn look_again(&mut self, sync: &Sync, span: Span, at: Instant) {
        self.forget(sync, span);
        self.once_more.push(OnceMore { sync: sync.id.clone(), span, at });
    }

    fn forget(&mut self, sync: &Sync, span: Span) {
        self.once_more.retain(|one| one.sync != sync.id || one.span != span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Why = Why::Asked(Asker::Odoo(1), (None, None));

    fn sync() -> Sync {
        let text = "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"a\"\nurl = \"http://localhost\"\nshop = 1\ntimezone = \"UTC\"\n";
        let config = crate::config::Config::parse(text, std::path::Path::new("tillbridge.toml"));
        config.unwrap().syncs.remove(0)
    }

    fn span(from: u32, to: u32) -> Span {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        Span { from: day(from), to: day(to) }
    }

    /// Noon, when the day before has been over for long.
    fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    /// All is checked up to yesterday.
    fn up_to_date(sync: &Sync) -> Checking {
        let checked = [(sync.id.clone(), span(21, 21).to)].into();
        Checking { checked: Some(checked), ..Checking::begin() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_fetched_is_checked_once_more_on_the_days_it_is_of() {
        let sync = sync();
        let mut checking = up_to_date(&sync);
        let due = |checking: &Checking| checking.due(&sync, true, noon(), Instant::now());
        checking.begins(&sync, ASKED);
        assert!(!checking.is_under_way(), "the daily one does not wait for it");
        checking.found(&sync, ASKED, span(1, 3), true, Instant::now());
        assert_eq!(due(&checking), None, "it is being booked");
        tokio::time::advance(BOOKED_BY).await;
        let once_more = due(&checking).unwrap();
        assert_eq!(once_more, Why::OnceMore(span(1, 3)));
        assert_eq!(once_more.days(), (Some(span(1, 3).from), Some(span(1, 3).to)));

        // The source is away meanwhile, then something is missing still.
        checking.begins(&sync, once_more);
        assert!(checking.is_under_way());
        checking.failed(&sync, once_more, Instant::now());
        assert_eq!((due(&checking), checking.is_under_way()), (None, false));
        tokio::time::advance(AGAIN).await;
        assert_eq!(due(&checking), Some(once_more));
        checking.begins(&sync, once_more);
        checking.found(&sync, once_more, span(1, 3), true, Instant::now());
        tokio::time::advance(AGAIN).await;
        assert_eq!(due(&checking), None, "once, not for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_of_a_person_that_fails_does_not_put_off_the_daily_one() {
        let sync = sync();
        let mut checking = Checking { checked: Some(BTreeMap::new()), ..Checking::begin() };
        let due = |checking: &Checking| checking.due(&sync, true, noon(), Instant::now());
        checking.begins(&sync, ASKED);
        checking.failed(&sync, ASKED, Instant::now());
        assert_eq!(due(&checking), Some(Why::Daily));
        checking.begins(&sync, Why::Daily);
        checking.failed(&sync, Why::Daily, Instant::now());
        assert_eq!(due(&checking), None);
        // The source answers again, as somebody saw.
        checking.found(&sync, ASKED, span(1, 1), false, Instant::now());
        assert_eq!(due(&checking), Some(Why::Daily));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_due_before_the_source_was_read_to_its_end_or_some_time_went_by() {
        let mut sync = sync();
        let checking = Checking { checked: Some(BTreeMap::new()), ..Checking::begin() };
        assert_eq!(checking.due(&sync, false, noon(), Instant::now()), None);
        tokio::time::advance(CATCH_UP).await;
        assert_eq!(checking.due(&sync, false, noon(), Instant::now()), Some(Why::Daily));
        sync.active = false;
        assert_eq!(checking.due(&sync, true, noon(), Instant::now()), None);
    }
}
