//! `tillbridge import`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::config::Config;
use crate::daemon::Handover;

use super::connect::{Work, work};
use super::exit::{CliError, Exit};
use super::handed::handed_over;
use super::printer::Printer;
use super::stop::Stop;
use super::sync::{Reports, print};
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge import orders.json                            where there is one sync
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
    /// The sync whose orders they are: its source id, shop and rules apply; not needed where
    /// there is only one
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(args: ImportArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let work = work(&config, store.as_ref(), "tillbridge import").await?;
    let mut session = connect::Session::open(config, Arc::clone(&store)).await?;
    let sync = session.sync(args.sync.as_deref())?;
    let mut interrupted = Ok(());
    let report = match work {
        Work::Ours(_lock) => {
            let stop = Stop::listen()?;
            let work = session.engine.import(&session.client, session.link.facts, &sync, args.files);
            let report = stop.obeyed(&session.engine, work).await?;
            stop.last_word(session.report(&sync, &report)).await.transpose()?;
            interrupted = stop.check();
            session.leave(&stop).await?;
            report
        }
        Work::Theirs => {
            // The files go into the inbox, which takes several writers; the booking is the
            // running service's.
            let mut stored = session.engine.ingest(&sync, args.files).await;
            if stored.error.is_none() {
                let work = Handover::Sync { name: Some(sync.name.clone()) };
                let settled = handed_over(store.as_ref(), &work, printer).await?;
                stored.absorb(settled);
            }
            stored
        }
    };
    let reports = Reports { syncs: vec![report] };
    let exit = Exit::of_reports(&reports.syncs);
    print(&reports, args.output, printer)?;
    interrupted?;
    Ok(exit)
}
