//! JSON-2, of Odoo 19 and later: `POST /json/2/<model>/<method>` with an API key. Seen on
//! 19.0 (`rpc/controllers/json2.py`, `Json2Dispatcher` of `http.py`).
//!
//! | file | what it knows |
//! |---|---|
//! | `request` | a [`Call`]'s positional arguments under their names |
//! | `answer` | results and errors |
//!
//! Differences that callers do not see: there are no positional arguments, a `None` is a
//! plain `null`, the result is written *before* the commit (so an answer that cannot be
//! written rolls everything back), and errors have an HTTP status.
//!
//! One that they do: `create` answers a list of ids whatever it is given. On XML-RPC it
//! answers one id for one record's values, so a list is what every caller gives.

mod answer;
mod request;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Instant;

use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::connect::{ConnectError, OdooConfig};
use super::failure::{CallError, FailureKind};
use super::fault::FaultKind;
use super::series::{Series, ServerVersion};
use super::transport::{Call, Reply, Target, Transport, TransportKind, UserId, called};
use super::wire::{Wire, unknown};
use super::xmlrpc::Value;

pub(super) use answer::decode;

/// [`Transport`] over JSON-2. The secret must be an API key.
pub struct Json2Transport {
    wire: Wire,
    key: SecretString,
}

impl fmt::Debug for Json2Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json2Transport").field("target", self.wire.target()).finish_non_exhaustive()
    }
}

impl Json2Transport {
    /// Prepares the transport; nothing is sent yet.
    pub fn new(config: &OdooConfig) -> Result<Self, ConnectError> {
        Ok(Self { wire: Wire::new(config)?, key: config.password.clone() })
    }

    /// The key as a header, marked so that nothing prints it. A secret with characters that
    /// no header can carry is no key.
    fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("bearer {}", self.key.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    async fn post(&self, call: &Call<'_>) -> Result<Reply, CallError> {
        let body = request::body(call)?;
        let Some(bearer) = self.bearer() else {
            return Err(CallError::Fault(answer::not_a_key()));
        };
        let url = self.wire.url(&format!("json/2/{}/{}", call.model, call.method));
        let request = self
            .wire
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer)
            .header("X-Odoo-Database", self.database()?)
            .body(body);
        let response = self.wire.send(request).await?;
        if response.status().is_success() {
            return Ok(Reply::json(self.wire.body(response).await?));
        }
        Err(self.error(response).await)
    }

    fn database(&self) -> Result<HeaderValue, CallError> {
        let database = &self.wire.target().database;
        HeaderValue::from_bytes(database.as_bytes()).map_err(|_| {
            CallError::Encode(serde::ser::Error::custom("the database's name fits no HTTP header"))
        })
    }

    /// Odoo's own words where the answer has them, else what the status says.
    async fn error(&self, response: Response) -> CallError {
        let (status, headers) = (response.status(), response.headers().clone());
        let busy = matches!(status.as_u16(), 429 | 503);
        if !busy && answer::is_json(&headers) {
            match self.wire.body(response).await {
                Ok(body) => {
                    if let Some(fault) = answer::fault(status.as_u16(), &body) {
                        return CallError::Fault(fault);
                    }
                }
                Err(error) => return error,
            }
        }
        self.wire.status_error(status, &headers)
    }

    /// A call without a user's id: the key alone says who calls.
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        model: &str,
        method: &str,
        args: serde_json::Value,
        kwargs: serde_json::Value,
    ) -> Result<T, CallError> {
        self.post(&Call { model, method, args: &args, kwargs: &kwargs }).await?.decode()
    }
}

#[async_trait]
impl Transport for Json2Transport {
    fn kind(&self) -> TransportKind {
        TransportKind::Json2
    }

    fn target(&self) -> &Target {
        self.wire.target()
    }

    async fn version(&self) -> Result<ServerVersion, CallError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
            #[serde(default)]
            version_info: Vec<Value>,
        }
        let response = self.wire.send(self.wire.get(self.wire.url("json/version"))).await?;
        if !response.status().is_success() {
            return Err(self.wire.status_error(response.status(), response.headers()));
        }
        let version: Version = decode(&self.wire.body(response).await?)?;
        let series =
            Series::from_version_info(&version.version_info).or_else(|| Series::parse(&version.version));
        let Some(series) = series else {
            let message = format!("{} has no version that is known", self.target().address);
            return Err(unknown(FailureKind::Unexpected, message));
        };
        Ok(ServerVersion { series, text: version.version })
    }

    /// The key's user, if it is the one configured: a key of somebody else is refused, as it
    /// is on XML-RPC.
    async fn authenticate(&self) -> Result<Option<UserId>, CallError> {
        #[derive(Deserialize)]
        struct Context {
            uid: UserId,
        }
        #[derive(Deserialize)]
        struct User {
            login: String,
        }
        let user = match self.ask::<Context>("res.users", "context_get", json!([]), json!({})).await {
            Ok(context) => context.uid,
            Err(CallError::Fault(fault)) if fault.kind() == FaultKind::AccessDenied => return Ok(None),
            Err(error) => return Err(error),
        };
        let found: Vec<User> =
            self.ask("res.users", "read", json!([[user]]), json!({"fields": ["login"]})).await?;
        if found.iter().any(|found| found.login == self.target().username) {
            return Ok(Some(user));
        }
        let owner = found.first().map(|user| user.login.as_str());
        tracing::warn!(owner, configured = self.target().username, "the API key is another user's");
        Ok(None)
    }

    async fn call(&self, _: UserId, call: &Call<'_>) -> Result<Reply, CallError> {
        let started = Instant::now();
        let result = self.post(call).await;
        called(self.kind(), call, started, &result);
        result
    }
}
