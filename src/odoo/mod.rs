//! Talking to Odoo: the XML-RPC codec, faults, transports, the client and the outcome of a
//! write. Knows nothing of orders.
//!
//! ```text
//! Client ── Call ──▶ Transport (XML-RPC, …) ── bytes ──▶ Odoo
//!    ▲                                                     │
//!    └── T  ◀── Reply::decode ◀── Reply | CallError ◀──────┘
//! ```
//!
//! A read answers `Result<T, CallError>` and is repeated when that is safe; a write answers
//! an [`Outcome`] and is never repeated.

mod client;
mod connect;
mod failure;
mod fault;
pub mod fields;
mod outcome;
pub mod public;
mod retry;
mod series;
mod transport;
pub mod xmlrpc;
mod xmlrpc_transport;

pub use client::{Client, EVERYTHING, NO_ARGS};
pub use connect::{ConnectError, OdooConfig};
pub use failure::{CallError, Failure, FailureKind};
pub use fault::{Fault, FaultKind};
pub use outcome::Outcome;
pub use retry::RetryPolicy;
pub use series::{Series, ServerVersion};
pub use transport::{Call, Payload, Reply, Target, Transport, UserId};
pub use xmlrpc_transport::XmlRpcTransport;
