//! `tillbridge fetch`.

use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::daemon::Handover;
use crate::sync::{Fetched, Tally, Wanted};

use super::connect::{Session, Work, work};
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::stop::Stop;
use super::word::{book, service};
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge fetch 70211 70212             where there is one sync
  tillbridge fetch 70211 --sync \"Web shop\"
  tillbridge fetch --from 2026-11-01 --to 2026-11-03 --sync \"Web shop\"
  tillbridge fetch 70211 --from 2026-08-01 look that far back in the source's list

Each id is asked for at the sync's order_url; without one the source's list is read again, a
month back or from --from. What is found is booked at once, as any other order.
Exit codes: 0 all found and booked · 3 not all · others as with tillbridge sync";

/// Options of `tillbridge fetch`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FetchArgs {
    /// External ids of the orders
    #[arg(value_name = "ID", required_unless_present = "from")]
    ids: Vec<String>,
    /// From this day on (YYYY-MM-DD, in the sync's time zone)
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Up to this day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    /// The sync whose source is asked; not needed where there is only one
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What came of it: of the source, and in Odoo.
#[derive(Serialize, Deserialize)]
struct Report {
    #[serde(flatten)]
    fetched: Fetched,
    #[serde(flatten)]
    tally: Tally,
}

pub(super) async fn run(args: FetchArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let wanted = Wanted { ids: args.ids, from: args.from, to: args.to };
    let (report, message, error) = match work(&config, store.as_ref(), "tillbridge fetch").await? {
        Work::Theirs => {
            let reply =
                service(store.as_ref(), &Handover::Fetch { name: args.sync, wanted }, printer).await?;
            let report = Report::deserialize(&reply.result).map_err(|_| CliError {
                exit: Exit::Unreachable,
                message: reply.message.clone(),
                hint: None,
            })?;
            (report, reply.message, None)
        }
        Work::Ours(_lock) => {
            let mut session = Session::open(config, Arc::clone(&store)).await?;
            let sync = session.sync(args.sync.as_deref())?;
            let stop = Stop::listen()?;
            let work = session.engine.fetch(session.link.facts, &sync, &wanted);
            let fetched = stop.obeyed(&session.engine, work).await??;
            stop.check()?;
            let (tally, error) = book(&mut session, &fetched.found, &stop).await?;
            session.leave(&stop).await?;
            let message = fetched.text(&tally);
            (Report { fetched, tally }, message, error)
        }
    };
    match args.output {
        Output::Json => printer.json(&report)?,
        Output::Text => printer.data(message),
    }
    Ok(match error {
        _ if report.tally.is_all() && report.fetched.missing.is_empty() => Exit::Done,
        Some(error) => error.kind.into(),
        None => Exit::Attention,
    })
}
