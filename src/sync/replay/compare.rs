//! A plan against what Odoo holds. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::booking::Booking;
use crate::order::{Part, Text};
use crate::shop::{Product, Shop};
use crate::text;

use super::entered::Entered;

/// What of an order differs, each in words: as it stands → as it is planned. `customer` of the
/// plan: `res.partner` id, and a name.
pub(in crate::sync) fn differences(
    planned: &Booking,
    (partner, customer): &(Option<i64>, String),
    entered: &Entered,
    shop: &Shop,
) -> Vec<Text> {
    let mut found = Vec::new();
    let mut differs = |was: String, now: String, said: &dyn Fn(String, String) -> Text| {
        if was != now {
            found.push(said(was, now));
        }
    };
    let show = |amount: Decimal| shop.currency.show(shop.currency.round(amount));
    if entered.shop.id != shop.id {
        differs(entered.shop.name.clone(), shop.name.clone(), &|was, now| {
            text!("shop {was} → {now}", was, now)
        });
    }
    differs(show(entered.total), show(planned.total), &|was, now| {
        text!("total {was} → {now}", was = Part::figure(was), now = Part::figure(now))
    });
    if entered.adopted {
        // Somebody else's lines and payments are their own.
        return found;
    }
    differs(show(entered.tax), show(planned.tax), &|was, now| {
        text!("tax {was} → {now}", was = Part::figure(was), now = Part::figure(now))
    });
    let was = entered.partner.as_ref();
    if was.map(|partner| partner.id) != *partner || was.is_none() {
        let was = was.map_or_else(|| "nobody".to_owned(), |was| was.name.clone());
        differs(was, customer.clone(), &|was, now| text!("customer {was} → {now}", was, now));
    }
    for (product, sold) in products(planned, entered) {
        let label = &shop.catalogue.get(product).map(Product::label).unwrap_or(sold.name);
        let side = |side: &Side| match side.quantity {
            _ if !side.is_there => "none".to_owned(),
            quantity => format!("{} for {}", quantity.normalize(), show(side.total)),
        };
        differs(side(&sold.was), side(&sold.now), &|was, now| {
            text!("{label}: {was} → {now}", label, was, now)
        });
        if sold.was.is_there && sold.now.is_there {
            let taxes = |side: &Side| {
                let name =
                    |id: &i64| shop.taxes.get(id).map_or_else(|| id.to_string(), |tax| tax.name.clone());
                let names: Vec<String> = side.taxes.iter().map(name).collect();
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            };
            let said = |was, now| text!("taxes of {label}: {was} → {now}", label, was, now);
            differs(taxes(&sold.was), taxes(&sold.now), &said);
        }
    }
    for (name, [was, now]) in payments(planned, entered, shop) {
        differs(show(was), show(now), &|was, now| {
            text!(
                "paid by {name}: {was} → {now}",
                name = name.as_str(),
                was = Part::figure(was),
                now = Part::figure(now)
            )
        });
    }
    found
}

/// What was sold of a product.
#[derive(Default)]
struct Sold {
    /// As Odoo names it.
    name: String,
    was: Side,
    now: Side,
}

#[derive(Default)]
struct Side {
    is_there: bool,
    quantity: Decimal,
    total: Decimal,
    taxes: BTreeSet<i64>,
}

impl Side {
    fn add(&mut self, quantity: Decimal, total: Decimal, taxes: &[i64]) {
        self.is_there = true;
        self.quantity += quantity;
        self.total += total;
        self.taxes.extend(taxes);
    }
}

fn products(planned: &Booking, entered: &Entered) -> BTreeMap<i64, Sold> {
    let mut products: BTreeMap<i64, Sold> = BTreeMap::new();
    for line in &entered.lines {
        let sold = products.entry(line.product.id).or_default();
        sold.name.clone_from(&line.product.name);
        sold.was.add(line.quantity, line.total, &line.taxes);
    }
    for line in &planned.lines {
        let sold = products.entry(line.product).or_default();
        if sold.name.is_empty() {
            sold.name.clone_from(&line.product_name);
        }
        sold.now.add(line.quantity, line.subtotal_incl, &line.taxes);
    }
    products
}

/// What was paid by each method, and what would be.
fn payments(planned: &Booking, entered: &Entered, shop: &Shop) -> BTreeMap<String, [Decimal; 2]> {
    let mut amounts: BTreeMap<i64, (String, [Decimal; 2])> = BTreeMap::new();
    for payment in &entered.payments {
        let (name, [was, _]) = amounts.entry(payment.method.id).or_default();
        name.clone_from(&payment.method.name);
        *was += payment.amount;
    }
    for payment in &planned.payments {
        let (name, [_, now]) = amounts.entry(payment.method).or_default();
        if let Some(method) = shop.methods.iter().find(|method| method.id == payment.method) {
            name.clone_from(&method.name);
        }
        *now += payment.amount;
    }
    amounts.into_values().collect()
}
