//! An order, and a step of one, as the addon takes them. Times are texts in UTC, amounts
//! decimal texts; what is absent is empty, 0 or an empty list.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::booking::digit;
use crate::order::format::orderid::{self, ReadRules};
use crate::order::private::{hide, mask_private};
use crate::order::{Document, Order, OrderKey, SourceId, Subject, Text, indent};
use crate::store::{Item, KeptStep, State, Untold};

use super::super::decisions::{SyncRef, document};
use super::super::sentences::Sentences;
use super::super::wire::text;
use super::sent::{Sent, likeness};

/// Characters of a raw order that are shown.
const SHOWN: usize = 20_000;
/// Digits at the end of a phone number by which it is found.
const PHONE_TAIL: usize = 9;

/// One order.
#[derive(Debug, Serialize)]
pub(super) struct OrderRow {
    key: String,
    external_id: String,
    document: String,
    sync: SyncRef,
    /// `pos.config` id.
    shop: i64,
    location: String,
    register: String,
    sale_date: String,
    customer: String,
    total: String,
    currency: String,
    state: &'static str,
    code: String,
    subject: SubjectRow,
    attempts: u32,
    next_try_date: String,
    fetched_date: String,
    booked_date: String,
    /// `pos.order` id.
    pos_order: i64,
    /// `message`, `fix` and `warnings`.
    #[serde(flatten)]
    words: Sentences,
    references: Vec<String>,
    phone_digest: String,
    likeness: String,
    source_status: String,
    sent: Sent,
    /// The other side of a conflict, or content that came while the order was being sent.
    newer: OrNothing<Sent>,
    pub raw: String,
}

/// What a mapping would be for.
#[derive(Debug, Default, Serialize)]
struct SubjectRow {
    kind: &'static str,
    value: String,
}

/// A struct, or an empty one.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum OrNothing<T> {
    Some(T),
    Nothing {},
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct StepRow {
    number: i64,
    key: String,
    step: &'static str,
    code: u16,
    /// `text` and `truth`.
    #[serde(flatten)]
    words: Sentences,
    date: String,
    /// Milliseconds; 0 where none was measured.
    duration: u32,
    attempt: u32,
}

impl OrderRow {
    /// Its key and its state.
    pub fn mark(&self) -> (&str, &str) {
        (&self.key, self.state)
    }
}

/// What was read of an item to tell of it.
pub(super) struct Read<'a> {
    item: &'a Item,
    order: Option<Order>,
}

impl<'a> Read<'a> {
    /// Reads an item. The rules of its sync do not matter to what is shown, and the sync may be
    /// gone.
    pub fn of(item: &'a Item) -> Self {
        Self { item, order: read(item, &item.raw) }
    }

    /// What must not be told.
    fn private(&self) -> Vec<&str> {
        let customer = self.order.as_ref().map(|order| &order.customer);
        customer
            .into_iter()
            .flat_map(|customer| [&customer.phone, &customer.email, &customer.vat])
            .filter_map(|value| value.as_deref())
            .collect()
    }

    /// A name without what must not be told.
    fn shown(&self, name: &str) -> String {
        hide(name, &self.private()).into_owned()
    }

    /// A sentence, and what it was made of, without what must not be told.
    fn said(&self, text: &Text) -> Text {
        text.map(&|text| self.shown(text))
    }

    /// The row of a step.
    pub fn step(&self, kept: KeptStep) -> StepRow {
        let KeptStep { number, key, step, at, .. } = kept;
        StepRow {
            number,
            key,
            step: step.kind.as_str(),
            code: step.code,
            words: Sentences::new([("text", self.said(&step.text)), ("truth", step.truth)]),
            date: text(at),
            duration: step.duration.map_or(0, |took| u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
            attempt: step.attempt,
        }
    }

    /// The row of the order; `shop` as far as it is known.
    pub fn order(&self, untold: &Untold, shop: i64) -> OrderRow {
        let (item, order) = (self.item, self.order.as_ref());
        let key = OrderKey::parse(&item.key);
        let reason = item.reason.as_ref();
        let customer = order.map(|order| &order.customer);
        let newer = item.newer.as_ref();
        OrderRow {
            key: item.key.clone(),
            external_id: item.external_id.clone(),
            document: document(&item.key),
            sync: SyncRef::of(&item.sync),
            shop,
            location: key.as_ref().and_then(|key| key.location.clone()).unwrap_or_default(),
            register: order.and_then(|order| order.register.clone()).unwrap_or_default(),
            sale_date: item.sale_at.map(text).unwrap_or_default(),
            customer: customer
                .and_then(|one| one.name.as_deref())
                .map(|name| self.shown(name))
                .unwrap_or_default(),
            total: amount(item.total),
            currency: order.and_then(|order| order.currency.clone()).unwrap_or_default(),
            state: item.state.as_str(),
            code: reason.map(|reason| reason.code.to_string()).unwrap_or_default(),
            subject: reason.and_then(|reason| reason.subject.as_ref()).map(subject).unwrap_or_default(),
            attempts: item.attempts,
            next_try_date: item.next_try_at.map(text).unwrap_or_default(),
            fetched_date: text(item.received_at),
            booked_date: untold.booked_at.map(text).unwrap_or_default(),
            pos_order: pos_order(item),
            words: Sentences::new([
                ("message", reason.map(|reason| self.said(&reason.message)).unwrap_or_default()),
                ("fix", reason.map(|reason| self.said(&reason.fix)).unwrap_or_default()),
            ])
            .with_lines(
                "warnings",
                item.booked.iter().flat_map(|one| &one.warnings).map(|one| self.said(one)),
            ),
            references: references(item, key.as_ref(), order),
            phone_digest: customer.and_then(|one| one.phone.as_deref()).map(phone_digest).unwrap_or_default(),
            likeness: order.map(|order| likeness(order, shop)).unwrap_or_default(),
            source_status: orderid::source_status(&item.raw).unwrap_or_default(),
            sent: order.map(|order| Sent::of(order, &item.raw)).unwrap_or_default(),
            newer: newer
                .and_then(|newer| Some(Sent::of(&read(item, &newer.raw)?, &newer.raw)))
                .map_or(OrNothing::Nothing {}, OrNothing::Some),
            raw: shown(&item.raw, &self.private()),
        }
    }
}

/// Reads a raw order; `None` where it cannot be read.
fn read(item: &Item, raw: &str) -> Option<Order> {
    if item.format != orderid::FORMAT {
        return None;
    }
    let rules = ReadRules::new(SourceId::new(&item.source)?, chrono_tz::UTC);
    let order = orderid::read(raw, &rules, item.received_at).ok()?;
    order.under(OrderKey::parse(&item.key).as_ref(), item.sale_at.unwrap_or(item.received_at))
}

fn subject(subject: &Subject) -> SubjectRow {
    SubjectRow { kind: subject.kind.as_str(), value: subject.value.clone() }
}

/// The id of what Odoo holds of an item. One that Odoo lost may have its id given to another.
fn pos_order(item: &Item) -> i64 {
    let held = item.booked.as_ref().filter(|_| item.state != State::Missing);
    held.map(|booked| booked.pos_order_id).unwrap_or_default()
}

/// Every id that a person may ask for.
fn references(item: &Item, key: Option<&OrderKey>, order: Option<&Order>) -> Vec<String> {
    let mut ids = BTreeSet::from([item.external_id.clone()]);
    ids.extend(key.map(OrderKey::pos_reference));
    if let Some(Document::Refund(Some(id))) = key.map(|key| &key.document) {
        ids.insert(id.clone());
    }
    ids.extend(
        item.booked.as_ref().filter(|_| item.state != State::Missing).map(|booked| booked.name.clone()),
    );
    if let Some(order) = order {
        ids.extend(order.invoice_no.clone());
        ids.extend(order.original_order_id.clone());
        ids.extend(order.tenders.iter().filter_map(|tender| tender.reference.clone()));
    }
    ids.into_iter().filter(|id| !id.trim().is_empty()).collect()
}

/// A phone number as it is looked for without being told: hash of its last digits.
fn phone_digest(phone: &str) -> String {
    let digits: String = phone.chars().filter_map(digit).collect();
    if digits.len() < 6 {
        return String::new();
    }
    let tail = digits.get(digits.len().saturating_sub(PHONE_TAIL)..).unwrap_or_default();
    format!("{:x}", Sha256::digest(tail))
}

/// The raw order as it is shown.
fn shown(raw: &str, private: &[&str]) -> String {
    let masked = hide(&mask_private(raw), private).into_owned();
    let is_json = serde_json::from_str::<&serde_json::value::RawValue>(&masked).is_ok();
    let mut shown = if is_json { indent(&masked) } else { masked };
    if let Some((end, _)) = shown.char_indices().nth(SHOWN) {
        let all = shown.chars().count();
        shown.truncate(end);
        let _ = write!(shown, "\n… cut here: {SHOWN} of {all} characters are shown.");
    }
    shown
}

/// An amount as a text.
pub(super) fn amount(amount: Option<Decimal>) -> String {
    amount.map(|amount| amount.to_string()).unwrap_or_default()
}
