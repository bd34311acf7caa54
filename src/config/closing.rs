//! When and how the sessions of a sync's shop are closed.

use std::time::Duration;

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

/// The settings of a sync that concern sessions. They are for the sessions that this program
/// opened; those of people are never closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When the service closes a session.
    pub when: ClosingRule,
    /// The business day ends at this time of the store's day.
    pub time: NaiveTime,
    /// For [`ClosingRule::Idle`]: so long after the last order.
    pub idle: Duration,
    /// For [`ClosingRule::Orders`]: with so many orders.
    pub orders: u64,
    /// Orders whose day is over.
    pub late: LateOrders,
    /// Cash orders may enter the sessions of a shop that cashiers use too.
    pub shared_shop_cash: bool,
}

impl Default for Closing {
    fn default() -> Self {
        Self {
            when: ClosingRule::BusinessDay,
            time: NaiveTime::from_hms_opt(4, 0, 0).unwrap_or_default(),
            idle: Duration::from_secs(60 * 60),
            orders: 500,
            late: LateOrders::Hold,
            shared_shop_cash: false,
        }
    }
}

/// When the service closes a session that it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingRule {
    /// After the end of its business day, once the orders of that day were fetched.
    #[default]
    BusinessDay,
    /// Some time after its last order.
    Idle,
    /// Once it holds so many orders.
    Orders,
    /// By hand only.
    Never,
}

/// What becomes of an order whose day is over: closed already, of an earlier month, or
/// locked in accounting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateOrders {
    /// A person decides.
    #[default]
    Hold,
    /// Booked today, and flagged.
    Book,
}

impl Closing {
    /// Checks the figures and reads the time (`"04:00"`, store time).
    ///
    /// # Errors
    ///
    /// Says which setting cannot be, and how to write it.
    pub fn new(
        when: ClosingRule,
        time: &str,
        idle_minutes: u64,
        orders: u64,
        late: LateOrders,
        shared_shop_cash: bool,
    ) -> Result<Self, String> {
        let time = NaiveTime::parse_from_str(time.trim(), "%H:%M")
            .map_err(|_| format!("closing_time {time:?} is not a time such as \"04:00\""))?;
        if idle_minutes == 0 {
            return Err("closing_idle_minutes must be at least 1".into());
        }
        if orders == 0 {
            return Err("closing_orders must be at least 1".into());
        }
        let idle = Duration::from_secs(idle_minutes.saturating_mul(60));
        Ok(Self { when, time, idle, orders, late, shared_shop_cash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_cannot_be_are_named() {
        let new = |time, idle, orders| {
            Closing::new(ClosingRule::BusinessDay, time, idle, orders, LateOrders::Hold, false)
        };
        assert_eq!(new("04:00", 60, 500).unwrap(), Closing::default());
        assert!(new("4 am", 60, 500).unwrap_err().contains("closing_time \"4 am\""));
        assert!(new("24:00", 60, 500).unwrap_err().contains("closing_time"));
        assert!(new("04:00", 0, 500).unwrap_err().contains("closing_idle_minutes"));
        assert!(new("04:00", 60, 0).unwrap_err().contains("closing_orders"));
    }
}
