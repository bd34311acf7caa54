//! The comparison, on two sides made up.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};

use crate::config::{Config, Sync};
use crate::order::Code;
use crate::order::body::Limits;
use crate::order::format::orderid::ReadRules;
use crate::order::ingest::arrival;
use crate::shop::ShopRef;
use crate::store::State;

use super::compare::{Known, Sides};
use super::shown::{Is, Shown, SourceSide};
use super::standing::Standing;
use super::{Day, Kind, Light, ShopFacts, Span, Whole, Window};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn sync() -> Sync {
    let toml = "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"Web\"\nurl = \"http://localhost\"\nshop = 1\ntimezone = \"Asia/Riyadh\"\n";
    Config::parse(toml, Path::new("tillbridge.toml")).unwrap().syncs.remove(0)
}

fn key(id: &str) -> String {
    format!("v1:Web/-/{id}/sale")
}

fn shown(id: &str, sold: &str, is: Is) -> (String, Shown) {
    let shown = Shown {
        external_id: id.to_owned(),
        sale_at: Some(at(sold)),
        touched: None,
        total: Some(dec!(11.50)),
        location: None,
        is,
    };
    (key(id), shown)
}

fn stands(id: &str, sold: &str, total: Decimal) -> (String, Standing) {
    let standing = Standing {
        id: 7,
        name: format!("Shop/{id}"),
        state: "paid".into(),
        total,
        at: at(sold),
        shop: (1, "Shop".into()),
        adopted: false,
        twins: Vec::new(),
        refunds: Vec::new(),
    };
    (key(id), standing)
}

fn known(state: State, code: Code, sync: &str) -> Known {
    Known {
        sync: sync.to_owned(),
        state,
        code: Some(code),
        message: "Why.".into(),
        fix: "Fix.".into(),
        sale_at: None,
    }
}

/// 1 March 2026 of a shop in Riyadh, whose day ends at 04:00.
fn day_of(
    sold: Vec<(String, Shown)>,
    standing: Vec<(String, Standing)>,
    known: Vec<(String, Known)>,
    unread: &[&str],
) -> Day {
    let sync = sync();
    let day = "2026-03-01".parse().unwrap();
    let span = Span { from: day, to: day };
    let shops =
        vec![ShopFacts { id: 1, name: "Shop".into(), currency: "SAR".into(), refs: vec![ShopRef::Id(1)] }];
    let whole = Whole {
        sync: &sync,
        others: HashSet::from(["file:Other".to_owned()]),
        span,
        window: Window::of(span, &sync),
        shops,
        changed: HashSet::new(),
        asked: Some(at("2026-03-01T20:00:00Z")),
    };
    let mut source = SourceSide::new(at("2026-03-02T09:00:00Z"));
    source.earliest = Some(at("2026-02-28T09:00:00Z"));
    source.shown = sold.into_iter().collect();
    source.unread = unread.iter().map(|text| (*text).to_owned()).collect();
    let (standing, known): (HashMap<_, _>, HashMap<_, _>) =
        (standing.into_iter().collect(), known.into_iter().collect());
    let sides = Sides { whole: &whole, source: &source, standing: &standing, known: &known };
    let mut days = sides.days();
    assert_eq!(days.len(), 1, "{days:?}");
    days.remove(0)
}

fn kinds(day: &Day) -> Vec<(&str, Kind)> {
    day.differences.iter().map(|one| (one.id.as_str(), one.kind)).collect()
}

const NOON: &str = "2026-03-01T12:00:00Z";

#[test]
fn what_agrees_is_green_and_a_rule_that_leaves_out_makes_no_difference() {
    let sold =
        vec![shown("1", NOON, Is::Sold), shown("2", NOON, Is::LeftOut), shown("3", NOON, Is::Cancelled)];
    let day = day_of(sold, vec![stands("1", NOON, dec!(11.5))], Vec::new(), &[]);
    assert_eq!((day.light, day.source, kinds(&day)), (Light::Green, day.odoo, vec![]));
    assert_eq!((day.source.count, day.source.sum, day.left_out.count), (1, dec!(11.50), 1));
}

#[test]
fn why_an_order_is_not_in_odoo_decides_whether_anybody_must_look() {
    let cases = [
        (Is::Sold, None, Kind::NeverSeen),
        (Is::Open("Not completed.".into()), None, Kind::Waiting),
        (Is::Sold, Some((State::Refused, Code::UnknownProduct)), Kind::Refused),
        (Is::Sold, Some((State::Ready, Code::Unreadable)), Kind::InWork),
        (Is::Sold, Some((State::Retrying, Code::Unreadable)), Kind::InWork),
        (Is::Sold, Some((State::Ignored, Code::Unreadable)), Kind::Ignored),
        (Is::Sold, Some((State::Booked, Code::Unreadable)), Kind::Gone),
        (Is::Sold, Some((State::Missing, Code::GoneFromOdoo)), Kind::Gone),
        (Is::Sold, Some((State::Waiting, Code::NotCompleted)), Kind::NotFetched),
        (Is::Sold, Some((State::Waiting, Code::WaitingLong)), Kind::NotFetched),
        (Is::Sold, Some((State::Waiting, Code::SaleNotBooked)), Kind::Waiting),
        (Is::Sold, Some((State::Skipped, Code::Cancelled)), Kind::NotFetched),
    ];
    for (is, state, kind) in cases {
        let known = state.map(|(state, code)| (key("1"), known(state, code, "file:Web")));
        let day = day_of(vec![shown("1", NOON, is)], Vec::new(), known.into_iter().collect(), &[]);
        assert_eq!(kinds(&day), [("1", kind)], "{state:?}");
        let light = if kind.needs_person() { Light::Red } else { Light::Amber };
        assert_eq!((day.light, day.source.count, day.odoo.count), (light, 1, 0), "{kind:?}");
    }
    // Sold after the source was last asked.
    let day = day_of(vec![shown("1", "2026-03-01T21:00:00Z", Is::Sold)], Vec::new(), Vec::new(), &[]);
    assert_eq!((kinds(&day), day.light), (vec![("1", Kind::NotFetched)], Light::Amber));
}

#[test]
fn what_odoo_holds_and_the_source_does_not_show_is_named_unless_something_explains_it() {
    let held = || vec![stands("1", NOON, dec!(11.5))];
    let lost = day_of(Vec::new(), held(), Vec::new(), &[]);
    assert_eq!((kinds(&lost), lost.light), (vec![("1", Kind::NotShown)], Light::Red));
    let unread = day_of(Vec::new(), held(), Vec::new(), &["A page."]);
    assert_eq!((kinds(&unread), unread.light), (vec![], Light::Grey));
    let known_elsewhere = vec![(key("1"), known(State::Booked, Code::Unreadable, "file:Other"))];
    let others = day_of(Vec::new(), held(), known_elsewhere, &[]);
    assert_eq!((others.light, others.odoo.count), (Light::Green, 0), "another sync's of the same source");
    let before = day_of(Vec::new(), vec![stands("1", "2026-03-01T01:30:00Z", dec!(1))], Vec::new(), &[]);
    assert_eq!(before.light, Light::Red);
    // A record that became its own refund at the source is its sale, too.
    let (_, mut refund) = shown("1", NOON, Is::Sold);
    refund.total = Some(dec!(-11.50));
    let refunded = vec![("v1:Web/-/1/refund".to_owned(), refund)];
    let (_, mut back) = stands("1", NOON, dec!(-11.5));
    back.name = "Shop/1 R".into();
    let both = vec![stands("1", NOON, dec!(11.5)), ("v1:Web/-/1/refund".to_owned(), back)];
    let day = day_of(refunded, both, Vec::new(), &[]);
    assert_eq!((day.light, day.source.count, day.odoo.count), (Light::Green, 2, 2));
}

#[test]
fn what_was_done_to_a_booked_order_is_named() {
    type Case = (fn(&mut Standing), Kind, Light);
    let sold = || vec![shown("1", NOON, Is::Sold)];
    let with = |change: fn(&mut Standing)| {
        let (key, mut one) = stands("1", NOON, dec!(11.5));
        change(&mut one);
        day_of(sold(), vec![(key, one)], Vec::new(), &[])
    };
    let cases: [Case; 5] = [
        (|one| one.total = dec!(11.49), Kind::OtherTotal, Light::Red),
        (|one| one.state = "draft".into(), Kind::Draft, Light::Red),
        (|one| one.state = "cancel".into(), Kind::CancelledInOdoo, Light::Red),
        (|one| one.twins.push(("Shop/9".into(), dec!(11.5))), Kind::Twice, Light::Red),
        (|one| one.refunds.push("Shop/9".into()), Kind::RefundedInOdoo, Light::Amber),
    ];
    for (change, kind, light) in cases {
        let day = with(change);
        assert_eq!((kinds(&day), day.light), (vec![("1", kind)], light));
    }
    let cancelled = vec![shown("1", NOON, Is::Cancelled)];
    let day = day_of(cancelled, vec![stands("1", NOON, dec!(11.5))], Vec::new(), &[]);
    assert_eq!(kinds(&day), [("1", Kind::CancelledAtSource)]);
    assert_eq!((day.source.count, day.odoo.count), (0, 1));
    let moved = day_of(sold(), vec![stands("1", "2026-03-02T01:00:00Z", dec!(11.5))], Vec::new(), &[]);
    assert_eq!(
        (kinds(&moved), moved.odoo.count),
        (vec![("1", Kind::OtherDay)], 0),
        "04:00 begins the next day"
    );
}

#[test]
fn an_older_version_of_an_order_replaces_no_newer_one_on_whatever_day_it_was() {
    let sync = sync();
    let day = "2026-03-01".parse().unwrap();
    let window = Window::of(Span { from: day, to: day }, &sync);
    let rules = ReadRules::new(sync.source.clone(), chrono_tz::UTC);
    let read = |sold: &str, touched: &str| {
        let raw = format!(
            r#"{{"OrderID":1,"GrandTotal":1,"OrderItems":[{{"Price":1}}],"OrderDate":"{sold}","UpdatedAt":"{touched}"}}"#
        );
        arrival(raw.as_bytes(), &rules, &Limits::default(), DateTime::UNIX_EPOCH)
    };
    let (here, there) = (NOON, "2026-03-09T12:00:00Z");
    let (early, late) = ("2026-03-10T01:00:00Z", "2026-03-10T02:00:00Z");
    let seen = |versions: [(&str, &str); 2]| {
        let mut source = SourceSide::new(at("2026-03-11T00:00:00Z"));
        for (sold, touched) in versions {
            source.take(read(sold, touched), &sync, &window, at("2026-03-11T00:00:00Z"));
        }
        (source.shown.contains_key(&key("1")), source.elsewhere(&key("1")).is_some())
    };
    assert_eq!(seen([(here, late), (there, early)]), (true, false));
    assert_eq!(seen([(there, late), (here, early)]), (false, true));
    assert_eq!(seen([(here, early), (there, late)]), (false, true));
    assert_eq!(seen([(there, early), (here, late)]), (true, false));
}
