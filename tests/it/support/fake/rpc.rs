//! A request's bytes to an answer's bytes.

use serde_json::{Map, Value as Json, json};
use tillbridge::odoo::xmlrpc::{Limits, Value, decode_call, encode_fault, encode_response, from_value};

use super::orm::{Refused, USER};

/// What a method without a result ends with, after its commit.
pub const NONE: &str = "Traceback (most recent call last):\n  File \"xmlrpc.py\", line 150, in xmlrpc_2\n    response = self._xmlrpc(service)\n  File \"/usr/lib/python3.11/xmlrpc/client.py\", line 560, in dump_nil\n    raise TypeError(\"cannot marshal None unless allow_none is enabled\")\nTypeError: cannot marshal None unless allow_none is enabled\n";

/// What Odoo says once its own five tries have failed.
pub const SERIALIZATION: &str =
    "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update";

/// A call as it was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// `pos.order`; empty for what needs no login.
    pub model: String,
    /// `sync_from_ui`.
    pub method: String,
    /// By position.
    pub args: Vec<Json>,
    /// By name.
    pub kwargs: Map<String, Json>,
}

impl Request {
    /// Reads a request. `execute_kw` is looked into.
    pub fn read(body: &[u8]) -> Self {
        let (method, params) = decode_call(body, Limits::default()).expect("a request that can be read");
        let params: Vec<Json> = from_value(Value::Array(params)).expect("plain values");
        if method != "execute_kw" {
            return Self { model: String::new(), method, args: params, kwargs: Map::new() };
        }
        let [_, user, _, model, method, args, kwargs] = params.as_slice() else { panic!("{params:?}") };
        assert_eq!(*user, json!(USER), "the user who logged in");
        Self {
            model: model.as_str().expect("a model").to_owned(),
            method: method.as_str().expect("a method").to_owned(),
            args: args.as_array().expect("arguments").clone(),
            kwargs: kwargs.as_object().cloned().unwrap_or_default(),
        }
    }

    /// `pos.order.sync_from_ui`.
    pub fn name(&self) -> String {
        if self.model.is_empty() { self.method.clone() } else { format!("{}.{}", self.model, self.method) }
    }

    /// The answer to what needs no login.
    pub fn common(&self, series: u8) -> Json {
        match self.method.as_str() {
            "version" => json!({
                "server_version": format!("{series}.0"),
                "server_version_info": [series, 0, 0, "final", 0, ""],
                "server_serie": format!("{series}.0"), "protocol_version": 1,
            }),
            "authenticate" => json!(USER),
            other => panic!("the fake knows no {other}"),
        }
    }
}

/// The answer's bytes.
pub fn answer(done: &Result<Json, Refused>) -> Vec<u8> {
    match done {
        Ok(Json::Null) => encode_fault(1, NONE),
        Ok(result) => encode_response(result),
        Err(refused) => encode_fault(refused.code, &refused.text),
    }
    .expect("an answer that can be written")
}
