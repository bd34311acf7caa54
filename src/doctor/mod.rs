//! What must be in order before the orders of a sync can be booked, check by check: for
//! `tillbridge doctor` and for *Test connection* in Odoo. Nothing is changed: no session is
//! opened and no order stored.
//!
//! | file | what it looks at |
//! |---|---|
//! | `customers` | a sync's customers, invoices and payments on account |
//! | `finding`, `call` | what a check found; the questions to Odoo |
//! | `lots` | the right to use lots and serial numbers |
//! | `source` | a sync's source |
//! | `waiting` | a sync's orders that wait for too long |
//! | `shop`, `payments`, `session` | a sync's shop |

mod call;
mod customers;
mod finding;
mod lots;
mod payments;
mod session;
mod shop;
mod source;
mod waiting;

use chrono::Utc;

use crate::config::Sync;
use crate::exchange::has_addon;
use crate::odoo::Client;
use crate::odoo::xmlrpc::Value;
use crate::shop::{LoadError, ShopLoader, ShopRef};
use crate::sync::{Engine, OdooFacts};

pub use call::{call_failed, capital, has_access};
pub use finding::{Finding, Status};

/// Everything that a sync needs: its source, its shops, their methods, products and sessions.
/// One that is switched off is looked at all the same: before it is started for the first time.
/// Without a client only what needs no Odoo. Nothing is changed.
pub async fn of_sync(
    sync: &Sync,
    engine: &Engine,
    client: Option<&Client>,
    facts: OdooFacts,
) -> Vec<Finding> {
    let mut found = vec![
        waiting::long(sync, engine.store()).await,
        source::encryption(sync),
        source::first_page(sync, engine.probe(sync).await),
    ];
    let Some(client) = client else { return found };
    for (shop, locations) in sync.shops.all() {
        if let Some(shop) = one_shop(sync, shop, &locations, client, &mut found).await
            && facts.leases
        {
            found.push(session::writer(client, engine.store(), shop.shop()).await);
        }
    }
    found
}

/// The shop, where it could be read.
async fn one_shop(
    sync: &Sync,
    shop: &ShopRef,
    locations: &[&str],
    client: &Client,
    findings: &mut Vec<Finding>,
) -> Option<ShopLoader> {
    let loader = match ShopLoader::load(client, shop).await {
        Ok(loader) => loader,
        Err(LoadError::NotReady(refusal)) => {
            findings.push(Finding::problem("shop", refusal.message, refusal.fix));
            return None;
        }
        Err(LoadError::Call(error)) => {
            findings.push(call_failed("shop", &error));
            return None;
        }
    };
    let found = loader.shop();
    findings.push(shop::found(found, locations));
    findings.push(shop::products(found));
    findings.push(shop::taxes(found));
    findings.push(shop::product_map(&sync.rules, found));
    findings.push(shop::special_products(&sync.rules, found));
    findings.push(shop::quantities(&sync.rules, found));
    findings.push(payments::usable(&sync.rules, found));
    findings.push(payments::cash(&sync.rules, found));
    findings.push(payments::map(&sync.rules, found));
    findings.push(customers::on_account(sync.rules.customers, found));
    findings.push(customers::customers(client, sync.rules.customers).await);
    findings.push(lots::lots(client, found).await);
    let company = Value::Array(vec![Value::Int(found.company)]);
    let client = client.with_context([("allowed_company_ids", company)]);
    findings.push(session::state(&client, found, sync.auto_open_session).await);
    let addon = has_addon(&client).await.unwrap_or_default();
    findings.push(session::shared(&client, addon, found, sync.closing.shared_shop_cash).await);
    findings.push(session::closing(sync, addon, Utc::now()));
    Some(loader)
}
