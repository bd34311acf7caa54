//! `tillbridge run`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Config;
use crate::daemon::{Monitor, Service, ServiceError};
use crate::store::Lock;
use clap::Args;

use super::exit::{CliError, Exit};
use super::stop::Stop;
use super::{Global, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge run                           in the foreground, log on stderr
  tillbridge run --log-format json         for a log collector
  tillbridge service print                 a systemd unit that runs this

Stop it with SIGTERM or Ctrl-C: requests under way are finished first, for at most a minute.
Told twice, it ends at once; what was under way is looked up in Odoo at the next start.";

/// Options of `tillbridge run`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArgs {}

pub(super) async fn run(_args: RunArgs, global: &Global) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let _lock = config.store.path().map(|path| Lock::acquire(path, "tillbridge run")).transpose()?;
    let store = connect::store(&config).await?;
    let engine = Arc::new(connect::engine(&config, Arc::clone(&store))?);
    let monitor = match config.metrics.listen {
        Some(address) => Some(Monitor::bind(address).await.map_err(|error| not_bound(address, &error))?),
        None => None,
    };
    let stop = Stop::listen()?;
    let service = Service::new(config, store, Arc::clone(&engine));
    let _watched = monitor.map(|monitor| monitor.serve(service.vitals(), &engine));
    tokio::select! {
        ended = service.run(stop.soon.clone(), ready) => ended?,
        () = stop.now.cancelled() => {
            tracing::warn!("told to end again: ended at once; what was under way is looked up in Odoo at the next start");
            return Ok(Exit::Unexpected);
        }
    }
    Ok(Exit::Done)
}

/// Why health and metrics cannot be served.
fn not_bound(address: SocketAddr, error: &io::Error) -> CliError {
    let fix = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "Another program listens there, maybe another tillbridge: choose another port as [metrics] listen."
        }
        io::ErrorKind::AddrNotAvailable => {
            "It is none of this machine's addresses: choose one of these as [metrics] listen, best 127.0.0.1."
        }
        io::ErrorKind::PermissionDenied => {
            "Ports below 1024 are the system's: choose one above as [metrics] listen."
        }
        _ => "Choose another address as [metrics] listen, or remove it.",
    };
    CliError::usage(format!("health and metrics cannot be served at {address}: {error}"), fix.to_owned())
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
