//! `tillbridge replay`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use crate::config::Config;
use crate::order::Text;
use crate::sync::{Effect, Replay, Span, Sum};

use super::connect::Session;
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::stop::Stop;
use super::teller::Teller;
use super::{Global, Output, connect, effect};

const EXAMPLES: &str = "\
Examples:
  tillbridge replay --day 2026-11-21               all syncs
  tillbridge replay --day 2026-11-01 --to 2026-11-30 --sync \"Web shop\"
  tillbridge replay --day 2026-11-21 --with new.toml    what a changed file would change
  tillbridge replay --day 2026-11-21 --output json | jq '.syncs[].differing[].id'

Plans the orders that were received of a business day again, with the present configuration
and products, taxes and payment methods as Odoo has them now, and compares each with what
Odoo holds: what would be booked otherwise, what would be refused, what would be booked by
now. Nothing is written anywhere.
With --with, the orders of these days and all open ones are planned under both files: what
the other one would cure, refuse, or book differently. Copy tillbridge.toml, change the copy.
Exit codes: 0 all would stand as they do · 3 some would not · others as with tillbridge sync";

/// Options of `tillbridge replay`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReplayArgs {
    /// The business day (YYYY-MM-DD, in the sync's time zone)
    #[arg(long, value_name = "DAY")]
    day: NaiveDate,
    /// All days up to this one
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Only the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// What this other configuration file would change, of these days and of all open orders
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report {
    syncs: Vec<Replay>,
}

pub(super) async fn run(args: ReplayArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let other =
        args.with.as_deref().map(|path| Ok::<_, CliError>((path, Config::load(path)?))).transpose()?;
    let store = connect::store(&config).await?;
    let session = Session::look(config, store).await?;
    let stop = Stop::listen()?;
    if let Some((path, other)) = other {
        return Box::pin(effect(&args, (path, &other), &session, &stop, printer)).await;
    }
    let (engine, client) = (&session.engine, &session.client);
    let mut report = Report { syncs: Vec::new() };
    for sync in session.syncs(args.sync.as_deref())? {
        let span = Span::new(&sync, Some(args.day), Some(args.to.unwrap_or(args.day)), engine.now())?;
        let teller = Teller::new(printer);
        let said = |text: Text| teller.tell(&text);
        let replay = Box::pin(engine.replay(client, &sync, span, &said));
        report.syncs.push(stop.obeyed(engine, replay).await??);
        stop.check()?;
    }
    match args.output {
        Output::Json => printer.json(&report)?,
        Output::Text => report.syncs.iter().for_each(|replay| print(replay, printer)),
    }
    let differs = report.syncs.iter().any(|replay| !replay.differing.is_empty());
    Ok(if differs { Exit::Attention } else { Exit::Done })
}

/// What another file would change.
async fn effect(
    args: &ReplayArgs,
    (path, other): (&Path, &Config),
    session: &Session,
    stop: &Stop,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let (engine, client) = (&session.engine, &session.client);
    let pair = |sync| Ok::<_, CliError>((effect::counterpart(&sync, other, path)?, sync));
    let pairs: Vec<_> =
        session.syncs(args.sync.as_deref())?.into_iter().map(pair).collect::<Result<_, _>>()?;
    let mut report = effect::Report { syncs: Vec::new() };
    for (draft, sync) in pairs {
        let span = Span::new(&sync, Some(args.day), Some(args.to.unwrap_or(args.day)), engine.now())?;
        let teller = Teller::new(printer);
        let said = |text: Text| teller.tell(&text);
        let effect = Box::pin(engine.effect(client, &sync, &draft, span, &said));
        report.syncs.push(stop.obeyed(engine, effect).await??);
        stop.check()?;
    }
    match args.output {
        Output::Json => printer.json(&report)?,
        Output::Text => report.syncs.iter().for_each(|one| effect::print(one, printer)),
    }
    let changes = report.syncs.iter().any(Effect::is_any);
    Ok(if changes { Exit::Attention } else { Exit::Done })
}

fn print(replay: &Replay, printer: &Printer) {
    let Replay { from, to, .. } = replay;
    let days = if from == to { from.to_string() } else { format!("{from} to {to}") };
    let others = replay.differing.len();
    let forgotten = match replay.forgotten {
        0 => String::new(),
        count => format!(", {count} not planned: their content is no longer kept"),
    };
    printer.data(format_args!(
        "{}, {days}: {} orders, {} would stand as they do, {others} would not{forgotten}",
        replay.sync, replay.orders, replay.same
    ));
    for order in &replay.differing {
        printer.data(format_args!("  {}", order.text()));
    }
    if others > 0 {
        printer.data(format_args!("  In Odoo: {}", sums(&replay.booked)));
        printer.data(format_args!("  Planned: {}", sums(&replay.planned)));
    }
}

fn sums(sums: &BTreeMap<String, Sum>) -> String {
    let one = |(currency, sum): (&String, &Sum)| {
        format!("{} orders, {} {currency}, tax {}", sum.count, sum.total, sum.tax)
    };
    let all: Vec<String> = sums.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(" · ") }
}
