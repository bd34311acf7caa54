//! What every way to reach Odoo offers. XML-RPC is one; JSON-2 (19 and later) another.

use std::fmt;
use std::time::Instant;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::failure::CallError;
use super::json2;
use super::series::ServerVersion;
use super::xmlrpc::{CallEncoder, EncodeError, Limits, Response, decode_response};

/// The id of a `res.users` record.
pub type UserId = i64;

/// Which Odoo, which database, which user. Fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The server's address, without credentials or query.
    pub address: String,
    /// The database.
    pub database: String,
    /// The user's login.
    pub username: String,
}

/// The ways to reach Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportKind {
    /// XML-RPC.
    XmlRpc,
    /// JSON-2.
    Json2,
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::XmlRpc => "XML-RPC",
            Self::Json2 => "JSON-2",
        })
    }
}

/// A way to reach one database of one Odoo as one user. It holds address and credentials,
/// sends every request exactly once and never by itself again.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Which way it is.
    fn kind(&self) -> TransportKind;

    /// Where it goes.
    fn target(&self) -> &Target;

    /// What the server says of itself; needs no login.
    async fn version(&self) -> Result<ServerVersion, CallError>;

    /// Logs in; `None` when Odoo does not accept login and password or key.
    async fn authenticate(&self) -> Result<Option<UserId>, CallError>;

    /// Calls a method of a model.
    async fn call(&self, user: UserId, call: &Call<'_>) -> Result<Reply, CallError>;
}

/// One call of a method of a model.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The model, such as `pos.order`.
    pub model: &'a str,
    /// The method, such as `sync_from_ui`.
    pub method: &'a str,
    /// Positional arguments: an array (a tuple). For a method of records the first is
    /// their ids. JSON-2 takes their names from `methods`.
    pub args: &'a dyn Payload,
    /// Named arguments, `context` among them: a struct.
    pub kwargs: &'a dyn Payload,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.model, self.method)
    }
}

/// Notes a call in the log.
pub(super) fn called(
    kind: TransportKind,
    call: &Call<'_>,
    started: Instant,
    result: &Result<Reply, CallError>,
) {
    tracing::trace!(
        %kind,
        call = ?call,
        elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        reply = ?result,
        "called Odoo"
    );
}

/// Anything serializable behind a pointer, so that [`Transport`] can be a trait object and
/// arguments still go straight to bytes, without a tree of values in between.
pub trait Payload: Send + Sync {
    /// Appends the value as a parameter; `name` is what an error calls it.
    fn append_xml(&self, name: &str, call: &mut CallEncoder) -> Result<(), EncodeError>;

    /// The value as JSON.
    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error>;
}

impl<T: Serialize + Send + Sync + ?Sized> Payload for T {
    fn append_xml(&self, name: &str, call: &mut CallEncoder) -> Result<(), EncodeError> {
        call.param(name, self).map(drop)
    }

    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        to_raw_value(self)
    }
}

/// An answer not yet read, so that it can be decoded straight into the caller's type.
#[derive(Clone)]
pub struct Reply {
    body: Vec<u8>,
    format: Format,
}

#[derive(Clone, Copy)]
enum Format {
    Xml(Limits),
    Json,
}

impl Reply {
    /// A `methodResponse` document.
    pub const fn xml(body: Vec<u8>, limits: Limits) -> Self {
        Self { body, format: Format::Xml(limits) }
    }

    /// A JSON value, the result itself.
    pub const fn json(body: Vec<u8>) -> Self {
        Self { body, format: Format::Json }
    }

    /// The result as a `T`, or the fault.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        match self.format {
            Format::Xml(limits) => match decode_response(&self.body, limits)? {
                Response::Result(result) => Ok(result),
                Response::Fault(fault) => Err(CallError::Fault(fault.into())),
            },
            Format::Json => json2::decode(&self.body),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({} bytes)", self.body.len())
    }
}
