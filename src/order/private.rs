//! What of a raw order nobody needs to see who looks at it in Odoo: how a customer can be
//! reached, where they live, tax and identity numbers, who served them, card numbers.
//!
//! Works on the text, field by field, so that an order that is no valid JSON is masked as
//! well, and numbers keep their digits.

use std::borrow::Cow;

use super::scan::string_end;

/// What stands in place of something private.
const HIDDEN: &str = "***";

/// Parts of field names, in lower case without blanks and signs, whose values are private,
/// whatever is in them.
#[rustfmt::skip]
const PRIVATE: &[&str] = &[
    "phone", "mobile", "contact", "whatsapp", "telno", "fax", "mail",
    "address", "street", "zipcode", "postcode", "postal", "district", "latitude", "longitude",
    "customervat", "vatno", "vatnumber", "vatid", "vatregistration", "taxid", "taxno", "taxnumber",
    "taxregistration", "nationalid", "identityno", "identitynumber", "iqama", "passport", "birth",
    "gender", "plateno", "platenumber", "licenseplate", "chassis", "iban", "accountno",
    "accountnumber", "signature", "password", "secret",
];

/// Whole field names likewise.
#[rustfmt::skip]
const PRIVATE_NAMES: &[&str] = &[
    "tel", "city", "trn", "crn", "dob", "plate", "vin", "vinnumber", "token", "apikey", "holder",
    "customer", "client", "buyer", "billing", "shipping", "recipient", "driver", "employee",
    "cashier", "waiter", "user", "ordertaker", "createdby",
];

/// Fields with a name that is not a person's, and that of the customer, who is shown.
#[rustfmt::skip]
const SHOWN_NAMES: &[&str] = &[
    "name", "itemname", "customername", "registername", "locationname", "storename", "branchname",
    "productname", "categoryname", "brandname", "unitname", "methodname", "paymentname",
    "discountname", "taxname", "modifiername", "packagename", "couponname", "currencyname",
    "companyname", "tablename", "devicename", "terminalname", "servicename", "variantname",
    "optionname", "shiftname",
];

/// Parts of the names of fields in which people write what they like.
const FREE_TEXT: &[&str] =
    &["remark", "note", "comment", "instruction", "memo", "message", "description", "reason"];

/// Ends of the names of fields that hold numbers all the same.
const NUMBERS: &[&str] = &["no", "id", "number", "code"];

/// Digits in a row, in free text, that may be a phone number.
const PHONE: usize = 8;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    FreeText,
    Card,
    Private,
}

impl Kind {
    fn of(field: &str) -> Self {
        let name: String =
            field.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let is_name = name.ends_with("name") && !SHOWN_NAMES.contains(&name.as_str());
        if has(&["cardnumber", "cardno", "cardpan", "maskedpan"]) || name == "pan" {
            Self::Card
        } else if is_name || has(PRIVATE) || PRIVATE_NAMES.contains(&name.as_str()) {
            Self::Private
        } else if has(FREE_TEXT) && !NUMBERS.iter().any(|end| name.ends_with(end)) {
            Self::FreeText
        } else {
            Self::Plain
        }
    }
}

/// A raw order with what is private masked. Valid JSON stays valid.
pub fn mask_private(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    // What the next value is, and what that was outside of each open container.
    let mut kind = Kind::Plain;
    let mut outside = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'"' => string_end(bytes, at),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => at + 1,
            _ => {
                let more = bytes.get(at..).unwrap_or_default();
                let length = more.iter().position(|byte| b"{}[],:\"".contains(byte));
                length.map_or(raw.len(), |length| at + length)
            }
        };
        let piece = raw.get(at..end).unwrap_or_default();
        let is_field = byte == b'"' && raw.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':'));
        match byte {
            b'{' | b'[' => outside.push(kind),
            b'}' | b']' => kind = outside.pop().unwrap_or(Kind::Plain),
            _ => {}
        }
        if is_field {
            // What is private is so with everything in it.
            if outside.last() != Some(&Kind::Private) {
                kind = Kind::of(piece.trim_matches('"'));
            }
            out.push_str(piece);
        } else if b"{}[],:".contains(&byte) {
            out.push_str(piece);
        } else {
            out.push_str(&value(piece, kind));
        }
        at = end;
    }
    out
}

/// A value of a field: a text in quotes, or what stands between structure.
fn value(piece: &str, kind: Kind) -> Cow<'_, str> {
    let bare = piece.trim();
    let says_nothing = matches!(bare, "" | "\"\"" | "null" | "true" | "false" | "0" | "\"0\"");
    if says_nothing {
        return Cow::Borrowed(piece);
    }
    let text: Option<String> = serde_json::from_str(bare).ok();
    let shown = text.as_deref().unwrap_or(bare);
    let masked = match kind {
        Kind::Private => Cow::Borrowed(HIDDEN),
        Kind::Card => Cow::Owned(last_four(shown)),
        Kind::FreeText => mask_text(shown),
        Kind::Plain => mask_addresses(shown),
    };
    if masked == shown {
        return Cow::Borrowed(piece);
    }
    // What is no field's value is no JSON, and stays the text it is.
    let is_text = text.is_none() && kind == Kind::Plain;
    let masked = if is_text { masked.into_owned() } else { serde_json::Value::from(masked).to_string() };
    Cow::Owned(piece.replace(bare, &masked))
}

/// A card number, or what is left of one, down to its last four digits.
pub fn last_four(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let mut seen = 0;
    let mask = |c: char| {
        seen += usize::from(c.is_ascii_digit());
        if c.is_ascii_digit() && seen + 4 <= digits { '*' } else { c }
    };
    number.chars().map(mask).collect()
}

/// A text that somebody wrote, without e-mail addresses and what may be a phone number.
pub fn mask_text(text: &str) -> Cow<'_, str> {
    let text = mask_addresses(text);
    let mut out = String::new();
    let mut copied = 0;
    let mut run: Option<(usize, usize, usize)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), '\0')]) {
        if c.is_numeric() {
            let (start, _, digits) = run.unwrap_or((at, at, 0));
            run = Some((start, at + c.len_utf8(), digits + 1));
        } else if !matches!(c, ' ' | '-' | '(' | ')' | '\u{a0}')
            && let Some((start, end, digits)) = run.take()
            && digits >= PHONE
        {
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(HIDDEN);
            copied = end;
        }
    }
    if copied == 0 {
        return text;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// A text without e-mail addresses and phone numbers with their country.
fn mask_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '+']) {
        return Cow::Borrowed(text);
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | ',' | ';' | '<' | '>' | '(' | ')');
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(ends) {
        let bare = word.trim_end_matches(ends);
        let is_address = bare.split_once('@').is_some_and(|(_, host)| host.contains('.'));
        let digits = bare.chars().filter(|c| c.is_numeric()).count();
        let is_phone = bare.starts_with('+') && digits >= PHONE;
        if is_address || is_phone {
            out.push_str(HIDDEN);
            out.push_str(word.get(bare.len()..).unwrap_or_default());
        } else {
            out.push_str(word);
        }
    }
    Cow::Owned(out)
}

/// A text without these values, where it holds them.
pub fn hide<'t>(text: &'t str, values: &[&str]) -> Cow<'t, str> {
    let mut shown = mask_addresses(text);
    for value in values.iter().map(|value| value.trim()).filter(|value| value.len() > 3) {
        if shown.contains(value) {
            shown = Cow::Owned(shown.replace(value, HIDDEN));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_private_is_masked_wherever_it_stands() {
        for (raw, masked) in [
            (
                r#"{"CustomerContact":"0500000001","CustomerName":"Ada"}"#,
                r#"{"CustomerContact":"***","CustomerName":"Ada"}"#,
            ),
            (
                r#"{"CustomerContact": 500000001 ,"Email":null}"#,
                r#"{"CustomerContact": "***" ,"Email":null}"#,
            ),
            (
                r#"{"Customer":{"Name":"Ada","Tags":["a",{"x":1}]},"Name":"B"}"#,
                r#"{"Customer":{"Name":"***","Tags":["***",{"x":"***"}]},"Name":"B"}"#,
            ),
            (
                r#"{"HolderName":"ADA L","CashierName":"Bob","ItemName":"Tea"}"#,
                r#"{"HolderName":"***","CashierName":"***","ItemName":"Tea"}"#,
            ),
            (r#"{"CardNumber":"411111******1111","b":[4]}"#, r#"{"CardNumber":"************1111","b":[4]}"#),
            (r#"{"CardNumber":4111}"#, r#"{"CardNumber":4111}"#),
            (
                r#"{"Remark":"call 050-000 0001 or a@b.example","RefundID":5000000123}"#,
                r#"{"Remark":"call *** or ***","RefundID":5000000123}"#,
            ),
            (r#"{"Note":"\u0660\u0665\u0660\u0660\u0660\u0660\u0660\u0660\u0661"}"#, r#"{"Note":"***"}"#),
            (
                r#"{"ReferenceID":"880012345678","CreditNoteNo":"700012345678"}"#,
                r#"{"ReferenceID":"880012345678","CreditNoteNo":"700012345678"}"#,
            ),
            (
                r#"{"x":"+966500000001","y":"ada@shop.example.com","z":"a@b"}"#,
                r#"{"x":"***","y":"***","z":"a@b"}"#,
            ),
            (
                r#"{"Address":["Olaya St 5","Riyadh"],"Price":1.50}"#,
                r#"{"Address":["***","***"],"Price":1.50}"#,
            ),
            (r#"{"Phone":"0500000001", "Tax": NaN"#, r#"{"Phone":"***", "Tax": NaN"#),
        ] {
            assert_eq!(mask_private(raw), masked, "{raw}");
        }
    }

    #[test]
    fn what_is_not_stays_as_it_was_written() {
        let raw = r#"{ "OrderID": 5000000123.00, "Price":"1,250.50", "Template":"x", "Company": "C 12", "IsContactless": true,
            "Remark": "no ice, table 12", "OrderDate": "2026-03-10T12:00:00+03:00", "CustomerContact": "" }"#;
        assert_eq!(mask_private(raw), raw);
    }

    #[test]
    fn texts_lose_the_values_that_are_known() {
        assert_eq!(hide("Several customers fit 0500000001.", &["0500000001"]), "Several customers fit ***.");
        assert_eq!(hide("Order 5000000123 of a@b.example, as ab", &["ab"]), "Order 5000000123 of ***, as ab");
        assert_eq!(last_four("4111 11** **** 1111"), "**** **** **** 1111");
        assert_eq!(last_four("11"), "11");
    }

    proptest! {
        #[test]
        fn json_stays_json(value in crate::order::body::tests::json(), phone in "[0-9 +@.a-z-]{0,20}") {
            let raw = serde_json::json!({ "Phone": phone.clone(), "Note": phone, "rest": value }).to_string();
            let masked = mask_private(&raw);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{}", masked);
        }

        #[test]
        fn never_panics(raw in "[{}\\[\\]\":,0-9 \\\\uéaPhone@.+-]{0,60}") {
            let once = mask_private(&raw);
            prop_assert_eq!(mask_private(&once), once);
        }
    }
}
