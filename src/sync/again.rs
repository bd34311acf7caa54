//! When an order that did not get through is sent again, and with which others.
//!
//! | what came back | when again | with whom |
//! |---|---|---|
//! | not booked, for a reason that passes by itself | after a wait that doubles with each attempt | with fewer others each time, after those that were never tried |
//! | refused by Odoo | when what would be sent differs; else after 1, 5, 30 minutes, then hourly | alone, after all others, a few in each pass |
//!
//! A request that Odoo or something before it cannot cope with (it hangs, it is cut off) says
//! nothing of which order is at fault: the smaller company finds it, and no order waits for
//! the same one twice.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use crate::booking::Booking;
use crate::store::{Item, State, Verdict};

use super::deliver::{NotBooked, Sent};
use super::send::Planned;

/// The first wait of an order that was not booked; doubled with each attempt.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);
/// The longest one.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// Minutes between one refusal of Odoo and the next try.
const AFTER_REFUSAL: [i64; 4] = [1, 5, 30, 60];
/// Orders refused by Odoo that are sent again in one pass: each is a request of its own.
pub(super) const REFUSED_AT_ONCE: usize = 20;

/// What is recorded of an order after it was sent.
pub(super) fn verdict(item: &Item, sent: Sent, now: DateTime<Utc>) -> Verdict {
    match sent {
        Sent::Held(judged) => judged.verdict,
        Sent::Refused(refusal) => Verdict::Rejected(refusal, now + after_refusal(item)),
        // The attempt that was just made is not in the item yet.
        Sent::NotBooked(not) => postponed(item, item.attempts + 1, &not, now),
    }
}

/// Tried again after the wait of so many attempts, and not before Odoo wants it.
pub(super) fn postponed(item: &Item, attempts: u32, not: &NotBooked, now: DateTime<Utc>) -> Verdict {
    let asked = not.asked_wait.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    Verdict::Retry(not.why.clone(), now + wait(&item.key, attempts).max(asked))
}

/// Doubles with each attempt. The upper half is spread over the orders, always the same for the
/// same attempt, so that what failed together does not come back together.
fn wait(key: &str, attempts: u32) -> TimeDelta {
    let doubled = FIRST_WAIT * 2_i32.pow(attempts.saturating_sub(1).min(10));
    let longest = doubled.min(LONGEST_WAIT);
    let [spread, ..] = <[u8; 32]>::from(Sha256::digest(format!("{key} {attempts}")));
    longest / 2 + longest * i32::from(spread) / (2 * 255)
}

/// The next of the growing waits, by the one that is over.
fn after_refusal(item: &Item) -> TimeDelta {
    let before = refused_until(item).map_or(TimeDelta::zero(), |until| until - item.changed_at);
    let [.., longest] = AFTER_REFUSAL;
    let next = AFTER_REFUSAL.into_iter().find(|minutes| TimeDelta::minutes(*minutes) > before);
    TimeDelta::minutes(next.unwrap_or(longest))
}

/// Until when an order that Odoo refused is not sent again as it is.
fn refused_until(item: &Item) -> Option<DateTime<Utc>> {
    item.next_try_at.filter(|_| item.state == State::Refused)
}

/// Hash of what is sent of a booking.
pub(super) fn payload_hash(booking: &Booking) -> String {
    format!("{:x}", Sha256::digest(serde_json::to_vec(booking).unwrap_or_default()))
}

/// Planned orders, by when they may go.
#[derive(Default)]
pub(super) struct Sorted {
    /// Now.
    pub now: Vec<Planned>,
    /// After all others of the pass.
    pub last: Vec<Item>,
    /// Not in this pass.
    pub later: Vec<Item>,
}

/// Sorts what is planned. `room`: how many more that Odoo refused may be put last in this pass,
/// at first [`REFUSED_AT_ONCE`]; `None`: the others are through.
pub(super) fn sort(planned: Vec<Planned>, mut room: Option<&mut usize>, now: DateTime<Utc>) -> Sorted {
    let mut sorted = Sorted::default();
    for one in planned {
        let until = refused_as_it_is(&one);
        if until.is_some_and(|until| now < until) {
            sorted.later.push(one.item);
            continue;
        }
        match room.as_deref_mut().filter(|_| until.is_some()) {
            None => sorted.now.push(one),
            Some(0) => sorted.later.push(one.item),
            Some(room) => {
                *room -= 1;
                sorted.last.push(one.item);
            }
        }
    }
    sorted
}

/// Until when Odoo's refusal of just this payload stands.
fn refused_as_it_is(planned: &Planned) -> Option<DateTime<Utc>> {
    let until = refused_until(&planned.item)?;
    (planned.item.payload_hash.as_ref() == Some(&payload_hash(&planned.booking))).then_some(until)
}

/// When an order goes among those that may go now: the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    refused: bool,
    attempts: u32,
}

impl Turn {
    pub fn of(planned: &Planned) -> Self {
        Self { refused: refused_as_it_is(planned).is_some(), attempts: planned.item.attempts }
    }

    /// How many may share a request, where those never tried go `most` at a time.
    pub fn company(self, most: usize) -> usize {
        if self.refused { 1 } else { most.checked_shr(self.attempts).unwrap_or_default().max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::deliver::not_booked;
    use super::super::series::tests::booking;
    use super::*;
    use crate::order::{Code, Refusal};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn item(key: &str, attempts: u32) -> Item {
        Item { attempts, ..Item::received(key, State::Ready) }
    }

    fn planned(key: &str, attempts: u32) -> Planned {
        let booking = Booking { key: key.to_owned(), ..booking() };
        Planned { item: item(key, attempts), booking }
    }

    /// One that Odoo refused at 0, as it is planned now, not to be sent again before 60 s.
    fn refused(key: &str) -> Planned {
        let mut one = planned(key, 1);
        one.item.state = State::Refused;
        one.item.payload_hash = Some(payload_hash(&one.booking));
        one.item.next_try_at = Some(at(60));
        one
    }

    fn no() -> Refusal {
        Refusal::new(Code::OdooRefused, "no", "")
    }

    fn keys<'i>(items: impl IntoIterator<Item = &'i Item>) -> Vec<&'i str> {
        items.into_iter().map(|item| item.key.as_str()).collect()
    }

    #[test]
    fn refusals_are_asked_about_after_1_5_30_minutes_and_then_hourly() {
        let (mut item, mut now) = (item("a", 0), at(0));
        let mut minutes = Vec::new();
        for _ in 0..6 {
            let Verdict::Rejected(_, until) = verdict(&item, Sent::Refused(no()), now) else {
                panic!("not refused")
            };
            minutes.push((until - now).num_minutes());
            // As the store records it; it is taken up some seconds too late.
            (item.state, item.next_try_at, item.changed_at) = (State::Refused, Some(until), now);
            now = until + TimeDelta::seconds(7);
        }
        assert_eq!(minutes, [1, 5, 30, 60, 60, 60]);
        // A person who has it retried begins anew.
        (item.state, item.next_try_at) = (State::Ready, None);
        let Verdict::Rejected(_, until) = verdict(&item, Sent::Refused(no()), now) else {
            panic!("not refused")
        };
        assert_eq!(until - now, TimeDelta::minutes(1));
    }

    #[test]
    fn waits_double_up_to_ten_minutes_with_their_upper_half_spread() {
        for (attempts, longest) in [(1, 10), (2, 20), (3, 40), (6, 320), (7, 600), (30, 600), (u32::MAX, 600)]
        {
            let waits: Vec<_> =
                (0..200).map(|n| wait(&format!("v1:S/-/{n}/sale"), attempts).num_milliseconds()).collect();
            assert!(waits.iter().all(|ms| (longest * 500..=longest * 1000).contains(ms)), "{waits:?}");
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(most - least > longest * 400, "{least} to {most}");
        }
        assert_eq!(wait("a", 3), wait("a", 3));
    }

    #[test]
    fn what_odoo_asks_for_counts_when_it_is_longer() {
        let asked = |seconds: u64| NotBooked {
            asked_wait: Some(std::time::Duration::from_secs(seconds)),
            ..not_booked("busy")
        };
        let after = |not: NotBooked| match verdict(&item("a", 0), Sent::NotBooked(not), at(0)) {
            Verdict::Retry(why, until) => (why.code, (until - at(0)).num_seconds()),
            other => panic!("{other:?}"),
        };
        assert_eq!(after(asked(90)), (Code::OdooUnavailable, 90));
        assert!((5..=10).contains(&after(asked(1)).1));
    }

    #[test]
    fn what_odoo_refused_goes_once_it_is_due_or_differs_and_after_all_others() {
        let held = |room: Option<usize>, now| {
            let mut room = room;
            let mut differs = refused("differs");
            differs.booking.total += rust_decimal::Decimal::ONE;
            let mut flagged = refused("flagged");
            flagged.booking.warnings.push("Late.".into());
            sort(vec![planned("new", 0), refused("same"), differs, flagged], room.as_mut(), at(now))
        };
        let sorted = |sorted: &Sorted| {
            let now = keys(sorted.now.iter().map(|one| &one.item)).join(" ");
            (now, keys(&sorted.last).join(" "), keys(&sorted.later).join(" "))
        };
        let early = sorted(&held(Some(9), 59));
        assert_eq!(early, ("new differs".into(), String::new(), "same flagged".into()));
        let due = sorted(&held(Some(1), 60));
        assert_eq!(due, ("new differs".into(), "same".into(), "flagged".into()), "one at most here");
        let last = sorted(&held(None, 60));
        assert_eq!(last, ("new same differs flagged".into(), String::new(), String::new()));
    }

    #[test]
    fn who_was_tried_before_goes_later_and_with_fewer_others() {
        let turns = [
            planned("new", 0),
            planned("once", 1),
            planned("thrice", 3),
            planned("often", 40),
            refused("no"),
        ]
        .map(|one| Turn::of(&one));
        assert!(turns.is_sorted() && turns.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(turns.map(|turn| turn.company(20)), [20, 10, 2, 1, 1]);
        // What is planned otherwise by now is not sure to be refused: it only was tried.
        let mut differs = refused("differs");
        differs.booking.total += rust_decimal::Decimal::ONE;
        assert_eq!(Turn::of(&differs), Turn::of(&planned("once", 1)));
    }
}
