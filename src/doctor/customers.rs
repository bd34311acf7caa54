//! Customers, invoices and payments on account of a sync.

use crate::booking::{CustomerRules, Customers, Invoicing, PartPaid};
use crate::odoo::Client;
use crate::shop::{MethodKind, Shop};

use super::call::{call_failed, has_access};
use super::finding::Finding;

/// What the sync does about customers can be done.
pub(super) async fn customers(client: &Client, rules: CustomerRules) -> Finding {
    match rules.customers {
        Customers::Ignore if rules.invoicing != Invoicing::Off => Finding::problem(
            "customers",
            "Orders are to be invoiced, which needs customers, and the sync leaves customers out.",
            "Let the sync find customers, or create them (customers), or switch invoicing off.",
        ),
        Customers::Ignore => Finding::ok("customers", "Customers are left out."),
        Customers::Find => Finding::ok("customers", "Customers are found, and never created or changed."),
        Customers::Create => match has_access(client, "res.partner", "create").await {
            Ok(true) => Finding::ok("customers", "Customers are found, or created."),
            Ok(false) => {
                let user = &client.target().username;
                Finding::problem(
                    "customers",
                    format!("The sync creates customers, and the API user {user} may not."),
                    format!(
                        "Give {user} the access right \"Contact Creation\" (group base.group_partner_manager) in Odoo (Settings → Users), or let the sync only find customers."
                    ),
                )
            }
            Err(error) => call_failed("customers", &error),
        },
    }
}

/// The rest of a part-paid order has a method to go on, if it is to go on one.
pub(super) fn on_account(rules: CustomerRules, shop: &Shop) -> Finding {
    if rules.part_paid == PartPaid::Wait {
        return Finding::ok("part_paid", "Orders paid in part wait.");
    }
    let names: Vec<_> = shop
        .methods
        .iter()
        .filter(|method| method.kind == MethodKind::PayLater)
        .map(|method| method.name.as_str())
        .collect();
    match names.as_slice() {
        [name] => Finding::ok("part_paid", format!("The rest of an order paid in part goes on {name}.")),
        [] => Finding::problem(
            "part_paid",
            "The rest of an order paid in part is to go on a pay-later method, and the shop has none.",
            "Add a payment method without a journal (Customer Account) to the shop in Odoo, or let part-paid orders wait.",
        ),
        _ => Finding::problem(
            "part_paid",
            format!("The rest of an order paid in part could go on {}.", names.join(" or ")),
            "Leave one pay-later method in the shop, or let part-paid orders wait.",
        ),
    }
}
