//! A fake Odoo: the part of it that tillbridge uses, with transactions, in memory.
//!
//! It reads and writes the real XML-RPC. A call sees the database as it was when it began,
//! and all it did is committed at once, or nothing of it; two calls that overlap meet as they
//! would under PostgreSQL's REPEATABLE READ. Faults are told per call. Its answers are checked
//! against those of the real Odoo by the module `contract`.
//!
//! | file | what it knows |
//! |---|---|
//! | `db` | rows, snapshots, commits, unique constraints |
//! | `schema`, `domain`, `orm` | models and fields by series; conditions; `search_read` and its kin |
//! | `sessions`, `orders` | `pos.session` and `pos.order`: 19 and 14 |
//! | `world` | a company with shops, products, taxes; what people do at the till |
//! | `rpc` | a request's bytes to an answer's bytes |
//! | `server` | calls under way, faults, time |
//! | `transport`, `http` | its two fronts: in the process, and on loopback |
//! | `probe`, `store`, `clock` | every step of a pass counted, failed or crashed at; time that is told |
//! | `leases` | what processes that share a store keep each other from |
//! | `scene` | processes on a store that outlives them |
//! | `source`, `oracle` | what is sent to it, and what must come of it |

pub mod clock;
pub mod db;
mod domain;
pub mod http;
mod leases;
pub mod oracle;
mod orders;
mod orm;
pub mod probe;
pub mod rpc;
pub mod scene;
mod schema;
pub mod server;
mod sessions;
pub mod source;
pub mod store;
pub mod transport;
pub mod world;

pub use probe::{Fault, Point, Probe};
pub use server::Fake;
