//! PostgreSQL under the suite, and what only a server can suffer.

use async_trait::async_trait;
use sqlx::Executor as _;
use tillbridge::store::{PostgresStore, Store, StoreError};

use super::conformance::{Backend, conformance};
use crate::support::postgres::Database;

#[async_trait]
impl Backend for Database {
    async fn open(&self) -> Box<dyn Store> {
        Box::new(store(self).await)
    }
}

conformance!(Database::new());

async fn store(database: &Database) -> PostgresStore {
    PostgresStore::open(&database.url()).await.expect("the store opens")
}

async fn set(database: &Database, sql: &'static str) {
    database.connect().await.execute(sqlx::raw_sql(sql)).await.expect("it is set");
}

#[tokio::test]
async fn sidecars_that_start_at_the_same_time_make_one_schema() {
    let database = Database::new();
    let stores = futures::future::join_all((0..5).map(|_| store(&database))).await;
    for (n, store) in stores.iter().enumerate() {
        store.set_note(&n.to_string(), "here").await.unwrap();
    }
    assert_eq!(stores[0].note("4").await.unwrap().as_deref(), Some("here"));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = Database::new();
    store(&database).await;
    set(&database, "update tillbridge.schema_version set version = 99").await;
    let error = PostgresStore::open(&database.url()).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{message}");
    assert!(message.contains("written by a newer tillbridge"), "{message}");
    set(&database, "update tillbridge.schema_version set version = 2").await;
    store(&database).await;
}
