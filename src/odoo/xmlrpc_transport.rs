//! XML-RPC over HTTP: `POST /xmlrpc/2/common` and `/xmlrpc/2/object`.

use std::fmt;
use std::time::Instant;

use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::connect::{ConnectError, OdooConfig};
use super::failure::{CallError, FailureKind};
use super::series::{Series, ServerVersion};
use super::transport::{Call, Reply, Target, Transport, TransportKind, UserId, called};
use super::wire::{Wire, unknown};
use super::xmlrpc::{CallEncoder, Limits, Struct, Value};

const COMMON: &str = "xmlrpc/2/common";
const OBJECT: &str = "xmlrpc/2/object";

/// [`Transport`] over XML-RPC, on every series up to 19; 19 logs a warning for each call.
pub struct XmlRpcTransport {
    wire: Wire,
    secret: SecretString,
    limits: Limits,
}

impl fmt::Debug for XmlRpcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlRpcTransport").field("target", self.wire.target()).finish_non_exhaustive()
    }
}

impl XmlRpcTransport {
    /// Prepares the transport; nothing is sent yet.
    pub fn new(config: &OdooConfig) -> Result<Self, ConnectError> {
        Ok(Self {
            wire: Wire::new(config)?,
            secret: config.password.clone(),
            limits: Limits { bytes: config.max_answer_bytes, ..Limits::default() },
        })
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Reply, CallError> {
        let request = self.wire.post(self.wire.url(path)).header(CONTENT_TYPE, "text/xml").body(body);
        let response = self.wire.send(request).await?;
        if !response.status().is_success() {
            return Err(self.wire.status_error(response.status(), response.headers()));
        }
        Ok(Reply::xml(self.wire.body(response).await?, self.limits))
    }
}

#[async_trait]
impl Transport for XmlRpcTransport {
    fn kind(&self) -> TransportKind {
        TransportKind::XmlRpc
    }

    fn target(&self) -> &Target {
        self.wire.target()
    }

    async fn version(&self) -> Result<ServerVersion, CallError> {
        #[derive(Deserialize)]
        struct Version {
            server_version: String,
            #[serde(default)]
            server_version_info: Vec<Value>,
        }
        let body = CallEncoder::new("version")?.finish();
        let version: Version = self.post(COMMON, body).await?.decode()?;
        let series = Series::from_version_info(&version.server_version_info)
            .or_else(|| Series::parse(&version.server_version));
        let Some(series) = series else {
            let message = format!("{} has no version that is known", self.target().address);
            return Err(unknown(FailureKind::Unexpected, message));
        };
        Ok(ServerVersion { series, text: version.server_version })
    }

    async fn authenticate(&self) -> Result<Option<UserId>, CallError> {
        let target = self.target();
        let mut call = CallEncoder::new("authenticate")?;
        call.param("database", &target.database)?
            .param("username", &target.username)?
            .param("password", self.secret.expose_secret())?
            .param("environment", &Struct::new())?;
        match self.post(COMMON, call.finish()).await?.decode()? {
            Value::Int(user) => Ok(Some(user)),
            Value::Bool(false) | Value::Nil => Ok(None),
            _ => {
                let message = format!("{} answered a login with no user id", target.address);
                Err(unknown(FailureKind::Unexpected, message))
            }
        }
    }

    async fn call(&self, user: UserId, call: &Call<'_>) -> Result<Reply, CallError> {
        let mut body = CallEncoder::new("execute_kw")?;
        body.param("database", &self.target().database)?
            .param("user", &user)?
            .param("password", self.secret.expose_secret())?
            .param("model", call.model)?
            .param("method", call.method)?;
        call.args.append_xml("args", &mut body)?;
        call.kwargs.append_xml("kwargs", &mut body)?;
        let started = Instant::now();
        let result = self.post(OBJECT, body.finish()).await;
        called(self.kind(), call, started, &result);
        result
    }
}
