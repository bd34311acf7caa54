//! The steps of a pass, each counted: every call to Odoo and every operation of the store. At
//! any of them something can go wrong, or the process can end.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use super::world::Kind;

/// What can go wrong at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection comes about.
    Refused,
    /// The connection breaks: before the request was taken, or after its commit.
    Reset { committed: bool },
    /// A proxy's page under this status, with the call done or not.
    Status { status: u16, committed: bool },
    /// A page with status 200, with the call done or not.
    Page { committed: bool },
    /// Done, and half of the answer arrives.
    Truncated,
    /// Done, and the result cannot be written ("cannot marshal None").
    NoResult,
    /// Odoo gives up after its own tries; nothing was done.
    Serialization,
    /// The client gives up waiting; the call goes on and is committed after this time.
    Late(Duration),
    /// Somebody sends the same at the same moment and is a little quicker.
    Twin,
    /// Somebody closes the session just before.
    SessionClosed,
    /// Odoo leaves the orders in draft, paid and without stock: 18 and later after a repetition of
    /// its own, earlier when it could not finish them.
    LeftInDraft,
    /// Odoo books the orders and does not move their stock.
    StockNotMoved,
    /// Odoo books the orders with a cent more than was sent, or with the other sign.
    BookedOtherwise { negated: bool },
    /// The store fails, and nothing of the operation happened.
    StoreFails,
    /// The process ends: before the step, or after it without seeing its result.
    Crash { done: bool },
    /// The process ends while Odoo is at the call, which is committed after this time.
    CrashMeanwhile(Duration),
}

/// A step: the name of what is done, and how often that was done before (from 1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Point {
    /// `pos.order.sync_from_ui`, `store.mark_sending`.
    pub name: String,
    /// The first of this name is 1.
    pub nth: usize,
}

impl Point {
    /// Whether it is an operation of the store.
    pub fn is_store(&self) -> bool {
        self.name.starts_with("store.")
    }

    /// Whether orders are sent at it.
    pub fn sends_orders(&self) -> bool {
        self.name.ends_with(".sync_from_ui") || self.name.ends_with(".create_from_ui")
    }

    /// What can go wrong at it, in an Odoo of this kind.
    pub fn faults(&self, kind: Kind) -> Vec<Fault> {
        let mut faults = vec![Fault::Crash { done: false }, Fault::Crash { done: true }];
        if self.is_store() {
            faults.push(Fault::StoreFails);
            return faults;
        }
        faults.extend([
            Fault::Refused,
            Fault::Serialization,
            Fault::Truncated,
            Fault::Reset { committed: true },
            Fault::Status { status: 502, committed: true },
            Fault::Status { status: 503, committed: false },
            Fault::Page { committed: true },
            Fault::Late(Duration::from_secs(30)),
        ]);
        if self.only_reads() {
            return faults;
        }
        faults.extend([
            Fault::Reset { committed: false },
            Fault::Status { status: 502, committed: false },
            Fault::Status { status: 503, committed: true },
            Fault::Status { status: 504, committed: true },
            Fault::Page { committed: false },
            Fault::Late(Duration::from_secs(290)),
            Fault::CrashMeanwhile(Duration::from_secs(150)),
            Fault::CrashMeanwhile(Duration::from_secs(290)),
            Fault::NoResult,
        ]);
        // A copy of what nothing keeps unique is another order, or another customer.
        let is_unique = match self.name.as_str() {
            "res.partner.create" => kind.addon,
            _ => kind.unique || !self.sends_orders(),
        };
        faults.extend(is_unique.then_some(Fault::Twin));
        if self.sends_orders() {
            faults.extend([Fault::SessionClosed, Fault::LeftInDraft]);
            faults.extend([false, true].map(|negated| Fault::BookedOtherwise { negated }));
            faults.extend(kind.stock_at_once.then_some(Fault::StockNotMoved));
        }
        faults
    }

    /// Whether nothing is changed at it that would be missed.
    pub fn only_reads(&self) -> bool {
        let reads = ["search_read", "read", "search_count", "fields_get", "locked_through"];
        let of_store = [
            "claim",
            "get",
            "list",
            "count",
            "counts",
            "note",
            "cursor",
            "in_doubt",
            "open_sessions",
            "closed_through",
            "holders",
            // Taken and given back all the time: no more than a look at who else is there.
            "take_lease",
            "renew_leases",
            "give_back",
        ];
        let reads = if self.is_store() { &of_store[..] } else { &reads[..] };
        self.name.rsplit('.').next().is_some_and(|method| reads.contains(&method))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.name, self.nth)
    }
}

/// What happens at a step: what goes wrong, and how long Odoo works.
pub type Happens = (Option<Fault>, Duration);

type Choose = Box<dyn FnMut(&Point) -> Happens + Send>;

struct State {
    seen: HashMap<String, usize>,
    log: Vec<String>,
    points: Vec<Point>,
    injected: BTreeMap<String, usize>,
    choose: Choose,
}

/// Sees every step of one process, and shares what it saw with those of the others.
pub struct Probe {
    state: Arc<Mutex<State>>,
    crashed: Notify,
    /// The process has ended: what is left of it does nothing more.
    ended: AtomicBool,
}

impl Probe {
    /// One that is asked at each step what happens there.
    pub fn new(choose: impl FnMut(&Point) -> Happens + Send + 'static) -> Self {
        let state = State {
            seen: HashMap::new(),
            log: Vec::new(),
            points: Vec::new(),
            injected: BTreeMap::new(),
            choose: Box::new(choose),
        };
        Self { state: Arc::new(Mutex::new(state)), crashed: Notify::new(), ended: AtomicBool::new(false) }
    }

    /// One for another process, which ends by itself.
    pub fn beside(&self) -> Self {
        Self { state: Arc::clone(&self.state), crashed: Notify::new(), ended: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test failed while holding it")
    }

    /// Comes to a step.
    pub fn at(&self, name: &str) -> Happens {
        let mut state = self.lock();
        let count = state.seen.entry(name.to_owned()).or_default();
        *count += 1;
        let point = Point { name: name.to_owned(), nth: *count };
        let (fault, takes) = (state.choose)(&point);
        if let Some(fault) = fault {
            *state.injected.entry(format!("{fault:?}")).or_default() += 1;
        }
        let line = fault.map_or_else(|| point.to_string(), |fault| format!("{point}  ← {fault:?}"));
        if fault.is_some() || !point.only_reads() {
            state.log.push(line);
        }
        state.points.push(point);
        (fault, takes)
    }

    /// Writes a line between the steps.
    pub fn note(&self, line: impl Into<String>) {
        self.lock().log.push(line.into());
    }

    /// Every step so far.
    pub fn points(&self) -> Vec<Point> {
        self.lock().points.clone()
    }

    /// How often each fault was injected.
    pub fn injected(&self) -> BTreeMap<String, usize> {
        self.lock().injected.clone()
    }

    /// The steps so far with what went wrong, to be read by people; without the reads that
    /// went well.
    pub fn trace(&self) -> String {
        self.lock().log.join("\n")
    }

    /// The process ends here: this never returns, and [`Self::run`] drops what runs.
    pub async fn crash(&self) {
        self.note("──── the process ends");
        self.end();
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }

    /// Whatever the process still has under way stops where it is.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Goes no further once the process has ended.
    pub async fn while_alive(&self) {
        if self.ended.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    /// Runs a process until it is done or ends at a crash.
    pub async fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.crashed.notified() => None,
            done = process => Some(done),
        }
    }
}
