//! What is found on this machine and of its connection: its terminal alone shows it, in English.

use crate::doctor::Finding;
use crate::order::Text;

/// What is in order.
pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Finding {
    Finding::ok(check, Text::name(message))
}

/// What may keep orders from being booked.
pub(super) fn warning(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding::warning(check, Text::name(message), Text::name(fix))
}

/// What keeps orders from being booked.
pub(super) fn problem(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding::problem(check, Text::name(message), Text::name(fix))
}

/// Something that does not answer.
pub(super) fn unreachable(
    check: &'static str,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    Finding::unreachable(check, Text::name(message), Text::name(fix))
}
