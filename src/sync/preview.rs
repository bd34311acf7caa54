//! What a pass would do, with nothing written anywhere. The planner is that of the pass, so
//! a preview and a booking cannot differ.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::booking::gives_back;
use crate::config::Sync;
use crate::odoo::Client;
use crate::order::ingest::ReadOrder;
use crate::order::{Document, Order, OrderKey, Part, Status, Text};
use crate::shop::{Shop, ShopRef};
use crate::store::{State, Verdict};
use crate::text;

use super::adoption::{self, Sought};
use super::collect::{arrival, feed};
use super::customers::Customers;
use super::engine::{Engine, Odoo, OdooFacts};
use super::figures::Figures;
use super::newest::{Newest, newest};
use super::report::{OrderReport, PassError, SyncReport};
use super::shops::no_shop;
use super::triage::triage;
use super::trial::{Trial, Tried};
use super::walk::Walk;

/// One preview of one sync.
pub(super) struct Preview<'a> {
    pub engine: &'a Engine,
    pub client: &'a Client,
    pub sync: &'a Sync,
    pub report: &'a mut SyncReport,
    /// Keys shown already.
    pub seen: HashSet<String>,
    /// The shops read so far, by what the sync calls them.
    pub shops: HashMap<String, Arc<Shop>>,
    /// What is booked already is listed, too.
    pub lists_booked: bool,
}

impl Preview<'_> {
    /// Fetches everything and plans it.
    pub async fn run(&mut self) -> Result<(), PassError> {
        let feed = feed(self.sync, &self.engine.settings.allow)?;
        let mut pages = Walk::new(self.engine, self.sync, feed.fetch(self.sync.start_date));
        while let Some(arrivals) = pages.next().await? {
            self.page(arrivals.orders).await?;
        }
        Ok(())
    }

    /// Plans the newest orders only, those that are booked already among them. Says which.
    pub async fn run_newest(&mut self, limit: usize) -> Result<Text, PassError> {
        let Newest { orders, since } = newest(self.engine, self.sync, limit).await?;
        let note = match (orders.len(), since.map(Part::utc)) {
            (0, None) => text!("The source shows no orders."),
            (0, Some(since)) => text!("The source shows no orders since {since}.", since),
            (count, None) if count < limit => text!("All {count} orders that the source shows.", count),
            (count, Some(since)) if count < limit => {
                text!("All {count} orders that the source shows since {since}.", count, since)
            }
            (count, None) => text!("The newest {count} orders that the source shows.", count),
            (count, Some(since)) => {
                text!("The newest {count} orders that the source shows since {since}.", count, since)
            }
        };
        self.lists_booked = true;
        self.page(orders).await?;
        Ok(note)
    }

    async fn page(&mut self, orders: Vec<ReadOrder>) -> Result<(), PassError> {
        let mut by_shop: Vec<(Option<&ShopRef>, Vec<ReadOrder>)> = Vec::new();
        for order in orders {
            self.report.fetched += 1;
            if !self.seen.insert(order.key.clone()) {
                continue;
            }
            let location = OrderKey::parse(&order.key).and_then(|key| key.location);
            let shop = self.sync.shops.of(location.as_deref());
            match by_shop.iter_mut().find(|(other, _)| *other == shop) {
                Some((_, orders)) => orders.push(order),
                None => by_shop.push((shop, vec![order])),
            }
        }
        for (shop, orders) in by_shop {
            match shop {
                Some(shop) => self.of_shop(shop, orders).await?,
                None => orders.into_iter().for_each(|order| self.unlisted(order)),
            }
        }
        Ok(())
    }

    async fn of_shop(&mut self, shop: &ShopRef, orders: Vec<ReadOrder>) -> Result<(), PassError> {
        let shop = match self.shops.get(&shop.to_string()) {
            Some(known) => Arc::clone(known),
            None => {
                let read = Arc::new(self.engine.shops.take(self.client, shop).await?.shop().clone());
                self.shops.insert(shop.to_string(), Arc::clone(&read));
                read
            }
        };
        let odoo = Odoo::of(self.client, &shop, OdooFacts::default()).await?;
        let keys = orders.iter().map(|order| order.key.as_str());
        let held = odoo.dialect.look_up(&odoo.client, keys).await?;
        let mut adopted = self.adopted(&orders, &shop, &odoo).await?;
        let mut customers = Customers::new(&odoo.client, &shop, self.sync, &self.engine.customers);
        let readable: Vec<&Order> = orders.iter().filter_map(|order| order.result.as_ref().ok()).collect();
        customers.learn(&readable).await?;
        for order in orders {
            let known = adopted.remove(&order.key);
            if held.contains_key(&order.key) || matches!(known, Some(Verdict::Booked(_))) {
                self.report.already_booked += 1;
                if self.lists_booked {
                    let total = order.result.as_ref().ok().map(Order::signed_total);
                    let booked = OrderReport::unbooked(&order.external_id, State::Booked, total, None);
                    let message = Some(text!("It is booked already."));
                    self.report.orders.push(OrderReport { message, ..booked });
                }
            } else if let Some(Verdict::Refused(reason)) = known {
                let total = order.result.as_ref().ok().map(Order::signed_total);
                let report = OrderReport::unbooked(&order.external_id, State::Refused, total, Some(&reason));
                self.report.touch(report);
            } else {
                let planned = self.plan(order, &shop, &odoo, &customers).await?;
                self.report.touch(planned);
            }
        }
        Ok(())
    }

    /// What somebody else entered in Odoo, as a pass would find it.
    async fn adopted(
        &self,
        orders: &[ReadOrder],
        shop: &Shop,
        odoo: &Odoo,
    ) -> Result<HashMap<String, Verdict>, PassError> {
        if !self.sync.orders.adopt_existing {
            return Ok(HashMap::new());
        }
        let now = self.engine.now();
        let until = adoption::known_until(self.engine.store(), self.sync, shop).await?.unwrap_or(now);
        let sought = orders.iter().filter_map(|read| {
            let order = read.result.as_ref().ok()?;
            let is_ready = triage(order, self.sync, false, now).0 == State::Ready;
            (is_ready && order.sale_at < until).then(|| Sought {
                key: read.key.clone(),
                external_id: read.external_id.clone(),
                total: order.signed_total(),
                sale_at: order.sale_at,
            })
        });
        let sought: Vec<Sought> = sought.collect();
        Ok(adoption::find(&odoo.client, shop, &sought).await?)
    }

    fn unlisted(&mut self, order: ReadOrder) {
        let location = OrderKey::parse(&order.key).and_then(|key| key.location);
        let arrival = arrival(order, self.sync, self.engine.now());
        let (state, reason) = match arrival.state {
            State::Ready => (State::Refused, Some(no_shop(location.as_deref()))),
            state => (state, arrival.reason),
        };
        self.report.touch(OrderReport::unbooked(&arrival.external_id, state, arrival.total, reason.as_ref()));
    }

    async fn plan(
        &self,
        order: ReadOrder,
        shop: &Shop,
        odoo: &Odoo,
        customers: &Customers<'_>,
    ) -> Result<OrderReport, PassError> {
        let result = order.result.clone();
        let arrival = arrival(order, self.sync, self.engine.now());
        let report =
            |state, reason| OrderReport::unbooked(&arrival.external_id, state, arrival.total, reason);
        let (State::Ready, Ok(order)) = (arrival.state, result) else {
            return Ok(report(arrival.state, arrival.reason.as_ref()));
        };
        // One that counts as completed although its source keeps it open is planned as one.
        let order = match order.status {
            Status::Open(_) => Order { status: order.key.document.completed(), ..order },
            _ => order,
        };
        let ready = |message: Text| OrderReport { message: Some(message), ..report(State::Ready, None) };
        if gives_back(&order) && self.seen.contains(&sale_key(&order)) {
            return Ok(ready(text!("would be booked after its sale")));
        }
        let trial = Trial { sync: self.sync, store: self.engine.store(), shop, odoo, customers };
        let (booking, created) = match trial.plan(&order, |sale| sale).await? {
            Tried::Not(state, reason) => return Ok(report(state, Some(&reason))),
            Tried::Booking { booking, creates_customer } => (booking, creates_customer),
        };
        let [total, tax] = [booking.total, booking.tax].map(|sum| Part::figure(shop.currency.show(sum)));
        let booked = if self.sync.shops.all().len() > 1 {
            text!("would be booked in {shop}: {total}, tax {tax}", shop = &shop.name, total, tax)
        } else {
            text!("would be booked: {total}, tax {tax}", total, tax)
        };
        let created = created.then(|| text!("its customer would be created"));
        let message =
            Text::joined("; ", [booked].into_iter().chain(created).chain(booking.warnings.iter().cloned()));
        let figures = Some(Box::new(Figures::of(&booking, shop)));
        Ok(OrderReport { total: Some(booking.total), figures, ..ready(message) })
    }
}

/// Key of the sale of a refund, where that was made in the same location.
pub(super) fn sale_key(order: &Order) -> String {
    let order_id = order.original_order_id.clone().unwrap_or_else(|| order.key.order_id.clone());
    OrderKey { document: Document::Sale, order_id, ..order.key.clone() }.canonical()
}
