//! The Rust half of `tests/benches/codec`, which writes the documents, and measures this
//! program: one document read or written in one way, over and over.
//!
//! ```text
//! codec FOLDER DOCUMENT typed|values|dxr PASSES
//! ```
#![expect(clippy::expect_used, clippy::panic, reason = "its own data; a failure must stop it")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use dxr::{MethodCall, MethodResponse};
use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tillbridge::odoo::fields::{self, Datetime, IdOrFalse, Many2One};
use tillbridge::odoo::xmlrpc::{
    CallEncoder, Limits, Response, Value, decimal, decode_call, decode_response, from_value,
};

/// One pass over one document.
type Pass = Box<dyn Fn()>;

fn main() {
    // `cargo bench` adds an option of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [folder, name, way, passes] = *words.as_slice() else {
        panic!("usage: codec FOLDER DOCUMENT typed|values|dxr PASSES");
    };
    let document = fs::read_to_string(Path::new(folder).join(name)).expect("the document");
    let pass = match name {
        "products" => reading::<Vec<Product>>(document, way),
        "orders" => reading::<Vec<Held>>(document, way),
        "answer" => reading::<IgnoredAny>(document, way),
        "batch" => writing(&document, way),
        _ => panic!("no document {name}"),
    };
    let passes: u32 = passes.parse().expect("a number of passes");
    (0..passes).for_each(|_| pass());
}

/// Reads an answer into its type, into a tree of values, or into `dxr`'s tree of values.
fn reading<T: for<'de> Deserialize<'de> + 'static>(document: String, way: &str) -> Pass {
    match way {
        "typed" => Box::new(move || drop(black_box(result::<T>(document.as_bytes())))),
        "values" => Box::new(move || drop(black_box(result::<Value>(document.as_bytes())))),
        "dxr" => Box::new(move || drop(black_box(MethodResponse::from_xml(&document).expect("by dxr")))),
        _ => panic!("no way {way}"),
    }
}

fn result<T: for<'de> Deserialize<'de>>(document: &[u8]) -> T {
    match decode_response(document, Limits::default()).expect("an answer") {
        Response::Result(result) => result,
        Response::Fault(fault) => panic!("{fault:?}"),
    }
}

/// Writes a request from its types, from a tree of values, or from `dxr`'s tree of values.
fn writing(document: &str, way: &str) -> Pass {
    let (method, params) = decode_call(document.as_bytes(), Limits::default()).expect("a request");
    match way {
        "typed" => {
            let typed = typed(params.clone());
            let written = decode_call(&typed(), Limits::default()).expect("what we write");
            assert_eq!(written, (method, params), "what is written is what was read");
            Box::new(move || drop(black_box(typed())))
        }
        "values" => Box::new(move || {
            let mut call = CallEncoder::new(&method).expect("a name");
            for value in &params {
                call.param("param", value).expect("a value");
            }
            drop(black_box(call.finish()));
        }),
        "dxr" => {
            let call = MethodCall::from_xml(document).expect("by dxr");
            Box::new(move || drop(black_box(call.to_xml().expect("by dxr"))))
        }
        _ => panic!("no way {way}"),
    }
}

/// What writes a call of `sync_from_ui` as the client does.
fn typed(params: Vec<Value>) -> impl Fn() -> Vec<u8> {
    let [database, user, password, model, method, args, kwargs] =
        <[Value; 7]>::try_from(params).expect("as `execute_kw` has");
    let args: (Vec<Order>,) = from_value(args).expect("orders");
    move || {
        let mut call = CallEncoder::new("execute_kw").expect("a name");
        call.param("database", &database)
            .and_then(|call| call.param("user", &user))
            .and_then(|call| call.param("password", &password))
            .and_then(|call| call.param("model", &model))
            .and_then(|call| call.param("method", &method))
            .and_then(|call| call.param("args", &args))
            .and_then(|call| call.param("kwargs", &kwargs))
            .expect("a call");
        call.finish()
    }
}

/// A product as the catalogue reads it.
#[expect(dead_code, clippy::struct_excessive_bools, reason = "read, not used; Odoo's fields as they are")]
#[derive(Deserialize)]
struct Product {
    id: i64,
    name: String,
    #[serde(deserialize_with = "fields::optional")]
    default_code: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    barcode: Option<String>,
    taxes_id: Vec<i64>,
    r#type: String,
    is_storable: bool,
    tracking: String,
    uom_id: Many2One,
    active: bool,
    sale_ok: bool,
    available_in_pos: bool,
    #[serde(deserialize_with = "fields::optional")]
    company_id: Option<Many2One>,
    write_date: Datetime,
}

/// A booked order as it is read back.
#[expect(dead_code, reason = "read, not used")]
#[derive(Deserialize)]
struct Held {
    id: i64,
    name: String,
    state: String,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_paid: Decimal,
    picking_ids: Vec<i64>,
    session_id: Many2One,
    pos_reference: String,
    #[serde(deserialize_with = "fields::optional")]
    partner_id: Option<Many2One>,
    #[serde(deserialize_with = "fields::optional")]
    account_move: Option<Many2One>,
    uuid: String,
}

/// An order as it is sent to Odoo 19.
#[expect(clippy::struct_field_names, reason = "Odoo's fields as they are")]
#[derive(Serialize, Deserialize)]
struct Order {
    uuid: String,
    session_id: i64,
    state: String,
    pos_reference: String,
    sequence_number: u32,
    date_order: String,
    #[serde(deserialize_with = "none")]
    fiscal_position_id: IdOrFalse,
    #[serde(with = "decimal")]
    amount_total: Decimal,
    #[serde(with = "decimal")]
    amount_tax: Decimal,
    #[serde(with = "decimal")]
    amount_paid: Decimal,
    amount_return: i32,
    is_tipped: bool,
    #[serde(with = "decimal")]
    tip_amount: Decimal,
    to_invoice: bool,
    lines: Vec<(i32, i32, Line)>,
    payment_ids: Vec<(i32, i32, Payment)>,
    is_refund: bool,
    general_customer_note: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    uuid: String,
    name: String,
    product_id: i64,
    full_product_name: String,
    #[serde(with = "decimal")]
    qty: Decimal,
    #[serde(with = "decimal")]
    price_unit: Decimal,
    #[serde(with = "decimal")]
    discount: Decimal,
    #[serde(with = "decimal")]
    price_subtotal: Decimal,
    #[serde(with = "decimal")]
    price_subtotal_incl: Decimal,
    tax_ids: Vec<(i32, i32, Vec<i64>)>,
}

#[expect(clippy::struct_field_names, reason = "Odoo's fields as they are")]
#[derive(Serialize, Deserialize)]
struct Payment {
    uuid: String,
    payment_method_id: i64,
    #[serde(with = "decimal")]
    amount: Decimal,
    payment_date: String,
    is_change: bool,
    card_type: String,
}

/// The fiscal position of the orders in the document.
fn none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IdOrFalse, D::Error> {
    fields::optional(deserializer).map(IdOrFalse)
}
