//! Odoo's side: the orders of ours that it holds on some days, and those that it holds somewhere
//! else. Read from Odoo, never from the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::odoo::fields::{self, Datetime, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Document, OrderKey, SourceId};
use crate::store::Booked;

use super::super::series::{Dialect, is_paid};
use super::Window;

/// Orders asked for in one call.
const CHUNK: usize = 400;

/// What Odoo holds of one external order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub id: i64,
    /// Name or reference, as shown in Odoo.
    pub name: String,
    pub state: String,
    pub total: Decimal,
    /// Its date there, UTC.
    pub at: DateTime<Utc>,
    /// `pos.config` id and name.
    pub shop: (i64, String),
    /// Somebody else entered it; it was taken as booked.
    pub adopted: bool,
    /// Other orders under the same number and with the same sign: name and total.
    pub twins: Vec<(String, Decimal)>,
    /// Orders by which somebody refunded it by hand.
    pub refunds: Vec<String>,
}

impl Standing {
    /// Whether it is in the books, or will be when its session closes.
    pub fn counts(&self) -> bool {
        is_paid(&self.state)
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Row {
    id: i64,
    name: String,
    state: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    date_order: Datetime,
    config_id: Many2One,
    #[serde(deserialize_with = "fields::optional")]
    pos_reference: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    external_order_key: Option<String>,
}

impl Row {
    /// The key of ours that it carries.
    fn key(&self) -> Option<OrderKey> {
        let own = self.external_order_key.as_deref().and_then(OrderKey::parse);
        own.or_else(|| OrderKey::of_reference(self.pos_reference.as_deref()?))
    }

    /// Whether somebody made this by hand to return a sale, whose number it then has up to 17.
    /// What carries a key of its own was sent: it is a refund of the source.
    fn refunds_by_hand(&self, sale: &str) -> bool {
        self.external_order_key.is_none()
            && self.key().is_none_or(|own| own.canonical() == sale)
            && self.state != "cancel"
            && self.state != "draft"
    }

    fn total(&self) -> Decimal {
        // Doubles carry noise; no currency has more decimals in Odoo.
        self.amount_total.round_dp(6).normalize()
    }

    fn standing(self, adopted: bool) -> Standing {
        Standing {
            total: self.total(),
            id: self.id,
            name: self.name,
            state: self.state,
            at: self.date_order.0,
            shop: (self.config_id.id, self.config_id.name),
            adopted,
            twins: Vec::new(),
            refunds: Vec::new(),
        }
    }
}

/// What the store knows to be booked of an order, by its key.
pub(super) type Adopted = (String, Booked);

/// What Odoo holds, by key.
pub(super) struct OdooSide<'a> {
    client: &'a Client,
    dialect: &'a Dialect,
    fields: Vec<&'static str>,
    pub standing: HashMap<String, Standing>,
}

impl<'a> OdooSide<'a> {
    /// Nothing read yet. `client` sees every company of its user.
    pub fn new(client: &'a Client, dialect: &'a Dialect) -> Self {
        let mut fields = vec!["name", "state", "amount_total", "date_order", "config_id", "pos_reference"];
        if dialect.has_addon() {
            fields.push("external_order_key");
        }
        Self { client, dialect, fields, standing: HashMap::new() }
    }

    /// Reads the orders of a source that stand on some days in these shops.
    pub async fn read_days(
        &mut self,
        source: &SourceId,
        shops: &[i64],
        window: &Window,
    ) -> Result<(), CallError> {
        let (key, reference) = source.beginnings();
        let mut domain = vec![
            json!(["session_id.config_id", "in", shops]),
            json!(["date_order", ">=", Datetime::from(window.begins)]),
            json!(["date_order", "<", Datetime::from(window.ends)]),
        ];
        if self.dialect.has_addon() {
            domain.push(json!("|"));
            domain.push(json!(["external_order_key", "=like", like(&key)]));
        }
        domain.push(json!(["pos_reference", "=like", like(&reference)]));
        let groups = sorted(self.rows(Value::Array(domain)).await?, source);
        let doubtful = groups.iter().filter(|(_, group)| group.is_doubtful).map(|(key, _)| key.as_str());
        let held = self.dialect.look_up(self.client, doubtful).await?;
        for (key, Group { standing, is_doubtful }) in groups {
            if !is_doubtful || held.get(&key).is_some_and(|held| held.id == standing.id) {
                self.standing.insert(key, standing);
            }
        }
        Ok(())
    }

    /// Reads orders by their keys, wherever they stand.
    pub async fn read_keys(&mut self, source: &SourceId, keys: &[String]) -> Result<(), CallError> {
        for keys in keys.chunks(CHUNK) {
            let held = self.dialect.look_up(self.client, keys.iter().map(String::as_str)).await?;
            let ids: HashMap<i64, String> = held.into_iter().map(|(key, held)| (held.id, key)).collect();
            if ids.is_empty() {
                continue;
            }
            let rows = self.rows(json!([["id", "in", ids.keys().collect::<Vec<_>>()]])).await?;
            for row in rows {
                if let Some(key) = ids.get(&row.id).filter(|key| is_of(key, source)) {
                    self.standing.entry(key.clone()).or_insert_with(|| row.standing(false));
                }
            }
        }
        Ok(())
    }

    /// Reads those of what is booked that are not found under their keys: somebody else entered
    /// them, and they were taken as booked.
    pub async fn read_adopted(&mut self, booked: &[Adopted]) -> Result<(), CallError> {
        let left: Vec<&Adopted> = booked.iter().filter(|(key, _)| !self.standing.contains_key(key)).collect();
        for booked in left.chunks(CHUNK) {
            let all: Vec<&Booked> = booked.iter().map(|(_, booked)| booked).collect();
            let held = self.dialect.look_up_adopted(self.client, &all).await?;
            if held.is_empty() {
                continue;
            }
            let rows = self.rows(json!([["id", "in", held.keys().collect::<Vec<_>>()]])).await?;
            for row in rows {
                if let Some((key, _)) = booked.iter().find(|(_, booked)| booked.pos_order_id == row.id) {
                    self.standing.entry(key.clone()).or_insert_with(|| row.standing(true));
                }
            }
        }
        Ok(())
    }

    /// Finds the refunds that people made by hand of what was read. Up to 14 no line names the
    /// line it returns: such a refund has the number of its sale there.
    pub async fn read_refunds(&mut self) -> Result<(), CallError> {
        #[derive(Deserialize)]
        struct Line {
            id: i64,
            order_id: Many2One,
            #[serde(default, deserialize_with = "fields::optional")]
            refunded_orderline_id: Option<Many2One>,
        }
        if !self.dialect.links_refunds() {
            return Ok(());
        }
        let key_of: HashMap<i64, String> =
            self.standing.iter().map(|(key, one)| (one.id, key.clone())).collect();
        let ids: Vec<i64> = key_of.keys().copied().collect();
        for ids in ids.chunks(CHUNK) {
            let domain = json!([["refunded_orderline_id.order_id", "in", ids]]);
            let lines: Vec<Line> = self
                .client
                .search_read("pos.order.line", domain, &["order_id", "refunded_orderline_id"], "id")
                .await?;
            let of_others: Vec<&Line> =
                lines.iter().filter(|line| !key_of.contains_key(&line.order_id.id)).collect();
            if of_others.is_empty() {
                continue;
            }
            let sold: Vec<i64> =
                of_others.iter().filter_map(|line| Some(line.refunded_orderline_id.as_ref()?.id)).collect();
            let sold: Vec<Line> = self
                .client
                .search_read("pos.order.line", json!([["id", "in", sold]]), &["order_id"], "id")
                .await?;
            let sale_of: HashMap<i64, i64> = sold.iter().map(|line| (line.id, line.order_id.id)).collect();
            let orders: BTreeSet<i64> = of_others.iter().map(|line| line.order_id.id).collect();
            let rows = self.rows(json!([["id", "in", orders]])).await?;
            let rows: HashMap<i64, &Row> = rows.iter().map(|row| (row.id, row)).collect();
            for line in of_others {
                let sale = line.refunded_orderline_id.as_ref().and_then(|line| sale_of.get(&line.id));
                let Some(key) = sale.and_then(|sale| key_of.get(sale)) else { continue };
                let row = rows.get(&line.order_id.id).filter(|row| row.refunds_by_hand(key));
                if let (Some(standing), Some(row)) = (self.standing.get_mut(key), row)
                    && !standing.refunds.contains(&row.name)
                {
                    standing.refunds.push(row.name.clone());
                }
            }
        }
        Ok(())
    }

    async fn rows(&self, domain: Value) -> Result<Vec<Row>, CallError> {
        self.client.search_read("pos.order", domain, &self.fields, "id").await
    }
}

/// The orders under one key.
struct Group {
    /// The one that was sent, with what became of it by the others.
    standing: Standing,
    /// It may be a refund made by hand: up to 17 it has the number of its sale, which need not
    /// be among what was read.
    is_doubtful: bool,
}

/// Sorts rows, which come by id, under their keys: the order that was sent is the one with our
/// key, else the oldest of the number.
fn sorted(rows: Vec<Row>, source: &SourceId) -> BTreeMap<String, Group> {
    let mut by_key: BTreeMap<String, (OrderKey, Vec<Row>)> = BTreeMap::new();
    for row in rows {
        if let Some(key) = row.key().filter(|key| key.source == *source) {
            by_key.entry(key.canonical()).or_insert_with(|| (key, Vec::new())).1.push(row);
        }
    }
    let group = |(text, (key, mut rows)): (String, (OrderKey, Vec<Row>))| {
        let sent = rows.iter().position(|row| row.external_order_key.is_some());
        let mut standing = rows.remove(sent.unwrap_or(0)).standing(false);
        for other in rows.into_iter().filter(|row| row.state != "cancel") {
            let total = other.total();
            if total.is_sign_negative() == standing.total.is_sign_negative() {
                standing.twins.push((other.name, total));
            } else {
                standing.refunds.push(other.name);
            }
        }
        let gives_back = standing.total < Decimal::ZERO;
        let is_doubtful = sent.is_none() && key.document == Document::Sale && gives_back;
        (text, Group { standing, is_doubtful })
    };
    by_key.into_iter().map(group).collect()
}

fn is_of(key: &str, source: &SourceId) -> bool {
    OrderKey::parse(key).is_some_and(|key| key.source == *source)
}

/// A pattern for what begins with a text.
fn like(beginning: &str) -> String {
    let mut pattern = String::with_capacity(beginning.len() + 1);
    for c in beginning.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    const SALE: &str = "v1:SRC/-/1/sale";

    fn row(id: i64, total: Decimal, reference: &str, key: Option<&str>) -> Row {
        Row {
            id,
            name: format!("Shop/{id}"),
            state: "paid".into(),
            amount_total: total,
            date_order: Datetime("2026-03-01T12:00:00Z".parse().unwrap()),
            config_id: Many2One { id: 1, name: "Shop".into() },
            pos_reference: Some(reference.into()),
            external_order_key: key.map(str::to_owned),
        }
    }

    /// Of each key: the order that was sent, its refunds, and whether that is in doubt.
    fn found(rows: Vec<Row>) -> Vec<(String, i64, Vec<String>, bool)> {
        let groups = sorted(rows, &SourceId::new("SRC").unwrap());
        let one = |(key, Group { standing, is_doubtful }): (_, Group)| {
            (key, standing.id, standing.refunds, is_doubtful)
        };
        groups.into_iter().map(one).collect()
    }

    #[test]
    fn a_refund_made_by_hand_is_its_sales_and_alone_in_doubt() {
        let (sale, back) = (row(4, dec!(10), "SRC/-/1", None), row(9, dec!(-10), "SRC/-/1", None));
        let both = found(vec![sale.clone(), back.clone()]);
        assert_eq!(both, [(SALE.to_owned(), 4, vec!["Shop/9".to_owned()], false)]);
        // The sale was on another day.
        assert_eq!(found(vec![back.clone()]), [(SALE.to_owned(), 9, vec![], true)]);
        // With our key it was sent: a sale that takes back more than it sells.
        let exchange = row(9, dec!(-10), "SRC/-/1", Some(SALE));
        assert_eq!(found(vec![exchange]), [(SALE.to_owned(), 9, vec![], false)]);
        let refund = row(9, dec!(-10), "SRC/-/1/R", None);
        assert_eq!(found(vec![refund]), [("v1:SRC/-/1/refund".to_owned(), 9, vec![], false)]);
        assert_eq!(found(vec![row(9, dec!(-10), "OTHER/-/1", None)]), []);
    }

    #[test]
    fn a_refund_with_the_number_of_its_sale_was_made_by_hand_and_one_with_a_key_was_sent() {
        let by_hand = |row: Row| row.refunds_by_hand(SALE);
        assert!(by_hand(row(9, dec!(-10), "SRC/-/1", None)));
        assert!(by_hand(row(9, dec!(-10), "Order 00001-001-0001", None)));
        assert!(!by_hand(row(9, dec!(-10), "SRC/-/1/R", None)));
        assert!(!by_hand(row(9, dec!(-10), "SRC/-/1", Some("v1:SRC/-/1/refund"))));
        assert!(!by_hand(Row { state: "draft".into(), ..row(9, dec!(-10), "SRC/-/1", None) }));
    }

    #[test]
    fn a_pattern_means_its_text_alone() {
        assert_eq!(like("a_b%c\\/"), "a\\_b\\%c\\\\/%");
    }
}
