//! Which orders of a source are booked, and when.

use serde::{Deserialize, Serialize};

/// The settings of a sync that decide whether and when an order is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRules {
    /// An order that its source keeps open counts as completed once it is fully paid for so
    /// many days; 0 = never.
    pub paid_days: u32,
    /// An order that waits for more days than that is reported; 0 = never.
    pub waiting_days: u32,
    /// Orders that an earlier connector or a person entered in Odoo are taken as booked.
    pub adopt_existing: bool,
    /// What to do with a refund whose sale was never seen.
    pub refund_without_sale: RefundWithoutSale,
    /// What to do about a sale that the source cancels after it was booked.
    pub cancelled_after_booking: CancelledAfterBooking,
    /// The source's field that holds a refund's own id, beside those of the format.
    pub refund_id_field: Option<String>,
    /// Which date is that of the sale.
    pub sale_date: SaleDate,
}

impl OrderRules {
    /// See [`Self::waiting_days`].
    pub const WAITING_DAYS: u32 = 7;
}

impl Default for OrderRules {
    fn default() -> Self {
        Self {
            paid_days: 0,
            waiting_days: Self::WAITING_DAYS,
            adopt_existing: true,
            refund_without_sale: RefundWithoutSale::default(),
            cancelled_after_booking: CancelledAfterBooking::default(),
            refund_id_field: None,
            sale_date: SaleDate::default(),
        }
    }
}

/// What happens to a refund whose sale was never seen, and that nothing explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundWithoutSale {
    /// It needs a person.
    #[default]
    Ask,
    /// It is booked without a link, and flagged.
    Unlinked,
    /// It is left out.
    Ignore,
}

/// What happens when the source cancels a sale that is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledAfterBooking {
    /// It is shown as changed after booking, and a person sees to it.
    #[default]
    Task,
    /// A refund of all of it is booked, linked to the sale.
    Refund,
}

/// Which date of an order is that of the sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleDate {
    /// `CheckoutDate` or `CompletedDate` where given, else `OrderDate`.
    #[default]
    Checkout,
    /// `OrderDate` where given, else the others.
    Order,
}

impl SaleDate {
    /// The fields to look in, the first that is given counts.
    pub const fn fields(self) -> [&'static str; 3] {
        match self {
            Self::Checkout => ["CheckoutDate", "CompletedDate", "OrderDate"],
            Self::Order => ["OrderDate", "CheckoutDate", "CompletedDate"],
        }
    }
}
