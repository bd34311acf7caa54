//! XML-RPC and JSON-2: the same work over both, which one is taken, and the key's expiry.

use std::time::Duration;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Database, server, shell};
use crate::support::orders::{expected, plains, texts};
use crate::support::service::Service;
use crate::support::{oracle, until};

static DATABASE: Database = Database::new("transport");
/// Its own, because the log of the first is read: another test's calls would stand in it.
static ASKED: Database = Database::new("transport_doctor");
/// Its own, because the key of its user expires.
static EXPIRING: Database = Database::with_addon("transport_key");

/// Where Odoo 19 logs "deprecated" of each request: its module `rpc`, for these paths. (The
/// log of the tests' server leaves that warning out.)
const DEPRECATED: &str = "\"POST /xmlrpc/";

/// What Odoo logged about a database since its log had this size. The last lines may come a
/// moment late, but no later than those of a request that follows.
fn logged_since(size: u64, database: &Database) -> String {
    let log = std::fs::read(&server().log).expect("the server's log");
    let new = String::from_utf8_lossy(&log[usize::try_from(size).expect("a size")..]).into_owned();
    // Blanks around it: the name of another database may begin with this one's.
    let name = format!(" {} ", database.name());
    new.lines().filter(|line| line.contains(&name)).collect::<Vec<_>>().join("\n")
}

fn log_size() -> u64 {
    std::fs::metadata(&server().log).expect("the server's log").len()
}

/// One pass over a transport: what Odoo logged meanwhile. The orders are checked.
async fn pass_over(transport: &str, first: u64) -> String {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(first, 25);
    let feed = Feed::start(texts(&orders)).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.transport(transport);
    let before = log_size();
    let (code, report) = bridge.pass().await;
    let logged = logged_since(before, &DATABASE);
    report.assert_counts(25, 0, 0);
    assert_eq!(code, 0);
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
    logged
}

/// One test, because both read the same log of the same database.
#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_the_same_orders_over_both_and_only_one_is_called_deprecated() {
    let json2 = pass_over("json2", 1000).await;
    assert!(json2.contains("/json/2/pos.order/sync_from_ui"), "the log has the calls: {json2}");
    assert!(!json2.contains(DEPRECATED), "{json2}");
    let xmlrpc = pass_over("xmlrpc", 2000).await;
    assert!(xmlrpc.contains(DEPRECATED), "or the log is not what is looked at: {xmlrpc}");
    assert!(!xmlrpc.contains("/json/2/"), "{xmlrpc}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_doctor_says_which_transport_is_taken_and_why() {
    let shop = ASKED.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&ASKED).sync(&feed, &shop);
    for (transport, said) in [
        ("auto", "Odoo is reached over JSON-2: Odoo 19.0 has it, and it accepts the API key."),
        ("xmlrpc", "Odoo is reached over XML-RPC: as the configuration says."),
        ("json2", "Odoo is reached over JSON-2: as the configuration says."),
    ] {
        bridge.transport(transport);
        let ended = bridge.run(&["doctor"]).await;
        assert!(ended.stdout.contains(said), "{transport}: {ended:?}");
        assert!(ended.stdout.contains("The API key \"tests\" does not expire."), "{ended:?}");
    }
}

/// The key's life in the database, which nobody but Odoo itself may change.
fn expires(sql: &str) {
    let user = EXPIRING.seed().users["posapi"].login.clone();
    shell(
        &EXPIRING,
        &format!(
            "env.cr.execute(\"update res_users_apikeys set expiration_date = {sql} where user_id = (select id from res_users where login = '{user}')\")"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_on_19_a_key_that_expires_is_announced_and_its_end_is_no_storm_of_logins() {
    let shop = EXPIRING.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    let mut bridge = Bridge::new(&EXPIRING).sync(&feed, &shop);
    // XML-RPC knows a key for a while after its end: Odoo remembers what it accepted.
    bridge.transport("auto");
    shell(
        &EXPIRING,
        "user = env['res.users'].search([('login', '=', 'posapi')])\nuser.group_ids += env.ref('external_order_sync.group_sidecar')",
    );

    expires("now() at time zone 'utc' + interval '3 days 1 hour'");
    let ended = bridge.run(&["doctor"]).await;
    assert!(ended.stdout.contains("The API key \"tests\" expires in 3 days ("), "{ended:?}");
    assert!(ended.stdout.contains("make a new key"), "{ended:?}");

    let service = Service::start(&bridge).await;
    let limit = Duration::from_secs(60);
    until(limit, async || service.log().contains("expires in 3 days")).await;

    expires("now() at time zone 'utc' - interval '1 minute'");
    until(limit, async || service.log().contains("Odoo refuses the login")).await;
    let ended = bridge.run(&["doctor"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains("does not accept the login \"posapi\""), "{ended:?}");
    assert!(ended.stdout.contains("keys expire"), "{ended:?}");

    // The key lives again, and somebody saves the file: no wait for the next minute.
    expires("null");
    let connections = || service.log().matches("connected to Odoo").count();
    let before = connections();
    bridge.config();
    until(Duration::from_secs(30), async || connections() > before).await;
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
    // doctor's run wrote the file, too.
    let tries = log.matches("Odoo refuses the login").count();
    assert!(tries <= 2, "one try, and one for each time the file was written: {log}");
}
