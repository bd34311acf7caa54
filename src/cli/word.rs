//! A word of a person about orders, and the pass that obeys it: by the running service, else by
//! this command.

use std::sync::Arc;

use serde::Deserialize as _;
use tokio::time::timeout;

use crate::config::{Config, Sync};
use crate::daemon::{Handover, Reply};
use crate::store::Store;
use crate::sync::{NO_SYNC, PassError, Tally, Word, queued_at};

use super::connect::{Session, TELLING_TAKES, Work, work};
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
    let (tally, error) = done(word, keys, by, config, printer).await?;
    match output {
        Output::Json => printer.json(&tally)?,
        Output::Text => printer.data(tally.text()),
    }
    Ok(Exit::of_tally(&tally, error.as_ref()))
}

/// Says it about these orders and has them booked: what became of them, and the error that kept
/// a pass from its end.
pub(super) async fn done(
    word: Word,
    keys: Vec<String>,
    by: String,
    config: Config,
    printer: &Printer,
) -> Result<(Tally, Option<PassError>), CliError> {
    let store = connect::store(&config).await?;
    match work(&config, store.as_ref(), "tillbridge").await? {
        Work::Theirs => {
            let work = Handover::Orders { word, keys, by };
            let reply = service(store.as_ref(), &work, printer).await?;
            let tally = Tally::deserialize(&reply.result).map_err(|error| {
                CliError::unexpected(format!("the service's answer cannot be read: {error}"))
            })?;
            Ok((tally, None))
        }
        Work::Ours(_lock) => {
            let mut session = Session::open(config, Arc::clone(&store)).await?;
            word.say(store.as_ref(), &keys, &by, session.engine.now()).await?;
            let stop = Stop::listen()?;
            let done = book(&mut session, &keys, &stop).await?;
            session.leave(&stop).await?;
            Ok(done)
        }
    }
}

/// Tells Odoo what this command changed in the store, for a while at most; a running service
/// does so by itself.
pub(super) async fn tell(config: &Config, store: &Arc<dyn Store>, printer: &Printer) -> Result<(), CliError> {
    let Work::Ours(_lock) = work(config, store.as_ref(), "tillbridge").await? else { return Ok(()) };
    let told = timeout(TELLING_TAKES, async {
        let mut session = Session::open(config.clone(), Arc::clone(store)).await?;
        session.tell_orders().await
    });
    let why = match told.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.message,
        Err(_) => "it does not answer".to_owned(),
    };
    printer.note(format_args!("Odoo is told of it with the next pass: {why}"));
    Ok(())
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
