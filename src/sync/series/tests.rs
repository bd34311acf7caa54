//! The calls of each series against what real servers of it took and refused.

use std::sync::Arc;

use chrono::DateTime;
use rust_decimal::dec;
use serde_json::{Value, json};

use super::*;
use crate::booking::{BookingLine, BookingPayment};
use crate::order::{Document, OrderKey, SourceId};
use crate::shop::{Catalogue, Currency, TaxRounding};

fn names(list: &str) -> Arc<BTreeSet<String>> {
    Arc::new(list.split_whitespace().map(str::to_owned).collect())
}

/// A series with the fields that were seen on it, as far as they matter here.
pub(super) fn dialect(major: u8, addon: bool) -> Dialect {
    let order = match major {
        14..=17 => "pos_reference note",
        18 => "pos_reference uuid general_note",
        _ => "pos_reference uuid general_customer_note is_refund",
    };
    let line = match major {
        14 => "full_product_name",
        15 | 16 => "full_product_name customer_note refunded_orderline_id",
        _ => "full_product_name customer_note refunded_orderline_id uuid",
    };
    let payment = match major {
        ..=17 => "is_change card_type",
        18 => "uuid is_change card_type",
        _ => "uuid is_change card_type card_no",
    };
    let addon = if addon { " external_order_key external_order_id external_source" } else { "" };
    Dialect {
        series: Series { major, minor: 0 },
        order: names(&format!("{order}{addon}")),
        line: names(line),
        payment: names(payment),
    }
}

fn key(document: Document) -> OrderKey {
    OrderKey { source: SourceId::new("SRC").unwrap(), location: None, order_id: "70211".into(), document }
}

pub(in crate::sync) fn booking() -> Booking {
    let key = key(Document::Sale);
    Booking {
        key: key.canonical(),
        external_id: "70211".into(),
        source: "SRC".into(),
        uuid: key.order_uuid(),
        reference: key.pos_reference(),
        sequence_number: 7,
        date: DateTime::UNIX_EPOCH,
        partner_id: Some(12),
        to_invoice: true,
        fiscal_position: Some(5),
        lines: vec![BookingLine {
            uuid: key.line_uuid(1),
            name: "70211/1".into(),
            product: 11,
            product_name: "Tea".into(),
            quantity: dec!(1),
            price_unit: dec!(40),
            discount: dec!(0),
            taxes: vec![5],
            subtotal: dec!(40),
            subtotal_incl: dec!(46),
            note: Some("hot".into()),
            lot: Some("L1".into()),
            refunded_line: Some(3),
        }],
        payments: [(dec!(50), false), (dec!(-4), true)]
            .into_iter()
            .enumerate()
            .map(|(n, (amount, is_change))| BookingPayment {
                uuid: key.payment_uuid(n + 1),
                method: 1,
                amount,
                is_change,
                card_type: None,
                card_digits: Some("1111".into()),
                transaction_id: None,
            })
            .collect(),
        total: dec!(46),
        tips: dec!(5),
        tax: dec!(6),
        is_refund: false,
        note: "External order".into(),
        warnings: Vec::new(),
    }
}

pub(in crate::sync) fn shop(major: u8) -> Shop {
    Shop {
        id: 1,
        name: "Shop".into(),
        series: Series { major, minor: 0 },
        company: 1,
        currency: Currency { id: 1, code: "USD".into(), decimals: 2 },
        pricelist: Some(9),
        tax_rounding: TaxRounding::Globally,
        quantity_decimals: 2,
        methods: Vec::new(),
        taxes: std::collections::HashMap::new(),
        fiscal_position: None,
        cash_rounding: None,
        unit_steps: std::collections::HashMap::new(),
        catalogue: Catalogue::default(),
    }
}

fn document(major: u8, addon: bool) -> Value {
    let booking = booking();
    let values = create_from_ui::values(&dialect(major, addon), &booking, 2, 6, &shop(major));
    serde_json::to_value(&values).unwrap()["data"].clone()
}

fn flat(major: u8, addon: bool) -> Value {
    serde_json::to_value(sync_from_ui::values(&dialect(major, addon), &booking(), 2)).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_order_carries_the_fiscal_position_its_taxes_were_computed_with() {
    for major in 14..=17 {
        assert_eq!(document(major, false)["fiscal_position_id"], 5, "Odoo {major}");
    }
    for major in 18..=19 {
        assert_eq!(flat(major, false)["fiscal_position_id"], 5, "Odoo {major}");
    }
}

#[test]
fn the_tills_document_has_every_key_that_14_to_17_insist_on() {
    for major in 14..=17 {
        let data = document(major, false);
        for required in [
            "name",
            "pos_session_id",
            "user_id",
            "partner_id",
            "sequence_number",
            "fiscal_position_id",
            "pricelist_id",
            "amount_paid",
            "amount_total",
            "amount_tax",
            "amount_return",
            "lines",
            "statement_ids",
            // 14 looks for a document sent before only when this is there.
            "server_id",
        ] {
            assert!(data.get(required).is_some(), "{major}: {required}");
        }
        let dates = (data.get("creation_date").is_some(), data.get("date_order").is_some());
        assert_eq!(dates, if major == 17 { (false, true) } else { (true, false) }, "{major}");
        assert_eq!(data["pricelist_id"], 9, "{major}");
        assert_eq!(data["name"], "SRC/-/70211", "{major}");
        for payment in data["statement_ids"].as_array().unwrap() {
            assert_eq!(keys(&payment[2]), BTreeSet::from(["amount", "name", "payment_method_id"]), "{major}");
        }
    }
}

#[test]
fn a_refund_is_linked_where_lines_can_be() {
    let linked = |value: Value| value["lines"][0][2].get("refunded_orderline_id").cloned();
    assert_eq!(linked(document(14, false)), None);
    assert_eq!(linked(document(16, false)), Some(json!(3)));
    assert_eq!(linked(flat(18, false)), Some(json!(3)));
    assert!(!dialect(14, false).links_refunds() && dialect(15, false).links_refunds());
}

/// 18 and later hand the values to `create`, which faults on a field that is not there.
#[test]
fn what_18_lacks_is_not_sent_to_it() {
    assert_eq!(
        keys(&flat(19, false)).difference(&keys(&flat(18, false))).copied().collect::<Vec<_>>(),
        ["general_customer_note", "is_refund"]
    );
    assert_eq!(flat(18, false)["general_note"], "External order");
    assert_eq!(flat(19, false)["general_customer_note"], "External order");
    assert_eq!(flat(19, false).get("general_note"), None);
}

#[test]
fn tips_and_lots_travel_on_every_series_and_card_digits_where_there_is_a_place() {
    for order in [document(14, false), document(17, false), flat(18, false), flat(19, false)] {
        assert_eq!((&order["is_tipped"], &order["tip_amount"]), (&json!(true), &json!(5)), "{order}");
        assert_eq!(order["lines"][0][2]["pack_lot_ids"], json!([[0, 0, {"lot_name": "L1"}]]), "{order}");
    }
    let digits = |order: Value| order["payment_ids"][0][2].get("card_no").cloned();
    assert_eq!((digits(flat(18, false)), digits(flat(19, false))), (None, Some(json!("1111"))));
}

#[test]
fn change_is_a_payment_of_its_own_on_every_series() {
    let amounts = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one[2]["amount"].to_string()).collect()
    };
    for major in 14..=17 {
        let data = document(major, false);
        assert_eq!(
            (amounts(&data["statement_ids"]).len(), &data["amount_return"]),
            (2, &json!(0)),
            "{major}"
        );
    }
    for major in 18..=19 {
        let order = flat(major, false);
        assert_eq!(
            (amounts(&order["payment_ids"]).len(), &order["amount_return"]),
            (2, &json!(0)),
            "{major}"
        );
    }
}

#[test]
fn the_customer_and_the_wish_for_an_invoice_travel_on_every_series() {
    let values =
        (14..=17).map(|major| document(major, false)).chain((18..=19).map(|major| flat(major, false)));
    for values in values {
        assert_eq!((&values["partner_id"], &values["to_invoice"]), (&json!(12), &json!(true)));
    }
}

#[test]
fn the_addon_is_told_which_payment_is_change() {
    let marks = |data: &Value| -> Vec<Value> {
        data["statement_ids"].as_array().unwrap().iter().map(|one| one[2]["is_change"].clone()).collect()
    };
    assert_eq!(marks(&document(14, true)), [json!(false), json!(true)]);
    assert_eq!(marks(&document(14, false)), [Value::Null, Value::Null]);
}

#[test]
fn the_key_travels_where_the_addon_takes_it() {
    for (with, without) in [(document(14, true), document(14, false)), (flat(19, true), flat(19, false))] {
        assert_eq!(with["external_order_key"], "v1:SRC/-/70211/sale");
        assert_eq!(without.get("external_order_key"), None);
    }
}

#[test]
fn notes_come_with_the_order_or_are_written_afterwards() {
    assert!(!dialect(14, false).takes_note() && !dialect(17, false).takes_note());
    assert!(dialect(14, true).takes_note() && dialect(18, false).takes_note());
}

#[test]
fn faults_that_say_the_order_is_there() {
    let fault = |code, text| exists_already(&Fault::new(code, text));
    assert!(fault("2", "The operation cannot be completed: An order with this uuid already exists"));
    assert!(fault(
        "2",
        "duplicate key value violates unique constraint \"pos_order_external_order_key_unique\"\nDETAIL:  Key (external_order_key)=(v1:SRC/-/1/sale) already exists.\n"
    ));
    assert!(!fault("2", "duplicate key value violates unique constraint \"lab_uq\""));
}
