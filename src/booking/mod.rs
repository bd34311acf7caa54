//! Order × shop → [`Booking`] or [`Refusal`](crate::order::Refusal). Pure: no I/O, no clock, the same answer for
//! the same input, so a preview and a booking cannot differ.
//!
//! A booking is complete to the cent before anything is sent. What the rules here do not
//! know is refused by name, never booked nearly right.

mod customer;
mod document;
mod lines;
mod payments;
mod plan;
mod pricing;
mod products;
mod refund;
mod rules;
pub mod taxes;

pub use customer::{
    Ambiguous, Buyer, By, CustomerRules, Customers, Found, Identity, Invoicing, PartPaid, Partner, Search,
    book_for, email, find, phone,
};
pub use document::{Booking, BookingLine, BookingPayment};
pub use lines::gives_back;
pub use payments::{mapped_method, what_it_lacks};
pub use plan::{book, check_shop};
pub use refund::{OriginalLine, Sale};
pub use rules::{Fallback, Match, MethodRef, PaymentRule, PriceMode, Rules};

#[cfg(test)]
mod tests;
