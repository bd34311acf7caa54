//! Numbers as they are written, read digit by digit: never through a float.

use rust_decimal::Decimal;

use crate::order::Text;
use crate::text;

/// Digits kept exactly: what a [`Decimal`] can hold whatever they are.
const MOST_DIGITS: usize = 28;

/// Larger exponents are not numbers that a sale can hold, and would be long to write out.
const LARGEST_EXPONENT: i64 = 40;

/// One more than the largest amount, so that prices × quantities stay within a [`Decimal`].
const TOO_LARGE: i64 = 1_000_000_000_000;

/// Why a text is not an amount, as the end of a sentence.
pub(super) fn not_an_amount() -> Text {
    text!("is not an amount")
}

fn too_many_digits() -> Text {
    text!("has more than 28 digits")
}

/// A number in plain form: `digits` × 10^-`scale`.
struct Plain {
    negative: bool,
    /// Without leading zeros; empty for zero.
    digits: String,
    /// Digits after the point, none of the last a needless zero.
    scale: usize,
}

/// An amount from a JSON number or a text: `12`, `-12.50`, `1.25e2`, `1,234.00`.
pub(super) fn amount(text: &str) -> Result<Decimal, Text> {
    let number = plain(&without_commas(text)?).ok_or_else(not_an_amount)?;
    if number.digits.len() > MOST_DIGITS || number.scale > MOST_DIGITS {
        return Err(too_many_digits());
    }
    let mantissa: i128 = match number.digits.as_str() {
        "" => 0,
        digits => digits.parse().map_err(|_| not_an_amount())?,
    };
    let scale = u32::try_from(number.scale).map_err(|_| too_many_digits())?;
    let mut amount = Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| too_many_digits())?;
    amount.set_sign_negative(number.negative && mantissa != 0);
    if amount.abs() >= Decimal::from(TOO_LARGE) {
        return Err(text!("is too large for an amount (999,999,999,999 is the largest)"));
    }
    Ok(amount)
}

/// The plain digits of an integral JSON number (`639`, `639.0` and `6.39e2` are `639`),
/// however many; `None` for any other number.
pub(super) fn integer(number: &str) -> Option<String> {
    let plain = plain(number)?;
    if plain.scale > 0 {
        return None;
    }
    Some(match (plain.negative, plain.digits) {
        (_, digits) if digits.is_empty() => "0".to_owned(),
        (true, digits) => format!("-{digits}"),
        (false, digits) => digits,
    })
}

/// Takes out thousands commas, refusing commas anywhere else: `1.234,00`, `12,34` and
/// `0,500` may mean something else where they were written.
fn without_commas(text: &str) -> Result<String, Text> {
    if !text.contains(',') {
        return Ok(text.to_owned());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    if !grouped || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(text!("is not an amount: a comma may only separate thousands, as in 1,234.00"));
    }
    Ok(text.replace(',', ""))
}

/// `[+-] digits [. digits] [e exponent]`, at least one digit before or after the point and
/// none missing after it.
fn plain(text: &str) -> Option<Plain> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
    };
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = match mantissa.split_once('.') {
        None => (mantissa, None),
        Some((whole, fraction)) => (whole, Some(fraction)),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fraction_missing = fraction.map_or(whole.is_empty(), str::is_empty);
    let fraction = fraction.unwrap_or_default();
    if fraction_missing || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let mut digits = format!("{whole}{fraction}");
    let mut scale = i64::try_from(fraction.len()).ok()?;
    // Needless zeros go first, so that 0.000 and 12.50000…0 are what they mean.
    while scale > 0 && digits.ends_with('0') {
        digits.pop();
        scale -= 1;
    }
    let mut digits = digits.trim_start_matches('0').to_owned();
    if digits.is_empty() {
        return Some(Plain { negative: false, digits, scale: 0 });
    }
    if exponent.abs() > LARGEST_EXPONENT {
        return None;
    }
    scale -= exponent;
    while scale > 0 && digits.ends_with('0') {
        digits.pop();
        scale -= 1;
    }
    while scale < 0 {
        digits.push('0');
        scale += 1;
    }
    Some(Plain { negative, digits, scale: usize::try_from(scale).ok()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(text: &str) -> Text {
        amount(text).unwrap_err()
    }

    #[test]
    fn amounts_are_exact() {
        for (text, plain) in [
            ("12", "12"),
            ("12.0", "12"),
            ("-0.10", "-0.1"),
            ("-0", "0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("007.50", "7.5"),
            ("1.25e2", "125"),
            ("125E-2", "1.25"),
            ("1200e-2", "12"),
            ("0e99", "0"),
            ("1,234.00", "1234"),
            ("-1,234,567.891", "-1234567.891"),
            ("999999999999.9999999999999999", "999999999999.9999999999999999"),
            ("13.209999999999999", "13.209999999999999"),
            ("12.500000000000000000000000000000000000", "12.5"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
        ] {
            assert_eq!(amount(text).map(|a| a.to_string()).as_deref(), Ok(plain), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "abc",
            "NaN",
            "Infinity",
            "1e400",
            "1e41",
            "1e",
            "1e99999999999999999999",
            "0x10",
            "1.2.3",
            "1.",
            ".",
            "",
            "-",
            "--1",
            "1 234",
            "1_000",
            "SAR 5",
            "5-",
            "(5)",
            "٥",
            "1e1.5",
        ] {
            assert_eq!(why(text), "is not an amount", "{text}");
        }
        for text in [
            "1.234,00",
            "12,34",
            "1,23,456.00",
            "0,500",
            ",500",
            "1,234,",
            "1234,567",
            "1,234.5.6",
            "1,234e2",
        ] {
            assert!(why(text).contains("thousands"), "{text}");
        }
        for text in [
            "1.2345678901234567890123456789",
            "0.00000000000000000000000000001",
            "12345678901234567890123456789",
        ] {
            assert_eq!(why(text), "has more than 28 digits", "{text}");
        }
        for text in ["1000000000000", "-1e20"] {
            assert!(why(text).contains("too large"), "{text}");
        }
    }

    #[test]
    fn integers_in_plain_digits() {
        for (number, digits) in [
            ("639", "639"),
            ("639.0", "639"),
            ("6.39e2", "639"),
            ("639e0", "639"),
            ("-5", "-5"),
            ("-0", "0"),
            ("9007199254740993", "9007199254740993"),
            ("123456789012345678901234567890123", "123456789012345678901234567890123"),
        ] {
            assert_eq!(integer(number).as_deref(), Some(digits), "{number}");
        }
        for number in ["639.5", "1e-1", "1e400"] {
            assert_eq!(integer(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+0-9.,eE a]{0,40}") {
            let _ = (amount(&text), integer(&text));
        }

        #[test]
        fn every_decimal_reads_back(units in -10_i64.pow(16)..10_i64.pow(16), scale in 5_u32..20) {
            let value = Decimal::new(units, scale);
            prop_assert_eq!(amount(&value.to_string()), Ok(value));
        }
    }
}
