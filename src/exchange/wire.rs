//! The shapes of the exchange, protocol 1. The other end is the addon's
//! `models/external_order_exchange.py`. Times are texts in UTC, absent ones the empty text.

use serde::{Deserialize, Serialize};

use crate::booking::{Fallback, Match, PriceMode};
use crate::config::{AuthScheme, ShopRef, SinceField, Sync};
use crate::odoo::fields;
use crate::store::State;
use crate::sync::SyncReport;

/// What we say.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    pub(super) protocol: i64,
    pub(super) service: Service<'a>,
    pub(super) known: &'a str,
    pub(super) reports: &'a [Report],
    pub(super) answers: &'a [Answer],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_syncs: Option<Vec<FileSync>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Service<'a> {
    pub instance: &'a str,
    pub version: &'a str,
    pub host: &'a str,
}

/// What became of a pass over a sync.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    sync: i64,
    date: String,
    status: &'static str,
    message: String,
    booked: u32,
    already_booked: u32,
    waiting: u32,
    refused: u32,
    retrying: u32,
    skipped: u32,
    conflict: u32,
    attention: u32,
}

impl Report {
    /// The report of a pass that just ended; `counts` are those of the whole inbox.
    pub(super) fn of_pass(sync: i64, pass: &SyncReport, counts: &[(State, u64)]) -> Self {
        let total = |state: State| {
            let found = counts.iter().find(|(other, _)| *other == state);
            small(found.map_or(0, |(_, count)| *count))
        };
        let attention = total(State::Refused) + total(State::Conflict);
        let status = match &pass.error {
            Some(_) => "error",
            None if pass.fetched == 0 && pass.orders.is_empty() => "no_orders",
            None => "success",
        };
        let message = match &pass.error {
            Some(error) => format!("{} {}", error.message, error.fix),
            None => pass.summary(),
        };
        Self {
            sync,
            date: String::new(),
            status,
            message,
            booked: small(pass.booked),
            already_booked: small(pass.already_booked),
            waiting: total(State::Waiting),
            refused: small(pass.refused),
            retrying: small(pass.retrying),
            skipped: small(pass.skipped),
            conflict: small(pass.conflict),
            attention,
        }
    }

    /// The report of a sync that cannot run as it is configured.
    pub fn of_problem(sync: i64, problem: &str) -> Self {
        Self {
            sync,
            date: String::new(),
            status: "error",
            message: problem.to_owned(),
            booked: 0,
            already_booked: 0,
            waiting: 0,
            refused: 0,
            retrying: 0,
            skipped: 0,
            conflict: 0,
            attention: 0,
        }
    }
}

/// XML-RPC carries 32 bits.
fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).min(i32::MAX as u32)
}

/// Where an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerState {
    /// Being worked on.
    Taken,
    /// Done.
    Done,
    /// Done without success.
    Failed,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Id of the request.
    pub request: i64,
    /// Where it stands.
    pub state: AnswerState,
    /// Percent.
    pub progress: u32,
    /// What to show.
    pub message: String,
}

/// A sync of the file, shown read-only in Odoo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSync {
    name: String,
    source: String,
    url: String,
    shop: String,
    interval: u32,
}

impl FileSync {
    pub(super) fn of(sync: &Sync) -> Self {
        let mut url = sync.url.clone();
        // A query may hold a key.
        url.set_query(None);
        Self {
            name: sync.name.clone(),
            source: sync.source.to_string(),
            url: url.to_string(),
            shop: match &sync.shop {
                ShopRef::Id(id) => id.to_string(),
                ShopRef::Name(name) => name.clone(),
            },
            interval: small(sync.interval.as_secs().div_ceil(60)),
        }
    }
}

/// What the addon says.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    pub stamp: String,
    /// `None` when nothing changed.
    #[serde(deserialize_with = "fields::optional")]
    pub syncs: Option<Vec<SyncRow>>,
    pub requests: Vec<SyncRequest>,
    pub unique_uuid: bool,
    pub too_old: String,
}

/// A request that somebody left in Odoo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SyncRequest {
    /// Id.
    pub id: i64,
    /// What is asked.
    pub kind: RequestKind,
    /// Record id of the sync.
    pub sync: i64,
    /// Name of the sync.
    pub name: String,
    /// The sync is one of the service's own file, known by its name.
    pub from_file: bool,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// A pass now.
    Sync,
    /// A look whether the sync could run.
    Test,
    /// Something a newer addon asks.
    #[serde(other)]
    Unknown,
}

/// A sync as Odoo keeps it.
#[derive(Debug, Deserialize)]
pub(super) struct SyncRow {
    pub id: i64,
    pub name: String,
    pub source: String,
    pub active: bool,
    pub url: String,
    pub api_key: String,
    pub auth: AuthScheme,
    pub shop: i64,
    pub auto_create_session: bool,
    pub interval: u64,
    pub start_date: String,
    pub timezone: String,
    pub registers: Vec<String>,
    pub price_mode: PriceMode,
    pub payment_fallback: Fallback,
    pub payment_map: Vec<PaymentRow>,
    pub product_matching: Vec<Match>,
    pub status_completed: Vec<String>,
    pub status_refund: Vec<String>,
    pub status_cancelled: Vec<String>,
    pub since_param: String,
    pub since_field: SinceField,
    pub overlap_hours: u64,
    pub paging: String,
    pub page_param: String,
    pub page_size_param: String,
    pub page_size: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentRow {
    pub code: String,
    pub method: i64,
}
