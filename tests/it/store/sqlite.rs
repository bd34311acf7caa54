//! SQLite under the suite.

use async_trait::async_trait;
use tempfile::TempDir;
use tillbridge::store::{SqliteStore, Store};

use super::conformance::{Backend, conformance};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }
}

#[async_trait]
impl Backend for Folder {
    async fn open(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(&self.0.path().join("store.db")).await.expect("the store opens"))
    }
}

conformance!(Folder::new());
