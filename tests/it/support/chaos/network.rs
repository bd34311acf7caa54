//! A stretch of network in front of Odoo that breaks at random.
//!
//! One request per connection, as tillbridge and Odoo have it. Of two requests with orders in
//! a row one meets a fault at least; of the others, a few.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::fault::{Deck, Fault};
use super::machine::Machine;
use super::tally::Tally;
use crate::support::odoo::server;
use crate::support::orders::Random;
use crate::support::proxy::{Marks, forward, read_request};

/// Of a hundred requests with orders, after one that met a fault, so many meet one again.
const WITH_ORDERS: i64 = 50;
/// Of a hundred others so many meet a fault.
const OTHERS: i64 = 3;
/// Longer than a client waits for an answer (120 s of silence, 180 s in all).
const SILENCE: Duration = Duration::from_secs(240);

/// A network that ends with the test.
#[derive(Debug)]
pub struct Network {
    address: SocketAddr,
    ways: Arc<Ways>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Ways {
    machine: Arc<Machine>,
    tally: Arc<Tally>,
    marks: Marks,
    /// The references of all orders that may come.
    references: HashSet<String>,
    /// It breaks things.
    wild: AtomicBool,
    /// How long Odoo took for the last request with orders, in milliseconds.
    lasted: AtomicU64,
    outages: mpsc::UnboundedSender<Duration>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Random,
    /// For requests with orders.
    deck: Deck,
    /// For others.
    others: Deck,
    /// The last request with orders met no fault.
    spared: bool,
    /// What the next requests with orders meet, before the deck is asked.
    next: VecDeque<Fault>,
    /// So many of the next connections are reset at once.
    resets: usize,
    /// Requests with orders that were seen.
    seen: usize,
    /// The orders of requests that are on their way, or not answered to their end.
    on_the_way: HashMap<u64, Vec<String>>,
    requests: u64,
}

impl Network {
    /// Stands in front of the server. Everything passes, until it is told otherwise.
    pub async fn start(
        seed: u64,
        machine: Arc<Machine>,
        tally: Arc<Tally>,
        kinds: Vec<Fault>,
        references: HashSet<String>,
    ) -> Self {
        let (outages, told) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let state = State {
            random: Random(seed),
            deck: Deck::new(kinds.clone()),
            others: Deck::new(kinds),
            spared: true,
            next: VecDeque::new(),
            resets: 0,
            seen: 0,
            on_the_way: HashMap::new(),
            requests: 0,
        };
        let ways = Arc::new(Ways {
            machine,
            tally,
            marks: Marks::of_orders(),
            references,
            wild: AtomicBool::new(false),
            lasted: AtomicU64::new(500),
            outages,
            state: Mutex::new(state),
        });
        let server = tokio::spawn(serve(listener, told, Arc::clone(&ways)));
        Self { address, ways, server }
    }

    /// Its address, in place of the server's.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on things break, or pass.
    pub fn go_wild(&self, wild: bool) {
        self.ways.wild.store(wild, Ordering::Relaxed);
    }

    /// The next request with orders meets this.
    pub fn next(&self, fault: Fault) {
        self.ways.lock().next.push_back(fault);
    }

    /// How many requests with orders there were.
    pub fn seen(&self) -> usize {
        self.ways.lock().seen
    }

    /// The orders that are on their way.
    pub fn on_the_way(&self) -> Vec<String> {
        self.ways.lock().on_the_way.values().flatten().cloned().collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Takes connections, but for outages.
async fn serve(mut listener: TcpListener, mut outages: mpsc::UnboundedReceiver<Duration>, ways: Arc<Ways>) {
    let address = listener.local_addr().expect("its address");
    loop {
        tokio::select! {
            connection = listener.accept() => {
                let Ok((client, _)) = connection else { continue };
                let ways = Arc::clone(&ways);
                // A connection that breaks is what this is for.
                tokio::spawn(async move { ways.carry(client).await.ok() });
            }
            Some(length) = outages.recv() => {
                drop(listener);
                // A socket that is bound and does not listen keeps the port, and refuses.
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.set_reuseaddr(true).expect("an option");
                socket.bind(address).expect("the port is still ours");
                sleep(length).await;
                listener = socket.listen(1024).expect("it listens again");
            }
        }
    }
}

impl Ways {
    async fn carry(&self, mut client: TcpStream) -> std::io::Result<()> {
        if std::mem::take(&mut self.lock().resets) > 0 {
            self.tally.count(Fault::ResetAtOnce, &[]);
            return reset(client);
        }
        let request = read_request(&mut client).await?;
        let orders = self.orders_in(&request);
        let flight = self.take_off(&orders);
        let result = match self.fault(!orders.is_empty()) {
            Some(fault) => self.spoil(fault, client, &request, &orders).await,
            None => self.pass(client, &request, !orders.is_empty()).await,
        };
        self.lock().on_the_way.remove(&flight);
        result
    }

    /// What a request meets.
    fn fault(&self, with_orders: bool) -> Option<Fault> {
        let State { random, deck, others, spared, next, .. } = &mut *self.lock();
        if with_orders && let Some(fault) = next.pop_front() {
            return Some(fault);
        }
        if !self.wild.load(Ordering::Relaxed) {
            return None;
        }
        if !with_orders {
            return random.percent(OTHERS).then(|| others.deal(random));
        }
        *spared = !*spared && !random.percent(WITH_ORDERS);
        (!*spared).then(|| deck.deal(random))
    }

    async fn pass(&self, mut client: TcpStream, request: &[u8], with_orders: bool) -> std::io::Result<()> {
        let started = Instant::now();
        let answer = forward(request).await?;
        if with_orders {
            let lasted = u64::try_from(started.elapsed().as_millis()).expect("not for ever");
            self.lasted.store(lasted, Ordering::Relaxed);
        }
        if answer.is_empty() { reset(client) } else { client.write_all(&answer).await }
    }

    async fn spoil(
        &self,
        fault: Fault,
        mut client: TcpStream,
        request: &[u8],
        orders: &[String],
    ) -> std::io::Result<()> {
        match fault {
            Fault::Refused => {
                let result = self.pass(client, request, false).await;
                // The refusals are counted where they are felt: in the sidecar's log.
                let _ = self.outages.send(self.milliseconds(300, 1500));
                return result;
            }
            Fault::ResetAtOnce => {
                self.lock().resets = 1;
                return self.pass(client, request, false).await;
            }
            Fault::RequestCut => {
                let part = self.part_of(request);
                self.tally.count(fault, orders);
                odoo().await?.write_all(part).await?;
                return reset(client);
            }
            Fault::RequestLost => {
                self.tally.count(fault, orders);
                return reset(client);
            }
            Fault::RequestLate => {
                self.tally.count(fault, orders);
                reset(client)?;
                sleep(self.milliseconds(300, 2000)).await;
                return forward(request).await.map(drop);
            }
            Fault::PageBefore(status) => {
                self.tally.count(fault, orders);
                return client.write_all(&page(status)).await;
            }
            Fault::Slow => {
                let answer = self.forward_slowly(request).await?;
                self.tally.count(fault, orders);
                return self.write_slowly(&mut client, &answer).await;
            }
            Fault::DatabaseCut | Fault::WorkersKilled => {
                return self.break_odoo(fault, client, request, orders).await;
            }
            _ => {}
        }
        if fault == Fault::RequestTwice {
            forward(request).await?;
        }
        let answer = forward(request).await?;
        if !is_success(&answer) {
            // Odoo itself was not well.
            if !orders.is_empty() {
                self.lock().deck.put_back(fault);
            }
            return reset(client);
        }
        if fault == Fault::AnswerSilent {
            // Nothing comes from a client that waits: this is its end.
            let gave_up = timeout(SILENCE, client.read_u8()).await.is_ok();
            assert!(gave_up, "the sidecar waits for an answer for longer than {SILENCE:?}");
        }
        self.tally.count(fault, orders);
        match fault {
            Fault::RequestTwice => client.write_all(&answer).await,
            Fault::PageAfter(status) => client.write_all(&page(status)).await,
            Fault::AnswerCut => client.write_all(self.part_of(&answer)).await,
            Fault::AnswerReset => reset(client),
            _ => Ok(()),
        }
    }

    /// Breaks something of Odoo at a moment at which it is probably at work on the request.
    async fn break_odoo(
        &self,
        fault: Fault,
        mut client: TcpStream,
        request: &[u8],
        orders: &[String],
    ) -> std::io::Result<()> {
        let at_work = i64::try_from(self.lasted.load(Ordering::Relaxed)).expect("not for ever");
        let moment = self.milliseconds(0, at_work);
        let breaking = async {
            sleep(moment).await;
            match fault {
                Fault::DatabaseCut => self.machine.cut_database().await,
                _ => self.machine.kill_workers().await,
            }
        };
        let (answer, broken) = tokio::join!(forward(request), breaking);
        if broken > 0 {
            self.tally.count(fault, orders);
        }
        let answer = answer?;
        if answer.is_empty() { reset(client) } else { client.write_all(&answer).await }
    }

    async fn forward_slowly(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut odoo = odoo().await?;
        self.write_slowly(&mut odoo, request).await?;
        let mut answer = Vec::new();
        odoo.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    async fn write_slowly(&self, to: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        for piece in bytes.chunks((bytes.len() / 4).max(1)) {
            sleep(self.milliseconds(20, 300)).await;
            to.write_all(piece).await?;
        }
        Ok(())
    }

    /// The beginning of a text, ended anywhere.
    fn part_of<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let last = i64::try_from(text.len()).expect("not that long") - 1;
        let end = self.lock().random.between(1, last.max(1));
        &text[..usize::try_from(end).expect("an index").min(text.len())]
    }

    fn milliseconds(&self, low: i64, high: i64) -> Duration {
        Duration::from_millis(self.lock().random.between(low, high).unsigned_abs())
    }

    /// The references of the orders that a request brings.
    fn orders_in(&self, request: &[u8]) -> Vec<String> {
        if !self.marks.are_in(request) {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(request);
        let words: HashSet<&str> = text.split(['<', '>', '"']).collect();
        words.into_iter().filter(|word| self.references.contains(*word)).map(str::to_owned).collect()
    }

    fn take_off(&self, orders: &[String]) -> u64 {
        let mut state = self.lock();
        state.requests += 1;
        state.seen += usize::from(!orders.is_empty());
        let number = state.requests;
        state.on_the_way.insert(number, orders.to_vec());
        number
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test failed while holding it")
    }
}

/// A connection to Odoo itself.
async fn odoo() -> std::io::Result<TcpStream> {
    TcpStream::connect(server().url.trim_start_matches("http://")).await
}

/// Ends a connection with a reset.
fn reset(connection: TcpStream) -> std::io::Result<()> {
    connection.set_zero_linger()
}

fn is_success(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200")
}

/// What a proxy shows when it cannot or will not ask Odoo.
fn page(status: u16) -> Vec<u8> {
    let title = match status {
        200 => "OK",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        other => panic!("no page for {other}"),
    };
    let wait = if matches!(status, 429 | 503) { "Retry-After: 1\r\n" } else { "" };
    let body = format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    );
    format!(
        "HTTP/1.1 {status} {title}\r\nContent-Type: text/html\r\n{wait}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
