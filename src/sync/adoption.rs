//! Orders that an earlier connector, or a person, entered in Odoo before this sync: they are
//! taken as booked, never booked again.
//!
//! Such an order is known by its external id in one of the fields where references stand, by
//! its total and its date. What fits only in part is shown to a person. Looked for are
//! orders sold before the sync first wrote to the shop, or before its Odoo became one of
//! another series: afterwards nobody else brings them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::config::Sync;
use crate::odoo::fields::Datetime;
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Code, Document, OrderKey, Refusal};
use crate::shop::{Currency, Shop};
use crate::store::{Booked, Filter, Item, Store, StoreError, Verdict};

use super::series::PAID;

/// Fields of `pos.order` in which connectors keep the id of an external order, beside those
/// that Odoo itself has for references.
const FIELDS: [&str; 16] = [
    "client_order_ref",
    "ext_order_id",
    "external_id",
    "external_order_id",
    "external_ref",
    "external_reference",
    "order_ref",
    "origin",
    "remote_id",
    "source_order_id",
    "x_external_id",
    "x_external_order_id",
    "x_external_ref",
    "x_order_id",
    "x_order_ref",
    "x_origin",
];

/// How far the dates of one order may differ in two systems.
const NEAR: TimeDelta = TimeDelta::days(1);

const FIX: &str = "If it is the same, close it here: tillbridge orders ignore ID --reason TEXT. If not, let the sync book it by switching off the adoption of orders that are in Odoo already (adopt_existing).";

/// An order that Odoo may hold already.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    pub key: String,
    pub external_id: String,
    /// Signed.
    pub total: Decimal,
    pub sale_at: DateTime<Utc>,
}

/// Up to which date of sale orders may have been entered by somebody else; remembered from
/// the first time that this source's orders go to this shop.
pub(super) async fn until(
    store: &dyn Store,
    sync: &Sync,
    shop: &Shop,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, StoreError> {
    if let Some(known) = known_until(store, sync, shop).await? {
        return Ok(known);
    }
    store.set_note(&note(sync, shop), &format!("{} {}", now.to_rfc3339(), shop.series)).await?;
    Ok(now + NEAR)
}

/// The same, `None` before that first time.
pub(super) async fn known_until(
    store: &dyn Store,
    sync: &Sync,
    shop: &Shop,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let text = store.note(&note(sync, shop)).await?.unwrap_or_default();
    Ok(text.split_once(' ').and_then(|(at, series)| {
        let at = at.parse::<DateTime<Utc>>().ok()?;
        (series == shop.series.to_string()).then_some(at + NEAR)
    }))
}

fn note(sync: &Sync, shop: &Shop) -> String {
    format!("first pass of {} to shop {}", sync.source, shop.id)
}

/// Looks for orders in Odoo; gives a verdict on each that is there, or may be.
pub(super) async fn find(
    client: &Client,
    shop: &Shop,
    orders: &[Sought],
) -> Result<HashMap<String, Verdict>, CallError> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<BTreeSet<String>> = orders.iter().map(references).collect();
    let all: BTreeSet<&str> = wanted.iter().flatten().map(String::as_str).collect();
    let named = named(client, shop, &all).await?;
    let ids: BTreeSet<i64> = named.values().flatten().copied().collect();
    let held = if ids.is_empty() { HashMap::new() } else { held(client, &ids).await? };
    let candidates = orders.iter().zip(&wanted).map(|(order, wanted)| {
        let ids: BTreeSet<i64> =
            wanted.iter().filter_map(|reference| named.get(reference)).flatten().copied().collect();
        (order, ids.iter().filter_map(|id| held.get(id)).collect::<Vec<_>>())
    });
    Ok(judge(candidates.collect(), &shop.currency))
}

/// The verdict on an item, unless another item with the same external id was adopted as the
/// same order: one order in Odoo is one order here.
pub(super) async fn only_once(
    store: &dyn Store,
    item: &Item,
    verdict: Verdict,
) -> Result<Verdict, StoreError> {
    let Verdict::Booked(booked) = &verdict else { return Ok(verdict) };
    let filter = Filter { external_id: Some(item.external_id.clone()), ..Filter::default() };
    let taken = store.list(&filter).await?.into_iter().find(|other| {
        other.key != item.key
            && other.booked.as_ref().is_some_and(|one| one.pos_order_id == booked.pos_order_id)
    });
    Ok(match taken {
        None => verdict,
        Some(other) => Verdict::Refused(Refusal::new(
            Code::PossibleDuplicate,
            format!("Odoo holds {}, which is already taken for the order {}.", booked.name, other.key),
            FIX,
        )),
    })
}

/// The texts by which an order may be known.
fn references(order: &Sought) -> BTreeSet<String> {
    let own = match OrderKey::parse(&order.key).map(|key| key.document) {
        Some(Document::Refund(Some(id))) => Some(id),
        _ => None,
    };
    let ids = own.into_iter().chain([order.external_id.clone()]);
    ids.flat_map(|id| [format!("Order {id}"), format!("#{id}"), id]).collect()
}

/// An order as Odoo holds it.
#[derive(Debug, Clone, Deserialize)]
struct Held {
    id: i64,
    name: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    date_order: Datetime,
}

/// The ids of the shop's finished orders that carry one of these references, by reference.
/// Orders that we booked ourselves under another key are not among them.
async fn named(
    client: &Client,
    shop: &Shop,
    references: &BTreeSet<&str>,
) -> Result<HashMap<String, Vec<i64>>, CallError> {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
        #[serde(default)]
        store: bool,
    }
    let kinds: BTreeMap<String, Kind> =
        client.read("pos.order", "fields_get", (FIELDS,), json!({"attributes": ["type", "store"]})).await?;
    // XML-RPC carries 32 bits.
    let numbers: Vec<i32> = references.iter().filter_map(|text| text.parse().ok()).collect();
    let mut fields = vec!["name", "pos_reference"];
    let mut conditions = vec![json!(["name", "in", references]), json!(["pos_reference", "in", references])];
    for (field, kind) in kinds.iter().filter(|(_, kind)| kind.store) {
        match kind.r#type.as_str() {
            "char" | "text" => conditions.push(json!([field, "in", references])),
            "integer" if !numbers.is_empty() => conditions.push(json!([field, "in", numbers])),
            _ => continue,
        }
        fields.push(field);
    }
    let mut domain = vec![json!(["config_id", "=", shop.id]), json!(["state", "in", PAID])];
    if client.fields_of("pos.order").await?.contains("external_order_key") {
        domain.push(json!(["external_order_key", "=", false]));
    }
    domain.extend(std::iter::repeat_n(json!("|"), conditions.len() - 1));
    domain.extend(conditions);
    let rows: Vec<BTreeMap<String, serde_json::Value>> =
        client.search_read("pos.order", &json!(domain), &fields, "id").await?;
    let mut named: HashMap<String, Vec<i64>> = HashMap::new();
    for row in &rows {
        let Some(id) = row.get("id").and_then(serde_json::Value::as_i64) else { continue };
        for (_, shown) in row.iter().filter(|(field, _)| *field != "id") {
            let text = shown.as_str().map(str::to_owned);
            if let Some(text) = text.or_else(|| shown.as_i64().map(|number| number.to_string())) {
                named.entry(text).or_default().push(id);
            }
        }
    }
    Ok(named)
}

async fn held(client: &Client, ids: &BTreeSet<i64>) -> Result<HashMap<i64, Held>, CallError> {
    let fields = ["name", "amount_total", "date_order"];
    let rows: Vec<Held> = client.search_read("pos.order", &json!([["id", "in", ids]]), &fields, "id").await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Which candidate an order is. One order in Odoo is one order here.
fn judge(orders: Vec<(&Sought, Vec<&Held>)>, currency: &Currency) -> HashMap<String, Verdict> {
    let fits = |order: &Sought, held: &Held| {
        let total = currency.round(held.amount_total);
        let near = (held.date_order.0 - order.sale_at).abs() <= NEAR;
        (total == order.total, near, total.is_sign_negative() == order.total.is_sign_negative())
    };
    let mut claims: HashMap<i64, usize> = HashMap::new();
    for (order, candidates) in &orders {
        for held in candidates.iter().filter(|held| matches!(fits(order, held), (true, true, _))) {
            *claims.entry(held.id).or_default() += 1;
        }
    }
    let mut verdicts = HashMap::new();
    for (order, candidates) in orders {
        let exact: Vec<&Held> =
            candidates.iter().copied().filter(|held| matches!(fits(order, held), (true, true, _))).collect();
        let doubtful = candidates
            .iter()
            .copied()
            .filter(|held| matches!(fits(order, held), (true, false, _) | (false, true, true)));
        let verdict = match exact.as_slice() {
            [one] if claims.get(&one.id) == Some(&1) => Verdict::Booked(Booked {
                pos_order_id: one.id,
                name: one.name.clone(),
                total: order.total,
                warnings: vec![format!("Adopted: it was in Odoo already, as {}.", one.name)],
            }),
            [] => match doubtful.collect::<Vec<_>>().as_slice() {
                [] => continue,
                doubtful => Verdict::Refused(refusal(order, doubtful, currency)),
            },
            several => Verdict::Refused(refusal(order, several, currency)),
        };
        verdicts.insert(order.key.clone(), verdict);
    }
    verdicts
}

fn refusal(order: &Sought, held: &[&Held], currency: &Currency) -> Refusal {
    let show = |total: Decimal, at: DateTime<Utc>| {
        format!("{} of {} UTC", currency.show(total), at.format("%Y-%m-%d %H:%M"))
    };
    let held: Vec<String> = held
        .iter()
        .map(|held| format!("{} ({})", held.name, show(currency.round(held.amount_total), held.date_order.0)))
        .collect();
    Refusal::new(
        Code::PossibleDuplicate,
        format!(
            "Somebody else entered what may be this order ({}): {}.",
            show(order.total, order.sale_at),
            held.join(", ")
        ),
        FIX,
    )
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use rust_decimal::dec;

    use super::*;

    static CURRENCY: LazyLock<Currency> =
        LazyLock::new(|| Currency { id: 1, code: "USD".into(), decimals: 2 });

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-03-{text}:00Z").parse().unwrap()
    }

    fn sought(key: &str, total: Decimal) -> Sought {
        Sought { key: format!("v1:S/{key}/sale"), external_id: "7".into(), total, sale_at: at("10T12:00") }
    }

    fn held(id: i64, total: Decimal, date: &str) -> Held {
        Held { id, name: format!("Shop/{id}"), amount_total: total, date_order: Datetime(at(date)) }
    }

    /// What is said of the one order: the id it is adopted as, 0 for a person, none for nothing.
    fn verdict(candidates: &[Held]) -> Option<i64> {
        let order = sought("-/7", dec!(11.50));
        let verdicts = judge(vec![(&order, candidates.iter().collect())], &CURRENCY);
        verdicts.get(&order.key).map(|verdict| match verdict {
            Verdict::Booked(booked) => booked.pos_order_id,
            _ => 0,
        })
    }

    #[test]
    fn one_order_of_the_same_total_and_day_is_the_order() {
        assert_eq!(verdict(&[]), None);
        assert_eq!(verdict(&[held(1, dec!(11.499999999999998), "11T12:00")]), Some(1), "noise of a double");
        assert_eq!(verdict(&[held(1, dec!(11.50), "09T12:00")]), Some(1));
        let other_day = held(2, dec!(99), "20T12:00");
        assert_eq!(verdict(&[held(1, dec!(11.50), "10T18:00"), other_day]), Some(1));
    }

    #[test]
    fn what_fits_in_part_is_shown_to_a_person() {
        assert_eq!(verdict(&[held(1, dec!(11.51), "10T12:00")]), Some(0), "another total");
        assert_eq!(verdict(&[held(1, dec!(11.50), "12T12:01")]), Some(0), "another day");
        assert_eq!(verdict(&[held(1, dec!(11.50), "10T12:00"), held(2, dec!(11.50), "10T13:00")]), Some(0));
        assert_eq!(verdict(&[held(1, dec!(11.51), "20T12:00")]), None, "the number was used before");
        assert_eq!(verdict(&[held(1, dec!(-11.50), "10T12:00")]), None, "a refund of it");
    }

    #[test]
    fn one_order_in_odoo_is_not_two_of_the_source() {
        let (here, there) = (sought("1/7", dec!(11.50)), sought("2/7", dec!(11.50)));
        let one = held(1, dec!(11.50), "10T12:00");
        let verdicts = judge(vec![(&here, vec![&one]), (&there, vec![&one])], &CURRENCY);
        assert!(matches!(verdicts[&here.key], Verdict::Refused(_)));
        assert!(matches!(verdicts[&there.key], Verdict::Refused(_)));
    }
}
