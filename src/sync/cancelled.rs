//! Sales that their source cancelled after they were booked. Where the sync says so, each is
//! followed by a refund of all of it, which is an order as any other from then on: with a key of
//! its own, so that it is sent, looked up and repeated under that.
//!
//! What is to be done shows in the store alone: a crash anywhere between the page that says
//! "cancelled" and the refund leaves the sale in conflict, and the next pass goes on from there.

use std::collections::BTreeSet;

use crate::config::{CancelledAfterBooking, Sync};
use crate::order::format::orderid;
use crate::order::{Code, Order, OrderKey, Refusal, Text};
use crate::store::{Arrival, Filter, Item, Page, State, Store, StoreError, Verdict};
use crate::text;

use super::collect::read_rules;
use super::engine::Engine;
use super::report::{OrderReport, PassError, SyncReport};
use super::settle::explained;

/// Items looked at a time.
const CHUNK: usize = 200;

/// Whether the sync books a refund of such a sale.
pub(super) fn is_followed(sync: &Sync) -> bool {
    sync.orders.cancelled_after_booking == CancelledAfterBooking::Refund
}

/// Puts the refund of every such sale into the inbox, once. One that takes goods back, or whose
/// content is not kept any more, is left to a person.
pub(super) async fn follow(
    engine: &Engine,
    sync: &Sync,
    steps_from: Option<Text>,
    report: &mut SyncReport,
) -> Result<(), PassError> {
    if !is_followed(sync) {
        return Ok(());
    }
    let mut filter = Filter {
        states: BTreeSet::from([State::Conflict]),
        sync: Some(sync.id.clone()),
        limit: CHUNK,
        ..Filter::default()
    };
    while let Some(items) = engine.store.next_page(&mut filter).await? {
        let (mut refunds, mut followed) = (Vec::new(), Vec::new());
        for item in items.iter().filter(|item| is_cancelled(item, sync)) {
            match refund_of(item, sync) {
                Some(refund) => {
                    refunds.push(refund);
                    followed.push(explained(item, Verdict::Followed, steps_from.is_some()));
                }
                None => report.touch(OrderReport::of(item)),
            }
        }
        if followed.is_empty() {
            continue;
        }
        let keys: Vec<String> = refunds.iter().map(|refund| refund.key.clone()).collect();
        for known in engine.store.get(&keys).await? {
            // One that was left out, for its sale was restored or gone, is due again.
            refunds.retain(|refund| refund.key != known.key || known.state == State::Skipped);
        }
        let page = Page {
            source: sync.source.to_string(),
            sync: sync.id.clone(),
            arrivals: refunds,
            cursor: None,
            steps_from: steps_from.clone(),
            asked: BTreeSet::new(),
        };
        for _ in 0..engine.store.ingest_page(&page, engine.now()).await?.len() {
            engine.progress.added(&sync.id);
        }
        engine.store.record(&followed, None, engine.now()).await?;
    }
    Ok(())
}

/// Whether the source shows the sale of such a refund as sold again, as it was or otherwise: what
/// cancelled it does not stand beside it any more. What aged out is no sign of that.
pub(super) async fn is_restored(
    refund: &OrderKey,
    sync: &Sync,
    store: &dyn Store,
) -> Result<bool, StoreError> {
    let sale = store.get(&[refund.sale().canonical()]).await?.pop();
    Ok(sale.is_some_and(|sale| {
        let is_sold = sale.newer.as_ref().is_none_or(|newer| !newer.raw.is_empty());
        matches!(sale.state, State::Booked | State::Conflict) && is_sold && !is_cancelled(&sale, sync)
    }))
}

/// Why the refund of a sale that was restored is not booked.
pub(super) fn restored(sale_id: &str) -> Refusal {
    Refusal::new(
        Code::Cancelled,
        text!("The source shows the sale {sale_id} as sold again: it is not refunded.", sale_id),
        text!("Nothing to do: it is refunded if the source cancels it again."),
    )
}

fn is_cancelled(item: &Item, sync: &Sync) -> bool {
    item.newer.as_ref().is_some_and(|newer| orderid::cancels_a_sale(&newer.raw, &read_rules(sync)))
}

/// The refund of a sale, dated when its cancelling was heard of.
fn refund_of(item: &Item, sync: &Sync) -> Option<Arrival> {
    let sale = sale(item, sync)?;
    let meaning = sale.meaning();
    let refund = sale.cancelled(item.newer.as_ref()?.received_at)?;
    Some(Arrival {
        key: refund.key.canonical(),
        external_id: item.external_id.clone(),
        raw: item.raw.clone(),
        format: item.format.clone(),
        meaning,
        state: State::Ready,
        reason: None,
        sale_at: Some(refund.sale_at),
        updated_at: None,
        total: Some(refund.signed_total()),
    })
}

/// The sale as it was booked: a person, or time, may have completed it.
fn sale(item: &Item, sync: &Sync) -> Option<Order> {
    let rules = orderid::ReadRules { open_is_completed: true, ..read_rules(sync) };
    orderid::read(&item.raw, &rules, item.received_at).ok()
}
