//! `tillbridge reconcile`.

use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use crate::config::{Config, Sync};
use crate::sync::{Completeness, Day, Light, Span, Tally};

use super::connect::{Session, Work, work};
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::stop::Stop;
use super::teller::Teller;
use super::word::book;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge reconcile                             the last three days, all syncs
  tillbridge reconcile --from 2026-11-01 --to 2026-11-30 --sync \"Web shop\"
  tillbridge reconcile --from 2026-11-21 --repair  fetch and book what is missing
  tillbridge reconcile --output json | jq '.syncs[].days[] | select(.light == \"red\")'

Reads the source anew and Odoo, and compares them order by order: for each shop and business
day (time zone and end of the day as the sync has them) count and sum on both sides, and every
order that differs. Without --repair nothing is written.
  complete           nothing differs
  explained          what differs waits, is in work, or was decided
  needs you          something differs that nothing explains, or that needs a person
  not fully checked  nothing is known to be wrong, but not everything could be seen
Exit codes: 0 no day needs anybody · 3 a day needs you · 4 not everything could be checked
others as with tillbridge sync";

/// Options of `tillbridge reconcile`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReconcileArgs {
    /// From this business day on (YYYY-MM-DD); without it, the last three days
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Up to this business day; without it, up to yesterday
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Only the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Fetch the missing orders and book them, then check again
    #[arg(long)]
    repair: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What was found, as `--output json` prints it.
#[derive(Serialize)]
struct Report {
    syncs: Vec<Completeness>,
    /// What became of what was missing, with `--repair`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repaired: Vec<Tally>,
}

pub(super) async fn run(args: ReconcileArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let report = if args.repair {
        repaired(&args, config, printer).await?
    } else {
        seen(&args, config, printer).await?
    };
    match args.output {
        Output::Json => printer.json(&report)?,
        Output::Text => print(&report, printer),
    }
    Ok(if report.syncs.iter().any(Completeness::is_red) {
        Exit::Attention
    } else if report.syncs.iter().any(Completeness::is_grey) {
        Exit::Unreachable
    } else {
        Exit::Done
    })
}

/// Only looks.
async fn seen(args: &ReconcileArgs, config: Config, printer: &Printer) -> Result<Report, CliError> {
    let store = connect::store(&config).await?;
    let session = Session::look(config, store).await?;
    let stop = Stop::listen()?;
    let mut syncs = Vec::new();
    for sync in session.syncs(args.sync.as_deref())? {
        syncs.push(check(args, &session, &sync, &stop, printer).await?);
    }
    Ok(Report { syncs, repaired: Vec::new() })
}

/// Takes in what is missing by the ways that every order goes, then looks again.
async fn repaired(args: &ReconcileArgs, config: Config, printer: &Printer) -> Result<Report, CliError> {
    let store = connect::store(&config).await?;
    let _lock = match work(&config, store.as_ref(), "tillbridge reconcile").await? {
        Work::Ours(lock) => lock,
        Work::Theirs => {
            return Err(CliError::usage(
                "a tillbridge service works on this store",
                "It fetches by itself what its daily check finds missing. Ask it for single orders with: tillbridge fetch; or stop it and try again.".to_owned(),
            ));
        }
    };
    let mut session = Session::open(config, Arc::clone(&store)).await?;
    let stop = Stop::listen()?;
    let (mut syncs, mut repaired) = (Vec::new(), Vec::new());
    let mut looked = false;
    for sync in session.syncs(args.sync.as_deref())? {
        let found = check(args, &session, &sync, &stop, printer).await?;
        if found.has_gone() && !looked {
            // Once: it is of all syncs.
            looked = true;
            let look = session.engine.look_for_missing(&session.client, &session.link.syncs, true);
            stop.obeyed(&session.engine, look).await??;
        }
        let Some(wanted) = found.wanted() else {
            syncs.push(found);
            continue;
        };
        let fetch = session.engine.fetch(session.link.facts, &sync, &wanted);
        let fetched = stop.obeyed(&session.engine, fetch).await??;
        stop.check()?;
        let (tally, error) = book(&mut session, &fetched.found, &stop).await?;
        if let Some(error) = error {
            printer.note(format_args!("{}: {}", sync.name, error.said()));
        }
        repaired.push(tally);
        syncs.push(check(args, &session, &sync, &stop, printer).await?);
    }
    session.leave(&stop).await?;
    Ok(Report { syncs, repaired })
}

async fn check(
    args: &ReconcileArgs,
    session: &Session,
    sync: &Sync,
    stop: &Stop,
    printer: &Printer,
) -> Result<Completeness, CliError> {
    let Session { engine, client, link, .. } = session;
    let span = Span::new(sync, args.from, args.to, engine.now())?;
    let teller = Teller::new(printer);
    let said = |text: String| teller.tell(&text);
    let check = Box::pin(engine.reconcile(client, sync, &link.syncs, span, &said));
    let found = stop.obeyed(engine, check).await??;
    stop.check()?;
    Ok(found)
}

fn print(report: &Report, printer: &Printer) {
    for sync in &report.syncs {
        printer.data(format_args!("{}: {}", sync.sync, sync.text()));
        let shown: Vec<&Day> = sync.days.iter().filter(|day| !day.is_empty()).collect();
        if !shown.is_empty() {
            let head = ["Day", "Shop", "Source", "Sum", "Odoo", "Sum", "Difference", ""];
            printer.table(&head, shown.iter().map(|day| row(day)));
        }
        for day in shown {
            for difference in &day.differences {
                printer.data(format_args!(
                    "  {} {} · {}: {}{}",
                    day.day,
                    day.shop,
                    difference.id,
                    difference.message,
                    arrow(&difference.fix)
                ));
            }
            for unchecked in &day.unchecked {
                printer.data(format_args!("  {} {} · not checked: {unchecked}", day.day, day.shop));
            }
        }
    }
    for tally in &report.repaired {
        printer.data(format_args!("Fetched: {}", tally.text()));
    }
}

fn arrow(fix: &str) -> String {
    if fix.is_empty() { String::new() } else { format!(" → {fix}") }
}

fn row(day: &Day) -> [String; 8] {
    let orders = i128::from(day.source.count) - i128::from(day.odoo.count);
    let sum = day.source.sum - day.odoo.sum;
    let difference = if orders == 0 && sum.is_zero() { "0".to_owned() } else { format!("{orders} ({sum})") };
    let left_out = match day.left_out.count {
        0 => String::new(),
        count => format!(", {count} left out by rule"),
    };
    let light = match day.light {
        Light::Green => "✔",
        Light::Amber => "●",
        Light::Red => "✖",
        Light::Grey => "?",
    };
    [
        day.day.to_string(),
        day.shop.clone(),
        day.source.count.to_string(),
        format!("{} {}", day.source.sum, day.currency).trim_end().to_owned(),
        day.odoo.count.to_string(),
        format!("{} {}", day.odoo.sum, day.currency).trim_end().to_owned(),
        difference,
        format!("{light} {}{left_out}", day.light.word()),
    ]
}
