//! `tillbridge store`: what is stored, checked, written out or taken away.

mod check;
mod export;
mod prune;

use clap::{Args, Subcommand};

use crate::config::{Config, StoreSettings};

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge store check                         is it sound, whose is it, what is in it
  tillbridge store check --output json | jq .findings
  tillbridge store export --file store.ndjson    all orders, decisions and sessions, to keep or to read
  tillbridge store export | jq -c 'select(.order.state == \"refused\").order | [.id, .message]'
  tillbridge store prune --dry-run               how much is older than it is kept

check and export only read, and may run beside the service.";

/// Options of `tillbridge store`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Look for damage and for orders in a state that cannot be, and say what is in the store
    Check(check::CheckArgs),
    /// Write all orders, decisions and sessions as lines of JSON
    Export(export::ExportArgs),
    /// Take away what is older than it is kept, and give the room back
    Prune(prune::PruneArgs),
}

pub(super) async fn run(args: StoreArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    if let StoreSettings::File(path) = &config.store
        && !path.exists()
    {
        return Err(CliError::usage(
            format!("there is no store at {}", path.display()),
            "It is made by the first: tillbridge sync".to_owned(),
        ));
    }
    let store = connect::store(&config).await?;
    match args.command {
        StoreCommand::Check(args) => check::run(&args, store.as_ref(), &config, printer).await,
        StoreCommand::Export(args) => export::run(&args, store.as_ref(), &config, printer).await,
        StoreCommand::Prune(args) => prune::run(&args, store, config, printer).await,
    }
}
