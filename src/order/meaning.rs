//! What an order means, as one short text to compare: equal for mere differences in
//! spelling, different when something was changed that a booking depends on.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::{Customer, Line, LineDiscount, Order, Status, Tender, Totals};

/// Version of what is hashed and how, the first characters of every meaning.
const VERSION: &str = "v1:";

/// Between the meaning of an open order and what it will be once completed.
const THEN: char = '>';

impl Order {
    /// A hash of status, date of sale, customer, totals, lines and tenders: `v1:` and
    /// SHA-256 in hex. `12.0` is `12`, a field that is absent is one that is empty; notes,
    /// register, document numbers, masked card numbers and change stamps do not count, nor
    /// does a date that the source did not give.
    ///
    /// Of an open order, its hash once completed and otherwise unchanged follows: see
    /// [`completes`].
    pub fn meaning(&self) -> String {
        let own = self.meaning_as(&self.status);
        match self.status {
            Status::Open(_) => format!("{own}{THEN}{}", self.meaning_as(&self.key.document.completed())),
            _ => own,
        }
    }

    fn meaning_as(&self, as_status: &Status) -> String {
        let mut hash = Canonical::new("order");
        hash.text("status", Some(&status(as_status)));
        let sale_at = self.dated.then(|| self.sale_at.timestamp_micros().to_string());
        hash.text("sale_at", sale_at.as_deref());
        hash.text("currency", self.currency.as_deref());
        hash.text("original", self.original_order_id.as_deref());
        hash.customer(&self.customer);
        hash.totals(&self.totals);
        for line in &self.lines {
            hash.line(line);
        }
        for tender in &self.tenders {
            hash.tender(tender);
        }
        hash.finish()
    }
}

/// Whether the later meaning is that of the same order, only that it is completed now: no
/// change for one that was booked as completed before its source said so.
pub fn completes(earlier: &str, later: &str) -> bool {
    earlier.split_once(THEN).is_some_and(|(_, completed)| completed == later)
}

/// The same for a raw order that cannot be read: it changes with any byte.
pub(super) fn of_unread(raw: &str) -> String {
    let mut hash = Canonical::new("unread");
    hash.text("raw", Some(raw));
    hash.finish()
}

fn status(status: &Status) -> String {
    match status {
        Status::Completed => "completed".to_owned(),
        Status::Refund => "refund".to_owned(),
        Status::Cancelled => "cancelled".to_owned(),
        Status::Open(code) => format!("open:{code}"),
    }
}

/// Feeds fields to the hash so that no two contents give the same bytes: each is its name,
/// the length of its value, the value. A field without a value is left out.
struct Canonical(Sha256);

impl Canonical {
    fn new(what: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.text("tillbridge", Some(what));
        hash
    }

    fn finish(self) -> String {
        format!("{VERSION}{:x}", self.0.finalize())
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.update(format!("{name}={}:", value.len()));
            self.0.update(value);
        }
    }

    fn number(&mut self, name: &str, value: Option<Decimal>) {
        let value = value.map(|value| value.normalize().to_string());
        self.text(name, value.as_deref());
    }

    /// An amount for which zero says as much as nothing.
    fn extra(&mut self, name: &str, value: Option<Decimal>) {
        self.number(name, value.filter(|value| !value.is_zero()));
    }

    fn integer(&mut self, name: &str, value: Option<i64>) {
        self.text(name, value.map(|value| value.to_string()).as_deref());
    }

    fn customer(&mut self, customer: &Customer) {
        self.text("customer.id", customer.id.as_deref());
        self.text("customer.name", customer.name.as_deref());
        self.text("customer.phone", customer.phone.as_deref());
        self.text("customer.email", customer.email.as_deref());
        self.text("customer.reference", customer.reference.as_deref());
        self.integer("customer.odoo_id", customer.odoo_id);
        self.text("customer.vat", customer.vat.as_deref());
    }

    fn totals(&mut self, totals: &Totals) {
        self.number("amount", totals.amount);
        self.extra("discount", totals.discount);
        self.number("tax", totals.tax);
        self.number("tax_percent", totals.tax_percent);
        self.extra("service_charges", totals.service_charges);
        self.number("grand", Some(totals.grand));
        self.number("paid", totals.paid);
        self.extra("balance", totals.balance);
        self.text("part_paid", totals.part_paid.then_some("yes"));
    }

    fn line(&mut self, line: &Line) {
        self.text("line", Some(""));
        self.text("name", line.name.as_deref());
        self.text("item_id", line.item_id.as_deref());
        self.integer("odoo_item_id", line.odoo_item_id);
        self.text("barcode", line.barcode.as_deref());
        self.text("sku", line.sku.as_deref());
        self.number("price", Some(line.price));
        self.text("price_is_net", line.price_is_net.then_some("yes"));
        self.number("quantity", Some(line.quantity));
        match line.discount {
            Some(LineDiscount::Amount(amount)) => self.extra("discount", Some(amount)),
            Some(LineDiscount::Percent(percent)) => self.extra("discount_percent", Some(percent)),
            None => {}
        }
        self.number("tax", line.tax);
        self.number("tax_percent", line.tax_percent);
        self.text("lot", line.lot.as_deref());
        self.text("unit", line.unit.as_deref());
    }

    fn tender(&mut self, tender: &Tender) {
        self.text("tender", Some(""));
        self.number("amount", Some(tender.amount));
        self.integer("mode", tender.mode);
        self.text("card_type", tender.card_type.as_deref());
        self.text("reference", tender.reference.as_deref());
        self.extra("tip", tender.tip);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::order::SourceId;
    use crate::order::format::orderid::{self, ReadRules};

    fn order(raw: &str) -> Order {
        let rules = ReadRules::new(SourceId::new("SRC").unwrap(), chrono_tz::Asia::Riyadh);
        orderid::read(raw, &rules, DateTime::<Utc>::UNIX_EPOCH).unwrap()
    }

    const RAW: &str = r#"{"OrderID":1,"OrderDate":"2025-08-10T10:00:00","GrandTotal":46,"Tax":6,"CustomerName":"Sara",
        "OrderItems":[{"ItemName":"Car Wash","Price":40.0,"Quantity":1},{"Price":0}],
        "CheckoutDetails":[{"AmountPaid":"46.00","PaymentMode":1}]}"#;

    /// Another hash for the same order makes every booked order look changed.
    #[test]
    fn golden_meaning() {
        assert_eq!(
            order(RAW).meaning(),
            "v1:4b9cd23b66e35a7b3924a57bf47a459f7678c3cda161142b9ca8ef2c18d127c1"
        );
    }

    #[test]
    fn an_open_order_knows_its_meaning_once_completed() {
        let with = |status: u32, total: &str| {
            let raw = RAW.replacen("\"OrderID\":1", &format!("\"OrderID\":1,\"OrderStatus\":{status}"), 1);
            order(&raw.replacen("46", total, 1)).meaning()
        };
        let (open, completed) = (with(101, "46"), with(103, "46"));
        assert!(completes(&open, &completed));
        assert!(!completes(&completed, &open) && !completes(&completed, &completed));
        assert!(!completes(&open, &with(103, "47")) && !completes(&open, &with(102, "46")));
        assert_ne!(open, with(102, "46"));
        let negative = |status: u32| with(status, "-46");
        assert!(completes(&negative(101), &negative(106)), "an open refund becomes one");
    }

    #[test]
    fn spelling_does_not_count() {
        for (from, to) in [
            ("40.0", "\"40\""),
            ("\"46.00\"", "46"),
            (r#","Quantity":1"#, r#","DiscountAmount":0"#),
            (r#""Tax":6"#, r#""Tax":6,"AmountDiscount":0,"BalanceAmount":"0.00","CustomerID":0"#),
            ("10:00:00", "07:00:00Z"),
            ("Sara", " Sara "),
            (
                r#""Tax":6"#,
                r#""Tax":6,"Remark":"note","UpdatedAt":"2025-08-10","InvoiceNo":5,"register":"A""#,
            ),
        ] {
            assert!(RAW.contains(from));
            assert_eq!(order(&RAW.replacen(from, to, 1)).meaning(), order(RAW).meaning(), "{to}");
        }
    }

    #[test]
    fn content_counts() {
        let mut seen = vec![order(RAW).meaning()];
        for (from, to) in [
            ("40.0", "40.01"),
            ("\"46.00\"", "45"),
            ("Car Wash", "Wash"),
            (r#""Quantity":1"#, r#""Quantity":2"#),
            (r#""Quantity":1"#, r#""DiscountAmount":1"#),
            (r#""Quantity":1"#, r#""DiscountPercentage":1"#),
            (r#",{"Price":0}"#, ""),
            (r#""Tax":6"#, r#""Tax":0"#),
            (r#""Tax":6,"#, ""),
            ("Sara", "Lara"),
            ("10:00:00", "10:00:01"),
            (r#""GrandTotal""#, r#""OrderStatus":106,"GrandTotal""#),
            (r#""GrandTotal""#, r#""OrderStatus":101,"GrandTotal""#),
            (r#""PaymentMode":1"#, r#""PaymentMode":2"#),
            (r#""PaymentMode":1"#, r#""ReferenceID":"T""#),
        ] {
            assert!(RAW.contains(from));
            let meaning = order(&RAW.replacen(from, to, 1)).meaning();
            assert!(!seen.contains(&meaning), "{to}");
            seen.push(meaning);
        }
    }

    #[test]
    fn the_time_of_receipt_does_not_count() {
        let mut undated = order(&RAW.replace("OrderDate", "SomeDate"));
        let meaning = undated.meaning();
        undated.sale_at = DateTime::<Utc>::MAX_UTC;
        assert_eq!(undated.meaning(), meaning);
    }

    #[test]
    fn an_unread_order_changes_with_any_byte() {
        assert_ne!(of_unread("{}"), of_unread("{ }"));
        assert_eq!(of_unread("{}"), of_unread("{}"));
    }
}
