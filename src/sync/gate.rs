//! What a planned order still has to pass: it must not come too late for its day, and its
//! cash must not go into a drawer that others count.

use chrono::NaiveDate;

use crate::booking::Booking;
use crate::config::{LateOrders, Sync};
use crate::order::{Code, Refusal};
use crate::shop::{MethodKind, Shop};
use crate::store::{Item, Store, StoreError};

use super::closing::{Calendar, Past, lateness};

/// What holds for all orders of a pass.
pub(super) struct Gate {
    pub calendar: Calendar,
    pub past: Past,
    /// What shows that others use the shop.
    pub shared: Option<String>,
}

/// Name of the note by which a person lets a late order pass.
fn release_note(key: &str) -> String {
    format!("order.released.{key}")
}

/// Lets an order that is held for being late pass, once and for all.
pub async fn release(store: &dyn Store, key: &str) -> Result<(), StoreError> {
    store.set_note(&release_note(key), "by a person").await
}

impl Gate {
    /// The flags that an order gets when it is booked in a session of the business day
    /// `entry`; a refusal when a person has to decide.
    pub async fn check(
        &self,
        store: &dyn Store,
        shop: &Shop,
        sync: &Sync,
        item: &Item,
        booking: &Booking,
        entry: NaiveDate,
    ) -> Result<Result<Option<String>, Refusal>, StoreError> {
        if let (Some(why), false) = (&self.shared, sync.closing.shared_shop_cash)
            && takes_cash(booking, shop)
        {
            return Ok(Err(shared_cash(why, shop)));
        }
        let day = self.calendar.day(booking.date);
        let Some(late) = lateness(&sync.closing, self.past, day, entry) else { return Ok(Ok(None)) };
        let booked =
            sync.closing.late == LateOrders::Book || store.note(&release_note(&item.key)).await?.is_some();
        if booked {
            return Ok(Ok(Some(format!("Late: sold on {day}, booked on {entry}, for {late}."))));
        }
        Ok(Err(Refusal::new(
            Code::LateOrder,
            format!("The order was sold on {day}, but {late}; its entry would carry {entry}."),
            format!(
                "Book it nevertheless with: tillbridge orders --release {} — or all such orders by late_orders = \"book\" (\"Order of a Closed Day\" in Odoo).",
                item.external_id
            ),
        )))
    }
}

fn takes_cash(booking: &Booking, shop: &Shop) -> bool {
    booking.payments.iter().any(|payment| {
        shop.methods.iter().any(|method| method.id == payment.method && method.kind == MethodKind::Cash)
    })
}

fn shared_cash(why: &str, shop: &Shop) -> Refusal {
    Refusal::new(
        Code::SharedShopCash,
        format!(
            "The order is paid in cash, and the shop {} is used by others too ({why}): its cash would be missing in their drawer.",
            shop.name
        ),
        "Give the sync a shop of its own (tillbridge shop create), or allow it: shared_shop_cash (\"Cash in a Shop with Cashiers\" in Odoo).",
    )
}
