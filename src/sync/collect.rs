//! Collect: source → inbox. A page is stored before the cursor may move past it.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{AuthScheme, Origin, SinceField, Sync};
use crate::metrics::metrics;
use crate::order::body::Limits;
use crate::order::format::orderid::{self, ReadRules};
use crate::order::ingest::{Arrivals, IngestError, Provenance, ReadOrder, arrivals};
use crate::order::{Code, Order, OrderKey, Refusal, Status, Text};
use crate::source::SourceError;
use crate::source::http::{AddressPolicy, Allowed, Auth, Feed, FeedConfig, PageFacts};
use crate::store::{Arrival, Filter, Item, Page, Received, State, Verdict, conflict};
use crate::text;

use super::cancelled::is_followed;
use super::engine::Engine;
use super::fetching::Fetching;
use super::report::{OrderReport, PassError, PassErrorKind, SyncReport};
use super::triage::{triage, waiting};
use super::unread::page_refusal;

/// After so many unreadable pages in a row no further one is asked for.
const UNREAD_IN_A_ROW: usize = 2;

/// One collecting of one sync.
pub(super) struct Collect<'a> {
    pub engine: &'a Engine,
    pub sync: &'a Sync,
    /// Told of every page.
    pub fetching: &'a Fetching,
    pub report: &'a mut SyncReport,
    /// What the orders come from, for their steps; `None` where no steps are kept.
    pub steps_from: Option<Text>,
    /// Keys counted already, hashed: pages overlap, and a source may repeat itself.
    pub seen: HashSet<u64, RandomState>,
}

impl Collect<'_> {
    /// Fetches everything new and stores it. A page that cannot be read is set aside; those
    /// behind it are fetched where the paging allows it, and the cursor stays.
    pub async fn run(&mut self) -> Result<(), PassError> {
        let name = self.sync.feed();
        let feed = feed(self.sync, &self.engine.settings.allow)?;
        let cursor = self.engine.store.cursor(&name).await?;
        let mut pages = feed.fetch(self.since(cursor).await?);
        let mut facts = None;
        let mut newest = Newest::new(self.engine.now());
        let mut unread = Unread::default();
        loop {
            let page = match pages.next(facts.as_ref()).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(error) if error.is_of_one_page() => {
                    let body = match &error {
                        SourceError::NotJson { body, .. } => Some(body.0.clone()),
                        _ => None,
                    };
                    pages.leave_out();
                    self.unread(&mut unread, body.as_deref(), error.into(), pages.can_pass()).await?;
                    facts = Some(PageFacts::unread());
                    continue;
                }
                Err(error) => return Err(unread.and(error.into())),
            };
            let provenance = Provenance::page(&self.sync.url, page.number as usize);
            newest.saw_clock(page.server_date);
            let arrivals = match read(&page.body, self.sync, &provenance, self.engine.now()) {
                Ok(arrivals) => arrivals,
                Err(error) => {
                    let body = String::from_utf8_lossy(&page.body);
                    self.unread(&mut unread, Some(&body), unreadable(&error), pages.can_pass()).await?;
                    facts = Some(PageFacts::unread());
                    continue;
                }
            };
            unread.in_a_row = 0;
            for order in arrivals.orders.iter().filter_map(|order| order.result.as_ref().ok()) {
                newest.saw_order(order);
            }
            facts = Some(PageFacts::new(arrivals.orders.len(), arrivals.next.clone()));
            self.store(arrivals, BTreeSet::new()).await?;
            self.fetching.stored();
            self.engine.progress.fetched(&self.sync.id, self.report.fetched);
            tracing::debug!(page = page.number, fetched = self.report.fetched, "page stored");
            if self.engine.is_stopping(self.sync) {
                // Without moving the cursor: the rest of the pages is still to come.
                return Ok(());
            }
        }
        if let Some(error) = unread.first {
            return Err(error);
        }
        self.all_read().await?;
        if let Some(newest) = newest.cursor() {
            let page = self.page(Vec::new(), Some((name, newest)));
            self.engine.store.ingest_page(&page, self.engine.now()).await?;
        }
        Ok(())
    }

    /// Notes a page that cannot be read. One that a person closed does not count, where those
    /// behind it are reached. An error after too many in a row: then it is the source that is
    /// not in order.
    async fn unread(
        &self,
        unread: &mut Unread,
        body: Option<&str>,
        error: PassError,
        can_pass: bool,
    ) -> Result<(), PassError> {
        unread.in_a_row += 1;
        let is_open = match body {
            Some(body) => self.set_aside(body, &error).await?,
            None => true,
        };
        if is_open || !can_pass {
            tracing::warn!(code = error.code, "{}", error.message);
            unread.first.get_or_insert(error);
        }
        match &unread.first {
            Some(error) if unread.in_a_row >= UNREAD_IN_A_ROW => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Stores the orders of a body. `asked`: keys of those that somebody asked for.
    pub async fn store(&mut self, arrivals: Arrivals, asked: BTreeSet<String>) -> Result<(), PassError> {
        let now = self.engine.now();
        let orders = arrivals.orders.into_iter().map(|order| arrival(order, self.sync, now)).collect();
        let page = Page { asked, ..self.page(orders, None) };
        let received = self.engine.store.ingest_page(&page, now).await?;
        for (arrival, received) in page.arrivals.iter().zip(received) {
            self.report.fetched += 1;
            if self.seen.insert(self.seen.hasher().hash_one(&arrival.key)) {
                self.count(arrival, received);
            }
        }
        Ok(())
    }

    /// What is ready, or refused only when it is planned, is counted when it is settled.
    fn count(&mut self, arrival: &Arrival, received: Received) {
        let state = match received {
            Received::Known(State::Booked) => {
                self.report.already_booked += 1;
                return;
            }
            Received::Known(state) => state,
            Received::Conflict => State::Conflict,
            Received::New | Received::Replaced => arrival.state,
            Received::Parked => return,
        };
        if state == State::Conflict
            && is_followed(self.sync)
            && orderid::cancels_a_sale(&arrival.raw, &read_rules(self.sync))
        {
            // What is not followed by its refund is counted then.
            return;
        }
        let is_news = matches!(received, Received::New | Received::Replaced | Received::Conflict);
        let changed = conflict();
        let reason = match state {
            State::Waiting | State::Skipped => arrival.reason.as_ref(),
            State::Conflict => Some(&changed),
            State::Ignored => None,
            _ => {
                if received == Received::New {
                    tracing::debug!(order = %arrival.key, state = state.as_str(), "received");
                    self.engine.progress.added(&self.sync.id);
                }
                // One that cannot be read is refused for the same reason when it is settled: that
                // is no news then.
                if let (State::Refused, true, Some(reason)) = (state, is_news, &arrival.reason) {
                    metrics().order(&self.sync.name, state.as_str());
                    tracing::warn!(order = %arrival.key, code = %reason.code, reason = %reason.message, "refused");
                }
                return;
            }
        };
        if is_news {
            metrics().order(&self.sync.name, state.as_str());
            if state == State::Conflict {
                tracing::warn!(order = %arrival.key, "changed at its source after it was booked");
            } else {
                let reason = reason.map(|reason| reason.message.as_str()).unwrap_or_default();
                tracing::debug!(order = %arrival.key, state = state.as_str(), reason, "received");
            }
        }
        self.report.touch(OrderReport::unbooked(&arrival.external_id, state, arrival.total, reason));
    }

    fn page(&self, arrivals: Vec<Arrival>, cursor: Option<(String, DateTime<Utc>)>) -> Page {
        Page {
            source: self.sync.source.to_string(),
            sync: self.sync.id.clone(),
            arrivals,
            cursor,
            steps_from: self.steps_from.clone(),
            asked: BTreeSet::new(),
        }
    }

    /// Reaches back behind the cursor: tills that were offline deliver late. A source that
    /// filters by the time of creation shows an order that waits only when asked from there.
    async fn since(&self, cursor: Option<DateTime<Utc>>) -> Result<Option<DateTime<Utc>>, PassError> {
        let Some(cursor) = cursor else { return Ok(self.sync.start_date) };
        let overlap = TimeDelta::from_std(self.sync.overlap).unwrap_or(TimeDelta::MAX);
        let since = cursor.checked_sub_signed(overlap).unwrap_or(DateTime::UNIX_EPOCH);
        if self.sync.since_field == SinceField::Modified {
            return Ok(Some(since));
        }
        let waiting = Filter {
            states: BTreeSet::from([State::Waiting]),
            sync: Some(self.sync.id.clone()),
            ..Filter::default()
        };
        let items = self.engine.store.list(&waiting).await?;
        let rules = read_rules(self.sync);
        let created = items.iter().filter_map(|item| {
            let order = orderid::read(&item.raw, &rules, item.received_at).ok()?;
            Some(order.ordered_at.map_or(order.sale_at, |ordered| ordered.min(order.sale_at)))
        });
        Ok(created.chain([since]).min())
    }
}

/// Pages of a fetch that could not be read.
#[derive(Debug, Default)]
struct Unread {
    /// Why the first of them could not.
    first: Option<PassError>,
    in_a_row: usize,
}

impl Unread {
    /// What stopped the fetch, and what was wrong before.
    fn and(self, error: PassError) -> PassError {
        match self.first {
            Some(first) => error.and(&first),
            None => error,
        }
    }
}

/// Where the cursor may move: the source's own clock when the fetch began, else the newest
/// time it showed; never our clock, and never the future.
struct Newest {
    now: DateTime<Utc>,
    clock: Option<DateTime<Utc>>,
    shown: Option<DateTime<Utc>>,
}

impl Newest {
    fn new(now: DateTime<Utc>) -> Self {
        Self { now, clock: None, shown: None }
    }

    fn saw_clock(&mut self, clock: Option<DateTime<Utc>>) {
        self.clock = self.clock.or(clock);
    }

    fn saw_order(&mut self, order: &Order) {
        let time = order.updated_at.or(order.dated.then_some(order.sale_at));
        self.shown = self.shown.max(time.filter(|time| *time <= self.now));
    }

    fn cursor(&self) -> Option<DateTime<Utc>> {
        self.clock.filter(|clock| *clock <= self.now + TimeDelta::hours(1)).or(self.shown)
    }
}

/// Reads a body by the rules of a sync.
pub(super) fn read(
    body: &[u8],
    sync: &Sync,
    provenance: &Provenance,
    now: DateTime<Utc>,
) -> Result<Arrivals, IngestError> {
    arrivals(body, &read_rules(sync), &Limits::default(), provenance, now)
}

/// A body that holds no orders that can be read.
pub(super) fn unreadable(error: &IngestError) -> PassError {
    PassError::new(
        PassErrorKind::Unreachable,
        "source_body",
        text!("No orders can be read: {error}.", error = error.text()),
        text!("Check that the sync's address is that of the source's order list, and that its key is right."),
    )
}

/// The order of an inbox item under the sync's present rules, or the verdict of its reading.
/// An order that counts as completed is read as one that is.
pub(super) fn reread(item: &Item, sync: &Sync, now: DateTime<Utc>) -> Result<Order, Verdict> {
    if item.aged_at.is_some() {
        return Err(Verdict::Refused(aged_out(item)));
    }
    if let Some(refusal) = page_refusal(item) {
        return Err(Verdict::Refused(refusal));
    }
    let key = OrderKey::parse(&item.key);
    let is_cancellation = key.as_ref().is_some_and(OrderKey::is_cancellation);
    let completed = is_cancellation || item.completion.is_some();
    let read = |as_completed: bool| {
        let rules = ReadRules { open_is_completed: as_completed, ..read_rules(sync) };
        orderid::read(&item.raw, &rules, item.received_at)
            .map_err(|unread| unread_verdict(unread.refusal, item.received_at, sync, now))
    };
    let order = read(completed)?;
    if is_cancellation {
        let at = item.sale_at.unwrap_or(item.received_at);
        return order.under(key.as_ref(), at).ok_or_else(|| Verdict::Refused(not_given_back()));
    }
    match triage(&order, sync, completed, now) {
        (State::Waiting, Some(reason)) => Err(Verdict::Waiting(reason)),
        (State::Skipped, Some(reason)) => Err(Verdict::Skipped(reason)),
        _ if matches!(order.status, Status::Open(_)) => read(true),
        _ => Ok(order),
    }
}

fn not_given_back() -> Refusal {
    Refusal::new(
        Code::NotSupported,
        text!("The cancelled sale is not one that can be given back as a whole."),
        text!("Refund it in Odoo by hand, and close this one: tillbridge orders ignore ID --reason TEXT"),
    )
}

/// Why an order cannot be planned whose text is not kept any more.
fn aged_out(item: &Item) -> Refusal {
    let id = item.external_id.as_str();
    Refusal::new(
        Code::AgedOut,
        text!("What the source sent of this order aged out: it is not kept any more."),
        text!("Fetch it again: tillbridge fetch {id}", id),
    )
}

fn unread_verdict(refusal: Refusal, since: DateTime<Utc>, sync: &Sync, now: DateTime<Utc>) -> Verdict {
    match unread_state(&refusal) {
        State::Waiting => Verdict::Waiting(waiting(refusal, since, sync, now)),
        State::Skipped => Verdict::Skipped(refusal),
        _ => Verdict::Refused(refusal),
    }
}

/// An order that is not completed need not be complete either.
fn unread_state(refusal: &Refusal) -> State {
    match refusal.code {
        Code::NotCompleted => State::Waiting,
        Code::Cancelled => State::Skipped,
        _ => State::Refused,
    }
}

/// What the inbox keeps of an order.
pub(super) fn arrival(read: ReadOrder, sync: &Sync, now: DateTime<Utc>) -> Arrival {
    let ReadOrder { key, external_id, raw, format, meaning, result } = read;
    let (state, reason, order) = match result {
        Ok(order) => {
            let (state, reason) = triage(&order, sync, false, now);
            (state, reason, Some(order))
        }
        Err(refusal) => (unread_state(&refusal), Some(refusal), None),
    };
    Arrival {
        key,
        external_id,
        raw,
        format: format.to_owned(),
        meaning,
        state,
        reason,
        sale_at: order.as_ref().map(|order| order.sale_at),
        updated_at: order.as_ref().and_then(|order| order.updated_at),
        total: order.as_ref().map(Order::signed_total),
    }
}

pub(super) fn read_rules(sync: &Sync) -> ReadRules {
    let mut rules = ReadRules::new(sync.source.clone(), sync.timezone);
    rules.status_completed.clone_from(&sync.statuses.completed);
    rules.status_refund.clone_from(&sync.statuses.refund);
    rules.status_cancelled.clone_from(&sync.statuses.cancelled);
    rules.sale_date_fields = sync.orders.sale_date.fields().map(str::to_owned).to_vec();
    if let Some(field) = &sync.orders.refund_id_field {
        rules.refund_id_fields.insert(0, field.trim().to_owned());
    }
    rules
}

/// The feed of a sync. A sync kept in Odoo may reach public addresses and what the operator
/// allows; one in the operator's own file may reach any.
pub(super) fn feed(sync: &Sync, allow: &[Allowed]) -> Result<Feed, SourceError> {
    Feed::new(feed_config(sync, allow))
}

/// How the source of a sync is fetched.
pub(super) fn feed_config(sync: &Sync, allow: &[Allowed]) -> FeedConfig {
    let mut config = FeedConfig::new(sync.url.clone());
    config.auth = match (&sync.api_key, sync.auth) {
        (None, _) => Auth::None,
        (Some(key), AuthScheme::Bearer) => Auth::Bearer(key.clone()),
        (Some(key), AuthScheme::XApiKey) => Auth::Header { name: "X-API-Key".into(), value: key.clone() },
    };
    config.since_param.clone_from(&sync.since_param);
    config.until_param.clone_from(&sync.until_param);
    config.paging = sync.paging.clone();
    config.address_policy = match sync.origin {
        Origin::File => AddressPolicy::Any,
        Origin::Odoo(_) => AddressPolicy::PublicOnly { allow: allow.to_vec() },
    };
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_cursor_is_the_sources_clock_or_its_newest_order_but_never_the_future() {
        let mut newest = Newest::new(at(10_000));
        assert_eq!(newest.cursor(), None);
        newest.shown = Some(at(9_000));
        assert_eq!(newest.cursor(), Some(at(9_000)));
        newest.saw_clock(Some(at(9_500)));
        newest.saw_clock(Some(at(9_900)));
        assert_eq!(newest.cursor(), Some(at(9_500)), "the clock when the fetch began");
        let mut ahead = Newest::new(at(10_000));
        ahead.shown = Some(at(9_000));
        ahead.saw_clock(Some(at(1_000_000)));
        assert_eq!(ahead.cursor(), Some(at(9_000)), "a clock that is far ahead does not count");
    }
}
