//! A refund follows the state of its sale.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::booking::{OriginalLine, Sale};
use crate::odoo::CallError;
use crate::odoo::fields::Many2One;
use crate::odoo::xmlrpc::decimal;
use crate::order::{Code, Document, Order, OrderKey, Refusal};
use crate::store::{State, Store, StoreError};

use super::engine::Odoo;

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
}

/// Why the state of a sale is not known.
pub(super) enum RefundError {
    Store(StoreError),
    Call(CallError),
}

/// Finds the sale of a refund and says what the refund may do.
pub(super) async fn way(order: &Order, store: &dyn Store, odoo: &Odoo) -> Result<Way, RefundError> {
    let sale_id = order.original_order_id.as_ref().unwrap_or(&order.key.order_id);
    let sale_key = OrderKey { document: Document::Sale, order_id: sale_id.clone(), ..order.key.clone() };
    let items = store.get(&[sale_key.to_string()]).await.map_err(RefundError::Store)?;
    let state = items.first().map(|item| item.state);
    Ok(match state {
        Some(State::Waiting | State::Ready | State::Sending | State::Retrying) => Way::Wait(Refusal::new(
            Code::SaleNotBooked,
            format!("Its sale {sale_id} is not booked yet."),
            "Nothing to do: the refund follows its sale.",
        )),
        Some(State::Refused) => Way::Wait(Refusal::new(
            Code::SaleNotBooked,
            format!("Its sale {sale_id} is not booked because it needs somebody."),
            format!("Put the order {sale_id} right; the refund follows it."),
        )),
        // Left out by a rule (usually the start date): the sale is in the books elsewhere.
        Some(State::Skipped) => Way::Unlinked,
        Some(State::Booked | State::Conflict) | None => {
            match booked_sale(odoo, &sale_key).await.map_err(RefundError::Call)? {
                Some(sale) => Way::Linked(sale),
                None if matches!(order.key.document, Document::Refund(Some(_))) => Way::Unlinked,
                None => Way::Refuse(without_sale(sale_id)),
            }
        }
        Some(State::Ignored) => Way::Refuse(without_sale(sale_id)),
    })
}

fn without_sale(sale_id: &str) -> Refusal {
    Refusal::new(
        Code::RefundWithoutSale,
        format!(
            "This is a refund, but its sale {sale_id} was never booked: booking the negative alone would be wrong by the whole total."
        ),
        "Book the sale and this refund in Odoo by hand, or make the source send the sale.",
    )
}

async fn booked_sale(odoo: &Odoo, key: &OrderKey) -> Result<Option<Sale>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        product_id: Many2One,
        #[serde(with = "decimal")]
        qty: Decimal,
        /// 15 and later.
        #[serde(default, with = "decimal")]
        refunded_qty: Decimal,
    }
    let Odoo { client, dialect, .. } = odoo;
    let key = key.canonical();
    let Some(held) = dialect.look_up(client, [key.as_str()]).await?.remove(&key) else { return Ok(None) };
    let mut fields = vec!["product_id", "qty"];
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
        })
        .collect();
    Ok(Some(Sale {
        name: held.name,
        partner: held.partner_id.map(|partner| partner.id),
        invoiced: held.account_move.is_some(),
        lines,
    }))
}
