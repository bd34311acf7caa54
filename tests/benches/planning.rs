//! How fast `booking::book` plans three-line orders, on one core.
//!
//! ```text
//! cargo bench --bench planning                  # orders a second, by kind of order
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     target/release/deps/planning-… 2000       # instructions: compare two counts
//! ```
//!
//! The shop has 5,000 products, as many lookups as a real one. Orders are of four kinds: net
//! prices, gross prices with and without a price-included twin of their tax, and a discount
//! on the whole order; the last three are planned more than once before they fit.
#![expect(clippy::print_stdout, reason = "its result")]
#![expect(clippy::expect_used, clippy::panic, reason = "its own data; a failure must stop it")]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::DateTime;
use rust_decimal::{Decimal, dec};
use tillbridge::booking::{Rules, book};
use tillbridge::odoo::Series;
use tillbridge::order::format::orderid::{ReadRules, read};
use tillbridge::order::{Order, SourceId};
use tillbridge::shop::{
    AmountType, Catalogue, Currency, MethodKind, PaymentMethod, Product, Share, Shop, Stock, Tax,
    TaxRounding, Tracking,
};

const PRODUCTS: i64 = 5000;
const KINDS: [&str; 4] = ["net", "gross, twin tax", "gross, no twin", "order discount"];

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(20_000);
    let rules = Rules::default();
    for major in [14, 19] {
        let mut all = Duration::ZERO;
        for (kind, name) in KINDS.iter().enumerate() {
            let shop = shop(major, kind != 2);
            let orders: Vec<Order> = (0..count / KINDS.len()).map(|number| order(kind, number)).collect();
            let started = Instant::now();
            for order in &orders {
                let booking = book(order, None, &shop, &rules);
                black_box(&booking).as_ref().unwrap_or_else(|refusal| panic!("{name}: {}", refusal.message));
            }
            let taken = started.elapsed();
            all += taken;
            report(major, name, orders.len(), taken);
        }
        report(major, "all", count, all);
    }
}

fn report(major: u8, name: &str, orders: usize, taken: Duration) {
    let a_second = orders as u128 * 1_000_000 / taken.as_micros().max(1);
    println!("Odoo {major}  {name:<16} {a_second:>8} orders/s");
}

/// Its lines cost 30.00 net, 34.50 with 15 %.
fn order(kind: usize, number: usize) -> Order {
    let code = |line: usize| format!("P{:04}", (number * 3 + line * 7) % 5000);
    let (totals, tax) = match kind {
        0 => (r#""GrandTotal":34.5,"AmountPaid":"34.5""#, r#""Tax":4.5"#),
        1 | 2 => (r#""GrandTotal":30,"AmountPaid":"30""#, r#""Tax":3.91"#),
        _ => (r#""AmountDiscount":3,"GrandTotal":31.05,"AmountPaid":"31.05""#, r#""Tax":4.05"#),
    };
    let paid = ["34.5", "30", "30", "31.05"].get(kind).expect("a kind");
    let raw = format!(
        r#"{{"OrderID":{number},"OrderStatus":103,{totals},{tax},"OrderItems":[
            {{"ItemName":"Item","ItemCode":"{}","Price":12.5,"Quantity":1}},
            {{"ItemName":"Item","ItemCode":"{}","Price":"3.75","Quantity":2}},
            {{"ItemName":"Item","ItemCode":"{}","Price":2.5,"Quantity":4}}],
            "CheckoutDetails":[{{"PaymentMode":2,"CardType":"Mada","AmountPaid":{paid}}}]}}"#,
        code(0),
        code(1),
        code(2),
    );
    let rules = ReadRules::new(SourceId::new("Bench").expect("not empty"), chrono_tz::UTC);
    read(&raw, &rules, DateTime::UNIX_EPOCH).unwrap_or_else(|unread| panic!("{unread:?}"))
}

fn tax(id: i64, price_include: bool) -> Tax {
    let whole = vec![Share { factor: Decimal::ONE, account: Some(1) }];
    Tax {
        id,
        name: format!("15% {id}"),
        amount_type: AmountType::Percent,
        amount: dec!(15),
        price_include,
        include_base_amount: false,
        is_base_affected: true,
        sequence: 1,
        group: 1,
        repartition: whole.clone(),
        refund_repartition: whole,
        for_sale: true,
        active: true,
    }
}

fn shop(major: u8, has_twin: bool) -> Shop {
    let product = |id: i64| Product {
        id,
        name: format!("Item {id}"),
        translations: Vec::new(),
        code: Some(format!("P{:04}", id - 1)),
        barcode: Some(format!("B{id}")),
        taxes: vec![1],
        unavailable: None,
        unit: 1,
        stock: Stock::Moved,
        tracking: Tracking::None,
    };
    let taxes = [Some(tax(1, false)), has_twin.then(|| tax(2, true))];
    Shop {
        id: 1,
        name: "Shop".into(),
        series: Series { major, minor: 0 },
        company: 1,
        currency: Currency { id: 1, code: "SAR".into(), decimals: 2 },
        pricelist: Some(1),
        tax_rounding: TaxRounding::Globally,
        quantity_decimals: 2,
        methods: vec![PaymentMethod {
            id: 1,
            name: "Mada".into(),
            kind: MethodKind::Bank,
            journal: Some("Mada".into()),
            terminal: None,
            lacks_journal: false,
            names_customer: false,
        }],
        taxes: taxes.into_iter().flatten().map(|tax| (tax.id, tax)).collect(),
        fiscal_position: None,
        cash_rounding: None,
        unit_steps: HashMap::new(),
        catalogue: Catalogue::new((1..=PRODUCTS).map(product)),
    }
}
