//! What this process counts, for Prometheus: one set of figures for the process, as it has one
//! log. Counting is a step on an atomic number; nobody waits for it.
//!
//! Every label has few values: a sync by its name, an outcome, a method of Odoo's. Never an
//! order, an address or a text of somebody else's. Names beyond a number are counted together
//! as `other`, so that a scrape stays small whatever happens.

mod names;

use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use names::Names;

/// Syncs that have figures of their own.
const SYNCS: usize = 100;
/// Methods of Odoo's that have.
const METHODS: usize = 64;

/// What this process counted so far.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::default);
    &METRICS
}

/// Counters and histograms with their registry. Outside of tests there is one: [`metrics`].
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    syncs: Names,
    methods: Names,
    orders: Family<Order, Counter>,
    fetched: Family<Of, Counter>,
    passes: Family<Pass, Counter>,
    pass_durations: Family<Of, Histogram>,
    calls: Family<Call, Histogram>,
    retries: Family<To, Counter>,
    answers: Family<Status, Counter>,
    sessions_opened: Counter,
    sessions_closed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Order {
    sync: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    sync: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pass {
    sync: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    method: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    to: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// How a call of Odoo ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With a result.
    Ok,
    /// With Odoo's word why not.
    Fault,
    /// It was to come back later.
    Busy,
    /// It did not get there.
    NotSent,
    /// No clear answer came.
    Unclear,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fault => "fault",
            Self::Busy => "busy",
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
        }
    }
}

/// Who is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Odoo.
    Odoo,
    /// A source.
    Source,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tillbridge");
        let build = Info::new(Build { version: env!("CARGO_PKG_VERSION") });
        registry.register("build", "The version that runs", build);
        let mut metrics = Self {
            syncs: Names::new(SYNCS),
            methods: Names::new(METHODS),
            orders: Family::default(),
            fetched: Family::default(),
            passes: Family::default(),
            pass_durations: Family::new_with_constructor(passes),
            calls: Family::new_with_constructor(calls),
            retries: Family::default(),
            answers: Family::default(),
            sessions_opened: Counter::default(),
            sessions_closed: Counter::default(),
            registry,
        };
        metrics.register();
        metrics
    }
}

fn calls() -> Histogram {
    Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0])
}

fn passes() -> Histogram {
    Histogram::new([0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0])
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("orders", "Orders that came to this outcome", self.orders.clone());
        registry.register(
            "orders_fetched",
            "Orders that sources returned, repeats too",
            self.fetched.clone(),
        );
        registry.register("passes", "Passes, by whether they got through", self.passes.clone());
        let seconds = Unit::Seconds;
        let (passes, calls) = (self.pass_durations.clone(), self.calls.clone());
        registry.register_with_unit("pass_duration", "Duration of a pass", seconds.clone(), passes);
        registry.register_with_unit("rpc_duration", "Duration of a call of Odoo", seconds, calls);
        registry.register("retries", "Requests that were repeated", self.retries.clone());
        let answers = self.answers.clone();
        registry.register("source_requests", "Requests to sources, by status of the answer", answers);
        registry.register("sessions_opened", "Sessions of Odoo opened", self.sessions_opened.clone());
        registry.register("sessions_closed", "Sessions of Odoo closed", self.sessions_closed.clone());
    }

    /// The registry, to be written out.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The name under which a sync is counted.
    pub fn sync(&self, name: &str) -> String {
        self.syncs.of(name)
    }

    /// An order of a sync came to an outcome.
    pub fn order(&self, sync: &str, outcome: &'static str) {
        self.orders.get_or_create(&Order { sync: self.sync(sync), outcome }).inc();
    }

    /// A pass over a sync ended.
    pub fn pass(&self, sync: &str, fetched: u64, got_through: bool, took: Duration) {
        let sync = self.sync(sync);
        let result = if got_through { "ok" } else { "stopped" };
        self.fetched.get_or_create(&Of { sync: sync.clone() }).inc_by(fetched);
        self.passes.get_or_create(&Pass { sync: sync.clone(), result }).inc();
        self.pass_durations.get_or_create(&Of { sync }).observe(took.as_secs_f64());
    }

    /// A call of Odoo ended.
    pub fn called(&self, method: &str, ended: Ended, took: Duration) {
        let call = Call { method: self.methods.of(method), outcome: ended.as_str() };
        self.calls.get_or_create(&call).observe(took.as_secs_f64());
    }

    /// A request is made once more.
    pub fn again(&self, asked: Asked) {
        let to = match asked {
            Asked::Odoo => "odoo",
            Asked::Source => "source",
        };
        self.retries.get_or_create(&To { to }).inc();
    }

    /// A source answered with a status, or (`None`) not at all.
    pub fn answered(&self, status: Option<u16>) {
        let status = match status.map(|status| status / 100) {
            None => "none",
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(5) => "5xx",
            Some(_) => "other",
        };
        self.answers.get_or_create(&Status { status }).inc();
    }

    /// A session was opened by us.
    pub fn session_opened(&self) {
        self.sessions_opened.inc();
    }

    /// A session of ours was closed.
    pub fn session_closed(&self) {
        self.sessions_closed.inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    fn text(metrics: &Metrics) -> String {
        let mut text = String::new();
        encode(&mut text, metrics.registry()).unwrap();
        text
    }

    #[test]
    fn what_is_counted_is_written_by_the_conventions() {
        let metrics = Metrics::default();
        metrics.order("Web \"shop\"", "booked");
        metrics.order("Web \"shop\"", "booked");
        metrics.pass("Web", 7, true, Duration::from_secs(2));
        metrics.called("search_read", Ended::Ok, Duration::from_millis(20));
        metrics.again(Asked::Odoo);
        metrics.answered(Some(503));
        metrics.answered(None);
        metrics.session_opened();
        let text = text(&metrics);
        for line in [
            concat!("tillbridge_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "tillbridge_orders_total{sync=\"Web \\\"shop\\\"\",outcome=\"booked\"} 2",
            "tillbridge_orders_fetched_total{sync=\"Web\"} 7",
            "tillbridge_passes_total{sync=\"Web\",result=\"ok\"} 1",
            "tillbridge_pass_duration_seconds_bucket{le=\"5.0\",sync=\"Web\"} 1",
            "# UNIT tillbridge_rpc_duration_seconds seconds",
            "tillbridge_rpc_duration_seconds_bucket{le=\"0.025\",method=\"search_read\",outcome=\"ok\"} 1",
            "tillbridge_retries_total{to=\"odoo\"} 1",
            "tillbridge_source_requests_total{status=\"5xx\"} 1",
            "tillbridge_source_requests_total{status=\"none\"} 1",
            "tillbridge_sessions_opened_total 1",
            "tillbridge_sessions_closed_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn names_beyond_a_number_are_counted_together() {
        let metrics = Metrics::default();
        for n in 0..SYNCS + 50 {
            metrics.order(&format!("sync {n}"), "booked");
        }
        let text = text(&metrics);
        let lines = text.lines().filter(|line| line.starts_with("tillbridge_orders_total{")).count();
        assert_eq!(lines, SYNCS + 1, "{text}");
        assert!(text.contains("tillbridge_orders_total{sync=\"other\",outcome=\"booked\"} 50"), "{text}");
    }
}
