//! What Odoo knows about one shop (`pos.config`) that a booking depends on.
//!
//! [`Shop`] is plain data, so that `booking` stays pure and testable; [`ShopLoader`] reads it
//! over RPC once and refreshes the catalogue by `write_date`.

mod catalogue;
mod fiscal;
mod load;
mod model;
mod rounding;

pub use catalogue::{Catalogue, Product, Stock, Tracking, Unavailable};
pub use fiscal::FiscalPosition;
pub use load::{LoadError, ShopLoader};
pub use model::{AmountType, Currency, MethodKind, PaymentMethod, Share, Shop, ShopRef, Tax, TaxRounding};
pub use rounding::{CashRounding, RoundingMethod};
