//! `tillbridge store check`.

use clap::Args;
use serde::Serialize;

use crate::store::{Health, Store};

use super::super::Output;
use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;

/// Options of `tillbridge store check`.
#[derive(Args)]
pub(super) struct CheckArgs {
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
struct Checked {
    store: String,
    #[serde(flatten)]
    health: Health,
}

pub(super) async fn run(args: &CheckArgs, store: &dyn Store, printer: &Printer) -> Result<Exit, CliError> {
    let checked = Checked { store: store.place(), health: store.check().await? };
    let Checked { store, health } = &checked;
    let exit = if health.findings.is_empty() { Exit::Done } else { Exit::Attention };
    if args.output == Output::Json {
        printer.json(&checked)?;
        return Ok(exit);
    }
    printer.data(format_args!("Store:   {store}"));
    printer.data(format_args!("Schema:  {}, the newest that this version knows", health.schema));
    printer.data(format_args!("Size:    {} KiB", health.bytes.div_ceil(1024)));
    let orders: Vec<String> =
        health.orders.iter().map(|(state, count)| format!("{count} {}", state.as_str())).collect();
    let orders = if orders.is_empty() { "none".to_owned() } else { orders.join(", ") };
    printer.data(format_args!("Orders:  {orders}"));
    if health.findings.is_empty() {
        printer.data("It is sound.");
    }
    for finding in &health.findings {
        printer.data(format_args!("! {finding}"));
    }
    if !health.findings.is_empty() {
        printer.note(
            "Keep a copy (tillbridge store export). Then restore the store's backup, or move it aside and start with an empty one: what is booked is looked up in Odoo.",
        );
    }
    Ok(exit)
}
