//! The source of a sync.

use crate::config::Sync;
use crate::order::Part;
use crate::source::SourceError;
use crate::sync::{FirstPage, ProbeError};
use crate::text;

use super::finding::Finding;

/// The source's key travels encrypted, or does not leave this machine.
pub(super) fn encryption(sync: &Sync) -> Finding {
    let here = matches!(sync.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if sync.url.scheme() == "http" && sync.api_key.is_some() && !here {
        return Finding::warning(
            "encryption",
            text!("The source's address is plain http: its key can be read on the way."),
            text!("Give the source's https address as url."),
        );
    }
    Finding::ok("encryption", text!("The source's key cannot be read on its way."))
}

/// The source answers with orders that can be read.
pub(super) fn first_page(sync: &Sync, probed: Result<FirstPage, ProbeError>) -> Finding {
    let page = match probed {
        Ok(page) => page,
        Err(ProbeError::Source(error)) => return failed(&error),
        Err(ProbeError::Body(error)) => {
            return Finding::problem(
                "source",
                text!("No orders can be read: {error}.", error = error.text()),
                text!(
                    "Check that the sync's url is that of the source's order list, and that its key is right."
                ),
            );
        }
    };
    let since = sync.start_date.map(Part::utc);
    let message = match (page, since) {
        (FirstPage { orders: 0, .. }, None) => text!("The source answers; it has no orders yet."),
        (FirstPage { orders: 0, .. }, Some(since)) => {
            text!("The source answers; it has no orders since {since} yet.", since)
        }
        (FirstPage { orders, unreadable, why: Some(why) }, _) => {
            let message = text!(
                "Of the {orders} orders on the source's first page, {unreadable} cannot be read; the first: {why}",
                orders,
                unreadable,
                why = why.message
            );
            return Finding::warning("source", message, why.fix);
        }
        (FirstPage { orders, .. }, None) => {
            text!("The source answers. Orders on its first page: {orders}.", orders)
        }
        (FirstPage { orders, .. }, Some(since)) => {
            text!("The source answers. Orders on its first page since {since}: {orders}.", since, orders)
        }
    };
    Finding::ok("source", message)
}

fn failed(error: &SourceError) -> Finding {
    if error.is_transient() {
        Finding::unreachable("source", error.text(), error.fix())
    } else {
        Finding::problem("source", error.text(), error.fix())
    }
}
