//! Odoo as the oracle of tax arithmetic: what its order form computes for lines that are
//! not saved (`pos.order.onchange`).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;

use super::odoo::Admin;
use super::orders::to_cents;

/// A line by all that its amounts depend on.
#[derive(Debug, Clone, Serialize)]
pub struct TaxedLine {
    /// `product.product` id.
    pub product_id: i64,
    /// Quantity.
    #[serde(with = "decimal")]
    pub qty: Decimal,
    /// Unit price.
    #[serde(with = "decimal")]
    pub price_unit: Decimal,
    /// Discount in percent.
    #[serde(with = "decimal")]
    pub discount: Decimal,
    /// `account.tax` ids.
    #[serde(serialize_with = "as_command")]
    pub tax_ids: Vec<i64>,
}

/// What Odoo computes, to the cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// `amount_total`.
    pub total: Decimal,
    /// `amount_tax`.
    pub tax: Decimal,
}

fn as_command<S: serde::Serializer>(ids: &[i64], serializer: S) -> Result<S::Ok, S::Error> {
    [(6, 0, ids)].serialize(serializer)
}

/// Total and tax of these lines in an order of this session.
pub async fn compute(admin: &Admin, session: i64, lines: &[TaxedLine]) -> Totals {
    #[derive(Serialize)]
    struct Values<'l> {
        session_id: i64,
        company_id: i64,
        config_id: i64,
        currency_id: i64,
        lines: Vec<(i32, String, &'l TaxedLine)>,
    }
    #[derive(Deserialize)]
    struct Session {
        company_id: Many2One,
        config_id: Many2One,
        currency_id: Many2One,
    }
    #[derive(Deserialize)]
    struct Answer {
        value: Amounts,
    }
    // Only what differs from zero comes back.
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Amounts {
        #[serde(with = "decimal")]
        amount_total: Decimal,
        #[serde(with = "decimal")]
        amount_tax: Decimal,
    }
    let fields = ["company_id", "config_id", "currency_id"];
    let mut sessions: Vec<Session> = admin.rows("pos.session", json!([["id", "=", session]]), &fields).await;
    let found = sessions.pop().expect("the session");
    let values = Values {
        session_id: session,
        company_id: found.company_id.id,
        config_id: found.config_id.id,
        currency_id: found.currency_id.id,
        lines: lines.iter().enumerate().map(|(n, line)| (0, format!("new_{n}"), line)).collect(),
    };
    let line_fields = json!({"price_subtotal": {}, "price_subtotal_incl": {}});
    let spec = json!({"amount_total": {}, "amount_tax": {}, "lines": {"fields": line_fields}});
    let nothing: [Value; 0] = [];
    let answer: Answer = admin
        .client
        .read("pos.order", "onchange", (nothing, values, ["lines"], spec), json!({}))
        .await
        .unwrap_or_else(|error| panic!("Odoo computes no totals: {error}"));
    Totals { total: to_cents(answer.value.amount_total), tax: to_cents(answer.value.amount_tax) }
}
