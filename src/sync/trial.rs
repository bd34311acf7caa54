//! An order planned as a pass plans it, with nothing recorded and nobody created.

use crate::booking::{Booking, Sale, book, book_for, gives_back};
use crate::config::Sync;
use crate::order::{Order, Refusal};
use crate::shop::Shop;
use crate::store::{State, Store};

use super::customers::Customers;
use super::engine::Odoo;
use super::refunds::{Way, way};
use super::report::PassError;

/// What an order is planned against.
pub(super) struct Trial<'a> {
    pub sync: &'a Sync,
    pub store: &'a dyn Store,
    pub shop: &'a Shop,
    pub odoo: &'a Odoo,
    /// The customers of the order were looked up.
    pub customers: &'a Customers<'a>,
}

/// What would become of it.
pub(super) enum Tried {
    Booking {
        booking: Box<Booking>,
        /// Its customer would be created.
        creates_customer: bool,
    },
    /// It would stand so, for this reason.
    Not(State, Refusal),
}

impl Trial<'_> {
    /// Plans an order that is complete. `as_then` gives the sale of a refund as it is to be
    /// taken.
    pub async fn plan(&self, order: &Order, as_then: impl FnOnce(Sale) -> Sale) -> Result<Tried, PassError> {
        let mut sale = None;
        if gives_back(order) {
            match way(order, self.sync, self.store, self.odoo).await? {
                Way::Linked(found) => sale = Some(as_then(found)),
                Way::Unlinked => {}
                Way::Wait(reason) => return Ok(Tried::Not(State::Retrying, reason)),
                Way::Refuse(reason) => return Ok(Tried::Not(State::Refused, reason)),
                Way::Skip(reason) => return Ok(Tried::Not(State::Skipped, reason)),
            }
        }
        let rules = &self.sync.rules;
        let creates_customer = self.customers.would_create(order);
        let booking = book(order, sale.as_ref(), self.shop, rules).and_then(|booking| {
            if creates_customer {
                return Ok(booking);
            }
            book_for(booking, &self.customers.buyer(order), order, sale.as_ref(), self.shop, rules)
        });
        Ok(match booking {
            Ok(booking) => Tried::Booking { booking: Box::new(booking), creates_customer },
            Err(refusal) => Tried::Not(State::Refused, refusal),
        })
    }
}
