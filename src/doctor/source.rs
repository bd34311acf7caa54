//! The source of a sync.

use crate::config::Sync;
use crate::source::SourceError;
use crate::sync::{FirstPage, ProbeError};

use super::finding::Finding;

/// The source's key travels encrypted, or does not leave this machine.
pub(super) fn encryption(sync: &Sync) -> Finding {
    let here = matches!(sync.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if sync.url.scheme() == "http" && sync.api_key.is_some() && !here {
        return Finding::warning(
            "encryption",
            "The source's address is plain http: its key can be read on the way.",
            "Give the source's https address as url.",
        );
    }
    Finding::ok("encryption", "The source's key cannot be read on its way.")
}

/// The source answers with orders that can be read.
pub(super) fn first_page(sync: &Sync, probed: Result<FirstPage, ProbeError>) -> Finding {
    let page = match probed {
        Ok(page) => page,
        Err(ProbeError::Source(error)) => return failed(&error),
        Err(ProbeError::Body(error)) => {
            return Finding::problem(
                "source",
                format!("No orders can be read: {error}."),
                "Check that the sync's url is that of the source's order list, and that its key is right.",
            );
        }
    };
    let from = sync.start_date.map(|date| format!(" since {}", date.format("%Y-%m-%d %H:%M UTC")));
    let from = from.unwrap_or_default();
    match page {
        FirstPage { orders: 0, .. } => {
            Finding::ok("source", format!("The source answers; it has no orders{from} yet."))
        }
        FirstPage { orders, unreadable, why: Some(why) } => Finding::warning(
            "source",
            format!(
                "Of the {orders} orders on the source's first page, {unreadable} cannot be read; the first: {}",
                why.message
            ),
            why.fix,
        ),
        FirstPage { orders, .. } => {
            let count = if orders == 1 { "1 order".to_owned() } else { format!("{orders} orders") };
            Finding::ok("source", format!("The source answers, with {count} on its first page{from}."))
        }
    }
}

fn failed(error: &SourceError) -> Finding {
    if error.is_transient() {
        Finding::unreachable("source", error.to_string(), error.fix())
    } else {
        Finding::problem("source", error.to_string(), error.fix())
    }
}
