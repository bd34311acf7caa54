//! Opening a `pos.session`.

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::odoo::xmlrpc::Exact;
use crate::odoo::{Client, Outcome};

use super::Dialect;

impl Dialect {
    /// Makes a session for a shop that has none open. Its state is then `opening_control`, or
    /// on 14 and 15 `opened` at once where the shop does not count its cash.
    ///
    /// 16 and later: `pos.config.open_ui`. Before, that opens nothing, and
    /// `pos.session.create` is what the till's own button comes to.
    pub async fn open_session(&self, client: &Client, shop: i64) -> Outcome<IgnoredAny> {
        if self.series.major >= 16 {
            client.write("pos.config", "open_ui", json!([[shop]]), json!({})).await
        } else {
            let values = json!({"config_id": shop, "user_id": client.user()});
            client.write("pos.session", "create", json!([values]), json!({})).await
        }
    }

    /// Takes a session out of its opening control with this much cash in the drawer: the
    /// pre-filled `cash_register_balance_start`, or a difference is booked.
    pub async fn pass_opening_control(
        &self,
        client: &Client,
        session: i64,
        cash: Decimal,
    ) -> Outcome<IgnoredAny> {
        let method = if self.series.major >= 18 { "set_opening_control" } else { "set_cashbox_pos" };
        client.write("pos.session", method, ([session], Exact(cash), ""), json!({})).await
    }
}
