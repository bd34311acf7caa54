//! `tillbridge status`: how everything stands, at a glance.
//!
//! It only reads, so it may run beside the service; and it says what it can where something is
//! away: the store tells of the syncs while Odoo does not answer, and Odoo while there is no
//! store.

mod gather;
mod login;
mod show;

use std::time::Duration;

use clap::Args;

use crate::config::Config;

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output};

const EXAMPLES: &str = "\
Examples:
  tillbridge status                    service, Odoo, store, each sync, who needs somebody
  tillbridge status --watch            the same, again every five seconds
  tillbridge status --output json | jq '.syncs[] | {name, queue, needs_person}'
  tillbridge status >/dev/null || mail -s 'tillbridge needs somebody' me@example.com

Exit codes: 0 nothing needs a person · 3 orders or a sync need one · 4 Odoo, a source or the
store's server is not reachable · 2 the configuration or the login is wrong · 1 anything else";

/// Options of `tillbridge status`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    /// Look again every so many seconds, until stopped
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "5",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    watch: Option<u64>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(args: StatusArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let mut login = login::Login::default();
    loop {
        let status = gather::status(&Config::load(&global.config)?, &mut login).await;
        if args.watch.is_some() && args.output == Output::Text {
            // To the upper left corner of an empty screen.
            printer.data("\u{1b}[2J\u{1b}[H");
        }
        match args.output {
            Output::Json => printer.json(&status)?,
            Output::Text => show::print(&status, printer),
        }
        match args.watch {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => return Ok(status.exit()),
        }
    }
}
