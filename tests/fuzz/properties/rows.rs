//! What must hold for any bytes read as the rows of a `search_read`: straight from the
//! document, and by way of a tree of values, the same comes out.

use rust_decimal::Decimal;
use serde::Deserialize;
use tillbridge::odoo::fields::{self, Date, Datetime, Many2One};
use tillbridge::odoo::xmlrpc::{Exact, Limits, Response, Value, decode_response, from_value};

const LIMITS: Limits = Limits { bytes: 1 << 16, depth: 12, values: 2000 };

/// Of every kind of field.
#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    id: i64,
    name: String,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    rate: f64,
    #[serde(default, deserialize_with = "fields::optional")]
    code: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    partner_id: Option<Many2One>,
    #[serde(default, deserialize_with = "fields::optional")]
    write_date: Option<Datetime>,
    #[serde(default, deserialize_with = "fields::optional")]
    day: Option<Date>,
    #[serde(default)]
    line_ids: Vec<u32>,
    #[serde(default)]
    pair: Option<(i64, String)>,
    #[serde(default)]
    state: State,
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Draft,
    Paid,
    Other(i64),
}

/// A row with an amount: exact out of the document, as near as a double out of a value.
#[derive(Debug, Deserialize)]
struct Priced {
    amount: Exact,
}

/// Panics where a property does not hold.
pub fn hold(document: &[u8]) {
    let Ok(Response::Result(value)) = decode_response::<Value>(document, LIMITS) else {
        let typed = decode_response::<Vec<Row>>(document, LIMITS);
        assert!(!matches!(typed, Ok(Response::Result(rows)) if rows.is_empty()), "nothing out of no answer");
        return;
    };
    let by_value = from_value::<Vec<Row>>(value.clone());
    match (decode_response::<Vec<Row>>(document, LIMITS), by_value) {
        (Ok(Response::Result(one)), Ok(other)) => {
            assert!(one == other || has_nan(&one), "{one:?} and {other:?}");
        }
        (Err(one), Err(_)) => assert!(one.is_shape(), "{one}"),
        (one, other) => panic!("{one:?} straight, {other:?} by way of {value:?}"),
    }
    let exact = decode_response::<Vec<Priced>>(document, LIMITS);
    if let (Ok(Response::Result(exact)), Ok(near)) = (exact, from_value::<Vec<Priced>>(value)) {
        assert_eq!(exact.len(), near.len());
        for (exact, near) in exact.iter().zip(&near) {
            let (Exact(exact), Exact(near)) = (exact.amount, near.amount);
            let noise = exact.abs() * Decimal::new(1, 12) + Decimal::new(1, 27);
            assert!((exact - near).abs() <= noise, "{exact} and {near}");
        }
    }
}

fn has_nan(rows: &[Row]) -> bool {
    rows.iter().any(|row| row.rate.is_nan())
}
