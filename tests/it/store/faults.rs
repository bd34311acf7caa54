//! What can happen to the disk of a store, told by the command that meets it; and the
//! commands that look at a store.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, texts};

static DATABASE: Database = Database::new("store_faults");

/// Runs a shell script in which `tillbridge` stands for the program with its configuration,
/// with a disk of so many KiB at `$disk`, that nobody else sees.
async fn on_a_disk_of(kib: u32, bridge: &Bridge, script: &str) -> (String, String) {
    let config = bridge.config();
    let script = format!(
        "set -u; disk={}/disk; mkdir -p \"$disk\"; mount -t tmpfs -o size={kib}k tmpfs \"$disk\" || exit 99\n\
         tillbridge() {{ \"$PROGRAM\" --config \"$CONFIG\" \"$@\"; }}\n{script}",
        config.parent().expect("a folder").display()
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env("PROGRAM", env!("CARGO_BIN_EXE_tillbridge"))
        .env("CONFIG", &config)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("unshare runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, log) = (text(&output.stdout), text(&output.stderr));
    assert_ne!(output.status.code(), Some(99), "no disk can be mounted here:\n{log}");
    assert!(!log.contains("panicked"), "{log}");
    (said, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_so_and_loses_nothing() {
    let shop = DATABASE.shop(&METHODS).await;
    let admin = DATABASE.admin().await;
    let orders = generate(41, 8000, 150, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.add("[store]\npath = \"disk/store.sqlite\"");
    let script = "tillbridge sync; echo \"first: $?\"\n\
                  mount -o remount,size=64m \"$disk\"\n\
                  tillbridge sync --output json; echo \"then: $?\"\n\
                  tillbridge store check; echo \"check: $?\"";
    let (said, log) = on_a_disk_of(300, &bridge, script).await;
    assert!(said.contains("the disk is full; free some space and try again"), "{said}\n{log}");
    assert!(said.contains("first: 1"), "{said}\n{log}");
    assert!(said.contains("then: 0") && said.contains("check: 0"), "{said}\n{log}");
    assert!(said.contains("150 booked"), "{said}");
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_can_only_be_read_is_named_with_the_way_out() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.add("[store]\npath = \"disk/store.sqlite\"");
    let script = "tillbridge orders; echo \"empty: $?\"\n\
                  mount -o remount,ro \"$disk\"\n\
                  tillbridge sync; echo \"sync: $?\"\n\
                  mount -o remount,rw \"$disk\"; rm \"$disk\"/*; mount -o remount,ro \"$disk\"\n\
                  tillbridge sync; echo \"anew: $?\"";
    let (said, log) = on_a_disk_of(4096, &bridge, script).await;
    assert!(said.contains("empty: 0") && said.contains("anew: 2"), "{said}\n{log}");
    assert!(!said.contains("sync: 0"), "{said}\n{log}");
    let fix = "the file system is read-only; choose a [store] path on a writable one";
    assert!(log.contains(fix) || log.contains("it cannot be written to"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_checked_and_written_out() {
    let shop = DATABASE.shop(&METHODS).await;
    let orders = generate(42, 9000, 5, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(5, 0, 0);
    let check = bridge.run(&["store", "check"]).await;
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(check.stdout.contains("Orders:  5 booked\nIt is sound."), "{check:?}");

    let export = bridge.run(&["store", "export"]).await;
    assert_eq!(export.code, Some(0), "{export:?}");
    let lines: Vec<Value> =
        export.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(lines[0]["export"], "tillbridge");
    let rows = |table: &str| lines.iter().filter(|line| line["table"] == table).collect::<Vec<_>>();
    let raws: Vec<&str> = rows("inbox").iter().filter_map(|line| line["row"]["raw"].as_str()).collect();
    assert_eq!(raws, texts(&orders));
    assert!(rows("outcome").iter().all(|line| line["row"]["state"] == "booked"));
    assert_eq!((rows("outcome").len(), rows("cursor").len(), rows("session").len()), (5, 1, 1));
    let last = lines.last().expect("a last line");
    assert_eq!(last["rows"], lines.len() - 2);

    // Written to a file of its owner's alone, and never over another one.
    let file = bridge.config().with_file_name("store.ndjson");
    let to_file = ["store", "export", "--file", file.to_str().expect("a path")];
    assert_eq!(bridge.run(&to_file).await.code, Some(0));
    let written = std::fs::read_to_string(&file).expect("the export");
    assert_eq!(written, export.stdout);
    let again = bridge.run(&to_file).await;
    assert_eq!(again.code, Some(2), "{again:?}");
}
