//! `tillbridge doctor`: everything that must be in order before orders can be booked.
//!
//! | file | what it looks at |
//! |---|---|
//! | `report` | the report |
//! | `fiscal` | modules of Odoo that issue fiscal documents |
//! | `local` | the configuration file and the store |
//! | `plain` | what is said at the terminal alone |
//! | `server` | the connection, the rights, the addon |
//!
//! What a sync needs is checked by [`crate::doctor`], as it is for *Test connection* in Odoo.
//!
//! It changes nothing: no session is opened and no order stored.

mod fiscal;
mod local;
mod plain;
mod report;
pub(super) mod server;

use clap::Args;

use crate::config::{Config, Sync};
use crate::doctor::of_sync;
use crate::exchange::Link;
use crate::odoo::Client;
use crate::store::Store;
use crate::sync::OdooFacts;

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output, connect};

use report::Report;

const EXAMPLES: &str = "\
Examples:
  tillbridge doctor
  tillbridge doctor --sync \"Web shop\"    only this sync
  tillbridge doctor --output json | jq '.checks[] | select(.status == \"problem\")'

A problem keeps orders from being booked, a warning may. Each comes with what to do.
Exit codes: 0 no problem · 2 a problem to mend · 4 the source or Odoo is not reachable";

/// Options of `tillbridge doctor`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {
    /// Of the syncs, check only that of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(args: DoctorArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let config = Config::load(&global.config)?;
    let mut report = Report::default();
    report.add(local::permissions(&config));
    let store = report.keep(local::store(&config).await);
    if let Some(address) = config.metrics.listen {
        report.add(local::metrics(address).await);
    }
    let client = report.keep(server::login(&config).await);
    if let Some(client) = &client {
        report.add(server::transport(client));
        if config.odoo.is_api_key {
            report.add(server::api_key(client).await);
        }
        report.add(server::encryption(&config));
        report.add(server::clock(&config).await);
        report.add_all(server::rights(client).await);
        report.add(fiscal::modules(client, &config.odoo.accept_fiscal_modules).await);
    }
    let known = match (&client, &store) {
        (Some(client), Some(store)) => addon(client, &config, store.as_ref(), &mut report).await,
        _ => None,
    };
    // Which syncs Odoo keeps is not known without its answer: that there is none, or none of this
    // name, is not said then.
    let all_known = known.is_some();
    let (syncs, facts) = known.unwrap_or_else(|| (config.syncs.clone(), OdooFacts::default()));
    let asked = |sync: &&Sync| args.sync.as_ref().is_none_or(|name| *name == sync.name);
    let chosen: Vec<&Sync> = syncs.iter().filter(asked).collect();
    if all_known {
        if let (true, Some(name)) = (chosen.is_empty(), &args.sync) {
            // The same words as everywhere else.
            super::syncs::by_name(&syncs, name)?;
        }
        if syncs.is_empty() {
            report.add(server::no_sync());
        }
    }
    if let Some(store) = store {
        let engine = connect::engine(&config, store)?;
        for sync in chosen {
            report.begin(&sync.name);
            if sync.active {
                report.add_all(of_sync(sync, &engine, client.as_ref(), facts).await);
            } else {
                report.add(plain::ok("active", "It is switched off, so nothing else is checked."));
            }
        }
    }
    report.print(args.output, printer)?;
    Ok(report.exit())
}

/// The addon, and all syncs: those kept in Odoo too, where it is installed. `None` where Odoo
/// does not say.
async fn addon(
    client: &Client,
    config: &Config,
    store: &dyn Store,
    report: &mut Report,
) -> Option<(Vec<Sync>, OdooFacts)> {
    match Link::look(client, config, store).await {
        Ok(link) => {
            report.add(server::addon(&link));
            report.add_all(link.bad.iter().map(server::bad_sync));
            Some((link.syncs, link.facts))
        }
        Err(error) => {
            report.add(server::no_exchange(&error));
            None
        }
    }
}
