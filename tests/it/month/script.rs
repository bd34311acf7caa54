//! What a month brings: sales of two shops, and what their sources and people do to them
//! afterwards. It says beforehand what must stand in the end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

use crate::support::orders::{METHODS, Random, Rounding, generate, number, plain, with};

/// The time zones of the two shops.
pub const ZONES: [Tz; 2] = [Tz::Asia__Riyadh, Tz::America__New_York];
/// The product that Odoo does not know until its orders were lost.
pub const UNKNOWN: &str = "MONTH-NEW";
/// The end of a business day, by the shop's clock.
const CLOSES: NaiveTime = NaiveTime::from_hms_opt(4, 0, 0).expect("a time");
/// After so many days a lost order is not shown to any pass any more.
pub const FORGOTTEN: i64 = 4;

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Sold, and that is all.
    Sold,
    /// Completed days after it was opened.
    Late,
    /// Never completed.
    Open,
    /// Written again by the source, the same.
    Touched,
    /// Its total is another one, after it was booked.
    Edited,
    /// Cancelled before it was completed.
    Dropped,
    /// Cancelled after it was booked.
    Cancelled,
    /// Given back whole: its record becomes that of its refund.
    Refunded,
    /// Deleted in the store before it was booked.
    Lost,
    /// Somebody changes its total in Odoo.
    Retotalled,
    /// Somebody cancels it in Odoo.
    Voided,
    /// Somebody moves it to the day before in Odoo.
    Moved,
}

/// An order, from its beginning to its end.
#[derive(Debug)]
pub struct Story {
    pub id: String,
    /// The shop's place in [`ZONES`].
    pub shop: usize,
    /// Its business day.
    pub day: NaiveDate,
    pub fate: Fate,
    /// When it was sold first and last.
    pub total: Decimal,
    /// From when on the source shows what.
    pub versions: Vec<(DateTime<Utc>, String)>,
}

impl Story {
    /// How many records of it Odoo holds at a time, once everything that was shown is booked.
    pub fn booked(&self, at: DateTime<Utc>) -> i64 {
        let shown = self.versions.iter().filter(|(from, _)| *from <= at).count();
        let booked = match self.fate {
            Fate::Late => shown.saturating_sub(1),
            Fate::Open | Fate::Dropped | Fate::Lost => 0,
            Fate::Refunded => shown,
            _ => shown.min(1),
        };
        i64::try_from(booked).expect("few")
    }
}

/// All of them, and the days that they are of.
#[derive(Debug)]
pub struct Month {
    pub days: Vec<NaiveDate>,
    pub stories: Vec<Story>,
}

/// How a day must stand in one shop.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stand {
    pub source: (i64, Decimal),
    pub odoo: (i64, Decimal),
    /// Kinds of difference and the ids of their orders.
    pub differences: BTreeSet<(String, String)>,
}

impl Stand {
    /// The state of the day.
    pub fn state(&self) -> &'static str {
        if self.differences.is_empty() {
            "green"
        } else if self.differences.iter().all(|(kind, _)| kind == "waiting") {
            "amber"
        } else {
            "red"
        }
    }
}

impl Month {
    /// So many orders over the days that end with this one.
    pub fn new(seed: u64, last: NaiveDate, days: u64, count: u64) -> Self {
        let days: Vec<NaiveDate> =
            (0..days).rev().map(|back| last.checked_sub_days(Days::new(back)).expect("a day")).collect();
        let mut random = Random(seed);
        let stories = (1..=count).map(|id| story(&mut random, seed, id, &days)).collect();
        Self { days, stories }
    }

    /// How every day must stand once it is over; `fetched`: what was lost is there again.
    pub fn stands(&self, fetched: bool) -> BTreeMap<(usize, NaiveDate), Stand> {
        let mut stands: BTreeMap<(usize, NaiveDate), Stand> = BTreeMap::new();
        for shop in 0..ZONES.len() {
            for day in &self.days {
                stands.insert((shop, *day), Stand::default());
            }
        }
        let mut differ = |story: &Story, day: NaiveDate, kind: &str| {
            let stand = stands.entry((story.shop, day)).or_default();
            stand.differences.insert((kind.to_owned(), story.id.clone()));
        };
        for story in &self.stories {
            match story.fate {
                Fate::Open => differ(story, story.day, "waiting"),
                Fate::Edited => differ(story, story.day, "changed_at_source"),
                Fate::Cancelled => differ(story, story.day, "cancelled_at_source"),
                Fate::Lost if !fetched => differ(story, story.day, "never_seen"),
                Fate::Retotalled => differ(story, story.day, "other_total"),
                Fate::Voided => differ(story, story.day, "cancelled_in_odoo"),
                Fate::Moved => {
                    differ(story, story.day, "other_day");
                    differ(story, day_before(story.day), "other_day");
                }
                _ => {}
            }
        }
        for story in &self.stories {
            let add = |figures: &mut (i64, Decimal), total: Decimal| {
                figures.0 += 1;
                figures.1 += total;
            };
            let total = story.total;
            let (source, odoo): (&[Decimal], &[Decimal]) = match story.fate {
                Fate::Sold | Fate::Late | Fate::Touched | Fate::Moved => (&[total], &[total]),
                Fate::Lost if fetched => (&[total], &[total]),
                Fate::Open | Fate::Lost | Fate::Voided => (&[total], &[]),
                Fate::Edited => (&[total + total], &[total]),
                Fate::Dropped => (&[], &[]),
                Fate::Cancelled => (&[], &[total]),
                Fate::Refunded => (&[total, -total], &[total, -total]),
                Fate::Retotalled => (&[total], &[total - dec!(0.01)]),
            };
            let stand = stands.get_mut(&(story.shop, story.day)).expect("a day of the month");
            for total in source {
                add(&mut stand.source, *total);
            }
            let day = if story.fate == Fate::Moved { day_before(story.day) } else { story.day };
            let stand = stands.get_mut(&(story.shop, day)).expect("a day of the month");
            for total in odoo {
                add(&mut stand.odoo, *total);
            }
        }
        stands
    }
}

fn day_before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().expect("a day")
}

/// Noon of a business day, UTC, is within that day in both zones.
pub fn noon(day: NaiveDate) -> NaiveDateTime {
    day.and_hms_opt(12, 0, 0).expect("noon")
}

fn story(random: &mut Random, seed: u64, id: u64, days: &[NaiveDate]) -> Story {
    let shop = usize::try_from(id % 2).expect("0 or 1");
    let mut fate = fate_of(id);
    let last = i64::try_from(days.len()).expect("few") - 1;
    // What happens to it afterwards must happen within the month.
    let (first_day, last_day) = match fate {
        Fate::Sold | Fate::Open | Fate::Touched | Fate::Dropped | Fate::Retotalled | Fate::Voided => {
            (0, last)
        }
        Fate::Moved => (1, last),
        Fate::Late | Fate::Edited | Fate::Cancelled | Fate::Refunded => (0, last - 2),
        Fate::Lost => (0, last - FORGOTTEN - 1),
    };
    if last_day < first_day {
        fate = Fate::Sold;
    }
    let day = days[usize::try_from(random.between(first_day, last_day.max(first_day))).expect("a day")];
    // From the end of one business day to the end of the next, most often near both.
    let seconds = match random.between(1, 4) {
        1 => random.between(0, 600),
        2 => random.between(86_400 - 600, 86_399),
        _ => random.between(0, 86_399),
    };
    let local = day.and_time(CLOSES) + TimeDelta::seconds(seconds);
    let zone = ZONES[shop];
    // An hour that a zone leaves out is the next one; one that it has twice is the first.
    let sold = zone.from_local_datetime(&local).earliest();
    let local = if sold.is_some() { local } else { local + TimeDelta::hours(1) };
    let sold = sold.or_else(|| zone.from_local_datetime(&local).earliest()).expect("a time").to_utc();

    let made = if fate == Fate::Lost {
        plain(&id.to_string(), UNKNOWN, Decimal::new(1000, 2), "Card")
    } else {
        generate(seed, id, 1, Rounding::PerOrder).remove(0)
    };
    let order = with(&made.json, json!({"OrderDate": local.format("%Y-%m-%dT%H:%M:%S").to_string()}));
    let at = |at: DateTime<Utc>, fields: Value| {
        let stamp = json!({"UpdatedAt": at.format("%Y-%m-%dT%H:%M:%SZ").to_string()});
        (at, with(&with(&order, stamp), fields))
    };
    // Later than the next look at the source: what it showed before was booked.
    let later = sold + TimeDelta::hours(random.between(15, 40));
    let open = json!({"OrderStatus": 101});
    let versions = match fate {
        Fate::Late => {
            let most = days.last().map_or(1, |last| (*last - day).num_days()).clamp(1, 5);
            let completed = sold + TimeDelta::hours(20 * random.between(1, most));
            vec![at(sold, open), at(completed, json!({}))]
        }
        Fate::Open => vec![at(sold, open)],
        Fate::Touched => vec![at(sold, json!({})), at(later, json!({}))],
        Fate::Edited => vec![at(sold, json!({})), at(later, twice(&order))],
        Fate::Dropped => vec![at(sold, open), at(later, json!({"OrderStatus": 104}))],
        Fate::Cancelled => vec![at(sold, json!({})), at(later, json!({"OrderStatus": 104}))],
        Fate::Refunded => {
            let paid = number(made.expected.total);
            let back = json!([{"CardType": "Card", "AmountPaid": paid}]);
            let fields = json!({"OrderStatus": 106, "AmountPaid": paid, "CheckoutDetails": back});
            vec![at(sold, json!({})), at(later, fields)]
        }
        _ => vec![at(sold, json!({}))],
    };
    Story { id: id.to_string(), shop, day, fate, total: made.expected.total, versions }
}

/// Few of each kind, spread over both shops; a change by hand is done to three.
fn fate_of(id: u64) -> Fate {
    match id {
        3 => Fate::Retotalled,
        6 => Fate::Voided,
        9 => Fate::Moved,
        11..=15 => Fate::Lost,
        _ => match id % 53 {
            1 | 18 => Fate::Late,
            20 => Fate::Open,
            22 => Fate::Touched,
            25 => Fate::Edited,
            27 => Fate::Dropped,
            30 => Fate::Cancelled,
            32 | 35 => Fate::Refunded,
            _ => Fate::Sold,
        },
    }
}

/// Everything of an order two times over.
fn twice(order: &str) -> Value {
    let order: Value = serde_json::from_str(order).expect("an order");
    let double = |name: &str| {
        let amount: Decimal = order[name].to_string().trim_matches('"').parse().expect("an amount");
        number(amount + amount)
    };
    let twice = |list: &str, name: &str| -> Value {
        let mut rows = order[list].as_array().expect("rows").clone();
        rows.extend(rows.clone());
        assert!(rows.iter().all(|row| !row[name].is_null()));
        rows.into()
    };
    json!({
        "AmountTotal": double("AmountTotal"), "AmountDiscount": double("AmountDiscount"),
        "Tax": double("Tax"), "GrandTotal": double("GrandTotal"), "AmountPaid": double("AmountPaid"),
        "OrderItems": twice("OrderItems", "Price"),
        "CheckoutDetails": twice("CheckoutDetails", "AmountPaid"),
    })
}

/// The payment methods of both shops.
pub fn methods() -> &'static [&'static str] {
    &METHODS
}
