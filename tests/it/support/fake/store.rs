//! A store each operation of which is a step, and which several processes share.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use tillbridge::store::{
    Decided, Decision, Filter, Finding, Health, Holder, Item, KeptStep, OdooIdentity, Outdated, Overview,
    OwnSession, Page, Places, Received, Request, RequestState, Result, Retention, Retired, Sending, Stage,
    State, Store, StoreError, Token, Trouble, Untold, Verdict,
};
use tokio::runtime::Runtime;

use super::leases::Shared;
use super::probe::{Fault, Probe};

/// Any store, seen by a probe. An operation is done at once: no time passes and nothing else
/// runs meanwhile, so that a run is the same each time whatever the store's own threads do.
///
/// Several processes may have it: the leases are kept beside it, and obeyed as the contract of
/// [`Store`] says.
pub struct Watched {
    inner: Arc<dyn Store>,
    probe: Arc<Probe>,
    leases: Arc<Shared>,
}

impl Watched {
    /// Watches a store.
    pub fn new(inner: Arc<dyn Store>, probe: &Arc<Probe>, leases: &Arc<Shared>) -> Self {
        Self { inner, probe: Arc::clone(probe), leases: Arc::clone(leases) }
    }

    async fn step<T, W: Future<Output = Result<T>> + Send>(
        &self,
        name: &str,
        work: impl FnOnce() -> W + Send,
    ) -> Result<T> {
        self.probe.while_alive().await;
        let (fault, _) = self.probe.at(&format!("store.{name}"));
        match fault {
            Some(Fault::Crash { done: false }) => self.probe.crash().await,
            Some(Fault::StoreFails) => {
                let (store, reason) = ("in memory".to_owned(), "it is told to fail".to_owned());
                let trouble = Trouble::Passing;
                return Err(StoreError::Failed { store, reason, trouble });
            }
            _ => {}
        }
        let done = at_once(work());
        if fault == Some(Fault::Crash { done: true }) {
            self.probe.crash().await;
        }
        done
    }
}

/// Where the stores' own tasks and timers run.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime")
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a store's future without giving anything else a turn.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let _inside = runtime().enter();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut work = pin!(tokio::task::unconstrained(work));
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

macro_rules! watched {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        #[async_trait]
        impl Store for Watched {$(
            async fn $name(&self, $($arg: $type),*) -> Result<$result> {
                self.step(stringify!($name), || self.inner.$name($($arg),*)).await
            }
        )+
            async fn in_doubt(&self, sync: &str) -> Result<Vec<Item>> {
                let in_doubt = async || {
                    let mut items = self.inner.in_doubt(sync).await?;
                    items.retain(|item| self.leases.sent_under(&item.key).is_none());
                    Ok(items)
                };
                self.step("in_doubt", in_doubt).await
            }

            async fn mark_sending(
                &self,
                orders: &[Sending],
                lease: Token,
                now: DateTime<Utc>,
            ) -> Result<Vec<String>> {
                let mark = async || {
                    if !self.leases.lasts(lease) {
                        return Err(StoreError::LeaseLost);
                    }
                    let marked = self.inner.mark_sending(orders, lease, now).await?;
                    self.leases.pin(lease, &marked);
                    Ok(marked)
                };
                self.step("mark_sending", mark).await
            }

            async fn record(&self, findings: &[Finding], lease: Option<Token>, now: DateTime<Utc>) -> Result<()> {
                let record = async || {
                    let keys: Vec<String> = findings.iter().map(|finding| finding.key.clone()).collect();
                    let mut foreign = self.inner.get(&keys).await?;
                    foreign.retain(|item| {
                        let under = self.leases.sent_under(&item.key);
                        item.state == State::Sending && under.is_some() && under != lease
                    });
                    let counts = |finding: &&Finding| {
                        matches!(finding.verdict, Verdict::Booked(_))
                            || foreign.iter().all(|item| item.key != finding.key)
                    };
                    let findings: Vec<Finding> = findings.iter().filter(counts).cloned().collect();
                    self.inner.record(&findings, lease, now).await
                };
                // A step of its own: what it must not be the first of is another one.
                let is_followed = findings.iter().any(|finding| finding.verdict == Verdict::Followed);
                self.step(if is_followed { "record_followed" } else { "record" }, record).await
            }

            async fn take_lease(&self, name: &str, who: &str) -> Result<std::result::Result<Token, Holder>> {
                self.step("take_lease", async || Ok(self.leases.take(name, who))).await
            }

            async fn renew_leases(&self, leases: &[Token]) -> Result<Vec<Token>> {
                self.step("renew_leases", async || Ok(self.leases.renew(leases))).await
            }

            async fn give_back(&self, lease: Token) -> Result<()> {
                let give_back = async || {
                    self.leases.give_back(lease);
                    Ok(())
                };
                self.step("give_back", give_back).await
            }

            async fn holders(&self, beginning: &str) -> Result<Vec<Holder>> {
                self.step("holders", async || Ok(self.leases.holders(beginning))).await
            }

            fn place(&self) -> String {
                self.inner.place()
            }
        }
    };
}

watched! {
    bound() -> Option<OdooIdentity>;
    bind(odoo: &OdooIdentity) -> ();
    rebind(odoo: &OdooIdentity) -> ();
    ingest_page(page: &Page, now: DateTime<Utc>) -> Vec<Received>;
    cursor(feed: &str) -> Option<DateTime<Utc>>;
    claim(sync: &str, places: &Places, after: i64, limit: usize, now: DateTime<Utc>) -> Vec<Item>;
    decide(keys: &[String], decided: Decided, by: &str, reason: &str, now: DateTime<Utc>) -> Vec<String>;
    decisions(only_untold: bool, after: &str, limit: usize) -> Vec<Decision>;
    retry(keys: &[String], now: DateTime<Utc>) -> Vec<String>;
    told(decisions: &[Decision]) -> ();
    learn(decisions: &[Decision], now: DateTime<Utc>) -> ();
    rebook(keys: &[String], now: DateTime<Utc>) -> Vec<String>;
    adopt(source: &str, sync: &str, known: &BTreeSet<String>) -> u64;
    list(filter: &Filter) -> Vec<Item>;
    count(filter: &Filter) -> u64;
    get(keys: &[String]) -> Vec<Item>;
    counts(sync: &str) -> Vec<(State, u64)>;
    untold(queued_until: Option<DateTime<Utc>>, limit: usize) -> Vec<Untold>;
    steps(keys: &[String], limit: usize) -> Vec<KeptStep>;
    reported(orders: &[(String, i64)], steps: &[i64]) -> ();
    tell_again() -> ();
    ask(kind: &str, payload: &str, now: DateTime<Utc>) -> i64;
    take_request(service: Token, now: DateTime<Utc>) -> Option<Request>;
    answer(id: i64, state: &RequestState, now: DateTime<Utc>) -> ();
    request(id: i64) -> Option<RequestState>;
    release_requests(now: DateTime<Utc>) -> u64;
    session_opened(session: &OwnSession) -> ();
    session_closed(id: i64, verdict: &str, now: DateTime<Utc>) -> ();
    open_sessions() -> Vec<OwnSession>;
    sessions() -> Vec<OwnSession>;
    session_forgotten(id: i64) -> ();
    closed_through(shop: i64) -> Option<NaiveDate>;
    note(name: &str) -> Option<String>;
    set_note(name: &str, text: &str) -> ();
    note_or(name: &str, text: &str) -> String;
    outdated(retention: &Retention, from: Stage, now: DateTime<Utc>) -> Outdated;
    retire(outdated: &Outdated, now: DateTime<Utc>) -> Retired;
    shrink(rebuild: bool) -> bool;
    overview() -> Overview;
    probe() -> ();
    check() -> Health;
}
