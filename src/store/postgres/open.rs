//! Connecting: address, encryption, schema.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, PgConnection};
use url::Url;

use super::explain::explain;
use super::{PostgresStore, migrate};
use crate::store::{Result, StoreError, Trouble};

/// How long a caller waits for a connection: a server that restarts is waited for.
const ACQUIRE: Duration = Duration::from_secs(30);
/// Connections of one sidecar.
const CONNECTIONS: u32 = 8;
/// What every connection sets: the schema; a commit that is durable, whatever the server's
/// default; an end to what a paused sidecar keeps locked.
const SETTINGS: [(&str, &str); 4] = [
    ("search_path", "tillbridge"),
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("idle_in_transaction_session_timeout", "60s"),
];

/// Connects, and makes the schema or brings it up to date.
pub(super) async fn open(url: &SecretString) -> Result<PostgresStore> {
    let (address, options) = options(url)?;
    let unusable = |error: &sqlx::Error| {
        let (trouble, reason) = explain(error);
        StoreError::Open { store: address.clone(), reason, trouble }
    };
    // Not through the pool, which would wait for a server that is not there.
    let mut db = PgConnection::connect_with(&options).await.map_err(|error| unusable(&error))?;
    migrate::migrate(&mut db, &address).await.map_err(|fault| match fault {
        crate::store::fault::Fault::Sql(error) => unusable(&error),
        other => other.of(&address, explain),
    })?;
    db.close().await.map_err(|error| unusable(&error))?;
    let pool =
        PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE).connect_lazy_with(options);
    Ok(PostgresStore { address: Arc::from(address), pool })
}

/// The address as it may be shown, and how to connect.
fn options(url: &SecretString) -> Result<(String, PgConnectOptions)> {
    // The reasons name what is wrong and never quote the text: it holds a password.
    let wrong = |reason: &str| StoreError::Open {
        store: "[store] url".to_owned(),
        reason: format!("{reason}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
        trouble: Trouble::Setup,
    };
    let parsed = Url::parse(url.expose_secret()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(parsed.scheme(), "postgres" | "postgresql") {
        return Err(wrong("it does not begin with postgres://"));
    }
    let mut options: PgConnectOptions =
        url.expose_secret().parse().map_err(|_| wrong("a part of it cannot be read"))?;
    let says_sslmode = parsed.query_pairs().any(|(name, _)| matches!(&*name, "sslmode" | "ssl-mode"));
    if !says_sslmode && !is_local(&options) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let host = options.get_host();
    let host =
        if host.contains(':') && !host.starts_with('/') { format!("[{host}]") } else { host.to_owned() };
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let address = format!("postgres://{host}:{}/{database}", options.get_port());
    Ok((address, options.application_name("tillbridge").options(SETTINGS)))
}

/// Whether the server is on this machine: what is sent to it crosses no network.
fn is_local(options: &PgConnectOptions) -> bool {
    if options.get_socket().is_some() {
        return true;
    }
    let host = options.get_host();
    host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
