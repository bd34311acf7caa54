//! One sync: which source feeds which shop, and by what rules.

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::booking::Rules;
use crate::order::SourceId;
use crate::source::http::{OrderUrl, Paging};
use crate::store::Keep;

use super::Closing;
use super::locations::Shops;
use super::orders::OrderRules;

/// Where a sync is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A `[[sync]]` table of `tillbridge.toml`.
    File,
    /// An `external.order.sync` record in Odoo, by id.
    Odoo(i64),
}

/// How the source's key travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthScheme {
    /// `Authorization: Bearer <key>`.
    #[default]
    Bearer,
    /// `X-API-Key: <key>`.
    XApiKey,
}

/// Which time the source compares `since` with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SinceField {
    /// When an order was created.
    Created,
    /// When it last changed.
    #[default]
    Modified,
}

/// The source's status codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    /// Completed sales.
    pub completed: Vec<String>,
    /// Completed refunds.
    pub refund: Vec<String>,
    /// Cancelled orders.
    pub cancelled: Vec<String>,
}

impl Default for Statuses {
    fn default() -> Self {
        Self { completed: vec!["103".into()], refund: vec!["106".into()], cancelled: Vec::new() }
    }
}

/// One sync.
#[derive(Debug, Clone)]
pub struct Sync {
    /// Stable id: `file:<name>` or `odoo:<record id>`.
    pub id: String,
    /// Where it is configured.
    pub origin: Origin,
    /// Name as people know it.
    pub name: String,
    /// The source id: part of every order's identity.
    pub source: SourceId,
    /// Whether it runs.
    pub active: bool,
    /// The source's address.
    pub url: Url,
    /// How its key travels.
    pub auth: AuthScheme,
    /// The source's key.
    pub api_key: Option<SecretString>,
    /// The shops fed.
    pub shops: Shops,
    /// Open a session when none is open.
    pub auto_open_session: bool,
    /// When and how sessions are closed.
    pub closing: Closing,
    /// Time between two passes.
    pub interval: Duration,
    /// Sales before this are left out; `None` takes all that the source returns.
    pub start_date: Option<DateTime<Utc>>,
    /// Zone of dates that name none.
    pub timezone: Tz,
    /// Only orders of these registers; empty = all.
    pub registers: Vec<String>,
    /// Which orders are booked, and when.
    pub orders: OrderRules,
    /// How long what its orders leave behind is kept in the store.
    pub keep: Keep,
    /// Booking rules.
    pub rules: Rules,
    /// Status codes.
    pub statuses: Statuses,
    /// Name of the source's *since* parameter.
    pub since_param: String,
    /// What it compares with.
    pub since_field: SinceField,
    /// How far each fetch reaches back behind the cursor.
    pub overlap: Duration,
    /// Paging.
    pub paging: Paging,
    /// Name of the source's *until* parameter, where it has one.
    pub until_param: Option<String>,
    /// Address of a single order, where the source has one.
    pub order_url: Option<OrderUrl>,
}

impl Sync {
    /// This one as a draft of another: where its orders come from, with which key, and whose they
    /// are, is as it is there.
    #[must_use]
    pub fn drafted_of(self, present: &Self) -> Self {
        let Self { id, origin, name, source, active, url, api_key, order_url, .. } = present.clone();
        Self { id, origin, name, source, active, url, api_key, order_url, ..self }
    }

    /// Names the feed whose cursor this sync moves: the cursor belongs to the source's
    /// address, so that it survives renaming a sync or moving it from the file to Odoo.
    pub fn feed(&self) -> String {
        let mut url = self.url.clone();
        url.set_fragment(None);
        // Failing to clear credentials means the URL cannot have any.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        format!("{} {url}", self.source)
    }
}
