//! SIGTERM and Ctrl-C: told once, a command ends at its next safe point; told again, at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::daemon::DRAIN;
use crate::sync::Engine;

use super::exit::{CliError, Exit};

/// What was asked of this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop {
    /// To end soon.
    pub soon: CancellationToken,
    /// To end at once.
    pub now: CancellationToken,
}

impl Stop {
    /// Listens from now on.
    pub fn listen() -> Result<Self, CliError> {
        let listen = |kind| signal(kind).map_err(|error| CliError::unexpected(error.to_string()));
        let (mut terminate, mut interrupt) =
            (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let stop = Self::default();
        let told = stop.clone();
        tokio::spawn(async move {
            for token in [told.soon, told.now] {
                either(&mut terminate, &mut interrupt).await;
                token.cancel();
            }
        });
        Ok(stop)
    }

    /// Does the work of an engine. Told to end, it ends at its next safe point; an error when
    /// that takes too long.
    pub async fn obeyed<T>(&self, engine: &Engine, work: impl Future<Output = T>) -> Result<T, CliError> {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return Ok(done),
            () = self.soon.cancelled() => engine.stop(),
        }
        tokio::select! {
            done = &mut work => Ok(done),
            () = sleep(DRAIN) => Err(stopped("What was under way is looked up in Odoo first.")),
            () = self.now.cancelled() => Err(stopped("What was under way is looked up in Odoo first.")),
        }
    }

    /// The error of a command that was told to end before it was done.
    pub fn check(&self) -> Result<(), CliError> {
        if self.soon.is_cancelled() { Err(stopped("Nothing is in doubt.")) } else { Ok(()) }
    }
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

fn stopped(state: &str) -> CliError {
    CliError {
        exit: Exit::Unexpected,
        message: "stopped before everything was done".to_owned(),
        hint: Some(format!("The rest follows with the next sync. {state}")),
    }
}
