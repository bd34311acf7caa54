//! One HTTP request to Odoo, sent exactly once, and what its failures say about the server's
//! state. The same for every transport.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

use super::connect::{ConnectError, OdooConfig, shown};
use super::failure::{CallError, Failure, FailureKind};
use super::transport::Target;
use crate::http::{self, Purpose, Timeouts};

/// The longest wait a `Retry-After` can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The way to one server.
pub(super) struct Wire {
    http: reqwest::Client,
    base: Url,
    target: Target,
    timeouts: Timeouts,
    /// The largest answer accepted, in bytes after decompression.
    max_bytes: usize,
}

impl Wire {
    /// Prepares the way; nothing is sent yet.
    pub fn new(config: &OdooConfig) -> Result<Self, ConnectError> {
        let base = config.checked_url()?;
        let http = http::client(Purpose::Odoo, config.timeouts)
            .map_err(|error| ConnectError::Setup { message: root_cause(&error.without_url()) })?;
        let target = Target {
            address: shown(&base),
            database: config.database.clone(),
            username: config.username.clone(),
        };
        Ok(Self { http, base, target, timeouts: config.timeouts, max_bytes: config.max_answer_bytes })
    }

    /// Where it leads.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// The address of a path of the server.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// A request that reads.
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }

    /// A request that calls.
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends a request; the head of the answer, whatever its status.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, CallError> {
        request.send().await.map_err(|error| self.send_error(error))
    }

    /// The body of an answer.
    pub async fn body(&self, mut response: Response) -> Result<Vec<u8>, CallError> {
        // `chunk` gives decompressed bytes: the cap holds against compression bombs.
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.read_error(&error))? {
            if body.len() + chunk.len() > self.max_bytes {
                let message = format!(
                    "{} answered with more than {} MiB; ask for less at a time",
                    self.target.address,
                    self.max_bytes >> 20
                );
                return Err(unknown(FailureKind::TooLarge, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// What a status other than success says, where the body says no more.
    pub fn status_error(&self, status: StatusCode, headers: &HeaderMap) -> CallError {
        let mut message = format!("{} answered HTTP {status}", self.target.address);
        if status.is_redirection()
            && let Some(target) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
            && let Ok(target) = self.base.join(target)
        {
            message = format!("{message}, to {}", shown(&target));
        }
        let failure = Failure::new(FailureKind::Status(status.as_u16()), message);
        match status.as_u16() {
            429 | 503 => CallError::Busy { failure, retry_after: retry_after(headers) },
            // Said without calling a method: redirects, no login at a proxy, no such path,
            // a request too large. Not 403: a filter may say so of an *answer* as well.
            300..=399 | 401 | 404 | 405 | 407 | 411 | 413 => CallError::NotSent(failure),
            _ => CallError::Unknown(failure),
        }
    }

    /// An error before the head of the answer.
    fn send_error(&self, error: reqwest::Error) -> CallError {
        let error = error.without_url();
        let address = &self.target.address;
        if !error.is_connect() && !error.is_builder() {
            return self.read_error(&error);
        }
        let cause = root_cause(&error);
        let (kind, message) = if error.is_dns() {
            (FailureKind::Dns, format!("the name of {address} cannot be resolved: {cause}"))
        } else if is_tls(&error) {
            (FailureKind::Tls, format!("no secure connection to {address}: {cause}"))
        } else if error.is_timeout() {
            let limit = self.timeouts.connect.as_secs_f32();
            (FailureKind::Connect, format!("no connection to {address} within {limit} s"))
        } else {
            (FailureKind::Connect, format!("no connection to {address}: {cause}"))
        };
        CallError::NotSent(Failure::new(kind, message))
    }

    /// An error after the connection was there: the request may have been executed.
    fn read_error(&self, error: &reqwest::Error) -> CallError {
        let address = &self.target.address;
        if error.is_timeout() {
            let Timeouts { read, total, .. } = self.timeouts;
            let message = format!(
                "no complete answer from {address} in time (silent for {} s, or {} s in all)",
                read.as_secs_f32(),
                total.as_secs_f32()
            );
            return unknown(FailureKind::Timeout, message);
        }
        let message = format!("the connection to {address} broke before the answer: {}", root_cause(error));
        unknown(FailureKind::Connection, message)
    }
}

/// A failure that leaves open whether the request was executed.
pub(super) fn unknown(kind: FailureKind, message: String) -> CallError {
    CallError::Unknown(Failure::new(kind, message))
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let outermost: &'a (dyn Error + 'static) = error;
    std::iter::successors(Some(outermost), |&error| {
        // An I/O error passes over the error it wraps when asked for its source.
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}

/// The innermost cause: `Connection refused (os error 111)`.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn Error>::is::<rustls::Error>)
}

/// `Retry-After` in seconds or as an HTTP date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        (date.to_utc() - Utc::now()).to_std().unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}
