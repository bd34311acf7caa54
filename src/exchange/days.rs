//! Telling Odoo how complete the days are, so that people see it there. Telling the same again
//! changes nothing there.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Sync;
use crate::odoo::{CallError, Client, FaultKind, Outcome};
use crate::sync::{Completeness, Day, Difference};
use crate::text;

use super::decisions::SyncRef;
use super::sentences::Sentences;
use super::wire::text;
use super::{ExchangeError, PROTOCOL, SERVICE};

/// Days and differences told at once.
const DAYS: usize = 50;
const DIFFERENCES: usize = 1_500;

#[derive(Debug, Serialize)]
struct Message<'a> {
    protocol: i64,
    instance: &'a str,
    days: &'a [DayRow<'a>],
}

#[derive(Debug, Deserialize)]
struct Reply {
    too_old: String,
}

/// A day, as the addon takes it: amounts are decimal texts, what is absent is empty or 0.
#[derive(Debug, Serialize)]
struct DayRow<'a> {
    sync: SyncRef,
    shop: i64,
    day: String,
    currency: &'a str,
    checked: String,
    state: &'static str,
    source_count: u64,
    source_sum: String,
    odoo_count: u64,
    odoo_sum: String,
    left_out_count: u64,
    /// `unchecked`.
    #[serde(flatten)]
    words: Sentences,
    differences: Vec<DifferenceRow<'a>>,
}

#[derive(Debug, Serialize)]
struct DifferenceRow<'a> {
    kind: &'static str,
    key: &'a str,
    id: &'a str,
    source_total: String,
    odoo_total: String,
    pos_order: i64,
    /// `message` and `fix`.
    #[serde(flatten)]
    words: Sentences,
}

impl<'a> DayRow<'a> {
    fn of(sync: &Sync, day: &'a Day, now: DateTime<Utc>) -> Self {
        let mut unchecked = day.unchecked.clone();
        let more = day.differences.len().saturating_sub(DIFFERENCES);
        if more > 0 {
            unchecked.push(text!("{more} more orders differ: tillbridge reconcile lists them.", more));
        }
        Self {
            sync: SyncRef::of(&sync.id),
            shop: day.shop_id,
            day: day.day.to_string(),
            currency: &day.currency,
            checked: text(now),
            state: day.light.as_str(),
            source_count: day.source.count,
            source_sum: day.source.sum.to_string(),
            odoo_count: day.odoo.count,
            odoo_sum: day.odoo.sum.to_string(),
            left_out_count: day.left_out.count,
            words: Sentences::default().with_lines("unchecked", unchecked),
            differences: day.differences.iter().take(DIFFERENCES).map(DifferenceRow::of).collect(),
        }
    }
}

impl<'a> DifferenceRow<'a> {
    fn of(one: &'a Difference) -> Self {
        let amount = |total: Option<rust_decimal::Decimal>| total.map(|total| total.to_string());
        Self {
            kind: one.kind.as_str(),
            key: &one.key,
            id: &one.id,
            source_total: amount(one.source_total).unwrap_or_default(),
            odoo_total: amount(one.odoo_total).unwrap_or_default(),
            pos_order: one.pos_order.unwrap_or_default(),
            words: Sentences::new([("message", one.message.clone()), ("fix", one.fix.clone())]),
        }
    }
}

/// Tells of the days of a sync that were checked.
///
/// # Errors
///
/// Odoo does not take them.
pub async fn tell_days(
    client: &Client,
    sync: &Sync,
    found: &Completeness,
    now: DateTime<Utc>,
) -> Result<(), ExchangeError> {
    let rows: Vec<DayRow<'_>> = found.days.iter().map(|day| DayRow::of(sync, day, now)).collect();
    for days in in_batches(&rows) {
        let message = Message { protocol: PROTOCOL, instance: "", days };
        let reply: Reply = match client.write(SERVICE, "take_days", (message,), ()).await {
            Outcome::Committed(reply) => reply,
            Outcome::Refused(fault) if fault.kind() == FaultKind::AccessRights => {
                return Err(ExchangeError::Rights(fault.message().to_owned()));
            }
            Outcome::Refused(fault) => return Err(CallError::Fault(fault).into()),
            Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(error.into()),
        };
        if !reply.too_old.is_empty() {
            return Err(ExchangeError::Version(reply.too_old));
        }
    }
    Ok(())
}

/// As many days at once as Odoo takes, by their number and by what differs on them.
fn in_batches<'r, 'a>(rows: &'r [DayRow<'a>]) -> Vec<&'r [DayRow<'a>]> {
    let (mut batches, mut rest) = (Vec::new(), rows);
    while !rest.is_empty() {
        let mut differences = 0;
        let fit = rest.iter().take(DAYS).take_while(|row| {
            differences += row.differences.len();
            differences <= DIFFERENCES
        });
        let (batch, others) = rest.split_at(fit.count().clamp(1, rest.len()));
        batches.push(batch);
        rest = others;
    }
    batches
}
