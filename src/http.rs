//! The one place that builds HTTP clients, so that time limits, TLS and redirects are
//! decided once.

use std::sync::Once;
use std::time::Duration;

/// Time limits of a client.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// To establish a connection, TLS included.
    pub connect: Duration,
    /// Between two reads of a response.
    pub read: Duration,
    /// For a whole request, from connecting to the last byte.
    pub total: Duration,
}

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Calls to Odoo. No connection is reused (prefork workers close them anyway, and a
    /// reused one that dies under a write leaves its outcome unknown) and nothing is resent.
    Odoo,
    /// Polling a source: reads, connections kept.
    Source,
}

/// A client that never follows a redirect by itself (the caller decides who may see its
/// keys), never retries and always has limits.
pub fn client(purpose: Purpose, timeouts: Timeouts) -> Result<reqwest::Client, reqwest::Error> {
    builder(purpose, timeouts).build()
}

/// What [`client`] builds from, for a caller with a wish of its own (a resolver, a name).
pub fn builder(purpose: Purpose, timeouts: Timeouts) -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that the process has one already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = reqwest::Client::builder()
        .user_agent(concat!("tillbridge/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never());
    match purpose {
        Purpose::Odoo => builder.pool_max_idle_per_host(0).http1_only(),
        Purpose::Source => builder,
    }
}
