//! The shapes of the exchange, protocol 1. The other end is the addon's
//! `models/external_order_exchange.py`. Times are texts in UTC, absent ones the empty text.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::booking::{
    Ambiguous, ComboComponents, Customers, Fallback, Invoicing, LotPolicy, Match, OrderDiscount, PartPaid,
    PriceMode, QuantityPolicy, TaxPolicy,
};
use crate::config::{
    AuthScheme, CancelledAfterBooking, Closing, ClosingRule, LateOrders, OrderRules, RefundWithoutSale,
    SaleDate, SinceField, Sync,
};
use crate::odoo::fields;
use crate::order::{Code, Text};
use crate::shop::ShopRef;
use crate::store::{Keep, State};
use crate::sync::{OrderReport, SessionReport, SyncReport};
use crate::text;

use super::decisions;
use super::sentences::Sentences;

/// What we say.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    pub(super) protocol: i64,
    pub(super) service: Service<'a>,
    pub(super) known: &'a str,
    /// We only look: the addon answers and notes nothing, not even that we were heard.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) looks: bool,
    pub(super) reports: &'a [RecordReport<'a>],
    pub(super) answers: &'a [Answer],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_syncs: Option<Vec<FileSync<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decisions: Option<&'a decisions::Asked>,
}

#[derive(Debug, Serialize)]
pub(super) struct Service<'a> {
    pub instance: &'a str,
    pub version: &'a str,
    pub host: &'a str,
    /// What people should see to; empty for nothing. What is not known is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<&'a str>,
}

/// Orders whose reasons a report spells out.
const REASONS: usize = 10;

/// What became of a sync: of a pass over it, or why it cannot run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub(super) of: Subject,
    pub(super) outcome: Outcome,
}

/// Which sync a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A record in Odoo, by id.
    Record(i64),
    /// A sync of the file, by name.
    File(String),
}

/// A report on a record in Odoo, as it is sent.
#[derive(Debug, Serialize)]
pub(super) struct RecordReport<'a> {
    pub sync: i64,
    #[serde(flatten)]
    pub outcome: &'a Outcome,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    date: String,
    status: &'static str,
    #[serde(flatten)]
    message: Sentences,
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
    /// The report of a pass that ended at `now`; `counts` are those of the whole inbox.
    pub(super) fn of_pass(
        of: Subject,
        pass: &SyncReport,
        counts: &[(State, u64)],
        now: DateTime<Utc>,
    ) -> Self {
        let total = |state: State| {
            let found = counts.iter().find(|(other, _)| *other == state);
            small(found.map_or(0, |(_, count)| *count))
        };
        let attention = State::NEEDING.into_iter().map(total).sum();
        let status = match &pass.error {
            Some(_) => "error",
            None if pass.fetched == 0 && pass.orders.is_empty() && pass.sessions.is_empty() => "no_orders",
            None => "success",
        };
        let message = match &pass.error {
            Some(error) => {
                text!(
                    "{message} {fix} ({code})",
                    message = &error.message,
                    fix = &error.fix,
                    code = &error.code
                )
            }
            None => with_reasons(pass),
        };
        let outcome = Outcome {
            date: text(now),
            status,
            message: message_of(message),
            booked: small(pass.booked),
            already_booked: small(pass.already_booked),
            waiting: total(State::Waiting),
            refused: small(pass.refused),
            retrying: small(pass.retrying),
            skipped: small(pass.skipped),
            conflict: small(pass.conflict),
            attention,
        };
        Self { of, outcome }
    }

    /// The report of a sync that cannot run as it is configured.
    pub(super) fn of_problem(of: Subject, problem: Text, now: DateTime<Utc>) -> Self {
        let pass = SyncReport::default();
        let mut report = Self::of_pass(of, &pass, &[], now);
        report.outcome.status = "error";
        report.outcome.message = message_of(problem);
        report
    }
}

/// The summary and, a line each, the first orders that need a person or wait for too long
/// (why, and what to do), the sessions that were closed or should have been, and what else
/// is worth knowing.
fn with_reasons(pass: &SyncReport) -> Text {
    let needs = |order: &&OrderReport| order.state.needs_person();
    let late = |order: &&OrderReport| order.code.as_deref() == Some(Code::WaitingLong.as_str());
    let needing: Vec<_> = pass.orders.iter().filter(needs).chain(pass.orders.iter().filter(late)).collect();
    let mut lines = vec![pass.summary()];
    lines.extend(needing.iter().take(REASONS).map(|order| {
        let why = Text::sentences([&order.message, &order.fix].into_iter().flatten().cloned());
        text!(
            "Order {id} ({code}): {why}",
            id = &order.id,
            code = order.code.as_deref().unwrap_or_default(),
            why
        )
    }));
    if needing.len() > REASONS {
        lines.push(text!(
            "And {more} more: tillbridge orders --state refused,conflict,waiting",
            more = needing.len() - REASONS
        ));
    }
    lines.extend(pass.sessions.iter().map(SessionReport::summary));
    lines.extend(pass.notes.iter().cloned());
    Text::lines(lines)
}

fn shown<S: Serializer>(message: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    message_of(message.clone()).serialize(serializer)
}

fn message_of(text: Text) -> Sentences {
    Sentences::new([("message", text)])
}

/// A time as the addon reads it.
pub(super) fn text(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
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
    #[serde(serialize_with = "shown", flatten)]
    pub message: Text,
    /// What was found, by the kind of the request; null for nothing.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub result: serde_json::Value,
}

impl Answer {
    /// It is being worked on, and so far.
    pub fn taken(request: i64, progress: u32, message: Text) -> Self {
        Self { request, state: AnswerState::Taken, progress, message, result: serde_json::Value::Null }
    }
}

/// A sync of the file, shown read-only in Odoo.
#[derive(Debug, Serialize)]
pub(super) struct FileSync<'a> {
    name: &'a str,
    source: &'a str,
    url: String,
    /// The shop as the file names it; of several the names.
    shop: ShopRef,
    interval: u32,
    /// What silence and waiting are judged by.
    timezone: &'static str,
    waiting_days: u32,
    /// The last report, once there is one.
    #[serde(flatten)]
    outcome: Option<&'a Outcome>,
}

impl<'a> FileSync<'a> {
    pub(super) fn of(sync: &'a Sync, outcome: Option<&'a Outcome>) -> Self {
        let mut url = sync.url.clone();
        // A query may hold a key.
        url.set_query(None);
        let shop = match sync.shops.all().as_slice() {
            [(one, _)] => (*one).clone(),
            _ => ShopRef::Name(sync.shops.to_string()),
        };
        Self {
            name: &sync.name,
            source: sync.source.as_str(),
            url: url.to_string(),
            shop,
            interval: small(sync.interval.as_secs().div_ceil(60)),
            timezone: sync.timezone.name(),
            waiting_days: small(u64::from(sync.orders.waiting_days)),
            outcome,
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
    /// The shops that this installation holds; an older addon grants none.
    #[serde(default)]
    pub shops: Option<Vec<i64>>,
    pub unique_uuid: bool,
    pub unique_key: bool,
    /// Empty from an addon that does not tell it.
    #[serde(default)]
    pub database_uuid: String,
    pub too_old: String,
    /// Odoo's clock, UTC; empty from an addon that does not tell it.
    #[serde(default)]
    pub server_time: String,
    /// The version of what is told of orders; 0 from an addon that keeps none.
    #[serde(default)]
    pub orders: i64,
    /// The same of how complete the days are.
    #[serde(default)]
    pub days: i64,
    /// `None` from an addon that knows no decisions, and where nothing was asked of them.
    #[serde(default)]
    pub decisions: Option<decisions::Told>,
}

/// A request that somebody left in Odoo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SyncRequest {
    /// Id.
    pub id: i64,
    /// What is asked.
    pub kind: RequestKind,
    /// Record id of the sync; 0 where it concerns orders of several.
    pub sync: i64,
    /// Name of the sync.
    pub name: String,
    /// The sync is one of the service's own file, known by its name.
    pub from_file: bool,
    /// What is asked in particular: which orders, for what reason …
    #[serde(default)]
    pub payload: serde_json::Value,
    /// Name of who asks.
    #[serde(default)]
    pub user: String,
    /// Whoever asked wants it no more.
    #[serde(default)]
    pub cancel: bool,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// A pass now.
    Sync,
    /// A look whether the sync could run.
    Test,
    /// Single orders are tried again now.
    Retry,
    /// Orders that wait are booked as if completed.
    Complete,
    /// Orders are closed.
    Ignore,
    /// Orders that were closed are opened again.
    Reopen,
    /// Orders that are gone from Odoo are booked again.
    Rebook,
    /// What would be booked of the newest orders.
    Preview,
    /// The source is asked for single orders, or for those of some days.
    Fetch,
    /// The source is compared with Odoo, day by day.
    Reconcile,
    /// What a draft of the sync's configuration would change.
    Effect,
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
    #[serde(flatten)]
    pub closing: ClosingRow,
    pub interval: u64,
    pub start_date: String,
    pub timezone: String,
    pub registers: Vec<String>,
    pub price_mode: PriceMode,
    pub payment_fallback: Fallback,
    pub payment_map: Vec<PaymentRow>,
    #[serde(default)]
    pub customers: Customers,
    #[serde(default)]
    pub ambiguous_customer: Ambiguous,
    #[serde(default)]
    pub invoicing: Invoicing,
    #[serde(default)]
    pub part_paid: PartPaid,
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
    #[serde(default)]
    pub until_param: String,
    #[serde(default)]
    pub order_url: String,
    #[serde(default)]
    pub locations: Vec<LocationRow>,
    #[serde(flatten)]
    pub keep: Keep,
    #[serde(default)]
    pub paid_days: u32,
    #[serde(default = "waiting_days")]
    pub waiting_days: u32,
    #[serde(default = "adopt_existing")]
    pub adopt_existing: bool,
    #[serde(default)]
    pub refund_without_sale: RefundWithoutSale,
    #[serde(default)]
    pub cancelled_after_booking: CancelledAfterBooking,
    #[serde(default)]
    pub refund_id_field: String,
    #[serde(default)]
    pub sale_date: SaleDate,
    #[serde(default)]
    pub tax_policy: TaxPolicy,
    #[serde(default)]
    pub order_discount: OrderDiscount,
    /// A decimal; empty for the default.
    #[serde(default)]
    pub rounding_limit: String,
    #[serde(default)]
    pub quantity_policy: QuantityPolicy,
    #[serde(default)]
    pub lot_policy: LotPolicy,
    #[serde(default)]
    pub combo_components: ComboComponents,
    #[serde(default)]
    pub product_map: Vec<ProductRow>,
    /// Internal references; empty for the default.
    #[serde(default)]
    pub service_charge_product: String,
    #[serde(default)]
    pub tip_product: String,
    #[serde(default)]
    pub rounding_product: String,
    #[serde(default)]
    pub discount_product: String,
    #[serde(default)]
    pub refund_product: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProductRow {
    pub code: String,
    pub product: i64,
}

/// The settings of closing; an addon that does not know them leaves them out.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct ClosingRow {
    pub closing: ClosingRule,
    pub closing_time: String,
    pub closing_idle_minutes: u64,
    pub closing_orders: u64,
    pub late_orders: LateOrders,
    pub shared_shop_cash: bool,
}

impl Default for ClosingRow {
    fn default() -> Self {
        let Closing { when, time, idle, orders, late, shared_shop_cash } = Closing::default();
        Self {
            closing: when,
            closing_time: time.format("%H:%M").to_string(),
            closing_idle_minutes: idle.as_secs() / 60,
            closing_orders: orders,
            late_orders: late,
            shared_shop_cash,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentRow {
    pub code: String,
    pub method: i64,
}

// What an addon that does not know these settings means.
const fn waiting_days() -> u32 {
    OrderRules::WAITING_DAYS
}
const fn adopt_existing() -> bool {
    true
}

#[derive(Debug, Deserialize)]
pub(super) struct LocationRow {
    pub location: String,
    pub shop: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(refused: u64) -> SyncReport {
        let orders = (1..=refused).map(|id| OrderReport {
            id: id.to_string(),
            state: State::Refused,
            pos_order: None,
            total: None,
            code: Some("unknown_product".into()),
            message: Some("No product is named Tea.".into()),
            fix: Some("Create it.".into()),
            next_try_at: None,
            figures: None,
        });
        SyncReport {
            fetched: refused + 1,
            booked: 1,
            refused,
            orders: orders.collect(),
            ..SyncReport::default()
        }
    }

    #[test]
    fn a_report_says_which_orders_need_a_person_why_and_what_to_do() {
        assert_eq!(
            with_reasons(&pass(1)),
            "1 booked, 1 needs you\nOrder 1 (unknown_product): No product is named Tea. Create it."
        );
        let many = with_reasons(&pass(12));
        assert_eq!(many.lines().count(), 12);
        assert!(many.ends_with("\nAnd 2 more: tillbridge orders --state refused,conflict,waiting"), "{many}");
        assert_eq!(with_reasons(&SyncReport::default()), "no orders");
    }
}
