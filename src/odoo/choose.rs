//! Which transport a connection takes.
//!
//! XML-RPC is on every series up to 19, where each call logs a warning that it goes away.
//! JSON-2 is on 19 and later and takes API keys only. Left alone, the choice falls on JSON-2
//! where the server has it and the key is accepted, and on XML-RPC everywhere else.

use super::client::Client;
use super::connect::{ConnectError, OdooConfig, TransportChoice};
use super::failure::{CallError, FailureKind};
use super::json2::Json2Transport;
use super::series::Series;
use super::transport::Transport as _;
use super::xmlrpc_transport::XmlRpcTransport;

/// The first series with JSON-2.
const JSON2_SINCE: Series = Series { major: 19, minor: 0 };

const CONFIGURED: &str = "as the configuration says";

impl Client {
    /// Chooses the transport, finds out the version and logs in. Nothing is repeated.
    pub async fn connect(config: &OdooConfig) -> Result<Self, ConnectError> {
        match config.transport {
            TransportChoice::XmlRpc => {
                Self::open(Box::new(XmlRpcTransport::new(config)?), CONFIGURED, config.retry).await
            }
            TransportChoice::Json2 => {
                Self::open(Box::new(Json2Transport::new(config)?), CONFIGURED, config.retry).await
            }
            TransportChoice::Auto => auto(config).await,
        }
    }
}

/// What became of JSON-2.
enum Tried {
    /// A client, over it.
    Connected(Client),
    /// It is not there, for this reason.
    Absent(String),
    /// It is there and does not accept the login.
    Declined(ConnectError),
}

async fn auto(config: &OdooConfig) -> Result<Client, ConnectError> {
    let tried = if config.is_api_key {
        json2(config).await?
    } else {
        Tried::Absent("the login has a password, and JSON-2 takes API keys only".into())
    };
    let (why, declined) = match tried {
        Tried::Connected(client) => return Ok(client),
        Tried::Absent(why) => (why, None),
        Tried::Declined(error) => (format!("JSON-2 was tried first: {error}"), Some(error)),
    };
    let transport = XmlRpcTransport::new(config)?;
    match transport.version().await {
        Ok(version) => Client::log_in(Box::new(transport), version, why, config.retry).await,
        Err(error) if is_gone(&error) => match declined {
            Some(declined) => Err(declined),
            // The password may be a key after all.
            None => Client::open(
                Box::new(Json2Transport::new(config)?),
                "this server has no XML-RPC any more",
                config.retry,
            )
            .await
            .map_err(|json2| match json2 {
                ConnectError::WrongLogin { username, database } => {
                    ConnectError::NeedsKey { username, database }
                }
                // Neither is there: the first is what most people know.
                _ => ConnectError::of(error, transport.target()),
            }),
        },
        Err(error) => Err(ConnectError::of(error, transport.target())),
    }
}

/// JSON-2, if the server has it and accepts the key. What may pass by itself ends the
/// choice: the next try makes it anew.
async fn json2(config: &OdooConfig) -> Result<Tried, ConnectError> {
    let transport = Json2Transport::new(config)?;
    let version = match transport.version().await {
        Ok(version) if version.series >= JSON2_SINCE => version,
        Ok(version) => return Ok(Tried::Absent(format!("Odoo {} has no JSON-2", version.series))),
        Err(error) => {
            let error = ConnectError::of(error, transport.target());
            return if error.is_temporary() {
                Err(error)
            } else {
                Ok(Tried::Absent("this server offers no JSON-2".into()))
            };
        }
    };
    let why = format!("Odoo {} has it, and it accepts the API key", version.series);
    match Client::log_in(Box::new(transport), version, why, config.retry).await {
        Ok(client) => Ok(Tried::Connected(client)),
        Err(error) if error.is_temporary() => Err(error),
        Err(error) => Ok(Tried::Declined(error)),
    }
}

/// Nothing answers there any more (404, 410).
fn is_gone(error: &CallError) -> bool {
    error.failure().is_some_and(|failure| matches!(failure.kind, FailureKind::Status(404 | 410)))
}
