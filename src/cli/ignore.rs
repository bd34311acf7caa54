//! `tillbridge ignore`.

use clap::Args;
use serde::Serialize;

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::sync::Word;

use super::exit::{CliError, Exit};
use super::orders::find;
use super::printer::Printer;
use super::word::tell;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge ignore 70221 --reason 'a test'
  tillbridge ignore 70221 70222 --reason 'entered by hand' --by anna

What is closed is not booked, and is not shown as needing somebody; who closed it and why is
kept. Open it again with: tillbridge orders reopen ID";

/// Options of `tillbridge ignore`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct IgnoreArgs {
    /// External ids of the orders, or their keys
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Why, for everybody who looks at them later
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only orders of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Who decides
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "somebody")]
    by: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
struct Closed {
    closed: usize,
    of: usize,
}

pub(super) async fn run(args: IgnoreArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    if args.reason.trim().is_empty() {
        return Err(CliError::usage(
            "the reason is empty",
            "Say why, for everybody who looks later.".to_owned(),
        ));
    }
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let word = Word::Ignore { reason: args.reason };
    // All of them, or none for a mistake in one.
    let mut keys = Vec::new();
    for id in &args.ids {
        keys.push(find(id, args.sync.as_deref(), &word, store.as_ref(), &config).await?.key);
    }
    let done = word.say(store.as_ref(), &keys, args.by.trim(), SystemClock.now()).await?;
    tell(&config, &store, printer).await?;
    let (closed, of) = (done.len(), keys.len());
    match args.output {
        Output::Json => printer.json(&Closed { closed, of })?,
        Output::Text => printer.data(format_args!("{closed} of {of} closed")),
    }
    Ok(if closed == of { Exit::Done } else { Exit::Attention })
}
