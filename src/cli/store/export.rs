//! `tillbridge store export`: every row, in lines of JSON, a page of them in memory at a time.
//!
//! The first line names the export and its schema. Each other line is a row:
//! `{"table":"inbox","row":{…}}` with the columns as they stand in the store. The last line
//! counts the rows: a file without it is not whole.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::store::{Store, Table};

use super::super::exit::{CliError, Exit};

/// Rows read at a time.
const PAGE: u32 = 500;

/// Options of `tillbridge store export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// Write to this file, which must not exist, in place of standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) async fn run(args: ExportArgs, store: &dyn Store) -> Result<Exit, CliError> {
    let Some(path) = args.file else {
        let written = export(store, &mut BufWriter::new(io::stdout())).await;
        return match written {
            // Who reads has seen enough.
            Err(Failed::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            Err(Failed::Write(error)) => {
                Err(CliError::unexpected(format!("the export cannot be written: {error}")))
            }
            Err(Failed::Store(error)) => Err(error),
            Ok(()) => Ok(Exit::Done),
        };
    };
    let failed = |error: io::Error| CliError::usage(format!("{}: {error}", path.display()), None);
    // It holds customers' names and addresses: its owner's alone, as the store is.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
    let mut out = BufWriter::new(file);
    match export(store, &mut out).await {
        Ok(()) => {}
        Err(Failed::Write(error)) => return Err(failed(error)),
        Err(Failed::Store(error)) => return Err(error),
    }
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(Exit::Done)
}

enum Failed {
    Write(io::Error),
    Store(CliError),
}

async fn export(store: &dyn Store, out: &mut (impl Write + Send)) -> Result<(), Failed> {
    let mut line = |value: serde_json::Value| writeln!(out, "{value}").map_err(Failed::Write);
    line(json!({"export": "tillbridge", "version": env!("CARGO_PKG_VERSION"), "format": 1}))?;
    let mut rows: u64 = 0;
    for table in Table::ALL {
        let mut after = i64::MIN;
        loop {
            let page = store.rows(table, after, PAGE).await.map_err(|error| Failed::Store(error.into()))?;
            let last = page.last().and_then(|row| row.get(table.pages_by()?)?.as_i64());
            for row in page {
                rows += 1;
                line(json!({"table": table.as_str(), "row": row}))?;
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    line(json!({"end": true, "rows": rows}))?;
    out.flush().map_err(Failed::Write)
}
