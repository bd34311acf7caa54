//! The examples of the order format, booked with the figures stated there.

use rust_decimal::Decimal;
use rust_decimal::dec;
use tillbridge::order::{Document, OrderKey};

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::oracle;
use crate::support::orders::{Expected, sale};
use crate::support::series::Series;

static DATABASE: Database = Database::new("examples");

fn example(name: &str) -> String {
    let path = format!("{}/tests/fixtures/orders/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn expected(
    key: OrderKey,
    total: Decimal,
    tax: Decimal,
    lines: &[(&str, Decimal)],
    payments: &[(&str, Decimal)],
) -> Expected {
    let owned = |pairs: &[(&str, Decimal)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    Expected { key, total, tax, lines: owned(lines), payments: owned(payments) }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_booked_with_its_stated_figures() {
    let shop = DATABASE.shop(&["Cash", "Card", "Mada", "StcPay"]).await;
    let single =
        ["plain", "thousands_two_tenders", "order_discount", "cash_change", "refund_positive", "loose_types"];
    let feed = Feed::start(single.map(example).to_vec()).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(6, 0, 0);
    assert_eq!((code, report.fetched), (0, 6), "{report:#?}");
    for order in &report.orders {
        let name = order.pos_order.as_deref().unwrap_or_default();
        // Odoo 14 numbers orders by itself; there the receipt number alone shows the id.
        let shown = match Series::current() {
            Series::Odoo14 => shop.name.as_str(),
            Series::Odoo19 => order.id.as_str(),
        };
        assert!(name.contains(shown), "Odoo's name shows {shown}: {order:?}");
    }

    let refund = OrderKey { document: Document::Refund(None), ..sale("70211") };
    let all = [
        expected(sale("70211"), dec!(138.00), dec!(18.00), &[("90001", dec!(1))], &[("Cash", dec!(138.00))]),
        expected(
            sale("70212"),
            dec!(1610.00),
            dec!(210.00),
            &[("90201", dec!(2)), ("90007", dec!(1))],
            &[("Mada", dec!(1000.00)), ("Cash", dec!(610.00))],
        ),
        expected(
            sale("70213"),
            dec!(87.98),
            dec!(11.48),
            &[("90101", dec!(1)), ("90102", dec!(2))],
            &[("StcPay", dec!(87.98))],
        ),
        expected(
            sale("70216"),
            dec!(46.00),
            dec!(6.00),
            &[("90101", dec!(1))],
            &[("Cash", dec!(50.00)), ("Cash", dec!(-4.00))],
        ),
        expected(refund, dec!(-138.00), dec!(-18.00), &[("90001", dec!(-1))], &[("Cash", dec!(-138.00))]),
        expected(
            sale("5000000123"),
            dec!(2876.15),
            dec!(375.15),
            &[("90512", dec!(2))],
            &[("Card", dec!(2876.15))],
        ),
    ];
    let admin = DATABASE.admin().await;
    oracle::check(&admin, &shop, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_wrapper_one_waits_and_one_is_booked_once() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(Vec::new()).await;
    feed.answer_with(200, "application/json", example("wrapper"));
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!((code, report.fetched, report.waiting), (0, 3, 1), "{report:#?}");
    assert_eq!(report.order("70220").code.as_deref(), Some("not_completed"));

    let booked =
        expected(sale("70221"), dec!(40.00), dec!(5.22), &[("90101", dec!(1))], &[("Cash", dec!(40.00))]);
    let admin = DATABASE.admin().await;
    oracle::check(&admin, &shop, std::slice::from_ref(&booked)).await;

    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 1, 0);
    assert_eq!((code, report.waiting), (0, 1), "{report:#?}");
    oracle::check(&admin, &shop, &[booked]).await;
}
