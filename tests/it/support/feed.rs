//! A source on loopback: pages of orders over HTTP, and every way of failing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The key that the feed asks for.
pub const KEY: &str = "feed-key";

/// How the feed answers.
#[derive(Debug, Clone, Default)]
pub enum Answer {
    /// Its orders.
    #[default]
    Orders,
    /// This body under this status and content type.
    Fixed(u16, &'static str, String),
    /// A page of orders without end, of this many bytes.
    Huge(usize),
}

/// What the feed holds and saw.
#[derive(Debug, Default)]
pub struct Content {
    /// Raw JSON texts of its orders.
    pub orders: Vec<String>,
    /// Orders per page.
    pub page_size: usize,
    /// How it answers.
    pub answer: Answer,
    /// The `since` of every first page asked for.
    pub since: Vec<Option<String>>,
    /// Requests seen.
    pub requests: usize,
    /// Serve every page twice, one after the other.
    pub repeats_pages: bool,
    /// Orders that are shown at their own address, `/orders/ID`, whether or not the list has them.
    pub singles: Vec<String>,
    /// The `until` of every request for a first page.
    pub until: Vec<Option<String>>,
    /// The page of this number (from 0) has this body.
    pub bad_page: Option<(usize, String)>,
    /// It is down after so many requests.
    pub down_after: Option<usize>,
}

/// A running feed; it ends with the test.
#[derive(Debug)]
pub struct Feed {
    address: SocketAddr,
    content: Arc<Mutex<Content>>,
    server: JoinHandle<()>,
}

impl Feed {
    /// Serves these orders, fifty a page.
    pub async fn start(orders: Vec<String>) -> Self {
        let content = Arc::new(Mutex::new(Content { orders, page_size: 50, ..Content::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let router = Router::new().fallback(serve).with_state(Arc::clone(&content));
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("the feed serves") });
        Self { address, content, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    /// What it holds, to be changed or looked at.
    pub fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no test failed while holding it")
    }

    /// Answers everything with this body from now on.
    pub fn answer_with(&self, status: u16, kind: &'static str, body: impl Into<String>) {
        self.content().answer = Answer::Fixed(status, kind, body.into());
    }

    /// Serves other orders from now on.
    pub fn show(&self, orders: Vec<String>) {
        self.content().orders = orders;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    State(content): State<Arc<Mutex<Content>>>,
    Query(query): Query<HashMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let authorized = headers.get(header::AUTHORIZATION).is_some_and(|key| *key == format!("Bearer {KEY}"));
    let page: usize = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let (answer, response) = {
        let mut content = content.lock().expect("no test failed while holding it");
        content.requests += 1;
        if !authorized {
            return (StatusCode::UNAUTHORIZED, r#"{"error":"bad key"}"#).into_response();
        }
        if content.down_after.is_some_and(|most| content.requests > most) {
            return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
        }
        if let Some(id) = uri.path().strip_prefix("/orders/") {
            return single(&content, id);
        }
        if page == 0 {
            content.since.push(query.get("since").cloned());
            content.until.push(query.get("until").cloned());
        }
        (content.answer.clone(), orders_page(&content, page))
    };
    match answer {
        Answer::Orders => response,
        Answer::Fixed(status, kind, body) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Answer::Huge(bytes) => huge(bytes),
    }
}

/// The order of an id at its own address.
fn single(content: &Content, id: &str) -> Response {
    let is_meant = |order: &&String| {
        let order: serde_json::Value = serde_json::from_str(order).expect("an order");
        order["OrderID"].to_string().trim_matches('"') == id
    };
    match content.singles.iter().find(is_meant) {
        Some(order) => ([(header::CONTENT_TYPE, "application/json")], order.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, r#"{"error":"no such order"}"#).into_response(),
    }
}

/// One page, with a link to the next where there is one.
fn orders_page(content: &Content, page: usize) -> Response {
    let times = if content.repeats_pages { 2 } else { 1 };
    let pages: Vec<&[String]> =
        content.orders.chunks(content.page_size).flat_map(|page| std::iter::repeat_n(page, times)).collect();
    let orders = pages.get(page).copied().unwrap_or_default();
    let body = match &content.bad_page {
        Some((bad, body)) if *bad == page => body.clone(),
        _ => format!("{{\"page\":{page},\"orders\":[{}]}}", orders.join(",")),
    };
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    if page + 1 < pages.len() {
        let link = format!("</orders?page={}>; rel=\"next\"", page + 1);
        response.headers_mut().insert(header::LINK, link.parse().expect("a header"));
    }
    response
}

/// A body that goes on and on, made while it is sent.
fn huge(bytes: usize) -> Response {
    const PIECE: usize = 1 << 20;
    let piece = Bytes::from(vec![b' '; PIECE]);
    let pieces = stream::iter((0..bytes / PIECE).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let start = stream::iter([Ok(Bytes::from_static(b"{\"orders\":["))]);
    let body = Body::from_stream(futures::StreamExt::chain(start, pieces));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
