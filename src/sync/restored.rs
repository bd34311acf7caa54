//! What Odoo does not hold (any more): a backup of it was restored, another database took its
//! place, somebody deleted an order.
//!
//! Orders that the store knows as booked are looked up from time to time: the newest, which a
//! restored backup lacks first, and a stretch of all the others in turn. Only when one is gone
//! all are looked up. What is gone becomes `Missing`, and nothing more happens to it until a
//! person agrees that it is booked again. Sessions of ours are checked likewise: an id may
//! belong to somebody else's session now.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::config::Sync;
use crate::odoo::fields::{Datetime, Many2One};
use crate::odoo::xmlrpc::Value;
use crate::odoo::{CallError, Client};
use crate::order::{Code, Refusal};
use crate::shop::ShopRef;
use crate::store::{Filter, Item, OwnSession, State, Store, StoreError, Verdict};
use crate::text;

use super::engine::Engine;
use super::report::{PassError, SyncReport};
use super::series::Dialect;
use super::settle::finding;

/// Booked orders that are always looked up, the newest.
const NEWEST: usize = 100;
/// Booked orders that are looked up in one call.
const CHUNK: usize = 400;

/// How far the walk through everything that is booked is: the position of the last item.
#[derive(Debug, Default)]
pub(super) struct Walk(i64);

/// Orders of one sync that were booked and are gone from Odoo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Id of the sync.
    pub sync: String,
    /// How many.
    pub count: u64,
    /// Their totals, signed.
    pub sum: Decimal,
    /// When the first and the last of them were sold, UTC.
    pub sold: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl std::fmt::Display for Incident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let orders = if self.count == 1 { "order that was" } else { "orders that were" };
        let gone = if self.count == 1 { "is" } else { "are" };
        write!(f, "{} {orders} booked {gone} gone from Odoo (sum {}", self.count, self.sum)?;
        if let Some((first, last)) = self.sold {
            write!(f, ", sold {} to {} UTC", first.format("%Y-%m-%d %H:%M"), last.format("%Y-%m-%d %H:%M"))?;
        }
        f.write_str(").")
    }
}

impl Incident {
    /// Why, and what to do about it.
    pub const FIX: &'static str = "Was a backup of Odoo restored, or an order deleted? Nothing of it is booked again by itself. See the orders and book them again with: tillbridge orders rebook";
}

/// The reason of every `Missing`.
pub(super) fn gone() -> Refusal {
    Refusal::new(
        Code::GoneFromOdoo,
        text!("The order was booked, and Odoo holds it no more."),
        text!(
            "Was a backup of Odoo restored, or the order deleted? Book it again with: tillbridge orders rebook"
        ),
    )
}

/// What is gone from Odoo, sync by sync.
///
/// # Errors
///
/// The store fails.
pub async fn incidents(store: &dyn Store, sync: Option<&str>) -> Result<Vec<Incident>, StoreError> {
    let mut filter = Filter {
        states: [State::Missing].into(),
        sync: sync.map(str::to_owned),
        limit: CHUNK,
        ..Filter::default()
    };
    let mut found: BTreeMap<String, Incident> = BTreeMap::new();
    while let Some(items) = store.next_page(&mut filter).await? {
        for item in &items {
            let incident = found.entry(item.sync.clone()).or_insert_with(|| Incident {
                sync: item.sync.clone(),
                count: 0,
                sum: Decimal::ZERO,
                sold: None,
            });
            incident.count += 1;
            incident.sum +=
                item.booked.as_ref().map(|booked| booked.total).or(item.total).unwrap_or_default();
            if let Some(at) = item.sale_at {
                let (first, last) = incident.sold.unwrap_or((at, at));
                incident.sold = Some((first.min(at), last.max(at)));
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Says in the report of a sync what of it is gone.
pub(super) async fn tell(engine: &Engine, sync: &Sync, report: &mut SyncReport) -> Result<(), PassError> {
    for incident in incidents(engine.store(), Some(&sync.id)).await? {
        report.missing += incident.count;
        report.notes.push(format!("{incident} {}", Incident::FIX));
    }
    Ok(())
}

impl Engine {
    /// Looks whether Odoo still holds what is booked: the newest and a stretch of the others,
    /// or, `thorough`, everything. What is gone becomes `Missing`; returns how much that is.
    /// `syncs` are those whose shops the API user should see.
    ///
    /// # Errors
    ///
    /// Odoo cannot be asked, or the store fails.
    pub async fn look_for_missing(
        &self,
        client: &Client,
        syncs: &[Sync],
        thorough: bool,
    ) -> Result<u64, PassError> {
        let client = &in_all_companies(client).await?;
        let dialect = &Dialect::of(client).await?;
        let store = self.store();
        let booked =
            Filter { states: [State::Booked, State::Conflict].into(), limit: CHUNK, ..Filter::default() };
        if !thorough {
            let newest = Filter { limit: NEWEST, newest_first: true, ..booked.clone() };
            let mut items = store.list(&newest).await?;
            let mut walk = self.walk.lock().await;
            let stretch = store.list(&Filter { after: walk.0, ..booked.clone() }).await?;
            walk.0 = if stretch.len() < CHUNK { 0 } else { stretch.last().map_or(0, |item| item.seq) };
            items.extend(stretch);
            if not_held(client, dialect, &items).await?.is_empty() {
                return Ok(0);
            }
        }
        let mut unseen = HashSet::new();
        for sync in syncs {
            if !sees_shops(client, sync).await? {
                unseen.insert(sync.id.as_str());
            }
        }
        let mut missing = 0;
        let mut filter = booked;
        while let Some(items) = store.next_page(&mut filter).await? {
            let mut findings = Vec::new();
            for item in not_held(client, dialect, &items).await? {
                // A user who may not see a shop does not see its orders either.
                if !unseen.contains(item.sync.as_str()) {
                    let verdict = Verdict::Gone(gone());
                    findings.push(finding(item, verdict));
                }
            }
            missing += findings.len() as u64;
            store.record(&findings, None, self.now()).await?;
        }
        forget_lost_sessions(store, client).await?;
        if missing > 0 {
            for incident in incidents(store, None).await? {
                tracing::warn!(sync = incident.sync, fix = Incident::FIX, "{incident}");
            }
        }
        Ok(missing)
    }
}

/// Sees the records of every company that the user belongs to.
pub async fn in_all_companies(client: &Client) -> Result<Client, CallError> {
    #[derive(Deserialize)]
    struct User {
        company_ids: Vec<i64>,
    }
    let domain = json!([["id", "=", client.user()]]);
    let users: Vec<User> = client.search_read("res.users", domain, &["company_ids"], "id").await?;
    let companies = users.into_iter().flat_map(|user| user.company_ids).map(Value::Int).collect();
    Ok(client.with_context([("allowed_company_ids", Value::Array(companies))]))
}

/// Those of these booked items that Odoo does not hold: neither under their key nor, adopted,
/// as what somebody else entered.
async fn not_held<'i>(
    client: &Client,
    dialect: &Dialect,
    items: &'i [Item],
) -> Result<Vec<&'i Item>, CallError> {
    let held = dialect.look_up(client, items.iter().map(|item| item.key.as_str())).await?;
    let left: Vec<&Item> = items.iter().filter(|item| !held.contains_key(&item.key)).collect();
    let booked: Vec<_> = left.iter().filter_map(|item| item.booked.as_ref()).collect();
    let adopted = dialect.look_up_adopted(client, &booked).await?;
    let is_adopted =
        |item: &&Item| item.booked.as_ref().is_some_and(|booked| adopted.contains_key(&booked.pos_order_id));
    Ok(left.into_iter().filter(|item| !is_adopted(item)).collect())
}

/// Whether the user sees every shop of a sync.
pub(super) async fn sees_shops(client: &Client, sync: &Sync) -> Result<bool, CallError> {
    for (shop, _) in sync.shops.all() {
        let domain = match shop {
            ShopRef::Id(id) => json!([["id", "=", id]]),
            ShopRef::Name(name) => json!([["name", "=", name]]),
        };
        let found: i64 = client.read("pos.config", "search_count", json!([domain]), json!({})).await?;
        if found == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

#[derive(Debug, Deserialize)]
struct Session {
    id: i64,
    config_id: Many2One,
    user_id: Many2One,
    create_date: Datetime,
}

impl Session {
    /// Whether it is the session that was noted under its id.
    fn is(&self, own: &OwnSession) -> bool {
        let same = self.id == own.id && self.config_id.id == own.shop;
        same && own.created_at.is_none_or(|created| created == self.create_date.0)
    }
}

async fn sessions(client: &Client, own: &[OwnSession]) -> Result<Vec<Session>, CallError> {
    let ids: Vec<i64> = own.iter().map(|own| own.id).collect();
    let fields = ["config_id", "user_id", "create_date"];
    client.search_read("pos.session", json!([["id", "in", ids]]), &fields, "id").await
}

/// Forgets the open sessions of ours in a shop that Odoo does not have any more, or whose id
/// another one has: it must not be closed for ours.
pub(super) async fn forget_foreign_sessions(
    store: &dyn Store,
    client: &Client,
    shop: i64,
) -> Result<(), PassError> {
    let mut own = store.open_sessions().await?;
    own.retain(|own| own.shop == shop);
    if own.is_empty() {
        return Ok(());
    }
    let user = client.user();
    let found = sessions(client, &own).await?;
    for own in own {
        if !found.iter().any(|session| session.is(&own) && session.user_id.id == user) {
            tracing::warn!(shop, session = own.id, "the session is not the one that was opened: forgotten");
            store.session_forgotten(own.id).await?;
        }
    }
    Ok(())
}

/// Forgets the sessions of ours, closed ones too, that Odoo does not have any more: their days
/// are not closed.
async fn forget_lost_sessions(store: &dyn Store, client: &Client) -> Result<(), PassError> {
    for own in store.sessions().await?.chunks(CHUNK) {
        let found = sessions(client, own).await?;
        for own in own.iter().filter(|own| !found.iter().any(|session| session.is(own))) {
            store.session_forgotten(own.id).await?;
        }
    }
    Ok(())
}
