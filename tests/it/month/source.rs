//! A source that has a clock: it shows what there is by then, and of that what was changed
//! since a time.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::feed::KEY;

/// Orders of a page.
const PAGE: usize = 100;

#[derive(Debug, Default)]
struct Content {
    /// From when on each is shown, the earliest first, and in place of which.
    versions: Vec<(DateTime<Utc>, String, String)>,
    now: DateTime<Utc>,
    /// First pages asked for.
    asked: usize,
}

impl Content {
    /// The orders of now, as they were written since then, those changed last at the end.
    fn since(&self, since: Option<DateTime<Utc>>) -> Vec<&str> {
        let shown = self.versions.iter().filter(|(from, _, _)| *from <= self.now);
        let newest: HashMap<&str, DateTime<Utc>> =
            shown.clone().map(|(from, id, _)| (id.as_str(), *from)).collect();
        shown
            .filter(|(from, id, _)| newest[id.as_str()] == *from && since.is_none_or(|since| *from >= since))
            .map(|(_, _, order)| order.as_str())
            .collect()
    }
}

/// The source of one shop; it ends with the test.
pub struct Source {
    address: SocketAddr,
    content: Arc<Mutex<Content>>,
    server: JoinHandle<()>,
}

impl Source {
    /// With these versions of orders: from when on, which order, its JSON.
    pub async fn start(mut versions: Vec<(DateTime<Utc>, String, String)>) -> Self {
        versions.sort_by_key(|(from, _, _)| *from);
        let content = Arc::new(Mutex::new(Content { versions, ..Content::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let router = Router::new().fallback(serve).with_state(Arc::clone(&content));
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("the source serves") });
        Self { address, content, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    /// It is this late now.
    pub fn put_at(&self, now: DateTime<Utc>) {
        self.content.lock().expect("nobody failed").now = now;
    }

    /// How often its orders were asked for.
    pub fn asked(&self) -> usize {
        self.content.lock().expect("nobody failed").asked
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    State(content): State<Arc<Mutex<Content>>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if headers.get(header::AUTHORIZATION).is_none_or(|key| *key != format!("Bearer {KEY}")) {
        return (StatusCode::UNAUTHORIZED, r#"{"error":"bad key"}"#).into_response();
    }
    let page: usize = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let text = query.get("since").cloned().unwrap_or_default();
    let since = DateTime::parse_from_rfc3339(&text).ok().map(|since| since.to_utc());
    let mut content = content.lock().expect("nobody failed");
    content.asked += usize::from(page == 0);
    let orders = content.since(since);
    let some = orders.iter().skip(page * PAGE).take(PAGE).copied().collect::<Vec<_>>().join(",");
    let mut response =
        ([(header::CONTENT_TYPE, "application/json")], format!("{{\"orders\":[{some}]}}")).into_response();
    if (page + 1) * PAGE < orders.len() {
        let link = format!("</orders?page={}&since={text}>; rel=\"next\"", page + 1);
        response.headers_mut().insert(header::LINK, link.parse().expect("a header"));
    }
    response
}
