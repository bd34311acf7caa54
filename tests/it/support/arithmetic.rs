//! Odoo as the oracle of tax arithmetic, for lines that are not saved: what its order form
//! computes (19: `pos.order.onchange`), or where that form is not what a session is closed
//! with, its taxes line by line, summed as closing does (14: `account.tax.compute_all`).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;

use super::odoo::Admin;
use super::orders::to_cents;
use super::series::Series;

/// A line by all that its amounts depend on.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// What Odoo computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// `amount_total`.
    pub total: Decimal,
    /// `amount_tax`.
    pub tax: Decimal,
}

impl Totals {
    /// Both figures rounded.
    pub fn map(self, round: impl Fn(Decimal) -> Decimal) -> Self {
        Self { total: round(self.total), tax: round(self.tax) }
    }
}

fn as_command<S: serde::Serializer>(ids: &[i64], serializer: S) -> Result<S::Ok, S::Error> {
    [(6, 0, ids)].serialize(serializer)
}

/// Total and tax of these lines in an order of this session, to the cent.
pub async fn compute(admin: &Admin, session: i64, lines: &[TaxedLine]) -> Totals {
    match Series::current() {
        Series::Odoo14 => by_lines(admin, lines).await,
        Series::Odoo19 => by_form(admin, &Place::of(admin, session).await, lines).await.map(to_cents),
    }
}

/// What a line costs without tax and what its taxes are, rounded as the company rounds them,
/// is Odoo's; what is not rounded yet is rounded per tax and order (`pos_session.py` of 14,
/// `_accumulate_amounts`).
#[expect(clippy::float_arithmetic, reason = "the discounted price in doubles, as Odoo has it")]
async fn by_lines(admin: &Admin, lines: &[TaxedLine]) -> Totals {
    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "decimal")]
        total_excluded: Decimal,
        taxes: Vec<Tax>,
    }
    #[derive(Deserialize)]
    struct Tax {
        id: i64,
        #[serde(with = "decimal")]
        amount: Decimal,
    }
    let double = |amount: Decimal| amount.to_string().parse::<f64>().expect("a number");
    let mut net = Decimal::ZERO;
    let mut taxes: BTreeMap<i64, Decimal> = BTreeMap::new();
    for line in lines {
        let price = double(line.price_unit) * (1.0 - double(line.discount) / 100.0);
        let args = json!([line.tax_ids, price, false, double(line.qty)]);
        let computed: Line = admin
            .client
            .read("account.tax", "compute_all", args, json!({}))
            .await
            .unwrap_or_else(|error| panic!("Odoo computes no taxes: {error}"));
        net += to_cents(computed.total_excluded.round_dp(9));
        for tax in computed.taxes {
            *taxes.entry(tax.id).or_default() += tax.amount.round_dp(9);
        }
    }
    let tax: Decimal = taxes.into_values().map(to_cents).sum();
    Totals { total: net + tax, tax }
}

/// Where lines would be sold.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// `pos.session` id.
    pub session: i64,
    /// `res.company` id.
    pub company: i64,
    /// `pos.config` id.
    pub shop: i64,
    /// `res.currency` id.
    pub currency: i64,
}

impl Place {
    async fn of(admin: &Admin, session: i64) -> Self {
        #[derive(Deserialize)]
        struct Session {
            company_id: Many2One,
            config_id: Many2One,
            currency_id: Many2One,
        }
        let fields = ["company_id", "config_id", "currency_id"];
        let mut sessions: Vec<Session> =
            admin.rows("pos.session", json!([["id", "=", session]]), &fields).await;
        let found = sessions.pop().expect("the session");
        Self {
            session,
            company: found.company_id.id,
            shop: found.config_id.id,
            currency: found.currency_id.id,
        }
    }
}

/// What the order form of 19 computes, as it says it: in doubles.
pub async fn by_form(admin: &Admin, place: &Place, lines: &[TaxedLine]) -> Totals {
    #[derive(Serialize)]
    struct Values<'l> {
        session_id: i64,
        company_id: i64,
        config_id: i64,
        currency_id: i64,
        lines: Vec<(i32, String, &'l TaxedLine)>,
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
    let values = Values {
        session_id: place.session,
        company_id: place.company,
        config_id: place.shop,
        currency_id: place.currency,
        lines: lines.iter().enumerate().map(|(n, line)| (0, format!("new_{n}"), line)).collect(),
    };
    let line_fields = json!({"price_subtotal": {}, "price_subtotal_incl": {}});
    let spec = json!({"amount_total": {}, "amount_tax": {}, "lines": {"fields": line_fields}});
    let nothing: [Value; 0] = [];
    let answer: Answer = admin
        .client
        .read("pos.order", "onchange", (nothing, values, ["lines"], spec), json!({}))
        .await
        .unwrap_or_else(|error| panic!("Odoo computes no totals for {lines:?}: {error}"));
    Totals { total: answer.value.amount_total, tax: answer.value.amount_tax }
}
