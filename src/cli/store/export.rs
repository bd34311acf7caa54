//! `tillbridge store export`: so that nothing is locked in.
//!
//! A line of JSON each: first what is exported, then `{"order": …}` as `orders --show` prints
//! it, `{"decision": …}`, `{"session": …}`, and last `{"end": …}` with how many there were. An
//! export without that line is not whole. A page of orders is in memory at a time; what a
//! running service changes meanwhile stands as it was when its page was read.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::config::Config;
use crate::store::{Decision, Filter, OwnSession, Store, StoreError};

use super::super::exit::{CliError, Exit};
use super::super::orders::{Whole, time};
use super::super::printer::Printer;

/// Orders or decisions read at a time.
const PAGE: usize = 500;

/// Options of `tillbridge store export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// Write to this file, which must not exist, in place of standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// How many lines of each kind there are.
#[derive(Default, Serialize)]
struct Counts {
    orders: u64,
    decisions: u64,
    sessions: u64,
}

/// Why an export ended early.
enum Failed {
    Write(io::Error),
    Store(StoreError),
}

pub(super) async fn run(
    args: &ExportArgs,
    store: &dyn Store,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let Some(path) = &args.file else {
        return match export(store, config, BufWriter::new(io::stdout())).await {
            // Who reads has seen enough.
            Err(Failed::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            Err(failed) => Err(failed.to("standard output")),
            Ok(_) => Ok(Exit::Done),
        };
    };
    let shown = path.display().to_string();
    // It holds customers' names and addresses: its owner's alone, as the store is.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
        CliError::usage(
            format!("{shown}: {error}"),
            "Name a file that does not exist, in a folder that you may write to.".to_owned(),
        )
    })?;
    match to_file(store, config, &file).await {
        Ok(counts) => {
            printer.note(format_args!(
                "{} orders, {} decisions and {} sessions are in {shown}.",
                counts.orders, counts.decisions, counts.sessions
            ));
            Ok(Exit::Done)
        }
        Err(failed) => {
            remove(path);
            Err(failed.to(&shown))
        }
    }
}

async fn to_file(store: &dyn Store, config: &Config, file: &fs::File) -> Result<Counts, Failed> {
    let counts = export(store, config, BufWriter::new(file)).await?;
    file.sync_all()?;
    Ok(counts)
}

/// Half an export is none.
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "the unfinished export could not be removed");
    }
}

async fn export(store: &dyn Store, config: &Config, mut out: impl Write + Send) -> Result<Counts, Failed> {
    let mut counts = Counts::default();
    let head = json!({
        "tillbridge": env!("CARGO_PKG_VERSION"),
        "export": 1,
        "store": store.place(),
        "odoo": store.bound().await?,
        "exported_at": time(Utc::now()),
    });
    line(&mut out, &head)?;
    let mut filter = Filter { limit: PAGE, ..Filter::default() };
    while let Some(items) = store.next_page(&mut filter).await? {
        for item in &items {
            #[derive(Serialize)]
            struct Line {
                order: Whole,
            }
            line(&mut out, &Line { order: Whole::of(item, config) })?;
            counts.orders += 1;
        }
    }
    let mut after = String::new();
    loop {
        let decisions = store.decisions(false, &after, PAGE).await?;
        let Some(last) = decisions.last() else { break };
        last.key.clone_into(&mut after);
        for decision in &decisions {
            line(&mut out, &json!({"decision": decision_of(decision)}))?;
            counts.decisions += 1;
        }
    }
    let open: BTreeSet<i64> = store.open_sessions().await?.iter().map(|session| session.id).collect();
    for session in store.sessions().await? {
        line(&mut out, &json!({"session": session_of(&session, open.contains(&session.id))}))?;
        counts.sessions += 1;
    }
    line(&mut out, &json!({"end": &counts}))?;
    out.flush()?;
    Ok(counts)
}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    // An order as its source sent it may have line breaks; in JSON they stand between values only.
    writeln!(out, "{}", text.replace(['\n', '\r'], " "))?;
    Ok(())
}

fn decision_of(decision: &Decision) -> serde_json::Value {
    json!({
        "key": decision.key,
        "decided": decision.decided.as_str(),
        "reason": decision.reason,
        "by": decision.by,
        "at": time(decision.at),
        "known_to_odoo": decision.told,
    })
}

fn session_of(session: &OwnSession, open: bool) -> serde_json::Value {
    json!({
        "id": session.id,
        "shop": session.shop,
        "sync": session.sync,
        "business_day": session.business_day,
        "opened_at": time(session.opened_at),
        "open": open,
    })
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failed {
    /// The error of an export to a place.
    fn to(self, place: &str) -> CliError {
        match self {
            Self::Write(error) => {
                CliError::unexpected(format!("the export to {place} is not whole: {error}"))
            }
            Self::Store(error) => error.into(),
        }
    }
}
