//! Orders that Odoo itself left in draft although they are paid.
//!
//! Late 18 rewrites the state in the very document it was sent, so that its own repetition
//! after a serialization failure stores a paid order as a draft: no fault, full payment, no
//! stock moved (`pos_order.py`, `_process_order`). Sending the order again with its state and
//! nothing else finishes it, stock included; `action_pos_order_paid` would leave the stock.

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::odoo::{Client, Outcome};

use super::{Dialect, Held};

/// An order that is there, with nothing to add but its state.
#[derive(Debug, Serialize)]
struct Finished<'h> {
    uuid: &'h str,
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
    pub fn was_left_in_draft(&self, held: &Held) -> bool {
        self.syncs()
            && held.uuid.is_some()
            && held.state == "draft"
            && !held.amount_total.is_zero()
            && held.amount_paid == held.amount_total
    }

    /// Finishes such orders.
    pub async fn finish(&self, client: &Client, session: i64, held: &[&Held]) -> Outcome<IgnoredAny> {
        let orders: Vec<_> = held
            .iter()
            .filter_map(|held| held.uuid.as_deref())
            .map(|uuid| Finished {
                uuid,
                session_id: session,
                state: "paid",
                access_token: false,
                lines: [],
                payment_ids: [],
                amount_return: 0,
            })
            .collect();
        client.write("pos.order", "sync_from_ui", (orders,), ()).await
    }
}
