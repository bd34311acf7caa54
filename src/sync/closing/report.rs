//! What became of closing a session, for people and for `--output json`.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::order::Text;
use crate::text;

/// What is known of a session that was to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Closed; accounting was read: posted, balanced, of the right date, no difference.
    Clean,
    /// Closed; accounting could not be read.
    NotVerified,
    /// Closed, and something in accounting or stock is not as it should be.
    NotClean,
    /// Still open: somebody has to see to it.
    NotClosed,
}

impl Verdict {
    /// The same, for people.
    pub fn text(self) -> Text {
        match self {
            Self::Clean => text!("closed clean"),
            Self::NotVerified => text!("closed, not verified"),
            Self::NotClean => text!("closed, not clean"),
            Self::NotClosed => text!("not closed"),
        }
    }

    /// The verdict in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "closed clean",
            Self::NotVerified => "closed, not verified",
            Self::NotClean => "closed, not clean",
            Self::NotClosed => "not closed",
        }
    }
}

/// What became of a session that was to be closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionReport {
    /// `pos.session` id.
    pub session: i64,
    /// Its name.
    pub name: String,
    /// Name of its shop.
    pub shop: String,
    /// The business day that its entry is to carry.
    pub business_day: NaiveDate,
    /// What is known of it.
    pub verdict: Verdict,
    /// Name of the closing entry, where there is one and it can be read.
    pub entry: Option<String>,
    /// The date of the closing entry.
    pub entry_date: Option<NaiveDate>,
    /// Per payment method, what the orders were paid with; as far as accounting can be read.
    pub tendered: Vec<Tendered>,
    /// What is not as it should be, a sentence each.
    pub findings: Vec<Text>,
    /// What to do.
    pub fix: Option<Text>,
}

/// The payments of one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tendered {
    /// Name of the payment method.
    pub method: String,
    /// Sum of its payments.
    pub amount: Decimal,
}

impl SessionReport {
    /// Whether somebody has to look at it.
    pub fn needs_attention(&self) -> bool {
        matches!(self.verdict, Verdict::NotClean | Verdict::NotClosed)
    }

    /// One line for people.
    pub fn summary(&self) -> Text {
        let begun = text!(
            "Session {name} of {day}: {verdict}.",
            name = &self.name,
            day = self.business_day,
            verdict = self.verdict.text()
        );
        let entry = self.entry.as_ref().zip(self.entry_date);
        let entry = entry.map(|(entry, day)| text!("Entry {entry} of {day}.", entry, day));
        let fix = self.fix.as_ref().map(|fix| text!("→ {fix}", fix));
        let findings = self.findings.iter().cloned();
        Text::sentences([begun].into_iter().chain(entry).chain(findings).chain(fix))
    }
}
