//! The shop of a sync: what was read of it.

use std::collections::BTreeMap;

use crate::booking::taxes::applied;
use crate::booking::{QuantityPolicy, Rules, Special, mapped_product};
use crate::order::Text;
use crate::shop::{Product, Shop};
use crate::text;

use super::finding::Finding;

/// Taxes named in one finding.
const NAMED: usize = 5;

/// The shop is there, active, and can invoice: else it could not have been read.
pub(super) fn found(shop: &Shop, locations: &[&str]) -> Finding {
    let sells = text!(
        "The shop {shop} (id {id}) sells in {currency}.",
        shop = &shop.name,
        id = shop.id.to_string(),
        currency = &shop.currency.code
    );
    let takes = (!locations.is_empty()).then(|| {
        text!("It takes the orders of these locations: {locations}.", locations = locations.join(", "))
    });
    Finding::ok("shop", Text::sentences([sells].into_iter().chain(takes)))
}

/// There is something to sell.
pub(super) fn products(shop: &Shop) -> Finding {
    match on_sale(shop).count() {
        0 => Finding::warning(
            "products",
            text!("No product can be sold in this shop."),
            text!("In Odoo, tick Point of Sale on the products (Point of Sale → Products → Products)."),
        ),
        count => Finding::ok("products", text!("{count} products can be sold.", count)),
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
        return Finding::ok("taxes", text!("The taxes of all products can be computed."));
    };
    let fix = fix.clone();
    let texts = refused
        .iter()
        .take(NAMED)
        .map(|(message, (_, product))| text!("{message} (on {product})", message, product));
    let more = refused.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| text!("And {more} more.", more));
    Finding::warning("taxes", Text::sentences(texts.chain(more)), fix)
}

/// How exact quantities are.
pub(super) fn quantities(rules: &Rules, shop: &Shop) -> Finding {
    let decimals = shop.quantity_decimals;
    let message = match rules.quantity_policy {
        QuantityPolicy::Adapt => text!(
            "Odoo keeps {decimals} decimals of a quantity; one with more is rounded, and its unit price adapted.",
            decimals
        ),
        QuantityPolicy::Refuse => {
            text!("Odoo keeps {decimals} decimals of a quantity; an order with more is refused.", decimals)
        }
    };
    Finding::ok("quantities", message)
}

/// The products for what is no item are there. Only orders that need one miss it.
pub(super) fn special_products(rules: &Rules, shop: &Shop) -> Finding {
    let lacking: Vec<_> =
        Special::ALL.iter().filter_map(|special| rules.special.find(*special, shop).err()).collect();
    let Some(first) = lacking.first() else {
        return Finding::ok(
            "special products",
            text!("The products for charges, tips, rounding and the like are there."),
        );
    };
    let reasons = Text::sentences(lacking.iter().map(|refusal| refusal.message.clone()));
    Finding::warning(
        "special products",
        text!("Orders that need one of these are refused: {reasons}", reasons),
        first.fix.clone(),
    )
}

/// The product mapping names products that can be sold.
pub(super) fn product_map(rules: &Rules, shop: &Shop) -> Finding {
    let wrong: Vec<Text> = rules
        .product_map
        .iter()
        .filter_map(|rule| match mapped_product(rule, &shop.catalogue) {
            Err(refusal) => Some(refusal.message),
            Ok(product) => product.unavailable.as_ref().map(|why| {
                text!(
                    "“{code}” is mapped to {product}, which cannot be sold here: {why}.",
                    code = &rule.code,
                    product = product.label(),
                    why = why.text()
                )
            }),
        })
        .collect();
    if wrong.is_empty() {
        let message = match rules.product_map.len() {
            0 => text!("No products are mapped: they are found by their ids, codes and names."),
            1 => text!("1 product is mapped."),
            count => text!("{count} products are mapped.", count),
        };
        return Finding::ok("product mapping", message);
    }
    Finding::problem(
        "product mapping",
        Text::sentences(wrong),
        text!("Correct the sync's product mapping, or the products in Odoo."),
    )
}

fn on_sale(shop: &Shop) -> impl Iterator<Item = &Product> {
    shop.catalogue.products().filter(|product| product.unavailable.is_none())
}
