//! The feed against servers on loopback: wiremock, and a bare socket for what no decent server
//! would send.

mod faults;
mod limits;
mod origin;
mod paging;
mod policy;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http::Timeouts;
use crate::source::SourceError;

const KEY: &str = "hunter2-the-key";

/// A feed with a key that does not wait long for anything.
fn config(base: &str) -> FeedConfig {
    FeedConfig {
        auth: Auth::Bearer(KEY.into()),
        retry: Retry { tries: 1, base: Duration::from_millis(1), ..Retry::default() },
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(5),
            total: Duration::from_secs(20),
        },
        ..FeedConfig::new(format!("{base}/orders?store=7").parse().unwrap())
    }
}

fn tries(tries: usize, config: FeedConfig) -> FeedConfig {
    FeedConfig { retry: Retry { tries, ..config.retry }, ..config }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn first_page(config: FeedConfig) -> Result<FetchedPage, SourceError> {
    let feed = Feed::new(config)?;
    Ok(feed.fetch(None).next(None).await?.unwrap())
}

/// The error of the first page, after a look that it shows neither key nor query.
async fn first_error(config: FeedConfig) -> SourceError {
    let error = first_page(config).await.unwrap_err();
    for shown in [error.to_string(), format!("{error:?}"), error.fix().to_string()] {
        assert!(!shown.contains(KEY) && !shown.contains("store=7"), "{shown}");
    }
    error
}

/// All bodies of a fetch, with `found` reading a body as the caller would.
async fn all_pages(
    config: FeedConfig,
    found: impl Fn(&str) -> PageFacts,
) -> (Vec<String>, Result<(), SourceError>) {
    let feed = Feed::new(config).unwrap();
    let mut pages = feed.fetch(Some("2025-09-14T15:05:09Z".parse().unwrap()));
    let (mut bodies, mut previous) = (Vec::new(), None);
    loop {
        match pages.next(previous.as_ref()).await {
            Ok(Some(page)) => {
                let body = String::from_utf8(page.body).unwrap();
                previous = Some(found(&body));
                bodies.push(body);
                assert_eq!(page.number as usize, bodies.len());
            }
            Ok(None) => {
                assert_eq!(pages.next(previous.as_ref()).await, Ok(None), "the end stays the end");
                return (bodies, Ok(()));
            }
            Err(error) => return (bodies, Err(error)),
        }
    }
}

/// As many orders as the body has digits, no `next`.
fn digits(body: &str) -> PageFacts {
    PageFacts::new(body.chars().filter(char::is_ascii_digit).count(), None)
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(template).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> Vec<wiremock::Request> {
    server.received_requests().await.unwrap()
}

/// A server that reads a request's head on each connection and then leaves the socket to
/// `answer`. It ends with the test's runtime.
async fn bare<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match socket.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            tokio::spawn(answer(socket));
        }
    });
    address
}

/// A server that sends these bytes and closes.
async fn saying(bytes: &[u8]) -> SocketAddr {
    let bytes = bytes.to_vec();
    bare(move |mut socket| {
        let bytes = bytes.clone();
        async move {
            let _ = socket.write_all(&bytes).await;
        }
    })
    .await
}

/// A server that sends the head, then the piece again and again until nobody listens.
async fn endless(head: &'static str, piece: Vec<u8>) -> SocketAddr {
    bare(move |mut socket| {
        let piece = piece.clone();
        async move {
            let _ = socket.write_all(head.as_bytes()).await;
            while socket.write_all(&piece).await.is_ok() {}
        }
    })
    .await
}
