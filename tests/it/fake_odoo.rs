//! The fake Odoo over the network: the same errors as inside the process, and the binary
//! that books into it.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rust_decimal::dec;
use serde_json::{Value, json};
use tillbridge::clock::Clock as _;
use tillbridge::odoo::{CallError, Client, OdooConfig, Outcome, RetryPolicy};
use tillbridge::store::SqliteStore;

use crate::support::fake::clock::Told;
use crate::support::fake::http::Server;
use crate::support::fake::oracle::{All, Wanted, check};
use crate::support::fake::source::{Document, Source};
use crate::support::fake::store::at_once;
use crate::support::fake::transport::InProcess;
use crate::support::fake::world::KINDS;
use crate::support::fake::{Fake, Fault, Probe};

/// A probe that lets one thing go wrong at the first step of this name.
fn failing(name: &'static str, fault: Fault) -> (Arc<Probe>, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&hits);
    let probe = Probe::new(move |point| {
        let is_due = point.name == name && point.nth == 1;
        seen.fetch_add(is_due.into(), Ordering::Relaxed);
        (is_due.then_some(fault), Duration::ZERO)
    });
    (Arc::new(probe), hits)
}

/// What became of a write, without the words that name an address.
fn kind(outcome: Outcome<Value>) -> String {
    let failed = |error: CallError| format!("{:?}", error.failure().map(|failure| failure.kind));
    match outcome {
        Outcome::Committed(_) => "committed".to_owned(),
        Outcome::Refused(fault) => format!("refused: {}", fault.message()),
        Outcome::NotSent(error) => format!("not sent: {}", failed(error)),
        Outcome::Unknown(error) => format!("unknown: {}", failed(error)),
    }
}

#[tokio::test]
async fn every_fault_is_the_same_over_the_network() {
    for fault in [
        Fault::Reset { committed: false },
        Fault::Reset { committed: true },
        Fault::Status { status: 502, committed: true },
        Fault::Status { status: 503, committed: false },
        Fault::Status { status: 504, committed: false },
        Fault::Page { committed: true },
        Fault::Page { committed: false },
        Fault::Truncated,
        Fault::NoResult,
        Fault::Serialization,
        Fault::Twin,
    ] {
        let mut seen = Vec::new();
        for over_network in [true, false] {
            let fake = Fake::new(KINDS[0].1, Told::still(), false);
            let (probe, hits) = failing("pos.config.open_ui", fault);
            let server = Server::start(&fake, &probe).await;
            let client = if over_network {
                let url = server.url().parse().expect("an address");
                let mut config = OdooConfig::new(url, "fake", "api", "secret".to_owned().into());
                config.retry = RetryPolicy::NEVER;
                Client::connect(&config).await.expect("the fake lets everybody in")
            } else {
                InProcess::client(&fake, &probe, RetryPolicy::NEVER).await
            };
            let open = client.write("pos.config", "open_ui", json!([[fake.ids.shop]]), json!({})).await;
            seen.push((kind(open), fake.open_sessions().len()));
            assert_eq!(hits.load(Ordering::Relaxed), 1, "{fault:?}");
        }
        assert_eq!(seen[0], seen[1], "{fault:?}");
    }
}

/// Ten documents over the network, the answer to the first request with orders lost.
#[tokio::test(flavor = "multi_thread")]
async fn the_binary_looks_up_what_it_got_no_answer_to() {
    let clock = Told::still();
    let fake = Fake::new(KINDS[0].1, clock.clone(), false);
    let (probe, hits) = failing("pos.order.sync_from_ui", Fault::Reset { committed: true });
    let server = Server::start(&fake, &probe).await;
    let source = Source::start().await;
    let documents: Vec<_> = (1..=10).map(|id| Document::sale(id, dec!(10.00), clock.now())).collect();
    source.documents().extend(documents.iter().cloned());

    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("tillbridge.toml");
    let text = format!(
        "[odoo]\nurl = \"{}\"\ndatabase = \"fake\"\nusername = \"api\"\npassword = \"secret\"\n[store]\npath = \"store.db\"\n[[sync]]\nname = \"Web\"\nurl = \"{}\"\nshop = {}\n",
        server.url(),
        source.url(),
        fake.ids.shop
    );
    std::fs::write(&config, text).expect("the configuration is written");
    let ended = tokio::process::Command::new(env!("CARGO_BIN_EXE_tillbridge"))
        .args([Path::new("--config"), &config, Path::new("sync")])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("tillbridge runs");
    assert!(ended.status.success(), "{ended:?}\n{}", probe.trace());
    assert_eq!(hits.load(Ordering::Relaxed), 1, "{}", probe.trace());

    let wanted: All = documents
        .iter()
        .map(|one| {
            let wanted = Wanted { totals: vec![one.total()], ..Wanted::default() };
            (one.key().pos_reference(), (one.key().canonical(), wanted))
        })
        .collect();
    let store = at_once(SqliteStore::open(&folder.path().join("store.db"))).expect("the store");
    assert_eq!(check(&fake, &store, &wanted), Ok(()), "{}", probe.trace());
}
