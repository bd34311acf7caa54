//! One process after the other between a fake Odoo and a store that outlives them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tillbridge::config::{Config, Sync};
use tillbridge::odoo::{Client, RetryPolicy};
use tillbridge::store::{SqliteStore, Store};
use tillbridge::sync::{Engine, EngineSettings, OdooFacts};

use super::clock::Told;
use super::leases::Shared;
use super::probe::Probe;
use super::server::Fake;
use super::store::{Watched, at_once};
use super::transport::InProcess;
use super::world::Kind;

/// How long a request without an answer may still run in Odoo.
pub const SETTLE: Duration = Duration::from_secs(300);

/// A fake Odoo, a store, and what is needed to start processes on them.
pub struct Scene {
    pub fake: Arc<Fake>,
    pub probe: Probe,
    /// The processes' clock.
    pub clock: Arc<Told>,
    pub sync: Sync,
    folder: TempDir,
    store: SqliteStore,
    leases: Arc<Shared>,
}

/// One process: it ends when it is dropped.
pub struct Process {
    /// Sees its steps.
    pub probe: Arc<Probe>,
    pub engine: Engine,
    pub client: Client,
    pub facts: OdooFacts,
}

impl Scene {
    /// With an empty store. `url`: of the source; `rules`: further lines of the sync's table.
    pub fn new(fake: Arc<Fake>, clock: Arc<Told>, probe: Probe, url: &str, rules: &str) -> Self {
        let folder = quick_folder();
        let store = at_once(SqliteStore::open(&folder.path().join("store.db"))).expect("a store");
        let sync = sync(url, fake.ids.shop, rules);
        let leases = Shared::new(&clock);
        Self { fake, probe, clock, sync, folder, store, leases }
    }

    /// Where files can be put.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The store as it is, seen by nobody.
    pub fn store(&self) -> &dyn Store {
        &self.store
    }

    /// Starts a process.
    pub async fn start(&self) -> Process {
        let probe = Arc::new(self.probe.beside());
        let store = Watched::new(Arc::new(self.store.clone()), &probe, &self.leases);
        let settings = EngineSettings { parallel: 2, unknown_settle: SETTLE, allow: Vec::new() };
        let Kind { addon, unique, .. } = self.fake.kind;
        Process {
            engine: Engine::new(Arc::new(store), self.clock.clone(), settings),
            client: InProcess::client(&self.fake, &probe, RetryPolicy::NEVER).await,
            probe,
            facts: OdooFacts { addon, unique, leases: false, orders: false },
        }
    }

    /// Opens the store's file anew, as a process does that starts.
    pub fn reopen(&mut self) {
        at_once(self.store.close());
        self.store = at_once(SqliteStore::open(&self.folder.path().join("store.db"))).expect("the store");
    }

    /// Keeps a copy of the store's file.
    pub fn back_up(&mut self) {
        at_once(self.store.close());
        std::fs::copy(self.file("store.db"), self.file("backup.db")).expect("a copy");
        self.reopen();
    }

    /// Puts the copy in place of the store's file; `false` where there is none.
    pub fn restore(&mut self) -> bool {
        if !self.file("backup.db").exists() {
            return false;
        }
        at_once(self.store.close());
        for rest in ["store.db-wal", "store.db-shm"] {
            let _ = std::fs::remove_file(self.file(rest));
        }
        std::fs::copy(self.file("backup.db"), self.file("store.db")).expect("the copy");
        self.reopen();
        true
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A folder in memory where there is one: a sync to the disk proves nothing here.
fn quick_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

fn sync(url: &str, shop: i64, rules: &str) -> Sync {
    let text = format!(
        "[odoo]\nurl = \"http://localhost\"\ndatabase = \"fake\"\nusername = \"api\"\npassword = \"secret\"\n[[sync]]\nname = \"Web\"\nurl = \"{url}\"\nshop = {shop}\noverlap = \"0s\"\ncustomers = \"create\"\n{rules}\n"
    );
    Config::parse(&text, Path::new("tillbridge.toml")).expect("a configuration").syncs.remove(0)
}
