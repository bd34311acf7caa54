//! What became of closing a session, for people and for `--output json`.

use std::fmt::Write as _;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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
    pub findings: Vec<String>,
    /// What to do.
    pub fix: Option<String>,
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
    pub fn summary(&self) -> String {
        let mut text = format!("Session {} of {}: {}.", self.name, self.business_day, self.verdict.as_str());
        if let (Some(entry), Some(date)) = (&self.entry, self.entry_date) {
            let _ = write!(text, " Entry {entry} of {date}.");
        }
        for finding in &self.findings {
            text.push(' ');
            text.push_str(finding);
        }
        if let Some(fix) = &self.fix {
            text.push_str(" → ");
            text.push_str(fix);
        }
        text
    }
}
