//! SIGTERM and Ctrl-C: told once, a command ends at its next safe point; told again, at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::daemon::{DRAIN, LAST_WORD};
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

    /// Tells Odoo how it went. Told to end, it does so for a moment only, and told again not at
    /// all: `None`.
    pub async fn last_word<T>(&self, telling: impl Future<Output = T>) -> Option<T> {
        let too_late = async {
            self.soon.cancelled().await;
            sleep(LAST_WORD).await;
        };
        tokio::select! {
            told = telling => return Some(told),
            () = too_late => {}
            () = self.now.cancelled() => {}
        }
        tracing::warn!("Odoo did not hear the last report; it hears the next one");
        None
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

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    async fn seconds(work: impl Future) -> u64 {
        let start = Instant::now();
        work.await;
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_word_is_cut_short_only_for_who_was_told_to_end() {
        let stop = Stop::default();
        let slow = || async {
            sleep(Duration::from_secs(180)).await;
            "told"
        };
        assert_eq!(stop.last_word(slow()).await, Some("told"));
        stop.soon.cancel();
        assert_eq!(seconds(stop.last_word(slow())).await, LAST_WORD.as_secs());
        assert_eq!(stop.last_word(async { "told" }).await, Some("told"));
        stop.now.cancel();
        assert_eq!(seconds(stop.last_word(pending::<()>())).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn told_while_it_speaks_it_has_a_moment_left() {
        let stop = Stop::default();
        let told = async {
            sleep(Duration::from_secs(30)).await;
            stop.soon.cancel();
        };
        let speaking = async { tokio::join!(stop.last_word(pending::<()>()), told) };
        assert_eq!(seconds(speaking).await, 30 + LAST_WORD.as_secs());
    }
}
