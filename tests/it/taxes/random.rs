//! Random taxes and orders, the same for a seed.

use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

use crate::support::arithmetic::TaxedLine;
use crate::support::odoo::Admin;
use crate::support::orders::Random;
use crate::support::series::Series;

/// Creates taxes of every kind with amounts of every length, each on an account, and groups
/// of them (on 14 also groups of groups). Gives all their ids.
pub async fn make_taxes(admin: &Admin, random: &mut Random, account: i64) -> Vec<i64> {
    let mut made = Vec::new();
    for n in 0..30 {
        let (kind, amount) = match random.between(1, 10) {
            1 | 2 => ("fixed", random.cents(-50, 500)),
            3 => ("division", random.cents(100, 3000)),
            4 => ("percent", -random.cents(1, 1500)),
            5 | 6 => ("percent", Decimal::new(random.between(1, 250_000), 4)),
            _ => ("percent", Decimal::from(random.between(1, 25))),
        };
        let reverses = n % 15 == 7;
        let shares: &[i64] = if reverses { &[100, -100] } else { &[100] };
        let mut values = tax(&format!("Tax {n}"), kind, amount, random.percent(45));
        values["sequence"] = random.between(1, 6).into();
        values["include_base_amount"] = random.percent(30).into();
        if Series::current() != Series::Odoo14 {
            values["is_base_affected"] = random.percent(80).into();
        }
        for document in ["invoice_repartition_line_ids", "refund_repartition_line_ids"] {
            values[document] = shares_of(shares, account);
        }
        made.push(admin.create("account.tax", values).await);
    }
    let taxes = made.clone();
    for n in 0..4 {
        // Not only taxes that stand next to each other.
        let mut members: Vec<i64> = (0..3).map(|_| *random.pick(&taxes)).collect();
        members.dedup();
        if n == 3 && Series::current() == Series::Odoo14 {
            members.push(*made.last().expect("a group"));
        }
        let mut values = tax(&format!("Group {n}"), "group", Decimal::ZERO, false);
        values["children_tax_ids"] = json!([[6, 0, members]]);
        values["sequence"] = random.between(1, 6).into();
        made.push(admin.create("account.tax", values).await);
    }
    made
}

/// The values of a tax.
pub fn tax(name: &str, kind: &str, amount: Decimal, included: bool) -> Value {
    let (inclusion, included) = Series::current().tax_inclusion(included);
    let amount: serde_json::Number = amount.to_string().parse().expect("a number");
    json!({
        "name": name, "amount_type": kind, "amount": amount, "type_tax_use": "sale", inclusion: included,
    })
}

/// The distribution of a tax over an account, in percent, after its line for the base.
fn shares_of(percents: &[i64], account: i64) -> Value {
    let base = json!([0, 0, {"repartition_type": "base", "factor_percent": 100}]);
    let share = |percent: &i64| json!([0, 0, {"repartition_type": "tax", "factor_percent": percent, "account_id": account}]);
    let lines: Vec<Value> = std::iter::once(base).chain(percents.iter().map(share)).collect();
    json!([[5, 0, 0]].into_iter().map(|clear| json!(clear)).chain(lines).collect::<Vec<_>>())
}

/// Lines as a till could have them, and some that no till would: returns among sales, free
/// goods, negative prices, amounts up to ±10⁷, prices of six decimals.
pub fn order(random: &mut Random, pairs: &[Vec<i64>], product: i64) -> Vec<TaxedLine> {
    let returned = random.percent(20);
    // A shop has a few taxes, not a new one on each line.
    let pairs: Vec<&Vec<i64>> = (0..2).map(|_| random.pick(pairs)).collect();
    (0..random.between(1, 5))
        .map(|_| {
            let quantity: Decimal =
                if random.percent(30) { random.cents(1, 900) } else { random.between(1, 9).into() };
            let price_unit = match random.between(1, 14) {
                1 | 2 => Decimal::new(random.between(1, 99_999_999), 6),
                3 => Decimal::ZERO,
                4 => random.cents(1, 1_000_000_000) / quantity.ceil(),
                5 => (Decimal::new(random.between(1, 9_999_999_999_999), 6) / quantity.ceil()).round_dp(6),
                6 => -random.cents(1, 50_000),
                // Many halves of a cent come of these.
                7 | 8 => Decimal::new(random.between(1, 2000) * 5, 2),
                _ => random.cents(1, 50_000),
            };
            let discount = match random.between(1, 12) {
                1 | 2 => Decimal::from(random.between(1, 100)),
                3 => random.cents(1, 9999),
                4 => (dec!(100) / Decimal::from(random.between(3, 19))).round_sf(17).expect("17 digits"),
                _ => Decimal::ZERO,
            };
            let returns = returned || random.percent(8);
            TaxedLine {
                product_id: product,
                qty: if returns { -quantity } else { quantity },
                price_unit: price_unit.round_sf(17).expect("17 digits").normalize(),
                discount,
                tax_ids: (*random.pick(&pairs)).clone(),
            }
        })
        .collect()
}

/// Up to three of these taxes.
pub fn combination(random: &mut Random, taxes: &[i64]) -> Vec<i64> {
    let count = *random.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
    let mut ids: Vec<i64> = (0..count).map(|_| *random.pick(taxes)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
