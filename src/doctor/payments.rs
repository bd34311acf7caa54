//! The payment methods of a shop.

use crate::booking::{MethodRef, Rules, mapped_method, what_it_lacks};
use crate::shop::{MethodKind, Shop};

use super::finding::Finding;

/// Payments can be booked on at least one method.
pub(super) fn usable(rules: &Rules, shop: &Shop) -> Finding {
    let lacking: Vec<String> = shop
        .methods
        .iter()
        .filter_map(|method| Some(format!("{} {}", method.name, what_it_lacks(method, rules)?)))
        .collect();
    let good: Vec<_> = shop
        .methods
        .iter()
        .filter(|method| what_it_lacks(method, rules).is_none())
        .map(|m| m.name.as_str())
        .collect();
    if good.is_empty() {
        return Finding::problem(
            "methods",
            format!("No payment can be booked in this shop: {}.", lacking.join("; ")),
            "Add a payment method with a cash or bank journal to the shop in Odoo (Point of Sale → Configuration → Settings).",
        );
    }
    Finding::ok("methods", format!("Payments can be booked on {}.", good.join(", ")))
}

/// Change is given in cash.
pub(super) fn cash(rules: &Rules, shop: &Shop) -> Finding {
    let has_cash = shop
        .methods
        .iter()
        .any(|method| method.kind == MethodKind::Cash && what_it_lacks(method, rules).is_none());
    if has_cash {
        return Finding::ok("cash", "Change can be given.");
    }
    Finding::warning(
        "cash",
        "The shop has no cash method: an order with change cannot be booked.",
        "Add a cash method to the shop in Odoo (Point of Sale → Configuration → Settings), unless its source never gives change.",
    )
}

/// The payment mapping names methods of the shop on which payments can be booked.
pub(super) fn map(rules: &Rules, shop: &Shop) -> Finding {
    let wrong: Vec<String> = rules
        .payment_map
        .iter()
        .filter_map(|rule| {
            let name = match &rule.method {
                MethodRef::Id(id) => format!("id {id}"),
                MethodRef::Name(name) => name.clone(),
            };
            let Some(method) = mapped_method(rule, shop) else {
                return Some(format!("\"{}\" is mapped to {name}, which the shop does not have", rule.code));
            };
            let lack = what_it_lacks(method, rules)?;
            Some(format!("\"{}\" is mapped to {}, which {lack}", rule.code, method.name))
        })
        .collect();
    if wrong.is_empty() {
        let count = rules.payment_map.len();
        let message = match count {
            0 => "No payments are mapped: their methods are found by name.".to_owned(),
            1 => "1 payment is mapped.".to_owned(),
            count => format!("{count} payments are mapped."),
        };
        return Finding::ok("mapping", message);
    }
    let usable = shop.methods.iter().filter(|method| what_it_lacks(method, rules).is_none());
    let names: Vec<_> = usable.map(|method| method.name.as_str()).collect();
    Finding::problem(
        "mapping",
        format!("{}.", wrong.join("; ")),
        format!("Add the method to the shop, or map to one of: {}.", names.join(", ")),
    )
}
