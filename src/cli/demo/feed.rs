//! The demo's order system: a small HTTP API of the kind that sources have, on this machine
//! alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::orders::SampleOrder;

/// The port it has when that is free: the service remembers by the address how far it read.
const PORT: u16 = 18079;

/// Orders a page.
const PAGE: usize = 10;

/// A place to listen, before there are orders to show.
pub(super) struct Door {
    listener: TcpListener,
    url: Url,
}

/// A running order system; it ends when this is dropped.
pub(super) struct Feed {
    _stop: DropGuard,
}

impl Door {
    /// Takes a port of this machine that nobody else can be reached on.
    pub async fn open() -> io::Result<Self> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?
            }
            listener => listener?,
        };
        let url = address(listener.local_addr()?)?;
        Ok(Self { listener, url })
    }

    /// Address of the order list.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Shows these orders to whoever has the key.
    pub fn serve(self, orders: Vec<SampleOrder>, key: SecretString) -> Feed {
        let shown = Arc::new(Shelf { orders, key, url: self.url });
        let router = axum::Router::new().route("/orders", get(list)).with_state(shown);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(self.listener, router).with_graceful_shutdown(stopped).await {
                tracing::warn!(%error, "the demo's order system ended");
            }
        });
        Feed { _stop: stop.drop_guard() }
    }
}

fn address(at: SocketAddr) -> io::Result<Url> {
    Url::parse(&format!("http://{at}/orders")).map_err(io::Error::other)
}

struct Shelf {
    orders: Vec<SampleOrder>,
    key: SecretString,
    url: Url,
}

#[derive(Deserialize)]
struct Ask {
    /// Only what changed at or after this time; RFC 3339.
    since: Option<DateTime<Utc>>,
    /// How many orders to leave out.
    #[serde(default)]
    offset: usize,
}

async fn list(State(shelf): State<Arc<Shelf>>, headers: HeaderMap, Query(ask): Query<Ask>) -> Response {
    let wanted = format!("Bearer {}", shelf.key.expose_secret());
    let given = headers.get(header::AUTHORIZATION);
    if given.is_none_or(|given| given.as_bytes() != wanted.as_bytes()) {
        return (StatusCode::UNAUTHORIZED, json(r#"{"error":"unknown key"}"#.to_owned())).into_response();
    }
    json(shelf.page(&ask)).into_response()
}

fn json(body: String) -> impl axum::response::IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

impl Shelf {
    /// One page. The orders are joined as they are: one of them is not JSON, on purpose.
    fn page(&self, ask: &Ask) -> String {
        let recent = |order: &&SampleOrder| match (ask.since, order.changed_at) {
            (Some(since), Some(changed_at)) => changed_at >= since,
            _ => true,
        };
        let mut found = self.orders.iter().filter(recent).skip(ask.offset).map(|order| order.raw.as_str());
        let page: Vec<&str> = found.by_ref().take(PAGE).collect();
        let next = found.next().map(|_| {
            let mut next = self.url.clone();
            next.query_pairs_mut().append_pair("offset", &(ask.offset + PAGE).to_string());
            if let Some(since) = ask.since {
                next.query_pairs_mut().append_pair("since", &since.to_rfc3339());
            }
            next
        });
        let next = next.map_or_else(|| "null".to_owned(), |next| format!("\"{next}\""));
        format!("{{\"orders\":[\n{}\n],\"next\":{next}}}", page.join(",\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::body::{Limits, split};
    use crate::source::SourceError;
    use crate::source::http::{Auth, FeedConfig, PageFacts};

    fn samples() -> Vec<SampleOrder> {
        (0..25_u32)
            .map(|n| SampleOrder {
                raw: if n == 3 {
                    r#"{"OrderID":3,"Price":NaN}"#.to_owned()
                } else {
                    format!(r#"{{"OrderID":{n}}}"#)
                },
                changed_at: (n != 3).then(|| DateTime::from_timestamp(i64::from(n) * 60, 0).unwrap()),
            })
            .collect()
    }

    async fn open() -> (Feed, Url) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = address(listener.local_addr().unwrap()).unwrap();
        let door = Door { listener, url: url.clone() };
        (door.serve(samples(), "k3y-of-demo".into()), url)
    }

    async fn fetch(
        url: Url,
        key: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<Vec<String>>, SourceError> {
        let mut config = FeedConfig::new(url);
        config.auth = Auth::Bearer(key.into());
        let feed = crate::source::http::Feed::new(config)?;
        let mut pages = feed.fetch(since);
        let (mut facts, mut all) = (None, Vec::new());
        while let Some(page) = pages.next(facts.as_ref()).await? {
            let body = split(&page.body, &Limits::default()).unwrap();
            all.push(
                body.orders.iter().map(|raw| String::from_utf8_lossy(raw).into_owned()).collect::<Vec<_>>(),
            );
            facts = Some(PageFacts::new(body.orders.len(), body.next));
        }
        Ok(all)
    }

    #[tokio::test]
    async fn every_order_comes_once_page_by_page() {
        let (_feed, url) = open().await;
        let pages = fetch(url, "k3y-of-demo", None).await.unwrap();
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        let sent: Vec<_> = samples().into_iter().map(|order| order.raw).collect();
        assert_eq!(pages.concat(), sent);
    }

    #[tokio::test]
    async fn since_leaves_out_what_is_older_on_every_page() {
        let (_feed, url) = open().await;
        let pages = fetch(url, "k3y-of-demo", DateTime::from_timestamp(13 * 60, 0)).await.unwrap();
        let mut wanted = samples();
        wanted.retain(|order| order.changed_at.is_none_or(|at| at.timestamp() >= 13 * 60));
        assert_eq!(pages.len(), 2);
        assert_eq!(pages.concat(), wanted.into_iter().map(|order| order.raw).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_wrong_key_is_turned_away() {
        let (_feed, url) = open().await;
        let error = fetch(url, "another-key", None).await.unwrap_err();
        assert_eq!(error.code(), "source_key_refused", "{error}");
    }

    #[tokio::test]
    async fn two_doors_are_at_different_addresses() {
        let (first, second) = (Door::open().await.unwrap(), Door::open().await.unwrap());
        assert_ne!(first.url(), second.url());
        assert!(second.listener.local_addr().unwrap().ip().is_loopback());
    }
}
