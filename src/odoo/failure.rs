//! Why a call brought no result, sorted by what it says about the server's state.

use std::time::Duration;

use thiserror::Error;

use super::fault::Fault;
use super::xmlrpc::{DecodeError, DecodeErrorKind, EncodeError};

/// A call that brought no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// A value cannot be sent at all. Not executed; repeating it is pointless.
    #[error("cannot be sent to Odoo: {0}")]
    Encode(#[from] EncodeError),
    /// Certainly not executed: no connection came about, or the request was turned away
    /// at the door.
    #[error("{0}")]
    NotSent(Failure),
    /// Asked to come back later (429, 503). With 429 the call was not executed; a 503 may
    /// also be a proxy's word about an upstream that is still at it.
    #[error("{failure}")]
    Busy {
        /// What was answered.
        failure: Failure,
        /// How long to wait, if said, at most five minutes.
        retry_after: Option<Duration>,
    },
    /// The request left and no clear answer came: executed or not.
    #[error("{0}")]
    Unknown(Failure),
    /// Odoo says why.
    #[error("{0}")]
    Fault(#[from] Fault),
}

/// What went wrong on the way, in words without addresses' secrets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Failure {
    /// What it is.
    pub kind: FailureKind,
    /// A plain sentence, naming the server.
    pub message: String,
}

/// Kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The host's name cannot be resolved.
    Dns,
    /// No connection: refused, unreachable, or not within the limit.
    Connect,
    /// No secure connection: certificate, protocol.
    Tls,
    /// Connected, but no (complete) answer within the limit.
    Timeout,
    /// The connection broke while sending or reading.
    Connection,
    /// An HTTP status other than success.
    Status(u16),
    /// A web page instead of an answer.
    WebPage,
    /// An answer that cannot be read: cut off, not XML-RPC.
    BadAnswer,
    /// An answer of more than the permitted size.
    TooLarge,
    /// A sound answer of another type than expected.
    Unexpected,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl CallError {
    /// Whether a call that changes nothing is worth repeating as it is.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Encode(_) => false,
            Self::Busy { .. } => true,
            Self::Fault(fault) => fault.is_transient(),
            Self::NotSent(failure) | Self::Unknown(failure) => match failure.kind {
                FailureKind::Dns
                | FailureKind::Connect
                | FailureKind::Timeout
                | FailureKind::Connection
                | FailureKind::BadAnswer => true,
                FailureKind::Status(status) => matches!(status, 408 | 500 | 502 | 504),
                FailureKind::Tls | FailureKind::WebPage | FailureKind::TooLarge | FailureKind::Unexpected => {
                    false
                }
            },
        }
    }

    /// Whether no method was called for certain (a fault comes from a method).
    pub fn is_turned_away(&self) -> bool {
        match self {
            Self::Encode(_) | Self::NotSent(_) => true,
            // A limiter refuses before it passes anything on.
            Self::Busy { failure, .. } => failure.kind == FailureKind::Status(429),
            Self::Fault(_) | Self::Unknown(_) => false,
        }
    }

    /// How long the server, or a proxy before it, asked to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The failure on the way, unless it was a fault or never got under way.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::NotSent(failure) | Self::Unknown(failure) | Self::Busy { failure, .. } => Some(failure),
            Self::Encode(_) | Self::Fault(_) => None,
        }
    }
}

impl From<DecodeError> for CallError {
    /// An answer that cannot be read says nothing about what was done.
    fn from(error: DecodeError) -> Self {
        let kind = match error.kind() {
            DecodeErrorKind::Html { .. } => FailureKind::WebPage,
            DecodeErrorKind::Limit { .. } => FailureKind::TooLarge,
            DecodeErrorKind::Shape(_) => FailureKind::Unexpected,
            _ => FailureKind::BadAnswer,
        };
        let message = if kind == FailureKind::Unexpected {
            format!("Odoo's answer is not what was expected: {error}")
        } else {
            format!("Odoo's answer cannot be read: {error}")
        };
        Self::Unknown(Failure::new(kind, message))
    }
}
