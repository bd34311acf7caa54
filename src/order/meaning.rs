//! What an order means, as one short text to compare: equal for mere differences in
//! spelling, different when something was changed that a booking depends on.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::{Customer, Line, LineDiscount, Order, Status, Tender, Totals};

/// Version of what is hashed and how, the first characters of every meaning.
const VERSION: &str = "v1:";

impl Order {
    /// A hash of status, date of sale, customer, totals, lines and tenders: `v1:` and
    /// SHA-256 in hex. `12.0` is `12`, a field that is absent is one that is empty; notes,
    /// register, document numbers, masked card numbers and change stamps do not count, nor
    /// does a date that the source did not give.
    pub fn meaning(&self) -> String {
        let mut hash = Canonical::new("order");
        hash.text("status", Some(&status(&self.status)));
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
        let digest = self.0.finalize();
        let mut text = String::from(VERSION);
        for byte in digest {
            text.push_str(&format!("{byte:02x}"));
        }
        text
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
