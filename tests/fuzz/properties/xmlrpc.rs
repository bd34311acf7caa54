//! What must hold for any bytes read as XML-RPC.

use serde::de::IgnoredAny;
use tillbridge::odoo::xmlrpc::{
    Limits, Response, Value, decode_call, decode_response, encode_fault, encode_response,
};

const LIMITS: Limits = Limits { bytes: 1 << 16, depth: 12, values: 2000 };

/// Panics where a property does not hold.
pub fn hold(document: &[u8]) {
    if let Ok((_, params)) = decode_call(document, LIMITS) {
        is_within_limits(&Value::Array(params), document, LIMITS.depth + 1);
    }
    match decode_response::<Value>(document, LIMITS) {
        Ok(Response::Result(value)) => {
            is_within_limits(&value, document, LIMITS.depth);
            comes_back(&value);
            let passed_over = decode_response::<IgnoredAny>(document, LIMITS);
            assert!(matches!(passed_over, Ok(Response::Result(_))), "{passed_over:?}");
        }
        Ok(Response::Fault(fault)) => {
            if let Ok(written) = encode_fault(1, &fault.string) {
                let read = decode_response::<Value>(&written, LIMITS).expect("what we write");
                assert!(matches!(read, Response::Fault(again) if again.string == fault.string));
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    }
    is_refused_when_cut(document);
}

/// An answer that ends early is never taken for a whole one.
fn is_refused_when_cut(document: &[u8]) {
    let Some(whole) = document.trim_ascii_end().strip_suffix(b"</methodResponse>") else {
        return;
    };
    for cut in [whole.len(), whole.len() / 2, whole.len() / 3] {
        let rest = decode_response::<Value>(&whole[..cut], LIMITS);
        assert!(rest.is_err(), "{} of {} bytes were enough", cut, document.len());
    }
}

/// No more values, no deeper and no longer than the caps and the document allow.
fn is_within_limits(value: &Value, document: &[u8], depth: usize) {
    let (mut values, mut text) = (0, 0);
    weigh(value, depth + 1, &mut values, &mut text);
    assert!(values <= LIMITS.values + 1, "{values} values");
    assert!(text <= document.len(), "{text} bytes of text out of {}", document.len());
}

fn weigh(value: &Value, depth_left: usize, values: &mut usize, text: &mut usize) {
    let depth_left = depth_left.checked_sub(1).expect("not so deep");
    *values += 1;
    match value {
        Value::String(content) | Value::DateTime(content) => *text += content.len(),
        Value::Base64(bytes) => *text += bytes.len(),
        Value::Array(elements) => {
            for element in elements {
                weigh(element, depth_left, values, text);
            }
        }
        Value::Struct(members) => {
            for (name, member) in members.iter() {
                *text += name.len();
                weigh(member, depth_left, values, text);
            }
        }
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
    }
}

/// What can be written is read back as the same, by us and by another reader.
fn comes_back(value: &Value) {
    let Ok(written) = encode_response(value) else {
        return;
    };
    let limits = Limits { bytes: usize::MAX, ..LIMITS };
    match decode_response::<Value>(&written, limits) {
        Ok(Response::Result(again)) => assert_eq!(&again, value),
        other => panic!("{value:?} came back as {other:?}"),
    }
    if is_plain(value) {
        let written = String::from_utf8(written).expect("UTF-8");
        let theirs = dxr::MethodResponse::from_xml(&written).expect("another reader reads it");
        let theirs = theirs.to_xml().expect("another writer writes it");
        match decode_response::<Value>(theirs.as_bytes(), limits) {
            Ok(Response::Result(again)) => {
                assert!(are_equal(&again, value), "{value:?} came back as {again:?}");
            }
            other => panic!("{value:?} came back as {other:?} from another reader"),
        }
    }
}

/// Whether the other reader knows it: no nil, no 64 bits; it strips blanks around texts, and
/// keeps dates, bytes and names in forms of its own.
fn is_plain(value: &Value) -> bool {
    let whole = |text: &str| text.trim() == text && !text.is_empty() && !text.contains(char::is_control);
    match value {
        Value::Bool(_) | Value::Int(_) => true,
        Value::String(text) => whole(text),
        Value::Array(elements) => elements.iter().all(is_plain),
        Value::Struct(members) => members.iter().enumerate().all(|(at, (name, member))| {
            let is_new = members.iter().take(at).all(|(earlier, _)| earlier != name);
            whole(name) && is_new && is_plain(member)
        }),
        Value::Nil | Value::Double(_) | Value::DateTime(_) | Value::Base64(_) => false,
    }
}

/// Whether two values are the same but for the order of members.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| are_equal(one, other))
        }
        (Value::Struct(one), Value::Struct(other)) => {
            one.iter().len() == other.iter().len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| are_equal(value, other)))
        }
        (one, other) => one == other,
    }
}
