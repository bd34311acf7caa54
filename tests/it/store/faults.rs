//! What can happen to the disk of a store, met by the program itself; and the commands that
//! look at a store.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::process::Command;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, plains, texts};

static DATABASE: Database = Database::new("store_faults");

/// Folds the log of a store into its file.
async fn fold(path: &Path) {
    let url = format!("sqlite://{}", path.display());
    let mut store = sqlx::SqliteConnection::connect(&url).await.expect("the store");
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut store).await.expect("folded");
    store.close().await.expect("closed");
}

/// What every script begins with: a disk of its own at `$disk`, of `$kib` KiB, that nobody else
/// sees; `tillbridge`, the program with its configuration; and `wait_until`, which does so
/// for four minutes, as all tests share one Odoo.
const BEGINNING: &str = r#"
set -u
cd "$(dirname "$CONFIG")" && mkdir -p disk && disk=$PWD/disk
mount -t tmpfs -o size="${kib}k" tmpfs "$disk" || exit 99
tillbridge() { "$PROGRAM" --config "$CONFIG" "$@"; }
wait_until() {
  for _ in $(seq 2400); do
    eval "$1" && return
    sleep 0.1
  done
  echo "never so: $1"
  exit 98
}
"#;

/// Runs a shell script where it may mount a disk: as this user in a namespace of its own, or as
/// root. What it said, and its log.
async fn on_a_disk_of(kib: u32, bridge: &Bridge, script: &str) -> (String, String) {
    let alone = "unshare --user --map-root-user --mount true 2>/dev/null && \
                 exec unshare --user --map-root-user --mount sh -c \"$SCRIPT\"; \
                 exec unshare --mount sh -c \"$SCRIPT\"";
    let output = Command::new("sh")
        .args(["-c", alone])
        .env("SCRIPT", format!("kib={kib}\n{BEGINNING}\n{script}"))
        .env("PROGRAM", env!("CARGO_BIN_EXE_tillbridge"))
        .env("CONFIG", bridge.config())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, log) = (text(&output.stdout), text(&output.stderr));
    assert_ne!(
        output.status.code(),
        Some(99),
        "no disk can be mounted: let users make namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         kernel.apparmor_restrict_unprivileged_userns=0), or run as root with CAP_SYS_ADMIN\n{log}"
    );
    assert!(output.status.success() && !log.contains("panicked"), "{said}\n{log}");
    (said, log)
}

/// A file of the bridge's folder.
fn beside(bridge: &Bridge, name: &str) -> PathBuf {
    bridge.config().with_file_name(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_a_pass_and_the_next_one_goes_on() {
    let shop = DATABASE.shop(&METHODS).await;
    let orders = generate(41, 8000, 60, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.add("[store]\npath = \"disk/store.sqlite\"");
    let script = r#"
        dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null
        tillbridge sync; echo "no room at all: $?"
        rm "$disk"/*
        tillbridge sync; echo "too little room: $?"
        mount -o remount,size=64m "$disk"
        tillbridge sync; echo "room: $?"
        tillbridge store check; echo "check: $?"
    "#;
    let (said, log) = on_a_disk_of(260, &bridge, script).await;
    for part in ["no room at all: 1", "too little room: 1", "60 booked", "room: 0", "check: 0"] {
        assert!(said.contains(part), "{part} is not in:\n{said}\n{log}");
    }
    let full = "the disk is full; free some space and try again: nothing stored before is lost";
    assert!(said.contains(full), "{said}\n{log}");
    assert!(log.contains(full) || log.contains("look at its room"), "{said}\n{log}");
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_waits_for_room_and_books_each_order_once() {
    let shop = DATABASE.shop(&METHODS).await;
    let orders = generate(43, 9000, 240, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "interval = \"1s\"");
    bridge.add("[store]\npath = \"disk/store.sqlite\"");
    // Full once in the middle of its work; full again while it has nothing to do, when somebody
    // asks for a pass.
    let script = r#"
        "$PROGRAM" --config "$CONFIG" run >>log 2>&1 & pid=$!
        trap 'kill -KILL $pid 2>/dev/null' EXIT
        booked() { tillbridge orders --state booked --limit 1 --output json | sed -n 's/^  "total": \([0-9]*\),/\1/p'; }
        fill() { dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null; }
        wait_until '[ "$(booked)" -ge 10 ]'
        fill
        wait_until 'grep -q "the disk is full" log'
        echo "booked when full: $(booked)."
        rm "$disk/filler"
        wait_until '[ "$(booked)" = 240 ]'
        fill
        tillbridge sync; echo "asked: $?"
        rm "$disk/filler"
        tillbridge sync; echo "asked again: $?"
        kill -TERM $pid; wait $pid; echo "service: $?"
        tillbridge store check; echo "check: $?"
        cat log >&2
    "#;
    let (said, log) = on_a_disk_of(65_536, &bridge, script).await;
    for part in ["asked: 1", "asked again: 0", "service: 0", "check: 0"] {
        assert!(said.contains(part), "{part} is not in:\n{said}\n{log}");
    }
    let part = said.split_once("booked when full: ").and_then(|(_, rest)| rest.split_once('.'));
    let booked: usize = part.and_then(|(count, _)| count.parse().ok()).expect("a count");
    assert!((10..240).contains(&booked), "it was to be full in the middle:\n{said}");
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_can_only_be_read_is_named_with_the_way_out() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.add("[store]\npath = \"disk/store.sqlite\"");
    let script = r#"
        tillbridge sync; echo "made: $?"
        mount -o remount,ro "$disk"
        tillbridge sync; echo "sync: $?"
        tillbridge run; echo "run: $?"
        mount -o remount,rw "$disk"; rm "$disk"/*; mount -o remount,ro "$disk"
        tillbridge sync; echo "anew: $?"
    "#;
    let (said, log) = on_a_disk_of(4096, &bridge, script).await;
    for part in ["made: 0", "sync: 2", "run: 2", "anew: 2"] {
        assert!(said.contains(part), "{part} is not in:\n{said}\n{log}");
    }
    let fix = "the file system is read-only; choose a [store] path on a writable one";
    assert_eq!(log.matches(fix).count(), 3, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_checked_and_written_out() {
    let shop = DATABASE.shop(&METHODS).await;
    let orders = plains(9500, 3);
    let open = orders[2].json.replacen("\"OrderStatus\":103", "\"OrderStatus\":\n101", 1);
    assert_ne!(open, orders[2].json);
    let feed = Feed::start(vec![orders[0].json.clone(), orders[1].json.clone(), open]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let none = bridge.run(&["store", "check"]).await;
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("there is no store at"), "{none:?}");
    assert!(!beside(&bridge, "tillbridge.sqlite").exists(), "none is made");

    assert_eq!(bridge.pass().await.1.booked, 2);
    let ignored = bridge.run(&["orders", "ignore", "9502", "--reason", "a test", "--by", "anna"]).await;
    assert_eq!(ignored.code, Some(0), "{ignored:?}");
    let check = bridge.run(&["store", "check"]).await;
    assert_eq!(check.code, Some(0), "{check:?}");
    for part in [DATABASE.name().as_str(), "2 booked, 1 ignored", "At work:      nobody", "Sound:        yes"]
    {
        assert!(check.stdout.contains(part), "{part}: {check:?}");
    }
    let check = bridge.run(&["store", "check", "--output", "json"]).await;
    let check: Value = check.json();
    assert_eq!((&check["orders"], &check["findings"]), (&json!({"booked": 2, "ignored": 1}), &json!([])));
    assert_eq!((&check["oldest_open"], &check["at_work"]), (&Value::Null, &json!([])));

    let export = bridge.run(&["store", "export"]).await;
    assert_eq!(export.code, Some(0), "{export:?}");
    let lines: Vec<Value> =
        export.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let of = |kind: &str| lines.iter().filter_map(|line| line.get(kind)).collect::<Vec<_>>();
    assert_eq!(
        (lines[0]["export"].as_i64(), &lines[0]["odoo"]["database"]),
        (Some(1), &json!(DATABASE.name()))
    );
    let states: Vec<_> =
        of("order").iter().map(|order| (order["id"].clone(), order["state"].clone())).collect();
    let expected = [("9500", "booked"), ("9501", "booked"), ("9502", "ignored")];
    assert_eq!(states, expected.map(|(id, state)| (json!(id), json!(state))));
    assert_eq!(of("order")[2]["raw"]["OrderStatus"], 101, "its text had a line break");
    let [decision] = of("decision")[..] else { panic!("one decision: {lines:?}") };
    assert_eq!((&decision["by"], &decision["reason"]), (&json!("anna"), &json!("a test")));
    let [session] = of("session")[..] else { panic!("one session: {lines:?}") };
    assert_eq!((&session["shop"], &session["open"]), (&json!(shop.id), &json!(true)));
    let counts = json!({"orders": 3, "decisions": 1, "sessions": 1});
    assert_eq!(lines.last().expect("a last line")["end"], counts);

    // Written to a file of its owner's alone, and never over another one.
    let file = beside(&bridge, "store.ndjson");
    let to_file = ["store", "export", "--file", file.to_str().expect("a path")];
    let written = bridge.run(&to_file).await;
    assert!(written.code == Some(0) && written.stderr.contains("3 orders, 1 decisions"), "{written:?}");
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    let rest = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rest(&fs::read_to_string(&file).expect("the export")), rest(&export.stdout));
    let again = bridge.run(&to_file).await;
    assert!(again.code == Some(2) && again.stderr.contains("does not exist"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_and_one_of_a_newer_version_are_left_as_they_are() {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(9600, 40);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(40, 0, 0);
    let path = beside(&bridge, "tillbridge.sqlite");
    fold(&path).await;
    let sound = fs::read(&path).expect("the store");

    // The version of the schema, as SQLite's file format has it.
    let mut newer = sound.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, &newer).expect("written");
    for command in [&["sync"][..], &["run"], &["store", "check"], &["store", "export"]] {
        let ended = bridge.run(command).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let said = "was written by a newer tillbridge (schema 99, this one knows";
        assert!(ended.stderr.contains(said) && ended.stderr.contains("upgrade tillbridge"), "{ended:?}");
    }
    assert_eq!(fs::read(&path).expect("the store"), newer);

    let mut damaged = sound.clone();
    let middle = damaged.len() / 4096 / 2 * 4096;
    damaged[middle..middle + 8192].fill(0x5a);
    fs::write(&path, &damaged).expect("written");
    let check = bridge.run(&["store", "check"]).await;
    assert_eq!(check.code, Some(3), "{check:?}");
    assert!(check.stdout.contains("The file is damaged: "), "{check:?}");
    assert!(check.stderr.contains("restore the store's backup"), "{check:?}");
    let mut unreadable = sound.clone();
    unreadable[4096..].fill(0x5a);
    fs::write(&path, &unreadable).expect("written");
    for command in [&["sync"][..], &["store", "check"]] {
        let ended = bridge.run(command).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("the file is damaged; restore its backup"), "{ended:?}");
    }

    // The way out that is offered: an empty store books nothing twice.
    fs::remove_file(&path).expect("moved aside");
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 40, 0);
    assert_eq!(code, 0);
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}
