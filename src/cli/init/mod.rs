//! `tillbridge init`: the first `tillbridge.toml`.
//!
//! Options answer questions beforehand; what is left is asked at a terminal, and an error
//! elsewhere. Nothing is written before Odoo accepted the login.

mod ask;
mod file;
mod questions;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::Config;
use crate::odoo::Client;

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, connect};

use ask::Asker;
use file::{Connection, Draft};

const EXAMPLES: &str = "\
Examples:
  tillbridge init                        asks for everything
  sudo tillbridge --config /etc/tillbridge/tillbridge.toml init
  tillbridge init --yes --url https://odoo.example.com --database shop --username till \\
      --api-key-env ODOO_KEY
  tillbridge init --yes --url https://odoo.example.com --username till --api-key-file odoo.key \\
      --sync \"Web shop\" --source-url https://shop.example.com/api/orders \\
      --source-key-env SHOP_KEY --shop \"Main Shop\" --start-date 2026-11-01 --timezone Asia/Riyadh

Keys typed in are kept in the file, which only its owner can read. Those named by
--…-env and --…-file stay where they are.";

/// Options of `tillbridge init`.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = EXAMPLES)]
pub(super) struct InitArgs {
    /// Address of Odoo, such as `https://odoo.example.com`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Database; may be left out where Odoo has but one and tells it
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Login of the API user
    #[arg(long, value_name = "LOGIN")]
    username: Option<String>,
    /// Environment variable that holds its API key
    #[arg(long, value_name = "VAR", group = "odoo_secret")]
    api_key_env: Option<String>,
    /// File that holds its API key
    #[arg(long, value_name = "FILE", group = "odoo_secret")]
    api_key_file: Option<PathBuf>,
    /// Environment variable that holds its password
    #[arg(long, value_name = "VAR", group = "odoo_secret")]
    password_env: Option<String>,
    /// File that holds its password
    #[arg(long, value_name = "FILE", group = "odoo_secret")]
    password_file: Option<PathBuf>,
    /// Permit plain http to an Odoo on another machine
    #[arg(long)]
    allow_insecure_http: bool,
    /// Name of a first sync
    #[arg(long, value_name = "NAME", requires_all = ["source_url", "shop"])]
    sync: Option<String>,
    /// Address of its source's order list
    #[arg(long, value_name = "URL", requires = "sync")]
    source_url: Option<String>,
    /// Environment variable that holds the source's key
    #[arg(long, value_name = "VAR", requires = "sync", conflicts_with = "source_key_file")]
    source_key_env: Option<String>,
    /// File that holds the source's key
    #[arg(long, value_name = "FILE", requires = "sync")]
    source_key_file: Option<PathBuf>,
    /// The shop it feeds: name or id of a Point of Sale in Odoo
    #[arg(long, value_name = "SHOP", requires = "sync")]
    shop: Option<String>,
    /// Leave out sales before this date; without it, all that the source returns is booked
    #[arg(long, value_name = "DATE", requires = "sync")]
    start_date: Option<String>,
    /// Time zone of the shop, for dates that name none [default: the API user's, or UTC]
    #[arg(long, value_name = "ZONE", requires = "sync")]
    timezone: Option<String>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn run(args: InitArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let path = global.config.as_path();
    if path.exists() && !args.force {
        return Err(CliError::usage(
            format!("{} exists already", path.display()),
            "Edit it, or replace it with: tillbridge init --force".to_owned(),
        ));
    }
    let asker = Asker::new(args.yes, printer);
    questions::check_complete(&args, &asker)?;
    let (connection, client) = connected(&args, path, &asker, printer).await?;
    let sync = questions::first_sync(&args, &client, &asker).await?;
    let text = Draft { connection: &connection, sync: sync.as_ref(), store: store_path(path) }.text();
    // What is written must be what is read back.
    Config::parse(&text, path)?;
    file::write(path, &text, args.force)?;
    printer.note(format_args!("Wrote {} (mode 0600).", path.display()));
    if sync.is_none() && !questions::has_addon(&client).await {
        printer.note("It has no sync yet: install the addon External Order Sync in Odoo, or add a [[sync]].");
    }
    printer.note(format_args!("Next: tillbridge{} doctor", config_option(path)));
    Ok(Exit::Done)
}

/// Asks until Odoo accepts the login, where somebody can be asked.
async fn connected(
    args: &InitArgs,
    path: &Path,
    asker: &Asker<'_>,
    printer: &Printer,
) -> Result<(Connection, Client), CliError> {
    let mut before = None;
    loop {
        let connection = questions::connection(args, before.as_ref(), asker).await?;
        let draft = Draft { connection: &connection, sync: None, store: None }.text();
        let config = Config::parse(&draft, path)?;
        match connect::odoo(&config).await {
            Ok(client) => {
                printer.note(format_args!(
                    "Odoo {} accepts the login {}.",
                    client.series(),
                    connection.username
                ));
                return Ok((connection, client));
            }
            Err(error) if asker.can_ask() => {
                printer.error(&error);
                printer.note("Once more; Enter keeps what is in brackets.\n");
                before = Some(connection);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The store of a system-wide installation lies where such data belongs.
fn store_path(config: &Path) -> Option<&'static str> {
    config.starts_with("/etc").then_some("/var/lib/tillbridge/tillbridge.sqlite")
}

fn config_option(path: &Path) -> String {
    if path == Path::new("tillbridge.toml") { String::new() } else { format!(" --config {}", path.display()) }
}
