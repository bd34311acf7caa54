//! The calls of a client, whatever they answer. It is the same code for all types of answers: each
//! of some two hundred would bring its own copy of what waits, measures and tries again.

use std::time::Instant;

use backon::BackoffBuilder as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Connection;
use crate::metrics::{Asked, Ended, metrics};
use crate::odoo::failure::{CallError, FailureKind};
use crate::odoo::transport::{Call, Reply};
use crate::odoo::wire::unknown;
use crate::odoo::xmlrpc::{Struct, Value, from_value};

/// Where the answer to a call goes.
pub(super) trait Answer: Send {
    /// Reads the reply: the result, or the fault in it.
    fn read(&mut self, reply: &Reply) -> Result<(), CallError>;

    /// The method returns nothing.
    fn nothing(&mut self) -> Result<(), CallError>;
}

impl<T: DeserializeOwned + Send> Answer for Option<T> {
    fn read(&mut self, reply: &Reply) -> Result<(), CallError> {
        *self = Some(reply.decode()?);
        Ok(())
    }

    fn nothing(&mut self) -> Result<(), CallError> {
        *self = Some(from_value(Value::Nil)?);
        Ok(())
    }
}

/// The answer of a call that went well.
pub(super) fn taken<T>(called: Result<(), CallError>, answer: Option<T>) -> Result<T, CallError> {
    called.and_then(|()| {
        answer.ok_or_else(|| unknown(FailureKind::BadAnswer, "Odoo's answer was not read".into()))
    })
}

impl Connection {
    /// Calls once.
    pub(super) async fn call(&self, call: &Call<'_>, answer: &mut dyn Answer) -> Result<(), CallError> {
        let begun = Instant::now();
        let result = self.transport.call(self.user, call).await.and_then(|reply| answer.read(&reply));
        metrics().called(call.method, ended(&result), begun.elapsed());
        result
    }

    /// Calls, and calls again while that may help. For a method that changes nothing.
    pub(super) async fn repeat(&self, call: &Call<'_>, answer: &mut dyn Answer) -> Result<(), CallError> {
        let mut waits = self.retry.backoff().build();
        loop {
            let error = match self.call(call, answer).await {
                Err(CallError::Fault(fault)) if fault.is_none_result() => return answer.nothing(),
                Err(error) if error.is_retryable() => error,
                result => return result,
            };
            let Some(wait) = waits.next() else { return Err(error) };
            let wait = match &error {
                CallError::Busy { retry_after: Some(asked), .. } => wait.max(*asked),
                _ => wait,
            };
            metrics().again(Asked::Odoo);
            tracing::info!(model = call.model, method = call.method, %error, ?wait, "trying again");
            tokio::time::sleep(wait).await;
        }
    }
}

/// How a call ended, for the figures.
fn ended(result: &Result<(), CallError>) -> Ended {
    match result {
        Ok(()) => Ended::Ok,
        // A method that returns nothing.
        Err(CallError::Fault(fault)) if fault.is_none_result() => Ended::Ok,
        Err(CallError::Fault(_)) => Ended::Fault,
        Err(CallError::Busy { .. }) => Ended::Busy,
        Err(CallError::NotSent(_) | CallError::Encode(_)) => Ended::NotSent,
        Err(CallError::Unknown(_)) => Ended::Unclear,
    }
}

/// Named arguments with the context among them.
#[derive(Serialize)]
pub(super) struct InContext<'a, K> {
    #[serde(flatten)]
    pub(super) kwargs: K,
    #[serde(skip_serializing_if = "Struct::is_empty")]
    pub(super) context: &'a Struct,
}
