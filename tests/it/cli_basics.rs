//! The command line itself: help, exit codes, and what needs neither source nor Odoo.

use std::path::Path;

use assert_cmd::Command;
use predicates::boolean::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};
use tempfile::TempDir;
use tillbridge::config::Config;

const MISSING: &str = "error: No tillbridge.toml here. Start with: tillbridge init\n";

/// The binary in an empty folder.
fn tillbridge(folder: &TempDir) -> Command {
    let mut command = Command::cargo_bin("tillbridge").expect("it is built");
    command.current_dir(folder.path()).env_clear();
    command
}

fn empty() -> TempDir {
    TempDir::new().expect("a folder")
}

fn help(args: &[&str]) -> String {
    let output = tillbridge(&empty()).args(args).arg("--help").assert().code(0).stderr(is_empty());
    String::from_utf8(output.get_output().stdout.clone()).expect("text")
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = help(&[]);
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_shows_examples_in_its_help() {
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in &commands {
        let args: &[&str] = if command == "service" { &["service", "print"] } else { &[command] };
        let help = help(args);
        assert!(help.contains("Examples:\n  "), "{command}: {help}");
        assert!(help.contains(&format!("tillbridge {command}")), "{command}: {help}");
    }
}

#[test]
fn help_texts() {
    for command in ["init", "doctor", "orders", "import", "store", "completions", "man"] {
        insta::assert_snapshot!(format!("help_{command}"), help(&[command]));
    }
    insta::assert_snapshot!("help_service_print", help(&["service", "print"]));
}

#[test]
fn without_a_configuration_every_command_that_needs_one_says_how_to_start() {
    for args in [
        &["sync"][..],
        &["doctor"],
        &["orders"],
        &["import", "orders.json", "--sync", "Web"],
        &["service", "print"],
    ] {
        let folder = empty();
        tillbridge(&folder).args(args).assert().code(2).stdout(is_empty()).stderr(MISSING);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{args:?} left something behind");
    }
}

#[test]
fn a_mistake_on_the_command_line_is_a_matter_of_usage() {
    for args in [
        &["--no-such-option"][..],
        &["no-such-command"],
        &["import", "orders.json"],
        &["orders", "--state", "done"],
        &["service", "print", "--user", "a b"],
    ] {
        tillbridge(&empty()).args(args).assert().code(2).stdout(is_empty()).stderr(contains("error:"));
    }
    tillbridge(&empty()).arg("--version").assert().code(0).stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_a_suggestion() {
    let folder = empty();
    let text =
        "[odoo]\nurl = \"https://odoo.example.com\"\ndatabse = \"shop\"\nusername = \"u\"\napi_key = \"k\"\n";
    std::fs::write(folder.path().join("tillbridge.toml"), text).unwrap();
    tillbridge(&folder)
        .arg("doctor")
        .assert()
        .code(2)
        .stderr("error: tillbridge.toml, line 3: unknown key `databse`, did you mean `database`?\n");
}

#[test]
fn a_sync_that_does_not_exist_is_answered_with_those_that_do() {
    let folder = empty();
    write_example(&folder);
    tillbridge(&folder).args(["orders", "--sync", "Web"]).assert().code(2).stderr(contains("\"Web shop\""));
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tillbridge(&empty()).args(["completions", shell]).assert().code(0).stderr(is_empty());
        let script = String::from_utf8_lossy(&script.get_output().stdout).into_owned();
        assert!(script.contains("tillbridge") && script.contains("doctor"), "{shell}: {script}");
    }
}

#[test]
fn the_manual_is_one_page_or_a_page_for_each_command() {
    let folder = empty();
    tillbridge(&folder).arg("man").assert().code(0).stdout(contains(".TH tillbridge 1"));
    tillbridge(&folder).args(["man", "--dir", "man1"]).assert().code(0).stdout(is_empty());
    for page in ["tillbridge.1", "tillbridge-sync.1", "tillbridge-service-print.1"] {
        let text = std::fs::read_to_string(folder.path().join("man1").join(page)).expect(page);
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}

#[test]
fn the_unit_runs_this_program_with_this_configuration() {
    let folder = empty();
    write_example(&folder);
    let config = folder.path().join("tillbridge.toml");
    let unit = tillbridge(&folder).args(["service", "print", "--user", "shop"]).assert().code(0);
    let unit = String::from_utf8_lossy(&unit.get_output().stdout).into_owned();
    let program = assert_cmd::cargo::cargo_bin("tillbridge");
    for line in [
        format!("ExecStart={} --config {} run", program.display(), config.display()),
        "User=shop".to_owned(),
        "Type=notify".to_owned(),
        "Restart=on-failure".to_owned(),
        "NoNewPrivileges=yes".to_owned(),
        "ProtectSystem=strict".to_owned(),
        format!("ReadWritePaths={}", folder.path().display()),
    ] {
        assert!(unit.lines().any(|found| found == line), "{line} is not in {unit}");
    }
}

fn example() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml")).expect("the example")
}

fn write_example(folder: &TempDir) {
    std::fs::write(folder.path().join("tillbridge.toml"), example()).expect("it is written");
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("tillbridge.toml")).map_err(|error| error.to_string())
}

#[test]
fn the_example_configuration_can_be_used_as_it_is() {
    let config = parse(&example()).unwrap();
    assert_eq!(config.syncs.len(), 1);
    assert_eq!(config.syncs[0].rules.payment_map.len(), 2);
}

/// The keys of a table, from what the parser says it expects in place of an unknown one.
fn keys_of(table: &str, inside: &str) -> Vec<String> {
    let unknown = "qqqqqqqqqqqqqqqqqqqqqqqq";
    let text = format!("{table}\n{unknown} = 1\n{inside}");
    let error = parse(&text).unwrap_err();
    assert!(error.contains(&format!("`{unknown}`")), "{error}");
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_configuration_explains_every_key() {
    let example = example();
    let sync = "[[sync]]";
    for (table, heading, few) in [
        ("", "", 5),
        ("[odoo]", "[odoo]", 11),
        ("[store]", "[store]", 1),
        ("[network]", "[network]", 1),
        ("[secrets.a]", "[secrets.webshop]", 4),
        (sync, sync, 25),
        ("[[sync.payment]]", "[[sync.payment]]", 2),
    ] {
        let keys =
            keys_of(if table == "[[sync.payment]]" { "[[sync]]\n[[sync.payment]]" } else { table }, "");
        assert!(keys.len() >= few, "{table}: {keys:?}");
        let (_, rest) = example.split_once(&format!("\n{heading}\n")).unwrap_or(("", &example));
        let section = if heading.is_empty() { rest } else { rest.split("\n[").next().unwrap_or(rest) };
        for key in keys {
            let written = |line: &str| {
                let line = line.trim_start_matches("# ");
                line.strip_prefix(&key).is_some_and(|rest| rest.starts_with(" = "))
            };
            let is_table =
                [format!("[{key}]"), format!("[[{key}]]"), format!("[{key}."), format!("[[sync.{key}]]")];
            assert!(
                section.lines().any(written) || is_table.iter().any(|table| example.contains(table)),
                "{table}: {key} is not explained"
            );
        }
    }
}

#[test]
fn every_alternative_of_the_example_can_be_used() {
    let example = example();
    for line in example.lines().filter(|line| line.starts_with("# ") && line.contains(" = ")) {
        let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") else { continue };
        if key.contains(' ') {
            continue;
        }
        // In place of the value given beside it; whether it resolves is another matter.
        let text = example.replace(line, line.trim_start_matches("# "));
        let error = parse(&text).unwrap_err();
        assert!(!error.contains("unknown"), "{line}: {error}");
        assert!(
            ["only one of", "both api_key and password", "both path", "No such file"]
                .iter()
                .any(|why| error.contains(why)),
            "{line}: {error}"
        );
    }
}

#[test]
fn init_without_a_terminal_names_everything_that_is_missing() {
    let folder = empty();
    let mut init = tillbridge(&folder);
    init.arg("init")
        .assert()
        .code(2)
        .stdout(is_empty())
        .stderr(contains("--url, --username, --api-key-env").and(contains("hint: Give it as an option")));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
