//! Valid orders in the source's format, random but the same for a seed, with the figures
//! they must be booked with, computed here by exact decimal arithmetic.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};
use tillbridge::order::{Document, OrderKey, SourceId};

use super::series::Series;

/// What must stand in Odoo for one external document.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Its identity.
    pub key: OrderKey,
    /// `amount_total`, signed.
    pub total: Decimal,
    /// `amount_tax`, signed.
    pub tax: Decimal,
    /// Internal reference of the product and signed quantity of each line.
    pub lines: Vec<(String, Decimal)>,
    /// Payment method and signed amount, change among them.
    pub payments: Vec<(String, Decimal)>,
}

/// An order as the source sends it, with what must come of it.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The order, JSON.
    pub json: String,
    /// What must stand in Odoo.
    pub expected: Expected,
}

/// The key of a sale of the source `Web` without location.
pub fn sale(order_id: &str) -> OrderKey {
    OrderKey {
        source: SourceId::new("Web").expect("not empty"),
        location: None,
        order_id: order_id.to_owned(),
        document: Document::Sale,
    }
}

/// The JSON texts of generated orders.
pub fn texts(orders: &[Generated]) -> Vec<String> {
    orders.iter().map(|order| order.json.clone()).collect()
}

/// What must stand in Odoo for generated orders.
pub fn expected(orders: &[Generated]) -> Vec<Expected> {
    orders.iter().map(|order| order.expected.clone()).collect()
}

/// Random numbers that are the same for a seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).expect("low to high") + 1;
        low + i64::try_from(self.next() % span).expect("within the span")
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: i64) -> bool {
        self.between(1, 100) <= chance
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        let last = i64::try_from(items.len()).expect("few") - 1;
        &items[usize::try_from(self.between(0, last)).expect("an index")]
    }

    /// An amount in cents from `low` to `high`.
    pub fn cents(&mut self, low: i64, high: i64) -> Decimal {
        Decimal::new(self.between(low, high), 2)
    }
}

/// Half away from zero, to the cent.
pub fn to_cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The order as the source shows it with more fields, or with others.
pub fn with(raw: &str, fields: Value) -> String {
    let mut order: Value = serde_json::from_str(raw).expect("an order");
    let Value::Object(fields) = fields else { panic!("no fields: {fields}") };
    for (name, value) in fields {
        order[name] = value;
    }
    order.to_string()
}

/// A sale of one unit at this net price with 15 % tax, paid at once.
pub fn plain(order_id: &str, code: &str, net: Decimal, method: &str) -> Generated {
    let tax = to_cents(net * Decimal::new(15, 2));
    let total = net + tax;
    let json = json!({
        "OrderID": order_id, "OrderStatus": 103, "OrderDate": "2026-03-01T10:00:00Z",
        "Tax": number(tax), "GrandTotal": number(total), "AmountPaid": number(total),
        "OrderItems": [{"ItemName": format!("Name of {code}"), "ItemCode": code, "Price": number(net), "Quantity": 1}],
        "CheckoutDetails": [{"CardType": method, "AmountPaid": number(total)}],
    });
    let expected = Expected {
        key: sale(order_id),
        total,
        tax,
        lines: vec![(code.to_owned(), Decimal::ONE)],
        payments: vec![(method.to_owned(), total)],
    };
    Generated { json: json.to_string(), expected }
}

/// So many [`plain`] sales with ids from `first` on, of goods whose stock is not counted.
pub fn plains(first: u64, count: u64) -> Vec<Generated> {
    (first..first + count).map(|id| plain(&id.to_string(), "B002", Decimal::new(1000, 2), "Card")).collect()
}

/// How the company in Odoo, and with it the source, rounds taxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Once per order (`round_globally`).
    PerOrder,
    /// On each line (`round_per_line`); the source then gives no discount on a whole order,
    /// whose shares would have to be rounded by a rule of its own.
    PerLine,
}

/// Whether the source's prices contain the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prices {
    /// They do not.
    Net,
    /// They do.
    Gross,
    /// In two orders of five they do.
    Either,
}

impl Prices {
    fn are_gross(self, random: &mut Random) -> bool {
        match self {
            Self::Net => false,
            Self::Gross => true,
            Self::Either => random.percent(40),
        }
    }
}

/// `count` sales as of [`generate`], all with such prices, and the refunds of one in ten of
/// them, under the number of their sale.
pub fn with_refunds(seed: u64, first: u64, count: u64, rounding: Rounding, prices: Prices) -> Vec<Generated> {
    let mut orders = Vec::new();
    for id in first..first + count {
        let mut random = Random(seed ^ (id << 20));
        let sale = one(&mut random, &id.to_string(), rounding, prices);
        let refund = random.percent(10).then(|| refund_of(&sale));
        orders.push(sale);
        orders.extend(refund);
    }
    orders
}

/// The return of everything, paid back by card, sent with positive figures.
fn refund_of(sale: &Generated) -> Generated {
    let mut order: Map<String, Value> = serde_json::from_str(&sale.json).expect("an object");
    let total = sale.expected.total;
    order.insert("OrderStatus".into(), 106.into());
    order.insert("AmountPaid".into(), number(total));
    order.insert("CheckoutDetails".into(), json!([{"CardType": "Card", "AmountPaid": number(total)}]));
    let Expected { key, tax, lines, .. } = &sale.expected;
    let expected = Expected {
        key: OrderKey { document: Document::Refund(None), ..key.clone() },
        total: -total,
        tax: -tax,
        lines: lines.iter().map(|(code, quantity)| (code.clone(), -quantity)).collect(),
        payments: vec![("Card".to_owned(), -total)],
    };
    Generated { json: Value::Object(order).to_string(), expected }
}

/// `count` sales of three lines each, with ids from `first` on: prices without or with the
/// 15 % tax, discounts per line and per order (both where the series can book that), one or
/// two tenders, change. Needs a shop with [`METHODS`].
pub fn generate(seed: u64, first: u64, count: u64, rounding: Rounding) -> Vec<Generated> {
    (first..first + count)
        .map(|id| one(&mut Random(seed ^ (id << 20)), &id.to_string(), rounding, Prices::Either))
        .collect()
}

/// The payment methods that generated orders use.
pub const METHODS: [&str; 4] = ["Cash", "Card", "Mada", "StcPay"];

struct Line {
    code: String,
    name: String,
    price: Decimal,
    quantity: i64,
    discount: Decimal,
}

impl Line {
    fn amount(&self) -> Decimal {
        self.price * Decimal::from(self.quantity) - self.discount
    }

    /// Odoo 14 rounds each line's net amount, and some amounts with tax are then of no net
    /// amount at all (10.00 at 15 %: 8.69 gives 9.99, 8.70 gives 10.01). A cent less is.
    fn make_bookable(&mut self) {
        let net = to_cents(self.amount() / Decimal::new(115, 2));
        let is_of_no_net = net + to_cents(net * Decimal::new(15, 2)) != self.amount();
        if Series::current() == Series::Odoo14 && is_of_no_net {
            self.discount += Decimal::new(1, 2);
        }
    }
}

/// Where taxes are rounded per order, Odoo 19 rounds nothing but sums. Odoo 14 still rounds
/// each line's net amount: prices with tax and shares of an order's discount then come to
/// another sum than the source's.
fn rounds_sums_only() -> bool {
    Series::current() == Series::Odoo19
}

fn one(random: &mut Random, id: &str, rounding: Rounding, prices: Prices) -> Generated {
    let gross = prices.are_gross(random) && (rounding == Rounding::PerLine || rounds_sums_only());
    let mut lines: Vec<Line> = (0..3).map(|_| line(random)).collect();
    if gross {
        lines.iter_mut().for_each(Line::make_bookable);
    }
    let of_lines: Decimal = lines.iter().map(|line| line.discount).sum();
    let mut amounts: Vec<Decimal> = lines.iter().map(Line::amount).collect();
    let order_discount = if rounding == Rounding::PerOrder && rounds_sums_only() && random.percent(20) {
        to_cents(amounts.iter().sum::<Decimal>() * random.cents(1, 15))
    } else {
        Decimal::ZERO
    };
    if rounding == Rounding::PerOrder {
        amounts = vec![amounts.iter().sum::<Decimal>() - order_discount];
    }
    // What is rounded is exact in cents before the tax, so one rounding is all there is.
    let rate = if gross { Decimal::from(15) / Decimal::from(115) } else { Decimal::new(15, 2) };
    let tax: Decimal = amounts.iter().map(|amount| to_cents(amount * rate)).sum();
    let sum: Decimal = amounts.iter().sum();
    let total = if gross { sum } else { sum + tax };
    let (tenders, payments) = tenders(random, total);
    let items: Vec<Value> = lines.iter().map(|line| item(random, line)).collect();
    let paid: Decimal = payments.iter().map(|(_, amount)| *amount).filter(|a| *a > Decimal::ZERO).sum();
    let minute = random.between(0, 59);
    let order = json!({
        "OrderID": id,
        "OrderStatus": 103,
        "OrderDate": format!("2026-03-{:02}T{:02}:{minute:02}:00Z", random.between(1, 28), random.between(6, 22)),
        "AmountTotal": number(total - tax),
        "AmountDiscount": number(of_lines + order_discount),
        "TaxPercent": 15.0,
        "Tax": number(tax),
        "GrandTotal": text_or_number(random, total),
        "AmountPaid": paid.to_string(),
        "OrderItems": items,
        "CheckoutDetails": tenders,
    });
    let lines = lines.into_iter().map(|line| (line.code, Decimal::from(line.quantity))).collect();
    let expected = Expected { key: sale(id), total, tax, lines, payments };
    Generated { json: order.to_string(), expected }
}

fn line(random: &mut Random) -> Line {
    let n = random.between(1, 40);
    let price = random.cents(50, 30_000);
    let quantity = random.between(1, 4);
    let discount = if random.percent(25) {
        to_cents(price * Decimal::from(quantity) * random.cents(1, 40))
    } else {
        Decimal::ZERO
    };
    Line { code: format!("B{n:03}"), name: format!("Item {n:02}"), price, quantity, discount }
}

/// The line as sent: the product by name or by reference, figures in any form.
fn item(random: &mut Random, line: &Line) -> Value {
    let mut item = Map::new();
    if random.percent(50) {
        item.insert("ItemName".into(), format!("{} ", line.name).into());
    } else {
        item.insert("ItemCode".into(), line.code.clone().into());
    }
    item.insert("ItemID".into(), 0.into());
    item.insert("Price".into(), text_or_number(random, line.price));
    item.insert("Quantity".into(), text_or_number(random, Decimal::from(line.quantity)));
    item.insert("DiscountAmount".into(), number(line.discount));
    item.into()
}

type Tenders = (Vec<Value>, Vec<(String, Decimal)>);

fn tenders(random: &mut Random, total: Decimal) -> Tenders {
    let tender = |name: &str, amount: Decimal| json!({"CardType": name, "AmountPaid": number(amount)});
    let paid = |name: &str, amount| (name.to_owned(), amount);
    match random.between(1, 4) {
        // Cash over-tendered in whole fives, with change.
        1 => {
            let five = Decimal::from(5);
            let given = (total / five).ceil() * five;
            let mut payments = vec![paid("Cash", given)];
            if given > total {
                payments.push(paid("Cash", total - given));
            }
            (vec![tender("Cash", given)], payments)
        }
        // Part by card, the rest in cash.
        2 if total > Decimal::ONE => {
            let card = to_cents(total * random.cents(10, 90));
            let cash = total - card;
            (vec![tender("Mada", card), tender("Cash", cash)], vec![paid("Mada", card), paid("Cash", cash)])
        }
        _ => {
            let name = *random.pick(&["Card", "Mada", "StcPay"]);
            (vec![tender(name, total)], vec![paid(name, total)])
        }
    }
}

/// The JSON number of these digits.
pub fn number(amount: Decimal) -> Value {
    Value::Number(amount.to_string().parse().expect("a number"))
}

fn text_or_number(random: &mut Random, amount: Decimal) -> Value {
    if random.percent(30) { amount.to_string().into() } else { number(amount) }
}
