//! Lots and serial numbers of a sync's shop.

use crate::odoo::{Client, Series};
use crate::shop::{Shop, Tracking};
use crate::text;

use super::call::{call_failed, has_access};
use super::finding::Finding;

/// Where the shop sells tracked products, the API user may use lots. Odoo looks them up, and
/// creates those that it does not know, with the rights of who sends the order (14 and 19,
/// `point_of_sale/models/stock_picking.py`), which a Point of Sale user has not.
pub(super) async fn lots(client: &Client, shop: &Shop) -> Finding {
    let is_tracked = |tracking| tracking != Tracking::None;
    let tracked = shop
        .catalogue
        .products()
        .filter(|product| product.unavailable.is_none() && is_tracked(product.tracking))
        .min_by_key(|product| product.id);
    let Some(product) = tracked else {
        return Finding::ok("lots", text!("No product of this shop has lots or serial numbers."));
    };
    let user = &client.target().username;
    match has_access(client, model(client.series()), "create").await {
        Ok(true) => {
            Finding::ok("lots", text!("The API user {user} may look lots and serial numbers up.", user))
        }
        Ok(false) => Finding::problem(
            "lots",
            text!(
                "The API user {user} may not use lots and serial numbers, so Odoo refuses orders that name one (such as of {product}).",
                user,
                product = product.label()
            ),
            text!(
                "Give {user} the access right Inventory: User (group stock.group_stock_user) in Odoo (Settings → Users).",
                user
            ),
        ),
        Err(error) => call_failed("lots", &error),
    }
}

/// The model of lots, renamed in 16.
fn model(series: Series) -> &'static str {
    if series >= (Series { major: 16, minor: 0 }) { "stock.lot" } else { "stock.production.lot" }
}
