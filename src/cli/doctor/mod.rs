//! `tillbridge doctor`: everything that must be in order before orders can be booked.
//!
//! | file | what it looks at |
//! |---|---|
//! | `customers` | a sync's customers, invoices and payments on account |
//! | `finding` | one line of the report |
//! | `fiscal` | modules of Odoo that issue fiscal documents |
//! | `local` | the configuration file and the store |
//! | `lots` | the right to use lots and serial numbers |
//! | `server` | the connection, the rights, the addon |
//! | `source` | a sync's source |
//! | `waiting` | a sync's orders that wait for too long |
//! | `shop`, `payments`, `session` | a sync's shop |
//!
//! It changes nothing: no session is opened and no order stored.

mod customers;
mod finding;
mod fiscal;
mod local;
mod lots;
mod payments;
mod server;
mod session;
mod shop;
mod source;
mod waiting;

use chrono::Utc;
use clap::Args;

use crate::config::{Config, Sync};
use crate::exchange::{Link, has_addon};
use crate::odoo::Client;
use crate::odoo::xmlrpc::Value;
use crate::shop::{LoadError, ShopLoader, ShopRef};
use crate::store::Store;
use crate::sync::{Engine, OdooFacts};

use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output, connect};

use finding::{Finding, Report};

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
    let (syncs, facts) = match (&client, &store) {
        (Some(client), Some(store)) => addon(client, &config, store.as_ref(), &mut report).await,
        _ => (config.syncs.clone(), OdooFacts::default()),
    };
    let asked = |sync: &&Sync| args.sync.as_ref().is_none_or(|name| *name == sync.name);
    let chosen: Vec<&Sync> = syncs.iter().filter(asked).collect();
    if let (true, Some(name)) = (chosen.is_empty(), &args.sync) {
        // The same words as everywhere else.
        super::syncs::by_name(&syncs, name)?;
    }
    if syncs.is_empty() {
        report.add(server::no_sync());
    }
    if let Some(store) = store {
        let engine = connect::engine(&config, store)?;
        for sync in chosen {
            report.begin(&sync.name);
            one_sync(sync, &engine, client.as_ref(), facts, &mut report).await;
        }
    }
    report.print(args.output, printer)?;
    Ok(report.exit())
}

/// The addon, and the syncs: those kept in Odoo too, where it is installed.
async fn addon(
    client: &Client,
    config: &Config,
    store: &dyn Store,
    report: &mut Report,
) -> (Vec<Sync>, OdooFacts) {
    match Link::open(client, config, store).await {
        Ok(link) => {
            report.add(server::addon(&link));
            report.add_all(link.bad.iter().map(server::bad_sync));
            (link.syncs, link.facts)
        }
        Err(error) => {
            report.add(server::no_exchange(&error));
            (config.syncs.clone(), OdooFacts::default())
        }
    }
}

async fn one_sync(
    sync: &Sync,
    engine: &Engine,
    client: Option<&Client>,
    facts: OdooFacts,
    report: &mut Report,
) {
    if !sync.active {
        report.add(Finding::ok("active", "It is switched off, so nothing else is checked."));
        return;
    }
    report.add(waiting::long(sync, engine.store()).await);
    report.add(source::encryption(sync));
    report.add(source::first_page(sync, engine.probe(sync).await));
    let Some(client) = client else { return };
    for (shop, locations) in sync.shops.all() {
        if let Some(shop) = one_shop(sync, shop, &locations, client, report).await
            && facts.leases
        {
            report.add(session::writer(client, engine.store(), shop.shop()).await);
        }
    }
}

/// The shop, where it could be read.
async fn one_shop(
    sync: &Sync,
    shop: &ShopRef,
    locations: &[&str],
    client: &Client,
    report: &mut Report,
) -> Option<ShopLoader> {
    let loader = match ShopLoader::load(client, shop).await {
        Ok(loader) => loader,
        Err(LoadError::NotReady(refusal)) => {
            report.add(Finding::problem("shop", refusal.message, refusal.fix));
            return None;
        }
        Err(LoadError::Call(error)) => {
            report.add(server::call_failed("shop", &error));
            return None;
        }
    };
    let found = loader.shop();
    report.add(shop::found(found, locations));
    report.add(shop::products(found));
    report.add(shop::taxes(found));
    report.add(shop::product_map(&sync.rules, found));
    report.add(shop::special_products(&sync.rules, found));
    report.add(shop::quantities(&sync.rules, found));
    report.add(payments::usable(&sync.rules, found));
    report.add(payments::cash(&sync.rules, found));
    report.add(payments::map(&sync.rules, found));
    report.add(customers::on_account(sync.rules.customers, found));
    report.add(customers::customers(client, sync.rules.customers).await);
    report.add(lots::lots(client, found).await);
    let company = Value::Array(vec![Value::Int(found.company)]);
    let client = client.with_context([("allowed_company_ids", company)]);
    report.add(session::state(&client, found, sync.auto_open_session).await);
    let addon = has_addon(&client).await.unwrap_or_default();
    report.add(session::shared(&client, addon, found, sync.closing.shared_shop_cash).await);
    report.add(session::closing(sync, addon, Utc::now()));
    Some(loader)
}
