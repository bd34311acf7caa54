//! Customers, invoices and payments on account of a sync.

use crate::booking::{CustomerRules, Customers, Invoicing, PartPaid};
use crate::odoo::Client;
use crate::shop::{MethodKind, Shop};
use crate::text;

use super::call::{call_failed, has_access};
use super::finding::Finding;

/// What the sync does about customers can be done.
pub(super) async fn customers(client: &Client, rules: CustomerRules) -> Finding {
    match rules.customers {
        Customers::Ignore if rules.invoicing != Invoicing::Off => Finding::problem(
            "customers",
            text!("Orders are to be invoiced, which needs customers, and the sync leaves customers out."),
            text!("Let the sync find customers, or create them (customers), or switch invoicing off."),
        ),
        Customers::Ignore => Finding::ok("customers", text!("Customers are left out.")),
        Customers::Find => {
            Finding::ok("customers", text!("Customers are found, and never created or changed."))
        }
        Customers::Create => match has_access(client, "res.partner", "create").await {
            Ok(true) => Finding::ok("customers", text!("Customers are found, or created.")),
            Ok(false) => {
                let user = &client.target().username;
                Finding::problem(
                    "customers",
                    text!("The sync creates customers, and the API user {user} may not.", user),
                    text!(
                        "Give {user} the access right \"Contact Creation\" (group base.group_partner_manager) in Odoo (Settings → Users), or let the sync only find customers.",
                        user
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
        return Finding::ok("part_paid", text!("Orders paid in part wait."));
    }
    let names: Vec<_> = shop
        .methods
        .iter()
        .filter(|method| method.kind == MethodKind::PayLater)
        .map(|method| method.name.as_str())
        .collect();
    match names.as_slice() {
        [name] => Finding::ok(
            "part_paid",
            text!("The rest of an order paid in part goes on {method}.", method = *name),
        ),
        [] => Finding::problem(
            "part_paid",
            text!("The rest of an order paid in part is to go on a pay-later method, and the shop has none."),
            text!(
                "Add a payment method without a journal (Customer Account) to the shop in Odoo, or let part-paid orders wait."
            ),
        ),
        _ => Finding::problem(
            "part_paid",
            text!(
                "The rest of an order paid in part could go on any of these: {methods}.",
                methods = names.join(", ")
            ),
            text!("Leave one pay-later method in the shop, or let part-paid orders wait."),
        ),
    }
}
