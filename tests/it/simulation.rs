//! Seeded runs of everything at once: new orders, repeated and changed ones, refunds before
//! and after their sale, sales cancelled after they were booked, crashes, stores restored from
//! older copies, clocks that jump, two workers that share a store and its leases, sessions that
//! somebody or the service closes, and every fault at every step. Time is tokio's paused clock, so
//! a run of hours takes a moment and is the same each time.
//!
//! Each run has a weather of its own: some kinds of faults, at some steps more often than at
//! others. Where each came everywhere as often as any other, what takes two of them in a row
//! would never come about. After each step it is asked what must hold at every moment; at the
//! end the faults stop, and all must be done.
//!
//! `TILLBRIDGE_SIM_RUNS=5000` tries so many seeds, from another one each time;
//! `TILLBRIDGE_SIM_SEED=17` plays one again and prints its steps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use tillbridge::config::Origin;
use tillbridge::order::{OrderKey, Text};
use tillbridge::store::{Filter, State};

use crate::support::fake::clock::Told;
use crate::support::fake::oracle::{All, Wanted, backlog, check, stands};
use crate::support::fake::scene::{Process, Scene};
use crate::support::fake::source::Document;
use crate::support::fake::store::at_once;
use crate::support::fake::world::{KINDS, Kind, POISON};
use crate::support::fake::{Fake, Fault, Point, Probe};
use crate::support::number_of;
use crate::support::orders::Random;

/// Seeds that are tried where nothing is said.
const RUNS: u64 = 120;
/// Passes within which everything must be done once nothing goes wrong any more.
const PASSES: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn whatever_happens_each_order_is_booked_once() {
    if let Some(seed) = number_of("TILLBRIDGE_SIM_SEED") {
        let (trace, result) = play(seed);
        println!("{trace}");
        return assert_eq!(result, Ok(()), "seed {seed}");
    }
    let (first, runs) = match number_of("TILLBRIDGE_SIM_RUNS") {
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

/// Two begin on the same store at the same moment: one opens a session.
#[test]
fn two_processes_open_one_session() {
    for seed in 1..=20 {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let mut world =
                World::of(seed, Setting { kind: KINDS[0], workers: 2, closing: NEVER, weather: CALM });
            world.sell();
            Box::pin(world.poll_both()).await;
            let open = world.scene.fake.open_sessions();
            assert_eq!(open.len(), 1, "seed {seed}\n{}", world.scene.probe.trace());
        });
    }
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
        let result = Box::pin(world.run()).await;
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

    fn pick<T: Copy>(&self, items: &[T]) -> T {
        items[self.index(items.len())]
    }

    fn index(&self, len: usize) -> usize {
        usize::try_from(self.between(0, i64::try_from(len).expect("few") - 1)).expect("an index")
    }
}

/// Faults in a thousand steps, by what the step does, and which.
#[derive(Debug, Clone, Copy)]
struct Weather {
    sending: i64,
    writing: i64,
    reading: i64,
    faults: Faults,
}

/// Nothing goes wrong.
const CALM: Weather = Weather { sending: 0, writing: 0, reading: 0, faults: Faults::All };

/// Which faults come.
#[derive(Debug, Clone, Copy)]
enum Faults {
    All,
    /// What was done, and its answer is lost.
    Lost,
    /// What is still being done.
    Late,
    /// What was not done.
    NotDone,
    /// Processes end.
    Crashes,
    /// Odoo does something else.
    Wrong,
}

impl Faults {
    const EACH: [Self; 6] = [Self::All, Self::Lost, Self::Late, Self::NotDone, Self::Crashes, Self::Wrong];

    fn have(self, fault: Fault) -> bool {
        let is_lost = matches!(
            fault,
            Fault::Reset { committed: true }
                | Fault::Status { committed: true, .. }
                | Fault::Page { committed: true }
                | Fault::Truncated
                | Fault::NoResult
                | Fault::Twin
        );
        let is_late = matches!(fault, Fault::Late(_) | Fault::CrashMeanwhile(_));
        let is_wrong = matches!(
            fault,
            Fault::LeftInDraft
                | Fault::StockNotMoved
                | Fault::BookedOtherwise { .. }
                | Fault::SessionClosed
                | Fault::Twin
        );
        let is_crash = matches!(fault, Fault::Crash { .. } | Fault::CrashMeanwhile(_) | Fault::StoreFails);
        match self {
            Self::All => true,
            Self::Lost => is_lost,
            Self::Late => is_late || fault == Fault::SessionClosed,
            Self::NotDone => !(is_lost || is_late || is_wrong || is_crash),
            Self::Crashes => is_crash,
            Self::Wrong => is_wrong || fault == Fault::Serialization,
        }
    }
}

impl Weather {
    fn drawn(dice: &Dice) -> Self {
        if dice.percent(8) {
            return CALM;
        }
        Self {
            sending: dice.pick(&[200, 400, 700]),
            writing: dice.pick(&[0, 20, 60, 150]),
            reading: dice.pick(&[0, 2, 6, 20]),
            faults: dice.pick(&Faults::EACH),
        }
    }

    /// What happens at a step.
    fn strikes(self, point: &Point, kind: Kind, dice: &Dice) -> Option<Fault> {
        let rate = match () {
            () if point.sends_orders() => self.sending,
            () if point.only_reads() => self.reading,
            () => self.writing,
        };
        if dice.between(1, 1000) > rate {
            return None;
        }
        let mut faults = point.faults(kind);
        faults.retain(|fault| self.faults.have(*fault));
        (!faults.is_empty()).then(|| dice.pick(&faults))
    }
}

/// What a run is about.
struct Setting {
    kind: (&'static str, Kind),
    workers: usize,
    /// One of [`CLOSING`].
    closing: &'static str,
    weather: Weather,
}

/// When the service closes sessions: lines of its configuration.
const CLOSING: [&str; 4] = [
    NEVER,
    "closing = \"orders\"\nclosing_orders = 3\nlate_orders = \"book\"",
    "closing = \"idle\"\nclosing_idle_minutes = 5\nlate_orders = \"book\"",
    "closing = \"business_day\"\nlate_orders = \"book\"",
];
const NEVER: &str = "closing = \"never\"";
/// Cancelled sales are refunded.
const CANCELLED: &str = "status_cancelled = [\"109\"]\ncancelled_after_booking = \"refund\"";

struct World {
    dice: Dice,
    scene: Scene,
    /// Something may go wrong.
    wild: Arc<AtomicBool>,
    closes: bool,
    /// Time at the source, which nobody sets.
    source_time: DateTime<Utc>,
    /// What the source shows now.
    documents: Vec<Document>,
    /// What it showed once.
    stale: Vec<Document>,
    /// What the store certainly has, and had when it was copied: a source with a good memory
    /// shows it no more once the faults have stopped.
    stored: Vec<Document>,
    backed_up: Vec<Document>,
    refunded: BTreeSet<u64>,
    edited: BTreeSet<u64>,
    /// Sales that the store called booked when it was copied.
    booked_then: BTreeSet<u64>,
    /// Cancelled sales of which a store that was put back never knew that they were booked.
    forgotten: BTreeSet<u64>,
    workers: Vec<Option<Process>>,
    files: usize,
    /// Somebody else closed a session: what comes too late for it is Odoo's to keep.
    disturbed: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let dice = Dice(Arc::new(Mutex::new(Random(seed))));
        let kind = dice.pick(&KINDS);
        // Two write to one shop only where the database keeps orders unique.
        let workers = if kind.1.unique && dice.percent(50) { 2 } else { 1 };
        let closing = dice.pick(&CLOSING);
        let weather = Weather::drawn(&dice);
        Self::of(dice.lock().next(), Setting { kind, workers, closing, weather })
    }

    fn of(seed: u64, setting: Setting) -> Self {
        let Setting { kind: (name, kind), workers, closing, weather } = setting;
        let dice = Dice(Arc::new(Mutex::new(Random(seed))));
        let fake = Fake::new(kind, Told::running(), true);
        let wild = Arc::new(AtomicBool::new(true));
        let (drawn, is_wild) = (dice.clone(), Arc::clone(&wild));
        let probe = Probe::new(move |point| {
            let takes = Duration::from_millis(drawn.between(0, 400).unsigned_abs());
            let strikes = is_wild.load(Ordering::Relaxed).then(|| weather.strikes(point, kind, &drawn));
            (strikes.flatten(), takes)
        });
        let rules = format!("{closing}\n{CANCELLED}");
        let mut scene = Scene::new(fake, Told::running(), probe, "http://127.0.0.1/unused", &rules);
        // Nothing is fetched, and nobody is asked: its pages are files, and the source of a sync
        // kept in Odoo must not be on this machine.
        scene.sync.origin = Origin::Odoo(1);
        scene.probe.note(format!("Odoo {name}, {workers} workers, closing {closing:?}, {weather:?}"));
        Self {
            dice,
            scene,
            wild,
            closes: closing != NEVER,
            source_time: "2026-03-02T07:00:00Z".parse().expect("a time"),
            documents: Vec::new(),
            stale: Vec::new(),
            stored: Vec::new(),
            backed_up: Vec::new(),
            refunded: BTreeSet::new(),
            edited: BTreeSet::new(),
            booked_then: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            workers: (0..workers).map(|_| None).collect(),
            files: 0,
            disturbed: false,
        }
    }

    async fn run(&mut self) -> Result<(), String> {
        self.sell();
        for _ in 0..self.dice.between(10, 24) {
            Box::pin(self.step()).await;
            self.stands()?;
        }
        self.wild.store(false, Ordering::Relaxed);
        self.say("──── nothing goes wrong any more");
        tokio::time::sleep(10 * MINUTE).await;
        // What waits for a time that was ahead is due.
        self.scene.clock.advance(Duration::from_secs(5 * 24 * 3600));
        for _ in 0..PASSES {
            self.scene.fake.put_right();
            self.poll(0, true).await;
            self.stands()?;
            if backlog(self.scene.store()).is_empty() && self.scene.fake.is_idle() {
                break;
            }
            tokio::time::sleep(6 * MINUTE).await;
        }
        // What came of it late is in order once there is something to do again.
        self.sell();
        self.poll(0, true).await;
        let left = backlog(self.scene.store());
        let result = check(&self.scene.fake, self.scene.store(), &self.wanted());
        if left.is_empty() { result } else { Err(format!("there is left: {left:?}\n{result:?}")) }
    }

    /// What must hold at every moment.
    fn stands(&self) -> Result<(), String> {
        stands(&self.scene.fake, self.scene.store(), &self.wanted())?;
        let closed_under_it = self.scene.probe.injected().contains_key("SessionClosed");
        let rescues = self.scene.fake.rescues();
        if rescues > 0 && !self.disturbed && !closed_under_it {
            return Err(format!("{rescues} orders came too late for a session that the service closed"));
        }
        Ok(())
    }

    fn say(&self, line: impl Into<String>) {
        self.scene.probe.note(line);
    }

    async fn step(&mut self) {
        match self.dice.between(1, 100) {
            1..=14 => self.sell(),
            15..=23 => self.edit(),
            24..=28 => self.give_back(),
            29..=31 => self.cancel(),
            32..=74 => {
                let worker = self.dice.index(self.workers.len());
                self.poll(worker, false).await;
            }
            75..=82 if self.workers.len() == 2 => Box::pin(self.poll_both()).await,
            75..=82 => {
                let wait = self.dice.between(1, 900).unsigned_abs();
                self.say(format!("──── {wait} s go by"));
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
            83..=85 => {
                self.say("──── somebody closes the session");
                self.disturbed = true;
                self.scene.fake.close_sessions();
            }
            86..=94 => {
                let by = self.dice.between(-48 * 3600, 48 * 3600);
                self.say(format!("──── the clock is set back by {by} s"));
                self.scene.clock.set_back(by * 1000);
            }
            95..=97 => {
                self.say("──── the store is copied");
                self.stop();
                self.scene.back_up();
                self.backed_up.clone_from(&self.stored);
                self.booked_then = self.booked();
            }
            _ => self.restore().await,
        }
    }

    /// All processes end: in good order, or killed.
    fn stop(&mut self) {
        for process in self.workers.iter_mut().filter_map(Option::take) {
            if self.dice.percent(50) {
                process.probe.end();
            }
        }
    }

    async fn restore(&mut self) {
        self.stop();
        if self.scene.restore() {
            self.say("──── the copy of the store takes its place");
            self.stored.clone_from(&self.backed_up);
            let cancelled = self.documents.iter().filter(|document| document.cancelled);
            let forgotten = cancelled.map(|sale| sale.id).filter(|id| !self.booked_then.contains(id));
            self.forgotten.extend(forgotten);
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

    /// Nobody has taken it back, and Odoo takes it.
    fn stays_sold(&self, sale: &Document) -> bool {
        !sale.cancelled && !self.refunded.contains(&sale.id) && sale.code != POISON
    }

    fn edit(&mut self) {
        let Some(at) = self.any_sale(|sale| self.stays_sold(sale)) else { return };
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
        let fits = |sale: &Document| self.stays_sold(sale) && !self.edited.contains(&sale.id);
        let Some(at) = self.any_sale(fits) else { return };
        self.source_time += TimeDelta::seconds(1);
        let refund = Document::refund_of(&self.documents[at], self.source_time);
        self.say(format!("──── sale {} is given back", refund.id));
        self.refunded.insert(refund.id);
        self.documents.push(refund);
    }

    /// Cancels a sale that the store calls booked: what becomes of another depends on what happens.
    fn cancel(&mut self) {
        let booked = self.booked();
        let fits = |sale: &Document| {
            self.stays_sold(sale) && !self.edited.contains(&sale.id) && booked.contains(&sale.id)
        };
        let Some(at) = self.any_sale(fits) else { return };
        self.source_time += TimeDelta::seconds(1);
        self.stale.push(self.documents[at].clone());
        let document = &mut self.documents[at];
        (document.cancelled, document.updated) = (true, self.source_time);
        let id = document.id;
        self.say(format!("──── sale {id} is cancelled"));
    }

    /// Sales that the store calls booked.
    fn booked(&self) -> BTreeSet<u64> {
        let filter = Filter { states: BTreeSet::from([State::Booked]), ..Filter::default() };
        let items = at_once(self.scene.store().list(&filter)).expect("the store can be read");
        let is_booked = |sale: &&Document| items.iter().any(|item| item.key == sale.key().canonical());
        self.documents
            .iter()
            .filter(|document| !document.refund)
            .filter(is_booked)
            .map(|sale| sale.id)
            .collect()
    }

    /// A page of the source: what chance shows, in any order, some twice, some as it was before;
    /// or all that the store does not have yet.
    fn page(&mut self, rest: bool) -> Page {
        let mut shown: Vec<Document> = self.documents.clone();
        if rest {
            shown.retain(|document| !self.stored.contains(document));
        } else {
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
        Page { path, shown }
    }

    /// One worker looks at the source and settles.
    async fn poll(&mut self, worker: usize, rest: bool) {
        let page = self.page(rest);
        if self.workers[worker].is_none() {
            self.workers[worker] = Some(self.scene.start().await);
        }
        let process = self.workers[worker].as_ref().expect("it was started");
        let came = pass(&self.scene, process, &page, self.closes).await;
        self.ended(worker, page, came).await;
    }

    /// Both do so at the same time.
    async fn poll_both(&mut self) {
        let pages = [self.page(false), self.page(false)];
        for worker in &mut self.workers {
            if worker.is_none() {
                *worker = Some(self.scene.start().await);
            }
        }
        let [first, second] =
            [&self.workers[0], &self.workers[1]].map(|worker| worker.as_ref().expect("started"));
        let came = tokio::join!(
            pass(&self.scene, first, &pages[0], self.closes),
            pass(&self.scene, second, &pages[1], self.closes)
        );
        for (worker, (page, came)) in pages.into_iter().zip([came.0, came.1]).enumerate() {
            self.ended(worker, page, came).await;
        }
    }

    /// Takes in what came of a pass. Some time goes by until the next one; more until a process
    /// is started again.
    async fn ended(&mut self, worker: usize, page: Page, came: Came) {
        let wait = if came.lives { (1, 30) } else { (5, 100) };
        tokio::time::sleep(Duration::from_secs(self.dice.between(wait.0, wait.1).unsigned_abs())).await;
        if came.stored {
            self.stored.extend(page.shown);
        }
        if !came.lives {
            self.workers[worker] = None;
        }
    }

    fn wanted(&self) -> All {
        let mut wanted = All::new();
        for document in self.stale.iter().chain(&self.documents) {
            let forgotten = self.forgotten.contains(&document.id);
            let mut want = |key: OrderKey, total: Decimal, new: Wanted| {
                let entry = wanted.entry(key.pos_reference()).or_insert_with(|| (key.canonical(), new));
                entry.1.totals.push(total);
            };
            let sold = Wanted { refused: document.code == POISON, forgotten, ..Wanted::default() };
            want(document.key(), document.total(), sold);
            if document.cancelled {
                let given_back = Wanted { optional: forgotten, ..Wanted::default() };
                want(document.key().cancellation(), -document.total(), given_back);
            }
        }
        wanted
    }
}

/// A page of the source.
struct Page {
    path: PathBuf,
    shown: Vec<Document>,
}

/// What came of a pass.
#[derive(Default)]
struct Came {
    /// The page is in the store.
    stored: bool,
    /// The process goes on.
    lives: bool,
}

/// Stores a page and settles, as a service does that closes sessions, or as a command.
async fn pass(scene: &Scene, process: &Process, page: &Page, closes: bool) -> Came {
    let name = page.path.file_name().expect("a name").to_string_lossy().into_owned();
    scene.probe.note(format!("──── {name} is polled"));
    let Process { engine, client, facts, probe } = process;
    let Some(report) = probe.run(engine.ingest(&scene.sync, vec![page.path.clone()])).await else {
        return Came::default();
    };
    let stored = report.error.is_none();
    let peers = std::slice::from_ref(&scene.sync);
    let work = async {
        if closes {
            engine.service_pass(client, *facts, &scene.sync, peers).await
        } else {
            engine.pass(client, *facts, &scene.sync).await
        }
    };
    let Some(report) = probe.run(work).await else { return Came { stored, lives: false } };
    let error = report.error.as_ref().map(|error| error.message.as_str());
    let notes: Vec<&str> = report.notes.iter().map(Text::as_str).collect();
    scene.probe.note(format!(
        "──── {name}: {} booked, {} refused, {} retrying, {} conflicts, {notes:?}, {error:?}",
        report.booked, report.refused, report.retrying, report.conflict
    ));
    Came { stored, lives: true }
}
