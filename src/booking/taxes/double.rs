//! Odoo's own arithmetic: doubles, and its way of rounding them.
//!
//! Odoo computes money in doubles. Where an amount comes to half a cent, their noise decides
//! which way it goes; whoever wants the same cent must do the same operations on the same
//! numbers in the same order. Everything that enters is a decimal, and so is everything that
//! leaves; only in between are there doubles, and only here are they touched.
#![expect(clippy::float_arithmetic, reason = "imitates Odoo's own arithmetic, operation by operation")]

use std::ops::{Add, Div, Mul, Neg, Sub};

use rust_decimal::Decimal;

use super::number::{Number, Rounding};
use crate::shop::TaxRounding;

/// A double as Odoo has it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Double(f64);

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Below this a double holds every whole number.
const WHOLE: u128 = 1 << 53;

/// Stands for amounts beyond all that can be booked (and for what is no number): equal to
/// no order's total, and small enough to be added up.
const BEYOND: Decimal = Decimal::from_parts(0, 0, 1 << 20, false, 0);

impl Number for Double {
    const ZERO: Self = Self(0.0);
    const ONE: Self = Self(1.0);
    const HUNDRED: Self = Self(100.0);

    /// The double nearest to the decimal, as Odoo reads it from its text.
    fn of(decimal: Decimal) -> Self {
        let mantissa = decimal.mantissa();
        // Both are exact, so the quotient is the nearest double: the usual case, without text.
        if mantissa.unsigned_abs() < WHOLE
            && let Ok(whole) = i64::try_from(mantissa)
            && let Some(power) = POWERS.get(decimal.scale() as usize)
        {
            #[expect(clippy::cast_precision_loss, reason = "below 2⁵³")]
            return Self(whole as f64 / power);
        }
        Self(decimal.to_string().parse().unwrap_or(f64::NAN))
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self(self.0 / other.0)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// How a series rounds doubles (`odoo/tools/float_utils.py`, `float_round`, `HALF-UP`): what
/// noise keeps below a half counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FloatRound {
    /// To 16: the amount is divided by the step and lifted by its 2⁻⁵².
    Dividing,
    /// From 17: it is multiplied by the inverse of the step and lifted by its 2⁻⁵⁰.
    Inverting,
}

/// The step to which amounts are rounded: 0.01, and under `round_globally` before 18 also
/// the hundred thousandth of it.
#[derive(Debug, Clone, Copy)]
struct Step {
    size: f64,
    /// One step divided by.
    per_unit: f64,
}

/// Rounds as a shop's Odoo does.
#[derive(Debug, Clone, Copy)]
pub(super) struct OdooRounding {
    method: FloatRound,
    decimals: u32,
    cent: Step,
    /// To which the tax of a line is rounded, if it is.
    tax: Option<Step>,
}

impl OdooRounding {
    /// For a currency of so many decimals. `fine`: what is not rounded per line is rounded
    /// five decimals further (to 17) instead of not at all.
    pub(super) fn new(method: FloatRound, decimals: u32, company: TaxRounding, fine: bool) -> Self {
        let per_unit = POWERS.get(decimals as usize).copied().unwrap_or(1.0);
        let cent = Step { size: 1.0 / per_unit, per_unit };
        let tax = match company {
            TaxRounding::PerLine => Some(cent),
            TaxRounding::Globally if fine => Some(Step { size: cent.size * 1e-5, per_unit: per_unit * 1e5 }),
            TaxRounding::Globally => None,
        };
        Self { method, decimals, cent, tax }
    }

    /// The amount in cents, as a decimal of the currency.
    pub(super) fn amount(&self, amount: Double) -> Decimal {
        let steps = self.steps(amount, &self.cent);
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is then refused as beyond")]
        let whole = steps as i128;
        Decimal::try_from_i128_with_scale(whole, self.decimals)
            .ok()
            .filter(|amount| steps.is_finite() && amount.abs() < BEYOND)
            .unwrap_or(BEYOND)
    }

    /// How many whole cents an amount holds, its sign aside.
    pub(super) fn whole_cents(&self, amount: Double) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates; not negative"
        )]
        let whole = (amount.0 / self.cent.size).abs() as u32;
        whole
    }

    /// An amount as one of so many equal parts.
    pub(super) fn part(amount: Double, parts: u32) -> Double {
        Double(amount.0 / f64::from(parts))
    }

    fn steps(&self, amount: Double, step: &Step) -> f64 {
        let Double(value) = amount;
        if value == 0.0 {
            return 0.0;
        }
        match self.method {
            FloatRound::Dividing => {
                let normal = value / step.size;
                let lifted =
                    normal + (normal.abs().ln() / std::f64::consts::LN_2 - 52.0).exp2().copysign(normal);
                half_away(lifted)
            }
            FloatRound::Inverting => {
                let normal = if step.size < 1.0 { value * step.per_unit } else { value / step.size };
                (normal + (normal.abs().log2() - 50.0).exp2().copysign(normal)).round_ties_even()
            }
        }
    }

    fn round(&self, amount: Double, step: &Step) -> Double {
        let steps = self.steps(amount, step);
        Double(match self.method {
            FloatRound::Inverting if step.size < 1.0 => steps / step.per_unit,
            _ => steps * step.size,
        })
    }
}

/// Rounds a half away from zero, as Odoo 14 does on top of Python's rounding to even.
fn half_away(value: f64) -> f64 {
    let even = value.round_ties_even();
    let is_half = ((value + 1.0).round_ties_even() - even - 1.0).abs() > 0.5;
    if is_half { value + 0.5_f64.copysign(value) } else { even }
}

impl Rounding<Double> for OdooRounding {
    fn cent(&self, amount: Double) -> Double {
        self.round(amount, &self.cent)
    }

    fn tax(&self, amount: Double) -> Double {
        self.tax.as_ref().map_or(amount, |step| self.round(amount, step))
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn rounding(method: FloatRound, decimals: u32) -> OdooRounding {
        OdooRounding::new(method, decimals, TaxRounding::PerLine, false)
    }

    #[test]
    fn a_decimal_becomes_the_double_nearest_to_its_text() {
        for text in [
            "0",
            "-0.01",
            "13.21",
            "9007199254740991",
            "9007199254740993",
            "0.0000000000000001234",
            "1222.4700000000000001",
            "92.927433802056492",
            "-39.130434782608695652",
            "79228162514264337593543950335",
        ] {
            let decimal: Decimal = text.parse().expect("a decimal");
            assert_eq!(
                Double::of(decimal).0.to_bits(),
                text.parse::<f64>().expect("a double").to_bits(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_only_noise_keeps_below_a_half_is_one() {
        for method in [FloatRound::Dividing, FloatRound::Inverting] {
            let cents = rounding(method, 2);
            let round = |text: &str| cents.amount(Double(text.parse().expect("a double")));
            assert_eq!(
                round("2.675"),
                dec!(2.68),
                "its double is 2.67499999999999982236431605997495353221893310546875"
            );
            assert_eq!(round("-2.675"), dec!(-2.68));
            assert_eq!(round("1.005"), dec!(1.01));
            assert_eq!(round("2.6749"), dec!(2.67));
            assert_eq!(round("2.5"), dec!(2.50));
            assert_eq!(round("0"), dec!(0));
            assert_eq!(round("9999999.995"), dec!(10000000.00));
        }
        // 141.3449999999999 lies below the half: within 2⁻⁵⁰ of it, not within 2⁻⁵².
        let low = Double(141.344_999_999_999_9);
        assert_eq!(rounding(FloatRound::Inverting, 2).amount(low), dec!(141.35));
        assert_eq!(rounding(FloatRound::Dividing, 2).amount(low), dec!(141.34));
    }

    #[test]
    fn every_number_of_decimals_has_its_step() {
        let half = Double(0.000_5);
        assert_eq!(rounding(FloatRound::Inverting, 3).amount(half), dec!(0.001));
        assert_eq!(rounding(FloatRound::Dividing, 3).amount(half), dec!(0.001));
        assert_eq!(rounding(FloatRound::Inverting, 0).amount(Double(2.5)), dec!(3));
        assert_eq!(rounding(FloatRound::Dividing, 0).amount(Double(-2.5)), dec!(-3));
    }

    #[test]
    fn what_is_no_amount_is_none_that_could_be_booked() {
        for value in [f64::NAN, f64::INFINITY, -1e30, 1e300] {
            assert_eq!(rounding(FloatRound::Dividing, 2).amount(Double(value)), BEYOND, "{value}");
        }
        assert!(BEYOND > dec!(1_000_000_000_000_000_000));
    }
}
