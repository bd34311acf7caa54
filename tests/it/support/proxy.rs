//! A stretch of network in front of Odoo that can be told to fail.
//!
//! One request per connection, as tillbridge and Odoo have it. What happens to requests with
//! orders (or with what else is watched) is told in advance, one [`Fate`] each; everything
//! else passes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::odoo::server;
use super::series::Series;

/// What becomes of a request with orders.
#[derive(Debug)]
pub enum Fate {
    /// It passes.
    Pass,
    /// It never arrives; the connection breaks.
    LoseRequest,
    /// Odoo does what it asks, and the answer is lost.
    LoseAnswer,
    /// It waits until told to go on.
    Hold {
        /// Told that it waits.
        arrived: oneshot::Sender<()>,
        /// Tells it to go on.
        go_on: oneshot::Receiver<()>,
    },
}

#[derive(Debug, Default)]
struct State {
    fates: VecDeque<Fate>,
    /// After so many more requests with orders nothing passes any more.
    lasts: Option<usize>,
    /// Requests with orders that were seen.
    seen: usize,
}

/// A proxy that ends with the test.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Stands in front of the server.
    pub async fn start() -> Self {
        Self::that_knows(Marks::of_orders()).await
    }

    /// The same for calls of another method than that for orders.
    pub async fn watching(model: &str, method: &str) -> Self {
        Self::that_knows(Marks::of(model, method)).await
    }

    async fn that_knows(marks: Marks) -> Self {
        let marks = Arc::new(marks);
        let state = Arc::new(Mutex::new(State::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, marks) = (Arc::clone(&shared), Arc::clone(&marks));
                // A connection that breaks is what this is for.
                tokio::spawn(async move { carry(stream, &state, &marks).await.ok() });
            }
        });
        Self { address, state, server }
    }

    /// Its address, in place of the server's.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of the next requests with orders; those after them pass.
    pub fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.lock().fates.extend(fates);
    }

    /// Does something else while the next request with orders, of this pass, waits on its way.
    pub async fn while_held<T>(&self, pass: impl Future<Output = T>, other: impl Future<Output = ()>) -> T {
        let (arrived, is_here) = oneshot::channel();
        let (release, go_on) = oneshot::channel();
        self.fates([Fate::Hold { arrived, go_on }]);
        let meanwhile = async {
            is_here.await.expect("the request arrives");
            other.await;
            release.send(()).expect("the request waits");
        };
        tokio::join!(pass, meanwhile).0
    }

    /// Lets so many more requests with orders pass; then nothing at all passes.
    pub fn break_down_after(&self, requests: usize) {
        self.lock().lasts = Some(requests);
    }

    /// Everything passes again.
    pub fn repair(&self) {
        self.lock().lasts = None;
    }

    /// How many requests with orders there were.
    pub fn seen(&self) -> usize {
        self.lock().seen
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test failed while holding it")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How a call is known on each transport.
#[derive(Debug)]
pub struct Marks {
    xmlrpc: [String; 2],
    json2: String,
}

impl Marks {
    /// Of the call that brings orders.
    pub fn of_orders() -> Self {
        let method = match Series::current() {
            Series::Odoo14 => "create_from_ui",
            Series::Odoo19 => "sync_from_ui",
        };
        Self::of("pos.order", method)
    }

    fn of(model: &str, method: &str) -> Self {
        Self {
            xmlrpc: [model, method].map(|text| format!("<string>{text}</string>")),
            json2: format!("POST /json/2/{model}/{method} "),
        }
    }

    /// Whether a request is that call.
    pub fn are_in(&self, request: &[u8]) -> bool {
        self.xmlrpc.iter().all(|mark| contains(request, mark.as_bytes()))
            || request.starts_with(self.json2.as_bytes())
    }
}

async fn carry(mut client: TcpStream, state: &Mutex<State>, marks: &Marks) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let carries_orders = marks.are_in(&request);
    let fate = {
        let mut state = state.lock().expect("no test failed while holding it");
        if carries_orders {
            state.seen += 1;
        }
        match &mut state.lasts {
            Some(0) => return Ok(()),
            Some(left) if carries_orders => *left -= 1,
            _ => {}
        }
        if carries_orders { state.fates.pop_front().unwrap_or(Fate::Pass) } else { Fate::Pass }
    };
    match fate {
        Fate::Pass => client.write_all(&forward(&request).await?).await,
        Fate::LoseRequest => Ok(()),
        Fate::LoseAnswer => forward(&request).await.map(drop),
        Fate::Hold { arrived, go_on } => {
            let _ = arrived.send(());
            let _ = go_on.await;
            client.write_all(&forward(&request).await?).await
        }
    }
}

/// A whole request, head and body. One whose client is gone in its middle is none.
pub async fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if client.read_buf(&mut request).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let length = String::from_utf8_lossy(&request[..head])
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse::<usize>().ok())
            .unwrap_or(0);
        if request.len() >= head + 4 + length {
            return Ok(request);
        }
    }
}

/// Odoo's answer; it closes the connection after each. Empty when Odoo breaks it off.
pub async fn forward(request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut odoo = TcpStream::connect(server().url.trim_start_matches("http://")).await?;
    odoo.write_all(request).await?;
    let mut answer = Vec::new();
    odoo.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
