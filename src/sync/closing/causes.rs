//! Which orders keep a session from closing clean.
//!
//! Odoo only says that the entry would not balance. It posts the income of the stored lines
//! and taxes that it computes anew (`pos_session.py`, `_accumulate_amounts`), against what
//! was paid; so an order is to blame whose stored figures are not what its lines come to.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::booking::taxes::{Arithmetic, TaxableLine, applied};
use crate::odoo::fields::{self, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Part, Text};
use crate::shop::{MethodKind, Shop};
use crate::text;

#[derive(Debug, Deserialize)]
struct Order {
    id: i64,
    name: String,
    #[serde(deserialize_with = "fields::optional")]
    pos_reference: Option<String>,
    state: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    #[serde(deserialize_with = "fields::optional")]
    partner_id: Option<Many2One>,
}

#[derive(Debug, Deserialize)]
struct Line {
    order_id: Many2One,
    #[serde(with = "decimal")]
    qty: Decimal,
    #[serde(with = "decimal")]
    price_unit: Decimal,
    #[serde(with = "decimal")]
    discount: Decimal,
    #[serde(with = "decimal")]
    price_subtotal: Decimal,
    tax_ids: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct Payment {
    pos_order_id: Many2One,
    #[serde(rename = "payment_method_id")]
    method: Many2One,
    #[serde(with = "decimal")]
    amount: Decimal,
}

/// The orders of a session that keep it from closing, each with the reason; the first `limit`.
///
/// # Errors
///
/// Odoo cannot be asked.
pub(super) async fn find(
    client: &Client,
    shop: &Shop,
    session: i64,
    limit: usize,
) -> Result<Vec<Text>, CallError> {
    let of_session = |field: &str| json!([[field, "=", session], ["order_id.state", "!=", "cancel"]]);
    let orders: Vec<Order> = client
        .search_read(
            "pos.order",
            json!([["session_id", "=", session], ["state", "!=", "cancel"]]),
            &["name", "pos_reference", "state", "amount_total", "amount_tax", "partner_id"],
            "id",
        )
        .await?;
    let lines: Vec<Line> = client
        .search_read(
            "pos.order.line",
            of_session("order_id.session_id"),
            &["order_id", "qty", "price_unit", "discount", "price_subtotal", "tax_ids"],
            "id",
        )
        .await?;
    let payments: Vec<Payment> = client
        .search_read(
            "pos.payment",
            json!([["pos_order_id.session_id", "=", session]]),
            &["pos_order_id", "payment_method_id", "amount"],
            "id",
        )
        .await?;
    let lines = grouped(lines, |line| line.order_id.id);
    let payments = grouped(payments, |payment| payment.pos_order_id.id);
    let none = (Vec::new(), Vec::new());
    Ok(orders
        .iter()
        .filter_map(|order| {
            let lines = lines.get(&order.id).unwrap_or(&none.0);
            let payments = payments.get(&order.id).unwrap_or(&none.1);
            let label = order.pos_reference.as_deref().unwrap_or(&order.name);
            let fault = fault_of(order, lines, payments, shop)?;
            Some(text!("{order} ({fault})", order = label, fault))
        })
        .take(limit)
        .collect())
}

/// What is wrong with an order, if anything.
fn fault_of(order: &Order, lines: &[Line], payments: &[Payment], shop: &Shop) -> Option<Text> {
    let currency = &shop.currency;
    let round = |amount| currency.round(amount);
    let show = |amount| Part::figure(currency.show(round(amount)));
    if order.state == "draft" {
        return Some(text!("not paid"));
    }
    let paid: Decimal = payments.iter().map(|payment| payment.amount).sum();
    if round(paid) != round(order.amount_total) {
        return Some(text!(
            "total {total}, paid {paid}",
            total = show(order.amount_total),
            paid = show(paid)
        ));
    }
    let on_account = |payment: &Payment| {
        let method = shop.methods.iter().find(|method| method.id == payment.method.id);
        method.is_some_and(|method| method.kind == MethodKind::PayLater)
    };
    if order.partner_id.is_none() && payments.iter().any(on_account) {
        return Some(text!("on account of no customer"));
    }
    let arithmetic = Arithmetic::of(shop);
    let mut computed = Vec::new();
    for line in lines {
        // A tax that cannot be computed here cannot be blamed either.
        let taxes = applied(&line.tax_ids, shop).ok()?;
        let taxable = TaxableLine {
            price_unit: line.price_unit,
            discount: line.discount,
            quantity: line.qty.round_dp(6),
            taxes,
        };
        let taxed = arithmetic.line(&taxable);
        if taxed.subtotal != round(line.price_subtotal) {
            return Some(text!(
                "a line of {stated} comes to {computed} without tax",
                stated = show(line.price_subtotal),
                computed = show(taxed.subtotal)
            ));
        }
        computed.push(taxed);
    }
    let totals = arithmetic.totals(&computed.iter().collect::<Vec<_>>());
    let [total, tax] = [order.amount_total, order.amount_tax].map(round);
    (total != totals.total || tax != totals.tax).then(|| {
        text!(
            "total {total} with tax {tax}, its lines come to {lines_total} with tax {lines_tax}",
            total = show(total),
            tax = show(tax),
            lines_total = show(totals.total),
            lines_tax = show(totals.tax)
        )
    })
}

fn grouped<T>(rows: Vec<T>, order: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(order(&row)).or_default().push(row);
    }
    groups
}
