//! Both sides against each other. Pure: what the store says only explains a difference.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::order::{Code, Document, OrderKey, Part, Text};
use crate::store::{Item, State};
use crate::text;

use super::super::cancelled::is_followed;
use super::super::closing::Calendar;
use super::super::restored::gone;
use super::Whole;
use super::day::{Day, Difference, Kind};
use super::shown::{Is, Shown, SourceSide};
use super::standing::Standing;

/// What the store says of an order.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub sync: String,
    pub state: State,
    pub code: Option<Code>,
    pub message: Text,
    pub fix: Text,
    pub sale_at: Option<DateTime<Utc>>,
}

impl Known {
    pub fn of(item: &Item) -> Self {
        let reason = item.reason.as_ref();
        Self {
            sync: item.sync.clone(),
            state: item.state,
            code: reason.map(|reason| reason.code),
            message: reason.map(|reason| reason.message.clone()).unwrap_or_default(),
            fix: reason.map(|reason| reason.fix.clone()).unwrap_or_default(),
            sale_at: item.sale_at,
        }
    }
}

/// Everything that is compared.
pub(super) struct Sides<'a> {
    pub whole: &'a Whole<'a>,
    pub source: &'a SourceSide,
    pub standing: &'a HashMap<String, Standing>,
    /// By key, of the orders that are in question.
    pub known: &'a HashMap<String, Known>,
}

/// A shop and a business day.
type Place = (i64, NaiveDate);

impl Sides<'_> {
    fn calendar(&self) -> Calendar {
        Calendar::of(self.whole.sync)
    }

    /// The shop that takes the orders of a location.
    fn shop_of(&self, location: Option<&str>) -> i64 {
        let shop = self.whole.sync.shops.of(location);
        let found = self.whole.shops.iter().find(|facts| shop.is_some_and(|shop| facts.refs.contains(shop)));
        found.map_or(0, |facts| facts.id)
    }

    /// Keys of the orders that are on one side alone, or without a date, and of the refunds of
    /// those that are cancelled: for these the store is asked.
    pub fn in_question(&self) -> Vec<String> {
        let shown = self.source.shown.iter();
        let shown = shown.filter(|(key, one)| one.sale_at.is_none() || !self.standing.contains_key(*key));
        let stands = self.standing.keys().filter(|key| !self.source.shown.contains_key(*key));
        shown.map(|(key, _)| key).chain(stands).cloned().chain(self.source.cancellations()).collect()
    }

    /// Keys of orders in Odoo that the source should show and did not, with the time from which
    /// on it is to be asked for them.
    pub fn not_shown(&self) -> Vec<(String, DateTime<Utc>)> {
        let missed = |(key, stands): (&String, &Standing)| {
            (self.unshown(key, stands) == Some(Unshown::Missed)).then(|| (key.clone(), stands.at))
        };
        self.standing.iter().filter_map(missed).collect()
    }

    /// Why the source does not show an order that Odoo holds; `None` where it does.
    fn unshown(&self, key: &str, stands: &Standing) -> Option<Unshown> {
        if self.source.shown.contains_key(key) {
            return None;
        }
        let known = self.known.get(key);
        if let Some(refund) = OrderKey::parse(key).filter(|key| key.is_cancellation() && stands.counts()) {
            let upheld = self.source.upholds(&refund.sale().canonical());
            return Some(if upheld { Unshown::Upheld } else { Unshown::OfCancelled });
        }
        Some(if let Some(at) = self.source.elsewhere(key) {
            Unshown::OtherDay(at)
        } else if known.is_some_and(|known| self.whole.others.contains(&known.sync)) || !stands.counts() {
            // Another sync's of the same source; or nothing that is in the books.
            Unshown::NotOurs
        } else if self.is_refunded(key) {
            // The source shows such an order as its refund alone.
            Unshown::AsItsRefund
        } else if stands.at >= self.source.began {
            Unshown::TooNew
        } else if self.source.earliest.is_none_or(|earliest| stands.at < earliest) {
            Unshown::OutOfReach
        } else if !self.source.unread.is_empty() {
            Unshown::Unread
        } else {
            Unshown::Missed
        })
    }

    fn is_refunded(&self, key: &str) -> bool {
        let Some(sale) = OrderKey::parse(key).filter(|key| key.document == Document::Sale) else {
            return false;
        };
        let refund = OrderKey { document: Document::Refund(None), ..sale };
        let refund = refund.canonical();
        self.source.shown.contains_key(&refund) || self.source.elsewhere(&refund).is_some()
    }

    /// The days of every shop, each with what differs.
    pub fn days(&self) -> Vec<Day> {
        let mut book = Book { sides: self, days: BTreeMap::new() };
        for shop in &self.whole.shops {
            for day in self.whole.span.days() {
                book.days.insert((shop.id, day), Day::new((shop.id, &shop.name), &shop.currency, day));
            }
        }
        for (key, shown) in &self.source.shown {
            book.shown(key, shown);
        }
        for (key, stands) in self.standing {
            book.unshown(key, stands);
        }
        let mut days: Vec<Day> = book.days.into_values().collect();
        for day in &mut days {
            day.unchecked.extend(self.source.unread.iter().cloned());
            day.close();
        }
        days.sort_by(|a, b| (a.day, &a.shop, a.shop_id).cmp(&(b.day, &b.shop, b.shop_id)));
        days
    }
}

/// Why the source does not show an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unshown {
    /// It was sold on another day, says the source.
    OtherDay(DateTime<Utc>),
    NotOurs,
    AsItsRefund,
    /// It gives back what the source cancelled: our own document.
    OfCancelled,
    /// It gives back what the source shows as not cancelled.
    Upheld,
    /// It was sold while the source was read.
    TooNew,
    /// It was sold before anything that the source shows.
    OutOfReach,
    /// It may stand on a page that cannot be read.
    Unread,
    /// Nothing explains it.
    Missed,
}

/// The days, being written.
struct Book<'a, 's> {
    sides: &'a Sides<'s>,
    days: BTreeMap<Place, Day>,
}

impl Book<'_, '_> {
    fn place(&self, shop: i64, at: DateTime<Utc>) -> Place {
        (shop, self.sides.calendar().day(at))
    }

    /// The day of a place; `None` for one that is not asked about.
    fn day(&mut self, (shop, day): Place) -> Option<&mut Day> {
        if !self.sides.whole.span.holds(day) {
            return None;
        }
        Some(self.days.entry((shop, day)).or_insert_with(|| {
            let name = if shop == 0 { "(no shop)" } else { "(another shop)" };
            Day::new((shop, name), "", day)
        }))
    }

    fn count_source(&mut self, place: Place, total: Option<Decimal>) {
        if let Some(day) = self.day(place) {
            day.source.add(total.unwrap_or_default());
        }
    }

    fn count_odoo(&mut self, place: Place, stands: &Standing) {
        if let Some(day) = self.day(place) {
            day.odoo.add(stands.total);
            for (_, total) in &stands.twins {
                day.odoo.add(*total);
            }
        }
    }

    fn differs(
        &mut self,
        place: Place,
        kind: Kind,
        (key, id): (&str, &str),
        (source, stands): (Option<Decimal>, Option<&Standing>),
        (message, fix): (Text, Text),
    ) {
        if let Some(day) = self.day(place) {
            day.differences.push(Difference {
                kind,
                key: key.to_owned(),
                id: id.to_owned(),
                source_total: source,
                odoo_total: stands.map(|stands| stands.total),
                pos_order: stands.map(|stands| stands.id),
                message,
                fix,
            });
        }
    }

    /// An order that the source shows.
    fn shown(&mut self, key: &str, shown: &Shown) {
        let sides = self.sides;
        let (stands, known) = (sides.standing.get(key), sides.known.get(key));
        let shop = sides.shop_of(shown.location.as_deref());
        let at = shown.sale_at.or(known.and_then(|known| known.sale_at)).or(stands.map(|stands| stands.at));
        // An order without any date is sold, as far as anybody knows, when it is first seen.
        let place = self.place(shop, at.unwrap_or(sides.source.began));
        let which = (key, shown.external_id.as_str());
        match (&shown.is, stands) {
            (Is::Cancelled, Some(stands)) if stands.counts() => {
                let place = self.place(stands.shop.0, stands.at);
                self.count_odoo(place, stands);
                match self.cancelled(key, stands) {
                    // Sold on this day, and given back on that of its refund.
                    None => self.count_source(place, Some(stands.total)),
                    Some((kind, message, fix)) => {
                        self.differs(place, kind, which, (None, Some(stands)), (message, fix));
                    }
                }
            }
            (Is::Cancelled, _) => {}
            (Is::LeftOut, None) => {
                if let Some(day) = self.day(place) {
                    day.left_out.add(shown.total.unwrap_or_default());
                }
            }
            (Is::Unreadable(..), Some(stands)) if stands.counts() => {
                let place = self.place(stands.shop.0, stands.at);
                self.count_source(place, Some(stands.total));
                self.count_odoo(place, stands);
                let said = (
                    text!(
                        "It stands in Odoo as {name}, and what the source shows of it now cannot be read.",
                        name = &stands.name
                    ),
                    text!("Look at the order at its source."),
                );
                self.differs(place, Kind::ChangedAtSource, which, (None, Some(stands)), said);
            }
            (_, Some(stands)) => {
                self.count_source(place, shown.total);
                self.standing(place, which, shown, stands);
            }
            (is, None) => {
                self.count_source(place, shown.total);
                let (kind, message, fix) = self.missing(is, shown, known);
                self.differs(place, kind, which, (shown.total, None), (message, fix));
            }
        }
    }

    /// What is to be said of an order that was cancelled after it was booked; nothing once it is
    /// refunded.
    fn cancelled(&self, key: &str, stands: &Standing) -> Option<(Kind, Text, Text)> {
        let sides = self.sides;
        let refund = OrderKey::parse(key)?.cancellation().canonical();
        if sides.standing.get(&refund).is_some_and(Standing::counts) {
            return None;
        }
        let cancelled = text!("The source cancelled it after it was booked as {name}.", name = &stands.name);
        let (kind, more, fix) = match sides.known.get(&refund) {
            Some(known) if matches!(known.state, State::Ready | State::Sending | State::Retrying) => {
                (Kind::InWork, text!("Its refund is queued."), known.fix.clone())
            }
            Some(known) => {
                (Kind::CancelledAtSource, text!("Its refund: {why}", why = &known.message), known.fix.clone())
            }
            None if is_followed(sides.whole.sync) && !sides.whole.changed.contains(key) => {
                (Kind::NotFetched, Text::default(), text!("Nothing to do: the next pass books its refund."))
            }
            None => {
                let fix = text!("Refund it in Odoo, or have the source restore it.");
                (Kind::CancelledAtSource, Text::default(), fix)
            }
        };
        Some((kind, Text::sentences([cancelled, more]), fix))
    }

    /// An order that is on both sides.
    fn standing(&mut self, place: Place, which: (&str, &str), shown: &Shown, stands: &Standing) {
        let both = (shown.total, Some(stands));
        let name = &stands.name;
        if !stands.counts() {
            let (kind, message) = if stands.state == "cancel" {
                (Kind::CancelledInOdoo, text!("Somebody cancelled it in Odoo ({name}).", name))
            } else {
                (
                    Kind::Draft,
                    text!(
                        "It stands in Odoo as {name}, which is not paid ({state}).",
                        name,
                        state = &stands.state
                    ),
                )
            };
            let fix = text!("Look at the order in Odoo: pay it there, or refund it at its source.");
            self.differs(place, kind, which, both, (message, fix));
            return;
        }
        let there = self.place(stands.shop.0, stands.at);
        self.count_odoo(there, stands);
        if there != place {
            let (kind, message) = if there.0 == place.0 {
                let message = text!(
                    "It was sold on {sold} and stands in Odoo on {day} as {name}.",
                    sold = place.1,
                    day = there.1,
                    name
                );
                (Kind::OtherDay, message)
            } else {
                let shop = &stands.shop.1;
                (Kind::OtherShop, text!("It stands in Odoo in the shop {shop}, as {name}.", shop, name))
            };
            let fix = if stands.adopted {
                text!("Somebody else entered it: compare the order in Odoo with its source.")
            } else {
                text!("Compare the order in Odoo with its source, and correct it there.")
            };
            for place in [place, there] {
                self.differs(place, kind, which, both, (message.clone(), fix.clone()));
            }
        }
        let changed = self.sides.whole.changed.contains(which.0);
        if changed {
            let said = (
                text!("It changed at its source after it was booked as {name}.", name),
                text!("Compare both versions and correct the order in Odoo if needed."),
            );
            self.differs(place, Kind::ChangedAtSource, which, both, said);
        } else if let Some(total) = shown.total.filter(|total| *total != stands.total) {
            let said = (
                text!(
                    "It stands in Odoo as {name} with {booked}, instead of {total}.",
                    name,
                    booked = stands.total,
                    total
                ),
                text!(
                    "Compare the order in Odoo with its source: one of them was edited. Correct it in Odoo."
                ),
            );
            self.differs(place, Kind::OtherTotal, which, both, said);
        }
        if !stands.twins.is_empty() {
            let names: Vec<&str> = stands.twins.iter().map(|(name, _)| name.as_str()).collect();
            let said = (
                text!("Odoo holds it as {name} and again as {others}.", name, others = names.join(", ")),
                text!("Refund what is too much in Odoo."),
            );
            self.differs(there, Kind::Twice, which, both, said);
        }
        if !stands.refunds.is_empty() {
            let said = (
                text!(
                    "Somebody refunded {name} in Odoo by hand: {refunds}.",
                    name,
                    refunds = stands.refunds.join(", ")
                ),
                text!("Nothing to do if that is right; the source does not know of it."),
            );
            self.differs(place, Kind::RefundedInOdoo, which, both, said);
        }
    }

    /// Why an order that the source shows is not in Odoo.
    fn missing(&self, is: &Is, shown: &Shown, known: Option<&Known>) -> (Kind, Text, Text) {
        if let (Is::Unreadable(message, fix), false) = (is, known.is_some_and(is_closed)) {
            return (Kind::Refused, message.clone(), fix.clone());
        }
        let is_open = matches!(is, Is::Open(_));
        let Some(known) = known else {
            let since = shown.touched.or(shown.sale_at);
            let is_new = self.sides.whole.asked.zip(since).is_some_and(|(asked, since)| since >= asked);
            return match is {
                Is::Open(why) => (Kind::Waiting, why.clone(), Text::default()),
                _ if is_new => (
                    Kind::NotFetched,
                    text!("It was sold after the source was last asked."),
                    text!("Nothing to do: the next pass takes it in."),
                ),
                _ => (
                    Kind::NeverSeen,
                    text!("The source shows it, and tillbridge never received it."),
                    text!(
                        "Fetch it: tillbridge reconcile --repair, or the button Fetch the missing in Odoo."
                    ),
                ),
            };
        };
        let told = |kind| (kind, known.message.clone(), known.fix.clone());
        match known.state {
            State::Booked | State::Conflict | State::Missing => {
                let gone = gone();
                (Kind::Gone, gone.message, gone.fix)
            }
            State::Ignored => told(Kind::Ignored),
            State::Refused => told(Kind::Refused),
            State::Waiting if is_open || !waits_for_source(known) => told(Kind::Waiting),
            State::Skipped if !is_open && known.code != Some(Code::Cancelled) => told(Kind::LeftOut),
            State::Retrying => told(Kind::InWork),
            State::Ready => (
                Kind::InWork,
                text!("It is queued."),
                text!("Nothing to do: it is booked with the next pass."),
            ),
            State::Sending => (
                Kind::InWork,
                text!("It was sent to Odoo, which gave no clear answer yet."),
                text!("Nothing to do: it is looked up before anything is sent again."),
            ),
            _ => match is {
                Is::Open(why) => (Kind::Waiting, why.clone(), Text::default()),
                _ => (
                    Kind::NotFetched,
                    text!("The source shows it completed, which tillbridge has not heard yet."),
                    text!(
                        "Nothing to do: the next pass takes it in. At once: tillbridge reconcile --repair."
                    ),
                ),
            },
        }
    }

    /// An order that Odoo holds on one of the days.
    fn unshown(&mut self, key: &str, stands: &Standing) {
        let sides = self.sides;
        let Some(why) = sides.unshown(key, stands) else { return };
        let place = self.place(stands.shop.0, stands.at);
        let id = OrderKey::parse(key).map(|key| key.order_id).unwrap_or_default();
        let which = (key, id.as_str());
        let name = &stands.name;
        match why {
            Unshown::NotOurs | Unshown::TooNew => {}
            Unshown::AsItsRefund | Unshown::OfCancelled => {
                self.count_source(place, Some(stands.total));
                self.count_odoo(place, stands);
            }
            Unshown::Upheld => {
                self.count_odoo(place, stands);
                let said = (
                    text!(
                        "{name} refunds it because the source had cancelled it, and the source shows it as sold again.",
                        name
                    ),
                    text!("Compare both: sell it again in Odoo if the source is right."),
                );
                self.differs(place, Kind::NotShown, which, (None, Some(stands)), said);
            }
            Unshown::OtherDay(at) => {
                let sold = sides.calendar().day(at);
                self.count_odoo(place, stands);
                let said = (
                    text!(
                        "It was sold on {sold} and stands in Odoo on {day} as {name}.",
                        sold,
                        day = place.1,
                        name
                    ),
                    text!("Compare the order in Odoo with its source, and correct it there."),
                );
                self.differs(place, Kind::OtherDay, which, (None, Some(stands)), said);
            }
            Unshown::OutOfReach => {
                self.count_odoo(place, stands);
                if let Some(day) = self.day(place) {
                    day.unchecked.push(match sides.source.earliest {
                        Some(earliest) => text!(
                            "The source shows nothing sold before {moment}.",
                            moment = Part::utc(earliest)
                        ),
                        None => text!("The source shows nothing of these days."),
                    });
                }
            }
            Unshown::Unread => self.count_odoo(place, stands),
            Unshown::Missed => {
                self.count_odoo(place, stands);
                let said = (
                    text!("It stands in Odoo as {name}, and the source does not show it.", name),
                    text!(
                        "Was it deleted at its source, or did its number change there? Ask the source; refund it in Odoo if it was never sold."
                    ),
                );
                self.differs(place, Kind::NotShown, which, (None, Some(stands)), said);
            }
        }
    }
}

/// It waits for nothing but its completion, which the source may have shown by now.
fn waits_for_source(known: &Known) -> bool {
    matches!(known.code, Some(Code::NotCompleted | Code::WaitingLong))
}

fn is_closed(known: &Known) -> bool {
    known.state == State::Ignored
}
