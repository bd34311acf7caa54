//! The engine: one pass over one sync.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Mutex, Semaphore};
use tracing::{Instrument as _, error_span};

use crate::clock::Clock;
use crate::config::{ClosingRule, Sync};
use crate::metrics::metrics;
use crate::odoo::Client;
use crate::odoo::xmlrpc::Value;
use crate::order::Text;
use crate::order::ingest::{IngestError, Provenance};
use crate::shop::{Shop, ShopRef};
use crate::source::file::read_files;
use crate::source::http::Allowed;
use crate::store::{self, Lease, Places, Store};
use crate::text;

use super::asked::Notebook;
use super::cancelled;
use super::closing::Calendar;
use super::collect::{Collect, read};
use super::customers::{Creating, Customers};
use super::fetching::Fetching;
use super::halt::Halt;
use super::last::Album;
use super::lease::Leases;
use super::pace::Pace;
use super::preview::Preview;
use super::progress::{Progress, Step};
use super::report::{PassError, PassErrorKind, SyncReport};
use super::restored::{self, Walk};
use super::series::Dialect;
use super::settle::{CHUNK, Left, Seen, Settle, refuse_unlisted, report_pending};
use super::shops::{Shops, by_shop, lease_of, left_to, not_alone};
use super::steady::Steady;
use super::steps;
use super::waiting::look_again;

/// Shops of one sync that are settled at the same time.
const SHOPS_AT_ONCE: usize = 4;
/// The largest file that is read.
const FILE_LIMIT: u64 = 256 * 1024 * 1024;

/// Settings that hold for every sync.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// Requests with orders that may be under way at once for one shop.
    pub parallel: usize,
    /// How long a request of unknown outcome may still be running in Odoo.
    pub unknown_settle: Duration,
    /// Addresses that a sync kept in Odoo may reach although they are not public.
    pub allow: Vec<Allowed>,
}

/// What is known about the Odoo that is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub struct OdooFacts {
    /// The addon is installed: its fields exist on `pos.order`.
    pub addon: bool,
    /// The database refuses a second `pos.order` of the same uuid or external key.
    pub unique: bool,
    /// The addon grants shops to one installation at a time.
    pub leases: bool,
    /// The addon keeps orders and their steps: what was done is to be told.
    pub orders: bool,
}

/// An Odoo in the company of a shop.
pub(super) struct Odoo {
    pub client: Client,
    pub facts: OdooFacts,
    pub dialect: Dialect,
}

impl Odoo {
    /// Every call about a shop is made in its company. The language is fixed, so that Odoo's
    /// answers can be recognised.
    pub async fn of(client: &Client, shop: &Shop, facts: OdooFacts) -> Result<Self, PassError> {
        let client = client.with_context([
            ("allowed_company_ids", Value::Array(vec![Value::Int(shop.company)])),
            ("lang", Value::String("en_US".into())),
        ]);
        let dialect = Dialect::of(&client).await?;
        Ok(Self { client, facts, dialect })
    }
}

/// Runs passes. Cheap to share; one pass at a time runs for a shop.
pub struct Engine {
    pub(super) store: Arc<dyn Store>,
    pub(super) settings: EngineSettings,
    clock: Arc<dyn Clock>,
    pub(super) halt: Halt,
    asked: Notebook,
    album: Album,
    pub(super) shops: Shops,
    /// What this process holds among the sidecars that share the store.
    pub(super) shared: Arc<store::Leases>,
    /// Held where only one sidecar may work on this Odoo.
    alone: Mutex<Option<Lease>>,
    /// Held by the one batch that changes counted stock, of whatever shop.
    pub(super) stock: Mutex<()>,
    pub(super) customers: Creating,
    pub(super) progress: Progress,
    /// How far the walk through what is booked is.
    pub(super) walk: Mutex<Walk>,
    pub(super) steady: Steady,
    /// The shops that Odoo granted to this installation.
    pub(super) leases: Leases,
    /// How many orders go into one request.
    pub(super) pace: Pace,
    /// When the last fetch that got through to the end began, by sync.
    fetched: std::sync::Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Engine {
    /// An engine on a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, settings: EngineSettings) -> Self {
        let shared = Arc::new(store::Leases::new(Arc::clone(&store)));
        Self {
            customers: Creating::new(Arc::clone(&shared)),
            shared,
            alone: Mutex::default(),
            store,
            settings,
            clock,
            halt: Halt::default(),
            asked: Notebook::default(),
            album: Album::default(),
            shops: Shops::default(),
            stock: Mutex::default(),
            progress: Progress::default(),
            walk: Mutex::default(),
            steady: Steady::default(),
            leases: Leases::default(),
            pace: Pace::default(),
            fetched: std::sync::Mutex::default(),
        }
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The store, for what outlives a call.
    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// What this process may do alone.
    pub fn shared(&self) -> &store::Leases {
        &self.shared
    }

    /// Now, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// How far our clock is ahead of that of a server, which just told its time.
    pub(super) fn ahead_of(&self, server: DateTime<Utc>) -> TimeDelta {
        self.clock.ahead_of(server)
    }

    /// Ends passes at their next safe point: after the page or the batches under way. What
    /// is left is the next pass's.
    pub fn stop(&self) {
        self.halt.all();
    }

    /// Ends the pass that runs over the sync of this id, at its next safe point.
    pub fn halt(&self, sync: &str) {
        self.halt.one(sync);
    }

    /// How far the pass over the sync of this id is; `None` while none runs.
    pub fn step(&self, sync: &str) -> Option<Step> {
        self.progress.of(sync)
    }

    /// Whether a pass is under way.
    pub fn is_working(&self) -> bool {
        self.progress.any()
    }

    /// Whether the pass over a sync is to end.
    pub(super) fn is_stopping(&self, sync: &Sync) -> bool {
        self.halt.is_for(&sync.id)
    }

    /// Lets a sync take over the orders of one that is gone (renamed, or moved from the file
    /// to Odoo), when it is the only one of its source. `known` are the ids of all syncs,
    /// archived ones included.
    pub async fn adopt(&self, syncs: &[Sync], known: &BTreeSet<String>) -> Result<(), PassError> {
        self.album.know(self.store(), syncs).await?;
        for sync in syncs {
            if syncs.iter().filter(|other| other.source == sync.source).count() == 1 {
                let count = self.store.adopt(sync.source.as_str(), &sync.id, known).await?;
                if count > 0 {
                    tracing::info!(sync = %sync.name, orders = count, "took over the orders of a sync that is gone");
                }
            }
        }
        Ok(())
    }

    /// One pass: collect until the source has nothing more, then settle. Its errors are in
    /// the report; what was stored before one stays. No session is closed.
    pub async fn pass(&self, client: &Client, facts: OdooFacts, sync: &Sync) -> SyncReport {
        self.run_pass(client, facts, sync, None).await
    }

    /// The same as a pass of the service, which closes the sessions it opened by the rule of
    /// their sync. `peers` are all active syncs: a day of a shop is closed when all that feed
    /// it have fetched its orders.
    pub async fn service_pass(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        peers: &[Sync],
    ) -> SyncReport {
        self.run_pass(client, facts, sync, Some(peers)).await
    }

    async fn run_pass(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        peers: Option<&[Sync]>,
    ) -> SyncReport {
        self.watched_pass(client, facts, sync, peers).instrument(error_span!("pass", sync = %sync.name)).await
    }

    async fn watched_pass(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        peers: Option<&[Sync]>,
    ) -> SyncReport {
        let mut timer = Timer::new(sync);
        self.progress.begin(&sync.id);
        self.halt.forget(&sync.id);
        let mut settled = SyncReport::default();
        let fetching = Fetching::begin();
        // What the inbox holds is settled even when the source is down.
        let collect = async {
            let collected = self.collect(facts, sync, &fetching, &mut timer.report).await;
            fetching.end();
            collected
        };
        let settle = self.settle(client, facts, sync, peers, &fetching, &mut settled);
        let (collected, result) = tokio::join!(collect, settle);
        self.progress.end(&sync.id);
        self.halt.forget(&sync.id);
        timer.report.absorb([settled]);
        let report = timer.stop(collected.and(result));
        let took = Duration::from_millis(report.duration_ms);
        metrics().pass(&sync.name, report.fetched, report.error.is_none(), took);
        if let Err(error) = self.album.ended(self.store(), sync, &report, self.now()).await {
            tracing::debug!(%error, "how the pass went could not be noted");
        }
        report
    }

    /// The fetching half of a pass, unless another sidecar is at it.
    async fn collect(
        &self,
        facts: OdooFacts,
        sync: &Sync,
        fetching: &Fetching,
        report: &mut SyncReport,
    ) -> Result<(), PassError> {
        let lease = match self.shared.take(&format!("feed {}", sync.feed())).await? {
            Ok(lease) => lease,
            Err(holder) => {
                report.note_once(text!("Its source is being fetched by {holder}.", holder = holder.text()));
                return Ok(());
            }
        };
        let began = self.now();
        let steps_from = facts.orders.then(steps::source);
        let mut collect = Collect {
            engine: self,
            sync,
            fetching,
            report,
            steps_from: steps_from.clone(),
            seen: HashSet::new(),
        };
        let collected = collect.run().await;
        if collected.is_ok() && !self.is_stopping(sync) {
            self.lock_fetched().insert(sync.id.clone(), began);
            self.asked.note(self.store(), sync, began).await?;
        }
        lease.give_back(self.store()).await?;
        let looked = look_again(self, sync, report).await;
        let followed = cancelled::follow(self, sync, steps_from, report).await;
        collected.and(looked).and(followed)
    }

    /// Where Odoo would take an order that two sidecars send at the same time twice, only one
    /// of them may work, as long as it lives.
    async fn alone(&self, facts: OdooFacts) -> Result<(), PassError> {
        let mut alone = self.alone.lock().await;
        if facts.unique || alone.as_ref().is_some_and(|lease| !lease.is_lost()) {
            return Ok(());
        }
        match self.shared.take("only writer").await? {
            Ok(lease) => *alone = Some(lease),
            Err(holder) => return Err(not_alone(&holder)),
        }
        Ok(())
    }

    /// Whether the sync of this id has fetched everything from its source since a moment.
    pub(super) fn fetched_since(&self, sync: &str, since: DateTime<Utc>) -> bool {
        self.lock_fetched().get(sync).is_some_and(|began| *began >= since)
    }

    /// Whether this engine has read the source of a sync to the end of its list.
    pub fn has_fetched(&self, sync: &Sync) -> bool {
        self.lock_fetched().contains_key(&sync.id)
    }

    fn lock_fetched(&self) -> std::sync::MutexGuard<'_, HashMap<String, DateTime<Utc>>> {
        // Each use is one step on the map, which a panic cannot leave half done.
        self.fetched.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Stores the orders of files for a sync and settles them.
    pub async fn import(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        paths: Vec<PathBuf>,
    ) -> SyncReport {
        let mut timer = Timer::new(sync);
        let report = &mut timer.report;
        let work = async {
            self.ingest_files(sync, paths, facts.orders, report).await?;
            look_again(self, sync, report).await?;
            let steps_from = facts.orders.then(|| text!("the file"));
            cancelled::follow(self, sync, steps_from, report).await?;
            self.settle(client, facts, sync, None, &Fetching::over(), report).await
        };
        let result = work.instrument(error_span!("pass", sync = %sync.name)).await;
        self.progress.end(&sync.id);
        timer.stop(result)
    }

    /// Stores the orders of files for a sync, and leaves settling them to somebody else.
    pub async fn ingest(&self, sync: &Sync, paths: Vec<PathBuf>) -> SyncReport {
        let mut timer = Timer::new(sync);
        let work = self.ingest_files(sync, paths, false, &mut timer.report);
        let result = work.instrument(error_span!("ingest", sync = %sync.name)).await;
        timer.stop(result)
    }

    /// What a pass would do, with nothing written anywhere: fetches, plans and reports.
    pub async fn preview(&self, client: &Client, sync: &Sync) -> SyncReport {
        let mut timer = Timer::new(sync);
        let result = self.plan_only(client, sync, &mut timer.report).await;
        timer.stop(result)
    }

    async fn plan_only(
        &self,
        client: &Client,
        sync: &Sync,
        report: &mut SyncReport,
    ) -> Result<(), PassError> {
        self.previewing(client, sync, report).run().await
    }

    /// The same of the newest orders of the source, at most so many, with a sentence on which
    /// these are.
    pub async fn preview_newest(&self, client: &Client, sync: &Sync, limit: usize) -> (SyncReport, Text) {
        let mut timer = Timer::new(sync);
        let (note, result) = match self.previewing(client, sync, &mut timer.report).run_newest(limit).await {
            Ok(note) => (note, Ok(())),
            Err(error) => (Text::default(), Err(error)),
        };
        (timer.stop(result), note)
    }

    fn previewing<'a>(
        &'a self,
        client: &'a Client,
        sync: &'a Sync,
        report: &'a mut SyncReport,
    ) -> Preview<'a> {
        Preview {
            engine: self,
            client,
            sync,
            report,
            seen: HashSet::new(),
            shops: HashMap::new(),
            lists_booked: false,
        }
    }

    async fn ingest_files(
        &self,
        sync: &Sync,
        paths: Vec<PathBuf>,
        steps: bool,
        report: &mut SyncReport,
    ) -> Result<(), PassError> {
        let bad_file = |error: crate::source::file::FileError| {
            PassError::new(
                PassErrorKind::Configuration,
                "file",
                Text::name(error.to_string()),
                Text::name(error.fix()),
            )
        };
        let bad_body = |error: &IngestError| {
            PassError::new(
                PassErrorKind::Configuration,
                "file_body",
                text!("No orders can be read: {error}.", error = error.text()),
                text!("Check that the file holds orders, as JSON or NDJSON."),
            )
        };
        let fetching = &Fetching::over();
        let steps_from = steps.then(|| text!("a file that was imported"));
        let mut collect = Collect { engine: self, sync, fetching, report, steps_from, seen: HashSet::new() };
        for file in read_files(paths, FILE_LIMIT).map_err(bad_file)? {
            let file = file.map_err(bad_file)?;
            let arrivals = read(&file.body, sync, &Provenance::file(&file.name), self.now())
                .map_err(|error| bad_body(&error))?;
            let asked = arrivals.orders.iter().map(|order| order.key.clone()).collect();
            collect.store(arrivals, asked).await?;
        }
        Ok(())
    }

    /// Settles shop by shop: one that is slow or not in order does not stop the others.
    async fn settle(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        peers: Option<&[Sync]>,
        fetching: &Fetching,
        report: &mut SyncReport,
    ) -> Result<(), PassError> {
        restored::tell(self, sync, report).await?;
        let groups = by_shop(sync);
        let several = groups.len() > 1;
        let lanes = &Semaphore::new(SHOPS_AT_ONCE);
        let mut settled = groups
            .into_iter()
            .map(|(shop, places)| async move {
                let mut report = SyncReport::default();
                let part = Part { client, facts, sync, shop, places: &places, peers, lanes };
                let result = self.follow(part, fetching, &mut report).await;
                let name = shop.filter(|_| several).map(ToString::to_string);
                report.error = result.err().map(|error| error.in_shop(name.as_deref()));
                report
            })
            .collect::<FuturesUnordered<_>>();
        while let Some(of_shop) = settled.next().await {
            report.absorb([of_shop]);
        }
        match report.error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Settles the part of one shop: what is there, what comes while it does, and once more
    /// when everything is fetched. Between that the shop is free for others.
    async fn follow(
        &self,
        part: Part<'_>,
        fetching: &Fetching,
        report: &mut SyncReport,
    ) -> Result<(), PassError> {
        let mut seen = Seen::default();
        let mut worked = false;
        loop {
            let (pages, last) = (fetching.pages(), fetching.is_over());
            let mut left = Left::Nothing;
            if self.has_work(&part, &seen, last).await? {
                self.alone(part.facts).await?;
                let _lane = part.lanes.acquire().await;
                self.progress.settling(&part.sync.id, &self.store.counts(&part.sync.id).await?);
                left = self.settle_part(&part, fetching, last, &mut seen, report).await?;
                worked = true;
            }
            match left {
                _ if last && worked => {
                    return report_pending(self, part.sync, part.places, &seen, report).await;
                }
                _ if last => return Ok(()),
                Left::Nothing => fetching.beyond(pages).await,
                Left::ForTheRest => fetching.ended().await,
            }
        }
    }

    /// Whether there is anything to settle. A question to the store alone: it is asked in
    /// every pass.
    async fn has_work(&self, part: &Part<'_>, seen: &Seen, last: bool) -> Result<bool, PassError> {
        if last && part.peers.is_some() && self.may_close(part.sync).await? {
            return Ok(true);
        }
        // Before anything was looked at, one that is there is enough.
        let chunk = if seen.is_empty() { 1 } else { CHUNK };
        let mut after = 0;
        loop {
            let ready = self.store.claim(&part.sync.id, part.places, after, chunk, self.now()).await?;
            if ready.iter().any(|item| !seen.holds(item)) {
                return Ok(true);
            }
            let Some(last) = ready.last() else { break };
            after = last.seq;
        }
        let in_doubt = self.store.in_doubt(&part.sync.id).await?;
        Ok(in_doubt.iter().any(|item| part.places.hold(&item.key) && !seen.holds(item)))
    }

    async fn settle_part(
        &self,
        part: &Part<'_>,
        fetching: &Fetching,
        last: bool,
        seen: &mut Seen,
        report: &mut SyncReport,
    ) -> Result<Left, PassError> {
        let Part { client, facts, sync, places, peers, .. } = *part;
        let Some(shop) = part.shop else {
            refuse_unlisted(self, facts.orders, sync, places, seen, report).await?;
            return Ok(Left::Nothing);
        };
        // Held for the whole settling: the one writer and session opener of this shop.
        let taken = self.shops.take(client, shop).await?;
        let shop = taken.shop();
        let lease = match self.shared.take(&lease_of(shop)).await? {
            Ok(lease) => lease,
            Err(holder) => {
                report.note_once(left_to(shop, &holder));
                return Ok(Left::Nothing);
            }
        };
        if !facts.unique {
            self.steady.look(self.store(), self.clock.as_ref()).await?;
        }
        let odoo = Odoo::of(client, shop, facts).await?;
        self.hold(&odoo, shop).await?;
        let mut of_shop = SyncReport::default();
        let mut settle = Settle {
            engine: self,
            lease: lease.token(),
            odoo: &odoo,
            shop,
            sync,
            places,
            fetching,
            report: &mut of_shop,
            customers: Customers::new(&odoo.client, shop, sync, &self.customers),
            seen,
            disagreed: false,
            peers,
        };
        let settled = settle.run(last).instrument(error_span!("in", shop = %shop.name)).await;
        lease.give_back(self.store()).await?;
        if settle.disagreed {
            // What was read of it is not so any more (a product was deleted): read it anew.
            taken.forget();
        }
        report.absorb([of_shop]);
        settled
    }

    /// Whether a session of ours may be due although there is nothing to book. A question to
    /// the store alone: it is asked in every pass.
    async fn may_close(&self, sync: &Sync) -> Result<bool, PassError> {
        let (calendar, now) = (Calendar::of(sync), self.now());
        Ok(self.store.open_sessions().await?.iter().any(|own| match sync.closing.when {
            ClosingRule::BusinessDay => now >= calendar.end(own.business_day),
            ClosingRule::Idle | ClosingRule::Orders => true,
            ClosingRule::Never => false,
        }))
    }
}

/// What a sync has for one shop.
struct Part<'a> {
    client: &'a Client,
    facts: OdooFacts,
    sync: &'a Sync,
    /// `None`: orders that no shop takes.
    shop: Option<&'a ShopRef>,
    places: &'a Places,
    peers: Option<&'a [Sync]>,
    /// Held while a shop is settled.
    lanes: &'a Semaphore,
}

/// A report under way.
struct Timer {
    started: tokio::time::Instant,
    report: SyncReport,
}

impl Timer {
    fn new(sync: &Sync) -> Self {
        let report = SyncReport { sync: sync.name.clone(), ..SyncReport::default() };
        Self { started: tokio::time::Instant::now(), report }
    }

    fn stop(mut self, result: Result<(), PassError>) -> SyncReport {
        self.report.error = result.err();
        self.report.duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.report
    }
}
