//! The sample orders, as the demo's order system sends them.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::order::SourceId;
use crate::order::format::orderid::{self, ReadRules};

/// Where the demo's shop stands: its dates name no zone.
pub(super) const ZONE: Tz = chrono_tz::Asia::Riyadh;

/// Source id of the demo's orders.
pub(super) const SOURCE: &str = "demo";

/// One raw order, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SampleOrder {
    /// Its text; not necessarily JSON.
    pub raw: String,
    /// When it last changed, UTC; `None` where that cannot be read.
    pub changed_at: Option<DateTime<Utc>>,
}

/// The sample orders, sold on the two days before `today` (in [`ZONE`]).
pub(super) fn orders(today: NaiveDate) -> Vec<SampleOrder> {
    paragraphs(include_str!("orders.txt"))
        .map(|raw| {
            let raw = dated(&raw, today);
            let changed_at = changed_at(&raw);
            SampleOrder { raw, changed_at }
        })
        .collect()
}

/// The paragraphs of a text without the lines that only explain.
fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    text.split("\n\n").filter_map(|paragraph| {
        let lines: Vec<&str> =
            paragraph.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    })
}

/// Puts dates in the place of `DAY-1`, `DAY-2`, `DMY-1` and `DMY-2`.
fn dated(raw: &str, today: NaiveDate) -> String {
    [1, 2].into_iter().fold(raw.to_owned(), |raw, ago| {
        let day = today.checked_sub_days(Days::new(ago)).unwrap_or(today);
        raw.replace(&format!("DAY-{ago}"), &day.format("%Y-%m-%d").to_string())
            .replace(&format!("DMY-{ago}"), &day.format("%d-%m-%Y").to_string())
    })
}

fn changed_at(raw: &str) -> Option<DateTime<Utc>> {
    let rules = ReadRules::new(SourceId::new(SOURCE)?, ZONE);
    let order = orderid::read(raw, &rules, DateTime::UNIX_EPOCH).ok()?;
    order.updated_at.or(order.dated.then_some(order.sale_at))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::order::{Code, Document, Status};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, 11, 22).unwrap()
    }

    #[test]
    fn all_but_the_intended_ones_can_be_read() {
        let rules = ReadRules::new(SourceId::new(SOURCE).unwrap(), ZONE);
        let mut ready = 0;
        let mut unread = Vec::new();
        let mut open = Vec::new();
        let mut keys = BTreeSet::new();
        let mut repeated = Vec::new();
        for sample in orders(today()) {
            match orderid::read(&sample.raw, &rules, DateTime::UNIX_EPOCH) {
                Ok(order) => {
                    assert!(order.dated, "{}", sample.raw);
                    ready += usize::from(matches!(order.status, Status::Completed | Status::Refund));
                    if !keys.insert(order.key.canonical()) {
                        repeated.push(order.key.order_id);
                    }
                }
                Err(error) if error.refusal.code == Code::NotCompleted => {
                    open.push(error.external_id.unwrap());
                }
                Err(error) => unread.push((error.external_id.unwrap(), error.refusal.code)),
            }
        }
        assert_eq!(unread, [("70328".to_owned(), Code::Unreadable)]);
        assert_eq!(open, ["70325"]);
        assert_eq!(repeated, ["70324"]);
        assert_eq!(ready, 31);
    }

    #[test]
    fn the_refunds_name_their_sales() {
        let rules = ReadRules::new(SourceId::new(SOURCE).unwrap(), ZONE);
        let read = |sample: SampleOrder| orderid::read(&sample.raw, &rules, DateTime::UNIX_EPOCH).ok();
        let (sales, refunds): (Vec<_>, Vec<_>) = orders(today())
            .into_iter()
            .filter_map(read)
            .map(|order| order.key)
            .partition(|key| key.document == Document::Sale);
        assert_eq!(refunds.len(), 2);
        for refund in refunds {
            assert!(
                sales.iter().any(|sale| sale.order_id == refund.order_id && sale.location == refund.location)
            );
        }
    }

    #[test]
    fn the_orders_are_those_of_the_two_days_before() {
        let known: Vec<_> = orders(today()).into_iter().filter_map(|sample| sample.changed_at).collect();
        let first = "2025-11-20T00:00:00+03:00".parse::<DateTime<Utc>>().unwrap();
        let end = "2025-11-22T00:00:00+03:00".parse::<DateTime<Utc>>().unwrap();
        assert!(known.len() > 25);
        assert!(known.iter().all(|at| (first..end).contains(at)), "{known:?}");
        assert!(
            orders(today()).iter().all(|sample| !sample.raw.contains("DAY-") && !sample.raw.contains("DMY-"))
        );
    }
}
