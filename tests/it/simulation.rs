//! Seeded runs of everything at once: new orders, repeated and changed ones, refunds before
//! and after their sale, crashes, stores restored from older copies, clocks that jump, two
//! workers, sessions that somebody closes, and every fault at every step. Time is tokio's
//! paused clock, so a run of hours takes a moment and is the same each time.
//!
//! `TILLBRIDGE_SIM_RUNS=5000` tries so many seeds, from another one each time;
//! `TILLBRIDGE_SIM_SEED=17` plays one again and prints its steps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::fake::clock::Told;
use crate::support::fake::oracle::{All, Wanted, backlog, check};
use crate::support::fake::scene::{Process, Scene};
use crate::support::fake::source::Document;
use crate::support::fake::world::{KINDS, POISON};
use crate::support::fake::{Fake, Probe};
use crate::support::orders::Random;

/// Seeds that are tried where nothing is said.
const RUNS: u64 = 120;
/// Passes within which everything must be done once nothing goes wrong any more.
const PASSES: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn whatever_happens_each_order_is_booked_once() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    if let Some(seed) = number("TILLBRIDGE_SIM_SEED") {
        let (trace, result) = play(seed);
        println!("{trace}");
        return assert_eq!(result, Ok(()), "seed {seed}");
    }
    let (first, runs) = match number("TILLBRIDGE_SIM_RUNS") {
        Some(runs) => (Utc::now().timestamp().unsigned_abs() * 1_000_000, runs),
        None => (1, RUNS),
    };
    let seeds = Mutex::new((first..first + runs).collect::<VecDeque<u64>>());
    let failed = Mutex::new(Vec::new());
    let injected = Mutex::new(BTreeMap::<String, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(seed) = seeds.lock().expect("no panic").pop_front() else { return };
                    let mut faults = BTreeMap::new();
                    let (trace, result) = simulated(seed, &mut faults);
                    for (fault, times) in faults {
                        *injected.lock().expect("no panic").entry(fault).or_default() += times;
                    }
                    if let Err(why) = result {
                        failed.lock().expect("no panic").push((seed, why, trace));
                    }
                }
            });
        }
    });
    println!("{runs} runs from seed {first}; faults injected:");
    for (fault, times) in injected.into_inner().expect("no panic") {
        println!("{times:>8}  {fault}");
    }
    let failed = failed.into_inner().expect("no panic");
    if let Some((seed, why, trace)) = failed.first() {
        println!("════ seed {seed}\n{trace}\n{why}");
    }
    let said: Vec<String> =
        failed.iter().map(|(seed, why, _)| format!("TILLBRIDGE_SIM_SEED={seed}: {why}")).collect();
    assert!(failed.is_empty(), "{} of {runs} runs failed:\n{}", failed.len(), said.join("\n"));
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    assert_eq!(play(11), play(11));
}

/// The steps of a seed, and what became of it.
fn play(seed: u64) -> (String, Result<(), String>) {
    simulated(seed, &mut BTreeMap::new())
}

fn simulated(seed: u64, injected: &mut BTreeMap<String, usize>) -> (String, Result<(), String>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(seed);
        let result = world.run().await;
        *injected = world.scene.probe.injected();
        (world.scene.probe.trace(), result)
    })
}

/// Random numbers that the steps and the faults draw from in turn.
#[derive(Clone)]
struct Dice(Arc<Mutex<Random>>);

impl Dice {
    fn lock(&self) -> MutexGuard<'_, Random> {
        self.0.lock().expect("no panic")
    }

    fn between(&self, low: i64, high: i64) -> i64 {
        self.lock().between(low, high)
    }

    fn percent(&self, chance: i64) -> bool {
        self.lock().percent(chance)
    }

    fn index(&self, len: usize) -> usize {
        usize::try_from(self.between(0, i64::try_from(len).expect("few") - 1)).expect("an index")
    }
}

struct World {
    dice: Dice,
    scene: Scene,
    /// Faults in a thousand steps.
    rate: Arc<AtomicI64>,
    /// Time at the source, which nobody sets.
    source_time: DateTime<Utc>,
    /// What the source shows now.
    documents: Vec<Document>,
    /// What it showed once.
    stale: Vec<Document>,
    refunded: BTreeSet<u64>,
    edited: BTreeSet<u64>,
    workers: Vec<Option<Process>>,
    files: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let dice = Dice(Arc::new(Mutex::new(Random(seed))));
        let (name, kind) = KINDS[dice.index(KINDS.len())];
        let fake = Fake::new(kind, Told::running(), true);
        let rate = Arc::new(AtomicI64::new(*dice.lock().pick(&[0, 10, 30, 80])));
        let (drawn, chance) = (dice.clone(), Arc::clone(&rate));
        let probe = Probe::new(move |point| {
            let takes = Duration::from_millis(drawn.between(0, 400).unsigned_abs());
            // A pass reads a lot more than it writes.
            let weight = if point.only_reads() { 1 } else { 4 };
            if drawn.between(1, 1000) > weight * chance.load(Ordering::Relaxed) {
                return (None, takes);
            }
            let faults = point.faults(kind);
            (Some(faults[drawn.index(faults.len())]), takes)
        });
        // Two write to one shop only where the database keeps orders unique.
        let workers = if kind.unique && dice.percent(40) { 2 } else { 1 };
        let scene = Scene::new(fake, Told::running(), probe, "http://localhost/unused", "");
        scene.probe.note(format!(
            "Odoo {name}, {workers} workers, {} faults in a thousand reads, four times that in writes",
            rate.load(Ordering::Relaxed)
        ));
        Self {
            dice,
            scene,
            rate,
            source_time: "2026-03-02T07:00:00Z".parse().expect("a time"),
            documents: Vec::new(),
            stale: Vec::new(),
            refunded: BTreeSet::new(),
            edited: BTreeSet::new(),
            workers: (0..workers).map(|_| None).collect(),
            files: 0,
        }
    }

    async fn run(&mut self) -> Result<(), String> {
        for _ in 0..self.dice.between(8, 20) {
            self.step().await;
        }
        self.rate.store(0, Ordering::Relaxed);
        self.say("──── nothing goes wrong any more");
        tokio::time::sleep(10 * MINUTE).await;
        // What waits for a time that was ahead is due.
        self.scene.clock.advance(Duration::from_secs(5 * 24 * 3600));
        for _ in 0..PASSES {
            self.poll(0, true).await;
            if backlog(self.scene.store()).is_empty() && self.scene.fake.is_idle() {
                break;
            }
            tokio::time::sleep(6 * MINUTE).await;
        }
        let left = backlog(self.scene.store());
        let result = check(&self.scene.fake, self.scene.store(), &self.wanted());
        if left.is_empty() { result } else { Err(format!("there is left: {left:?}\n{result:?}")) }
    }

    fn say(&self, line: impl Into<String>) {
        self.scene.probe.note(line);
    }

    async fn step(&mut self) {
        match self.dice.between(1, 100) {
            1..=22 => self.sell(),
            23..=32 => self.edit(),
            33..=42 => self.give_back(),
            43..=76 => {
                let worker = self.dice.index(self.workers.len());
                self.poll(worker, false).await;
            }
            77..=82 if self.workers.len() == 2 => self.poll_both().await,
            77..=86 => {
                let wait = self.dice.between(1, 900).unsigned_abs();
                self.say(format!("──── {wait} s go by"));
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
            87..=90 => {
                self.say("──── somebody closes the session");
                self.scene.fake.close_sessions();
            }
            91..=94 => {
                let by = self.dice.between(-48 * 3600, 48 * 3600);
                self.say(format!("──── the clock is set back by {by} s"));
                self.scene.clock.set_back(by * 1000);
            }
            95..=97 => {
                self.say("──── the store is copied");
                self.stop();
                self.scene.back_up();
            }
            _ => self.restore().await,
        }
    }

    /// All processes end.
    fn stop(&mut self) {
        self.workers.iter_mut().for_each(|worker| *worker = None);
    }

    async fn restore(&mut self) {
        self.stop();
        if self.scene.restore() {
            self.say("──── the copy of the store takes its place");
            // It knows nothing of what may still be running; putting it back takes longer.
            tokio::time::sleep(10 * MINUTE).await;
        }
    }

    fn sell(&mut self) {
        for _ in 0..self.dice.between(1, 6) {
            let id = u64::try_from(self.documents.len()).expect("few") + 1;
            let net = self.dice.lock().cents(1, 20_000);
            self.source_time += TimeDelta::seconds(1);
            let mut document = Document::sale(id, net, self.source_time);
            if self.dice.percent(5) {
                document.code = POISON;
            }
            if self.dice.percent(20) {
                document.email = Some(format!("c{}@example.com", self.dice.between(1, 3)));
            }
            self.say(format!("──── sale {id} of {}", document.total()));
            self.documents.push(document);
        }
    }

    /// One of the sales, by its place.
    fn any_sale(&self, fits: impl Fn(&Document) -> bool) -> Option<usize> {
        let fits = |at: &usize| !self.documents[*at].refund && fits(&self.documents[*at]);
        let found: Vec<usize> = (0..self.documents.len()).filter(fits).collect();
        (!found.is_empty()).then(|| found[self.dice.index(found.len())])
    }

    fn edit(&mut self) {
        let Some(at) = self.any_sale(|sale| !self.refunded.contains(&sale.id) && sale.code != POISON) else {
            return;
        };
        self.source_time += TimeDelta::seconds(1);
        let net = self.dice.lock().cents(1, 20_000);
        self.stale.push(self.documents[at].clone());
        let document = &mut self.documents[at];
        (document.net, document.updated) = (net, self.source_time);
        let (id, total) = (document.id, document.total());
        self.edited.insert(id);
        self.say(format!("──── sale {id} is changed to {total}"));
    }

    fn give_back(&mut self) {
        let fits = |sale: &Document| {
            sale.code != POISON && !self.edited.contains(&sale.id) && !self.refunded.contains(&sale.id)
        };
        let Some(at) = self.any_sale(fits) else { return };
        self.source_time += TimeDelta::seconds(1);
        let refund = Document::refund_of(&self.documents[at], self.source_time);
        self.say(format!("──── sale {} is given back", refund.id));
        self.refunded.insert(refund.id);
        self.documents.push(refund);
    }

    /// A page of the source: everything, or what chance shows, in any order, some twice, some
    /// as it was before.
    fn page(&mut self, all: bool) -> std::path::PathBuf {
        let mut shown: Vec<Document> = self.documents.clone();
        if !all {
            shown.retain(|_| self.dice.percent(70));
            shown.extend(self.stale.iter().filter(|_| self.dice.percent(20)).cloned());
            let twice: Vec<Document> = shown.iter().filter(|_| self.dice.percent(10)).cloned().collect();
            shown.extend(twice);
            for at in (1..shown.len()).rev() {
                shown.swap(at, self.dice.index(at + 1));
            }
        }
        let texts: Vec<String> = shown.iter().map(Document::json).collect();
        self.files += 1;
        let path = self.scene.folder().join(format!("page{}.json", self.files));
        std::fs::write(&path, format!("[{}]", texts.join(","))).expect("the page is written");
        path
    }

    /// One worker looks at the source and settles.
    async fn poll(&mut self, worker: usize, all: bool) {
        let page = self.page(all);
        if self.workers[worker].is_none() {
            self.workers[worker] = Some(self.scene.start().await);
        }
        let process = self.workers[worker].as_ref().expect("it was started");
        if !import(&self.scene, process, page).await {
            self.workers[worker] = None;
        }
    }

    /// Both do so at the same time.
    async fn poll_both(&mut self) {
        // Two that open one at the same moment are the store's to keep apart.
        self.scene.fake.open_session();
        let pages = [self.page(false), self.page(false)];
        for worker in &mut self.workers {
            if worker.is_none() {
                *worker = Some(self.scene.start().await);
            }
        }
        let [first, second] =
            [&self.workers[0], &self.workers[1]].map(|worker| worker.as_ref().expect("started"));
        let [one, other] = pages;
        let ended = tokio::join!(import(&self.scene, first, one), import(&self.scene, second, other));
        for (worker, lives) in self.workers.iter_mut().zip([ended.0, ended.1]) {
            if !lives {
                *worker = None;
            }
        }
    }

    fn wanted(&self) -> All {
        let mut wanted = All::new();
        for document in self.stale.iter().chain(&self.documents) {
            let key = document.key();
            let new = || (key.canonical(), Wanted { totals: Vec::new(), refused: document.code == POISON });
            wanted.entry(key.pos_reference()).or_insert_with(new).1.totals.push(document.total());
        }
        wanted
    }
}

/// Stores a page and settles; `false` when the process ended.
async fn import(scene: &Scene, process: &Process, page: std::path::PathBuf) -> bool {
    let name = page.file_name().expect("a name").to_string_lossy().into_owned();
    scene.probe.note(format!("──── {name} is polled"));
    let work = process.engine.import(&process.client, process.facts, &scene.sync, vec![page]);
    match process.probe.run(work).await {
        None => false,
        Some(report) => {
            let error = report.error.as_ref().map(|error| &error.message);
            scene.probe.note(format!(
                "──── {name}: {} booked, {} refused, {} retrying, {} conflicts, {error:?}",
                report.booked, report.refused, report.retrying, report.conflict
            ));
            true
        }
    }
}
