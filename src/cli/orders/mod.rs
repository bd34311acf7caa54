//! `tillbridge orders`: the inbox.

mod decide;
mod find;
mod rebook;
mod release;
mod show;

pub(super) use show::Whole;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Config;
use crate::store::{Filter, Item, State, Store};

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output, connect, syncs};

pub(super) use find::find;

const EXAMPLES: &str = "\
Examples:
  tillbridge orders                          the last 50 received
  tillbridge orders --state refused,conflict those that need somebody
  tillbridge orders --id 70211               where order 70211 stands
  tillbridge orders --show 70211             all that is known of it, its raw JSON too
  tillbridge orders complete 70220           book it although its source keeps it open
  tillbridge orders ignore 70221 --reason 'a test'
  tillbridge orders retry 70222              try it again now, without waiting
  tillbridge orders --release 70211          book a late order nevertheless
  tillbridge orders rebook                   what was booked and is gone from Odoo
  tillbridge orders --limit 0 --output json | jq -r '.orders[] | [.id, .state] | @csv'

States: waiting (not completed or paid yet) · ready (to be booked) · sending · booked ·
refused (needs somebody) · retrying (by itself) · skipped (by a rule) · ignored (by a
person) · conflict (changed after it was booked) · missing (was booked, and Odoo holds it no more)";

/// Options of `tillbridge orders`.
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct OrdersArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only orders in this state (several: refused,conflict)
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = state)]
    state: Vec<State>,
    /// Only orders of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Only orders with this external id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// At most so many, the last received first; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Show all that is known of the order with this external id
    #[arg(long, value_name = "ID", conflicts_with_all = ["state", "id", "limit"])]
    show: Option<String>,
    /// Book the order with this external id although it comes too late for its day
    #[arg(long, value_name = "ID", conflicts_with_all = ["state", "id", "limit", "show"])]
    release: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What can be done about orders.
#[derive(Subcommand)]
enum Action {
    #[command(flatten)]
    Decide(decide::Decision),
    /// Show the orders that were booked and are gone from Odoo, and book them again
    Rebook(rebook::RebookArgs),
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| {
        let known: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
        format!("the states are {}", known.join(", "))
    })
}

/// One order in the list.
#[derive(Serialize)]
struct Row {
    id: String,
    key: String,
    sync: String,
    state: State,
    total: Option<Decimal>,
    sale_at: Option<String>,
    pos_order: Option<String>,
    code: Option<String>,
    message: Option<String>,
    fix: Option<String>,
    attempts: u32,
    next_try_at: Option<String>,
    received_at: String,
    changed_at: String,
}

impl Row {
    fn of(item: &Item, config: &Config) -> Self {
        Self {
            id: item.external_id.clone(),
            key: item.key.clone(),
            sync: sync_name(&item.sync, config),
            state: item.state,
            total: item.total,
            sale_at: item.sale_at.map(time),
            pos_order: item.booked.as_ref().map(|booked| booked.name.clone()),
            code: item.reason.as_ref().map(|reason| reason.code.to_string()),
            message: item.reason.as_ref().map(|reason| reason.message.to_string()),
            fix: item.reason.as_ref().map(|reason| reason.fix.to_string()),
            attempts: item.attempts,
            next_try_at: item.next_try_at.map(time),
            received_at: time(item.received_at),
            changed_at: time(item.changed_at),
        }
    }
}

/// The page of the list, with how many there are in all.
#[derive(Serialize)]
struct Listing {
    total: u64,
    orders: Vec<Row>,
}

pub(super) async fn run(args: OrdersArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    match &args.action {
        Some(Action::Decide(decision)) => {
            return decide::run(decision, &store, &config, printer).await;
        }
        Some(Action::Rebook(args)) => return rebook::run(args, &store, &config, printer).await,
        None => {}
    }
    let mut filter = Filter {
        states: args.state.iter().copied().collect(),
        sync: args.sync.as_deref().map(|name| sync_id(name, &config)).transpose()?,
        external_id: args.id.or_else(|| args.show.clone()),
        limit: args.limit,
        newest_first: true,
        ..Filter::default()
    };
    if let Some(id) = &args.release {
        return release::run(id, filter.sync, &store, &config, printer).await;
    }
    if let Some(id) = &args.show {
        filter.limit = 0;
        return show::run(id, &store.list(&filter).await?, &config, args.output, printer);
    }
    list(store.as_ref(), &filter, &config, args.output, printer).await
}

async fn list(
    store: &dyn Store,
    filter: &Filter,
    config: &Config,
    output: Output,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let orders: Vec<Row> = store.list(filter).await?.iter().map(|item| Row::of(item, config)).collect();
    let total = store.count(filter).await?;
    let listing = Listing { total, orders };
    if output == Output::Json {
        printer.json(&listing)?;
        return Ok(Exit::Done);
    }
    let shown = u64::try_from(listing.orders.len()).unwrap_or(u64::MAX);
    table(listing.orders.into_iter(), printer);
    printer.note(match (total, shown) {
        (0, _) => "No orders.".to_owned(),
        (1, _) => "1 order.".to_owned(),
        (total, shown) if shown < total => {
            format!("{shown} of {total} orders, the last received first; --limit 0 shows all.")
        }
        (total, _) => format!("{total} orders."),
    });
    Ok(Exit::Done)
}

fn table(orders: impl Iterator<Item = Row>, printer: &Printer) {
    let head = ["Order", "Sync", "State", "Total", "Sold (UTC)", "POS order", "Reason"];
    let rows: Vec<_> = orders.map(|row| cells(&row)).collect();
    if !rows.is_empty() {
        printer.table(&head, rows);
    }
}

fn cells(row: &Row) -> [String; 7] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.id.clone(),
        row.sync.clone(),
        row.state.as_str().to_owned(),
        row.total.map(|total| total.to_string()).unwrap_or_default(),
        text(&row.sale_at).replace('T', " ").trim_end_matches('Z').to_owned(),
        text(&row.pos_order),
        text(&row.message),
    ]
}

/// A time for people and machines alike: UTC, to the second.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The stable id of a sync by its name; that of a sync kept in Odoo is taken as it is
/// (`odoo:7`), since its name is known there.
pub(super) fn sync_id(name: &str, config: &Config) -> Result<String, CliError> {
    match syncs::by_name(&config.syncs, name) {
        Ok(sync) => Ok(sync.id.clone()),
        Err(_) if name.starts_with("odoo:") || name.starts_with("file:") => Ok(name.to_owned()),
        Err(error) => Err(error),
    }
}

pub(super) fn sync_name(id: &str, config: &Config) -> String {
    match config.syncs.iter().find(|sync| sync.id == id) {
        Some(sync) => sync.name.clone(),
        None => id.strip_prefix("file:").unwrap_or(id).to_owned(),
    }
}
