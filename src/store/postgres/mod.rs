//! The store in a PostgreSQL database, which several sidecars share.
//!
//! It has a schema of its own, `tillbridge`. Transactions are read committed, and whoever
//! changes an order locks its row of `outcome` first, so that nothing that was read of it
//! changes until the commit. What lost against another transaction is begun anew.

mod dialect;
mod explain;
mod lease;
mod migrate;
mod open;
#[expect(clippy::duplicate_mod, reason = "the same statements, with the types of each backend")]
#[path = "../sql/mod.rs"]
mod sql;

use std::sync::Arc;

use secrecy::SecretString;
use sqlx::{PgPool, Postgres, Transaction};

use super::fault::Fault;
use super::{Result, StoreError};

/// A [`Store`](super::Store) in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    /// Its address, without user and password.
    address: Arc<str>,
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL and brings the schema up to date; it is
    /// made where it is missing. To a server on another machine the connection is encrypted
    /// and the server's certificate checked, unless the URL's `sslmode` says otherwise.
    pub async fn open(url: &SecretString) -> Result<Self> {
        open::open(url).await
    }

    /// Closes the connections once everything under way is done.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction; dropped without `commit`, nothing of it happened.
    async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.pool.begin().await
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    const fn readers(&self) -> &PgPool {
        &self.pool
    }

    fn named(&self, fault: Fault) -> StoreError {
        fault.of(&self.address, explain::explain)
    }
}
