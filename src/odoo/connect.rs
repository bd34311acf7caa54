//! The settings of a connection, and why one does not come about.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use url::Host;

use super::failure::{CallError, FailureKind};
use super::fault::FaultKind;
use super::retry::RetryPolicy;
use super::series::Series;
use super::transport::Target;
use super::xmlrpc::Limits;
use crate::http::Timeouts;

/// Over which transport an Odoo is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportChoice {
    /// JSON-2 where the server has it and takes the key, else XML-RPC.
    #[default]
    Auto,
    /// XML-RPC, on every series up to 19.
    XmlRpc,
    /// JSON-2, on 19 and later; takes an API key only.
    Json2,
}

/// How to reach one database of one Odoo as one user.
#[derive(Clone)]
pub struct OdooConfig {
    /// The server's address, `https://odoo.example.com`, with the path of a proxy if it has
    /// one, without `/web` or `/odoo`.
    pub url: Url,
    /// The database.
    pub database: String,
    /// The user's login.
    pub username: String,
    /// The user's password or API key: XML-RPC takes either, JSON-2 a key only.
    pub password: SecretString,
    /// Whether `password` is said to be an API key.
    pub is_api_key: bool,
    /// Over which transport.
    pub transport: TransportChoice,
    /// Time limits. Odoo repeats a transaction by itself for half a minute: never below 60 s
    /// for reading.
    pub timeouts: Timeouts,
    /// The largest answer accepted, in bytes after decompression.
    pub max_answer_bytes: usize,
    /// How reads are repeated.
    pub retry: RetryPolicy,
    /// Permits plain http to a host that is not this machine. The password then travels
    /// readable for everybody on the way.
    pub allow_insecure_http: bool,
}

impl OdooConfig {
    /// Settings with the usual limits: 10 s to connect, 120 s between two reads, 180 s for
    /// a call; answers up to 64 MiB. The secret counts as a password.
    pub fn new(
        url: Url,
        database: impl Into<String>,
        username: impl Into<String>,
        password: SecretString,
    ) -> Self {
        Self {
            url,
            database: database.into(),
            username: username.into(),
            password,
            is_api_key: false,
            transport: TransportChoice::Auto,
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                read: Duration::from_secs(120),
                total: Duration::from_secs(180),
            },
            max_answer_bytes: Limits::default().bytes,
            retry: RetryPolicy::default(),
            allow_insecure_http: false,
        }
    }

    /// The address, if it can be used as it is.
    pub(super) fn checked_url(&self) -> Result<Url, ConnectError> {
        let url = &self.url;
        match url.scheme() {
            "https" => Ok(url.clone()),
            "http" if self.allow_insecure_http || is_loopback(url) => Ok(url.clone()),
            "http" => Err(ConnectError::InsecureUrl { host: url.host_str().unwrap_or_default().to_owned() }),
            scheme => Err(ConnectError::BadUrl { scheme: scheme.to_owned() }),
        }
    }
}

impl fmt::Debug for OdooConfig {
    /// Without the password, and without one in the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OdooConfig")
            .field("url", &shown(&self.url))
            .field("database", &self.database)
            .field("username", &self.username)
            .field("is_api_key", &self.is_api_key)
            .field("transport", &self.transport)
            .field("timeouts", &self.timeouts)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .field("retry", &self.retry)
            .field("allow_insecure_http", &self.allow_insecure_http)
            .finish_non_exhaustive()
    }
}

/// An address without user, password, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for addresses without a host, which have no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether the host is this machine itself, by its address or as `localhost`.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Why there is no connection. [`ConnectError::fix`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// The address is neither http nor https.
    #[error("the address of Odoo starts with \"{scheme}:\"")]
    BadUrl {
        /// What it starts with.
        scheme: String,
    },
    /// Plain http to another machine.
    #[error("the address of Odoo is plain http to {host}: the password would travel unencrypted")]
    InsecureUrl {
        /// The host.
        host: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {message}")]
    Setup {
        /// Why.
        message: String,
    },
    /// No connection, no answer, or busy.
    #[error("Odoo cannot be reached: {message}")]
    Unreachable {
        /// Why.
        message: String,
    },
    /// No secure connection.
    #[error("Odoo cannot be reached securely: {message}")]
    Tls {
        /// Why.
        message: String,
    },
    /// Something answers, but not as Odoo does.
    #[error("{address} does not answer as an Odoo does: {message}")]
    NotOdoo {
        /// The address.
        address: String,
        /// What it answers.
        message: String,
    },
    /// A series this program does not know.
    #[error("{address} is Odoo {series}, which is not supported")]
    UnsupportedSeries {
        /// The address.
        address: String,
        /// Its series.
        series: Series,
    },
    /// There is no such database.
    #[error("{address} has no database \"{database}\"")]
    UnknownDatabase {
        /// The address.
        address: String,
        /// The database asked for.
        database: String,
    },
    /// Login and password or key do not fit.
    #[error(
        "Odoo does not accept the login \"{username}\" with this password or key (database \"{database}\")"
    )]
    WrongLogin {
        /// The login.
        username: String,
        /// The database.
        database: String,
    },
    /// The server has JSON-2 only, and the secret is no API key that it accepts.
    #[error(
        "this Odoo has no XML-RPC any more, and JSON-2 does not accept the password of \"{username}\" (database \"{database}\")"
    )]
    NeedsKey {
        /// The login.
        username: String,
        /// The database.
        database: String,
    },
    /// Anything else, such as a failure within Odoo.
    #[error("the login failed: {0}")]
    Failed(CallError),
}

impl ConnectError {
    /// What to do about it, one plain sentence or two.
    pub fn fix(&self) -> String {
        match self {
            Self::BadUrl { .. } => "Set url to an address such as https://odoo.example.com.".into(),
            Self::InsecureUrl { .. } => {
                "Use https, or set allow_insecure_http = true if the network in between is trusted."
                    .into()
            }
            Self::Setup { .. } => "Check the certificates of this system.".into(),
            Self::Unreachable { .. } => {
                "Check that Odoo is running, that url has the right host and port, and that no firewall is in between."
                    .into()
            }
            Self::Tls { .. } => {
                "Check the server's certificate (name, expiry, issuer known to this system), and that the port is one for https."
                    .into()
            }
            Self::NotOdoo { .. } => {
                "Set url to where Odoo itself answers: no /web or /odoo at its end, https if it redirects there, and /xmlrpc/2 (with an API key on Odoo 19 and later: /json/2) let through by a proxy."
                    .into()
            }
            Self::UnsupportedSeries { .. } => format!(
                "Use an Odoo from {} to {}.",
                Series::OLDEST,
                Series { major: Series::NEWEST_MAJOR, minor: 0 }
            ),
            Self::UnknownDatabase { .. } => {
                "Set database to the name shown in Odoo's database selector (case matters).".into()
            }
            Self::WrongLogin { .. } => {
                "Check username and password; a user with two-factor authentication needs an API key, and keys expire (log in as that user: Preferences → Security shows its keys, and makes new ones)."
                    .into()
            }
            Self::NeedsKey { .. } => {
                "Make an API key (log in as that user: Preferences → Security → Add API Key) and give it as api_key in place of the password."
                    .into()
            }
            Self::Failed(_) => "See Odoo's log at this time, then try again.".into(),
        }
    }

    /// Whether it may pass by itself, so that a service tries again.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Failed(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether something else answers in Odoo's place, or Odoo without the database: a wrong
    /// address, or, where that was right before, something that is put right over there.
    pub const fn is_elsewhere(&self) -> bool {
        matches!(self, Self::NotOdoo { .. } | Self::UnknownDatabase { .. } | Self::Tls { .. })
    }

    /// Whether Odoo does not accept the login: tried often, an account may be locked.
    pub const fn is_refused_login(&self) -> bool {
        matches!(self, Self::WrongLogin { .. } | Self::NeedsKey { .. })
    }

    /// Odoo does not accept the credentials.
    pub(super) fn wrong_login(target: &Target) -> Self {
        Self::WrongLogin { username: target.username.clone(), database: target.database.clone() }
    }

    /// The server does not know the database.
    pub(super) fn unknown_database(target: &Target) -> Self {
        Self::UnknownDatabase { address: target.address.clone(), database: target.database.clone() }
    }

    /// Sorts the failure of a call made while connecting.
    pub(super) fn of(error: CallError, target: &Target) -> Self {
        let address = target.address.clone();
        if let CallError::Fault(fault) = &error {
            if fault.is_unknown_database() {
                return Self::unknown_database(target);
            }
            if fault.kind() == FaultKind::AccessDenied {
                return Self::wrong_login(target);
            }
        }
        let Some(failure) = error.failure() else {
            return Self::Failed(error);
        };
        let message = failure.message.clone();
        match failure.kind {
            FailureKind::Tls => Self::Tls { message },
            FailureKind::Dns
            | FailureKind::Connect
            | FailureKind::Timeout
            | FailureKind::Connection
            | FailureKind::Status(408 | 429 | 502..=504) => Self::Unreachable { message },
            FailureKind::Status(_)
            | FailureKind::WebPage
            | FailureKind::BadAnswer
            | FailureKind::Unexpected => Self::NotOdoo { address, message },
            FailureKind::TooLarge => Self::Failed(error),
        }
    }
}
