//! Work that the running service does in a command's place.

use serde::de::DeserializeOwned;

use crate::clock::SystemClock;
use crate::daemon::{Handover, HandoverError, hand_over};
use crate::store::Store;

use super::exit::CliError;
use super::printer::Printer;

/// The service does the work; its answers, to be printed as ours would be.
pub(super) async fn handed_over<T: DeserializeOwned>(
    store: &dyn Store,
    work: &Handover,
    printer: &Printer,
) -> Result<Vec<T>, CliError> {
    printer.note("a tillbridge service is running: it does the work");
    let answers = hand_over(store, &SystemClock, work).await.map_err(|error| match error {
        HandoverError::Store(error) => error.into(),
        other => CliError::usage(
            other.to_string(),
            "Wait until it is done, or stop it, then try again.".to_owned(),
        ),
    })?;
    answers
        .into_iter()
        .map(serde_json::from_value)
        .collect::<Result<_, _>>()
        .map_err(|error| CliError::unexpected(format!("the service's answer cannot be read: {error}")))
}
