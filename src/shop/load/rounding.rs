//! What is rounded beside taxes: quantities by their units, payments by the smallest coin.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client, EVERYTHING, FaultKind};
use crate::shop::{CashRounding, RoundingMethod};
use crate::text;

use super::{LoadError, not_ready, with_archived};

/// No step of quantities or coins has more decimals; further digits are noise of doubles.
const NOISELESS: u32 = 6;

/// The smallest step of a quantity per unit of measure: of their own before Odoo 19, where
/// all follow *Product Unit*.
pub(super) async fn unit_steps(client: &Client) -> Result<HashMap<i64, Decimal>, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        #[serde(with = "decimal")]
        rounding: Decimal,
    }
    let rows: Vec<Row> =
        with_archived(client).search_read("uom.uom", EVERYTHING, &["rounding"], "id").await?;
    Ok(rows.into_iter().map(|row| (row.id, row.rounding.round_dp(NOISELESS).normalize())).collect())
}

/// The cash rounding of this id.
pub(super) async fn coins(client: &Client, id: i64, only_cash: bool) -> Result<CashRounding, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
        #[serde(with = "decimal")]
        rounding: Decimal,
        rounding_method: String,
    }
    let rows: Vec<Row> = client
        .read(
            "account.cash.rounding",
            "read",
            json!([[id]]),
            json!({"fields": ["name", "rounding", "rounding_method"]}),
        )
        .await
        .map_err(|error| match error {
            // Up to 15 a POS user may not read how its own shop rounds.
            CallError::Fault(fault) if fault.kind() == FaultKind::AccessRights => not_ready(
                text!("The shop rounds what is paid in cash, and the API user may not read how."),
                text!("Give the API user the access right \"Billing\" (group account.group_account_invoice) in Odoo (Settings → Users)."),
            ),
            error => error.into(),
        })?;
    let row = rows.into_iter().next().ok_or_else(|| {
        not_ready(
            text!("The shop's cash rounding (id {id}) cannot be read.", id = id.to_string()),
            text!("Check the API user's rights."),
        )
    })?;
    let step = row.rounding.round_dp(NOISELESS).normalize();
    let method = match row.rounding_method.as_str() {
        "UP" => Some(RoundingMethod::Up),
        "DOWN" => Some(RoundingMethod::Down),
        "HALF-UP" => Some(RoundingMethod::HalfUp),
        _ => None,
    };
    match method {
        Some(method) if step > Decimal::ZERO => Ok(CashRounding { step, method, only_cash }),
        _ => Err(not_ready(
            text!(
                "The shop's cash rounding {rounding} rounds by {step} ({method}), which is not known here.",
                rounding = &row.name,
                step,
                method = &row.rounding_method
            ),
            text!("Choose another cash rounding for the shop in Odoo."),
        )),
    }
}
