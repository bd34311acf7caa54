//! What a pass would do, with nothing written anywhere. The planner is that of the pass, so
//! a preview and a booking cannot differ.

use std::collections::HashSet;

use crate::booking::{book, book_for, gives_back};
use crate::config::Sync;
use crate::order::ingest::{Provenance, ReadOrder};
use crate::order::{Document, Order, OrderKey};
use crate::shop::Shop;
use crate::source::http::PageFacts;
use crate::store::State;

use super::collect::{arrival, feed, read, unreadable};
use super::customers::Customers;
use super::engine::{Engine, Odoo};
use super::refunds::{RefundError, Way, way};
use super::report::{OrderReport, PassError, SyncReport};

/// One preview of one sync.
pub(super) struct Preview<'a> {
    pub engine: &'a Engine,
    pub odoo: &'a Odoo,
    pub shop: &'a Shop,
    pub sync: &'a Sync,
    pub report: &'a mut SyncReport,
    pub customers: Customers<'a>,
    /// Keys shown already.
    pub seen: HashSet<String>,
}

impl Preview<'_> {
    /// Fetches everything and plans it.
    pub async fn run(&mut self) -> Result<(), PassError> {
        let feed = feed(self.sync, &self.engine.settings.allow)?;
        let mut pages = feed.fetch(self.sync.start_date);
        let mut facts = None;
        while let Some(page) = pages.next(facts.as_ref()).await? {
            let provenance = Provenance::page(&self.sync.url, page.number as usize);
            let arrivals = read(&page.body, self.sync, &provenance, self.engine.now())
                .map_err(|error| unreadable(&error))?;
            facts = Some(PageFacts { orders: arrivals.orders.len(), next: arrivals.next.clone() });
            self.page(arrivals.orders).await?;
        }
        Ok(())
    }

    async fn page(&mut self, orders: Vec<ReadOrder>) -> Result<(), PassError> {
        let keys = orders.iter().map(|order| order.key.as_str());
        let held = self.odoo.dialect.look_up(&self.odoo.client, keys).await;
        let held = held.map_err(|error| PassError::from(&error))?;
        let readable: Vec<&Order> = orders.iter().filter_map(|order| order.result.as_ref().ok()).collect();
        self.customers.learn(&readable).await.map_err(|error| PassError::from(&error))?;
        for order in orders {
            self.report.fetched += 1;
            if !self.seen.insert(order.key.clone()) {
                continue;
            }
            if held.contains_key(&order.key) {
                self.report.already_booked += 1;
            } else {
                let planned = self.plan(order).await?;
                self.report.touch(planned);
            }
        }
        Ok(())
    }

    async fn plan(&self, order: ReadOrder) -> Result<OrderReport, PassError> {
        let result = order.result.clone();
        let arrival = arrival(order, self.sync);
        let report =
            |state, reason| OrderReport::unbooked(&arrival.external_id, state, arrival.total, reason);
        let (State::Ready, Ok(order)) = (arrival.state, result) else {
            return Ok(report(arrival.state, arrival.reason.as_ref()));
        };
        let ready = |message: String| OrderReport { message: Some(message), ..report(State::Ready, None) };
        let mut sale = None;
        if gives_back(&order) {
            if self.seen.contains(&sale_key(&order)) {
                return Ok(ready("would be booked after its sale".into()));
            }
            match way(&order, self.engine.store(), self.odoo).await {
                Ok(Way::Linked(found)) => sale = Some(found),
                Ok(Way::Unlinked) => {}
                Ok(Way::Wait(reason)) => return Ok(report(State::Retrying, Some(&reason))),
                Ok(Way::Refuse(reason)) => return Ok(report(State::Refused, Some(&reason))),
                Err(RefundError::Store(error)) => return Err(error.into()),
                Err(RefundError::Call(error)) => return Err(PassError::from(&error)),
            }
        }
        let rules = &self.sync.rules;
        let buyer = self.customers.buyer(&order);
        let created = self.customers.would_create(&order);
        let booking = book(&order, sale.as_ref(), self.shop, rules).and_then(|booking| {
            if created {
                return Ok(booking);
            }
            book_for(booking, &buyer, &order, sale.as_ref(), self.shop, rules)
        });
        Ok(match booking {
            Err(refusal) => report(State::Refused, Some(&refusal)),
            Ok(booking) => {
                let show = |amount| self.shop.currency.show(amount);
                let mut message =
                    format!("would be booked: {}, tax {}", show(booking.total), show(booking.tax));
                if created {
                    message.push_str("; its customer would be created");
                }
                for warning in &booking.warnings {
                    message.push_str("; ");
                    message.push_str(warning);
                }
                OrderReport { total: Some(booking.total), ..ready(message) }
            }
        })
    }
}

fn sale_key(order: &Order) -> String {
    let order_id = order.original_order_id.clone().unwrap_or_else(|| order.key.order_id.clone());
    OrderKey { document: Document::Sale, order_id, ..order.key.clone() }.canonical()
}
