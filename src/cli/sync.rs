//! `tillbridge sync`.

use clap::Args;
use serde::Serialize;

use crate::config::Config;
use crate::daemon::Handover;
use crate::sync::{SessionReport, SyncReport};

use super::connect::{Work, work};
use super::exit::{CliError, Exit};
use super::handed::handed_over;
use super::printer::Printer;
use super::stop::Stop;
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

/// The reports of a pass, as `--output json` prints them.
#[derive(Serialize)]
pub(super) struct Reports {
    /// One per sync.
    pub syncs: Vec<SyncReport>,
}

pub(super) async fn run(args: SyncArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    // A dry run only reads, so it may run beside the service.
    let work = if args.dry_run {
        Work::Ours(None)
    } else {
        work(&config, store.as_ref(), "tillbridge sync").await?
    };
    let _lock = match work {
        Work::Theirs => {
            let work = Handover::Sync { name: args.sync.clone() };
            let reports = Reports { syncs: handed_over(store.as_ref(), &work, printer).await? };
            print(&reports, args.output, printer)?;
            return Ok(Exit::of_reports(&reports.syncs));
        }
        Work::Ours(lock) => lock,
    };
    let mut session = connect::Session::open(config, store).await?;
    session.engine.adopt(&session.link.syncs, &session.link.known).await?;
    let stop = Stop::listen()?;
    if !args.dry_run {
        let look = session.engine.look_for_missing(&session.client, &session.link.syncs, false);
        if let Err(error) = stop.obeyed(&session.engine, look).await? {
            tracing::warn!(error = %error.message, "whether Odoo still holds what is booked could not be seen");
        }
    }
    let mut syncs = Vec::new();
    for sync in session.syncs(args.sync.as_deref())? {
        if stop.check().is_err() {
            break;
        }
        let report = if args.dry_run {
            let preview = Box::pin(session.engine.preview(&session.client, &sync));
            stop.obeyed(&session.engine, preview).await?
        } else {
            let pass = Box::pin(session.engine.pass(&session.client, session.link.facts, &sync));
            let report = stop.obeyed(&session.engine, pass).await?;
            stop.last_word(session.report(&sync, &report)).await.transpose()?;
            report
        };
        syncs.push(report);
    }
    if args.dry_run {
        stop.last_word(session.end()).await;
    } else {
        session.leave(&stop).await?;
    }
    let exit = Exit::of_reports(&syncs);
    print(&Reports { syncs }, args.output, printer)?;
    stop.check()?;
    Ok(exit)
}

/// Prints the reports of a pass.
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
                "  {}: {}{}{}",
                order.id,
                order.message.as_deref().unwrap_or("not booked"),
                order.fix.as_deref().map(|fix| format!(" → {fix}")).unwrap_or_default(),
                order
                    .next_try_at
                    .map(|at| format!(" Next try: {} UTC.", at.format("%H:%M:%S")))
                    .unwrap_or_default()
            ));
        }
        if report.unlisted() > 0 {
            printer.data(format_args!("  … and {} more, see: tillbridge orders", report.unlisted()));
        }
        for line in report.sessions.iter().map(SessionReport::summary).chain(report.notes.iter().cloned()) {
            printer.data(format_args!("  {line}"));
        }
        if let Some(error) = &report.error {
            printer.data(format_args!("  {} → {}", error.message, error.fix));
        }
    }
    Ok(())
}
