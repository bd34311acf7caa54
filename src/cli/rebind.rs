//! `tillbridge rebind`: the store of one Odoo database goes on with another one.

use clap::Args;

use crate::config::Config;
use crate::exchange::{Binding, Link};
use crate::store::{Filter, State, Store};

use super::connect::{Work, work};
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge rebind                        show both databases and what it would mean
  tillbridge rebind --yes                  go on with the database of the configuration

A store belongs to one Odoo database, so that a copy of it, or another one, is never taken for
the one in which the orders are booked. It is the same one for you after it was renamed, moved,
or restored under another name. To try things out on a copy of the database, give the copy a
configuration of its own with another [store] path instead.

Orders that this Odoo holds stay booked. Those that it does not hold are shown as missing, and
nothing of them is booked again until you agree (tillbridge orders rebook). What was decided
about orders is told to this Odoo. Stop the service first.";

/// Options of `tillbridge rebind`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RebindArgs {
    /// Do it; without this it is only shown
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: RebindArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let _lock = if args.yes { Some(alone(&config, store.as_ref()).await?) } else { None };
    let client = connect::odoo(&config).await?;
    let here = Link::whose(&client, &config, store.as_ref()).await?;
    let bound = Binding::bound(store.as_ref()).await?;
    let Some(bound) = bound.filter(|bound| !bound.is(&here)) else {
        printer.note(format_args!(
            "Nothing to do: the store belongs to the Odoo database {here}, or to none yet."
        ));
        return Ok(Exit::Done);
    };
    let booked = Filter { states: [State::Booked, State::Conflict].into(), ..Filter::default() };
    let booked = store.count(&booked).await?;
    printer.data(format_args!("The store belongs to the Odoo database  {bound}"));
    printer.data(format_args!("The configuration leads to             {here}"));
    printer.data(format_args!("Booked as far as the store knows        {booked} orders"));
    if !args.yes {
        printer.note(
            "With --yes the store belongs to the second one. Each booked order is looked up there: what it does not hold becomes missing, and is booked again only after tillbridge orders rebook --yes.",
        );
        return Ok(Exit::Attention);
    }
    here.bind(store.as_ref()).await?;
    tracing::info!(from = %bound, to = %here, "the store belongs to another Odoo database, by a person");
    let session = connect::Session::open(config, store).await?;
    let missing = session.engine.look_for_missing(&session.client, &session.link.syncs, true).await?;
    if missing == 0 {
        printer.data("Done. Every booked order is there.");
        return Ok(Exit::Done);
    }
    printer.data(format_args!(
        "Done. {missing} of {booked} booked orders are not there: tillbridge orders rebook"
    ));
    Ok(Exit::Attention)
}

/// Makes sure that no service works on the store meanwhile.
async fn alone(config: &Config, store: &dyn Store) -> Result<Work, CliError> {
    match work(config, store, "tillbridge rebind").await? {
        Work::Theirs => Err(CliError::usage(
            "A tillbridge service works on this store.".to_owned(),
            Some("Stop it first; it begins with the other database when it is started again.".to_owned()),
        )),
        ours @ Work::Ours(_) => Ok(ours),
    }
}
