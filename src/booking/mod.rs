//! Order × shop → [`Booking`] or [`Refusal`](crate::order::Refusal). Pure: no I/O, no clock, the same answer for
//! the same input, so a preview and a booking cannot differ.
//!
//! A booking is complete to the cent before anything is sent. What the rules here do not
//! know is refused by name, never booked nearly right.

mod amount_refund;
mod charges;
mod customer;
mod discount;
mod document;
mod line_price;
mod lines;
mod lots;
mod payment_methods;
mod payments;
mod plan;
mod pricing;
mod products;
mod quantity;
mod refund;
mod rules;
mod special;
mod spread;
mod tax_check;
pub mod taxes;

pub use customer::{
    Ambiguous, Buyer, By, CustomerRules, Customers, Found, Identity, Invoicing, PartPaid, Partner, Search,
    book_for, digit, email, find, phone,
};
pub use document::{Booking, BookingLine, BookingPayment};
pub use lines::gives_back;
pub use payment_methods::{mapped_method, method_of, what_it_lacks};
pub use plan::book;
pub use products::mapped_product;
pub use refund::{OriginalLine, Returning, Sale};
pub use rules::{
    ComboComponents, Fallback, LotPolicy, Match, MethodRef, OrderDiscount, PaymentRule, PriceMode,
    ProductRef, ProductRule, QuantityPolicy, Rules, TaxPolicy,
};
pub use special::{Special, SpecialProducts};

#[cfg(test)]
mod tests;
