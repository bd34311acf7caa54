//! Sending what is planned: in batches, several at a time, each marked before it leaves and
//! recorded when it is answered. Planning goes on meanwhile.

use std::collections::{HashMap, VecDeque};

use chrono::NaiveDate;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::booking::Booking;
use crate::odoo::{CallError, Client};
use crate::shop::{Shop, Stock};
use crate::store::{Finding, Item, Sending, StoreError, Token, Verdict};

use super::deliver::{Delivery, Stop};
use super::engine::{Engine, Odoo};
use super::report::{PassError, SyncReport};
use super::session::{self, OpenSession, Opener, SessionError};
use super::settle::{Settle, finding, postponed, touch};

/// A planned item.
pub(super) struct Planned {
    pub item: Item,
    pub booking: Booking,
}

/// Where the orders of a stretch go, and how.
pub(super) struct Route<'a> {
    engine: &'a Engine,
    lease: Token,
    odoo: &'a Odoo,
    shop: &'a Shop,
    sync: &'a crate::config::Sync,
    /// Switches tracking off (without "order created" messages Odoo has a sixth less to do)
    /// and the printing of invoices.
    client: Client,
    /// The business day of a session that is opened now.
    day: NaiveDate,
    /// Sessions are kept by days: an order in one of another day is flagged.
    flags_days: bool,
}

impl<'a> Route<'a> {
    pub fn new(settle: &Settle<'a>, day: NaiveDate) -> Self {
        let Settle { engine, lease, odoo, shop, sync, peers, .. } = *settle;
        let client = odoo.client.with_context([("tracking_disable", true), ("generate_pdf", false)]);
        Self { engine, lease, odoo, shop, sync, client, day, flags_days: peers.is_some() }
    }

    fn opener(&self) -> Opener<'_> {
        Opener {
            store: self.engine.store.as_ref(),
            lease: self.lease,
            client: &self.odoo.client,
            dialect: &self.odoo.dialect,
            shop: self.shop,
            sync: &self.sync.id,
            auto_open: self.sync.auto_open_session,
            day: self.day,
            now: self.engine.now(),
        }
    }

    /// Whether goods with counted stock are sold at once. Two transactions that change the
    /// same stock cannot both be committed: Odoo would do one of them over and over.
    fn changes_stock(&self, booking: &Booking, session: OpenSession) -> bool {
        let counted =
            |product| self.shop.catalogue.get(product).is_some_and(|product| product.stock == Stock::Counted);
        !session.stock_at_closing && booking.lines.iter().any(|line| counted(line.product))
    }

    /// Marks, sends and records one batch.
    async fn send(&self, batch: Batch) -> Result<Sent, StoreError> {
        let Batch { planned, session, counted } = batch;
        let _alone = if counted { Some(self.engine.stock.lock().await) } else { None };
        let mut sent = Sent { planned, marked: Vec::new(), verdicts: HashMap::new(), stop: None, counted };
        if let Err(error) = self.engine.hold(self.odoo, self.shop).await {
            return Ok(sent.stopped(Stop::NotHeld(error)));
        }
        let delivery = Delivery {
            client: &self.client,
            dialect: &self.odoo.dialect,
            shop: self.shop,
            session,
            unique: self.odoo.facts.unique,
        };
        if delivery.dialect.rescues() {
            match session::is_open(delivery.client, session.id).await {
                Ok(true) => {}
                Ok(false) => return Ok(sent.stopped(Stop::SessionClosed)),
                Err(error) => return Ok(sent.stopped(Stop::Unavailable(error))),
            }
        }
        let store = self.engine.store.as_ref();
        let rows: Vec<Sending> = sent.planned.iter().map(sending).collect();
        sent.marked = store.mark_sending(&rows, self.lease, self.engine.now()).await?;
        let bookings: Vec<&Booking> = sent
            .planned
            .iter()
            .map(|planned| &planned.booking)
            .filter(|booking| sent.marked.contains(&booking.key))
            .collect();
        if bookings.is_empty() {
            return Ok(sent);
        }
        let begun = Instant::now();
        let delivered = delivery.send(&bookings).await;
        self.engine.pace.answered(self.shop.id, bookings.len(), begun.elapsed());
        let now = self.engine.now();
        sent.verdicts =
            delivered.verdicts.into_iter().map(|(key, verdict)| (key, postponed(verdict, now))).collect();
        sent.stop = delivered.stop;
        // Durable at once: a crash from here on finds the outcome.
        let findings: Vec<Finding> = sent
            .planned
            .iter()
            .filter_map(|planned| Some(finding(&planned.item, sent.verdicts.get(&planned.item.key)?.clone())))
            .collect();
        store.record(&findings, Some(self.lease), now).await?;
        Ok(sent)
    }
}

/// Orders for one request.
struct Batch {
    planned: Vec<Planned>,
    session: OpenSession,
    /// They change counted stock.
    counted: bool,
}

/// What became of a batch.
struct Sent {
    planned: Vec<Planned>,
    /// Keys that were marked, so that a request may have left with them.
    marked: Vec<String>,
    verdicts: HashMap<String, Verdict>,
    stop: Option<Stop>,
    counted: bool,
}

impl Sent {
    fn stopped(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }
}

/// What is planned and not under way yet.
#[derive(Default)]
struct Queue {
    counted: VecDeque<Planned>,
    free: VecDeque<Planned>,
}

impl Queue {
    fn len(&self) -> usize {
        self.counted.len() + self.free.len()
    }

    /// The next batch; of fewer orders than `size` only when nothing is gained by waiting for
    /// more (`partial`). Counted stock goes alone.
    fn batch(
        &mut self,
        size: usize,
        partial: bool,
        counted_under_way: bool,
        session: OpenSession,
    ) -> Option<Batch> {
        let ready = |queue: &VecDeque<Planned>| queue.len() >= size || (partial && !queue.is_empty());
        let counted = !counted_under_way && ready(&self.counted);
        if !counted && !ready(&self.free) {
            return None;
        }
        let from = if counted { &mut self.counted } else { &mut self.free };
        let planned = from.drain(..size.min(from.len())).collect();
        Some(Batch { planned, session, counted })
    }
}

/// Sends what it is given, and reports.
pub(super) struct Sender<'r> {
    route: &'r Route<'r>,
    /// The session that takes the orders, once it is known.
    session: Option<OpenSession>,
    queue: Queue,
    pub report: SyncReport,
    /// Items with a verdict, by position and revision.
    pub seen: Vec<(i64, i64)>,
}

impl<'r> Sender<'r> {
    pub fn new(route: &'r Route<'r>) -> Self {
        let (queue, report) = (Queue::default(), SyncReport::default());
        Self { route, session: None, queue, report, seen: Vec::new() }
    }

    /// Sends these and waits until all is answered.
    pub async fn send(&mut self, planned: Vec<Planned>) -> Result<(), PassError> {
        let (sender, chunks) = mpsc::channel(1);
        // There is room for one, and somebody who receives it.
        let _ = sender.try_send(planned);
        drop(sender);
        self.run(chunks).await
    }

    /// Sends all chunks that come, until no more do or Odoo is not available. Then those under
    /// way are waited for; what is left is the next pass's.
    pub async fn run(&mut self, mut chunks: mpsc::Receiver<Vec<Planned>>) -> Result<(), PassError> {
        let route = self.route;
        let lanes = route.engine.settings.parallel;
        let mut under_way = FuturesUnordered::new();
        let mut counted_under_way = false;
        let mut open = true;
        let mut result = Ok(());
        loop {
            while under_way.len() < lanes && !route.engine.is_stopping() {
                let Some(session) = self.session else { break };
                let size = route.engine.pace.size(route.shop.id);
                let partial = !open || under_way.is_empty();
                let Some(batch) = self.queue.batch(size, partial, counted_under_way, session) else { break };
                counted_under_way |= batch.counted;
                under_way.push(route.send(batch));
            }
            if !open {
                chunks.close();
            }
            let room = self.queue.len() < lanes * route.engine.pace.size(route.shop.id);
            tokio::select! {
                chunk = chunks.recv(), if open && room => match chunk {
                    Some(chunk) => {
                        if let Err(error) = self.take(chunk).await {
                            result = result.and(Err(error));
                            self.queue = Queue::default();
                            open = false;
                        }
                    }
                    None => open = false,
                },
                Some(sent) = under_way.next() => {
                    let sent: Sent = sent?;
                    counted_under_way &= !sent.counted;
                    match self.answered(sent) {
                        None => {}
                        // The rest is ready again; another session is found or opened for what
                        // is still planned.
                        Some(Stop::SessionClosed) => (self.session, self.queue) = (None, Queue::default()),
                        Some(Stop::Unavailable(error)) => {
                            result = result.and(Err(error.into()));
                            self.queue = Queue::default();
                            open = false;
                        }
                        Some(Stop::NotHeld(error)) => {
                            result = result.and(Err(error));
                            self.queue = Queue::default();
                            open = false;
                        }
                    }
                }
                else => return result,
            }
        }
    }

    /// Puts a chunk into the queue, once there is a session that takes it.
    async fn take(&mut self, mut chunk: Vec<Planned>) -> Result<(), PassError> {
        let route = self.route;
        route.engine.hold(route.odoo, route.shop).await?;
        let session = match self.session {
            Some(session) => session,
            None => match route.opener().ensure().await {
                Ok(session) => *self.session.insert(session),
                Err(SessionError::Store(error)) => return Err(error.into()),
                Err(SessionError::Call(error)) => return self.unavailable(chunk, error).await,
                Err(SessionError::Refused(refusal)) => {
                    return self.record(chunk, &Verdict::Refused(refusal)).await;
                }
            },
        };
        if let Some(day) = session.day.filter(|day| *day < route.day && route.flags_days) {
            let flag = format!("Booked in the session of {day}, which is still open.");
            for planned in &mut chunk {
                planned.booking.warnings.push(flag.clone());
            }
        }
        for planned in chunk {
            let counted = route.changes_stock(&planned.booking, session);
            if counted { &mut self.queue.counted } else { &mut self.queue.free }.push_back(planned);
        }
        Ok(())
    }

    async fn unavailable(&mut self, chunk: Vec<Planned>, error: CallError) -> Result<(), PassError> {
        let verdict = postponed(Verdict::NotSent, self.route.engine.now());
        self.record(chunk, &verdict).await?;
        Err(error.into())
    }

    /// Records one verdict on all of a chunk, of which nothing was sent.
    async fn record(&mut self, chunk: Vec<Planned>, verdict: &Verdict) -> Result<(), PassError> {
        let engine = self.route.engine;
        let findings: Vec<Finding> =
            chunk.iter().map(|planned| finding(&planned.item, verdict.clone())).collect();
        engine.store.record(&findings, Some(self.route.lease), engine.now()).await?;
        for planned in &chunk {
            self.report(&planned.item, Some(verdict));
        }
        engine.progress.settled(&self.route.sync.id, chunk.len());
        Ok(())
    }

    fn answered(&mut self, sent: Sent) -> Option<Stop> {
        for planned in sent.planned.iter().filter(|planned| sent.marked.contains(&planned.item.key)) {
            self.report(&planned.item, sent.verdicts.get(&planned.item.key));
        }
        self.route.engine.progress.settled(&self.route.sync.id, sent.marked.len());
        sent.stop
    }

    fn report(&mut self, item: &Item, verdict: Option<&Verdict>) {
        self.seen.push((item.seq, item.revision));
        touch(&mut self.report, item, verdict);
    }
}

fn sending(planned: &Planned) -> Sending {
    let payload = serde_json::to_vec(&planned.booking).unwrap_or_default();
    Sending {
        key: planned.item.key.clone(),
        revision: planned.item.revision,
        payload_hash: format!("{:x}", Sha256::digest(&payload)),
    }
}
