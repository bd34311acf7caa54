//! Every step of a pass × everything that can go wrong there.
//!
//! The steps are those of a run without faults: each call to Odoo and each operation of the
//! store, by name and count. Each is then failed in every way that fits it, once and twice
//! in a row, or the process ends just before it or just after it. Afterwards the faults stop,
//! and a bounded number of passes must leave what the oracle asks for. A fault that did not
//! happen fails the run.
//!
//! `TILLBRIDGE_MATRIX=full` tries all of it (with `--release`, half an hour). Otherwise a sample is
//! tried: every fault at every kind of step that writes, and at those that send orders in every
//! kind of Odoo.

#![expect(clippy::print_stdout, reason = "how far it is, in a run of half an hour")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rust_decimal::{Decimal, dec};
use tillbridge::clock::Clock as _;

use crate::support::fake::clock::Told;
use crate::support::fake::oracle::{All, Wanted, backlog, check, stands};
use crate::support::fake::scene::Scene;
use crate::support::fake::source::{Document, Source};
use crate::support::fake::world::{HeldOrder, KINDS, POISON};
use crate::support::fake::{Fake, Fault, Point, Probe};

/// Between two passes: less than a request may still run in Odoo after its answer was lost.
const BETWEEN: Duration = Duration::from_secs(100);
/// Passes after the last new document within which everything must be done.
const PASSES: usize = 8;
/// Failing runs that are shown.
const SHOWN: usize = 3;

/// What goes wrong in a run: at which step, what, how often in a row.
#[derive(Debug, Clone)]
struct Case {
    kind: usize,
    point: Point,
    fault: Fault,
    times: usize,
}

#[test]
fn whatever_fails_at_whatever_step_each_order_is_booked_once() {
    let full = std::env::var("TILLBRIDGE_MATRIX").is_ok_and(|form| form == "full");
    let recorded: Vec<Vec<Point>> = (0..KINDS.len()).map(|kind| on_a_runtime(record(kind))).collect();
    let mut cases = VecDeque::new();
    for (kind, points) in recorded.iter().enumerate() {
        for point in points {
            for fault in point.faults(KINDS[kind].1) {
                for times in [1, 2] {
                    cases.push_back(Case { kind, point: point.clone(), fault, times });
                }
            }
        }
    }
    let all = cases.len();
    if !full {
        cases = thinned(cases);
    }
    let tried = cases.len();
    println!("{all} cases, {tried} are tried");
    let failed = try_all(cases);
    let points: usize = recorded.iter().map(Vec::len).sum();
    println!("{points} steps of {} kinds of Odoo, {all} cases, {tried} tried", KINDS.len());
    for (case, why) in failed.iter().take(SHOWN) {
        println!("════ {} | {} | {:?} × {}\n{why}\n", KINDS[case.kind].0, case.point, case.fault, case.times);
    }
    let names: Vec<String> = failed
        .iter()
        .map(|(case, _)| {
            format!("{} | {} | {:?} × {}", KINDS[case.kind].0, case.point, case.fault, case.times)
        })
        .collect();
    assert!(failed.is_empty(), "{} of {tried} cases failed:\n{}", failed.len(), names.join("\n"));
    assert!(points >= 200, "only {points} steps were seen: does the probe still see them?");
}

/// Some of each kind of case, from another place in the run each time.
fn thinned(cases: VecDeque<Case>) -> VecDeque<Case> {
    let mut groups: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases {
        let Case { kind, point, fault, .. } = &case;
        let group = match () {
            () if point.sends_orders() => format!("{} {fault:?} {kind}", point.name),
            () if point.only_reads() => point.name.clone(),
            () => format!("{} {fault:?}", point.name),
        };
        groups.entry(group).or_default().push(case);
    }
    let mut some = VecDeque::new();
    for (number, group) in groups.into_values().enumerate() {
        let point = &group[0].point;
        let decides = ["store.ingest_page", "store.mark_sending", "store.record", "store.record_followed"];
        let wanted = if decides.contains(&point.name.as_str()) { 4 } else { 1 };
        let (len, step) = (group.len(), group.len().div_ceil(wanted));
        let at = |nth: usize| (number * 7 + nth * step) % len;
        some.extend((0..wanted.min(len)).map(|nth| group[at(nth)].clone()));
    }
    some
}

/// Runs the cases on all processors.
fn try_all(cases: VecDeque<Case>) -> Vec<(Case, String)> {
    /// After how many cases it says how far it is.
    const TOLD: usize = 1000;
    let all = cases.len();
    let cases = Mutex::new(cases);
    let failed = Mutex::new(Vec::new());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let (next, left) = {
                        let mut cases = cases.lock().expect("no panic");
                        (cases.pop_front(), cases.len())
                    };
                    let Some(case) = next else { return };
                    if left > 0 && left % TOLD == 0 {
                        println!("{} of {all} cases", all - left);
                    }
                    if let Err(why) = on_a_runtime(play(&case)) {
                        failed.lock().expect("no panic").push((case, why));
                    }
                }
            });
        }
    });
    failed.into_inner().expect("no panic")
}

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}

/// The steps of a run in which nothing fails.
async fn record(kind: usize) -> Vec<Point> {
    let probe = Probe::new(|_| (None, Duration::ZERO));
    match run(kind, probe).await {
        Ok(scene) => scene.probe.points(),
        Err(why) => panic!("without any fault: {why}"),
    }
}

async fn play(case: &Case) -> Result<(), String> {
    let hits = Arc::new(AtomicUsize::new(0));
    let (seen, Case { point, fault, times, .. }) = (Arc::clone(&hits), case.clone());
    let probe = Probe::new(move |at| {
        let is_due = at.name == point.name && (point.nth..point.nth + times).contains(&at.nth);
        if is_due {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        (is_due.then_some(fault), Duration::ZERO)
    });
    let scene = run(case.kind, probe).await?;
    let hits = hits.load(Ordering::Relaxed);
    if hits == case.times || (hits == 1 && case.point.is_last_of(&scene.probe)) {
        Ok(())
    } else {
        Err(format!("the fault happened {hits} times\n{}", scene.probe.trace()))
    }
}

impl Point {
    /// Whether nothing of its name came after it.
    fn is_last_of(&self, probe: &Probe) -> bool {
        probe.points().iter().filter(|point| point.name == self.name).count() == self.nth
    }
}

/// Two rounds of documents, each with a pass, and passes until nothing is left to do.
async fn run(kind: usize, probe: Probe) -> Result<Scene, String> {
    let clock = Told::still();
    let fake = Fake::new(KINDS[kind].1, clock.clone(), false);
    let source = Source::start().await;
    let rules = "status_cancelled = [\"109\"]\ncancelled_after_booking = \"refund\"";
    let mut scene = Scene::new(fake, clock, probe, &source.url(), rules);
    let mut wanted = All::new();
    for round in rounds(&scene) {
        for document in round {
            if document.cancelled {
                // Shown only of one that Odoo holds as it was sold: what becomes of another depends on
                // the fault.
                let sold = document.key().pos_reference();
                let is_booked = |order: &HeldOrder| {
                    order.reference == sold && order.state != "draft" && order.total == document.total()
                };
                if !scene.fake.orders().iter().any(is_booked) {
                    continue;
                }
                let wants = Wanted { totals: vec![-document.total()], ..Wanted::default() };
                let refund = document.key().cancellation();
                wanted.insert(refund.pos_reference(), (refund.canonical(), wants));
            }
            let reference = document.key().pos_reference();
            let entry = wanted.entry(reference).or_insert_with(|| {
                let wanted = Wanted { refused: document.code == POISON, ..Wanted::default() };
                (document.key().canonical(), wanted)
            });
            entry.1.totals.push(document.total());
            let mut shown = source.documents();
            shown.retain(|other| other.key() != document.key());
            shown.push(document);
        }
        pass(&mut scene).await;
        holds(&scene, &wanted)?;
    }
    let mut left = drained(&mut scene, &wanted).await?;
    // What came of it late is in order once there is something to do again.
    let last = Document::sale(7, dec!(12.34), scene.clock.now());
    let wants = Wanted { totals: vec![last.total()], ..Wanted::default() };
    wanted.insert(last.key().pos_reference(), (last.key().canonical(), wants));
    source.documents().push(last);
    scene.clock.advance(BETWEEN);
    if left.is_empty() {
        left = drained(&mut scene, &wanted).await?;
    }
    let mut result = check(&scene.fake, scene.store(), &wanted);
    if !left.is_empty() {
        result = Err(format!("after {PASSES} passes there is left: {left:?}\n{result:?}"));
    }
    match result {
        Ok(()) => Ok(scene),
        Err(why) => Err(format!("{why}\n{}", scene.probe.trace())),
    }
}

/// Passes until nothing is left to do; else what is left.
async fn drained(scene: &mut Scene, wanted: &All) -> Result<Vec<String>, String> {
    let mut left = Vec::new();
    for _ in 0..PASSES {
        scene.fake.put_right();
        let ran_through = pass(scene).await;
        holds(scene, wanted)?;
        left = backlog(scene.store());
        let is_done = left.is_empty() && check(&scene.fake, scene.store(), wanted).is_ok();
        if ran_through && is_done && scene.fake.is_idle() {
            break;
        }
    }
    Ok(left)
}

/// What must hold after each pass.
fn holds(scene: &Scene, wanted: &All) -> Result<(), String> {
    stands(&scene.fake, scene.store(), wanted).map_err(|why| format!("{why}\n{}", scene.probe.trace()))
}

/// The first: sales, one to a customer, one that Odoo does not take. The second: the return
/// of one of them, a change of another, a new one, and one that is cancelled.
fn rounds(scene: &Scene) -> [Vec<Document>; 2] {
    let now = scene.clock.now();
    // Each changed a moment after the one before, so that a cursor tells them apart.
    let moment = |number: u64| Duration::from_secs(2 * number);
    let sale = |id: u64, net: Decimal| Document::sale(id, net, now - moment(9 - id));
    let first = sale(1, dec!(10.00));
    let customer = Document { email: Some("ada@example.com".into()), ..sale(2, dec!(7.77)) };
    let poison = Document { code: POISON, ..sale(3, dec!(3.00)) };
    let later = |number: u64| now + BETWEEN / 2 + moment(number);
    let back = Document::refund_of(&first, later(1));
    let changed = Document { net: dec!(8.00), updated: later(2), ..sale(4, dec!(1.00)) };
    let cancelled = Document { cancelled: true, updated: later(4), ..sale(5, dec!(0.01)) };
    [
        vec![first, customer, poison, sale(4, dec!(1.00)), sale(5, dec!(0.01))],
        vec![back, changed, Document { updated: later(3), ..sale(6, dec!(99.99)) }, cancelled],
    ]
}

/// One pass of a process of its own; it may end in the middle. Whether it ran through.
async fn pass(scene: &mut Scene) -> bool {
    let process = scene.start().await;
    let pass = process.engine.pass(&process.client, process.facts, &scene.sync);
    let ended = process.probe.run(pass).await;
    drop(process);
    let ran_through = ended.as_ref().is_some_and(|report| report.error.is_none());
    match ended {
        Some(report) => {
            let error = report.error.as_ref().map(|error| error.message.as_str());
            scene.probe.note(format!(
                "──── a pass: {} booked, {} refused, {error:?}",
                report.booked, report.refused
            ));
        }
        None => scene.reopen(),
    }
    scene.clock.advance(BETWEEN);
    ran_through
}
