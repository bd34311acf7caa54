//! `tillbridge session`.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::config::Config;
use crate::daemon::Handover;
use crate::sync::{SessionReport, SessionStatus, SyncReport};

use super::connect::{Work, work};
use super::exit::{CliError, Exit};
use super::handed::handed_over;
use super::printer::Printer;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge session status                what is open, who opened it, what keeps it from closing
  tillbridge session close                 close the sessions that tillbridge opened, now
  tillbridge session close --shop \"Web\"    only that shop's

The service (tillbridge run) closes sessions by the rule of their sync; this command does it
by hand. A session of somebody else, or of a shop that cashiers use too, is never closed.";

/// Options of `tillbridge session`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SessionArgs {
    #[command(subcommand)]
    command: SessionCommand,
}

#[derive(Subcommand)]
enum SessionCommand {
    /// Show the sessions that are open in the shops of the syncs
    Status(Which),
    /// Close the sessions that tillbridge opened, and verify their closing entries
    Close(Which),
}

/// Which sessions.
#[derive(Args)]
struct Which {
    /// Only of the shops of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Only of this shop: its name or its id
    #[arg(long, value_name = "NAME")]
    shop: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
struct Open {
    sessions: Vec<SessionStatus>,
}

#[derive(Serialize)]
struct Closed {
    sessions: Vec<SessionReport>,
}

pub(super) async fn run(args: SessionArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    match args.command {
        SessionCommand::Status(which) => status(which, config, printer).await,
        SessionCommand::Close(which) => close(which, config, printer).await,
    }
}

async fn status(which: Which, config: Config, printer: &Printer) -> Result<Exit, CliError> {
    let store = connect::store(&config).await?;
    let session = connect::Session::look(config, store).await?;
    let mut sessions: Vec<SessionStatus> = Vec::new();
    for sync in session.syncs(which.sync.as_deref())? {
        for found in session.engine.sessions(&session.client, session.link.facts, &sync).await? {
            let is_new = sessions.iter().all(|known| known.session != found.session);
            if is_new && which.shop.as_ref().is_none_or(|shop| *shop == found.shop) {
                sessions.push(found);
            }
        }
    }
    if which.output == Output::Json {
        printer.json(&Open { sessions })?;
        return Ok(Exit::Done);
    }
    if sessions.is_empty() {
        printer.note("No session is open.");
        return Ok(Exit::Done);
    }
    let head = ["Shop", "Session", "State", "Business day", "Orders", "Not paid", "Opened by"];
    printer.table(&head, sessions.iter().map(cells));
    for shared in sessions.iter().filter_map(|session| session.shared.as_ref().map(|why| (session, why))) {
        printer
            .note(format_args!("{} is used by others, too, and never closed: {}", shared.0.shop, shared.1));
    }
    Ok(Exit::Done)
}

fn cells(session: &SessionStatus) -> [String; 7] {
    let day = session.business_day.map(|day| day.to_string());
    let opener = if session.ours { "tillbridge".to_owned() } else { session.opened_by.clone() };
    [
        session.shop.clone(),
        if session.rescue { format!("{} (rescue)", session.name) } else { session.name.clone() },
        session.state.clone(),
        day.unwrap_or_default(),
        session.orders.to_string(),
        session.drafts.to_string(),
        opener,
    ]
}

async fn close(which: Which, config: Config, printer: &Printer) -> Result<Exit, CliError> {
    let store = connect::store(&config).await?;
    let reports = match work(&config, store.as_ref(), "tillbridge session close").await? {
        Work::Ours(_lock) => {
            let session = connect::Session::open(config, store).await?;
            let mut reports: Vec<SyncReport> = Vec::new();
            for sync in session.syncs(which.sync.as_deref())? {
                let (client, facts) = (&session.client, session.link.facts);
                reports
                    .push(session.engine.close_sessions(client, facts, &sync, which.shop.as_deref()).await);
            }
            session.end().await;
            reports
        }
        Work::Theirs => {
            let work = Handover::Close { name: which.sync, shop: which.shop };
            handed_over(store.as_ref(), &work, printer).await?
        }
    };
    let mut sessions: Vec<SessionReport> = Vec::new();
    for found in reports.iter().flat_map(|report| &report.sessions) {
        if sessions.iter().all(|known| known.session != found.session) {
            sessions.push(found.clone());
        }
    }
    let attention = sessions.iter().any(SessionReport::needs_attention);
    match which.output {
        Output::Json => printer.json(&Closed { sessions })?,
        Output::Text if sessions.is_empty() => printer.note("No session is open."),
        Output::Text => sessions.iter().for_each(|session| printer.data(session.summary())),
    }
    if let Some(error) = reports.into_iter().find_map(|report| report.error) {
        return Err(error.into());
    }
    Ok(if attention { Exit::Attention } else { Exit::Done })
}
