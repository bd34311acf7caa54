//! What the tests stand on.
//!
//! | module | gives |
//! |---|---|
//! | `series` | the series of Odoo that is tried, and its names for things |
//! | `odoo` | the server, a database per module, a shop per test, an administrator's client |
//! | `till` | what people do at the till |
//! | `fake` | an Odoo in memory, with every fault, and the steps at which one may happen |
//! | `feed` | a source over HTTP that pages, fails and counts as told |
//! | `binary` | the `tillbridge` binary with a folder, a configuration and its report |
//! | `service` | the running service: its log, its end |
//! | `orders` | valid random orders with their expected figures |
//! | `hands` | a clock that is put forward and back by hand |
//! | `proxy` | a stretch of network in front of Odoo that can be told to fail |
//! | `chaos` | one that fails at random, with Odoo's own processes and the sidecar's |
//! | `arithmetic` | Odoo's own totals of any lines, nothing saved |
//! | `postgres` | a database of PostgreSQL for one test |
//! | `closing` | a session closed as at the till |
//! | `oracle` | the invariants, asked of Odoo itself |

pub mod arithmetic;
pub mod binary;
pub mod chaos;
pub mod closing;
pub mod fake;
pub mod feed;
pub mod hands;
pub mod odoo;
pub mod oracle;
pub mod orders;
pub mod postgres;
pub mod proxy;
pub mod series;
pub mod service;
pub mod till;

/// Asks again until it is so. Fails after the limit: a condition, not a hope.
pub async fn until(limit: std::time::Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < limit, "still not so after {limit:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The number that an environment variable gives. Fails where it gives something else.
pub fn number_of(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: it is a number")))
}
