//! How a shop rounds what is paid (`account.cash.rounding`).

use rust_decimal::{Decimal, RoundingStrategy};

/// The rounding of payments where there are no small coins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashRounding {
    /// The smallest coin (`rounding`), such as 0.05; more than zero.
    pub step: Decimal,
    /// Which way (`rounding_method`).
    pub method: RoundingMethod,
    /// Only where cash is among the payments (`only_round_cash_method`).
    pub only_cash: bool,
}

/// `account.cash.rounding.rounding_method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundingMethod {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// To the nearest, halves away from zero.
    HalfUp,
}

impl CashRounding {
    /// The amount in whole steps.
    pub fn round(&self, amount: Decimal) -> Decimal {
        let strategy = match self.method {
            RoundingMethod::Up => RoundingStrategy::AwayFromZero,
            RoundingMethod::Down => RoundingStrategy::ToZero,
            RoundingMethod::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        };
        (amount / self.step).round_dp_with_strategy(0, strategy) * self.step
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn rounds_to_coins_on_both_sides_of_zero() {
        let round = |method, amount| CashRounding { step: dec!(0.05), method, only_cash: true }.round(amount);
        for (amount, up, down, half) in [
            (dec!(13.21), dec!(13.25), dec!(13.20), dec!(13.20)),
            (dec!(13.225), dec!(13.25), dec!(13.20), dec!(13.25)),
            (dec!(-13.21), dec!(-13.25), dec!(-13.20), dec!(-13.20)),
            (dec!(13.20), dec!(13.20), dec!(13.20), dec!(13.20)),
        ] {
            assert_eq!(round(RoundingMethod::Up, amount), up);
            assert_eq!(round(RoundingMethod::Down, amount), down);
            assert_eq!(round(RoundingMethod::HalfUp, amount), half);
        }
    }
}
