//! `tillbridge retry`.

use clap::Args;

use crate::config::Config;
use crate::order::Code;
use crate::store::{Filter, State, Store};
use crate::sync::Word;

use super::exit::{CliError, Exit};
use super::orders::{find, sync_id};
use super::printer::Printer;
use super::word::say;
use super::{Global, Output, connect};

const EXAMPLES: &str = "\
Examples:
  tillbridge retry 70211 70212            these, now, without waiting
  tillbridge retry --code unknown_product all that were refused for this reason
  tillbridge retry --all                  all that need somebody, or wait for their next try
  tillbridge retry --all --sync \"Web shop\" --output json | jq .booked

They are booked at once: by the running service, else by this command. The answer says how
many are, and why the others are not.
Exit codes: 0 all booked · 3 some are not · others as with tillbridge sync";

/// Options of `tillbridge retry`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetryArgs {
    /// External ids of the orders, or their keys
    #[arg(value_name = "ID", required_unless_present_any = ["code", "all"])]
    ids: Vec<String>,
    /// Those that were refused, or are retried, for this reason
    #[arg(long, value_name = "CODE", value_parser = code, conflicts_with = "ids")]
    code: Option<Code>,
    /// All that were refused or are retried
    #[arg(long, conflicts_with_all = ["ids", "code"])]
    all: bool,
    /// Only orders of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Who asks
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "somebody")]
    by: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn code(text: &str) -> Result<Code, String> {
    Code::parse(text).ok_or_else(|| {
        "the codes are those that `tillbridge orders` shows; REASONS.md explains each".to_owned()
    })
}

pub(super) async fn run(args: RetryArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let store = connect::store(&config).await?;
    let keys = meant(&args, store.as_ref(), &config).await?;
    if keys.is_empty() {
        printer.note("No order is refused or retried for that.");
    }
    say(Word::Retry, keys, args.by, config, args.output, printer).await
}

async fn meant(args: &RetryArgs, store: &dyn Store, config: &Config) -> Result<Vec<String>, CliError> {
    let mut keys = Vec::new();
    for id in &args.ids {
        keys.push(find(id, args.sync.as_deref(), &Word::Retry, store, config).await?.key);
    }
    if !keys.is_empty() {
        return Ok(keys);
    }
    let sync = args.sync.as_deref().map(|name| sync_id(name, config)).transpose()?;
    let mut filter =
        Filter { states: [State::Refused, State::Retrying].into(), sync, limit: 500, ..Filter::default() };
    while let Some(items) = store.next_page(&mut filter).await? {
        let meant = items.into_iter().filter(|item| match args.code {
            Some(code) => item.reason.as_ref().is_some_and(|reason| reason.code == code),
            None => true,
        });
        keys.extend(meant.map(|item| item.key));
    }
    Ok(keys)
}
