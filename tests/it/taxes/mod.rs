//! The tax engine against Odoo's own: thousands of random orders may differ in nothing.
//!
//! `TILLBRIDGE_TAX_ORDERS` says how many (300 unless set), `TILLBRIDGE_TAX_SEED` which. A
//! difference is shrunk to the fewest and simplest lines that still differ, and shown with
//! its taxes and the seed.

mod closing;
mod fiscal;
mod oracle;
mod random;
mod world;

use futures::StreamExt as _;
use rust_decimal::{Decimal, dec};
use tillbridge::booking::taxes::{Arithmetic, LineTaxes, TaxableLine, applied};
use tillbridge::shop::Shop;

use crate::support::arithmetic::TaxedLine;
use crate::support::number_of;
use crate::support::odoo::Database;
use crate::support::orders::Random;

use oracle::Amounts;
use world::World;

// One for each test: they change how the company rounds.
static AMOUNTS: Database = Database::new("taxes_amounts");
static ABROAD: Database = Database::new("taxes_abroad");
static HALVES: Database = Database::new("taxes_halves");

/// The same lines by our engine.
fn ours(lines: &[TaxedLine], shop: &Shop, with_lines: bool) -> Amounts {
    let arithmetic = Arithmetic::of(shop);
    let lines: Vec<LineTaxes> = lines
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
    let subtotals = || lines.iter().map(|line| (line.subtotal, line.subtotal_incl)).collect();
    Amounts { lines: with_lines.then(subtotals), tax: totals.tax, total: totals.total }
}

/// Our amounts and Odoo's, where they differ.
async fn difference(world: &World, lines: &[TaxedLine]) -> Option<(Amounts, Amounts)> {
    let theirs = oracle::ask(&world.admin, &world.shop, world.session, lines).await;
    let ours = ours(lines, &world.shop, theirs.lines.is_some());
    (ours != theirs).then_some((ours, theirs))
}

/// The simplest order that still differs: fewer lines, fewer taxes, rounder figures.
async fn shrunk(world: &World, mut lines: Vec<TaxedLine>) -> Vec<TaxedLine> {
    'again: loop {
        for candidate in simpler(&lines) {
            if difference(world, &candidate).await.is_some() {
                lines = candidate;
                continue 'again;
            }
        }
        return lines;
    }
}

fn simpler(lines: &[TaxedLine]) -> Vec<Vec<TaxedLine>> {
    let mut all = Vec::new();
    let mut push = |index: usize, change: &dyn Fn(&mut TaxedLine)| {
        let mut changed = lines.to_vec();
        change(&mut changed[index]);
        if changed[index] != lines[index] {
            all.push(changed);
        }
    };
    for (index, line) in lines.iter().enumerate() {
        for tax in &line.tax_ids {
            push(index, &|line| line.tax_ids.retain(|id| id != tax));
        }
        push(index, &|line| line.discount = dec!(0));
        push(index, &|line| line.qty = if line.qty < dec!(0) { dec!(-1) } else { dec!(1) });
        for digits in 0..line.price_unit.scale() {
            push(index, &|line| line.price_unit = line.price_unit.round_dp(digits));
        }
    }
    if lines.len() > 1 {
        all.splice(0..0, (0..lines.len()).map(|index| [&lines[..index], &lines[index + 1..]].concat()));
    }
    all
}

/// Fails with the simplest of the differences between us and Odoo over these orders.
async fn assert_same(world: &World, orders: &[Vec<TaxedLine>], told: &str) {
    let found: Vec<bool> = futures::stream::iter(orders)
        .map(|lines| async { difference(world, lines).await.is_some() })
        .buffered(2)
        .collect()
        .await;
    let different: Vec<_> = orders.iter().zip(&found).filter(|(_, different)| **different).collect();
    let Some((first, _)) = different.first() else { return };
    let lines = shrunk(world, (*first).clone()).await;
    let (ours, theirs) = difference(world, &lines).await.expect("it still differs");
    let taxes: Vec<_> =
        lines.iter().map(|line| applied(&line.tax_ids, &world.shop).expect("known taxes")).collect();
    panic!(
        "{told}: {} of {} orders differ; the first, shrunk:\nours   {ours:?}\nOdoo's {theirs:?}\n{lines:#?}\n{taxes:#?}",
        different.len(),
        orders.len(),
    );
}

/// Combinations of taxes that this Odoo can compute.
fn combinations(random: &mut Random, taxes: &[i64], shop: &Shop) -> Vec<Vec<i64>> {
    let all = (0..60).map(|_| random::combination(random, taxes));
    all.filter(|ids| applied(ids, shop).is_ok()).collect()
}

async fn same_as_odoo(world: &mut World, seed: u64, count: u64) {
    let mut random = Random(seed);
    let taxes = random::make_taxes(&world.admin, &mut random, world.account).await;
    for rounding in ["round_globally", "round_per_line"] {
        world.round(rounding).await;
        let pairs = combinations(&mut random, &taxes, &world.shop);
        assert!(pairs.len() > 20, "{} combinations of taxes can be computed", pairs.len());
        let orders: Vec<_> =
            (0..count / 2).map(|_| random::order(&mut random, &pairs, world.product)).collect();
        let told = format!("{}, {rounding}, seed {seed}", world.shop.currency.code);
        assert_same(world, &orders, &told).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_amounts_are_odoos_under_both_ways_of_rounding() {
    let mut world = World::main(&AMOUNTS).await;
    let seed = number_of("TILLBRIDGE_TAX_SEED").unwrap_or(19);
    let count = number_of("TILLBRIDGE_TAX_ORDERS").unwrap_or(300);
    same_as_odoo(&mut world, seed, count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_are_in_currencies_of_no_decimals_and_of_three() {
    let seed = number_of("TILLBRIDGE_TAX_SEED").unwrap_or(19);
    let count = number_of("TILLBRIDGE_TAX_ORDERS").unwrap_or(300);
    for currency in ["JPY", "KWD"] {
        let mut world = World::abroad(&ABROAD, currency).await;
        same_as_odoo(&mut world, seed, count / 4).await;
    }
}

/// Where exact arithmetic meets a half cent that doubles miss.
#[tokio::test(flavor = "multi_thread")]
async fn halves_of_a_cent_go_the_same_way() {
    let world = World::main(&HALVES).await;
    let tax = HALVES.seed().taxes["15%"];
    let mut random = Random(5);
    let orders: Vec<_> = (0..40)
        .map(|_| {
            // 15 % of a net sum that ends in .10, .30, .50, .70 or .90 is a half cent.
            let quantity = Decimal::from(random.between(2, 9));
            let net = Decimal::new(random.between(100, 9999) * 2 + 1, 1);
            let unit = random.cents(5000, 90_000) + net;
            let percent = (Decimal::ONE - net / (unit * quantity)) * dec!(100);
            vec![TaxedLine {
                product_id: world.product,
                qty: quantity,
                price_unit: unit,
                discount: percent.round_sf(17).expect("17 digits"),
                tax_ids: vec![tax],
            }]
        })
        .collect();
    assert_same(&world, &orders, "halves of a cent").await;
}
