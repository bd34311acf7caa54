//! The service's connection to Odoo: made again whenever it breaks, with growing waits.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Config;
use crate::exchange::{ExchangeError, Link};
use crate::odoo::{Client, ConnectError};
use crate::store::Store;

const FIRST_WAIT: Duration = Duration::from_secs(2);
/// A failed login is not repeated often: some systems lock an account after a few.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A logged-in client and the conversation with the addon.
pub(super) struct Connected {
    pub client: Client,
    pub link: Link,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    #[error("{0}")]
    Secret(String),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
}

impl ConnectionError {
    pub fn fix(&self) -> String {
        match self {
            Self::Secret(_) => "Put it right in the configuration file.".into(),
            Self::Connect(error) => error.fix(),
            Self::Exchange(error) => error.fix(),
        }
    }

    /// Whether it may pass without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Secret(_) => false,
            Self::Connect(error) => error.is_temporary(),
            Self::Exchange(error) => matches!(error, ExchangeError::Call(_)),
        }
    }
}

/// Logs in and begins the conversation.
pub(super) async fn connect(config: &Config, store: &dyn Store) -> Result<Connected, ConnectionError> {
    let settings = config.odoo.connection(config.folder()).map_err(ConnectionError::Secret)?;
    let client = Client::connect(&settings).await?;
    let link = Link::open(&client, config, store).await?;
    Ok(Connected { client, link })
}

/// When to try again.
#[derive(Debug)]
pub(super) struct Backoff {
    wait: Duration,
    not_before: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: FIRST_WAIT, not_before: None }
    }
}

impl Backoff {
    pub fn may_try(&self) -> bool {
        self.not_before.is_none_or(|time| Instant::now() >= time)
    }

    pub fn failed(&mut self) {
        self.not_before = Some(Instant::now() + self.wait);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}
