//! `tillbridge store prune`.

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use crate::config::Config;
use crate::store::{Retired, Store};
use crate::sync::retention_of;

use super::super::connect::{Session, Work, work};
use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::super::{Output, stop::Stop};

const ABOUT: &str = "\
The running service does this by itself once a day. For how long each sync keeps says its form in
Odoo, or its table in the file: keep_payload_days, keep_log_days, keep_order_days.

Of a finished order goes what its source sent (with the customer's data). That it is booked, and as
which order of Odoo, stays for good: shown again by its source, it is not booked again. Nothing of
an order that is open is taken away, and nothing that somebody decided.";

/// Options of `tillbridge store prune`.
#[derive(Args)]
#[command(after_help = ABOUT)]
pub(super) struct PruneArgs {
    /// Only say how much it is
    #[arg(long)]
    dry_run: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What was done.
#[derive(Serialize)]
struct Pruned {
    dry_run: bool,
    #[serde(flatten)]
    retired: Retired,
    /// Bytes of the store, before and after.
    bytes: (u64, u64),
}

pub(super) async fn run(
    args: &PruneArgs,
    store: Arc<dyn Store>,
    config: Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let _lock = if args.dry_run { None } else { Some(alone(&config, store.as_ref()).await?) };
    let before = store.overview().await?.bytes;
    // What people decided in Odoo keeps an order: a real run hears of it first.
    let session = if args.dry_run {
        Session::look(config, Arc::clone(&store)).await?
    } else {
        Session::open(config, Arc::clone(&store)).await?
    };
    let retention = retention_of(&session.link.syncs, &session.link.known);
    let retired = if args.dry_run {
        session.engine.outdated(&retention).await?
    } else {
        let stop = Stop::listen()?;
        let retired = stop.obeyed(&session.engine, session.engine.retire(&retention, true)).await??;
        stop.check()?;
        retired
    };
    let pruned = Pruned { dry_run: args.dry_run, retired, bytes: (before, store.overview().await?.bytes) };
    if args.output == Output::Json {
        printer.json(&pruned)?;
    } else {
        pruned.print(printer);
    }
    Ok(Exit::Done)
}

/// Makes sure that no service is at it meanwhile.
async fn alone(config: &Config, store: &dyn Store) -> Result<Work, CliError> {
    match work(config, store, "tillbridge store prune").await? {
        Work::Theirs => Err(CliError::usage(
            "A tillbridge service works on this store, and does this by itself once a day.".to_owned(),
            "See how much it is with --dry-run; or stop the service first.".to_owned(),
        )),
        ours @ Work::Ours(_) => Ok(ours),
    }
}

impl Pruned {
    fn print(&self, printer: &Printer) {
        let Self { dry_run, retired: Retired { payloads, answers, steps, orders }, bytes } = self;
        let line = |name: &str, count: u64| printer.data(format_args!("{name:<24} {count}"));
        line("Contents of orders:", *payloads);
        line("Orders left out:", *orders);
        line("Steps:", *steps);
        line("Answers to commands:", *answers);
        let kib = |bytes: u64| bytes.div_ceil(1024);
        if *dry_run {
            printer.data(format_args!("{:<24} {} KiB", "Size:", kib(bytes.1)));
            printer.note("Nothing was taken away. It is done by the service, or without --dry-run.");
        } else {
            printer.data(format_args!("{:<24} {} KiB, was {} KiB", "Size:", kib(bytes.1), kib(bytes.0)));
        }
    }
}
