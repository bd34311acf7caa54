//! Exactly once, to the cent, on the real Odoo, while everything breaks: the network, the
//! database, Odoo itself, and the sidecar, which is killed again and again.
//!
//! The ordinary form is short. The long one is chosen by a number of orders, and then Odoo's
//! workers are killed and Odoo is restarted, too, so nothing else may run on that server:
//!
//! ```sh
//! TILLBRIDGE_CHAOS_ORDERS=1000 cargo test --test it -- chaos:: --nocapture
//! ```
//!
//! `TILLBRIDGE_CHAOS_KILLS` says how often the sidecar is killed (for every thirty orders once
//! unless said otherwise); `TILLBRIDGE_CHAOS_SEED` repeats the faults and the orders of a run,
//! as far as two runs of real processes are alike.

#![expect(clippy::print_stdout, reason = "the seed and the fault table are what a run is for")]

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::xmlrpc::decimal;
use tokio::time::{sleep, timeout};

use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::chaos::fault::Fault;
use crate::support::chaos::life::Life;
use crate::support::chaos::machine::Machine;
use crate::support::chaos::network::Network;
use crate::support::chaos::tally::{Fate, Tally};
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server};
use crate::support::orders::{
    Generated, METHODS, Prices, Random, Rounding, expected, texts, to_cents, with_refunds,
};
use crate::support::service::Service;
use crate::support::till;
use crate::support::{number_of, oracle, postgres, until};

static ADDON: Database = Database::with_addon("chaos");
static PLAIN: Database = Database::new("chaos_plain");
static SHARED: Database = Database::with_addon("chaos_shared");

/// Held by a run that breaks the Odoo of all of them.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How long the backlog may take once nothing breaks any more.
const DRAIN: Duration = Duration::from_secs(400);
/// How long a life may take to send orders; there are new ones in each.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_each_order_is_booked_once() {
    let form = Form::asked_for(80, 6, 30);
    let _alone = form.alone().await;
    let admin = ADDON.admin().await;
    let bridge = bridge(&ADDON, &admin).await;
    Run::new(form, &ADDON, admin, vec![bridge]).await.through().await;
}

/// Without the addon Odoo 14 has nothing that refuses an order's second copy: what is in
/// doubt must wait until Odoo cannot be at it any more.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_addon_each_order_is_booked_once_all_the_same() {
    let asked = Form::asked_for(60, 6, 30);
    let _alone = asked.alone().await;
    let form = Form { orders: 60, kills: 6, long: false, ..asked };
    let admin = PLAIN.admin().await;
    let mut bridge = Bridge::new(&PLAIN);
    bridge.change_odoo("unknown_settle = \"5s\"", "unknown_settle = \"20s\"");
    Run::new(form, &PLAIN, admin, vec![bridge]).await.through().await;
}

/// What a killed sidecar was at is the other's once its lease is over: a minute each time.
#[tokio::test(flavor = "multi_thread")]
async fn two_sidecars_that_share_a_store_book_each_order_once() {
    let form = Form::asked_for(80, 2, 100);
    let _alone = form.alone().await;
    let admin = SHARED.admin().await;
    let store = postgres::Database::new();
    let url = store.url();
    let mut bridges = Vec::new();
    for _ in 0..2 {
        let mut bridge = bridge(&SHARED, &admin).await;
        bridge.add(&format!("[store]\nurl = \"{}\"", url.expose_secret()));
        bridges.push(bridge);
    }
    Run::new(form, &SHARED, admin, bridges).await.through().await;
}

/// How long and how hard.
#[derive(Debug, Clone, Copy)]
struct Form {
    orders: usize,
    kills: usize,
    seed: u64,
    /// Odoo's own processes break, too, and every kind of fault must have been injected.
    long: bool,
}

impl Form {
    /// What the environment says, else a run of so many orders and kills; with more orders the
    /// sidecar is killed once for every so many.
    fn asked_for(orders: usize, kills: usize, orders_a_kill: usize) -> Self {
        let small = |number: u64| usize::try_from(number).expect("not that many");
        let asked = number_of("TILLBRIDGE_CHAOS_ORDERS").map(small);
        let orders = asked.unwrap_or(orders);
        let killed = number_of("TILLBRIDGE_CHAOS_KILLS").map(small);
        Self {
            orders,
            kills: killed.unwrap_or((orders / orders_a_kill).max(kills)),
            seed: number_of("TILLBRIDGE_CHAOS_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0),
            long: asked.is_some(),
        }
    }

    /// What a run that breaks Odoo itself must hold.
    async fn alone(self) -> Option<tokio::sync::MutexGuard<'static, ()>> {
        if self.long { Some(ALONE.lock().await) } else { None }
    }
}

/// One run: orders of one source for two shops.
struct Run {
    form: Form,
    started: Instant,
    admin: Admin,
    shops: [Shop; 2],
    /// The orders of each shop.
    orders: [Vec<Generated>; 2],
    /// All of them, as the source shows them.
    shown: Vec<String>,
    feed: Feed,
    machine: Arc<Machine>,
    tally: Arc<Tally>,
    sidecars: Vec<Sidecar>,
    kills: AtomicUsize,
    /// How lives ended by themselves: command and exit code.
    ends: Mutex<HashMap<(String, Option<i32>), usize>>,
}

/// A sidecar with its own way to Odoo.
struct Sidecar {
    bridge: Bridge,
    network: Network,
}

impl Run {
    async fn new(form: Form, database: &Database, admin: Admin, bridges: Vec<Bridge>) -> Self {
        println!("TILLBRIDGE_CHAOS_SEED={}: {form:?}", form.seed);
        let rounding = json!({"tax_calculation_rounding_method": "round_globally"});
        admin.write("res.company", &[1], rounding).await;
        let shops = [database.shop(&METHODS).await, database.shop(&METHODS).await];
        let count = u64::try_from(form.orders).expect("not that many");
        let mut all = with_refunds(form.seed, 10_000, count, Rounding::PerOrder, Prices::Net);
        all.truncate(form.orders);
        all.iter_mut().for_each(locate);
        let shown = texts(&all);
        let references: HashSet<String> =
            all.iter().map(|order| order.expected.key.pos_reference()).collect();
        let (second, first) = all.into_iter().partition(is_of_second);

        let feed = Feed::start(Vec::new()).await;
        let machine = Arc::new(Machine::of(database));
        let tally = Arc::new(Tally::default());
        let rules = format!(
            "interval = \"1s\"\nclosing = \"never\"\n[[sync.location]]\nid = \"2\"\nshop = {}",
            shops[1].id
        );
        let mut sidecars = Vec::new();
        for (number, mut bridge) in (1..).zip(bridges) {
            let (machine, tally) = (Arc::clone(&machine), Arc::clone(&tally));
            let network =
                Network::start(form.seed ^ number, machine, tally, kinds(form), references.clone()).await;
            bridge.change_odoo(&server().url, &network.url());
            bridge.add_sync("Web", &feed, &shops[0], &rules);
            sidecars.push(Sidecar { bridge, network });
        }
        Self {
            form,
            started: Instant::now(),
            admin,
            shops,
            orders: [first, second],
            shown,
            feed,
            machine,
            tally,
            sidecars,
            kills: AtomicUsize::new(0),
            ends: Mutex::default(),
        }
    }

    async fn through(self) {
        for Sidecar { bridge, network } in &self.sidecars {
            // One that never spoke to its Odoo takes what answers in its place for a mistake.
            assert_eq!(bridge.run(&["sync"]).await.code, Some(0), "before anything breaks");
            network.go_wild(true);
        }
        let random = |number: u64| Random(self.form.seed.rotate_left(32) ^ number);
        let lives = (1..).zip(&self.sidecars).map(|(number, sidecar)| self.lives(sidecar, random(number)));
        futures::future::join_all(lives).await;
        self.settle().await;
        let fates = self.fates().await;
        println!("{}", self.report(&fates));
        for (shop, orders) in self.shops.iter().zip(&self.orders) {
            oracle::check(&self.admin, shop, &expected(orders)).await;
        }
        self.check_store().await;
        self.close().await;
        self.check_faults();
        self.check_ends();
        assert!(fates.values().all(|fate| *fate == Fate::Right), "{fates:?}");
    }

    /// Lives and deaths of one sidecar, while more and more orders come.
    async fn lives(&self, sidecar: &Sidecar, mut random: Random) {
        loop {
            let deaths = self.kills.load(Ordering::Relaxed);
            if deaths >= self.form.kills {
                return;
            }
            let part = self.shown.len() * (deaths + 1) / self.form.kills;
            self.feed.show(self.shown[..part].to_vec());
            let special = self.special(deaths);
            let command = if special.is_some() || random.percent(70) { "run" } else { "sync" };
            let mut life = Life::start(&sidecar.bridge, &[command]);
            tokio::select! {
                status = life.ended() => {
                    let mut ends = self.ends.lock().expect("no test failed while holding it");
                    *ends.entry((command.to_owned(), status.code())).or_default() += 1;
                }
                () = self.until_death(sidecar, special, &mut random) => {
                    let on_the_way = sidecar.network.on_the_way();
                    if life.kill().await {
                        self.tally.count(Fault::SidecarKilled, &on_the_way);
                        self.kills.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            let said = life.said().await;
            self.tally.count_times(Fault::Refused, said.matches("Connection refused").count());
        }
    }

    /// What happens in this life, beside faults by chance.
    fn special(&self, deaths: usize) -> Option<Fault> {
        let kills = self.form.kills;
        let not_yet = |fault| self.tally.injected(fault) == 0;
        if !self.form.long || self.sidecars.len() > 1 {
            None
        } else if deaths >= kills / 3 && not_yet(Fault::AnswerSilent) {
            Some(Fault::AnswerSilent)
        } else if deaths >= kills / 2 && not_yet(Fault::OdooRestarted) {
            Some(Fault::OdooRestarted)
        } else {
            None
        }
    }

    /// Waits for the moment of death.
    async fn until_death(&self, sidecar: &Sidecar, special: Option<Fault>, random: &mut Random) {
        let network = &sidecar.network;
        let seen = network.seen();
        match special {
            Some(Fault::AnswerSilent) => {
                network.next(Fault::AnswerSilent);
                let limit = Duration::from_secs(300);
                until(limit, async || self.tally.injected(Fault::AnswerSilent) > 0).await;
            }
            Some(_) => {
                let _ = timeout(PATIENCE, until(PATIENCE * 2, async || network.seen() > seen)).await;
                self.tally.count(Fault::OdooRestarted, &network.on_the_way());
                self.machine.restart().await;
            }
            // While it starts.
            None if random.percent(15) => return milliseconds(random, 50, 1200).await,
            None => {}
        }
        let _ = timeout(PATIENCE, until(PATIENCE * 2, async || network.seen() > seen)).await;
        milliseconds(random, 0, 2500).await;
    }

    /// Nothing breaks any more: the backlog drains.
    async fn settle(&self) {
        self.feed.show(self.shown.clone());
        for sidecar in &self.sidecars {
            sidecar.network.go_wild(false);
        }
        let broke = self.started.elapsed();
        let mut services = Vec::new();
        for sidecar in &self.sidecars {
            services.push(Service::start(&sidecar.bridge).await);
        }
        let calm = Instant::now();
        loop {
            sleep(Duration::from_millis(500)).await;
            let left: Vec<Row> = self.store().await.into_iter().filter(|row| row.state != "booked").collect();
            if left.is_empty() && self.booked().await >= self.form.orders {
                break;
            }
            let logs: Vec<String> = services.iter().map(Service::log).collect();
            assert!(calm.elapsed() < DRAIN, "after {DRAIN:?} still: {left:#?}\n{}", logs.join("\n\n"));
        }
        for service in services {
            let (code, log) = service.stop().await;
            assert_eq!(code, Some(0), "{log}");
        }
        println!("broken for {broke:.1?}, drained in {:.1?}", calm.elapsed());
    }

    async fn booked(&self) -> usize {
        let of_shops = json!([["config_id", "in", self.shops.each_ref().map(|shop| shop.id)]]);
        usize::try_from(self.admin.count("pos.order", of_shops).await).expect("a count")
    }

    /// What the store says of every order.
    async fn store(&self) -> Vec<Row> {
        #[derive(Deserialize)]
        struct Listing {
            orders: Vec<Row>,
        }
        let ended = self.sidecars[0].bridge.run(&["orders", "--limit", "0", "--output", "json"]).await;
        let listing: Listing = ended.json();
        listing.orders
    }

    /// The store says booked of exactly these orders.
    async fn check_store(&self) {
        let rows = self.store().await;
        let booked: BTreeSet<&str> =
            rows.iter().filter(|row| row.state == "booked").map(|row| row.key.as_str()).collect();
        let keys: Vec<String> =
            self.orders.iter().flatten().map(|order| order.expected.key.canonical()).collect();
        assert_eq!(booked, keys.iter().map(String::as_str).collect(), "what the store calls booked");
        assert_eq!(rows.len(), keys.len(), "what the store knows beside that");
    }

    /// What became of each order, as Odoo has it.
    async fn fates(&self) -> HashMap<String, Fate> {
        #[derive(Deserialize)]
        struct Held {
            pos_reference: String,
            #[serde(with = "decimal")]
            amount_total: Decimal,
        }
        let of_shops = json!([["config_id", "in", self.shops.each_ref().map(|shop| shop.id)]]);
        let rows: Vec<Held> =
            self.admin.rows("pos.order", of_shops, &["pos_reference", "amount_total"]).await;
        let mut held: HashMap<String, Vec<Decimal>> = HashMap::new();
        for row in rows {
            held.entry(row.pos_reference).or_default().push(to_cents(row.amount_total));
        }
        let fate = |order: &Generated| {
            let reference = order.expected.key.pos_reference();
            let fate = match held.get(&reference).map(Vec::as_slice) {
                None | Some([]) => Fate::Lost,
                Some([total]) if *total == order.expected.total => Fate::Right,
                Some([_]) => Fate::Wrong,
                Some(_) => Fate::Duplicated,
            };
            (reference, fate)
        };
        self.orders.iter().flatten().map(fate).collect()
    }

    /// The fault table.
    fn report(&self, fates: &HashMap<String, Fate>) -> String {
        let count = |wanted| fates.values().filter(|fate| **fate == wanted).count();
        format!(
            "{} orders in {:.1?}, sidecar killed {} times, ended by itself {:?}\n{}{} orders: {} lost, {} duplicated, {} wrong",
            self.form.orders,
            self.started.elapsed(),
            self.kills.load(Ordering::Relaxed),
            self.ends.lock().expect("no test failed while holding it"),
            self.tally.table(fates),
            fates.len(),
            count(Fate::Lost),
            count(Fate::Duplicated),
            count(Fate::Wrong),
        )
    }

    /// Each shop had one session, which is ours and closes without a difference.
    async fn close(&self) {
        let close = async || self.sidecars[0].bridge.run(&["session", "close", "--output", "json"]).await;
        // One that was killed has its lease until that runs out; each try waits for it a while.
        let since = Instant::now();
        let mut ended = close().await;
        while ended.code == Some(2) && since.elapsed() < Duration::from_secs(240) {
            ended = close().await;
        }
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let said: Value = ended.json();
        let sessions = said["sessions"].as_array().expect("a list");
        assert_eq!(sessions.len(), self.shops.len(), "sessions that are ours: {said}");
        for session in sessions {
            // Without the addon the entry cannot be read.
            let verdict = session["verdict"].as_str();
            assert!(matches!(verdict, Some("clean" | "not_verified")), "{session}");
            let id = session["session"].as_i64().expect("an id");
            let differences: Vec<Value> = till::difference_entries(&self.admin, id).await;
            assert_eq!(differences, Vec::<Value>::new(), "difference entries of session {id}");
        }
        for shop in &self.shops {
            let all = json!([["config_id", "=", shop.id]]);
            let closed = json!([["config_id", "=", shop.id], ["state", "=", "closed"]]);
            let sessions =
                (self.admin.count("pos.session", all).await, self.admin.count("pos.session", closed).await);
            assert_eq!(sessions, (1, 1), "sessions of the shop {}, closed ones", shop.name);
        }
    }

    /// A service never gives up; a single pass says what is wrong.
    fn check_ends(&self) {
        let ends = self.ends.lock().expect("no test failed while holding it");
        let unseemly = |(command, code): &&(String, Option<i32>)| {
            command == "run" || !matches!(code, Some(0 | 2 | 3 | 4))
        };
        let unseemly: Vec<_> = ends.keys().filter(unseemly).collect();
        assert!(unseemly.is_empty(), "ended by itself: {unseemly:?}");
    }

    /// The faults were really injected: each kind in the long form, some in the short one.
    fn check_faults(&self) {
        let met = self.tally.with_orders();
        assert!(met >= self.form.kills / 2, "only {met} faults met orders");
        if !self.form.long {
            return;
        }
        let mut kinds = kinds(self.form);
        if self.sidecars.len() == 1 {
            kinds.extend([Fault::AnswerSilent, Fault::OdooRestarted]);
        }
        kinds.retain(|kind| self.tally.injected(*kind) == 0);
        assert!(kinds.is_empty(), "never injected: {kinds:?}");
    }
}

/// An order as `orders --output json` has it.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown when the backlog does not drain")]
struct Row {
    id: String,
    key: String,
    state: String,
    code: Option<String>,
    message: Option<String>,
    next_try_at: Option<String>,
    changed_at: String,
}

/// The faults that come by chance.
fn kinds(form: Form) -> Vec<Fault> {
    let mut kinds = Fault::NETWORK.to_vec();
    if form.long {
        kinds.push(Fault::WorkersKilled);
    }
    kinds
}

/// Gives a document its location: the same to a sale and its refund.
fn locate(order: &mut Generated) {
    let key = &mut order.expected.key;
    let location = if key.order_id.ends_with(['0', '2', '4', '6', '8']) { "1" } else { "2" };
    key.location = Some(location.to_owned());
    let mut json: Value = serde_json::from_str(&order.json).expect("an order");
    json["LocationID"] = location.into();
    order.json = json.to_string();
}

fn is_of_second(order: &Generated) -> bool {
    order.expected.key.location.as_deref() == Some("2")
}

async fn milliseconds(random: &mut Random, low: i64, high: i64) {
    sleep(Duration::from_millis(random.between(low, high).unsigned_abs())).await;
}
