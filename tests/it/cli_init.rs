//! `tillbridge init` against a real Odoo.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use assert_cmd::Command;
use predicates::str::contains;
use tempfile::TempDir;
use tillbridge::config::{Config, Shops};
use tillbridge::shop::ShopRef;

use crate::support::odoo::{Database, server};

static DATABASE: Database = Database::new("cli_init");

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("tillbridge.toml")
    }

    fn init(&self, key: &str, more: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("tillbridge").expect("it is built");
        command.current_dir(self.0.path()).env_clear().env("KEY", key).env("SHOP_KEY", "shop-key");
        command.args([
            "init",
            "--yes",
            "--url",
            &server().url,
            "--username",
            "posapi",
            "--api-key-env",
            "KEY",
        ]);
        command.args(["--database", &DATABASE.name()]).args(more).assert()
    }
}

fn key() -> String {
    DATABASE.seed().users["posapi"].api_key.clone().expect("posapi has a key")
}

const SYNC: [&str; 12] = [
    "--sync",
    "Web shop",
    "--source-url",
    "https://shop.example.com/orders",
    "--source-key-file",
    "shop.key",
    "--shop",
    "Main Shop",
    "--start-date",
    "2026-11-01",
    "--timezone",
    "Asia/Riyadh",
];

#[test]
fn a_tested_login_and_a_first_sync_become_a_private_file() {
    let folder = Folder::new();
    std::fs::write(folder.0.path().join("shop.key"), "shop-key\n").unwrap();
    folder.init(&key(), &SYNC).code(0).stderr(contains("Next: tillbridge doctor"));
    assert_eq!(std::fs::metadata(folder.config()).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(folder.config()).unwrap();
    assert!(!text.contains(&key()), "{text}");
    let config = Config::load(&folder.config()).unwrap();
    assert_eq!((config.odoo.database, config.syncs[0].name.as_str()), (DATABASE.name(), "Web shop"));
    assert_eq!(config.syncs[0].shops, Shops::one(ShopRef::Name("Main Shop".into())));
    assert_eq!(config.syncs[0].start_date.unwrap().to_rfc3339(), "2026-10-31T21:00:00+00:00");
}

#[test]
fn an_existing_file_is_replaced_only_by_force() {
    let folder = Folder::new();
    std::fs::write(folder.config(), "mine").unwrap();
    folder.init(&key(), &[]).code(2).stderr(contains("tillbridge.toml exists already"));
    assert_eq!(std::fs::read_to_string(folder.config()).unwrap(), "mine");
    folder.init(&key(), &["--force"]).code(0);
    assert!(Config::load(&folder.config()).is_ok_and(|config| config.syncs.is_empty()));
}

#[test]
fn nothing_is_written_for_a_login_or_a_shop_that_odoo_does_not_know() {
    let folder = Folder::new();
    folder.init("wrong", &[]).code(2).stderr(contains("does not accept the login \"posapi\""));
    let mut sync = SYNC;
    sync[7] = "Main Shp";
    std::fs::write(folder.0.path().join("shop.key"), "shop-key\n").unwrap();
    folder
        .init(&key(), &sync)
        .code(2)
        .stderr(contains("Its shops are: Main Shop (id 1), Card Only Shop (id 2)."));
    assert!(!folder.config().exists());
}
