//! The tax engine against Odoo's own: thousands of random orders may differ in nothing.
//!
//! `TILLBRIDGE_TAX_ORDERS` says how many (300 unless set), `TILLBRIDGE_TAX_SEED` which; both
//! are shown by a failure.

use futures::StreamExt as _;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tillbridge::booking::taxes::{Arithmetic, TaxableLine, applied};
use tillbridge::shop::ShopRef;
use tillbridge::shop::{Shop, ShopLoader};

use crate::support::arithmetic::{TaxedLine, Totals, compute};
use crate::support::odoo::{Admin, Database};
use crate::support::orders::Random;
use crate::support::series::Series;
use crate::support::till;

static DATABASE: Database = Database::new("taxes");

fn from_env(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")),
        Err(_) => default,
    }
}

/// The kinds of taxes that Odoo has, in the combinations that matter.
async fn make_taxes(admin: &Admin) -> Vec<i64> {
    const AFFECTS: (&str, bool) = ("include_base_amount", true);
    const UNAFFECTED: (&str, bool) = ("is_base_affected", false);
    let all = [
        tax("percent", 15.0, false, &[]),
        tax("percent", 5.0, false, &[]),
        tax("percent", 7.7, false, &[]),
        tax("percent", 15.0, true, &[]),
        tax("percent", 20.0, true, &[]),
        tax("percent", 5.5, true, &[]),
        tax("percent", 3.0, true, &[]),
        tax("percent", 12.5, false, &[AFFECTS]),
        tax("percent", 10.0, true, &[AFFECTS]),
        tax("percent", 4.0, false, &[UNAFFECTED]),
        tax("percent", 6.0, true, &[UNAFFECTED]),
        tax("fixed", 0.5, false, &[]),
        tax("fixed", 1.35, false, &[AFFECTS]),
        tax("fixed", 0.2, true, &[]),
        tax("fixed", 0.33, true, &[AFFECTS]),
        tax("division", 10.0, false, &[]),
        tax("division", 8.5, true, &[]),
    ];
    let mut ids = Vec::new();
    for (n, mut values) in all.into_iter().enumerate() {
        values["name"] = format!("Tax {n}").into();
        // Neither the order of creation nor one sequence for all.
        values["sequence"] = ((n * 7) % 5).into();
        ids.push(admin.create("account.tax", values).await);
    }
    for (n, children) in [[ids[0], ids[1]], [ids[12], ids[2]]].into_iter().enumerate() {
        let mut values = tax("group", 0.0, false, &[]);
        values["children_tax_ids"] = json!([[6, 0, children]]);
        values["name"] = format!("Group {n}").into();
        ids.push(admin.create("account.tax", values).await);
    }
    ids
}

fn tax(kind: &str, amount: f64, included: bool, more: &[(&str, bool)]) -> Value {
    let (inclusion, included) = Series::current().tax_inclusion(included);
    let mut values =
        json!({"amount_type": kind, "amount": amount, "type_tax_use": "sale", inclusion: included});
    for (name, value) in more {
        values[*name] = (*value).into();
    }
    values
}

/// Lines as a till could have them, and some that no till would.
fn order(random: &mut Random, taxes: &[i64], product: i64) -> Vec<TaxedLine> {
    let returned = random.percent(20);
    let count = random.between(1, 5);
    // A shop has a few taxes, not a new one on each line.
    let pairs: Vec<Vec<i64>> = (0..2).map(|_| combination(random, taxes)).collect();
    (0..count)
        .map(|_| {
            let quantity =
                if random.percent(30) { random.cents(1, 900) } else { random.between(1, 9).into() };
            let price_unit = match random.between(1, 10) {
                1 => Decimal::new(random.between(1, 99_999_999), 6),
                2 => Decimal::ZERO,
                _ => random.cents(1, 50_000),
            };
            let discount = match random.between(1, 10) {
                1 | 2 => Decimal::from(random.between(1, 100)),
                3 => random.cents(1, 9999),
                _ => Decimal::ZERO,
            };
            let returns = returned || random.percent(5);
            TaxedLine {
                product_id: product,
                qty: if returns { -quantity } else { quantity },
                price_unit,
                discount,
                tax_ids: random.pick(&pairs).clone(),
            }
        })
        .collect()
}

fn combination(random: &mut Random, taxes: &[i64]) -> Vec<i64> {
    let count = *random.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
    let mut ids: Vec<i64> = (0..count).map(|_| *random.pick(taxes)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The same lines by our engine.
fn ours(lines: &[TaxedLine], shop: &Shop) -> Totals {
    let arithmetic = Arithmetic::of(shop);
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            arithmetic.line(&TaxableLine {
                price_unit: line.price_unit,
                discount: line.discount,
                quantity: line.qty,
                taxes: applied(&line.tax_ids, shop).expect("taxes that can be computed"),
            })
        })
        .collect();
    let totals = arithmetic.totals(&lines.iter().collect::<Vec<_>>());
    Totals { total: totals.total, tax: totals.tax }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_totals_are_odoos_under_both_ways_of_rounding() {
    let admin = DATABASE.admin().await;
    let taxes = make_taxes(&admin).await;
    let shop = DATABASE.shop(&["Card"]).await;
    let session = till::begin_session(&admin, shop.id).await;
    let product = DATABASE.seed().products["B002"];
    let seed = from_env("TILLBRIDGE_TAX_SEED", 19);
    let count = from_env("TILLBRIDGE_TAX_ORDERS", 300);

    let mut different = Vec::new();
    for (n, rounding) in ["round_globally", "round_per_line"].into_iter().enumerate() {
        admin.write("res.company", &[1], json!({"tax_calculation_rounding_method": rounding})).await;
        let loader = ShopLoader::load(&admin.client, &ShopRef::Id(shop.id)).await.expect("the shop");
        let mut random = Random(seed + n as u64);
        let orders: Vec<_> = (0..count / 2).map(|_| order(&mut random, &taxes, product)).collect();
        let theirs = futures::stream::iter(&orders)
            .map(|lines| compute(&admin, session, lines))
            .buffered(2)
            .collect::<Vec<_>>()
            .await;
        for (lines, theirs) in orders.iter().zip(theirs) {
            let ours = ours(lines, loader.shop());
            if ours != theirs {
                let taxes: Vec<_> =
                    lines.iter().map(|line| applied(&line.tax_ids, loader.shop()).expect("known")).collect();
                different
                    .push(format!("{rounding}: ours {ours:?}, Odoo's {theirs:?}\n{lines:#?}\n{taxes:#?}"));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {count} orders differ (seed {seed}); the shortest:\n{}",
        different.len(),
        different.iter().min_by_key(|text| text.len()).expect("one"),
    );
}

/// Where exact arithmetic meets a half cent that doubles miss.
#[tokio::test(flavor = "multi_thread")]
async fn halves_of_a_cent_go_the_same_way() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Card"]).await;
    let session = till::begin_session(&admin, shop.id).await;
    let loader = ShopLoader::load(&admin.client, &ShopRef::Id(shop.id)).await.expect("the shop");
    let product = DATABASE.seed().products["B002"];
    let tax = DATABASE.seed().taxes["15%"];
    let mut random = Random(5);
    let line = |qty, price_unit, discount| TaxedLine {
        product_id: product,
        qty,
        price_unit,
        discount,
        tax_ids: vec![tax],
    };
    for _ in 0..40 {
        // 15 % of a net sum that ends in .10, .30, .50, .70 or .90 is a half cent.
        let quantity = Decimal::from(random.between(2, 9));
        let net = Decimal::new(random.between(100, 9999) * 2 + 1, 1);
        let unit = random.cents(5000, 90_000) + net;
        let percent = (Decimal::ONE - net / (unit * quantity)) * dec!(100);
        let percent = percent.round_sf(17).expect("17 digits");
        let lines = [line(quantity, unit, percent)];
        assert_eq!(
            ours(&lines, loader.shop()),
            compute(&admin, session, &lines).await,
            "{lines:?}, net {net}"
        );
    }
}
