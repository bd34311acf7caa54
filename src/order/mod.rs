//! The canonical order, its identity and the readers of external formats. No I/O.
//!
//! A reader cuts a body into raw orders, then turns each into an [`Order`] or a
//! [`Refusal`]; everything after it (booking, store, reports) knows only these types.
//!
//! [`ingest`] is the way in: [`body`] cuts, [`mod@format`] reads, one folder per format. An order
//! is read again from its raw text whenever it is planned: [`format::orderid::read`]. What of
//! it is shown outside of the service goes through [`private`]. A sale that its source cancelled
//! is given back by a document that no source sends: [`Order::cancelled`].

pub mod body;
mod cancellation;
pub mod format;
pub mod ingest;
mod key;
mod meaning;
mod model;
mod pretty;
pub mod private;
mod refusal;
mod scan;
mod text;

pub use key::{Document, Location, OrderKey, SourceId};
pub use meaning::completes;
pub use model::{Customer, Line, LineDiscount, Order, Status, Tender, Totals};
pub use pretty::indent;
pub use refusal::{Code, Refusal, Subject, SubjectKind};
pub use text::{Made, Part, Text};
