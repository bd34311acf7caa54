//! What Odoo knows about one shop (`pos.config`) that a booking depends on.
//!
//! [`Shop`] is plain data, so that `booking` stays pure and testable; [`ShopLoader`] reads it
//! over RPC once and refreshes the catalogue by `write_date`.

mod catalogue;
mod load;
mod model;
mod rounding;

pub use catalogue::{Catalogue, Product, Stock, Tracking, Unavailable};
pub use load::{LoadError, ShopLoader};
pub use model::{AmountType, Currency, MethodKind, PaymentMethod, Shop, ShopRef, Tax, TaxRounding};
pub use rounding::{CashRounding, RoundingMethod};
