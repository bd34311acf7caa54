//! The newest orders of a source, for a preview: looked for in ever longer stretches of time,
//! so that a source with years of orders answers at once.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Sync;
use crate::order::ingest::ReadOrder;

use super::collect::feed;
use super::engine::Engine;
use super::report::PassError;
use super::walk::Walk;

/// Days looked back for, one after the other; then from the sync's start date on.
const STRETCHES: [i64; 3] = [1, 7, 31];

/// The newest orders that a source shows.
#[derive(Debug)]
pub(super) struct Newest {
    /// The oldest of them first.
    pub orders: Vec<ReadOrder>,
    /// From when on the source was asked; `None`: for all it has.
    pub since: Option<DateTime<Utc>>,
}

/// Reads at most `limit` orders, the newest by their date. One whose date cannot be read counts
/// as new: somebody must look at it.
pub(super) async fn newest(engine: &Engine, sync: &Sync, limit: usize) -> Result<Newest, PassError> {
    let now = engine.now();
    let start = sync.start_date;
    let stretches = STRETCHES.iter().map(|days| now - TimeDelta::days(*days));
    let stretches = stretches.filter(|since| start.is_none_or(|start| *since > start));
    for since in stretches.map(Some).chain([start]) {
        let orders = since_then(engine, sync, since, limit).await?;
        if orders.len() >= limit || since == start {
            return Ok(Newest { orders, since });
        }
    }
    Ok(Newest { orders: Vec::new(), since: start })
}

async fn since_then(
    engine: &Engine,
    sync: &Sync,
    since: Option<DateTime<Utc>>,
    limit: usize,
) -> Result<Vec<ReadOrder>, PassError> {
    let feed = feed(sync, &engine.settings.allow)?;
    let mut pages = Walk::new(engine, sync, feed.fetch(since));
    let mut newest: Vec<ReadOrder> = Vec::new();
    while let Some(arrivals) = pages.next().await? {
        for order in arrivals.orders {
            // Pages overlap; the later one counts.
            newest.retain(|known| known.key != order.key);
            newest.push(order);
        }
        keep_newest(&mut newest, limit);
    }
    Ok(newest)
}

fn keep_newest(orders: &mut Vec<ReadOrder>, limit: usize) {
    orders.sort_by_key(|order| order.result.as_ref().map_or(DateTime::<Utc>::MAX_UTC, |order| order.sale_at));
    orders.drain(..orders.len().saturating_sub(limit));
}
