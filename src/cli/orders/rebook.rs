//! `tillbridge orders rebook`: orders that were booked and are gone from Odoo.

use std::sync::Arc;

use clap::Args;

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::store::{Filter, State, Store};
use crate::sync::{Word, incidents};

use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::super::word::tell;
use super::{Row, sync_id, sync_name, table};

/// Options of `tillbridge orders rebook`.
#[derive(Args)]
pub(super) struct RebookArgs {
    /// Only the orders of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Book them again; without this they are only shown
    #[arg(long)]
    yes: bool,
}

/// Shows what is missing, and lets it be booked again once somebody agrees. The inbox takes it
/// at once; the service, or the next pass, acts on it.
pub(super) async fn run(
    args: &RebookArgs,
    store: &Arc<dyn Store>,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let sync = args.sync.as_deref().map(|name| sync_id(name, config)).transpose()?;
    let incidents = incidents(store.as_ref(), sync.as_deref()).await?;
    if incidents.is_empty() {
        printer.note("No order that was booked is known to be gone from Odoo.");
        return Ok(Exit::Done);
    }
    let filter = Filter { states: [State::Missing].into(), sync, ..Filter::default() };
    let items = store.list(&filter).await?;
    table(items.iter().map(|item| Row::of(item, config)), printer);
    for incident in &incidents {
        printer.note(format_args!("{}: {incident}", sync_name(&incident.sync, config)));
    }
    if !args.yes {
        printer.note("To book them again, under the same keys: tillbridge orders rebook --yes");
        return Ok(Exit::Attention);
    }
    let keys: Vec<String> = items.into_iter().map(|item| item.key).collect();
    let ready = Word::Rebook.say(store.as_ref(), &keys, "", SystemClock.now()).await?;
    printer.data(format_args!(
        "{} orders are booked again in the next pass (now: tillbridge sync); what Odoo holds after all is only noted.",
        ready.len()
    ));
    tell(config, store, printer).await?;
    Ok(Exit::Done)
}
