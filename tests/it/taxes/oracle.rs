//! What Odoo itself computes for lines that are not saved.
//!
//! On 19 its order form does (`pos.order.onchange`). On 14 that form is not what a session is
//! closed with: its `compute_all` is called line by line as closing calls it
//! (`pos_session.py`, `_prepare_line`), and summed in doubles as closing sums it
//! (`_accumulate_amounts`); where a sum is near half a cent, Odoo's currency rounds it.
#![expect(clippy::float_arithmetic, reason = "sums in doubles, as Odoo has them")]

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;
use serde_json::json;
use tillbridge::odoo::xmlrpc::decimal;
use tillbridge::shop::Shop;

use crate::support::arithmetic::{Place, TaxedLine, Totals, by_form};
use crate::support::odoo::Admin;
use crate::support::series::Series;

/// The amounts of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// `price_subtotal` and `price_subtotal_incl` of each line, where they were asked for.
    pub lines: Option<Vec<(Decimal, Decimal)>>,
    /// `amount_tax`.
    pub tax: Decimal,
    /// `amount_total`.
    pub total: Decimal,
}

/// Odoo's amounts for these lines in an order of this session.
pub async fn ask(admin: &Admin, shop: &Shop, session: i64, lines: &[TaxedLine]) -> Amounts {
    match Series::current() {
        Series::Odoo14 => as_closing_computes(admin, shop, lines).await,
        Series::Odoo19 => {
            let Shop { id, company, currency, .. } = shop;
            let place = Place { session, company: *company, shop: *id, currency: currency.id };
            let cents = |amount: Decimal| amount.round_dp(currency.decimals);
            let Totals { total, tax } = by_form(admin, &place, lines).await.map(cents);
            Amounts { lines: None, tax, total }
        }
    }
}

fn double(amount: Decimal) -> f64 {
    amount.to_string().parse().expect("a number")
}

async fn as_closing_computes(admin: &Admin, shop: &Shop, lines: &[TaxedLine]) -> Amounts {
    #[derive(Deserialize)]
    struct Line {
        #[serde(with = "decimal")]
        total_excluded: Decimal,
        #[serde(with = "decimal")]
        total_included: Decimal,
        taxes: Vec<Tax>,
    }
    #[derive(Deserialize)]
    struct Tax {
        id: i64,
        tax_repartition_line_id: i64,
        #[serde(with = "decimal")]
        amount: Decimal,
    }
    let cents = |amount: Decimal| amount.round_dp(shop.currency.decimals);
    let mut subtotals = Vec::with_capacity(lines.len());
    let mut taxes: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for line in lines {
        let sign = if line.qty < Decimal::ZERO { 1.0 } else { -1.0 };
        let price = sign * double(line.price_unit) * (1.0 - double(line.discount) / 100.0);
        let mut ids = line.tax_ids.clone();
        ids.sort_by_key(|id| (shop.taxes[id].sequence, *id));
        let args = json!([ids, price, false, double(line.qty.abs())]);
        let computed: Line = admin
            .client
            .read("account.tax", "compute_all", args, json!({}))
            .await
            .unwrap_or_else(|error| panic!("Odoo computes no taxes for {line:?}: {error}"));
        subtotals.push((cents(-computed.total_excluded), cents(-computed.total_included)));
        for tax in computed.taxes {
            *taxes.entry((tax.id, tax.tax_repartition_line_id)).or_default() += double(tax.amount);
        }
    }
    let mut tax = Decimal::ZERO;
    for raw in taxes.into_values() {
        tax -= round(admin, shop, raw).await;
    }
    let untaxed: Decimal = subtotals.iter().map(|(subtotal, _)| subtotal).sum();
    Amounts { lines: Some(subtotals), tax, total: untaxed + tax }
}

/// `res.currency.round`; Odoo is asked where the answer is not plain.
async fn round(admin: &Admin, shop: &Shop, raw: f64) -> Decimal {
    let scaled = raw * 10_f64.powi(i32::try_from(shop.currency.decimals).expect("few"));
    let plain = ((scaled - scaled.floor()) - 0.5).abs() > 1e-3;
    if plain {
        return Decimal::new(scaled.round().to_i64().expect("an amount"), shop.currency.decimals);
    }
    let rounded: decimal::Exact = admin
        .client
        .read("res.currency", "round", json!([[shop.currency.id], raw]), json!({}))
        .await
        .unwrap_or_else(|error| panic!("Odoo does not round {raw}: {error}"));
    rounded.0.round_dp(shop.currency.decimals)
}
