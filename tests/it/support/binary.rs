//! The built `tillbridge`, with a folder and a configuration of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::feed::{Feed, KEY};
use super::odoo::{Database, Shop, server};

/// The environment variable that sets the transport of every configuration: `xmlrpc` (where
/// nothing is said: it is on every series), `json2` or `auto`.
pub const TRANSPORT: &str = "TILLBRIDGE_TEST_TRANSPORT";

/// A folder with `tillbridge.toml`, run as the user *posapi*.
#[derive(Debug)]
pub struct Bridge {
    folder: TempDir,
    odoo: String,
    syncs: Vec<String>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` when it was killed.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Ended {
    /// Its data as JSON. Fails where it is none.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// The report of `sync --output json`.
#[derive(Debug, Deserialize)]
struct Reports {
    syncs: Vec<Report>,
}

/// The report on one sync: the interface, spelled out once more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub sync: String,
    pub fetched: u64,
    pub booked: u64,
    pub already_booked: u64,
    pub waiting: u64,
    #[serde(default)]
    pub waiting_long: u64,
    pub refused: u64,
    pub retrying: u64,
    pub skipped: u64,
    pub ignored: u64,
    pub conflict: u64,
    #[serde(default)]
    pub missing: u64,
    pub duration_ms: u64,
    pub error: Option<Stopped>,
    pub orders: Vec<Touched>,
    #[serde(default)]
    pub sessions: Vec<serde_json::Value>,
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Why a pass stopped early.
#[derive(Debug, Deserialize)]
pub struct Stopped {
    pub code: String,
    pub message: String,
    pub fix: String,
}

/// One order of a report.
#[derive(Debug, Clone, Deserialize)]
pub struct Touched {
    pub id: String,
    pub state: String,
    pub pos_order: Option<String>,
    pub total: Option<Decimal>,
    pub code: Option<String>,
    pub message: Option<String>,
    pub fix: Option<String>,
    #[serde(default)]
    pub next_try_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Bridge {
    /// A configuration for this database, without syncs yet.
    pub fn new(database: &Database) -> Self {
        let user = &database.seed().users["posapi"];
        let key = user.api_key.as_deref().expect("posapi has a key");
        let transport = std::env::var(TRANSPORT).unwrap_or_else(|_| "xmlrpc".to_owned());
        let odoo = format!(
            "url = \"{}\"\ndatabase = \"{}\"\nusername = \"{}\"\napi_key = \"{key}\"\ntransport = \"{transport}\"\nunknown_settle = \"5s\"\n",
            server().url,
            database.name(),
            user.login,
        );
        Self { folder: TempDir::new().expect("a folder"), odoo, syncs: Vec::new() }
    }

    /// With a sync named `Web` from this feed to this shop.
    #[must_use]
    pub fn sync(self, feed: &Feed, shop: &Shop) -> Self {
        self.sync_with("Web", feed, shop, "")
    }

    /// With a sync of this name and more lines of TOML.
    #[must_use]
    pub fn sync_with(mut self, name: &str, feed: &Feed, shop: &Shop, more: &str) -> Self {
        self.add_sync(name, feed, shop, more);
        self
    }

    /// Adds a sync.
    pub fn add_sync(&mut self, name: &str, feed: &Feed, shop: &Shop, more: &str) {
        self.syncs.push(format!(
            "\n[[sync]]\nname = \"{name}\"\nurl = \"{}\"\napi_key = \"{KEY}\"\nshop = {}\n{more}\n",
            feed.url(),
            shop.id
        ));
    }

    /// Adds other tables to the configuration.
    pub fn add(&mut self, toml: &str) {
        self.syncs.push(format!("\n{toml}\n"));
    }

    /// Forgets all syncs and added tables, to write them anew. The store stays.
    pub fn clear_syncs(&mut self) {
        self.syncs.clear();
    }

    /// Has Odoo reached over this transport.
    pub fn transport(&mut self, transport: &str) {
        let others = self.odoo.lines().filter(|line| !line.starts_with("transport = "));
        self.odoo = others.collect::<Vec<_>>().join("\n");
        let _ = writeln!(self.odoo, "\ntransport = \"{transport}\"");
    }

    /// Replaces a piece of the `[odoo]` table, which must be there.
    pub fn change_odoo(&mut self, from: &str, to: &str) {
        assert!(self.odoo.contains(from), "{from} is not in {}", self.odoo);
        self.odoo = self.odoo.replace(from, to);
    }

    /// Replaces a piece of the syncs, which must be there.
    pub fn change_syncs(&mut self, from: &str, to: &str) {
        assert!(self.syncs.iter().any(|sync| sync.contains(from)), "{from} is not in {:?}", self.syncs);
        for sync in &mut self.syncs {
            *sync = sync.replace(from, to);
        }
    }

    /// The configuration file, written anew.
    pub fn config(&self) -> PathBuf {
        let mut text = format!("[odoo]\n{}", self.odoo);
        for sync in &self.syncs {
            let _ = write!(text, "{sync}");
        }
        let path = self.folder.path().join("tillbridge.toml");
        std::fs::write(&path, text).expect("the configuration is written");
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillbridge"));
        command
            .arg("--config")
            .arg(self.config())
            .args(args)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Ended {
        ended(self.start(args)).await
    }

    /// Runs a command that succeeds, and gives what it wrote.
    pub async fn done(&self, args: &[&str]) -> String {
        let ended = self.run(args).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    }

    /// All that the store holds, a line each.
    pub async fn exported(&self) -> Vec<String> {
        // The first line says when.
        self.done(&["store", "export"]).await.lines().skip(1).map(str::to_owned).collect()
    }

    /// The files of the store, without the memory that its processes share.
    pub fn store_files(&self) -> Vec<PathBuf> {
        let folder = self.folder.path();
        let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        files
            .filter(|path| name(path).starts_with("tillbridge.sqlite") && !name(path).ends_with("-shm"))
            .collect()
    }

    /// Loses the store.
    pub fn lose_store(&self) {
        let files = self.store_files();
        assert!(!files.is_empty(), "no store to lose");
        for file in files {
            std::fs::remove_file(file).expect("removed");
        }
    }

    /// Starts a command.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().expect("tillbridge starts")
    }

    /// One pass over the only sync: exit code and report.
    pub async fn pass(&self) -> (i32, Report) {
        let ended = self.run(&["sync", "--output", "json"]).await;
        let mut reports: Reports = ended.json();
        assert_eq!(reports.syncs.len(), 1, "{reports:?}");
        (ended.code.expect("it ended by itself"), reports.syncs.remove(0))
    }
}

/// Waits for the end of a command.
pub async fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().await.expect("it runs to its end");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended =
        Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
    assert!(!ended.stderr.contains("panicked"), "tillbridge panicked: {ended:?}");
    ended
}

impl Report {
    /// The orders touched, by external id.
    pub fn order(&self, id: &str) -> &Touched {
        let found: Vec<_> = self.orders.iter().filter(|order| order.id == id).collect();
        match found.as_slice() {
            [one] => one,
            _ => panic!("{} orders {id} in {self:#?}", found.len()),
        }
    }

    /// Fails unless the pass ran through with these counts.
    #[track_caller]
    pub fn assert_counts(&self, booked: u64, already_booked: u64, refused: u64) {
        assert!(self.error.is_none(), "{self:#?}");
        let figures = (self.booked, self.already_booked, self.refused);
        assert_eq!(figures, (booked, already_booked, refused), "{self:#?}");
        let others = self.retrying + self.conflict + self.skipped + self.ignored + self.missing;
        assert_eq!(others, 0, "{self:#?}");
        // One-shot commands close no session.
        assert!(self.sessions.is_empty() && self.notes.is_empty(), "{self:#?}");
        assert!(self.duration_ms > 0, "{self:#?}");
    }
}
