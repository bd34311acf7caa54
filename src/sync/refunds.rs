//! A refund follows the state of its sale.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::booking::{OriginalLine, Sale};
use crate::config::{RefundWithoutSale, Sync};
use crate::odoo::fields::Many2One;
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client};
use crate::order::{Code, Document, Order, OrderKey, Refusal, Text};
use crate::store::{Booked, Filter, Item, State, Store, StoreError};
use crate::text;

use super::engine::Odoo;
use super::report::PassError;
use super::series::{Held, PAID};

/// What a refund may do now.
pub(super) enum Way {
    /// Be booked, linked to the lines of its sale.
    Linked(Sale),
    /// Be booked without a link, and flagged.
    Unlinked,
    /// Wait for its sale.
    Wait(Refusal),
    /// Be looked at by a person.
    Refuse(Refusal),
    /// Be left out.
    Skip(Refusal),
}

/// Finds the sale of a refund and says what the refund may do.
pub(super) async fn way(
    order: &Order,
    sync: &Sync,
    store: &dyn Store,
    odoo: &Odoo,
) -> Result<Way, PassError> {
    let (sale_key, sale) = sale_of(order, store).await?;
    let sale_id = &sale_key.order_id;
    let is_cancellation = order.key.is_cancellation();
    Ok(match sale.as_ref().map(|sale| sale.state) {
        Some(State::Missing) if is_cancellation => Way::Skip(nothing_left(sale_id)),
        Some(State::Waiting | State::Ready | State::Sending | State::Retrying) => Way::Wait(Refusal::new(
            Code::SaleNotBooked,
            text!("Its sale {sale_id} is not booked yet.", sale_id),
            text!("Nothing to do: the refund follows its sale."),
        )),
        Some(State::Refused) => Way::Wait(Refusal::new(
            Code::SaleNotBooked,
            text!("Its sale {sale_id} is not booked because it needs somebody.", sale_id),
            text!("Put the order {sale_id} right; the refund follows it.", sale_id),
        )),
        Some(State::Missing) => Way::Wait(Refusal::new(
            Code::SaleNotBooked,
            text!("Its sale {sale_id} was booked and is gone from Odoo.", sale_id),
            text!("Book it again: tillbridge orders rebook. The refund follows it."),
        )),
        Some(State::Skipped) if !is_cancelled(sale.as_ref()) => {
            // Left out by a rule (usually the start date): the sale is in the books elsewhere.
            Way::Unlinked
        }
        Some(State::Booked | State::Conflict) | None => {
            let booked = sale.as_ref().and_then(|sale| sale.booked.as_ref());
            match booked_sale(odoo, &sale_key, booked).await? {
                Some(sale) => Way::Linked(sale),
                None if is_cancellation => Way::Skip(nothing_left(sale_id)),
                // In another company, whose orders cannot be linked, or deleted there.
                None if sale.is_some() && sale_key.location != order.key.location => Way::Unlinked,
                None if matches!(order.key.document, Document::Refund(Some(_))) => Way::Unlinked,
                None if predates_start(order, sync) => Way::Unlinked,
                None => without_sale(sale_id, sync),
            }
        }
        Some(State::Ignored | State::Skipped) => without_sale(sale_id, sync),
    })
}

/// The sale of a refund: its key, and its item where it was ever seen. One that the refund
/// names may have been made in another location, when it is the only one of its number.
async fn sale_of(order: &Order, store: &dyn Store) -> Result<(OrderKey, Option<Item>), StoreError> {
    let named = order.original_order_id.as_ref();
    let order_id = named.unwrap_or(&order.key.order_id).clone();
    let here = OrderKey { document: Document::Sale, order_id: order_id.clone(), ..order.key.clone() };
    if let Some(item) = store.get(&[here.to_string()]).await?.into_iter().next() {
        return Ok((here, Some(item)));
    }
    if named.is_none() {
        return Ok((here, None));
    }
    let filter = Filter {
        source: Some(order.key.source.to_string()),
        external_id: Some(order_id),
        ..Filter::default()
    };
    let mut sales = store.list(&filter).await?.into_iter().filter_map(|item| {
        let key = OrderKey::parse(&item.key).filter(|key| key.document == Document::Sale)?;
        Some((key, item))
    });
    Ok(match (sales.next(), sales.next()) {
        (Some((key, item)), None) => (key, Some(item)),
        _ => (here, None),
    })
}

/// The sale is cancelled on one side, and gone on the other.
fn nothing_left(sale_id: &str) -> Refusal {
    Refusal::new(
        Code::Cancelled,
        text!("The source cancelled the sale {sale_id}, and Odoo does not hold it any more.", sale_id),
        text!("Nothing to do: there is nothing to give back."),
    )
}

fn is_cancelled(sale: Option<&Item>) -> bool {
    sale.and_then(|sale| sale.reason.as_ref()).is_some_and(|reason| reason.code == Code::Cancelled)
}

/// Whether its sale lies before the time from which orders are taken.
fn predates_start(order: &Order, sync: &Sync) -> bool {
    let ordered = order.ordered_at.or(order.dated.then_some(order.sale_at));
    sync.start_date.zip(ordered).is_some_and(|(start, ordered)| ordered < start)
}

fn without_sale(sale_id: &str, sync: &Sync) -> Way {
    let refusal = |fix: Text| {
        Refusal::new(
            Code::RefundWithoutSale,
            text!(
                "This is a refund, but its sale {sale_id} was never booked: booking the negative alone would be wrong by the whole total.",
                sale_id,
            ),
            fix,
        )
    };
    match sync.orders.refund_without_sale {
        RefundWithoutSale::Unlinked => Way::Unlinked,
        RefundWithoutSale::Ignore => {
            Way::Skip(refusal(text!("Nothing to do: the sync leaves such refunds out.")))
        }
        RefundWithoutSale::Ask => Way::Refuse(refusal(text!(
            "Make the source send the sale, or book both in Odoo by hand and close it here: tillbridge orders ignore ID --reason TEXT. The sync can decide it for all such refunds (refund_without_sale)."
        ))),
    }
}

/// The sale as Odoo holds it: under its key, or as it was adopted.
async fn booked_sale(
    odoo: &Odoo,
    key: &OrderKey,
    booked: Option<&Booked>,
) -> Result<Option<Sale>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        product_id: Many2One,
        #[serde(with = "decimal")]
        qty: Decimal,
        /// 15 and later.
        #[serde(default, with = "decimal")]
        refunded_qty: Decimal,
        tax_ids: Vec<i64>,
        #[serde(with = "decimal")]
        price_subtotal_incl: Decimal,
    }
    let Odoo { client, dialect, .. } = odoo;
    let text = key.canonical();
    let mut held = dialect.look_up(client, [text.as_str()]).await?.remove(&text);
    if let (None, Some(booked)) = (&held, booked) {
        held = dialect.look_up_adopted(client, &[booked]).await?.remove(&booked.pos_order_id);
    }
    let Some(held) = held else { return Ok(None) };
    let mut fields = vec!["product_id", "qty", "tax_ids", "price_subtotal_incl"];
    if dialect.links_refunds() {
        fields.push("refunded_qty");
    }
    let rows: Vec<Row> = client
        .read(
            "pos.order.line",
            "search_read",
            json!([[["order_id", "=", held.id]]]),
            json!({"fields": fields, "order": "id"}),
        )
        .await?;
    let lines = rows
        .into_iter()
        .map(|row| OriginalLine {
            id: row.id,
            product: row.product_id.id,
            quantity: row.qty.round_dp(6),
            refunded: row.refunded_qty.round_dp(6),
            taxes: row.tax_ids,
            total: row.price_subtotal_incl.round_dp(6),
        })
        .collect();
    Ok(Some(Sale {
        total: held.amount_total.round_dp(6),
        given_back: given_back(client, key, &held).await?,
        name: held.name,
        partner: held.partner_id.map(|partner| partner.id),
        invoiced: held.account_move.is_some(),
        lines,
    }))
}

/// What the refunds of a sale that are booked already gave back, positive: their references
/// begin with that of the sale, or, of those made by hand up to 17, are the same.
async fn given_back(client: &Client, sale: &OrderKey, held: &Held) -> Result<Decimal, CallError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        pos_reference: String,
        #[serde(with = "decimal")]
        amount_total: Decimal,
    }
    // An adopted sale has a reference of its own.
    let own = held.pos_reference.clone().unwrap_or_else(|| sale.pos_reference());
    let any = OrderKey { document: Document::Refund(None), ..sale.clone() }.pos_reference();
    // `_` and `%` of an id are patterns here: what they let through is sorted out below.
    let domain = json!([
        "|",
        ["pos_reference", "=like", format!("{any}%")],
        ["pos_reference", "=", own],
        ["amount_total", "<", 0],
        ["state", "in", PAID],
    ]);
    let rows: Vec<Row> =
        client.search_read("pos.order", &domain, &["pos_reference", "amount_total"], "id").await?;
    let refunds = rows
        .iter()
        .filter(|row| row.id != held.id && (row.pos_reference.starts_with(&any) || row.pos_reference == own));
    Ok(-refunds.map(|row| row.amount_total.round_dp(6)).sum::<Decimal>())
}
