//! Orders of the inbox planned again, as a pass under a configuration would plan them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::booking::{Booking, Buyer};
use crate::config::Sync;
use crate::odoo::Client;
use crate::odoo::fields::Many2One;
use crate::order::{Order, OrderKey, Refusal};
use crate::shop::{Product, Shop, ShopRef};
use crate::store::{Item, State, Verdict};

use super::super::collect::reread;
use super::super::customers::Customers;
use super::super::engine::{Engine, Odoo, OdooFacts};
use super::super::report::PassError;
use super::super::restored::in_all_companies;
use super::super::shops::no_shop;
use super::super::trial::{Trial, Tried};
use super::entered::{self, Entered, Line, Payment};

/// A shop and its Odoo.
#[derive(Clone)]
pub(in crate::sync) struct Place {
    pub shop: Arc<Shop>,
    odoo: Arc<Odoo>,
}

/// What became of planning an order.
pub(in crate::sync) struct Planned {
    /// The order, where it can be read and is due.
    pub order: Option<Order>,
    /// Where it belongs, by its location.
    pub place: Option<Place>,
    /// What would be written; else the state it would stand in, and why.
    pub result: Result<Plan, (State, Option<Refusal>)>,
}

/// What would be written of an order.
pub(in crate::sync) struct Plan {
    pub booking: Box<Booking>,
    /// `res.partner` id, and a name.
    pub customer: (Option<i64>, String),
}

/// Plans under one configuration.
pub(in crate::sync) struct Planner<'a> {
    engine: &'a Engine,
    client: &'a Client,
    /// Sees every company of the user.
    everywhere: Client,
    pub sync: &'a Sync,
    /// The shops read so far, by what the sync calls them.
    places: HashMap<String, Place>,
}

impl<'a> Planner<'a> {
    pub async fn new(engine: &'a Engine, client: &'a Client, sync: &'a Sync) -> Result<Self, PassError> {
        let everywhere = in_all_companies(client).await?;
        Ok(Self { engine, client, everywhere, sync, places: HashMap::new() })
    }

    async fn place(&mut self, shop: &ShopRef) -> Result<Place, PassError> {
        if let Some(place) = self.places.get(&shop.to_string()) {
            return Ok(place.clone());
        }
        let read = Arc::new(self.engine.shops.take(self.client, shop).await?.shop().clone());
        let odoo = Arc::new(Odoo::of(self.client, &read, OdooFacts::default()).await?);
        let place = Place { shop: read, odoo };
        self.places.insert(shop.to_string(), place.clone());
        Ok(place)
    }

    /// Items with the place of each.
    async fn by_place<'i>(
        &mut self,
        items: &[&'i Item],
    ) -> Result<Vec<(Option<Place>, Vec<&'i Item>)>, PassError> {
        let mut by_shop: Vec<(Option<&ShopRef>, Vec<&Item>)> = Vec::new();
        for item in items {
            let shop = self.sync.shops.of(location(item).as_deref());
            match by_shop.iter_mut().find(|(other, _)| *other == shop) {
                Some((_, items)) => items.push(item),
                None => by_shop.push((shop, vec![item])),
            }
        }
        let mut by_place = Vec::new();
        for (shop, items) in by_shop {
            let place = match shop {
                Some(shop) => Some(self.place(shop).await?),
                None => None,
            };
            by_place.push((place, items));
        }
        Ok(by_place)
    }

    /// What Odoo holds of these items, by key.
    pub async fn held(&mut self, items: &[&Item]) -> Result<HashMap<String, Entered>, PassError> {
        let mut all = HashMap::new();
        for (place, items) in self.by_place(items).await? {
            let Some(Place { shop, odoo }) = place else { continue };
            let mut held = entered::read(&self.everywhere, &odoo.dialect, &items).await?;
            for amount in held.values_mut().flat_map(|held| [&mut held.total, &mut held.tax]) {
                amount.rescale(shop.currency.decimals);
            }
            all.extend(held);
        }
        Ok(all)
    }

    /// Plans these items, by key. One that Odoo holds is planned as if it did not.
    pub async fn plan(
        &mut self,
        items: &[&Item],
        held: &HashMap<String, Entered>,
    ) -> Result<HashMap<String, Planned>, PassError> {
        let mut all = HashMap::new();
        for (place, items) in self.by_place(items).await? {
            let Some(place) = place else {
                all.extend(items.into_iter().map(|item| {
                    let reason = Some(no_shop(location(item).as_deref()));
                    let result = Err((State::Refused, reason));
                    (item.key.clone(), Planned { order: None, place: None, result })
                }));
                continue;
            };
            self.of_place(&place, &items, held, &mut all).await?;
        }
        Ok(all)
    }

    async fn of_place(
        &self,
        place: &Place,
        items: &[&Item],
        held: &HashMap<String, Entered>,
        all: &mut HashMap<String, Planned>,
    ) -> Result<(), PassError> {
        let Place { shop, odoo } = place;
        let now = self.engine.now();
        let orders: Vec<Result<Order, Verdict>> =
            items.iter().map(|item| reread(item, self.sync, now)).collect();
        let mut customers = Customers::new(&odoo.client, shop, self.sync, &self.engine.customers);
        let readable: Vec<&Order> = orders.iter().filter_map(|order| order.as_ref().ok()).collect();
        customers.learn(&readable).await?;
        let store = self.engine.store();
        let trial = Trial { sync: self.sync, store, shop, odoo, customers: &customers };
        for (item, order) in items.iter().zip(orders) {
            let (order, result) = match order {
                Err(verdict) => (None, Err(standing(verdict))),
                Ok(order) => {
                    let held = held.get(&item.key);
                    let as_then = |sale| match held {
                        Some(held) => held.given_back_to(sale),
                        None => sale,
                    };
                    let result = match trial.plan(&order, as_then).await? {
                        Tried::Not(state, reason) => Err((state, Some(reason))),
                        Tried::Booking { booking, creates_customer } => {
                            let customer = customer_of(&booking, creates_customer, &customers.buyer(&order));
                            Ok(Plan { booking, customer })
                        }
                    };
                    (Some(order), result)
                }
            };
            let planned = Planned { order, place: Some(place.clone()), result };
            all.insert(item.key.clone(), planned);
        }
        Ok(())
    }
}

impl Plan {
    /// What Odoo would hold of it, as far as another plan can differ from that.
    pub fn entered(&self, shop: &Shop) -> Entered {
        let Self { booking, customer: (partner, name) } = self;
        let named = |id, name: Option<String>| Many2One { id, name: name.unwrap_or_default() };
        let line = |line: &crate::booking::BookingLine| Line {
            product: named(line.product, shop.catalogue.get(line.product).map(Product::label)),
            quantity: line.quantity,
            total: line.subtotal_incl,
            taxes: line.taxes.clone(),
            returns: line.refunded_line,
        };
        let payment = |payment: &crate::booking::BookingPayment| {
            let method = shop.methods.iter().find(|method| method.id == payment.method);
            let method = named(payment.method, method.map(|method| method.name.clone()));
            Payment { method, amount: payment.amount }
        };
        Entered {
            id: 0,
            name: booking.reference.clone(),
            state: "paid".to_owned(),
            total: booking.total,
            tax: booking.tax,
            shop: named(shop.id, Some(shop.name.clone())),
            // One that would be created has no id yet.
            partner: Some(named(partner.unwrap_or_default(), Some(name.clone()))),
            lines: booking.lines.iter().map(line).collect(),
            payments: booking.payments.iter().map(payment).collect(),
            adopted: false,
        }
    }
}

fn location(item: &Item) -> Option<String> {
    OrderKey::parse(&item.key).and_then(|key| key.location)
}

/// What the reading of an order says, as a state.
fn standing(verdict: Verdict) -> (State, Option<Refusal>) {
    match verdict {
        Verdict::Waiting(reason) => (State::Waiting, Some(reason)),
        Verdict::Skipped(reason) => (State::Skipped, Some(reason)),
        Verdict::Refused(reason) => (State::Refused, Some(reason)),
        _ => (State::Ready, None),
    }
}

/// The customer of a plan: `res.partner` id, and a name.
fn customer_of(booking: &Booking, is_created: bool, buyer: &Buyer) -> (Option<i64>, String) {
    match (booking.partner_id, buyer) {
        _ if is_created => (None, "one that would be created".to_owned()),
        (Some(id), Buyer::Known(partner, _)) if partner.id == id => (Some(id), partner.name.clone()),
        (Some(id), _) => (Some(id), format!("partner {id}")),
        (None, _) => (None, "nobody".to_owned()),
    }
}
