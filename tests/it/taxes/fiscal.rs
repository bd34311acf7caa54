//! A shop with a default fiscal position: other taxes than the products', and still to the
//! cent.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::series::Series;
use crate::support::till;

use super::random::tax;

static DATABASE: Database = Database::new("taxes_fiscal");

/// Replaces 15 % on top by 6 % in the price, 20 % in the price by 10 % on top, and drops
/// 5.5 % in the price.
async fn fiscal_position(admin: &Admin) -> i64 {
    let taxes = &DATABASE.seed().taxes;
    let [on_top, contained, dropped] = [taxes["15%"], taxes["20% incl"], taxes["5.5% incl"]];
    let position = admin.create("account.fiscal.position", json!({"name": "Frontier"})).await;
    let replacing = [("6% incl", dec!(6), true, on_top), ("10%", dec!(10), false, contained)];
    for (name, amount, included, original) in replacing {
        let mut values = tax(name, "percent", amount, included);
        for document in ["invoice_repartition_line_ids", "refund_repartition_line_ids"] {
            values[document] = shares_like(admin, original, document).await;
        }
        let id = admin.create("account.tax", values).await;
        match Series::current() {
            Series::Odoo14 => pair(admin, position, original, json!(id)).await,
            Series::Odoo19 => {
                let links = json!({"fiscal_position_ids": [[4, position, 0]], "original_tax_ids": [[4, original, 0]]});
                admin.write("account.tax", &[id], links).await;
            }
        }
    }
    match Series::current() {
        Series::Odoo14 => pair(admin, position, dropped, json!(false)).await,
        Series::Odoo19 => {
            // 19 knows no dropping: a tax of nothing takes the place.
            let id = admin.create("account.tax", tax("0%", "percent", dec!(0), false)).await;
            let links =
                json!({"fiscal_position_ids": [[4, position, 0]], "original_tax_ids": [[4, dropped, 0]]});
            admin.write("account.tax", &[id], links).await;
        }
    }
    position
}

async fn pair(admin: &Admin, position: i64, from: i64, to: Value) {
    let pair = json!({"position_id": position, "tax_src_id": from, "tax_dest_id": to});
    admin.create("account.fiscal.position.tax", pair).await;
}

/// The distribution of a tax on the account that another one is posted on.
async fn shares_like(admin: &Admin, tax: i64, document: &str) -> Value {
    #[derive(Deserialize)]
    struct Row {
        account_id: Many2One,
    }
    let owner = match (Series::current(), document) {
        (Series::Odoo19, _) => "tax_id",
        (Series::Odoo14, "invoice_repartition_line_ids") => "invoice_tax_id",
        (Series::Odoo14, _) => "refund_tax_id",
    };
    let of_tax = json!([[owner, "=", tax], ["account_id", "!=", false]]);
    let rows: Vec<Row> = admin.rows("account.tax.repartition.line", of_tax, &["account_id"]).await;
    let base = json!({"repartition_type": "base", "factor_percent": 100});
    let share =
        json!({"repartition_type": "tax", "factor_percent": 100, "account_id": rows[0].account_id.id});
    json!([[5, 0, 0], [0, 0, base], [0, 0, share]])
}

fn order(id: &str, code: &str, price: &str, quantity: u32, total: &str) -> String {
    json!({
        "OrderID": id, "OrderStatus": 103, "OrderDate": "2026-03-01T10:00:00Z", "GrandTotal": total,
        "AmountPaid": total,
        "OrderItems": [{"ItemName": format!("Name of {code}"), "ItemCode": code, "Price": price, "Quantity": quantity}],
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": total}],
    })
    .to_string()
}

async fn product(admin: &Admin, code: &str, tax: &str) {
    let values = json!({
        "name": format!("Name of {code}"), "default_code": code, "available_in_pos": true, "type": "consu",
        "taxes_id": [[6, 0, [DATABASE.seed().taxes[tax]]]],
    });
    admin.create("product.product", values).await;
}

#[derive(Debug, Deserialize)]
struct Row {
    pos_reference: String,
    fiscal_position_id: Many2One,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_booked_with_the_taxes_of_the_fiscal_position() {
    let admin = DATABASE.admin().await;
    let shop = DATABASE.shop(&["Card"]).await;
    let position = fiscal_position(&admin).await;
    let mut settings = json!({"default_fiscal_position_id": position});
    if Series::current() == Series::Odoo14 {
        settings["tax_regime"] = true.into();
    }
    admin.write("pos.config", &[shop.id], settings).await;
    product(&admin, "FIS-TOP", "15%").await;
    product(&admin, "FIS-IN", "20% incl").await;
    product(&admin, "FIS-FREE", "5.5% incl").await;
    let orders = [
        // Net 3 × 12.35 with 6 % makes 39.27 (tax 2.22); gross it would be 37.05.
        order("F1", "FIS-TOP", "12.35", 3, "39.27"),
        order("F2", "FIS-TOP", "12.35", 3, "37.05"),
        // Net 2 × 9.99 with 10 % on top; and the same gross.
        order("F3", "FIS-IN", "9.99", 2, "21.98"),
        order("F4", "FIS-IN", "9.99", 2, "19.98"),
        order("F5", "FIS-FREE", "7.77", 1, "7.77"),
    ];
    let feed = Feed::start(orders.to_vec()).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    report.assert_counts(5, 0, 0);
    assert_eq!(code, 0);

    let fields = ["pos_reference", "fiscal_position_id", "amount_total", "amount_tax"];
    let rows: Vec<Row> = admin.rows("pos.order", json!([["config_id", "=", shop.id]]), &fields).await;
    let mut found: Vec<(&str, Decimal, Decimal)> = rows
        .iter()
        .map(|row| {
            assert_eq!(row.fiscal_position_id.id, position, "{row:?}");
            let id = row.pos_reference.rsplit('/').next().expect("an id");
            (id, row.amount_total.round_dp(2), row.amount_tax.round_dp(2))
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("F1", dec!(39.27), dec!(2.22)),
            ("F2", dec!(37.05), dec!(2.10)),
            ("F3", dec!(21.98), dec!(2.00)),
            ("F4", dec!(19.98), dec!(1.82)),
            ("F5", dec!(7.77), dec!(0)),
        ]
    );
    close(&admin, shop.id).await;
}

async fn close(admin: &Admin, shop: i64) {
    #[derive(Deserialize)]
    struct Session {
        id: i64,
    }
    let open: Vec<Session> = admin.rows("pos.session", json!([["config_id", "=", shop]]), &["id"]).await;
    let [Session { id: session }] = open[..] else { panic!("one session") };
    till::close_session(admin, session, None).await;
    let differences: Vec<Value> = till::difference_entries(admin, session).await;
    assert!(differences.is_empty(), "{differences:?}");
}
