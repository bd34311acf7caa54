//! What Odoo holds of orders, as far as a plan can differ from it.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::booking::Sale;
use crate::odoo::fields::{self, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::store::{Booked, Item};

use super::super::series::{Dialect, is_paid};

/// A `pos.order`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sync) struct Entered {
    pub id: i64,
    pub name: String,
    pub state: String,
    /// `amount_total` and `amount_tax`, signed.
    pub total: Decimal,
    pub tax: Decimal,
    pub shop: Many2One,
    pub partner: Option<Many2One>,
    pub lines: Vec<Line>,
    pub payments: Vec<Payment>,
    /// Somebody else entered it.
    pub adopted: bool,
}

/// A `pos.order.line`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sync) struct Line {
    pub product: Many2One,
    pub quantity: Decimal,
    /// `price_subtotal_incl`.
    pub total: Decimal,
    /// `account.tax` ids, before a fiscal position replaces any.
    pub taxes: Vec<i64>,
    /// The line it returns (15 and later).
    pub returns: Option<i64>,
}

/// A `pos.payment`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sync) struct Payment {
    pub method: Many2One,
    pub amount: Decimal,
}

impl Entered {
    /// Whether it is in the books: no draft, not cancelled.
    pub fn counts(&self) -> bool {
        is_paid(&self.state)
    }

    /// The sale of this refund as it was before it.
    pub fn given_back_to(&self, mut sale: Sale) -> Sale {
        for line in &mut sale.lines {
            let own = self.lines.iter().filter(|own| own.returns == Some(line.id));
            // Returned quantities are negative.
            line.refunded += own.map(|own| own.quantity).sum::<Decimal>();
        }
        sale.given_back += self.total;
        sale
    }
}

/// What Odoo holds of these items, by key. `client` sees every company of its user.
pub(super) async fn read(
    client: &Client,
    dialect: &Dialect,
    items: &[&Item],
) -> Result<HashMap<String, Entered>, CallError> {
    let mut keys: HashMap<i64, (&str, bool)> = HashMap::new();
    let held = dialect.look_up(client, items.iter().map(|item| item.key.as_str())).await?;
    let mut others: Vec<(&str, &Booked)> = Vec::new();
    for item in items {
        match (held.get(&item.key), &item.booked) {
            (Some(held), _) => {
                keys.insert(held.id, (&item.key, false));
            }
            (None, Some(booked)) => others.push((&item.key, booked)),
            (None, None) => {}
        }
    }
    let booked: Vec<&Booked> = others.iter().map(|(_, booked)| *booked).collect();
    for id in dialect.look_up_adopted(client, &booked).await?.into_keys() {
        if let Some((key, _)) = others.iter().find(|(_, booked)| booked.pos_order_id == id) {
            keys.insert(id, (key, true));
        }
    }
    let ids: Vec<i64> = keys.keys().copied().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut lines = lines(client, dialect, &ids).await?;
    let mut payments = payments(client, &ids).await?;
    let found = rows(client, &ids).await?.into_iter().filter_map(|row| {
        let (key, adopted) = keys.get(&row.id)?;
        let entered = Entered {
            total: row.amount_total.round_dp(6),
            tax: row.amount_tax.round_dp(6),
            lines: lines.remove(&row.id).unwrap_or_default(),
            payments: payments.remove(&row.id).unwrap_or_default(),
            id: row.id,
            name: row.name,
            state: row.state,
            shop: row.config_id,
            partner: row.partner_id,
            adopted: *adopted,
        };
        Some(((*key).to_owned(), entered))
    });
    Ok(found.collect())
}

#[derive(Deserialize)]
struct Row {
    id: i64,
    name: String,
    state: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    config_id: Many2One,
    #[serde(deserialize_with = "fields::optional")]
    partner_id: Option<Many2One>,
}

async fn rows(client: &Client, ids: &[i64]) -> Result<Vec<Row>, CallError> {
    let wanted = ["name", "state", "amount_total", "amount_tax", "config_id", "partner_id"];
    client.search_read("pos.order", json!([["id", "in", ids]]), &wanted, "id").await
}

async fn lines(
    client: &Client,
    dialect: &Dialect,
    orders: &[i64],
) -> Result<HashMap<i64, Vec<Line>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        order_id: Many2One,
        product_id: Many2One,
        #[serde(with = "decimal")]
        qty: Decimal,
        #[serde(with = "decimal")]
        price_subtotal_incl: Decimal,
        tax_ids: Vec<i64>,
        #[serde(default, deserialize_with = "fields::optional")]
        refunded_orderline_id: Option<Many2One>,
    }
    let mut wanted = vec!["order_id", "product_id", "qty", "price_subtotal_incl", "tax_ids"];
    if dialect.links_refunds() {
        wanted.push("refunded_orderline_id");
    }
    let domain = json!([["order_id", "in", orders]]);
    let rows: Vec<Row> = client.search_read("pos.order.line", domain, &wanted, "id").await?;
    let mut lines: HashMap<i64, Vec<Line>> = HashMap::new();
    for row in rows {
        lines.entry(row.order_id.id).or_default().push(Line {
            product: row.product_id,
            quantity: row.qty.round_dp(6),
            total: row.price_subtotal_incl.round_dp(6),
            taxes: row.tax_ids,
            returns: row.refunded_orderline_id.map(|line| line.id),
        });
    }
    Ok(lines)
}

async fn payments(client: &Client, orders: &[i64]) -> Result<HashMap<i64, Vec<Payment>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        pos_order_id: Many2One,
        payment_method_id: Many2One,
        #[serde(with = "decimal")]
        amount: Decimal,
    }
    let wanted = ["pos_order_id", "payment_method_id", "amount"];
    let domain = json!([["pos_order_id", "in", orders]]);
    let rows: Vec<Row> = client.search_read("pos.payment", domain, &wanted, "id").await?;
    let mut payments: HashMap<i64, Vec<Payment>> = HashMap::new();
    for row in rows {
        let payment = Payment { method: row.payment_method_id, amount: row.amount.round_dp(6) };
        payments.entry(row.pos_order_id.id).or_default().push(payment);
    }
    Ok(payments)
}
