//! What a check found.

use serde::Serialize;

use crate::order::Text;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In order.
    Ok,
    /// Orders can be booked, but some may not, or not as wished.
    Warning,
    /// No order can be booked until it is mended.
    Problem,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name of the check.
    pub check: &'static str,
    /// How it came out.
    pub status: Status,
    /// A plain sentence.
    pub message: Text,
    /// What to do, for all but `Ok`.
    pub fix: Option<Text>,
    /// A problem that may go away by itself: something does not answer.
    #[serde(skip)]
    pub unreachable: bool,
}

impl Finding {
    /// What is in order.
    pub fn ok(check: &'static str, message: Text) -> Self {
        Self { check, status: Status::Ok, message, fix: None, unreachable: false }
    }

    /// What may keep orders from being booked.
    pub fn warning(check: &'static str, message: Text, fix: Text) -> Self {
        Self { status: Status::Warning, fix: Some(fix), ..Self::ok(check, message) }
    }

    /// What keeps orders from being booked.
    pub fn problem(check: &'static str, message: Text, fix: Text) -> Self {
        Self { status: Status::Problem, fix: Some(fix), ..Self::ok(check, message) }
    }

    /// Something that does not answer.
    pub fn unreachable(check: &'static str, message: Text, fix: Text) -> Self {
        Self { unreachable: true, ..Self::problem(check, message, fix) }
    }
}
