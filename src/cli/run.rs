//! `tillbridge run`.

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::daemon::{Service, ServiceError};
use crate::store::Lock;

use super::exit::{CliError, Exit};
use super::{Global, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge run                           in the foreground, log on stderr
  tillbridge run --log-format json         for a log collector
  tillbridge service print                 a systemd unit that runs this

Stop it with SIGTERM or Ctrl-C: requests under way are finished first.";

/// Options of `tillbridge run`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArgs {}

pub(super) async fn run(_args: RunArgs, global: &Global) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let _lock = config.store.path().map(|path| Lock::acquire(path, "tillbridge run")).transpose()?;
    let store = connect::store(&config).await?;
    let engine = Arc::new(connect::engine(&config, Arc::clone(&store))?);
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|error| CliError::unexpected(error.to_string()))?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        told.cancel();
    });
    Service::new(config, store, engine).run(shutdown, ready).await?;
    Ok(Exit::Done)
}

/// Tells systemd, where it listens, that the service does its work.
fn ready() {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "tillbridge is running");
    if let Err(error) = sd_notify::notify(false, &[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager could not be told that the service is ready");
    }
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Store(error) => error.into(),
            ServiceError::Connection { message, fix } => Self::usage(message, fix),
        }
    }
}
