//! The refund of a sale that its source cancelled after it was booked. The source sends none: the
//! service makes it, from the sale as it was booked, under a key of its own.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Document, Order, OrderKey, Status};

/// The own id of such a refund, which no source may give to one of its own. Fixed for ever, as
/// everything that a key is made of.
pub(super) const ID: &str = "cancelled";

impl OrderKey {
    /// The key of the refund by which this sale is given back: `…/refund:cancelled`.
    #[must_use]
    pub fn cancellation(&self) -> Self {
        Self { document: Document::Refund(Some(ID.to_owned())), ..self.clone() }
    }

    /// Whether it is that of such a refund.
    pub fn is_cancellation(&self) -> bool {
        matches!(&self.document, Document::Refund(Some(id)) if id == ID)
    }

    /// The key of the sale with this number.
    #[must_use]
    pub fn sale(&self) -> Self {
        Self { document: Document::Sale, ..self.clone() }
    }
}

impl Order {
    /// The order under this key, of whose content it was read: a cancelled sale's refund is read
    /// from the sale. `at`: when that was heard of. `None` where there is none.
    pub fn under(self, key: Option<&OrderKey>, at: DateTime<Utc>) -> Option<Self> {
        if key.is_some_and(OrderKey::is_cancellation) { self.cancelled(at) } else { Some(self) }
    }

    /// The refund of all of this sale, at this time. `None` for one that also takes goods or
    /// money back: what is left of it is for a person to say.
    pub fn cancelled(self, at: DateTime<Utc>) -> Option<Self> {
        let takes_back = self.totals.grand < Decimal::ZERO
            || self.lines.iter().any(|line| line.quantity * line.price < Decimal::ZERO);
        (self.key.document == Document::Sale && !takes_back).then(|| Self {
            key: self.key.cancellation(),
            status: Status::Refund,
            sale_at: at,
            dated: true,
            ordered_at: None,
            checked_out_at: None,
            completed_at: None,
            updated_at: None,
            invoice_no: None,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::SourceId;
    use crate::order::format::orderid::{self, ReadRules};

    fn sale(price: i32, returned: i32) -> Order {
        let raw = format!(
            r#"{{"OrderID":7,"LocationID":3,"OrderStatus":103,"GrandTotal":{},"OrderItems":[{{"Price":{price}}},{{"Price":{returned},"Quantity":-1}}]}}"#,
            price - returned
        );
        let rules = ReadRules::new(SourceId::new("SRC").unwrap(), chrono_tz::UTC);
        orderid::read(&raw, &rules, DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_sale_is_given_back_under_a_key_of_its_own() {
        let at = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1);
        let refund = sale(10, 0).cancelled(at).unwrap();
        assert_eq!(refund.key.canonical(), "v1:SRC/3/7/refund:cancelled");
        assert_eq!(refund.key.pos_reference(), "SRC/3/7/Rcancelled");
        assert!(refund.key.is_cancellation() && !refund.key.sale().is_cancellation());
        assert_eq!(
            (refund.status.clone(), refund.sale_at, refund.signed_total()),
            (Status::Refund, at, (-10).into())
        );
        assert_eq!(refund.cancelled(at), None, "no refund is given back");
        assert_eq!(sale(10, 4).cancelled(at), None, "an exchange is for a person");
    }
}
