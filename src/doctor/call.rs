//! Questions to Odoo that a check asks.

use crate::odoo::{CallError, Client, Series};
use crate::text;

use super::finding::Finding;

/// Whether the API user may do this to records of a model.
pub async fn has_access(client: &Client, model: &str, operation: &str) -> Result<bool, CallError> {
    if client.series() >= (Series { major: 18, minor: 0 }) {
        let nothing: [i64; 0] = [];
        return client.read(model, "has_access", (nothing, operation), ()).await;
    }
    client.read(model, "check_access_rights", (operation, false), ()).await
}

/// A question to Odoo that got no answer.
pub fn call_failed(check: &'static str, error: &CallError) -> Finding {
    if error.is_retryable() {
        return Finding::unreachable(
            check,
            text!("Odoo did not answer: {error}", error = error.to_string()),
            text!("Check that Odoo runs, and try again."),
        );
    }
    Finding::problem(
        check,
        text!("Odoo refuses the question: {error}", error = error.to_string()),
        text!("Check the API user's rights and companies in Odoo; if they are right, see Odoo's log."),
    )
}

/// A message as a sentence.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
