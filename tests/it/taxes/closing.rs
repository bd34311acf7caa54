//! The last word: sessions full of random orders, booked with our amounts, close without a
//! difference, and the taxes in their entries are ours.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Number, Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;

use crate::support::arithmetic::TaxedLine;
use crate::support::odoo::Database;
use crate::support::orders::Random;
use crate::support::series::Series;
use crate::support::till;

use super::oracle::Amounts;
use super::world::World;
use super::{combinations, ours, random};
use crate::support::number_of;

static DATABASE: Database = Database::new("taxes_closing");

/// Orders in a session.
const ORDERS: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_random_orders_close_without_a_difference() {
    let mut world = World::main(&DATABASE).await;
    close_sessions(&mut world, number_of("TILLBRIDGE_TAX_ORDERS").unwrap_or(300) / ORDERS / 2).await;
    let mut world = World::abroad(&DATABASE, "KWD").await;
    close_sessions(&mut world, 1).await;
}

async fn close_sessions(world: &mut World, sessions: u64) {
    let seed = number_of("TILLBRIDGE_TAX_SEED").unwrap_or(14);
    let mut random = Random(seed);
    let taxes = random::make_taxes(&world.admin, &mut random, world.account).await;
    for rounding in ["round_globally", "round_per_line"] {
        world.round(rounding).await;
        let pairs = combinations(&mut random, &taxes, &world.shop);
        for number in 0..sessions.max(1) {
            let orders: Vec<_> =
                (0..ORDERS).map(|_| random::order(&mut random, &pairs, world.product)).collect();
            let told = format!("{rounding}, seed {seed}, session {number}");
            let session = world.session;
            let tax = book(world, session, &orders, &told).await;
            till::close_session(&world.admin, session, None).await;
            let differences: Vec<Value> = till::difference_entries(&world.admin, session).await;
            assert!(differences.is_empty(), "{told}: {differences:?}");
            assert_eq!(posted_tax(world, session).await, tax, "the tax in the entry: {told}");
            world.session = till::open_session(&world.admin, world.shop.id).await;
        }
    }
}

/// Books the orders as they are computed here; gives the sum of their taxes.
async fn book(world: &World, session: i64, orders: &[Vec<TaxedLine>], told: &str) -> Decimal {
    let computed: Vec<Amounts> = orders.iter().map(|lines| ours(lines, &world.shop, true)).collect();
    let documents: Vec<Value> = orders
        .iter()
        .zip(&computed)
        .enumerate()
        .map(|(n, (lines, amounts))| document(world, session, n, lines, amounts))
        .collect();
    let method = match Series::current() {
        Series::Odoo14 => "create_from_ui",
        Series::Odoo19 => "sync_from_ui",
    };
    world.admin.act("pos.order", method, json!([documents])).await;
    let paid = json!([["session_id", "=", session], ["state", "=", "paid"]]);
    assert_eq!(
        world.admin.count("pos.order", paid).await,
        i64::try_from(orders.len()).unwrap(),
        "paid: {told}"
    );
    computed.iter().map(|amounts| amounts.tax).sum()
}

fn document(world: &World, session: i64, n: usize, lines: &[TaxedLine], amounts: &Amounts) -> Value {
    let number = |amount: Decimal| amount.to_string().parse::<Number>().expect("a number");
    let subtotals = amounts.lines.as_ref().expect("asked for");
    let lines: Vec<Value> = lines
        .iter()
        .zip(subtotals)
        .enumerate()
        .map(|(line_number, (line, (subtotal, subtotal_incl)))| {
            json!([0, 0, {
                "name": format!("{session}/{n}/{line_number}"), "product_id": line.product_id, "qty": number(line.qty),
                "price_unit": number(line.price_unit), "discount": number(line.discount),
                "tax_ids": [[6, 0, line.tax_ids]],
                "price_subtotal": number(*subtotal), "price_subtotal_incl": number(*subtotal_incl),
            }])
        })
        .collect();
    let method = world.shop.methods[0].id;
    let reference = format!("TAX/{session}/{n}");
    let date = "2026-03-01 10:00:00";
    let mut values = json!({
        "amount_total": number(amounts.total), "amount_tax": number(amounts.tax),
        "amount_paid": number(amounts.total), "amount_return": 0, "lines": lines, "sequence_number": n,
        "fiscal_position_id": false, "pricelist_id": world.shop.pricelist.map_or(json!(false), |id| json!(id)),
    });
    let mut payment = json!({"payment_method_id": method, "amount": number(amounts.total)});
    let set = |values: &mut Value, more: Value| {
        let more = more.as_object().expect("an object").clone();
        values.as_object_mut().expect("an object").extend(more);
    };
    match Series::current() {
        Series::Odoo14 => {
            set(&mut payment, json!({"name": date}));
            let more = json!({
                "name": reference, "server_id": false, "pos_session_id": session, "user_id": 2,
                "partner_id": false, "creation_date": date, "statement_ids": [[0, 0, payment]],
            });
            set(&mut values, more);
            json!({"id": reference, "data": values})
        }
        Series::Odoo19 => {
            set(&mut payment, json!({"payment_date": date}));
            let more = json!({
                "uuid": uuid::Uuid::new_v4().to_string(), "pos_reference": reference, "session_id": session,
                "state": "paid", "date_order": date, "payment_ids": [[0, 0, payment]],
            });
            set(&mut values, more);
            values
        }
    }
}

/// What the entry of a closed session credits to taxes.
async fn posted_tax(world: &World, session: i64) -> Decimal {
    #[derive(Deserialize)]
    struct Closed {
        move_id: Many2One,
    }
    #[derive(Deserialize)]
    struct Item {
        #[serde(with = "decimal")]
        balance: Decimal,
    }
    let closed: Vec<Closed> =
        world.admin.rows("pos.session", json!([["id", "=", session]]), &["move_id"]).await;
    let items = json!([["move_id", "=", closed[0].move_id.id], ["tax_repartition_line_id", "!=", false]]);
    let items: Vec<Item> = world.admin.rows("account.move.line", items, &["balance"]).await;
    let sum: Decimal = items.iter().map(|item| item.balance).sum();
    -sum.round_dp(world.shop.currency.decimals)
}
