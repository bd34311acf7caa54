//! A call as the body of a request: every argument under its name.

use std::collections::BTreeMap;

use serde::ser::Error as _;
use serde_json::value::RawValue;

use super::super::methods;
use super::super::transport::Call;
use super::super::xmlrpc::EncodeError;

/// The body: named arguments, `ids` and `context` beside each other.
///
/// # Errors
///
/// A positional argument without a name in [`methods`], an argument given twice, `create`
/// for anything but a list: nothing is sent.
pub(super) fn body(call: &Call<'_>) -> Result<Vec<u8>, EncodeError> {
    let (args, kwargs) = (json(call.args.to_json())?, json(call.kwargs.to_json())?);
    let positional: Vec<&RawValue> = json(serde_json::from_str(args.get()))?;
    let mut body: BTreeMap<String, &RawValue> = json(serde_json::from_str(kwargs.get()))?;
    let names = methods::parameters(call.model, call.method).unwrap_or_default();
    for (index, value) in positional.into_iter().enumerate() {
        let Some(&name) = names.get(index) else {
            return Err(EncodeError::custom(format!(
                "argument {} of {call:?} has no name for JSON-2: add it to odoo/methods.rs",
                index + 1
            )));
        };
        if call.method == "create" && !value.get().starts_with('[') {
            return Err(EncodeError::custom(format!(
                "{call:?} of one record's values: give a list, its answer is a list on every transport"
            )));
        }
        if body.insert(name.to_owned(), value).is_some() {
            return Err(EncodeError::custom(format!("{call:?} has the argument {name} twice")));
        }
    }
    json(serde_json::to_vec(&body))
}

fn json<T>(result: serde_json::Result<T>) -> Result<T, EncodeError> {
    result.map_err(EncodeError::custom)
}
