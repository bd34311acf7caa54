//! A word of a person about orders, and the pass that obeys it: by the running service, else by
//! this command.

use std::sync::Arc;

use serde::Deserialize as _;

use crate::config::{Config, Sync};
use crate::daemon::{Handover, Reply};
use crate::store::Store;
use crate::sync::{NO_SYNC, PassError, Tally, Word, queued_at};

use super::connect::{Session, Work, work};
use super::exit::{CliError, Exit};
use super::handed::handed_over;
use super::printer::Printer;
use super::stop::Stop;
use super::{Output, connect};

/// Says it about these orders, has them booked, and tells what became of them.
pub(super) async fn say(
    word: Word,
    keys: Vec<String>,
    by: String,
    config: Config,
    output: Output,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let store = connect::store(&config).await?;
    match work(&config, store.as_ref(), "tillbridge").await? {
        Work::Theirs => {
            let work = Handover::Orders { word, keys, by };
            let reply = service(store.as_ref(), &work, printer).await?;
            let tally = Tally::deserialize(&reply.result).map_err(|error| {
                CliError::unexpected(format!("the service's answer cannot be read: {error}"))
            })?;
            print(&tally, None, output, printer)
        }
        Work::Ours(_lock) => {
            let mut session = Session::open(config, Arc::clone(&store)).await?;
            word.say(store.as_ref(), &keys, &by, session.engine.now()).await?;
            let (tally, error) = book(&mut session, &keys, &Stop::listen()?).await?;
            session.end().await;
            print(&tally, error.as_ref(), output, printer)
        }
    }
}

/// A pass over the syncs that have something to book of these orders, and what became of them.
/// With it the error that kept a pass from its end.
pub(super) async fn book(
    session: &mut Session,
    keys: &[String],
    stop: &Stop,
) -> Result<(Tally, Option<PassError>), CliError> {
    session.engine.adopt(&session.link.syncs, &session.link.known).await?;
    let of = queued_at(session.engine.store(), keys).await?;
    let runs = |sync: &&Sync| sync.active && of.contains(&sync.id);
    let syncs: Vec<Sync> = session.link.syncs.iter().filter(runs).cloned().collect();
    let mut error = None;
    for sync in &syncs {
        let pass = Box::pin(session.engine.pass(&session.client, session.link.facts, sync));
        let report = stop.obeyed(&session.engine, pass).await?;
        session.report(sync, &report).await?;
        error = error.or(report.error);
        stop.check()?;
    }
    let stopped = match &error {
        Some(error) => Some(error.said()),
        None if syncs.is_empty() => Some(NO_SYNC.to_owned()),
        None => None,
    };
    let tally = Tally::of(session.engine.store(), keys, stopped.as_deref()).await?;
    Ok((tally, error))
}

/// The running service does it; its answer.
pub(super) async fn service(
    store: &dyn Store,
    work: &Handover,
    printer: &Printer,
) -> Result<Reply, CliError> {
    let answers = handed_over(store, work, printer).await?;
    answers.into_iter().next().ok_or_else(|| CliError::unexpected("the service did not answer"))
}

/// Tells what became of the orders.
pub(super) fn print(
    tally: &Tally,
    error: Option<&PassError>,
    output: Output,
    printer: &Printer,
) -> Result<Exit, CliError> {
    match output {
        Output::Json => printer.json(tally)?,
        Output::Text => printer.data(tally.text()),
    }
    Ok(match error {
        _ if tally.is_all() => Exit::Done,
        Some(error) => error.kind.into(),
        None => Exit::Attention,
    })
}
