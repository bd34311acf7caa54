//! What was found of a business day of a shop, and what that means.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::sync::fetch::Wanted;

/// Orders of one side: how many, and their signed totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many.
    pub count: u64,
    /// Their totals.
    pub sum: Decimal,
}

impl Figures {
    pub(super) fn add(&mut self, total: Decimal) {
        self.count += 1;
        self.sum += total;
    }
}

/// How a day stands, by one rule: see `Light::of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// Everything that the source sold is in Odoo, to the cent, and nothing else is.
    Green,
    /// What differs is explained or still in work.
    Amber,
    /// Something differs that nothing explains or that needs a person.
    Red,
    /// Nothing is known to be wrong, but not everything could be checked.
    Grey,
}

impl Light {
    /// The rule. Red comes before grey: what is known to be wrong is said whatever else is not
    /// known. What a rule of the sync leaves out is no difference.
    fn of(differences: &[Difference], unchecked: &[String]) -> Self {
        if differences.iter().any(|difference| difference.kind.needs_person()) {
            Self::Red
        } else if !unchecked.is_empty() {
            Self::Grey
        } else if differences.is_empty() {
            Self::Green
        } else {
            Self::Amber
        }
    }

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Grey => "grey",
        }
    }

    /// For people; a colour never stands alone.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Green => "complete",
            Self::Amber => "explained",
            Self::Red => "needs you",
            Self::Grey => "not fully checked",
        }
    }
}

/// In what an order differs between the source and Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Not in Odoo, and never received.
    NeverSeen,
    /// Not in Odoo although it was booked once.
    Gone,
    /// Not in Odoo: it needs a person.
    Refused,
    /// Not in Odoo: sold or changed after the source was last asked.
    NotFetched,
    /// Not in Odoo yet: queued, being sent, to be tried again.
    InWork,
    /// Not in Odoo: not completed or paid at its source.
    Waiting,
    /// Not in Odoo: closed by a person.
    Ignored,
    /// Not in Odoo: left out by a rule.
    LeftOut,
    /// In Odoo with another total.
    OtherTotal,
    /// Changed at its source after it was booked.
    ChangedAtSource,
    /// Cancelled at its source after it was booked.
    CancelledAtSource,
    /// In Odoo on another business day.
    OtherDay,
    /// In Odoo in another shop.
    OtherShop,
    /// In Odoo, and the source does not show it.
    NotShown,
    /// In Odoo as a draft.
    Draft,
    /// Cancelled in Odoo.
    CancelledInOdoo,
    /// In Odoo more than once.
    Twice,
    /// Refunded in Odoo by hand.
    RefundedInOdoo,
}

impl Kind {
    /// Whether nothing explains it, or somebody must see to it.
    pub const fn needs_person(self) -> bool {
        !matches!(
            self,
            Self::NotFetched
                | Self::InWork
                | Self::Waiting
                | Self::Ignored
                | Self::LeftOut
                | Self::RefundedInOdoo
        )
    }

    /// Whether asking the source for it again brings it in.
    pub const fn can_be_fetched(self) -> bool {
        matches!(self, Self::NeverSeen | Self::NotFetched)
    }

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverSeen => "never_seen",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::NotFetched => "not_fetched",
            Self::InWork => "in_work",
            Self::Waiting => "waiting",
            Self::Ignored => "ignored",
            Self::LeftOut => "left_out",
            Self::OtherTotal => "other_total",
            Self::ChangedAtSource => "changed_at_source",
            Self::CancelledAtSource => "cancelled_at_source",
            Self::OtherDay => "other_day",
            Self::OtherShop => "other_shop",
            Self::NotShown => "not_shown",
            Self::Draft => "draft",
            Self::CancelledInOdoo => "cancelled_in_odoo",
            Self::Twice => "twice",
            Self::RefundedInOdoo => "refunded_in_odoo",
        }
    }
}

/// An order that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// In what.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// External order id.
    pub id: String,
    /// Its total at the source, signed.
    pub source_total: Option<Decimal>,
    /// Its total in Odoo, signed.
    pub odoo_total: Option<Decimal>,
    /// `pos.order` id.
    pub pos_order: Option<i64>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// A business day of a shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Name of the shop.
    pub shop: String,
    /// `pos.config` id; 0 for orders that no shop takes.
    pub shop_id: i64,
    /// The business day, by the sync's time zone and the time its day ends.
    pub day: NaiveDate,
    /// Code of the shop's currency.
    pub currency: String,
    /// What the source sold and is to be booked.
    pub source: Figures,
    /// What of it Odoo holds.
    pub odoo: Figures,
    /// What a rule of the sync leaves out: other registers, before its start.
    pub left_out: Figures,
    /// How it stands.
    pub light: Light,
    /// What could not be checked, a sentence each.
    pub unchecked: Vec<String>,
    /// Every order that differs.
    pub differences: Vec<Difference>,
}

impl Day {
    pub(super) fn new(shop: (i64, &str), currency: &str, day: NaiveDate) -> Self {
        Self {
            shop: shop.1.to_owned(),
            shop_id: shop.0,
            day,
            currency: currency.to_owned(),
            source: Figures::default(),
            odoo: Figures::default(),
            left_out: Figures::default(),
            light: Light::Green,
            unchecked: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// Everything is noted: says how it stands.
    pub(super) fn close(&mut self) {
        self.differences.sort_by(|a, b| (a.kind, &a.id, &a.key).cmp(&(b.kind, &b.id, &b.key)));
        self.unchecked.sort();
        self.unchecked.dedup();
        self.light = Light::of(&self.differences, &self.unchecked);
    }

    /// Whether nothing was sold and nothing is to be said.
    pub fn is_empty(&self) -> bool {
        let none = Figures::default();
        self.source == none && self.odoo == none && self.left_out == none && self.light == Light::Green
    }
}

/// What was found of a sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// Name of the sync.
    pub sync: String,
    /// Every day of every shop, in order.
    pub days: Vec<Day>,
    /// Orders read from the source.
    pub read: u64,
}

impl Completeness {
    /// Whether a day needs a person.
    pub fn is_red(&self) -> bool {
        self.days.iter().any(|day| day.light == Light::Red)
    }

    /// Whether a day could not be fully checked.
    pub fn is_grey(&self) -> bool {
        self.days.iter().any(|day| day.light == Light::Grey)
    }

    /// The orders that the source is to be asked for again, each once; `None` for nothing.
    pub fn wanted(&self) -> Option<Wanted> {
        let all = self.days.iter().flat_map(|day| &day.differences);
        let ids = all.filter(|difference| difference.kind.can_be_fetched()).map(|one| one.id.clone());
        let ids: Vec<String> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        // A source's day may begin before the business day.
        let from = self.days.iter().map(|day| day.day).min().and_then(|day| day.pred_opt());
        (!ids.is_empty()).then_some(Wanted { ids, from, to: None })
    }

    /// Whether orders were booked and are gone.
    pub fn has_gone(&self) -> bool {
        self.days.iter().flat_map(|day| &day.differences).any(|one| one.kind == Kind::Gone)
    }

    /// "12 days of 2 shops checked: 10 complete, 1 explained, 1 needs you."
    pub fn text(&self) -> String {
        let count = |light: Light| self.days.iter().filter(|day| day.light == light).count();
        let parts: Vec<String> = [Light::Green, Light::Amber, Light::Red, Light::Grey]
            .into_iter()
            .filter(|light| count(*light) > 0)
            .map(|light| format!("{} {}", count(light), light.word()))
            .collect();
        let days = if self.days.len() == 1 { "day" } else { "days" };
        format!("{} {days} checked: {}.", self.days.len(), parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(kind: Kind) -> Difference {
        Difference {
            kind,
            key: String::new(),
            id: "7".into(),
            source_total: None,
            odoo_total: None,
            pos_order: None,
            message: String::new(),
            fix: String::new(),
        }
    }

    #[test]
    fn a_day_is_red_before_it_is_grey_and_grey_before_it_is_amber() {
        let waits = [differing(Kind::Waiting), differing(Kind::Ignored)];
        let lost = [differing(Kind::Waiting), differing(Kind::NeverSeen)];
        let unread = ["Page 2 could not be read.".to_owned()];
        assert_eq!(Light::of(&[], &[]), Light::Green);
        assert_eq!(Light::of(&waits, &[]), Light::Amber);
        assert_eq!(Light::of(&lost, &[]), Light::Red);
        assert_eq!(Light::of(&[], &unread), Light::Grey);
        assert_eq!(Light::of(&waits, &unread), Light::Grey);
        assert_eq!(Light::of(&lost, &unread), Light::Red);
    }
}
