//! What must hold for any bytes read as the body of a source's answer.

use chrono::DateTime;
use serde::de::IgnoredAny;
use tillbridge::order::body::Limits;
use tillbridge::order::format::orderid::ReadRules;
use tillbridge::order::ingest::{Provenance, ReadOrder, arrival, arrivals};
use tillbridge::order::{OrderKey, SourceId};

const LIMITS: Limits = Limits { body_bytes: 1 << 16, order_bytes: 1 << 13, orders: 200 };

/// Panics where a property does not hold.
pub fn hold(body: &[u8]) {
    let rules = ReadRules::new(SourceId::new("SRC").expect("a source"), chrono_tz::Asia::Riyadh);
    let read = || arrivals(body, &rules, &LIMITS, &Provenance::file("fuzz"), DateTime::UNIX_EPOCH);
    let arrived = match read() {
        Ok(arrived) => arrived,
        Err(error) => {
            assert!(error.to_string().starts_with("fuzz: "));
            return;
        }
    };
    assert_eq!(read().as_ref(), Ok(&arrived), "reading twice is reading once");
    assert!(arrived.orders.len() <= LIMITS.orders);
    for order in &arrived.orders {
        let key = OrderKey::parse(&order.key);
        assert!(key.is_some() || order.key.starts_with("unreadable:SRC:"), "{}", order.key);
        assert!(order.raw.len() <= LIMITS.order_bytes, "{} bytes kept", order.raw.len());
        if let Ok(read) = &order.result {
            assert_eq!((key.as_ref(), &order.meaning), (Some(&read.key), &read.meaning()));
            let again = |raw: &str| arrival(raw.as_bytes(), &rules, &LIMITS, DateTime::UNIX_EPOCH);
            assert_eq!(&again(&order.raw), order, "what is kept is read as what came");
            let spaced = spaced(&order.raw);
            if spaced.len() <= LIMITS.order_bytes {
                assert_eq!(told(&again(&spaced)), told(order), "{spaced}");
            }
        }
    }
}

fn told(order: &ReadOrder) -> (&str, &str, &str) {
    (&order.key, &order.external_id, &order.meaning)
}

/// The same JSON with a blank on each side of its punctuation.
fn spaced(raw: &str) -> String {
    assert!(serde_json::from_str::<IgnoredAny>(raw).is_ok(), "an order that was read is JSON: {raw}");
    let mut spaced = String::with_capacity(raw.len() * 2);
    let (mut in_text, mut escaped) = (false, false);
    for character in raw.chars() {
        let punctuates = !in_text && "{}[]:,".contains(character);
        if character == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && character == '\\' && !escaped;
        if punctuates {
            spaced.extend([' ', character, '\n']);
        } else {
            spaced.push(character);
        }
    }
    spaced
}
