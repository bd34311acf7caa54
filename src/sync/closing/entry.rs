//! The proof: what accounting and stock say of a closed session, asked through the addon.
//!
//! A POS user reads no journal items, and Odoo says so by an empty list, not by a fault: to
//! find nothing there proves nothing.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Part, Text};
use crate::shop::Currency;
use crate::text;

use super::report::Verdict;

/// `external.order.service.closing_entry` of one session.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub found: bool,
    /// The name of the entry.
    #[serde(rename = "entry")]
    pub name: String,
    pub posted: bool,
    pub date: String,
    pub balanced: bool,
    pub orders: u64,
    #[serde(with = "decimal")]
    pub difference: Decimal,
    pub differences: Vec<Difference>,
    #[serde(with = "decimal")]
    pub cash_difference: Decimal,
    pub methods: Vec<Method>,
    pub stock: Vec<Goods>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Difference {
    pub account: String,
    pub label: String,
    #[serde(with = "decimal")]
    pub amount: Decimal,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Method {
    #[serde(rename = "method")]
    pub name: String,
    #[serde(with = "decimal")]
    pub tendered: Decimal,
    #[serde(with = "decimal")]
    pub posted: Decimal,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Goods {
    pub product: String,
    #[serde(with = "decimal")]
    pub sold: Decimal,
    #[serde(with = "decimal")]
    pub moved: Decimal,
}

/// Asks the addon about a session.
pub(super) async fn read(client: &Client, session: i64) -> Result<Entry, CallError> {
    let found: Vec<Entry> = client.read("external.order.service", "closing_entry", ([session],), ()).await?;
    Ok(found.into_iter().next().unwrap_or_default())
}

impl Entry {
    /// The date of the entry.
    pub fn date(&self) -> Option<NaiveDate> {
        self.date.parse().ok()
    }

    /// Whether all is as it should be, and what is not.
    pub fn judge(&self, day: NaiveDate, currency: &Currency) -> (Verdict, Vec<Text>) {
        if !self.found {
            let why = text!("The addon does not find the session: the API user may not see its company.");
            return (Verdict::NotVerified, vec![why]);
        }
        let show = |amount: Decimal| Part::figure(currency.show(currency.round(amount)));
        let mut findings = Vec::new();
        let paid: Decimal = self.methods.iter().map(|method| method.tendered.abs()).sum();
        if self.name.is_empty() {
            if !currency.round(paid).is_zero() {
                findings.push(text!("It has no closing entry although money was taken."));
            }
        } else {
            if !self.posted {
                findings.push(text!("Its entry {entry} is not posted.", entry = &self.name));
            }
            if !self.balanced {
                findings.push(text!("Its entry {entry} is not balanced.", entry = &self.name));
            }
            if self.date() != Some(day) {
                findings.push(text!(
                    "Its entry carries the date {date} instead of {day}.",
                    date = &self.date,
                    day
                ));
            }
        }
        if !currency.round(self.difference).is_zero() {
            let difference = show(self.difference);
            let lines = self.named(currency);
            findings.push(if lines.is_empty() {
                text!("Its entry holds a difference of {difference}.", difference)
            } else {
                text!("Its entry holds a difference of {difference}: {lines}.", difference, lines)
            });
        }
        if !currency.round(self.cash_difference).is_zero() {
            findings.push(text!("Its drawer differs by {amount}.", amount = show(self.cash_difference)));
        }
        for Method { name, tendered, posted } in &self.methods {
            if !self.name.is_empty() && currency.round(*tendered) != currency.round(*posted) {
                findings.push(text!(
                    "{method}: {paid} were paid, {posted} are in the entry.",
                    method = name,
                    paid = show(*tendered),
                    posted = show(*posted)
                ));
            }
        }
        for Goods { product, sold, moved } in &self.stock {
            let [sold, moved] = [sold, moved].map(|quantity| quantity.round_dp(6).normalize());
            findings.push(text!("Stock of {product}: {sold} sold, {moved} moved.", product, sold, moved));
        }
        let verdict = if findings.is_empty() { Verdict::Clean } else { Verdict::NotClean };
        (verdict, findings)
    }

    fn named(&self, currency: &Currency) -> Text {
        Text::listed(self.differences.iter().map(|line| {
            text!(
                "{amount} on {account} ({label})",
                amount = Part::figure(currency.show(line.amount)),
                account = &line.account,
                label = &line.label
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn usd() -> Currency {
        Currency { id: 1, code: "USD".into(), decimals: 2 }
    }

    fn day() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    fn clean() -> Entry {
        Entry {
            found: true,
            name: "POSS/1".into(),
            posted: true,
            date: "2026-11-21".into(),
            balanced: true,
            orders: 2,
            methods: vec![Method {
                name: "Cash".into(),
                // Odoo's doubles carry noise.
                tendered: dec!(13.209999999999999),
                posted: dec!(13.21),
            }],
            ..Entry::default()
        }
    }

    #[test]
    fn clean_is_what_was_read_and_found_right() {
        assert_eq!(clean().judge(day(), &usd()), (Verdict::Clean, vec![]));
        let nothing_sold = Entry { found: true, ..Entry::default() };
        assert_eq!(nothing_sold.judge(day(), &usd()), (Verdict::Clean, vec![]));
        assert_eq!(Entry::default().judge(day(), &usd()).0, Verdict::NotVerified);
    }

    #[test]
    fn whatever_is_not_right_is_named() {
        let goods = Goods { product: "Tea".into(), sold: dec!(2), moved: dec!(1) };
        let line = Difference {
            account: "101300 AR".into(),
            label: "Difference at closing".into(),
            amount: dec!(0.01),
        };
        for (entry, said) in [
            (Entry { posted: false, ..clean() }, "is not posted"),
            (Entry { balanced: false, ..clean() }, "is not balanced"),
            (Entry { date: "2026-11-22".into(), ..clean() }, "2026-11-22 instead of 2026-11-21"),
            (Entry { difference: dec!(0.01), differences: vec![line], ..clean() }, "0.01 on 101300 AR"),
            (Entry { cash_difference: dec!(-14), ..clean() }, "drawer differs by -14.00"),
            (Entry { name: String::new(), ..clean() }, "no closing entry"),
            (Entry { stock: vec![goods], ..clean() }, "Stock of Tea: 2 sold, 1 moved"),
        ] {
            let (verdict, findings) = entry.judge(day(), &usd());
            assert_eq!(verdict, Verdict::NotClean, "{said}");
            assert!(findings.len() == 1 && findings[0].contains(said), "{findings:?}");
        }
        let mut other = clean();
        other.methods[0].posted = dec!(13.2);
        assert!(other.judge(day(), &usd()).1[0].contains("13.21 were paid, 13.20 are in the entry"));
    }
}
