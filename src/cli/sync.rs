//! `tillbridge sync`.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use crate::config::Config;
use crate::store::{Lease, OdooIdentity};
use crate::sync::{OdooFacts, SyncReport};

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge sync                          book everything that can be booked
  tillbridge sync --sync \"Web shop\"        only this sync
  tillbridge sync --dry-run                show what would be booked, write nothing
  tillbridge sync --output json | jq '.syncs[].refused'";

/// Options of `tillbridge sync`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SyncArgs {
    /// Only the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Show what would be booked, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
pub(super) struct Reports {
    pub syncs: Vec<SyncReport>,
}

pub(super) async fn run(args: SyncArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let _lease = Lease::acquire(&config.store.path, "tillbridge sync")?;
    let store = connect::store(&config).await?;
    let client = connect::odoo(&config).await?;
    let target = client.target();
    store.bind(&OdooIdentity { uuid: target.address.clone(), database: target.database.clone() }).await?;
    let engine = connect::engine(&config, store)?;
    let facts = OdooFacts::default();
    let known: BTreeSet<String> = config.syncs.iter().map(|sync| sync.id.clone()).collect();
    engine.adopt(&config.syncs, &known).await?;
    let mut syncs = Vec::new();
    for sync in config.syncs.iter().filter(|sync| args.sync.as_ref().is_none_or(|name| *name == sync.name)) {
        if !sync.active && args.sync.is_none() {
            continue;
        }
        let report = if args.dry_run {
            engine.preview(&client, sync).await
        } else {
            engine.pass(&client, facts, sync).await
        };
        syncs.push(report);
    }
    if let (true, Some(name)) = (syncs.is_empty(), &args.sync) {
        let names: Vec<_> = config.syncs.iter().map(|sync| sync.name.as_str()).collect();
        return Err(CliError::usage(
            format!("there is no sync named \"{name}\""),
            Some(format!("The syncs are: {}.", names.join(", "))),
        ));
    }
    let exit = Exit::of_reports(&syncs);
    print(&Reports { syncs }, args.output, printer)?;
    Ok(exit)
}

pub(super) fn print(reports: &Reports, output: Output, printer: &Printer) -> Result<(), CliError> {
    if output == Output::Json {
        return printer.json(reports);
    }
    for report in &reports.syncs {
        printer.data(format_args!(
            "{}: {} fetched, {} ({:.1} s)",
            report.sync,
            report.fetched,
            report.summary(),
            std::time::Duration::from_millis(report.duration_ms).as_secs_f64()
        ));
        let unbooked =
            report.orders.iter().filter(|order| order.message.is_some() || order.pos_order.is_none());
        for order in unbooked {
            printer.data(format_args!(
                "  {}: {}{}",
                order.id,
                order.message.as_deref().unwrap_or("not booked"),
                order.fix.as_deref().map(|fix| format!(" → {fix}")).unwrap_or_default()
            ));
        }
        if let Some(error) = &report.error {
            printer.data(format_args!("  {} → {}", error.message, error.fix));
        }
    }
    Ok(())
}
