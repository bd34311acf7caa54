//! XML-RPC over HTTP: `POST /xmlrpc/2/common` and `/xmlrpc/2/object`.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::connect::{ConnectError, OdooConfig, shown};
use super::failure::{CallError, Failure, FailureKind};
use super::series::{Series, ServerVersion};
use super::transport::{Call, Reply, Target, Transport, UserId};
use super::xmlrpc::{CallEncoder, Limits, Struct, Value};
use crate::http::{self, Purpose, Timeouts};

/// The longest wait a `Retry-After` can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// [`Transport`] over XML-RPC, on every series.
pub struct XmlRpcTransport {
    http: reqwest::Client,
    common: Url,
    object: Url,
    target: Target,
    secret: SecretString,
    timeouts: Timeouts,
    limits: Limits,
}

impl fmt::Debug for XmlRpcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlRpcTransport").field("target", &self.target).finish_non_exhaustive()
    }
}

impl XmlRpcTransport {
    /// Prepares the transport; nothing is sent yet.
    pub fn new(config: &OdooConfig) -> Result<Self, ConnectError> {
        let base = config.checked_url()?;
        let endpoint = |service: &str| {
            let mut url = base.clone();
            let path = format!("{}/xmlrpc/2/{service}", base.path().trim_end_matches('/'));
            url.set_path(&path);
            url
        };
        let http = http::client(Purpose::Odoo, config.timeouts)
            .map_err(|error| ConnectError::Setup { message: root_cause(&error.without_url()) })?;
        Ok(Self {
            http,
            common: endpoint("common"),
            object: endpoint("object"),
            target: Target {
                address: shown(&base),
                database: config.database.clone(),
                username: config.username.clone(),
            },
            secret: config.password.clone(),
            timeouts: config.timeouts,
            limits: Limits { bytes: config.max_answer_bytes, ..Limits::default() },
        })
    }

    async fn post(&self, url: &Url, body: Vec<u8>) -> Result<Reply, CallError> {
        let request = self.http.post(url.clone()).header(CONTENT_TYPE, "text/xml").body(body);
        let mut response = request.send().await.map_err(|error| self.send_error(error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.status_error(status, response.headers()));
        }
        // `chunk` gives decompressed bytes: the cap holds against compression bombs.
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.read_error(&error))? {
            if body.len() + chunk.len() > self.limits.bytes {
                let message = format!(
                    "{} answered with more than {} MiB; ask for less at a time",
                    self.target.address,
                    self.limits.bytes >> 20
                );
                return Err(unknown(FailureKind::TooLarge, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply::xml(body, self.limits))
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

    fn status_error(&self, status: StatusCode, headers: &HeaderMap) -> CallError {
        let mut message = format!("{} answered HTTP {status}", self.target.address);
        if status.is_redirection()
            && let Some(target) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
            && let Ok(target) = self.common.join(target)
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
}

#[async_trait]
impl Transport for XmlRpcTransport {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn version(&self) -> Result<ServerVersion, CallError> {
        #[derive(Deserialize)]
        struct Version {
            server_version: String,
            #[serde(default)]
            server_version_info: Vec<Value>,
        }
        let body = CallEncoder::new("version")?.finish();
        let version: Version = self.post(&self.common, body).await?.decode()?;
        let series = Series::from_version_info(&version.server_version_info)
            .or_else(|| Series::parse(&version.server_version));
        let Some(series) = series else {
            let message = format!("{} has no version that is known", self.target.address);
            return Err(unknown(FailureKind::Unexpected, message));
        };
        Ok(ServerVersion { series, text: version.server_version })
    }

    async fn authenticate(&self) -> Result<Option<UserId>, CallError> {
        let mut call = CallEncoder::new("authenticate")?;
        call.param("database", &self.target.database)?
            .param("username", &self.target.username)?
            .param("password", self.secret.expose_secret())?
            .param("environment", &Struct::new())?;
        match self.post(&self.common, call.finish()).await?.decode()? {
            Value::Int(user) => Ok(Some(user)),
            Value::Bool(false) | Value::Nil => Ok(None),
            _ => {
                let message = format!("{} answered a login with no user id", self.target.address);
                Err(unknown(FailureKind::Unexpected, message))
            }
        }
    }

    async fn call(&self, user: UserId, call: &Call<'_>) -> Result<Reply, CallError> {
        let mut body = CallEncoder::new("execute_kw")?;
        body.param("database", &self.target.database)?
            .param("user", &user)?
            .param("password", self.secret.expose_secret())?
            .param("model", call.model)?
            .param("method", call.method)?;
        call.args.append_xml("args", &mut body)?;
        call.kwargs.append_xml("kwargs", &mut body)?;
        let started = Instant::now();
        let result = self.post(&self.object, body.finish()).await;
        tracing::debug!(
            call = ?call,
            elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            reply = ?result,
            "called Odoo"
        );
        result
    }
}

fn unknown(kind: FailureKind, message: String) -> CallError {
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
