//! An HTTP feed of orders, page by page.
//!
//! [`Feed::fetch`] gives [`Pages`]; [`Pages::next`] gives one body after the other. The caller
//! cuts a body into orders, stores them, and passes back what it found ([`PageFacts`]), from
//! which the next request follows. A request is tried again when that may help; whatever else
//! goes wrong is a [`SourceError`](super::SourceError), and the same page can be asked for
//! again.

mod address;
mod body;
mod config;
mod fault;
mod feed;
mod link;
mod origin;
mod pager;
mod pages;
mod resolve;
mod retry;
mod said;
mod since;
mod single;
#[cfg(test)]
mod tests;

pub use address::{AddressPolicy, Allowed};
pub use config::{Auth, FeedConfig, Paging, Retry};
pub use feed::Feed;
pub use pager::PageFacts;
pub use pages::{FetchedPage, Pages};
pub use since::SinceFormat;
pub use single::OrderUrl;
