//! A plan against what Odoo holds. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::booking::Booking;
use crate::shop::{Product, Shop};

use super::entered::Entered;

/// What of an order differs, each in words: as it stands → as it is planned. `customer` of the
/// plan: `res.partner` id, and a name.
pub(super) fn differences(
    planned: &Booking,
    (partner, customer): &(Option<i64>, String),
    entered: &Entered,
    shop: &Shop,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, was: String, now: String| {
        if was != now {
            found.push(format!("{what} {was} → {now}"));
        }
    };
    let show = |amount: Decimal| shop.currency.show(shop.currency.round(amount));
    if entered.shop.id != shop.id {
        differs("shop", entered.shop.name.clone(), shop.name.clone());
    }
    differs("total", show(entered.total), show(planned.total));
    if entered.adopted {
        // Somebody else's lines and payments are their own.
        return found;
    }
    differs("tax", show(entered.tax), show(planned.tax));
    let was = entered.partner.as_ref();
    if was.map(|partner| partner.id) != *partner || was.is_none() {
        differs(
            "customer",
            was.map_or_else(|| "nobody".to_owned(), |was| was.name.clone()),
            customer.clone(),
        );
    }
    for (product, sold) in products(planned, entered) {
        let label = shop.catalogue.get(product).map(Product::label).unwrap_or(sold.name);
        let side = |side: &Side| match side.quantity {
            _ if !side.is_there => "none".to_owned(),
            quantity => format!("{} for {}", quantity.normalize(), show(side.total)),
        };
        differs(&format!("{label}:"), side(&sold.was), side(&sold.now));
        if sold.was.is_there && sold.now.is_there {
            let taxes = |side: &Side| {
                let name =
                    |id: &i64| shop.taxes.get(id).map_or_else(|| id.to_string(), |tax| tax.name.clone());
                let names: Vec<String> = side.taxes.iter().map(name).collect();
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            };
            differs(&format!("taxes of {label}:"), taxes(&sold.was), taxes(&sold.now));
        }
    }
    for (name, [was, now]) in payments(planned, entered, shop) {
        differs(&format!("paid by {name}:"), show(was), show(now));
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
