//! The numbers a computation runs on: Odoo's doubles, or exact decimals.

use std::ops::{Add, Div, Mul, Neg, Sub};

use rust_decimal::Decimal;

/// A number that taxes can be computed with.
pub(super) trait Number:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// 100.
    const HUNDRED: Self;

    /// The number that stands for this decimal.
    fn of(decimal: Decimal) -> Self;

    /// Whether it is zero.
    fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Without its sign.
    fn magnitude(self) -> Self {
        if self < Self::ZERO { -self } else { self }
    }

    /// The sum of these, added up from zero in their order.
    fn sum(numbers: impl IntoIterator<Item = Self>) -> Self {
        numbers.into_iter().fold(Self::ZERO, |sum, number| sum + number)
    }
}

impl Number for Decimal {
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;
    const HUNDRED: Self = Self::ONE_HUNDRED;

    fn of(decimal: Decimal) -> Self {
        decimal
    }
}

/// Where a computation rounds.
pub(super) trait Rounding<N> {
    /// To the currency's decimals.
    fn cent(&self, amount: N) -> N;
    /// As the company's way of rounding has it for the amount of one tax on one line.
    fn tax(&self, amount: N) -> N;
}

/// Rounds nothing: for asking how amounts depend on the price.
pub(super) struct Unrounded;

impl<N> Rounding<N> for Unrounded {
    fn cent(&self, amount: N) -> N {
        amount
    }

    fn tax(&self, amount: N) -> N {
        amount
    }
}
