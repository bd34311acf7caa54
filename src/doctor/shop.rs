//! The shop of a sync: what was read of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::booking::taxes::applied;
use crate::booking::{QuantityPolicy, Rules, Special, mapped_product};
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
            refused.entry(refusal.message.to_string()).or_insert_with(|| (refusal.fix, product.label()));
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
pub(super) fn quantities(rules: &Rules, shop: &Shop) -> Finding {
    let more = match rules.quantity_policy {
        QuantityPolicy::Adapt => "one with more is rounded, and its unit price adapted",
        QuantityPolicy::Refuse => "an order with more is refused",
    };
    Finding::ok(
        "quantities",
        format!("Odoo keeps {} decimals of a quantity; {more}.", shop.quantity_decimals),
    )
}

/// The products for what is no item are there. Only orders that need one miss it.
pub(super) fn special_products(rules: &Rules, shop: &Shop) -> Finding {
    let lacking: Vec<_> =
        Special::ALL.iter().filter_map(|special| rules.special.find(*special, shop).err()).collect();
    let Some(first) = lacking.first() else {
        return Finding::ok(
            "special products",
            "The products for charges, tips, rounding and the like are there.",
        );
    };
    let messages: Vec<_> = lacking.iter().map(|refusal| refusal.message.as_str()).collect();
    Finding::warning(
        "special products",
        format!("Orders that need one of these are refused: {}", messages.join(" ")),
        first.fix.clone(),
    )
}

/// The product mapping names products that can be sold.
pub(super) fn product_map(rules: &Rules, shop: &Shop) -> Finding {
    let wrong: Vec<String> = rules
        .product_map
        .iter()
        .filter_map(|rule| match mapped_product(rule, &shop.catalogue) {
            Err(refusal) => Some(refusal.message.into()),
            Ok(product) => product
                .unavailable
                .as_ref()
                .map(|why| format!("\"{}\" is mapped to {}, which {why}.", rule.code, product.label())),
        })
        .collect();
    if wrong.is_empty() {
        let message = match rules.product_map.len() {
            0 => "No products are mapped: they are found by their ids, codes and names.".to_owned(),
            1 => "1 product is mapped.".to_owned(),
            count => format!("{count} products are mapped."),
        };
        return Finding::ok("product mapping", message);
    }
    Finding::problem(
        "product mapping",
        wrong.join(" "),
        "Correct the sync's product mapping, or the products in Odoo.",
    )
}

fn on_sale(shop: &Shop) -> impl Iterator<Item = &Product> {
    shop.catalogue.products().filter(|product| product.unavailable.is_none())
}
