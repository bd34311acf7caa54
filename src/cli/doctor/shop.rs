//! The shop of a sync: what was read of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::booking::{check_shop, taxes::applied};
use crate::shop::{Product, Shop};

use super::finding::Finding;

/// Taxes named in one finding.
const NAMED: usize = 5;

/// The shop is there, active, and can invoice: else it could not have been read.
pub(super) fn found(shop: &Shop, locations: &[&str]) -> Finding {
    let mut message = format!("The shop {} (id {}) sells in {}.", shop.name, shop.id, shop.currency.code);
    if !locations.is_empty() {
        let _ = write!(message, " It takes the orders of these locations: {}.", locations.join(", "));
    }
    Finding::ok("shop", message)
}

/// No setting of the shop is one this version cannot book with.
pub(super) fn supported(shop: &Shop) -> Finding {
    match check_shop(shop) {
        Ok(()) => Finding::ok("settings", "Its settings are all supported."),
        Err(refusal) => Finding::problem("settings", refusal.message, refusal.fix),
    }
}

/// There is something to sell.
pub(super) fn products(shop: &Shop) -> Finding {
    match on_sale(shop).count() {
        0 => Finding::warning(
            "products",
            "No product can be sold in this shop.",
            "In Odoo, tick Point of Sale on the products (Point of Sale → Products → Products).",
        ),
        count => Finding::ok("products", format!("{count} products can be sold.")),
    }
}

/// The taxes of these products can be computed.
pub(super) fn taxes(shop: &Shop) -> Finding {
    // Each message once, with the first product that it concerns.
    let mut refused = BTreeMap::new();
    for product in on_sale(shop) {
        if let Err(refusal) = applied(&product.taxes, shop) {
            refused.entry(refusal.message).or_insert_with(|| (refusal.fix, product.label()));
        }
    }
    let Some((_, (fix, _))) = refused.first_key_value() else {
        return Finding::ok("taxes", "The taxes of all products can be computed.");
    };
    let fix = fix.clone();
    let mut texts: Vec<String> = refused
        .iter()
        .take(NAMED)
        .map(|(message, (_, product))| format!("{message} (on {product})"))
        .collect();
    if refused.len() > NAMED {
        texts.push(format!("And {} more.", refused.len() - NAMED));
    }
    Finding::warning("taxes", texts.join(" "), fix)
}

/// How exact quantities are.
pub(super) fn quantities(shop: &Shop) -> Finding {
    Finding::ok(
        "quantities",
        format!(
            "Odoo keeps {} decimals of a quantity; an order with more is refused.",
            shop.quantity_decimals
        ),
    )
}

fn on_sale(shop: &Shop) -> impl Iterator<Item = &Product> {
    shop.catalogue.products().filter(|product| product.unavailable.is_none())
}
