//! `tillbridge where`.

use clap::Args;
use serde::Serialize;

use crate::config::Config;
use crate::store::{Item, Store};
use crate::sync::{asked, orders_known_by, sentence};

use super::exit::{CliError, Exit};
use super::orders::{sync_name, time};
use super::printer::Printer;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge where 70211                  by the external id
  tillbridge where 'Main Shop/0042'       by the name of the order in Odoo
  tillbridge where TX-9001                by the reference of a payment, or a fiscal number
  tillbridge where '050 123 4567'         by the customer's phone
  tillbridge where 70211 --output json | jq '.orders[].state'

The answer is a sentence. Blanks, hyphens, a leading # and leading zeros do not matter. What
was never received can be fetched: tillbridge fetch ID
Exit codes: 0 found · 3 never shown by the source";

/// Options of `tillbridge where`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct WhereArgs {
    /// What is known of the order: any id, a reference, a phone number
    #[arg(value_name = "ID")]
    id: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// The answer, as `--output json` prints it.
#[derive(Serialize)]
struct Answer {
    answer: String,
    orders: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    id: String,
    key: String,
    sync: String,
    state: &'static str,
    pos_order: Option<String>,
    answer: String,
}

pub(super) async fn run(args: WhereArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let items = orders_known_by(store.as_ref(), &args.id).await?;
    let answer = match items.as_slice() {
        [] => never_shown(&args.id, store.as_ref(), &config).await?,
        [item] => sentence(item),
        several => format!("{} orders are known by {}.", several.len(), args.id.trim()),
    };
    let orders: Vec<Found> = items.iter().map(|item| found(item, &config)).collect();
    let exit = if orders.is_empty() { Exit::Attention } else { Exit::Done };
    match args.output {
        Output::Json => printer.json(&Answer { answer, orders })?,
        Output::Text if orders.len() < 2 => printer.data(answer),
        Output::Text => orders.iter().for_each(|order| printer.data(&order.answer)),
    }
    Ok(exit)
}

fn found(item: &Item, config: &Config) -> Found {
    Found {
        id: item.external_id.clone(),
        key: item.key.clone(),
        sync: sync_name(&item.sync, config),
        state: item.state.as_str(),
        pos_order: item.booked.as_ref().map(|booked| booked.name.clone()),
        answer: sentence(item),
    }
}

/// What is said of an order that nobody received: which sources were asked when.
async fn never_shown(id: &str, store: &dyn Store, config: &Config) -> Result<String, CliError> {
    let asked = asked(store).await?;
    let told: Vec<String> = asked
        .iter()
        // A sync that was taken out of the file is asked no more.
        .filter(|(id, _)| !id.starts_with("file:") || config.syncs.iter().any(|sync| sync.id == **id))
        .map(|(_, asked)| format!("{}, which was last asked at {}", asked.sync, time(asked.at)))
        .collect();
    let id = id.trim();
    Ok(match told.as_slice() {
        [] => format!("No order known by {id} was ever received: no source was asked to the end yet."),
        [one] => format!(
            "No order known by {id} was ever shown by the source of {one}. Ask for it with: tillbridge fetch {id}"
        ),
        several => format!(
            "No order known by {id} was ever shown by the sources of {}. Ask for it with: tillbridge fetch {id} --sync NAME",
            several.join("; ")
        ),
    })
}
