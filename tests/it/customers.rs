//! Customers: found by each of their marks, created once whatever happens to the answer, and
//! what an order can do with one: be paid on account, be invoiced.

use std::collections::BTreeSet;

use rust_decimal::dec;
use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::odoo::fields::{Many2One, optional};
use tillbridge::odoo::xmlrpc::decimal;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server};
use crate::support::orders::{plain, to_cents};
use crate::support::proxy::{Fate, Proxy};
use crate::support::series::Series;
use crate::support::till;

static DATABASE: Database = Database::new("customers");
static WITH_ADDON: Database = Database::with_addon("customers_addon");
/// For the one test in which the service's user may not create customers at first.
static RIGHTS: Database = Database::with_addon("customers_rights");

/// A sale of 11.50 by this method, to this customer.
pub fn order(id: &str, method: &str, customer: Value) -> String {
    let mut order: Value = serde_json::from_str(&plain(id, "B002", dec!(10), method).json).expect("JSON");
    for (name, value) in customer.as_object().expect("an object") {
        order[name] = value.clone();
    }
    order.to_string()
}

#[derive(Debug, Deserialize)]
struct Order {
    state: String,
    #[serde(deserialize_with = "optional")]
    partner_id: Option<Many2One>,
    #[serde(deserialize_with = "optional")]
    account_move: Option<Many2One>,
}

async fn held(admin: &Admin, shop: &Shop, id: &str) -> Order {
    let domain = json!([["config_id", "=", shop.id], ["pos_reference", "=", format!("Web/-/{id}")]]);
    let fields = ["state", "partner_id", "account_move"];
    let mut rows: Vec<Order> = admin.rows("pos.order", domain, &fields).await;
    assert_eq!(rows.len(), 1, "orders {id}: {rows:?}");
    rows.remove(0)
}

async fn customer_of(admin: &Admin, shop: &Shop, id: &str) -> Option<String> {
    held(admin, shop, id).await.partner_id.map(|partner| partner.name)
}

async fn partners(admin: &Admin, field: &str, value: &str) -> i64 {
    admin.count("res.partner", json!([[field, "=", value]])).await
}

/// The right to create customers, for the service's user.
pub async fn may_create(admin: &Admin) {
    grant(admin, "base", "group_partner_manager").await;
}

async fn grant(admin: &Admin, module: &str, name: &str) {
    #[derive(Deserialize)]
    struct Group {
        res_id: i64,
    }
    #[derive(Deserialize)]
    struct User {
        id: i64,
    }
    let domain = json!([["module", "=", module], ["name", "=", name]]);
    let groups: Vec<Group> = admin.rows("ir.model.data", domain, &["res_id"]).await;
    let users: Vec<User> = admin.rows("res.users", json!([["login", "=", "posapi"]]), &["login"]).await;
    let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    admin.write("res.users", &ids, json!({Series::current().groups(): [[4, groups[0].res_id]]})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn found_by_reference_record_id_email_and_phone_and_never_overwritten() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let eve = json!({"name": "Eve", "ref": "E-1", "email": "eve@example.com", "phone": "(212) 555-0199"});
    let eve = admin.create("res.partner", eve).await;
    let archived = json!({"name": "Old", "ref": "OLD-1", "active": false});
    admin.create("res.partner", archived).await;
    let sales = [
        ("1", json!({"customer_ref": "E-1", "CustomerName": "Someone Else"}), Some("Eve")),
        ("2", json!({"CustomerID": "E-1"}), Some("Eve")),
        ("3", json!({"partner_id": eve}), Some("Eve")),
        ("4", json!({"Email": " EVE@Example.com "}), Some("Eve")),
        ("5", json!({"CustomerContact": "+1 212 555 0199"}), Some("Eve")),
        ("6", json!({"CustomerContact": "2125550199"}), Some("Eve")),
        ("7", json!({"partner_id": eve, "CustomerName": "Zoe", "Email": "zoe@example.com"}), None),
        ("8", json!({"customer_ref": "OLD-1"}), None),
        ("9", json!({"CustomerContact": "+44 212 555 0199"}), None),
        ("10", json!({}), None),
    ];
    let feed =
        Feed::start(sales.iter().map(|(id, customer, _)| order(id, "Card", customer.clone())).collect())
            .await;
    let (code, report) = Bridge::new(&DATABASE).sync(&feed, &shop).pass().await;
    report.assert_counts(10, 0, 0);
    assert_eq!(code, 0);
    for (id, customer, name) in sales {
        assert_eq!(customer_of(&admin, &shop, id).await.as_deref(), name, "{customer}");
    }
    let stranger = report.order("7").message.clone().unwrap_or_default();
    assert!(stranger.is_empty(), "nobody was found, so there is nothing to say: {stranger}");

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        name: String,
        email: String,
        phone: String,
    }
    let rows: Vec<Row> =
        admin.rows("res.partner", json!([["id", "=", eve]]), &["name", "email", "phone"]).await;
    let as_it_was =
        Row { name: "Eve".into(), email: "eve@example.com".into(), phone: "(212) 555-0199".into() };
    assert_eq!(rows, [as_it_was]);
    assert_eq!(partners(&admin, "name", "Zoe").await, 0, "nobody is created unless the sync says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_could_be_several_is_noted_or_refused() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    for name in ["Tom One", "Tom Two"] {
        admin.create("res.partner", json!({"name": name, "email": "tom@example.com"})).await;
    }
    let company = json!({"name": "Twin Cars", "is_company": true, "email": "twin@example.com"});
    let company = admin.create("res.partner", company).await;
    let contact = json!({"name": "Driver", "parent_id": company, "email": "twin@example.com"});
    admin.create("res.partner", contact).await;
    let feed = Feed::start(vec![
        order("21", "Card", json!({"Email": "tom@example.com"})),
        order("22", "Card", json!({"Email": "twin@example.com"})),
        order("23", "Card", json!({"Email": "tom@example.com", "CustomerName": "Tom Two"})),
    ])
    .await;
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "ambiguous_customer = \"refuse\"");
    let (_, report) = bridge.pass().await;
    report.assert_counts(2, 0, 1);
    let refused = report.order("21");
    assert_eq!(refused.code.as_deref(), Some("ambiguous_customer"), "{refused:?}");
    let said = refused.message.as_deref().unwrap_or_default();
    assert!(said.contains("Tom One") && said.contains("Tom Two"), "{refused:?}");
    assert_eq!(customer_of(&admin, &shop, "22").await.as_deref(), Some("Twin Cars"));
    assert_eq!(customer_of(&admin, &shop, "23").await.as_deref(), Some("Tom Two"));

    bridge.change_syncs("ambiguous_customer = \"refuse\"", "ambiguous_customer = \"note\"");
    let (code, report) = bridge.pass().await;
    report.assert_counts(1, 2, 0);
    assert_eq!(code, 0);
    let said = report.order("21").message.clone().unwrap_or_default();
    assert!(said.contains("Booked without a customer") && said.contains("Tom Two"), "{said}");
    assert_eq!(customer_of(&admin, &shop, "21").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_customer_is_created_once_and_found_from_then_on() {
    let shop = RIGHTS.shop(&["Card"]).await;
    let admin = RIGHTS.admin().await;
    grant(&admin, "external_order_sync", "group_sidecar").await;
    let nina = json!({"CustomerID": "501", "CustomerName": "Nina New", "Email": "nina@example.com",
        "CustomerContact": "+1 212 555 0501"});
    let feed = Feed::start(vec![
        order("31", "Card", nina.clone()),
        order("32", "Card", nina.clone()),
        order("33", "Card", json!({"CustomerContact": "+1 212 555 0502"})),
        order("34", "Card", json!({"CustomerName": "Walk-in"})),
    ])
    .await;
    let bridge = Bridge::new(&RIGHTS).sync_with("Web", &feed, &shop, "customers = \"create\"");

    // Without the right: booked all the same, and it says which right.
    let (_, report) = bridge.pass().await;
    report.assert_counts(4, 0, 0);
    let said = report.order("31").message.clone().unwrap_or_default();
    assert!(said.contains("may not create customers") && said.contains("group_partner_manager"), "{said}");
    assert_eq!(partners(&admin, "ref", "501").await, 0);

    may_create(&admin).await;
    feed.show(vec![
        order("41", "Card", nina.clone()),
        order("42", "Card", nina),
        order("43", "Card", json!({"CustomerContact": "212-555-0502"})),
    ]);
    let (_, report) = bridge.pass().await;
    report.assert_counts(3, 0, 0);
    for id in ["41", "42"] {
        assert_eq!(customer_of(&admin, &shop, id).await.as_deref(), Some("Nina New"));
    }
    assert_eq!(customer_of(&admin, &shop, "43").await.as_deref(), Some("212-555-0502"));
    assert_eq!(
        (partners(&admin, "ref", "501").await, partners(&admin, "email", "nina@example.com").await),
        (1, 1)
    );
    let key = json!([["external_customer_key", "in", ["v1:Web/id/501", "v1:Web/phone/12125550502"]]]);
    assert_eq!(admin.count("res.partner", key).await, 2);
}

/// The answer is lost, and so is the one of the second try: one partner at the end, however
/// it is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_creation_got_no_answer_is_looked_up() {
    let shop = WITH_ADDON.shop(&["Card"]).await;
    let admin = WITH_ADDON.admin().await;
    grant(&admin, "external_order_sync", "group_sidecar").await;
    may_create(&admin).await;
    let names: BTreeSet<String> = (1..=5).map(|n| format!("Lost {n}")).collect();
    let feed = Feed::start(
        (1..=5)
            .map(|n| {
                let customer = json!({"CustomerID": format!("L{n}"), "CustomerName": format!("Lost {n}")});
                order(&format!("5{n}"), "Card", customer)
            })
            .collect(),
    )
    .await;
    let proxy = Proxy::watching("res.partner", "create").await;
    let mut bridge = Bridge::new(&WITH_ADDON).sync_with("Web", &feed, &shop, "customers = \"create\"");
    bridge.change_odoo(&server().url, &proxy.url());
    proxy.fates([Fate::LoseAnswer]);
    let (code, report) = bridge.pass().await;
    report.assert_counts(5, 0, 0);
    assert_eq!((code, proxy.seen()), (0, 1), "nothing is sent again");
    let mut found = BTreeSet::new();
    for n in 1..=5 {
        found.extend(customer_of(&admin, &shop, &format!("5{n}")).await);
        assert_eq!(partners(&admin, "ref", &format!("L{n}")).await, 1);
    }
    assert_eq!(found, names);
}

/// A request that never arrived is sent again; the key is unique, so that this is safe.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_creation_never_arrived_is_created_then() {
    let shop = WITH_ADDON.shop(&["Card"]).await;
    let admin = WITH_ADDON.admin().await;
    grant(&admin, "external_order_sync", "group_sidecar").await;
    may_create(&admin).await;
    let customer = json!({"CustomerID": "N1", "CustomerName": "Never Arrived"});
    let feed = Feed::start(vec![order("61", "Card", customer)]).await;
    let proxy = Proxy::watching("res.partner", "create").await;
    let mut bridge = Bridge::new(&WITH_ADDON).sync_with("Web", &feed, &shop, "customers = \"create\"");
    bridge.change_odoo(&server().url, &proxy.url());
    proxy.fates([Fate::LoseRequest]);
    let (_, report) = bridge.pass().await;
    report.assert_counts(1, 0, 0);
    assert_eq!(proxy.seen(), 2);
    assert_eq!(customer_of(&admin, &shop, "61").await.as_deref(), Some("Never Arrived"));
    assert_eq!(partners(&admin, "ref", "N1").await, 1);
}

/// Without the addon nothing keeps a second one away but waiting.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_addon_a_customer_in_doubt_waits_and_is_looked_up() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    may_create(&admin).await;
    let customer = json!({"CustomerID": "W1", "CustomerName": "Waits"});
    let feed = Feed::start(vec![order("71", "Card", customer)]).await;
    let proxy = Proxy::watching("res.partner", "create").await;
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "customers = \"create\"");
    bridge.change_odoo(&server().url, &proxy.url());
    bridge.change_odoo("unknown_settle = \"5s\"", "unknown_settle = \"1s\"");
    proxy.fates([Fate::LoseRequest]);
    let (_, report) = bridge.pass().await;
    let order = report.order("71");
    assert_eq!((order.state.as_str(), order.code.as_deref()), ("retrying", Some("outcome_unknown")));
    crate::support::until(std::time::Duration::from_secs(60), async || {
        let (_, report) = bridge.pass().await;
        report.booked == 1
    })
    .await;
    assert_eq!(customer_of(&admin, &shop, "71").await.as_deref(), Some("Waits"));
    assert_eq!(partners(&admin, "ref", "W1").await, 1);
}

/// Odoo 19 takes an order whose customer is gone, and leaves the customer out without a word; 14
/// lets nobody delete a contact while a session is open.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_a_customer_who_is_deleted_on_the_way_is_missed() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let gone = admin.create("res.partner", json!({"name": "Soon Gone", "ref": "G-1"})).await;
    let feed = Feed::start(vec![order("75", "Card", json!({"customer_ref": "G-1"}))]).await;
    let proxy = Proxy::start().await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    let delete = admin.act("res.partner", "unlink", json!([[gone]]));
    let (_, report) = proxy.while_held(bridge.pass(), delete).await;
    report.assert_counts(1, 0, 0);
    let said = report.order("75").message.clone().unwrap_or_default();
    assert!(said.contains("without its customer"), "{said}");
}

/// 14 has no methods that are paid later.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_paid_on_account_and_in_part_and_the_session_closes_clean() {
    let shop = DATABASE.shop(&["Card", "Customer Account"]).await;
    let admin = DATABASE.admin().await;
    let ann = json!({"name": "Ann Account", "ref": "A-1"});
    admin.create("res.partner", ann).await;
    let who = |more: Value| {
        let mut customer = json!({"customer_ref": "A-1"});
        for (name, value) in more.as_object().expect("an object") {
            customer[name] = value.clone();
        }
        customer
    };
    let part = json!({"BalanceAmount": 7.5, "AmountPaid": 4,
        "CheckoutDetails": [{"CardType": "Card", "AmountPaid": 4}]});
    let nobody = part.clone();
    let feed = Feed::start(vec![
        order("81", "Customer Account", who(json!({}))),
        order("82", "Customer Account", json!({})),
        order("83", "Card", who(part)),
        order("84", "Card", nobody),
    ])
    .await;
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "part_paid = \"wait\"");
    let (_, report) = bridge.pass().await;
    report.assert_counts(1, 0, 1);
    assert_eq!(report.waiting, 2);
    assert_eq!(report.order("82").code.as_deref(), Some("customer_needed"));

    bridge.change_syncs("part_paid = \"wait\"", "part_paid = \"pay_later\"");
    let (_, report) = bridge.pass().await;
    assert_eq!((report.booked, report.refused), (1, 2), "{report:#?}");
    assert_eq!(report.order("84").code.as_deref(), Some("customer_needed"));
    assert_eq!(customer_of(&admin, &shop, "83").await.as_deref(), Some("Ann Account"));
    let on_account = json!([
        ["pos_order_id.config_id", "=", shop.id],
        ["payment_method_id", "=", shop.methods["Customer Account"]],
        ["amount", "in", [11.5, 7.5]],
    ]);
    assert_eq!(admin.count("pos.payment", on_account).await, 2);
    closes_clean(&admin, &shop).await;
}

async fn closes_clean(admin: &Admin, shop: &Shop) {
    #[derive(Deserialize)]
    struct Session {
        id: i64,
    }
    let sessions: Vec<Session> = admin
        .rows("pos.session", json!([["config_id", "=", shop.id], ["state", "=", "opened"]]), &["state"])
        .await;
    assert_eq!(sessions.len(), 1);
    till::close_session(admin, sessions[0].id, None).await;
    let differences: Vec<Value> = till::difference_entries(admin, sessions[0].id).await;
    assert!(differences.is_empty(), "{differences:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invoiced_on_request_credited_when_refunded_and_never_twice() {
    #[derive(Debug, Deserialize)]
    struct Move {
        state: String,
        move_type: String,
        #[serde(with = "decimal")]
        amount_total: rust_decimal::Decimal,
        partner_id: Many2One,
    }
    let shop = WITH_ADDON.shop(&["Card"]).await;
    let admin = WITH_ADDON.admin().await;
    grant(&admin, "external_order_sync", "group_sidecar").await;
    let ivy = json!({"name": "Ivy Invoice", "ref": "I-1", "vat": "US1234567"});
    admin.create("res.partner", ivy).await;
    let taxed = json!({"customer_ref": "I-1", "CustomerVAT": "us 1234567"});
    let with = |name: &str, value: Value| {
        let mut customer = taxed.clone();
        customer[name] = value;
        customer
    };
    let sale = order("91", "Card", taxed.clone());
    let feed = Feed::start(vec![
        sale.clone(),
        order("92", "Card", json!({"customer_ref": "I-1"})),
        order("93", "Card", with("InvoiceNo", "F-93".into())),
        order("94", "Card", with("CustomerVAT", "US7654321".into())),
        order("95", "Card", json!({"CustomerVAT": "US7654321"})),
    ])
    .await;
    let bridge = Bridge::new(&WITH_ADDON).sync_with("Web", &feed, &shop, "invoicing = \"tax_id\"");
    let (_, report) = bridge.pass().await;
    report.assert_counts(3, 0, 2);
    let refused = report.order("94");
    let said = refused.message.as_deref().unwrap_or_default();
    assert_eq!(refused.code.as_deref(), Some("cannot_invoice"), "{refused:?}");
    assert!(said.contains("US7654321") && said.contains("US1234567"), "{refused:?}");
    assert_eq!(report.order("95").code.as_deref(), Some("cannot_invoice"));
    assert_eq!(report.order("91").message, None, "the invoice was read back");
    for id in ["92", "93"] {
        let order = held(&admin, &shop, id).await;
        assert!(order.account_move.is_none() && order.state == "paid", "{order:?}");
    }
    let invoice = async |reference: &str| {
        let domain = json!([["pos_order_ids.pos_reference", "=", reference]]);
        let fields = ["state", "move_type", "amount_total", "partner_id"];
        let mut rows: Vec<Move> = admin.rows("account.move", domain, &fields).await;
        assert_eq!(rows.len(), 1, "documents of {reference}: {rows:?}");
        rows.remove(0)
    };
    let issued = invoice("Web/-/91").await;
    assert_eq!((issued.state.as_str(), issued.move_type.as_str()), ("posted", "out_invoice"));
    assert_eq!(
        (to_cents(issued.amount_total), issued.partner_id.name.as_str()),
        (dec!(11.50), "Ivy Invoice")
    );
    let invoiced = if Series::current() == Series::Odoo14 { "invoiced" } else { "done" };
    assert_eq!(held(&admin, &shop, "91").await.state, invoiced);

    // The refund names nobody: it is for the customer of the invoice.
    let mut refund: Value = serde_json::from_str(&sale).expect("JSON");
    refund["OrderStatus"] = 106.into();
    refund.as_object_mut().expect("an object").remove("customer_ref");
    feed.show(vec![sale, refund.to_string()]);
    let (_, report) = bridge.pass().await;
    assert_eq!(report.booked, 1, "{report:#?}");
    let credit = invoice("Web/-/91/R").await;
    assert_eq!((credit.state.as_str(), credit.move_type.as_str()), ("posted", "out_refund"));
    assert_eq!(to_cents(credit.amount_total), dec!(11.50));
    closes_clean(&admin, &shop).await;
}
