//! The payment methods of a shop.

use crate::booking::{MethodRef, Rules, mapped_method, what_it_lacks};
use crate::order::Text;
use crate::shop::{MethodKind, Shop};
use crate::text;

use super::finding::Finding;

/// Payments can be booked on at least one method.
pub(super) fn usable(rules: &Rules, shop: &Shop) -> Finding {
    let lacking = shop.methods.iter().filter_map(|method| {
        Some(text!("{method}: {lack}", method = &method.name, lack = what_it_lacks(method, rules)?))
    });
    let good: Vec<_> = shop
        .methods
        .iter()
        .filter(|method| what_it_lacks(method, rules).is_none())
        .map(|m| m.name.as_str())
        .collect();
    if good.is_empty() {
        return Finding::problem(
            "methods",
            text!(
                "No payment can be booked in this shop ({reasons}).",
                reasons = Text::joined("; ", lacking)
            ),
            text!(
                "Add a payment method with a cash or bank journal to the shop in Odoo (Point of Sale → Configuration → Settings)."
            ),
        );
    }
    Finding::ok("methods", text!("Payments can be booked on {methods}.", methods = good.join(", ")))
}

/// Change is given in cash.
pub(super) fn cash(rules: &Rules, shop: &Shop) -> Finding {
    let has_cash = shop
        .methods
        .iter()
        .any(|method| method.kind == MethodKind::Cash && what_it_lacks(method, rules).is_none());
    if has_cash {
        return Finding::ok("cash", text!("Change can be given."));
    }
    Finding::warning(
        "cash",
        text!("The shop has no cash method: an order with change cannot be booked."),
        text!(
            "Add a cash method to the shop in Odoo (Point of Sale → Configuration → Settings), unless its source never gives change."
        ),
    )
}

/// The payment mapping names methods of the shop on which payments can be booked.
pub(super) fn map(rules: &Rules, shop: &Shop) -> Finding {
    let wrong: Vec<Text> = rules
        .payment_map
        .iter()
        .filter_map(|rule| {
            let name = match &rule.method {
                MethodRef::Id(id) => text!("id {id}", id = id.to_string()),
                MethodRef::Name(name) => Text::name(name),
            };
            let Some(method) = mapped_method(rule, shop) else {
                return Some(text!(
                    "“{code}” is mapped to {method}, which the shop does not have.",
                    code = &rule.code,
                    method = name
                ));
            };
            let lack = what_it_lacks(method, rules)?;
            Some(text!(
                "“{code}” is mapped to {method}, which cannot be used: {lack}.",
                code = &rule.code,
                method = &method.name,
                lack
            ))
        })
        .collect();
    if wrong.is_empty() {
        let count = rules.payment_map.len();
        let message = match count {
            0 => text!("No payments are mapped: their methods are found by name."),
            1 => text!("1 payment is mapped."),
            count => text!("{count} payments are mapped.", count),
        };
        return Finding::ok("mapping", message);
    }
    let usable = shop.methods.iter().filter(|method| what_it_lacks(method, rules).is_none());
    let names: Vec<_> = usable.map(|method| method.name.as_str()).collect();
    Finding::problem(
        "mapping",
        Text::sentences(wrong),
        text!("Add the method to the shop, or map to one of: {methods}.", methods = names.join(", ")),
    )
}
