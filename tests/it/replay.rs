//! Past days planned again.

use rust_decimal::dec;
use serde_json::{Value, json};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, shell};
use crate::support::orders::{METHODS, Prices, Rounding, plain, texts, with, with_refunds};

static DATABASE: Database = Database::new("replay");

/// The order of each id among those that differ.
fn differing<'r>(replay: &'r Value, id: &str) -> &'r Value {
    let all = replay["differing"].as_array().expect("a list");
    let found: Vec<&Value> = all.iter().filter(|order| order["id"] == id).collect();
    let [one] = found.as_slice() else { panic!("{} orders {id} in {replay:#}", found.len()) };
    one
}

/// Exit code, and what is said of the only sync.
async fn replay(bridge: &Bridge, days: &[&str]) -> (Option<i32>, Value) {
    let ended = bridge.run(&[&["replay", "--output", "json"], days].concat()).await;
    let report: Value = ended.json();
    assert_eq!(report["syncs"].as_array().map(Vec::len), Some(1), "{report:#}");
    (ended.code, report["syncs"][0].clone())
}

/// The orders of a shop, and when they were changed last.
async fn booked(admin: &Admin, shop: &Shop) -> Vec<Value> {
    admin.rows("pos.order", json!([["session_id.config_id", "=", shop.id]]), &["write_date"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_and_stays_as_it_is_does_not_differ() {
    let shop = DATABASE.shop(&METHODS).await;
    let orders = with_refunds(91, 100, 60, Rounding::PerOrder, Prices::Either);
    let refunds = orders.iter().filter(|order| order.expected.total.is_sign_negative()).count();
    assert!(refunds > 2, "{refunds}");
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(orders.len() as u64, 0, 0);
    let march = ["--day", "2026-03-01", "--to", "2026-03-31"];
    let (code, replay) = replay(&bridge, &march).await;
    assert_eq!(code, Some(0), "{replay:#}");
    assert_eq!((&replay["orders"], &replay["same"]), (&json!(orders.len()), &json!(orders.len())));
    assert_eq!(replay["booked"], replay["planned"], "{replay:#}");
    assert_eq!(replay["booked"]["USD"]["count"], json!(orders.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_otherwise_by_now_is_named_and_nothing_is_written() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Card", "Mada"]).await;
    let product = async |code: &str| {
        let taxes = json!([[6, 0, [DATABASE.seed().taxes["15%"]]]]);
        let values = json!({"name": code, "default_code": code, "type": "service", "available_in_pos": true, "taxes_id": taxes});
        admin.create("product.product", values).await
    };
    let (taxed, archived) = (product("P401").await, product("P402").await);
    let open = with(&plain("4", "B002", dec!(40.00), "Card").json, json!({"OrderStatus": 101}));
    let next_day =
        with(&plain("5", "P401", dec!(50.00), "Card").json, json!({"OrderDate": "2026-03-02T10:00:00Z"}));
    let shown = vec![
        plain("1", "P401", dec!(10.00), "Card").json,
        plain("2", "P402", dec!(20.00), "Card").json,
        plain("3", "P403", dec!(30.00), "Card").json,
        open,
        next_day,
        plain("6", "B002", dec!(60.00), "Voucher").json,
        plain("7", "B002", dec!(70.00), "Card").json,
    ];
    let feed = Feed::start(shown).await;
    let mapped = "payment = [{ code = \"Voucher\", method = \"Card\" }]";
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, mapped);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused, report.waiting), (5, 1, 1), "{report:#?}");
    let day = ["--day", "2026-03-01"];
    assert_eq!(replay(&bridge, &day).await.1["same"], 6);

    // A product got another tax, another one was archived, a missing one was made; a payment is
    // mapped to another method.
    admin
        .write("product.product", &[taxed], json!({"taxes_id": [[6, 0, [DATABASE.seed().taxes["5% excl"]]]]}))
        .await;
    admin.write("product.product", &[archived], json!({"active": false})).await;
    product("P403").await;
    bridge.change_syncs("method = \"Card\"", "method = \"Mada\"");
    let before =
        (booked(&admin, &shop).await, bridge.done(&["orders", "--output", "json", "--limit", "0"]).await);
    let (code, replay) = replay(&bridge, &day).await;
    assert_eq!(code, Some(3), "{replay:#}");
    assert_eq!(
        (&replay["orders"], &replay["same"]),
        (&json!(6), &json!(2)),
        "the open one and 7: {replay:#}"
    );

    let differs = |id: &str| differing(&replay, id)["differences"].clone();
    let taxed = differing(&replay, "1");
    assert_eq!((&taxed["was"]["total"], &taxed["now"]["state"]), (&json!("11.50"), &json!("refused")));
    assert!(taxed["pos_order"].is_string(), "{taxed:#}");
    assert_eq!(differs("6"), json!(["paid by Card: 69.00 → 0.00", "paid by Mada: 0.00 → 69.00"]));
    let archived = differing(&replay, "2");
    assert_eq!((&archived["was"]["state"], &archived["now"]["state"]), (&json!("booked"), &json!("refused")));
    assert_eq!(archived["now"]["code"], "unavailable_product", "{archived:#}");
    let made = differing(&replay, "3");
    assert_eq!((&made["was"]["state"], &made["now"]["state"]), (&json!("refused"), &json!("booked")));
    assert_eq!(
        (&replay["booked"]["USD"]["count"], &replay["planned"]["USD"]["count"]),
        (&json!(4), &json!(3))
    );

    let said = bridge.run(&["replay", "--day", "2026-03-01"]).await;
    assert!(said.stdout.contains("6 orders, 2 would stand as they do, 4 would not"), "{said:?}");
    let after =
        (booked(&admin, &shop).await, bridge.done(&["orders", "--output", "json", "--limit", "0"]).await);
    assert_eq!(after, before, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_file_is_weighed_against_the_present_one() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Card", "Mada"]).await;
    let shown = vec![
        plain("51", "B002", dec!(10.00), "Card").json,
        plain("52", "B002", dec!(20.00), "Voucher").json,
        plain("53", "B002", dec!(30.00), "Cheque").json,
        plain("54", "No such thing", dec!(40.00), "Card").json,
    ];
    let feed = Feed::start(shown).await;
    let mapped = "payment_fallback = \"ask\"\npayment = [{ code = \"Voucher\", method = \"Card\" }]";
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, mapped);
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused), (2, 2), "{report:#?}");
    let before =
        (booked(&admin, &shop).await, bridge.done(&["orders", "--output", "json", "--limit", "0"]).await);

    let present = bridge.config();
    let other = present.with_file_name("other.toml");
    let text = std::fs::read_to_string(&present).expect("the file");
    let changed = text.replace(
        "{ code = \"Voucher\", method = \"Card\" }",
        "{ code = \"Voucher\", method = \"Mada\" }, { code = \"Cheque\", method = \"Card\" }",
    );
    std::fs::write(&other, &changed).expect("another file");
    let with = ["replay", "--day", "2026-03-01", "--with", other.to_str().expect("a path")];
    let ended = bridge.run(&[&with[..], &["--output", "json"]].concat()).await;
    let report: Value = ended.json();
    assert_eq!(ended.code, Some(3), "{report:#}");
    let effect = &report["syncs"][0];
    let of = |group: &str| -> Vec<Value> {
        let orders = effect[group]["orders"].as_array().expect("orders");
        orders.iter().map(|order| order["id"].clone()).collect()
    };
    assert_eq!((of("cured"), of("differing")), (vec![json!("53")], vec![json!("52")]), "{effect:#}");
    assert_eq!((of("still"), of("refused")), (vec![json!("54")], vec![]), "{effect:#}");
    let why = &effect["still"]["orders"][0]["reason"];
    assert_eq!(why["code"], "unknown_product");
    assert!(why["message"].is_string() && why["fix"].is_string(), "in words: {why}");
    assert_eq!(effect["cured"]["sums"], json!({"USD": {"count": 1, "total": "34.50", "tax": "4.50"}}));
    let said = bridge.run(&with).await;
    assert!(said.stdout.contains("52: paid by Card: 23.00 → 0.00; paid by Mada: 0.00 → 23.00"), "{said:?}");
    let after =
        (booked(&admin, &shop).await, bridge.done(&["orders", "--output", "json", "--limit", "0"]).await);
    assert_eq!(after, before, "nothing is written");

    std::fs::write(&other, text.replace("name = \"Web\"", "name = \"Shop\"")).expect("another file");
    let missing = bridge.run(&with).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("has no sync named \"Web\""), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_cancelled_in_odoo_is_not_booked() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(texts(&[plain("801", "B002", dec!(10.00), "Card")])).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Till", &feed, &shop, "");
    bridge.pass().await.1.assert_counts(1, 0, 0);
    // Odoo itself lets nobody do this to a paid order.
    shell(
        &DATABASE,
        "env.cr.execute(\"update pos_order set state = 'cancel' where pos_reference = 'Till/-/801'\")\n",
    );
    let (code, replay) = replay(&bridge, &["--day", "2026-03-01"]).await;
    assert_eq!((code, &replay["booked"]), (Some(3), &json!({})), "{replay:#}");
    let cancelled = differing(&replay, "801");
    assert_eq!(cancelled["was"]["code"], "not_paid_in_odoo", "{cancelled:#}");
    assert_eq!(cancelled["now"]["state"], "booked", "{cancelled:#}");
    assert_eq!(replay["planned"]["USD"]["count"], json!(1));
}
