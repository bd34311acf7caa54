//! What watches the service from outside: `/healthz`, `/readyz` and `/metrics` over HTTP, where
//! the configuration names an address.
//!
//! | file | what it knows |
//! |---|---|
//! | `vitals` | the signs of life that the service leaves |
//! | `health` | what they mean |
//! | `gauges` | the figures that are read when somebody asks |
//!
//! Nothing is changed by asking, nothing secret is told, and whoever asks often gets what was
//! read some seconds ago.

mod gauges;
mod health;
mod vitals;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::sync::Engine;

use gauges::Gauges;
use health::Health;
pub use vitals::Vitals;

/// How often the turn to write is asked for.
const PROBE: Duration = Duration::from_secs(10);
/// `OpenMetrics`, as the text is.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A place to listen, before the service does its work.
#[derive(Debug)]
pub struct Monitor {
    listener: TcpListener,
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Watched {
    _stop: DropGuard,
}

struct Shown {
    vitals: Arc<Vitals>,
    gauges: Gauges,
}

impl Monitor {
    /// Takes the address.
    ///
    /// # Errors
    ///
    /// It is in use, or is none of this machine's.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Answers from now on, of the service that leaves these signs.
    pub fn serve(self, vitals: Arc<Vitals>, engine: &Arc<Engine>) -> Watched {
        let stop = CancellationToken::new();
        let gauges = Gauges::new(engine.shared_store(), engine.now());
        let watch = probe(Arc::clone(&vitals), Arc::clone(engine));
        tokio::spawn(stop.clone().run_until_cancelled_owned(watch));
        let router = Router::new()
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .route("/metrics", get(figures))
            .with_state(Arc::new(Shown { vitals, gauges }));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(self.listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "health and metrics are not served any more");
            }
        });
        Watched { _stop: stop.drop_guard() }
    }
}

/// Sees to it that somebody who keeps the turn to write is noticed.
async fn probe(vitals: Arc<Vitals>, engine: Arc<Engine>) {
    let mut turns = interval(PROBE);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        // An error is an answer, too; what it means for the work is said elsewhere.
        let _ = engine.store().probe().await;
        vitals.had_turn(!engine.shared().is_kept());
    }
}

async fn healthz(State(shown): State<Arc<Shown>>) -> Response {
    answer(&Health::alive(&shown.vitals.signs(), Instant::now()))
}

async fn readyz(State(shown): State<Arc<Shown>>) -> Response {
    answer(&Health::ready(&shown.vitals.signs()))
}

fn answer(health: &Health) -> Response {
    let status = if health.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

async fn figures(State(shown): State<Arc<Shown>>) -> Response {
    match shown.gauges.text(&shown.vitals.signs()).await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
