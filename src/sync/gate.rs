//! What a planned order still has to pass: it must not come too late for its day, and its
//! cash must not go into a drawer that others count.

use chrono::NaiveDate;

use crate::booking::Booking;
use crate::config::{LateOrders, Sync};
use crate::order::{Code, Refusal, Text};
use crate::shop::{MethodKind, Shop};
use crate::store::Item;
use crate::text;

use super::closing::{Calendar, Past, lateness};

/// What holds for all orders of a pass.
pub(super) struct Gate {
    pub calendar: Calendar,
    pub past: Past,
    /// What shows that others use the shop.
    pub shared: Option<Text>,
}

impl Gate {
    /// The flags that an order gets when it is booked in a session of the business day
    /// `entry`; a refusal when a person has to decide.
    pub fn check(
        &self,
        shop: &Shop,
        sync: &Sync,
        item: &Item,
        booking: &Booking,
        entry: NaiveDate,
    ) -> Result<Option<Text>, Refusal> {
        if let (Some(why), false) = (&self.shared, sync.closing.shared_shop_cash)
            && takes_cash(booking, shop)
        {
            return Err(shared_cash(why, shop));
        }
        let day = self.calendar.day(booking.date);
        let Some(late) = lateness(&sync.closing, self.past, day, entry) else { return Ok(None) };
        let released = item.completion.as_ref().is_some_and(|word| word.late);
        if released || sync.closing.late == LateOrders::Book {
            return Ok(Some(text!("Late: sold on {day}, booked on {entry}: {late}.", day, entry, late)));
        }
        Err(Refusal::new(
            Code::LateOrder,
            text!(
                "The order was sold on {day}, but {late}; its entry would carry {entry}.",
                day,
                late,
                entry
            ),
            text!(
                "Book it nevertheless with: tillbridge orders --release {id} — or all such orders by late_orders = \"book\" (\"Order of a Closed Day\" in Odoo).",
                id = &item.external_id
            ),
        ))
    }
}

fn takes_cash(booking: &Booking, shop: &Shop) -> bool {
    booking.payments.iter().any(|payment| {
        shop.methods.iter().any(|method| method.id == payment.method && method.kind == MethodKind::Cash)
    })
}

fn shared_cash(why: &Text, shop: &Shop) -> Refusal {
    Refusal::new(
        Code::SharedShopCash,
        text!(
            "The order is paid in cash, and the shop {shop} is used by others too ({why}): its cash would be missing in their drawer.",
            shop = &shop.name,
            why,
        ),
        text!(
            "Give the sync a shop of its own (tillbridge shop create), or allow it: shared_shop_cash (\"Cash in a Shop with Cashiers\" in Odoo)."
        ),
    )
}
