//! What a source holds and shows: documents with a change stamp each.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use tillbridge::order::{Document as Kind, OrderKey};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::orders::{number, sale, to_cents};

/// Documents on a page.
const PAGE: usize = 3;

/// One document of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its number.
    pub id: u64,
    /// It gives the sale of this number back.
    pub refund: bool,
    /// The sale was cancelled (status 109).
    pub cancelled: bool,
    /// Internal reference of what is sold.
    pub code: &'static str,
    /// Its net price.
    pub net: Decimal,
    /// When it was changed last, UTC.
    pub updated: DateTime<Utc>,
    /// The customer's e-mail address.
    pub email: Option<String>,
}

impl Document {
    /// A sale of goods.
    pub fn sale(id: u64, net: Decimal, updated: DateTime<Utc>) -> Self {
        Self { id, refund: false, cancelled: false, code: "B002", net, updated, email: None }
    }

    /// The whole of a sale, given back.
    pub fn refund_of(sale: &Self, updated: DateTime<Utc>) -> Self {
        Self { refund: true, updated, ..sale.clone() }
    }

    /// Its identity.
    pub fn key(&self) -> OrderKey {
        let key = sale(&self.id.to_string());
        if self.refund { OrderKey { document: Kind::Refund(None), ..key } } else { key }
    }

    fn gross(&self) -> Decimal {
        self.net + to_cents(self.net * Decimal::new(15, 2))
    }

    /// What it is booked with.
    pub fn total(&self) -> Decimal {
        if self.refund { -self.gross() } else { self.gross() }
    }

    /// As the source shows it.
    pub fn json(&self) -> String {
        let total = number(self.gross());
        let status = match () {
            () if self.cancelled => 109,
            () if self.refund => 106,
            () => 103,
        };
        let mut order = json!({
            "OrderID": self.id, "OrderStatus": status,
            "OrderDate": "2026-03-01T10:00:00Z", "UpdatedAt": self.updated.to_rfc3339(),
            "Tax": number(self.gross() - self.net), "GrandTotal": total, "AmountPaid": total,
            "OrderItems": [{"ItemName": format!("Name of {}", self.code), "ItemCode": self.code, "Price": number(self.net), "Quantity": 1}],
            "CheckoutDetails": [{"CardType": "Card", "AmountPaid": total}],
        });
        if let Some(email) = &self.email {
            order["CustomerName"] = json!("Ada");
            order["Email"] = json!(email);
        }
        order.to_string()
    }
}

/// A source on loopback that shows what changed since a time, the newest first, a few documents
/// a page: whoever remembers the newest before it has the others misses them.
#[derive(Debug)]
pub struct Source {
    address: SocketAddr,
    documents: Arc<Mutex<Vec<Document>>>,
    server: JoinHandle<()>,
}

impl Source {
    /// Starts with nothing to show.
    pub async fn start() -> Self {
        let documents = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let router = Router::new().fallback(serve).with_state(Arc::clone(&documents));
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("the source serves") });
        Self { address, documents, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    /// What it holds.
    pub fn documents(&self) -> MutexGuard<'_, Vec<Document>> {
        self.documents.lock().expect("no test failed while holding it")
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    State(documents): State<Arc<Mutex<Vec<Document>>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let since: Option<DateTime<Utc>> = query.get("since").and_then(|text| text.parse().ok());
    let page: usize = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let mut shown = documents.lock().expect("no test failed while holding it").clone();
    shown.retain(|document| since.is_none_or(|since| document.updated >= since));
    shown.sort_by_key(|document| Reverse((document.updated, document.id)));
    let pages: Vec<&[Document]> = shown.chunks(PAGE).collect();
    let texts: Vec<String> =
        pages.get(page).copied().unwrap_or_default().iter().map(Document::json).collect();
    let body = format!("{{\"orders\":[{}]}}", texts.join(","));
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if page + 1 < pages.len() {
        let since =
            since.map_or(String::new(), |since| format!("&since={}", since.format("%Y-%m-%dT%H:%M:%SZ")));
        let link = format!("</orders?page={}{since}>; rel=\"next\"", page + 1);
        response.headers_mut().insert(header::LINK, link.parse().expect("a header"));
    }
    response
}
