//! What lies on this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::config::{Config, SecretSource, StoreSettings};
use crate::doctor::{Finding, capital};
use crate::http::{Purpose, Timeouts, builder};
use crate::store::Store;

use super::super::connect;
use super::plain;

/// A configuration that holds secrets is its owner's alone.
pub(super) fn permissions(config: &Config) -> Finding {
    let path = config.path.display();
    let holds_secrets = matches!(config.odoo.secret, SecretSource::Value(_))
        || matches!(config.store, StoreSettings::Postgres(SecretSource::Value(_)));
    let mode = std::fs::metadata(&config.path).map(|metadata| metadata.permissions().mode() & 0o777);
    match mode {
        Ok(mode) if holds_secrets && mode & 0o077 != 0 => plain::warning(
            "config",
            format!("{path} holds a key, and other users of this machine can read it (mode {mode:03o})."),
            format!("Run: chmod 600 {path}"),
        ),
        _ => plain::ok("config", format!("{path} can be used.")),
    }
}

/// Health and metrics answer where they are to, or could.
pub(super) async fn metrics(listen: SocketAddr) -> Finding {
    let mut address = listen;
    if listen.ip().is_unspecified() {
        address.set_ip(if listen.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    match ready(address).await {
        Some(true) => plain::ok("metrics", format!("The service answers at http://{address} and is ready.")),
        Some(false) => plain::ok(
            "metrics",
            format!("The service answers at http://{address}; it is not ready: /readyz says why."),
        ),
        None => match TcpListener::bind(listen).await {
            Ok(_) => plain::ok("metrics", format!("No service listens at {listen} now; one can.")),
            Err(error) => plain::warning(
                "metrics",
                format!("No tillbridge service answers at {listen}, and none could listen there: {error}."),
                "Choose another address or port as [metrics] listen.",
            ),
        },
    }
}

/// Whether a service at this address says that it is ready; `None` without one.
async fn ready(address: SocketAddr) -> Option<bool> {
    const TIMEOUTS: Timeouts = Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_secs(5),
        total: Duration::from_secs(5),
    };
    let client = builder(Purpose::Source, TIMEOUTS).no_proxy().build().ok()?;
    let answer = client.get(format!("http://{address}/readyz")).send().await.ok()?;
    let said: serde_json::Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    said.get("ok")?.as_bool()
}

/// The store can be opened.
pub(super) async fn store(config: &Config) -> (Finding, Option<Arc<dyn Store>>) {
    match connect::store(config).await {
        Ok(store) => (plain::ok("store", format!("{} can be used.", store.place())), Some(store)),
        Err(error) => {
            let fix = error.hint.unwrap_or_else(|| "Mend what the message names.".to_owned());
            (plain::problem("store", capital(&error.message), fix), None)
        }
    }
}
