//! Every problem that `tillbridge doctor` reports, produced on purpose; following the printed
//! fix turns it ok.

use std::os::unix::fs::PermissionsExt as _;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::series::Series;
use crate::support::till;

static DATABASE: Database = Database::new("doctor");
/// For what concerns all shops of a database.
static CATALOGUE: Database = Database::new("doctor_catalogue");

const PLAIN: &str = include_str!("../fixtures/orders/plain.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    sync: Option<String>,
    check: String,
    status: String,
    message: String,
    fix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    checks: Vec<Check>,
}

/// What doctor said and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    checks: Vec<Check>,
}

impl Said {
    /// The only finding of this check about the sync `Web`, or about no sync.
    #[track_caller]
    fn of(&self, sync: Option<&str>, check: &str) -> &Check {
        let found: Vec<_> =
            self.checks.iter().filter(|c| c.check == check && c.sync.as_deref() == sync).collect();
        match found.as_slice() {
            [one] => one,
            _ => panic!("{} findings {check} in {self:#?}", found.len()),
        }
    }

    /// Fails unless the check came out so, with these words in message and fix.
    #[track_caller]
    fn expect(&self, sync: Option<&str>, check: &str, status: &str, message: &str, fix: &str) {
        let found = self.of(sync, check);
        assert_eq!(found.status, status, "{found:#?}");
        assert!(found.message.contains(message), "{found:#?}");
        assert!(found.fix.as_deref().is_some_and(|text| text.contains(fix)), "{found:#?}");
        let code = match status {
            "warning" => 0,
            _ => 2,
        };
        assert_eq!(self.code, Some(code), "{self:#?}");
    }

    #[track_caller]
    fn expect_ok(&self, sync: Option<&str>, check: &str) {
        let found = self.of(sync, check);
        assert_eq!((found.status.as_str(), &found.fix), ("ok", &None), "{found:#?}");
        assert_eq!(self.code, Some(0), "{self:#?}");
    }
}

const WEB: Option<&str> = Some("Web");

async fn doctor(bridge: &Bridge) -> Said {
    let ended = bridge.run(&["doctor", "--output", "json"]).await;
    let checks: Checks = ended.json();
    Said { code: ended.code, checks: checks.checks }
}

/// The database has the products for what is no item.
async fn specials() {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| DATABASE.special_products()).await;
}

async fn feed() -> Feed {
    Feed::start(vec![PLAIN.to_owned()]).await
}

async fn set(admin: &Admin, shop: &Shop, values: serde_json::Value) {
    admin.write("pos.config", &[shop.id], values).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_order_everything_is_ok_and_nothing_is_changed() {
    specials().await;
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash", "Card"]).await);
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    std::fs::set_permissions(bridge.config(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = doctor(&bridge).await;
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.checks.iter().all(|check| check.status == "ok" && check.fix.is_none()), "{said:#?}");
    assert!(said.of(WEB, "source").message.contains("Orders on its first page: 1."), "{said:#?}");

    let text = bridge.run(&["doctor"]).await;
    assert!(text.stdout.contains("✓ ok      login"), "{text:?}");
    assert!(text.stdout.ends_with("0 warnings, 0 problems\n"), "{text:?}");
    let admin = DATABASE.admin().await;
    assert_eq!(admin.count("pos.session", json!([["config_id", "=", shop.id]])).await, 0);
    assert!(bridge.run(&["orders"]).await.stderr.contains("No orders."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_others_can_read() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    std::fs::set_permissions(bridge.config(), std::fs::Permissions::from_mode(0o644)).unwrap();
    doctor(&bridge).await.expect(
        None,
        "config",
        "warning",
        "other users of this machine can read it",
        "chmod 600",
    );
    std::fs::set_permissions(bridge.config(), std::fs::Permissions::from_mode(0o600)).unwrap();
    doctor(&bridge).await.expect_ok(None, "config");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo("unknown_settle = \"5s\"\n", "[store]\npath = \"tillbridge.toml/store\"\n");
    doctor(&bridge).await.expect(None, "store", "problem", "is a file, not a folder", "");
    bridge.change_odoo("tillbridge.toml/store", "store");
    doctor(&bridge).await.expect_ok(None, "store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_accepted() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let database = format!("database = \"{}\"", DATABASE.name());
    let url = format!("url = \"{}\"", crate::support::odoo::server().url);
    for (right, wrong, message, fix) in [
        ("username = \"posapi\"", "username = \"possum\"", "does not accept the login", "Check username"),
        (database.as_str(), "database = \"no_such\"", "has no database \"no_such\"", "Set database"),
        (url.as_str(), "url = \"http://odoo.example.com\"", "plain http to odoo.example.com", "Use https"),
        (url.as_str(), "url = \"ftp://127.0.0.1\"", "starts with \"ftp:\"", "Set url to an address"),
        (
            url.as_str(),
            &format!("url = \"{}\"", feed.url()),
            "does not answer as an Odoo",
            "Set url to where",
        ),
    ] {
        bridge.change_odoo(right, wrong);
        let said = doctor(&bridge).await;
        said.expect(None, "login", "problem", message, fix);
        // The source does not depend on Odoo.
        assert_eq!(said.of(WEB, "source").status, "ok", "{said:#?}");
        bridge.change_odoo(wrong, right);
        doctor(&bridge).await.expect_ok(None, "login");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odoo_or_a_source_that_is_down() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let odoo = crate::support::odoo::server().url.clone();
    bridge.change_odoo(&odoo, "http://127.0.0.1:1");
    let said = doctor(&bridge).await;
    assert_eq!((said.of(None, "login").status.as_str(), said.code), ("problem", Some(4)), "{said:#?}");
    bridge.change_odoo("http://127.0.0.1:1", &odoo);
    let source = feed.url();
    bridge.change_syncs(&source, "http://127.0.0.1:1/orders");
    let said = doctor(&bridge).await;
    assert_eq!((said.of(WEB, "source").status.as_str(), said.code), ("problem", Some(4)), "{said:#?}");
    bridge.change_syncs("http://127.0.0.1:1/orders", &source);
    assert_eq!(doctor(&bridge).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_odoo_is_down_nothing_is_said_of_the_syncs_that_it_keeps() {
    let mut bridge = Bridge::new(&DATABASE);
    doctor(&bridge).await.expect(None, "sync", "problem", "No sync is configured", "[[sync]]");
    bridge.change_odoo(&crate::support::odoo::server().url, "http://127.0.0.1:1");
    let said = doctor(&bridge).await;
    assert_eq!((said.of(None, "login").status.as_str(), said.code), ("problem", Some(4)), "{said:#?}");
    assert!(said.checks.iter().all(|check| check.check != "sync"), "{said:#?}");
    let named = bridge.run(&["doctor", "--sync", "Kept in Odoo"]).await;
    assert_eq!(named.code, Some(4), "{named:?}");
    assert!(named.stdout.contains("login"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permitted_plain_connection() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo("unknown_settle = \"5s\"", "allow_insecure_http = true");
    doctor(&bridge).await.expect(None, "encryption", "warning", "plain http", "remove allow_insecure_http");
    bridge.change_odoo("allow_insecure_http = true", "");
    doctor(&bridge).await.expect_ok(None, "encryption");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_user_without_rights() {
    let (feed, shop, admin) = (feed().await, DATABASE.shop(&["Cash"]).await, DATABASE.admin().await);
    let group = async |module: &str, name: &str| {
        #[derive(Deserialize)]
        struct Row {
            res_id: i64,
        }
        let domain = json!([["module", "=", module], ["name", "=", name]]);
        admin.rows::<Row>("ir.model.data", domain, &["res_id"]).await[0].res_id
    };
    let internal = group("base", "group_user").await;
    let values = json!({
        "name": "Newcomer", "login": "newcomer", "password": "newcomer-pw", Series::current().groups(): [[6, 0, [internal]]],
    });
    let user = admin.create("res.users", values).await;
    let key = DATABASE.seed().users["posapi"].api_key.clone().unwrap();
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo("\"posapi\"", "\"newcomer\"");
    // A password, where JSON-2 takes keys alone.
    bridge.transport("xmlrpc");
    bridge.change_odoo(&key, "newcomer-pw");
    doctor(&bridge).await.expect(
        None,
        "rights",
        "problem",
        "newcomer may not: read pos.config",
        "set Point of Sale to User",
    );
    let pos_user = group("point_of_sale", "group_pos_user").await;
    admin.write("res.users", &[user], json!({Series::current().groups(): [[4, pos_user]]})).await;
    doctor(&bridge).await.expect_ok(None, "rights");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_without_syncs() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let bridge = Bridge::new(&DATABASE);
    doctor(&bridge).await.expect(None, "sync", "problem", "No sync is configured", "Add a [[sync]]");
    assert_eq!(doctor(&bridge.sync(&feed, &shop)).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_gives_no_orders() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_syncs("feed-key", "old-key");
    doctor(&bridge).await.expect(WEB, "source", "problem", "refused the key (HTTP 401)", "Enter a valid key");
    bridge.change_syncs("old-key", "feed-key");

    for (status, kind, body, message, fix) in [
        (200, "text/html", "<title>Log in</title>", "instead of JSON", "Check that the address is the API's"),
        (404, "text/plain", "no", "does not exist (HTTP 404)", "Check the path"),
        (
            200,
            "application/json",
            "{\"orders\":[",
            "No orders can be read",
            "url is that of the source's order list",
        ),
    ] {
        feed.answer_with(status, kind, body);
        doctor(&bridge).await.expect(WEB, "source", "problem", message, fix);
    }
    feed.content().answer = crate::support::feed::Answer::Orders;
    doctor(&bridge).await.expect_ok(WEB, "source");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be_read() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    feed.show(vec![PLAIN.to_owned(), PLAIN.replace("138.0", "NaN").replace("70211", "70212")]);
    doctor(&bridge).await.expect(
        WEB,
        "source",
        "warning",
        "Of the 2 orders on the source's first page, 1",
        "",
    );
    feed.show(vec![PLAIN.to_owned()]);
    doctor(&bridge).await.expect_ok(WEB, "source");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_cannot_take_orders() {
    let (feed, shop, admin) = (feed().await, DATABASE.shop(&["Cash", "Card"]).await, DATABASE.admin().await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let name = format!("shop = {}", shop.id);
    bridge.change_syncs(&name, "shop = \"No such shop\"");
    doctor(&bridge).await.expect(
        WEB,
        "shop",
        "problem",
        "There is no shop named \"No such shop\"",
        "Choose an",
    );
    bridge.change_syncs("shop = \"No such shop\"", &name);

    set(&admin, &shop, json!({"active": false})).await;
    doctor(&bridge).await.expect(WEB, "shop", "problem", "is archived", "Unarchive it");
    set(&admin, &shop, json!({"active": true})).await;
    doctor(&bridge).await.expect_ok(WEB, "shop");

    let methods: Vec<i64> = shop.methods.values().copied().collect();
    set(&admin, &shop, json!({"payment_method_ids": [[5, 0, 0]]})).await;
    doctor(&bridge).await.expect(WEB, "shop", "problem", "has no payment method", "Add payment methods");
    set(&admin, &shop, json!({"payment_method_ids": [[6, 0, methods]]})).await;
    doctor(&bridge).await.expect_ok(WEB, "shop");
}

/// A tax that no order can be booked with, and what is said of it: on 19 one of a kind that
/// this program does not compute, on 14 one without an account, over which no session closes.
async fn unusable_tax(admin: &Admin) -> (i64, &'static str, &'static str) {
    #[derive(Deserialize)]
    struct Module {
        id: i64,
    }
    let mut values = json!({"name": "Unusable", "amount": 15, "type_tax_use": "sale"});
    if Series::current() == Series::Odoo14 {
        let tax = admin.create("account.tax", values).await;
        return (tax, "Unusable has no account in its distribution", "Set the account");
    }
    let formulas = json!([["name", "=", "account_tax_python"]]);
    let modules: Vec<Module> = admin.rows("ir.module.module", formulas, &["id"]).await;
    admin.act("ir.module.module", "button_immediate_install", json!([[modules[0].id]])).await;
    values["amount_type"] = "code".into();
    let tax = admin.create("account.tax", values).await;
    (tax, "Unusable is computed by “code”", "Use a percentage or fixed tax")
}

#[tokio::test(flavor = "multi_thread")]
async fn products_for_charges_and_tips_that_are_missing() {
    specials().await;
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "tip_product = \"NO-TIP\"");
    doctor(&bridge).await.expect(
        WEB,
        "special products",
        "warning",
        "The product for tips, NO-TIP, does not exist in Odoo.",
        "create a product with this internal reference",
    );
    bridge.change_syncs("NO-TIP", "EXT-TIP");
    doctor(&bridge).await.expect_ok(WEB, "special products");
}

#[tokio::test(flavor = "multi_thread")]
async fn products_mapped_to_what_is_not_there() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Cash"]).await);
    let map = "[[sync.product]]\ncode = \"Gift\"\nproduct = \"NOTHING\"\n";
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, map);
    let said = "Gift is mapped to the product with the internal reference NOTHING, which does not exist";
    doctor(&bridge).await.expect(
        WEB,
        "product mapping",
        "problem",
        said,
        "Correct the sync's product mapping",
    );
    bridge.change_syncs("NOTHING", "A008");
    let said = "“Gift” is mapped to [A008] Archived Wiper, which cannot be sold here: it is archived.";
    doctor(&bridge).await.expect(WEB, "product mapping", "problem", said, "Correct");
    bridge.change_syncs("A008", "90001");
    doctor(&bridge).await.expect_ok(WEB, "product mapping");
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_methods_that_do_not_serve() {
    let (feed, shop, admin) = (feed().await, DATABASE.shop(&["Card"]).await, DATABASE.admin().await);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let seeded = &DATABASE.seed().shops["Main Shop"].methods;

    doctor(&bridge).await.expect(WEB, "cash", "warning", "has no cash method", "Add a cash method");
    let other = DATABASE.shop(&["Cash"]).await;
    let cash = other.methods["Cash"];
    set(&admin, &other, json!({"payment_method_ids": [[6, 0, [seeded["Card"]]]]})).await;
    set(&admin, &shop, json!({"payment_method_ids": [[4, cash]]})).await;
    doctor(&bridge).await.expect_ok(WEB, "cash");

    let feed_key = "api_key = \"feed-key\"";
    let mapped = format!("{feed_key}\npayment = [{{ code = \"2\", method = \"Mada\" }}]");
    bridge.change_syncs(feed_key, &mapped);
    let said = doctor(&bridge).await;
    said.expect(WEB, "mapping", "problem", "the shop does not have", "map to one of: Card, Cash.");
    bridge.change_syncs("Mada", "Card");
    doctor(&bridge).await.expect_ok(WEB, "mapping");
}

mod only_on_19 {
    use super::*;

    /// Before, an invoice journal is needed for invoices alone.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_shop_without_invoice_journal() {
        #[derive(Deserialize)]
        struct Row {
            invoice_journal_id: (i64, String),
        }
        Series::Odoo19.only();
        let (feed, shop, admin) = (feed().await, DATABASE.shop(&["Cash"]).await, DATABASE.admin().await);
        let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
        let this = json!([["id", "=", shop.id]]);
        let rows: Vec<Row> = admin.rows("pos.config", this, &["invoice_journal_id"]).await;
        set(&admin, &shop, json!({"invoice_journal_id": false})).await;
        let said = doctor(&bridge).await;
        said.expect(WEB, "shop", "problem", "has no invoice journal", "Set the invoice journal");
        set(&admin, &shop, json!({"invoice_journal_id": rows[0].invoice_journal_id.0})).await;
        doctor(&bridge).await.expect_ok(WEB, "shop");
    }

    /// Odoo 14 has no customer accounts among its methods.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_method_that_needs_a_customer() {
        Series::Odoo19.only();
        let shop = DATABASE.shop(&["Customer Account"]).await;
        let (feed, admin) = (feed().await, DATABASE.admin().await);
        let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "customers = \"ignore\"");
        let said = doctor(&bridge).await;
        said.expect(
            WEB,
            "methods",
            "problem",
            "Customer Account: it needs a customer",
            "Add a payment method",
        );
        let card = DATABASE.seed().shops["Main Shop"].methods["Card"];
        set(&admin, &shop, json!({"payment_method_ids": [[4, card]]})).await;
        doctor(&bridge).await.expect_ok(WEB, "methods");

        let feed_key = "api_key = \"feed-key\"";
        let mapped = format!("{feed_key}\npayment = [{{ code = \"2\", method = \"Customer Account\" }}]");
        bridge.change_syncs(feed_key, &mapped);
        let said = doctor(&bridge).await;
        said.expect(WEB, "mapping", "problem", "needs a customer", "map to one of: Card.");
        bridge.change_syncs("Customer Account", "Card");
        doctor(&bridge).await.expect_ok(WEB, "mapping");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_opens() {
    let (feed, shop, admin) = (feed().await, DATABASE.shop(&["Cash"]).await, DATABASE.admin().await);
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "auto_open_session = false");
    doctor(&bridge).await.expect(
        WEB,
        "session",
        "warning",
        "No session is open",
        "Open a session of this shop",
    );
    let session = till::begin_session(&admin, shop.id).await;
    doctor(&bridge).await.expect(
        WEB,
        "session",
        "warning",
        "waits for its opening control",
        "Finish opening it",
    );
    till::finish_opening(&admin, session).await;
    doctor(&bridge).await.expect_ok(WEB, "session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_cannot_be_sold() {
    let (feed, shop, admin) = (feed().await, CATALOGUE.shop(&["Cash"]).await, CATALOGUE.admin().await);
    let bridge = Bridge::new(&CATALOGUE).sync(&feed, &shop);
    let seed = CATALOGUE.seed();
    let (coffee, tax) = (seed.products["A001"], seed.taxes["15%"]);

    let (unusable, message, fix) = unusable_tax(&admin).await;
    admin.write("product.product", &[coffee], json!({"taxes_id": [[6, 0, [unusable]]]})).await;
    let said = doctor(&bridge).await;
    said.expect(WEB, "taxes", "warning", message, fix);
    assert!(said.of(WEB, "taxes").message.contains("on [A001] Coffee"), "{said:#?}");
    admin.write("product.product", &[coffee], json!({"taxes_id": [[6, 0, [tax]]]})).await;
    doctor(&bridge).await.expect_ok(WEB, "taxes");

    let all: Vec<i64> = seed.products.values().copied().collect();
    admin.write("product.product", &all, json!({"available_in_pos": false})).await;
    #[derive(Deserialize)]
    struct Row {
        id: i64,
    }
    let rest: Vec<Row> =
        admin.rows("product.product", json!([["available_in_pos", "=", true]]), &["id"]).await;
    let rest: Vec<i64> = rest.into_iter().map(|row| row.id).collect();
    admin.write("product.product", &rest, json!({"available_in_pos": false})).await;
    doctor(&bridge).await.expect(WEB, "products", "warning", "No product can be sold", "tick Point of Sale");
    admin.write("product.product", &[coffee], json!({"available_in_pos": true})).await;
    doctor(&bridge).await.expect_ok(WEB, "products");
}

/// 14 has no methods that are paid later.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_customers_and_payments_on_account() {
    let (feed, shop) = (feed().await, DATABASE.shop(&["Card"]).await);
    let more = "customers = \"create\"\npart_paid = \"pay_later\"";
    let mut bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, more);
    let said = doctor(&bridge).await;
    said.expect(WEB, "customers", "problem", "may not", "group_partner_manager");
    said.expect(WEB, "part_paid", "problem", "the shop has none", "Customer Account");
    bridge.change_syncs("customers = \"create\"", "customers = \"ignore\"\ninvoicing = \"customer\"");
    doctor(&bridge).await.expect(WEB, "customers", "problem", "needs customers", "invoicing");
    bridge.change_syncs("customers = \"ignore\"", "customers = \"find\"");
    let account = DATABASE.seed().shops["Main Shop"].methods["Customer Account"];
    set(&DATABASE.admin().await, &shop, json!({"payment_method_ids": [[4, account]]})).await;
    let said = doctor(&bridge).await;
    said.expect_ok(WEB, "customers");
    said.expect_ok(WEB, "part_paid");
    said.expect_ok(None, "fiscal");
}
