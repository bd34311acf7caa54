//! Charges, tips, rounding, discounts and refunds of an amount in a real Odoo: booked as
//! stated, computed the same by Odoo, and the session then closes with nothing to explain.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;
use tillbridge::odoo::xmlrpc::decimal;
use tillbridge::order::{Document, OrderKey};

use crate::support::binary::Bridge;
use crate::support::closing::close;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database};
use crate::support::oracle;
use crate::support::orders::{Expected, number, sale, to_cents};
use crate::support::series::Series;

static GLOBALLY: Database = Database::new("amounts_globally");
static PER_LINE: Database = Database::new("amounts_per_line");
static COINS: Database = Database::new("amounts_coins");

/// An order as the source sends it.
struct Sent {
    json: Value,
}

/// An order of these lines (code, price, quantity), paid by card.
fn sent(id: &str, lines: &[(&str, Decimal, Decimal)], grand: Decimal) -> Sent {
    let items: Vec<Value> = lines
        .iter()
        .map(|(code, price, quantity)| json!({"ItemCode": code, "Price": number(*price), "Quantity": number(*quantity)}))
        .collect();
    let json = json!({
        "OrderID": id, "OrderStatus": 103, "OrderDate": "2026-03-01T10:00:00Z", "GrandTotal": number(grand),
        "OrderItems": items, "CheckoutDetails": [{"CardType": "Card", "AmountPaid": number(grand)}],
    });
    Sent { json }
}

impl Sent {
    /// With this field of the order.
    fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.json[field] = value.into();
        self
    }

    /// Paid so instead.
    fn paid(self, tenders: Value) -> Self {
        self.with("CheckoutDetails", tenders)
    }

    fn text(&self) -> String {
        self.json.to_string()
    }
}

fn booked(
    id: &str,
    (total, tax): (Decimal, Decimal),
    lines: &[(&str, Decimal)],
    payments: &[(&str, Decimal)],
) -> Expected {
    let owned = |pairs: &[(&str, Decimal)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    Expected { key: sale(id), total, tax, lines: owned(lines), payments: owned(payments) }
}

const ONE: Decimal = Decimal::ONE;

/// Every order here with what must come of it, in a company that rounds per order.
fn orders() -> Vec<(Sent, Expected)> {
    let hundred = [("90101", dec!(40), ONE), ("B002", dec!(60), ONE)];
    let goods = [("90101", ONE), ("B002", ONE)];
    let lines = |more: &[(&'static str, Decimal)]| [&goods[..], more].concat();
    let card = |amount| [("Card", amount)];
    vec![
        // A service charge with tax on top, and one with the tax in it.
        (
            sent("1", &hundred, dec!(126.50)).with("ServiceCharges", 10).with("Tax", 16.5),
            booked("1", (dec!(126.50), dec!(16.50)), &lines(&[("EXT-CHARGE", ONE)]), &card(dec!(126.50))),
        ),
        (
            sent("2", &hundred, dec!(125)).with("ServiceCharges", 10).with("Tax", 15),
            booked("2", (dec!(125), dec!(15)), &lines(&[("EXT-CHARGE", ONE)]), &card(dec!(125))),
        ),
        // A tip on top of total and tender, in cash with change.
        (
            sent("3", &hundred, dec!(115))
                .paid(json!([{"CardType": "Cash", "AmountPaid": 150, "AmountTip": 5}])),
            booked(
                "3",
                (dec!(120), dec!(15)),
                &lines(&[("EXT-TIP", ONE)]),
                &[("Cash", dec!(150)), ("Cash", dec!(-30))],
            ),
        ),
        (
            sent("4", &hundred, dec!(115))
                .paid(json!([{"CardType": "Card", "AmountPaid": 115, "AmountTip": 5}])),
            booked("4", (dec!(120), dec!(15)), &lines(&[("EXT-TIP", ONE)]), &card(dec!(120))),
        ),
        // Two cents of the producer's own rounding.
        (
            sent("5", &hundred, dec!(115.02)),
            booked("5", (dec!(115.02), dec!(15)), &lines(&[("EXT-ROUNDING", ONE)]), &card(dec!(115.02))),
        ),
        (
            sent("6", &hundred, dec!(114.99)),
            booked("6", (dec!(114.99), dec!(15)), &lines(&[("EXT-ROUNDING", ONE)]), &card(dec!(114.99))),
        ),
        // A quantity that Odoo would round.
        (
            sent("7", &[("B002", dec!(30), dec!(0.333))], dec!(11.49)),
            booked("7", (dec!(11.49), dec!(1.50)), &[("B002", dec!(0.33))], &card(dec!(11.49))),
        ),
        // An exchange: 115.00 for one thing, 46.00 back for another.
        (
            sent("8", &[("B002", dec!(100), ONE), ("90101", dec!(40), -ONE)], dec!(69)),
            booked("8", (dec!(69), dec!(9)), &[("B002", ONE), ("90101", -ONE)], &card(dec!(69))),
        ),
        // The same with a discount on what is sold.
        (
            sent("9", &[("B002", dec!(100), ONE), ("90101", dec!(40), -ONE)], dec!(57.50))
                .with("AmountDiscount", 10),
            booked("9", (dec!(57.50), dec!(7.50)), &[("B002", ONE), ("90101", -ONE)], &card(dec!(57.50))),
        ),
        // For nothing, without a tender.
        (
            sent("10", &[("B002", dec!(10), ONE)], dec!(0)).with("AmountDiscount", 10).paid(json!([])),
            booked("10", (dec!(0), dec!(0)), &[("B002", ONE)], &[]),
        ),
        // A gift card sold, mapped onto a product of its own.
        (
            Sent { json: sent("11", &[("GC-50", dec!(50), ONE)], dec!(50)).with("Tax", 0).json },
            booked("11", (dec!(50), dec!(0)), &[("EXT-GIFT", ONE)], &card(dec!(50))),
        ),
        // 5 % at the source, 15 % on the product: mapped.
        (
            sent("12", &hundred, dec!(105)).with("Tax", 5).with("TaxPercent", 5),
            booked("12", (dec!(105), dec!(5)), &goods, &card(dec!(105))),
        ),
    ]
}

const SETTINGS: &str = "tax_policy = \"map\"\n[[sync.product]]\ncode = \"gc-50\"\nproduct = \"EXT-GIFT\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn charges_tips_cents_and_exchanges_are_booked_as_stated_and_close_clean() {
    let admin = GLOBALLY.admin().await;
    let shop = GLOBALLY.shop(&["Cash", "Card"]).await;
    let orders = orders();
    let feed = Feed::start(orders.iter().map(|(sent, _)| sent.text()).collect()).await;
    let bridge = Bridge::new(&GLOBALLY).sync_with("Web", &feed, &shop, SETTINGS);

    // Without the special products, what needs one says so; the rest is booked.
    let (code, report) = bridge.pass().await;
    assert_eq!(code, 3);
    let missing: Vec<_> = report
        .orders
        .iter()
        .filter(|order| order.code.as_deref() == Some("missing_product"))
        .map(|order| order.id.as_str())
        .collect();
    assert_eq!(missing, ["1", "2", "3", "4", "5", "6"], "{report:#?}");
    let first = report.order("1");
    assert!(first.message.as_deref().is_some_and(|text| text.contains("EXT-CHARGE")), "{first:?}");

    GLOBALLY.special_products().await;
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.refused), (0, 0), "{report:#?}");
    let mut expected: Vec<Expected> = orders.into_iter().map(|(_, expected)| expected).collect();

    // Part of the first sale is given back as an amount, then more than is left of it.
    feed.show(vec![
        refund("1", "A", dec!(23)).text(),
        refund("1", "B", dec!(110)).text(),
        refund("12", "A", dec!(10.50)).text(),
    ]);
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.booked, report.refused), (3, 2, 1), "{report:#?}");
    let over = report.orders.iter().find(|order| order.state == "refused").expect("one");
    assert_eq!(over.code.as_deref(), Some("over_refund"), "{over:?}");
    assert!(
        over.message.as_deref().is_some_and(|text| text.contains("110.00") && text.contains("103.50")),
        "{over:?}"
    );
    for (id, total, tax) in [("1", dec!(-23), dec!(-3)), ("12", dec!(-10.50), dec!(-0.50))] {
        let key = OrderKey { document: Document::Refund(Some("A".into())), ..sale(id) };
        let one = booked(id, (total, tax), &[("EXT-REFUND", -ONE)], &[("Card", total)]);
        expected.push(Expected { key, ..one });
    }
    oracle::check(&admin, &shop, &expected).await;
    tips_are_shown(&admin, shop.id).await;
    assert_eq!(close(&admin, shop.id, dec!(120)).await, [], "difference entries");
}

/// An amount given back for a sale, with no line that says for what.
fn refund(id: &str, own_id: &str, amount: Decimal) -> Sent {
    let refund = sent(id, &[], amount).with("OrderStatus", 106).with("RefundID", own_id);
    Sent { json: refund.json }
}

async fn tips_are_shown(admin: &Admin, shop: i64) {
    #[derive(Deserialize)]
    struct Row {
        pos_reference: String,
        #[serde(with = "decimal")]
        tip_amount: Decimal,
    }
    let tipped = json!([["config_id", "=", shop], ["is_tipped", "=", true]]);
    let rows: Vec<Row> = admin.rows("pos.order", tipped, &["pos_reference", "tip_amount"]).await;
    let mut tips: Vec<_> =
        rows.iter().map(|row| (row.pos_reference.as_str(), to_cents(row.tip_amount))).collect();
    tips.sort_unstable();
    assert_eq!(tips, [("Web/-/3", dec!(5)), ("Web/-/4", dec!(5))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn discount_lines_and_gross_prices_without_a_twin_close_clean_when_rounded_per_line() {
    let admin = PER_LINE.admin().await;
    admin.write("res.company", &[1], json!({"tax_calculation_rounding_method": "round_per_line"})).await;
    PER_LINE.special_products().await;
    // The products' tax loses its twin that is contained in prices.
    admin.write("account.tax", &[PER_LINE.seed().taxes["15% incl"]], json!({"active": false})).await;
    let shop = PER_LINE.shop(&["Cash", "Card"]).await;
    let mut orders: Vec<Sent> = (0..40_u32)
        .map(|n| {
            let price = Decimal::new(999 + 37 * i64::from(n), 2);
            sent(&format!("g{n}"), &[("B002", price, dec!(3)), ("90101", price, ONE)], price * dec!(4))
        })
        .collect();
    // Half a cent of tax that two lines lose: 87.98 needs a cent of rounding.
    let half = [("90101", dec!(40), ONE), ("90102", dec!(22.5), dec!(2))];
    orders.push(sent("d1", &half, dec!(87.98)).with("AmountDiscount", 8.5).with("Tax", 11.48));
    // Two combinations of taxes, a discount line for each.
    let mixed = [("90101", dec!(100), ONE), ("A007", dec!(100), ONE)];
    orders.push(sent("d2", &mixed, dec!(193.50)).with("AmountDiscount", 20).with("Tax", 13.5));
    let feed = Feed::start(orders.iter().map(Sent::text).collect()).await;
    let bridge = Bridge::new(&PER_LINE).sync_with("Web", &feed, &shop, "order_discount = \"lines\"\n");
    let (code, report) = bridge.pass().await;
    report.assert_counts(42, 0, 0);
    assert_eq!(code, 0);

    #[derive(Deserialize)]
    struct Line {
        order_id: Many2One,
        #[serde(with = "decimal")]
        price_subtotal_incl: Decimal,
    }
    let of_product = async |code: &str| -> Vec<Line> {
        let domain = json!([["order_id.config_id", "=", shop.id], ["product_id.default_code", "=", code]]);
        admin.rows("pos.order.line", domain, &["order_id", "price_subtotal_incl"]).await
    };
    let rounded = of_product("EXT-ROUNDING").await;
    assert!(rounded.len() > 3, "some gross prices end in a rounding line: {}", rounded.len());
    assert!(rounded.iter().all(|line| line.price_subtotal_incl.abs() < dec!(0.03)));
    let discounts = of_product("EXT-DISCOUNT").await;
    assert_eq!(discounts.len(), 3, "one, and one per combination of taxes");
    let orders: std::collections::BTreeSet<i64> = discounts.iter().map(|line| line.order_id.id).collect();
    assert_eq!(orders.len(), 2);
    assert_eq!(close(&admin, shop.id, dec!(0)).await, [], "difference entries");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_rounds_for_cash_is_paid_in_coins_and_closes_clean() {
    let admin = COINS.admin().await;
    #[derive(Deserialize)]
    struct Account {
        id: i64,
    }
    let kinds = json!([["internal_group", "in", ["income", "expense"]]]);
    let accounts: Vec<Account> = admin.rows("account.account", kinds, &["code"]).await;
    let account = accounts.first().expect("a chart of accounts").id;
    let rounding = json!({
        "name": "Coins of 0.05", "rounding": 0.05, "rounding_method": "HALF-UP", "strategy": "add_invoice_line",
        "profit_account_id": account, "loss_account_id": account,
    });
    let rounding = admin.create("account.cash.rounding", rounding).await;
    if Series::current() == Series::Odoo14 {
        let billing = crate::addon::group(&admin, "account.group_account_invoice").await;
        let users = crate::addon::user_ids(&admin, &["posapi"]).await;
        let groups = Series::current().groups();
        admin.write("res.users", &users, json!({groups: [[4, billing]]})).await;
    }
    let shop = COINS.shop(&["Cash", "Card"]).await;
    let values = json!({"cash_rounding": true, "rounding_method": rounding, "only_round_cash_method": true});
    admin.write("pos.config", &[shop.id], values).await;

    let stamp = [("A007", dec!(13.21), ONE)];
    let cash = |amount: Decimal| json!([{"CardType": "Cash", "AmountPaid": number(amount)}]);
    let orders = [
        sent("1", &stamp, dec!(13.21)).paid(cash(dec!(13.20))),
        sent("2", &stamp, dec!(13.21)).paid(cash(dec!(20))),
        sent("3", &stamp, dec!(13.21)),
        sent("4", &stamp, dec!(13.21))
            .paid(json!([{"CardType": "Card", "AmountPaid": 10}, {"CardType": "Cash", "AmountPaid": 3.2}])),
        sent("5", &stamp, dec!(13.21)).paid(cash(dec!(13.15))),
        sent("6", &stamp, dec!(13.21)).with("OrderStatus", 106).with("RefundID", "R").paid(cash(dec!(13.20))),
    ];
    let feed = Feed::start(orders.iter().map(Sent::text).collect()).await;
    let bridge = Bridge::new(&COINS).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    // 14 rounds whatever is paid, by card too: 13.21 would never be paid in full there.
    let by_card = u64::from(Series::current() != Series::Odoo14);
    report.assert_counts(4 + by_card, 0, 2 - by_card);
    assert_eq!((code, report.order("5").code.as_deref()), (3, Some("payment_mismatch")));
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.already_booked), (3, 4 + by_card), "{report:#?}");

    #[derive(Deserialize)]
    struct Order {
        #[serde(with = "decimal")]
        amount_total: Decimal,
        #[serde(with = "decimal")]
        amount_paid: Decimal,
        state: String,
    }
    let fields = ["amount_total", "amount_paid", "state"];
    let held: Vec<Order> = admin.rows("pos.order", json!([["config_id", "=", shop.id]]), &fields).await;
    let mut figures: Vec<_> = held
        .iter()
        .map(|order| (to_cents(order.amount_total), to_cents(order.amount_paid), order.state.as_str()))
        .collect();
    figures.sort_unstable();
    let coins = (dec!(13.21), dec!(13.20), "paid");
    let mut expected = vec![(dec!(-13.21), dec!(-13.20), "paid"), coins, coins, coins];
    expected.extend((by_card == 1).then_some((dec!(13.21), dec!(13.21), "paid")));
    assert_eq!(figures, expected);
    // 13.20 + 13.20 + 3.20 − 13.20 in the drawer; Odoo itself explains the two cents.
    let differences = close(&admin, shop.id, dec!(16.40)).await;
    assert_eq!(differences, [("Rounding line".to_owned(), dec!(0.02))]);
}
