//! What became of a write.

use serde::de::DeserializeOwned;

use super::failure::CallError;
use super::fault::Fault;
use super::xmlrpc::{Value, from_value};

/// What became of a call that changes something. It was sent at most once.
///
/// `NotSent` stands beside `Refused` because they call for different things: a refusal
/// comes from Odoo and repeats itself until its cause is gone (a batch is bisected on it);
/// what was not sent can simply be sent again.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a write may have been refused, or be of unknown outcome"]
pub enum Outcome<T> {
    /// Done. A method that returns `None` makes Odoo fault *after* the commit ("cannot
    /// marshal None"): that is committed too, with the `T` of a [`Value::Nil`]. The same
    /// goes for a result that XML-RPC cannot carry.
    Committed(T),
    /// Odoo rolled the transaction back and says why.
    Refused(Fault),
    /// Certainly not executed: [`CallError::NotSent`], [`CallError::Encode`], or a
    /// [`CallError::Busy`] that excludes it.
    NotSent(CallError),
    /// Executed or not: look it up before anything is sent again.
    Unknown(CallError),
}

impl<T> Outcome<T> {
    /// The result, if the write is known to be done.
    pub fn committed(self) -> Option<T> {
        match self {
            Self::Committed(result) => Some(result),
            _ => None,
        }
    }
}

impl<T: DeserializeOwned> Outcome<T> {
    pub(super) fn of(result: Result<T, CallError>) -> Self {
        match result {
            Ok(result) => Self::Committed(result),
            Err(CallError::Fault(fault)) if fault.is_none_result() || fault.is_lost_result() => {
                // Done; but without its result when the caller cannot do without.
                from_value(Value::Nil).map_or(Self::Unknown(CallError::Fault(fault)), Self::Committed)
            }
            Err(CallError::Fault(fault)) if fault.is_ambiguous() => Self::Unknown(CallError::Fault(fault)),
            Err(CallError::Fault(fault)) => Self::Refused(fault),
            Err(error) if error.is_turned_away() => Self::NotSent(error),
            Err(error) => Self::Unknown(error),
        }
    }
}
