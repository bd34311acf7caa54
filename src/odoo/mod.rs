//! Talking to Odoo: XML-RPC and JSON-2, faults, the client and the outcome of a write. Knows
//! nothing of orders.
//!
//! ```text
//! Client ── Call ──▶ Transport (XML-RPC, JSON-2) ── bytes ──▶ Odoo
//!    ▲                                                     │
//!    └── T  ◀── Reply::decode ◀── Reply | CallError ◀──────┘
//! ```
//!
//! A read answers `Result<T, CallError>` and is repeated when that is safe; a write answers
//! an [`Outcome`] and is never repeated.

pub mod api_key;
mod choose;
mod client;
mod connect;
pub mod decimal;
mod failure;
mod fault;
pub mod fields;
mod json2;
mod methods;
mod outcome;
pub mod public;
mod retry;
mod series;
mod transport;
mod wire;
pub mod xmlrpc;
mod xmlrpc_transport;

pub use client::{Client, EVERYTHING, NO_ARGS};
pub use connect::{ConnectError, OdooConfig, TransportChoice};
pub use decimal::Exact;
pub use failure::{CallError, Failure, FailureKind};
pub use fault::{Fault, FaultKind};
pub use json2::Json2Transport;
pub use outcome::Outcome;
pub use retry::RetryPolicy;
pub use series::{Series, ServerVersion};
pub use transport::{Call, Payload, Reply, Target, Transport, TransportKind, UserId};
pub use xmlrpc_transport::XmlRpcTransport;
