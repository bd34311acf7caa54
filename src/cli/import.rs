//! `tillbridge import`.

use std::path::PathBuf;

use clap::Args;

use crate::config::Config;
use crate::store::{Lease, OdooIdentity};
use crate::sync::OdooFacts;

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::sync::{Reports, print};
use super::{Global, Output, connect, syncs};

const EXAMPLES: &str = "\
Examples:
  tillbridge import orders.json --sync \"Web shop\"
  tillbridge import ./export --sync \"Web shop\"              every JSON file of a folder
  zcat may.ndjson.gz | tillbridge import - --sync \"Web shop\"

The orders go the same way as those of the sync's source: what is booked already is not
booked again, and what cannot be booked says why.";

/// Options of `tillbridge import`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ImportArgs {
    /// Files (JSON or NDJSON, also gzipped), folders of such files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The sync whose orders they are: its source id, shop and rules apply
    #[arg(long, value_name = "NAME")]
    sync: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(args: ImportArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let sync = syncs::by_name(&config.syncs, &args.sync)?;
    let _lease = Lease::acquire(&config.store.path, "tillbridge import")?;
    let store = connect::store(&config).await?;
    let client = connect::odoo(&config).await?;
    let target = client.target();
    store.bind(&OdooIdentity { uuid: target.address.clone(), database: target.database.clone() }).await?;
    let engine = connect::engine(&config, store)?;
    let report = engine.import(&client, OdooFacts::default(), sync, args.files).await;
    let reports = Reports { syncs: vec![report] };
    let exit = Exit::of_reports(&reports.syncs);
    print(&reports, args.output, printer)?;
    Ok(exit)
}
