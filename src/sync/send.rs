//! Sending what is planned: in batches, several at a time, each marked before it leaves and
//! recorded when it is answered. Planning goes on meanwhile.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{NaiveDate, TimeDelta};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::booking::Booking;
use crate::odoo::{CallError, Client};
use crate::shop::{Shop, Stock};
use crate::store::{Finding, Item, Sending, StoreError, Token, Verdict};
use crate::text;

use super::again::{self, Turn};
use super::deliver::{self, Delivery, Stop, unavailable};
use super::doubt;
use super::engine::{Engine, Odoo};
use super::report::{PassError, SyncReport};
use super::session::{self, OpenSession, Opener, SessionError};
use super::settle::{Settle, explained, finding, touch};
use super::steps;

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
    /// How long a request of unknown outcome may still be under way.
    settle: TimeDelta,
    /// Sessions are kept by days: an order in one of another day is flagged.
    flags_days: bool,
}

impl<'a> Route<'a> {
    pub fn new(settle: &Settle<'a>, day: NaiveDate) -> Self {
        let Settle { engine, lease, odoo, shop, sync, peers, .. } = *settle;
        let client = odoo.client.with_context([("tracking_disable", true), ("generate_pdf", false)]);
        let (settle, flags_days) = (settle.unknown_settle(), peers.is_some());
        Self { engine, lease, odoo, shop, sync, client, day, settle, flags_days }
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
            settle: self.settle,
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
        let (begun, begun_at) = (Instant::now(), self.engine.now());
        let delivered = delivery.send(&bookings).await;
        let (took, others) = (begun.elapsed(), bookings.len() - 1);
        self.engine.pace.answered(self.shop.id, bookings.len(), took);
        if delivered.in_doubt {
            doubt::begin(store, self.shop.id, begun_at).await?;
        }
        let now = self.engine.now();
        let mut became: HashMap<String, deliver::Sent> = delivered.sent.into_iter().collect();
        let found = |Planned { item, .. }: &Planned| {
            let sent = became.remove(&item.key)?;
            let steps = || steps::of_attempt(item, &sent, others, took);
            let steps = self.odoo.facts.orders.then(steps).unwrap_or_default();
            Some(Finding { steps, ..finding(item, again::verdict(item, sent, now)) })
        };
        let findings: Vec<Finding> = sent.planned.iter().filter_map(found).collect();
        sent.stop = delivered.stop;
        // Durable at once: a crash from here on finds the outcome.
        store.record(&findings, Some(self.lease), now).await?;
        sent.verdicts = findings.into_iter().map(|finding| (finding.key, finding.verdict)).collect();
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

/// What is planned and not under way yet, by turns; free of counted stock or not.
#[derive(Default)]
struct Queue(BTreeMap<(Turn, bool), VecDeque<Planned>>);

impl Queue {
    fn push(&mut self, planned: Planned, counted: bool) {
        self.0.entry((Turn::of(&planned), !counted)).or_default().push_back(planned);
    }

    fn len(&self) -> usize {
        self.0.values().map(VecDeque::len).sum()
    }

    /// The next batch; of fewer orders than may share a request (`size` of those never tried)
    /// only when nothing is gained by waiting for more (`partial`). Counted stock goes alone,
    /// and before what is free of it.
    fn batch(
        &mut self,
        size: usize,
        partial: bool,
        counted_under_way: bool,
        session: OpenSession,
    ) -> Option<Batch> {
        let found = self.0.iter().find(|((turn, free), waiting)| {
            (*free || !counted_under_way) && (partial || waiting.len() >= turn.company(size))
        });
        let at @ (turn, free) = *found?.0;
        let waiting = self.0.get_mut(&at)?;
        let planned = waiting.drain(..turn.company(size).min(waiting.len())).collect();
        if waiting.is_empty() {
            self.0.remove(&at);
        }
        Some(Batch { planned, session, counted: !free })
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
    /// Odoo refused something that was planned.
    pub disagreed: bool,
}

impl<'r> Sender<'r> {
    pub fn new(route: &'r Route<'r>) -> Self {
        let (queue, report) = (Queue::default(), SyncReport::default());
        Self { route, session: None, queue, report, seen: Vec::new(), disagreed: false }
    }

    /// Sends these and waits until all is answered.
    pub async fn send(&mut self, planned: Vec<Planned>) -> Result<(), PassError> {
        if planned.is_empty() {
            // No session is opened for nothing.
            return Ok(());
        }
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
            while under_way.len() < lanes && !route.engine.is_stopping(route.sync) {
                let Some(session) = self.session else { break };
                let size = route.engine.pace.size(route.shop.id);
                let partial = !open || under_way.is_empty();
                let Some(batch) = self.queue.batch(size, partial, counted_under_way, session) else { break };
                counted_under_way |= batch.counted;
                under_way.push(route.send(batch));
            }
            let room = self.queue.len() < lanes * route.engine.pace.size(route.shop.id);
            let failed: Option<PassError> = tokio::select! {
                biased;
                chunk = chunks.recv(), if open && room => match chunk {
                    Some(chunk) => self.take(chunk).await.err(),
                    None => {
                        open = false;
                        None
                    }
                },
                Some(sent) = under_way.next() => {
                    let sent: Sent = sent?;
                    counted_under_way &= !sent.counted;
                    match self.answered(sent) {
                        None => None,
                        Some(Stop::SessionClosed) => {
                            // The rest is ready again; another session is found or opened for
                            // what is still planned.
                            (self.session, self.queue) = (None, Queue::default());
                            None
                        }
                        Some(Stop::Unavailable(error)) => Some(error.into()),
                        Some(Stop::NotHeld(error)) => Some(error),
                    }
                }
                else => return result,
            };
            if let Some(error) = failed {
                result = result.and(Err(error));
                self.queue = Queue::default();
                chunks.close();
                open = false;
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
                    return self.record(chunk, |_| Verdict::Refused(refusal.clone())).await;
                }
            },
        };
        if let Some(day) = session.day.filter(|day| *day < route.day && route.flags_days) {
            let flag = text!("Booked in the session of {day}, which is still open.", day);
            for planned in &mut chunk {
                planned.booking.warnings.push(flag.clone());
            }
        }
        for planned in chunk {
            let counted = route.changes_stock(&planned.booking, session);
            self.queue.push(planned, counted);
        }
        Ok(())
    }

    async fn unavailable(&mut self, chunk: Vec<Planned>, error: CallError) -> Result<(), PassError> {
        let (not, now) = (unavailable(&error), self.route.engine.now());
        self.record(chunk, |item| again::postponed(item, item.attempts, &not, now)).await?;
        Err(error.into())
    }

    /// Records the verdicts on a chunk of which nothing was sent.
    async fn record(
        &mut self,
        chunk: Vec<Planned>,
        verdict: impl Fn(&Item) -> Verdict,
    ) -> Result<(), PassError> {
        let (engine, steps) = (self.route.engine, self.route.odoo.facts.orders);
        let findings: Vec<Finding> =
            chunk.iter().map(|planned| explained(&planned.item, verdict(&planned.item), steps)).collect();
        engine.store.record(&findings, Some(self.route.lease), engine.now()).await?;
        for (planned, finding) in chunk.iter().zip(&findings) {
            self.report(&planned.item, Some(&finding.verdict));
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
        self.disagreed |= matches!(verdict, Some(Verdict::Rejected(..)));
        touch(&mut self.report, self.route.sync, item, verdict);
    }
}

fn sending(planned: &Planned) -> Sending {
    Sending {
        key: planned.item.key.clone(),
        revision: planned.item.revision,
        payload_hash: again::payload_hash(&planned.booking),
    }
}
