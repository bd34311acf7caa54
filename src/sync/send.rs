//! Sending what is planned: in batches, several at a time, each marked before it leaves and
//! recorded when it is answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::booking::Booking;
use crate::shop::Stock;
use crate::store::{Finding, Item, Sending, StoreError, Token, Verdict};

use super::deliver::{Delivery, Stop};
use super::engine::Engine;
use super::report::PassError;
use super::session::{self, OpenSession};
use super::settle::{Settle, finding, postponed, touch};

/// Orders per request: ten already take nearly all the gain, a few more smooth the rest.
const BATCH: usize = 20;

/// A planned item.
pub(super) struct Planned {
    pub item: Item,
    pub booking: Booking,
}

impl Settle<'_> {
    /// Sends planned items in parallel batches and records what became of them.
    pub(super) async fn send(
        &mut self,
        planned: Vec<Planned>,
        open: OpenSession,
    ) -> Result<Option<Stop>, PassError> {
        let client = self.odoo.client.with_context([("tracking_disable", true), ("generate_pdf", false)]);
        let delivery = Delivery {
            client: &client,
            dialect: &self.odoo.dialect,
            shop: self.shop,
            session: open,
            unique: self.odoo.facts.unique,
        };
        let (engine, lease) = (self.engine, self.lease);
        // Once one batch had to stop, no other is begun; those under way are finished.
        let stopped = &AtomicBool::new(false);
        let lanes = &Semaphore::new(engine.settings.parallel);
        let (counted, free): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|one| !open.stock_at_closing && self.changes_stock(&one.booking));
        let batches =
            batches(counted).map(|batch| (true, batch)).chain(batches(free).map(|batch| (false, batch)));
        let mut sent = batches
            .map(|(counted, batch)| async move {
                let _alone = if counted { Some(engine.stock.lock().await) } else { None };
                let _lane = lanes.acquire().await;
                if stopped.load(Ordering::Relaxed) || engine.is_stopping() {
                    return Ok((batch, Vec::new(), HashMap::new(), None));
                }
                let (marked, verdicts, stop) = send_batch(engine, lease, delivery, &batch).await?;
                stopped.fetch_or(stop.is_some(), Ordering::Relaxed);
                Ok::<_, StoreError>((batch, marked, verdicts, stop))
            })
            .collect::<FuturesUnordered<_>>();
        let mut stop = None;
        while let Some(result) = sent.next().await {
            let (batch, marked, verdicts, why) = result?;
            stop = stop.or(why);
            for planned in batch.iter().filter(|planned| marked.contains(&planned.item.key)) {
                self.touched.insert(planned.item.key.clone());
                touch(self.report, &planned.item, verdicts.get(&planned.item.key));
            }
            engine.progress.settled(&self.sync.id, marked.len());
        }
        match stop {
            Some(Stop::Unavailable(error)) => Err(error.into()),
            other => Ok(other),
        }
    }

    /// Whether goods with counted stock are sold. Two transactions that change the same stock
    /// cannot both be committed: Odoo would do one of them over and over.
    fn changes_stock(&self, booking: &Booking) -> bool {
        let counted =
            |product| self.shop.catalogue.get(product).is_some_and(|product| product.stock == Stock::Counted);
        booking.lines.iter().any(|line| counted(line.product))
    }
}

/// Marks, sends and records one batch: which keys were marked, and the verdicts on them.
async fn send_batch(
    engine: &Engine,
    lease: Token,
    delivery: Delivery<'_>,
    batch: &[Planned],
) -> Result<(Vec<String>, HashMap<String, Verdict>, Option<Stop>), StoreError> {
    if delivery.dialect.rescues() {
        match session::is_open(delivery.client, delivery.session.id).await {
            Ok(true) => {}
            Ok(false) => return Ok((Vec::new(), HashMap::new(), Some(Stop::SessionClosed))),
            Err(error) => return Ok((Vec::new(), HashMap::new(), Some(Stop::Unavailable(error)))),
        }
    }
    let rows: Vec<Sending> = batch.iter().map(sending).collect();
    let marked = engine.store.mark_sending(&rows, lease, engine.now()).await?;
    let bookings: Vec<&Booking> = batch
        .iter()
        .map(|planned| &planned.booking)
        .filter(|booking| marked.contains(&booking.key))
        .collect();
    if bookings.is_empty() {
        return Ok((marked, HashMap::new(), None));
    }
    let delivered = delivery.send(&bookings).await;
    let verdicts: HashMap<String, Verdict> = delivered
        .verdicts
        .into_iter()
        .map(|(key, verdict)| (key, postponed(verdict, engine.now())))
        .collect();
    // Durable at once: a crash from here on finds the outcome.
    let findings: Vec<Finding> = batch
        .iter()
        .filter_map(|planned| Some(finding(&planned.item, verdicts.get(&planned.item.key)?.clone())))
        .collect();
    engine.store.record(&findings, Some(lease), engine.now()).await?;
    Ok((marked, verdicts, delivered.stop))
}

fn batches(planned: Vec<Planned>) -> impl Iterator<Item = Vec<Planned>> {
    let mut rest = planned.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

fn sending(planned: &Planned) -> Sending {
    let payload = serde_json::to_vec(&planned.booking).unwrap_or_default();
    Sending {
        key: planned.item.key.clone(),
        revision: planned.item.revision,
        payload_hash: format!("{:x}", Sha256::digest(&payload)),
    }
}
