//! `tillbridge store`.

mod check;
mod export;

use clap::{Args, Subcommand};

use crate::config::Config;

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge store check                   is it sound, how big is it, what is in it
  tillbridge store export > store.ndjson   all of it, to read, to keep, or to move elsewhere

Both only read, and may run beside the service.";

/// Options of `tillbridge store`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Look for damage, and for orders in a state that cannot be
    Check(check::CheckArgs),
    /// Write everything in the store as lines of JSON
    Export(export::ExportArgs),
}

pub(super) async fn run(args: StoreArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    match args.command {
        StoreCommand::Check(args) => check::run(&args, store.as_ref(), printer).await,
        StoreCommand::Export(args) => export::run(args, store.as_ref()).await,
    }
}
