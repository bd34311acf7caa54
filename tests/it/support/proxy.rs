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
        match Series::current() {
            Series::Odoo14 => Self::watching(&[b"<string>create_from_ui</string>"]).await,
            Series::Odoo19 => Self::watching(&[b"<string>sync_from_ui</string>"]).await,
        }
    }

    /// The same for requests that hold all of this instead of orders.
    pub async fn watching(marks: &'static [&'static [u8]]) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // A connection that breaks is what this is for.
                tokio::spawn(async move { carry(stream, &state, marks).await.ok() });
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

async fn carry(mut client: TcpStream, state: &Mutex<State>, marks: &[&[u8]]) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let carries_orders = marks.iter().all(|mark| contains(&request, mark));
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

/// A whole request, head and body.
async fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(request);
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

/// Odoo's answer; it closes the connection after each.
async fn forward(request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut odoo = TcpStream::connect(server().url.trim_start_matches("http://")).await?;
    odoo.write_all(request).await?;
    let mut answer = Vec::new();
    odoo.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
