//! `tillbridge store check`.

use chrono::SubsecRound as _;
use clap::Args;
use serde::Serialize;

use crate::config::{Config, StoreSettings};
use crate::store::{Filter, Health, Holder, Item, Lock, OdooIdentity, State, Store, StoreError};

use super::super::Output;
use super::super::exit::{CliError, Exit};
use super::super::orders::time;
use super::super::printer::Printer;

const EXIT: &str = "\
Exit codes: 0 sound · 3 something is not sound · 1 it cannot be read · 2 no store, or one of a newer
version · 4 its server is not reachable";

/// Options of `tillbridge store check`.
#[derive(Args)]
#[command(after_help = EXIT)]
pub(super) struct CheckArgs {
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What is said of a store.
#[derive(Serialize)]
struct Checked {
    store: String,
    /// The Odoo database that it belongs to.
    odoo: Option<OdooIdentity>,
    #[serde(flatten)]
    health: Health,
    /// The order that is open for the longest time.
    oldest_open: Option<Oldest>,
    /// Who works on it now.
    at_work: Vec<Worker>,
}

#[derive(Serialize)]
struct Oldest {
    id: String,
    key: String,
    state: State,
    received_at: String,
}

#[derive(Serialize)]
struct Worker {
    what: String,
    who: String,
    since: String,
}

pub(super) async fn run(
    args: &CheckArgs,
    store: &dyn Store,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let mut health = store.check().await?;
    let odoo = found(store.bound().await, &mut health)?.flatten();
    let open = Filter {
        states: State::ALL.into_iter().filter(|state| state.is_open()).collect(),
        limit: 1,
        ..Filter::default()
    };
    let oldest = found(store.list(&open).await, &mut health)?.unwrap_or_default().pop();
    let holders = match &config.store {
        StoreSettings::File(path) => Lock::holder(path).into_iter().collect(),
        StoreSettings::Postgres(_) => store.holders("").await?,
    };
    let exit = if health.findings.is_empty() { Exit::Done } else { Exit::Attention };
    let checked = Checked {
        store: store.place(),
        odoo,
        health,
        oldest_open: oldest.map(Oldest::of),
        at_work: holders.into_iter().map(Worker::of).collect(),
    };
    if args.output == Output::Json {
        printer.json(&checked)?;
    } else {
        checked.print(printer);
    }
    Ok(exit)
}

/// An answer of the store; of one that is known to be damaged it may be lacking.
fn found<T>(answer: Result<T, StoreError>, health: &mut Health) -> Result<Option<T>, CliError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if !health.findings.is_empty() => {
            health.findings.push(format!("It does not answer: {error}."));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

impl Oldest {
    fn of(item: Item) -> Self {
        Self {
            id: item.external_id,
            key: item.key,
            state: item.state,
            received_at: time(item.received_at.trunc_subsecs(0)),
        }
    }
}

impl Worker {
    fn of(holder: Holder) -> Self {
        Self { what: holder.name, who: holder.who, since: time(holder.since) }
    }
}

impl Checked {
    fn print(&self, printer: &Printer) {
        let Health { schema, bytes, orders, findings } = &self.health;
        let line = |name: &str, text: String| printer.data(format_args!("{name:<13} {text}"));
        line("Store:", self.store.clone());
        line(
            "Belongs to:",
            self.odoo.as_ref().map_or("no Odoo database yet".to_owned(), ToString::to_string),
        );
        line("Schema:", format!("version {schema}, the newest that this tillbridge knows"));
        line("Size:", format!("{} KiB", bytes.div_ceil(1024)));
        let orders: Vec<String> =
            orders.iter().map(|(state, count)| format!("{count} {}", state.as_str())).collect();
        line("Orders:", if orders.is_empty() { "none".to_owned() } else { orders.join(", ") });
        if let Some(Oldest { id, state, received_at, .. }) = &self.oldest_open {
            line("Oldest open:", format!("{id}, {}, received {received_at}", state.as_str()));
        }
        if self.at_work.is_empty() {
            line("At work:", "nobody".to_owned());
        }
        for Worker { what, who, since } in &self.at_work {
            line("At work:", format!("{what}: {who}, since {since}"));
        }
        if findings.is_empty() {
            line("Sound:", "yes".to_owned());
            return;
        }
        line("Sound:", "no".to_owned());
        for finding in findings {
            printer.data(format_args!("  {finding}"));
        }
        printer.note(
            "Stop the service and keep a copy of the files. Then restore the store's backup, or move it aside and start with an empty one: what is booked and what people decided is looked up in Odoo, and orders are fetched again.",
        );
    }
}
