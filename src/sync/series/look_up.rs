//! Finding the orders that Odoo holds, by key.
//!
//! 18 and later keep the order's `uuid`. Up to 17 there is only `pos_reference`, which a
//! refund made by hand in Odoo copies from its sale: the oldest order of a reference is the
//! one that was sent. Where the addon is installed, its unique key finds the order on every
//! series, also one that was booked before a migration; an order booked before the addon
//! was installed lacks it, so the other keys stay.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::odoo::fields::{self, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::OrderKey;
use crate::store::Booked;

use super::Dialect;

/// One `pos.order` as Odoo holds it.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::sync) struct Held {
    pub id: i64,
    pub name: String,
    pub state: String,
    #[serde(with = "decimal")]
    pub amount_total: Decimal,
    #[serde(with = "decimal")]
    pub amount_paid: Decimal,
    pub picking_ids: Vec<i64>,
    #[serde(deserialize_with = "fields::optional")]
    pub session_id: Option<Many2One>,
    #[serde(deserialize_with = "fields::optional")]
    pub partner_id: Option<Many2One>,
    /// The invoice. Its name can be read by a POS user, the invoice itself cannot.
    #[serde(deserialize_with = "fields::optional")]
    pub account_move: Option<Many2One>,
    #[serde(default, deserialize_with = "fields::optional")]
    pub(super) uuid: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    external_order_key: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    pub pos_reference: Option<String>,
}

impl Held {
    /// Whether it carries a key or a reference as this program writes them.
    fn is_ours(&self) -> bool {
        let reference = self.pos_reference.as_deref().unwrap_or_default();
        self.external_order_key.is_some() || reference.matches('/').count() >= 2
    }
}

/// What is read of an order on every series.
const FIELDS: [&str; 9] = [
    "name",
    "state",
    "amount_total",
    "amount_paid",
    "picking_ids",
    "session_id",
    "pos_reference",
    "partner_id",
    "account_move",
];

impl Dialect {
    /// The orders that Odoo holds under these keys, by canonical key text.
    pub async fn look_up<'k>(
        &self,
        client: &Client,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<HashMap<String, Held>, CallError> {
        let keys: Vec<OrderKey> = keys.into_iter().filter_map(OrderKey::parse).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let mut conditions = Vec::new();
        let mut wanted = FIELDS.to_vec();
        if self.has_addon() {
            let texts: Vec<_> = keys.iter().map(OrderKey::canonical).collect();
            conditions.push(json!(["external_order_key", "in", texts]));
            wanted.push("external_order_key");
        }
        if self.syncs() {
            let uuids: Vec<_> = keys.iter().map(OrderKey::order_uuid).collect();
            conditions.push(json!(["uuid", "in", uuids]));
            wanted.push("uuid");
        } else {
            let references: Vec<_> = keys.iter().map(OrderKey::pos_reference).collect();
            conditions.push(json!(["pos_reference", "in", references]));
        }
        let mut domain = vec![json!("|"); conditions.len() - 1];
        domain.extend(conditions);
        let rows: Vec<Held> = client
            .read("pos.order", "search_read", json!([domain]), json!({"fields": wanted, "order": "id"}))
            .await?;
        Ok(self.assign(&keys, &rows))
    }

    /// Those of these orders that somebody else entered, by id: they have no key of ours. After
    /// a backup of Odoo was restored, another order may have the id: name and total tell them apart.
    pub async fn look_up_adopted(
        &self,
        client: &Client,
        booked: &[&Booked],
    ) -> Result<HashMap<i64, Held>, CallError> {
        let ids: Vec<i64> = booked.iter().map(|booked| booked.pos_order_id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut wanted = FIELDS.to_vec();
        if self.has_addon() {
            wanted.push("external_order_key");
        }
        let rows: Vec<Held> =
            client.search_read("pos.order", &json!([["id", "in", ids]]), &wanted, "id").await?;
        let is_it = |row: &Held| {
            !row.is_ours()
                && booked.iter().any(|booked| {
                    booked.pos_order_id == row.id
                        && booked.name == row.name
                        && booked.total == row.amount_total.round_dp(6)
                })
        };
        Ok(rows.into_iter().filter(is_it).map(|row| (row.id, row)).collect())
    }

    /// Which of these rows, sorted by id, is the order of each key.
    fn assign(&self, keys: &[OrderKey], rows: &[Held]) -> HashMap<String, Held> {
        let by = |value: fn(&Held) -> Option<&str>| {
            let mut found: HashMap<&str, &Held> = HashMap::new();
            for row in rows {
                if let Some(value) = value(row) {
                    found.entry(value).or_insert(row);
                }
            }
            found
        };
        let by_key = by(|row| row.external_order_key.as_deref());
        let by_own = if self.syncs() {
            by(|row| row.uuid.as_deref())
        } else {
            by(|row| row.pos_reference.as_deref().filter(|_| row.external_order_key.is_none()))
        };
        keys.iter()
            .filter_map(|key| {
                let text = key.canonical();
                let own = if self.syncs() { key.order_uuid().to_string() } else { key.pos_reference() };
                let row = by_key.get(text.as_str()).or_else(|| by_own.get(own.as_str()))?;
                Some((text, (*row).clone()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use rust_decimal::dec;

    use super::*;
    use crate::odoo::Series;
    use crate::order::{Document, SourceId};

    fn dialect(major: u8, addon: bool) -> Dialect {
        let fields: Arc<BTreeSet<String>> =
            Arc::new(addon.then(|| "external_order_key".to_owned()).into_iter().collect());
        Dialect {
            series: Series { major, minor: 0 },
            order: Arc::clone(&fields),
            line: Arc::clone(&fields),
            payment: fields,
        }
    }

    fn row(id: i64, reference: &str, key: Option<&str>, uuid: Option<String>) -> Held {
        Held {
            id,
            name: format!("Shop/{id}"),
            state: "paid".into(),
            amount_total: dec!(1),
            amount_paid: dec!(1),
            picking_ids: Vec::new(),
            session_id: None,
            partner_id: None,
            account_move: None,
            uuid,
            external_order_key: key.map(str::to_owned),
            pos_reference: Some(reference.into()),
        }
    }

    fn sale() -> OrderKey {
        OrderKey {
            source: SourceId::new("SRC").unwrap(),
            location: None,
            order_id: "1".into(),
            document: Document::Sale,
        }
    }

    fn found(dialect: &Dialect, rows: &[Held]) -> Option<i64> {
        dialect.assign(&[sale()], rows).get(&sale().canonical()).map(|held| held.id)
    }

    #[test]
    fn a_refund_made_by_hand_has_the_reference_of_its_sale_and_is_not_it() {
        let rows = [row(4, "SRC/-/1", None, None), row(9, "SRC/-/1", None, None)];
        assert_eq!(found(&dialect(14, false), &rows), Some(4));
        let keyed = sale().canonical();
        let rows = [row(4, "SRC/-/1", None, None), row(9, "SRC/-/1", Some(&keyed), None)];
        assert_eq!(found(&dialect(14, true), &rows), Some(9), "the key outweighs the reference");
        let other = [row(4, "SRC/-/1", Some("v1:SRC/-/2/sale"), None)];
        assert_eq!(found(&dialect(14, true), &other), None, "an order of another key is another order");
    }

    #[test]
    fn an_order_booked_before_a_migration_is_found_by_its_key_and_a_new_one_by_its_uuid() {
        let uuid = sale().order_uuid().to_string();
        let keyed = sale().canonical();
        assert_eq!(found(&dialect(19, true), &[row(4, "SRC/-/1", Some(&keyed), None)]), Some(4));
        assert_eq!(found(&dialect(19, true), &[row(5, "SRC/-/1", None, Some(uuid.clone()))]), Some(5));
        assert_eq!(found(&dialect(19, false), &[row(5, "SRC/-/1", None, Some(uuid))]), Some(5));
        assert_eq!(found(&dialect(19, false), &[row(6, "SRC/-/1", None, None)]), None);
    }
}
