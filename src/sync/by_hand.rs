//! Sessions as a person asks for them: how they stand, and closing ours now.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::{Instrument as _, error_span};

use crate::config::Sync;
use crate::metrics::metrics;
use crate::odoo::fields::Many2One;
use crate::odoo::{CallError, Client};
use crate::shop::ShopRef;

use super::closing::{Calendar, Closer, SessionReport, Verdict, entry_day};
use super::engine::{Engine, Odoo, OdooFacts};
use super::report::{PassError, SyncReport};
use super::restored::forget_foreign_sessions;
use super::sharing::sharing;
use super::shops::{busy, lease_of};

/// A session that is not closed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionStatus {
    /// Name of its shop.
    pub shop: String,
    /// `pos.session` id.
    pub session: i64,
    /// Its name.
    pub name: String,
    /// Odoo's state: `opening_control`, `opened`, `closing_control`.
    pub state: String,
    /// Who opened it.
    pub opened_by: String,
    /// This program opened it, so the service closes it by its rule.
    pub ours: bool,
    /// The business day of a session of ours.
    pub business_day: Option<chrono::NaiveDate>,
    /// Orders in it.
    pub orders: i64,
    /// Those that are not paid: they keep it from closing.
    pub drafts: i64,
    /// Odoo made it for orders of a session that was closed already (14 to 17).
    pub rescue: bool,
    /// What shows that others use the shop: it is then never closed here.
    pub shared: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: i64,
    name: String,
    state: String,
    rescue: bool,
    user_id: Many2One,
}

impl Engine {
    /// The sessions of a sync's shops that are not closed.
    ///
    /// # Errors
    ///
    /// Odoo cannot be asked, or a shop is not there.
    pub async fn sessions(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
    ) -> Result<Vec<SessionStatus>, PassError> {
        let mut found = Vec::new();
        for (shop, _) in sync.shops.all() {
            let taken = self.shops.take(client, shop).await?;
            let shop = taken.shop();
            let client = &Odoo::of(client, shop, facts).await?.client;
            forget_foreign_sessions(self.store(), client, shop.id).await?;
            let own = self.store.open_sessions().await?;
            let shared = sharing(client, facts.addon, shop.id, self.now()).await?;
            for row in open(client, shop.id).await? {
                let ours = own.iter().find(|own| own.id == row.id);
                let count = async |state: serde_json::Value| {
                    let domain = json!([["session_id", "=", row.id], state]);
                    client.read::<i64>("pos.order", "search_count", json!([domain]), ()).await
                };
                found.push(SessionStatus {
                    shop: shop.name.clone(),
                    session: row.id,
                    orders: count(json!(["state", "!=", "cancel"])).await?,
                    drafts: count(json!(["state", "=", "draft"])).await?,
                    name: row.name,
                    state: row.state,
                    opened_by: row.user_id.name,
                    ours: ours.is_some(),
                    business_day: ours.map(|own| own.business_day),
                    rescue: row.rescue,
                    shared: shared.clone(),
                });
            }
        }
        Ok(found)
    }

    /// Closes the sessions of a sync's shops that our user opened, due or not; `only` names
    /// one of the shops. A session that another user opened, and any of a shop that others
    /// use too, stays as it is and is reported.
    pub async fn close_sessions(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        only: Option<&str>,
    ) -> SyncReport {
        let mut report = SyncReport { sync: sync.name.clone(), ..SyncReport::default() };
        for (shop, _) in sync.shops.all() {
            let closing = self.close_shop(client, facts, sync, shop, only);
            match closing.instrument(error_span!("closing", sync = %sync.name)).await {
                Ok(sessions) => report.sessions.extend(sessions),
                Err(error) => report.error = report.error.or(Some(error)),
            }
        }
        report
    }

    async fn close_shop(
        &self,
        client: &Client,
        facts: OdooFacts,
        sync: &Sync,
        shop: &ShopRef,
        only: Option<&str>,
    ) -> Result<Vec<SessionReport>, PassError> {
        // With the shop in hand no batch is under way.
        let taken = self.shops.take(client, shop).await?;
        let shop = taken.shop();
        if only.is_some_and(|only| only != shop.name && only != shop.id.to_string()) {
            return Ok(Vec::new());
        }
        let lease = match self.shared.take(&lease_of(shop)).await? {
            Ok(lease) => lease,
            Err(holder) => return Err(busy(shop, &holder)),
        };
        let odoo = Odoo::of(client, shop, facts).await?;
        self.hold(&odoo, shop).await?;
        let (now, calendar) = (self.now(), Calendar::of(sync));
        let shared = sharing(&odoo.client, facts.addon, shop.id, now).await?;
        let closer =
            Closer { client: &odoo.client, dialect: &odoo.dialect, addon: facts.addon, shop, calendar, now };
        forget_foreign_sessions(self.store(), &odoo.client, shop.id).await?;
        let own = self.store.open_sessions().await?;
        let mut reports = Vec::new();
        for row in open(&odoo.client, shop.id).await? {
            let known = own.iter().find(|own| own.id == row.id);
            let day = known.map_or(calendar.day(now), |own| own.business_day);
            let day = entry_day(&sync.closing, &calendar, day, now);
            if let Some(why) = &shared {
                let finding = format!("The shop is used by others, too: {why}");
                reports.push(closer.left_open(row.id, &row.name, day, finding));
                continue;
            }
            if row.user_id.id != odoo.client.user() {
                let finding = format!("{} opened it.", row.user_id.name);
                reports.push(closer.left_open(row.id, &row.name, day, finding));
                continue;
            }
            let Some(report) = closer.close(row.id, day).await? else { continue };
            if known.is_some() && report.verdict != Verdict::NotClosed {
                self.store.session_closed(row.id, report.verdict.as_str(), now).await?;
                metrics().session_closed();
            }
            reports.push(report);
        }
        lease.give_back(self.store()).await?;
        Ok(reports)
    }
}

/// The sessions of a shop that are not closed, the oldest first.
async fn open(client: &Client, shop: i64) -> Result<Vec<Row>, CallError> {
    let domain = json!([["config_id", "=", shop], ["state", "!=", "closed"]]);
    client.search_read("pos.session", domain, &["name", "state", "rescue", "user_id"], "id").await
}
