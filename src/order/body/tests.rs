use proptest::prelude::*;

use super::*;

fn cut(body: &str) -> Vec<String> {
    orders(split(body.as_bytes(), &Limits::default()).unwrap())
}

fn orders(body: Body<'_>) -> Vec<String> {
    body.orders.into_iter().map(|order| String::from_utf8_lossy(order).into_owned()).collect()
}

fn refused(body: &str) -> BodyError {
    split(body.as_bytes(), &Limits::default()).unwrap_err()
}

fn next(body: &str) -> Option<String> {
    split(body.as_bytes(), &Limits::default()).unwrap().next
}

const TWO: [&str; 2] = [r#"{"OrderID":1}"#, r#"{"OrderID": 2}"#];

#[test]
fn every_accepted_shape() {
    let [a, b] = TWO;
    for body in [
        format!("[{a},{b}]"),
        format!("\u{FEFF} [ {a} , {b} ] \n"),
        format!("[{a},,{b},]"),
        format!(r#"{{"orders":[{a},{b}]}}"#),
        format!(r#"{{"count":2,"data":[{a},{b}],"meta":{{"x":[]}}}}"#),
        format!(r#"{{"success":true,"error":null,"Results":[{a},{b}]}}"#),
        format!(r#"{{"orders":[],"sales":[{a},{b}]}}"#),
        format!("{a}\n{b}\n"),
        format!("{a}\r\n\r\n{b}"),
        format!("{a}{b}"),
        format!("{a} {b}"),
    ] {
        assert_eq!(cut(&body), TWO, "{body}");
    }
    assert_eq!(cut(a), [a]);
    let with_list = r#"{"OrderID":1,"data":[{"x":1}]}"#;
    assert_eq!(cut(with_list), [with_list], "an order with a list of its own");
    for body in ["", " \r\n", "\u{FEFF}", "[]", r#"{"orders":[]}"#, r#"{"data":null}"#] {
        assert_eq!(cut(body), [""; 0], "{body}");
    }
}

#[test]
fn next_page_in_the_body() {
    for body in [
        r#"{"orders":[],"next":"/p2"}"#,
        r#"{"next":" /p2 ","orders":[]}"#,
        r#"{"orders":[],"meta":{"next":"/p2"}}"#,
        r#"{"orders":[],"links":{"next":{"href":"/p2"}}}"#,
        r#"{"orders":[],"next":null,"paging":{"next":"/p2"}}"#,
    ] {
        assert_eq!(next(body).as_deref(), Some("/p2"), "{body}");
    }
    assert_eq!(next(r#"{"orders":[],"next":3}"#).as_deref(), Some("3"));
    for body in [
        r#"{"orders":[],"next":null}"#,
        r#"{"orders":[],"next":""}"#,
        r#"{"orders":[],"next":false,"links":[]}"#,
        "[]",
    ] {
        assert_eq!(next(body), None, "{body}");
    }
}

#[test]
fn a_broken_order_is_only_its_own_problem() {
    let deep = format!(r#"{{"OrderID":3,"x":{}}}"#, "[".repeat(200_000) + &"]".repeat(200_000));
    let broken = [
        r#"{"OrderID":3,"Price":NaN}"#,
        r#"{"OrderID":3,Price:'x'}"#,
        r#"{"OrderID":3,"x":"\uZZZZ\q"}"#,
        r#"{"OrderID":3,"x":[1,2}"#,
        r#"{"OrderID":3}}"#,
        r#"{"OrderID":3,"x":"15" rim"}"#,
        r#"{"OrderID":3,"x":"open,"y":[1]}"#,
        "3",
        "null",
        deep.as_str(),
    ];
    let [a, b] = TWO;
    for x in broken {
        assert_eq!(cut(&format!("[{a},{x},{b}]")), [a, x, b]);
        assert_eq!(cut(&format!(r#"{{"orders":[{a},{x},{b}],"next":""}}"#)), [a, x, b]);
    }
    let bytes = b"[{\"OrderID\":1,\"x\":\"\xFF\xC3\"},{\"OrderID\": 2}]";
    assert_eq!(split(bytes, &Limits::default()).unwrap().orders.len(), 2);
    let unquoted = r#"{"OrderID":3,"x":"open}"#;
    assert_eq!(cut(&format!("{a}\n{unquoted}\n{b}\n")), [a, unquoted, b], "a line of its own");
}

#[test]
fn a_body_cut_short() {
    for (body, whole) in [
        ("[", 0),
        (r#"[{"OrderID":1},{"OrderID":2},{"Ord"#, 2),
        (r#"[{"OrderID":1},{"OrderID":2"#, 1),
        (r#"[{"OrderID":1},{"OrderID":2}"#, 1),
        (r#"{"count":3,"orders":[{"OrderID":1},{"OrderID":2,"x":"y"#, 1),
        (r#"{"orders":[{"OrderID":1}],"next":"#, 1),
        (r#"{"OrderID":1,"data":[1,2"#, 0),
        ("{\"OrderID\":1}\n{\"OrderID\":2}\n{\"OrderI", 2),
        (r#"{"OrderID":1}{"OrderID":2"#, 1),
    ] {
        assert_eq!(refused(body), BodyError::Truncated { whole }, "{body}");
    }
}

#[test]
fn other_things_are_named() {
    for (body, message) in [
        (
            "<!DOCTYPE html><html><head><title>\n Sign in </title>",
            "a web page came instead of orders (“Sign in”): check the address and the key",
        ),
        ("<html>", "a web page came instead of orders: check the address and the key"),
        ("<Error/>", "an XML document came instead of orders: <Error/>"),
        ("Unauthorized", "text that is not JSON came instead of orders: Unauthorized"),
        (
            "GET /x?token=abc&y=1 Authorization: Bearer abc.d-e",
            "text that is not JSON came instead of orders: GET /x?token=…&y=1 Authorization: … …",
        ),
        ("12", "a number came instead of orders: 12"),
        ("\"no\"", "a text came instead of orders: \"no\""),
        ("{}", "an empty JSON object came instead of orders: {}"),
        (
            r#"{"error":"bad key","orders":[]}"#,
            r#"a JSON object with error, orders came instead of orders: {"error":"bad key","orders":[]}"#,
        ),
        (
            r#"{"orders":{"1":{}}}"#,
            r#"a JSON object with orders came instead of orders: {"orders":{"1":{}}}"#,
        ),
        (
            r#"{"orders":[{"OrderID":1}],"data":[{"OrderID":2}]}"#,
            "the answer holds orders under several names (orders, data), it should be one",
        ),
        (
            r#"[{"OrderID":1}],{"OrderID":2}]"#,
            r#"something else at byte 15 came instead of orders: ,{"OrderID":2}]"#,
        ),
        (
            r#"{"orders":[{"OrderID":1}],{"OrderID":2}]}"#,
            r#"something else at byte 26 came instead of orders: {"OrderID":2}]}"#,
        ),
        (
            r#"{"error":"key expired","api_key" : "hunter/2","trace":"a8b9554651a34db0"}"#,
            r#"a JSON object with error, api_key, trace came instead of orders: {"error":"key expired","api_key" : "…/…","trace":"…"}"#,
        ),
    ] {
        assert_eq!(refused(body).to_string(), message);
    }
}

#[test]
fn limits_are_kept() {
    let limits = Limits { body_bytes: 40, orders: 2, ..Limits::default() };
    assert_eq!(split(&[b' '; 41], &limits).unwrap_err(), BodyError::TooLarge { bytes: 41, limit: 40 });
    assert!(split(b"[1,2]", &limits).is_ok());
    for body in ["[1,2,3]", r#"{"data":[1,2,3]}"#, "{\"a\":1}\n{}\n{}", "{}{}{}"] {
        assert_eq!(split(body.as_bytes(), &limits).unwrap_err(), BodyError::TooMany { limit: 2 });
    }
}

/// Any JSON value, a few levels deep, with the characters that could mislead a scanner.
pub(crate) fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[\"\\\\{}\\[\\],:a\n é]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z\"{}\\\\]{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn order() -> impl Strategy<Value = String> {
    (any::<u32>(), json(), any::<bool>()).prop_map(|(id, rest, pretty)| {
        let value = serde_json::json!({ "OrderID": id, "rest": rest });
        if pretty { format!("{value:#}") } else { value.to_string() }
    })
}

proptest! {
    #[test]
    fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = split(&body, &Limits::default());
    }

    #[test]
    fn never_panics_on_brackets(body in "[\\[\\]{}\",:a\\\\\n \u{FEFF}<]{0,60}") {
        let _ = split(body.as_bytes(), &Limits::default());
    }

    #[test]
    fn orders_come_out_as_they_went_in(list in proptest::collection::vec(order(), 0..6)) {
        let join = |by: &str| list.join(by);
        for body in [
            format!("[{}]", join(",")),
            format!("{{\"next\":null,\"orders\":[{}],\"n\":1}}", join(" , ")),
            join(""),
            join("\n"),
        ] {
            prop_assert_eq!(&cut(&body), &list);
        }
    }
}
