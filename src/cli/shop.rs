//! `tillbridge shop`.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Config;
use crate::exchange::has_addon;
use crate::odoo::{CallError, FaultKind, Outcome};

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge shop create                           a shop named External Orders
  tillbridge shop create --name \"Web shop\"
  tillbridge shop create --name \"Web shop\" --like \"Main Shop\"

The shop gets a cash drawer of its own, the bank methods of the other shop (or of the
company), and its journals and taxes: it opens, books and closes by itself. A shop of that
name that exists is left as it is.";

/// Options of `tillbridge shop`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShopArgs {
    #[command(subcommand)]
    command: ShopCommand,
}

#[derive(Subcommand)]
enum ShopCommand {
    /// Create a Point of Sale in Odoo for external orders alone
    Create(CreateArgs),
}

#[derive(Args)]
struct CreateArgs {
    /// Name of the new shop
    #[arg(long, value_name = "NAME", default_value = "External Orders")]
    name: String,
    /// Take journals, taxes, stock location and bank methods from this shop
    #[arg(long, value_name = "SHOP")]
    like: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Serialize, Deserialize)]
struct Made {
    shop: i64,
    name: String,
    created: bool,
}

/// What to do where the API user may not, as it should be.
const PRESS: &str = "In Odoo, as an administrator, open the sync and press Create a Shop for External Orders (or give the API user the rights to configure Point of Sale and accounting, and try again).";

pub(super) async fn run(args: ShopArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let ShopCommand::Create(args) = args.command;
    let config = Config::load(&global.config)?;
    let client = connect::odoo(&config).await?;
    if !has_addon(&client).await.map_err(|error| unreachable(&error))? {
        return Err(CliError::usage(
            "making a shop needs the addon External Order Sync in Odoo",
            "Install it, or create the shop in Odoo (Point of Sale → Configuration → Point of Sales) with a cash method of its own."
                .to_owned(),
        ));
    }
    let asked = (args.name.as_str(), args.like.as_deref().unwrap_or_default());
    let client = client.with_context([("lang", "en_US")]);
    let made: Made = match client.write("external.order.sync", "create_shop", asked, json!({})).await {
        Outcome::Committed(made) => made,
        Outcome::Refused(fault) if fault.kind() == FaultKind::AccessRights => {
            return Err(CliError::usage(
                format!("the API user may not make a shop: {}", fault.message()),
                PRESS.to_owned(),
            ));
        }
        Outcome::Refused(fault) => {
            return Err(CliError::usage(format!("Odoo makes no shop: {}", fault.message()), None));
        }
        Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(unreachable(&error)),
    };
    if args.output == Output::Json {
        printer.json(&made)?;
        return Ok(Exit::Done);
    }
    let done = if made.created { "created" } else { "exists already" };
    printer.data(format_args!("The shop {} (id {}) {done}.", made.name, made.shop));
    printer.note(format_args!("Let a sync feed it: shop = \"{}\"", made.name));
    Ok(Exit::Done)
}

fn unreachable(error: &CallError) -> CliError {
    CliError {
        exit: Exit::Unreachable,
        message: format!("Odoo does not answer: {error}"),
        hint: Some("Nothing is half done: asking for the same shop again does no harm.".to_owned()),
    }
}
