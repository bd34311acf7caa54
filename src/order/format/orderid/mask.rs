//! Card numbers are masked before an order is stored: any 13 to 19 digits that pass the
//! Luhn check, also with blanks or dashes between them, keep the first six and last four.

use std::borrow::Cow;
use std::ops::Range;

use crate::order::scan;

/// Fields whose digits mean something else, and which nobody types a card number into: ids,
/// item codes, amounts, phone and tax numbers. One number in ten passes the Luhn check; were
/// an id masked, two orders could become one.
#[rustfmt::skip]
const KEPT: [&str; 33] = [
    "OrderID", "OriginalOrderID", "RefundID", "ReturnID", "CreditNoteNo", "InvoiceNo", "LocationID",
    "CustomerID", "customer_ref", "partner_id", "CustomerContact", "CustomerVAT",
    "ItemID", "OdooItemID", "Barcode", "SKU", "ItemCode", "LotNumber", "SerialNumber",
    "AmountTotal", "AmountDiscount", "AmountPaid", "AmountTip", "BalanceAmount", "GrandTotal",
    "Tax", "TaxPercent", "ServiceCharges", "Price", "UnitPrice", "PriceWithoutTax",
    "Quantity", "DiscountAmount",
];

/// Lengths of card numbers.
const CARD: Range<usize> = 13..20;

/// Blanks and dashes in a row between two groups of digits of one number.
const MOST_SEPARATORS: usize = 3;

/// Masks the card numbers in a raw order, whatever field they stand in, except in fields
/// that hold ids, item codes, amounts, phone and tax numbers, and those of `also_kept` (the
/// fields a sync names for refund ids). Valid JSON stays valid: a bare number becomes a text.
pub fn mask_cards<'a>(raw: &'a str, also_kept: &[String]) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut field = "";
    let mut at = 0;
    while let Some(piece) = piece(raw, at) {
        at = piece.end;
        let text = raw.get(piece.clone()).unwrap_or_default();
        if let Some(string) = text.strip_prefix('"')
            && raw.get(at..).is_some_and(|rest| rest.trim_start().starts_with(':'))
        {
            field = string.strip_suffix('"').unwrap_or(string);
            continue;
        }
        if KEPT.contains(&field) || also_kept.iter().any(|kept| kept == field) {
            continue;
        }
        if let Cow::Owned(masked) = mask_json(text) {
            out.push_str(raw.get(copied..piece.start).unwrap_or_default());
            if text.starts_with('"') {
                out.push_str(&masked);
            } else {
                out.push('"');
                out.push_str(masked.trim());
                out.push('"');
            }
            copied = piece.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    out.push_str(raw.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Masks the card numbers in a plain text.
pub(super) fn mask_text(text: &str) -> Cow<'_, str> {
    mask(text, false)
}

/// Masks a piece of JSON: a string, in which digits may be written as escapes, or anything
/// between strings. A number with decimals is an amount.
fn mask_json(piece: &str) -> Cow<'_, str> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    let amount = piece.contains(['.', 'e', 'E']) && piece.trim().chars().all(number);
    if amount {
        return Cow::Borrowed(piece);
    }
    mask(piece, piece.starts_with('"'))
}

/// The next string, or run of text between strings and structure, at or after `from`.
fn piece(raw: &str, from: usize) -> Option<Range<usize>> {
    let structure = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':');
    let bytes = raw.as_bytes();
    let start = from + bytes.get(from..)?.iter().position(|byte| !structure(byte))?;
    let rest = bytes.get(start..)?;
    if rest.first() == Some(&b'"') {
        return Some(start..scan::string_end(bytes, start));
    }
    let end = rest.iter().position(|byte| structure(byte) || *byte == b'"');
    Some(start..end.map_or(raw.len(), |length| start + length))
}

/// A digit of a number whose groups may stand apart.
struct Digit {
    value: u32,
    at: Range<usize>,
    /// Begins a group.
    first: bool,
}

fn mask(text: &str, escapes: bool) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut number: Vec<Digit> = Vec::new();
    let mut separators = 0;
    let mut at = 0;
    loop {
        let next = next_char(text.get(at..).unwrap_or_default(), escapes);
        let digit = next.and_then(|(c, _)| c.to_digit(10));
        if let (Some(value), Some((_, length))) = (digit, next) {
            number.push(Digit { value, at: at..at + length, first: number.is_empty() || separators > 0 });
            separators = 0;
        } else {
            separators += 1;
            let goes_on = next.is_some_and(|(c, _)| is_separator(c));
            if !goes_on || separators > MOST_SEPARATORS {
                for hidden in hidden(&number) {
                    out.push_str(text.get(copied..hidden.start).unwrap_or_default());
                    out.push('*');
                    copied = hidden.end;
                }
                number.clear();
            }
        }
        match next {
            Some((_, length)) => at += length,
            None if copied == 0 => return Cow::Borrowed(text),
            None => break,
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where the digits stand that must not be seen: all but the first six and last four of
/// each card number among whole groups of digits.
fn hidden(number: &[Digit]) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut rest = number;
    while rest.len() >= CARD.start {
        let is_card = |length: &usize| {
            let ends_group = rest.get(*length).is_none_or(|next| next.first);
            ends_group && rest.get(..*length).is_some_and(passes_luhn)
        };
        let skip = if let Some(length) = CARD.rev().find(is_card) {
            let middle = rest.iter().take(length - 4).skip(6);
            hidden.extend(middle.map(|digit| digit.at.clone()));
            length
        } else {
            let next_group = rest.iter().skip(1).position(|digit| digit.first);
            next_group.map_or(rest.len(), |next| next + 1)
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    hidden
}

/// The check digit rule of card numbers (ISO/IEC 7812-1). All zeros pass it and are none.
fn passes_luhn(digits: &[Digit]) -> bool {
    let doubled = |(n, digit): (usize, &Digit)| match (n % 2, digit.value) {
        (0, value) => value,
        (_, value) => value * 2 % 10 + value / 5,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    sum > 0 && sum.is_multiple_of(10)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// The first character and how many bytes it is written with.
fn next_char(text: &str, escapes: bool) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if !escapes || first != '\\' {
        return Some((first, first.len_utf8()));
    }
    let code = text.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    Some(match text.chars().nth(1) {
        Some('u') => match code.and_then(char::from_u32) {
            Some(c) => (c, 6),
            None => ('\\', 1),
        },
        Some('t' | 'n' | 'r') => ('\n', 2),
        Some('\\' | '"' | '/') => ('\\', 2),
        _ => ('\\', 1),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(raw: &str) -> String {
        mask_cards(raw, &["DocNo".to_owned()]).into_owned()
    }

    #[test]
    fn card_numbers_in_any_field() {
        for (raw, expected) in [
            (r#"{"CardNumber":"4111111111111111"}"#, r#"{"CardNumber":"411111******1111"}"#),
            (r#"{"CardNumber":4111111111111111}"#, r#"{"CardNumber":"411111******1111"}"#),
            (r#"{"a":[ 4111111111111111 ]}"#, r#"{"a":["411111******1111"]}"#),
            (
                r#"{"Remark":"card 4111 1111 1111 1111 12/27"}"#,
                r#"{"Remark":"card 4111 11** **** 1111 12/27"}"#,
            ),
            (r#"{"Remark":"3782-822463-10005"}"#, r#"{"Remark":"3782-82****-*0005"}"#),
            (
                r#"{"Remark":"7 4111111111111111 4222222222222"}"#,
                r#"{"Remark":"7 411111******1111 422222***2222"}"#,
            ),
            (r#"{"Remark":"\u0034111111111111111"}"#, r#"{"Remark":"\u0034111111****1111"}"#),
            (
                r#"{"Remark":"\t4111\u00a01111\u20131111 - 1111"}"#,
                r#"{"Remark":"\t4111\u00a011**\u2013**** - 1111"}"#,
            ),
            ("{Card: 4111111111111111, x", "{Card:\"411111******1111\", x"),
        ] {
            let expected = expected.replace("\\u0034111111****1111", "\\u003411111******1111");
            assert_eq!(masked(raw), expected);
        }
    }

    #[test]
    fn other_numbers_stay() {
        for raw in [
            r#"{"OrderID":4111111111111111,"Barcode":"4111111111111111","DocNo":"4111111111111111"}"#,
            r#"{"CardNumber":"4111111111111112"}"#,
            r#"{"CardNumber":"411111******1111"}"#,
            r#"{"Price":13.411111111111111100,"Fee":13.4111111111111111}"#,
            r#"{"x":"0000000000000000"}"#,
            r#"{"x":"41111111111111111111111"}"#,
            r#"{"x":"4111.1111.1111.1111"}"#,
            r#"{"x":"4111    1111    1111    1111"}"#,
            r#"{"x":"\u00411111111111111"}"#,
            r#"{"4111111111111111":1}"#,
        ] {
            assert!(
                matches!(mask_cards(raw, &["DocNo".to_owned()]), Cow::Borrowed(same) if same == raw),
                "{raw}"
            );
        }
    }

    proptest! {
        #[test]
        fn json_stays_json(value in crate::order::body::tests::json(), card in "4111111111111111|[0-9 -]{10,40}") {
            for value in [serde_json::json!({ "rest": value, "text": card.clone() }), serde_json::json!([value, 4_111_111_111_111_111_u64])] {
                let masked = masked(&value.to_string());
                prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{}", masked);
                prop_assert!(!masked.contains("4111111111111111"));
            }
        }

        #[test]
        fn never_panics_and_settles(raw in "[{}\":,0-9 \\\\uéa.-]{0,60}") {
            let once = masked(&raw);
            prop_assert_eq!(masked(&once), once);
        }
    }
}
