//! Raw bodies of orders, from an HTTP feed or from files. Knows bytes and pages, not
//! orders: the caller cuts a body into orders and tells what it found on a page.

mod error;
pub mod file;
pub mod http;

pub use error::{Beginning, SourceError};
