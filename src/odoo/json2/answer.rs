//! What the server answers: a result, or an exception with a status.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::super::failure::{CallError, FailureKind};
use super::super::fault::{Fault, FaultKind};
use super::super::wire::unknown;

/// Whether a body is JSON: Odoo's own words. Pages are those of a proxy, or of an Odoo that
/// knows no JSON-2 or not the database.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.starts_with("application/json"))
}

/// The result as a `T`.
pub(in super::super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|error| {
        if body.trim_ascii_start().starts_with(b"<") {
            return unknown(FailureKind::WebPage, "Odoo's answer cannot be read: it is a web page".into());
        }
        match error.classify() {
            Category::Data => {
                unknown(FailureKind::Unexpected, format!("Odoo's answer is not what was expected: {error}"))
            }
            Category::Io | Category::Syntax | Category::Eof => {
                unknown(FailureKind::BadAnswer, format!("Odoo's answer cannot be read: {error}"))
            }
        }
    })
}

/// An exception as `serialize_exception` of `http.py` writes it.
#[derive(Deserialize)]
struct Exception {
    /// Module and class: `odoo.exceptions.UserError`.
    name: String,
    message: String,
    /// The traceback.
    #[serde(default)]
    debug: String,
}

/// The fault in the body of an answer with this status. The same class and text as
/// XML-RPC's: clean text for what Odoo refuses, the traceback's last line for what it did
/// not expect.
pub(super) fn fault(status: u16, body: &[u8]) -> Option<Fault> {
    let Exception { name, message, debug } = serde_json::from_slice(body).ok()?;
    let kind = match (name.as_str(), status) {
        ("odoo.exceptions.AccessDenied" | "odoo.http.SessionExpiredException", _) | (_, 401) => {
            FaultKind::AccessDenied
        }
        (_, 403) => FaultKind::AccessRights,
        // UserError, ValidationError, MissingError, LockError; unknown models and methods;
        // arguments that do not fit the method.
        (_, 404 | 409 | 422) => FaultKind::User,
        (_, 400 | 500) => FaultKind::Application,
        // Not a status that Odoo gives.
        _ => return None,
    };
    if kind != FaultKind::Application {
        return Some(Fault::of(kind, &message));
    }
    let exception = format!("{}: {message}", name.trim_start_matches("builtins."));
    Some(Fault::of(kind, if debug.is_empty() { &exception } else { &debug }))
}

/// The answer to a secret that no header can carry.
pub(super) fn not_a_key() -> Fault {
    Fault::of(FaultKind::AccessDenied, "Invalid apikey")
}
