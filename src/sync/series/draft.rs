//! Orders that Odoo itself left in draft although they are paid.
//!
//! Late 18 rewrites the state in the very document it was sent, so that its own repetition
//! after a serialization failure stores a paid order as a draft: no fault, full payment, no
//! stock moved (`pos_order.py`, `_process_order`). Sending the order again with its state and
//! nothing else finishes it, stock included; `action_pos_order_paid` would leave the stock.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::odoo::{CallError, Client, Outcome};

use super::{Dialect, Held};

/// An order that is there, with nothing to add but its state.
#[derive(Debug, Serialize)]
struct Finished {
    uuid: String,
    session_id: i64,
    state: &'static str,
    /// The key must be there, whatever it says.
    access_token: bool,
    lines: [(); 0],
    payment_ids: [(); 0],
    amount_return: i32,
}

impl Dialect {
    /// Whether Odoo holds this order as a draft that is paid in full.
    fn was_left_in_draft(&self, held: &Held) -> bool {
        self.syncs()
            && held.uuid.is_some()
            && held.state == "draft"
            && !held.amount_total.is_zero()
            && held.amount_paid == held.amount_total
    }

    /// The orders that Odoo holds under these keys, after those that it left half done were
    /// finished.
    pub async fn look_up_finished<'k>(
        &self,
        client: &Client,
        keys: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Result<HashMap<String, Held>, CallError> {
        let held = self.look_up(client, keys.clone()).await?;
        let left: Vec<_> = held.values().filter(|held| self.was_left_in_draft(held)).collect();
        if left.is_empty() {
            return Ok(held);
        }
        tracing::warn!(orders = left.len(), "Odoo left paid orders in draft; finishing them");
        // Whatever becomes of it, the orders are read again.
        let _ = self.finish(client, &left).await;
        self.look_up(client, keys).await
    }

    async fn finish(&self, client: &Client, held: &[&Held]) -> Outcome<IgnoredAny> {
        let finished = |held: &&'_ Held| {
            Some(Finished {
                uuid: held.uuid.clone()?,
                session_id: held.session_id.as_ref()?.id,
                state: "paid",
                access_token: false,
                lines: [],
                payment_ids: [],
                amount_return: 0,
            })
        };
        let orders: Vec<_> = held.iter().filter_map(finished).collect();
        client.write("pos.order", "sync_from_ui", (orders,), ()).await
    }
}
