//! The service's connection to Odoo: made again whenever it breaks, with growing waits.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Config;
use crate::exchange::{ExchangeError, Link};
use crate::odoo::{Client, ConnectError};
use crate::store::Store;

const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Waits after a login that Odoo refused, in minutes: tried often, some systems lock the
/// account.
const AFTER_REFUSAL: [u64; 5] = [1, 2, 5, 15, 60];

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

    /// Whether Odoo did not accept the login.
    pub const fn is_refused_login(&self) -> bool {
        matches!(self, Self::Connect(error) if error.is_refused_login())
    }

    /// Whether it may pass while the configuration stays as it is. `known`: with this store
    /// there was a connection before, so what answers in Odoo's place (a proxy's page, half an
    /// answer, a server without the database that is being restored) is no wrong address.
    pub fn may_pass(&self, known: bool) -> bool {
        match self {
            Self::Secret(_) => false,
            Self::Connect(error) => error.is_temporary() || (known && error.is_elsewhere()),
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
    /// Logins refused one after another.
    refused: usize,
    not_before: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: FIRST_WAIT, refused: 0, not_before: None }
    }
}

impl Backoff {
    pub fn may_try(&self) -> bool {
        self.not_before.is_none_or(|time| Instant::now() >= time)
    }

    /// Something failed that may pass by itself. What was refused before is still refused as
    /// far as anybody knows.
    pub fn failed(&mut self) {
        self.not_before = Some(Instant::now() + self.wait);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    /// Odoo did not accept the login; the wait until the next try.
    pub fn login_refused(&mut self) -> Duration {
        let [.., longest] = AFTER_REFUSAL;
        let minutes = AFTER_REFUSAL.get(self.refused).copied().unwrap_or(longest);
        let wait = Duration::from_secs(minutes * 60);
        self.refused += 1;
        self.not_before = Some(Instant::now() + wait);
        wait
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// A service that the machine starts again must not give up for a page of a proxy.
    #[test]
    fn what_answers_in_odoos_place_ends_only_a_service_that_never_was_connected() {
        let address = String::from("https://odoo.example.com");
        let not_odoo = ConnectError::NotOdoo { address: address.clone(), message: "a web page".into() };
        let gone = ConnectError::UnknownDatabase { address, database: "shop".into() };
        let down = ConnectError::Unreachable { message: "refused".into() };
        let login = ConnectError::WrongLogin { username: "u".into(), database: "shop".into() };
        for (error, first, later) in
            [(not_odoo, false, true), (gone, false, true), (down, true, true), (login, false, false)]
        {
            let error = ConnectionError::Connect(error);
            assert_eq!((error.may_pass(false), error.may_pass(true)), (first, later), "{error}");
        }
        assert!(!ConnectionError::Secret("none".into()).may_pass(true));
    }

    /// Minutes until it may try again.
    async fn waited(backoff: &Backoff) -> u64 {
        let start = Instant::now();
        while !backoff.may_try() {
            advance(Duration::from_secs(1)).await;
        }
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_tried_again_after_ever_longer_waits() {
        let mut backoff = Backoff::default();
        let mut minutes = Vec::new();
        for _ in 0..7 {
            backoff.login_refused();
            minutes.push(waited(&backoff).await / 60);
        }
        assert_eq!(minutes, [1, 2, 5, 15, 60, 60, 60]);
        // An Odoo that is down in between does not make the account safer.
        backoff.failed();
        assert_eq!(waited(&backoff).await, 2);
        backoff.login_refused();
        assert_eq!(waited(&backoff).await, 3600);
        backoff.succeeded();
        assert!(backoff.may_try());
        backoff.login_refused();
        assert_eq!(waited(&backoff).await, 60);
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_by_itself_is_tried_within_a_minute() {
        let mut backoff = Backoff::default();
        let mut seconds = Vec::new();
        for _ in 0..7 {
            backoff.failed();
            seconds.push(waited(&backoff).await);
        }
        assert_eq!(seconds, [2, 4, 8, 16, 32, 60, 60]);
    }
}
