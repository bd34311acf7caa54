//! The service as operators see it: health, readiness, metrics, status, its log.

use std::time::Duration;

use rust_decimal::dec;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::oneshot;

use crate::addon::bridge;
use crate::support::binary::Bridge;
use crate::support::feed::{Feed, KEY};
use crate::support::odoo::{Database, server};
use crate::support::orders::{plain, with};
use crate::support::proxy::{Fate, Proxy};
use crate::support::series::Series;
use crate::support::service::Service;
use crate::support::until;

static DATABASE: Database = Database::new("observed");
static WITH_ADDON: Database = Database::with_addon("observed_addon");

/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);

/// An address that nobody listens at.
fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").to_string()
}

/// Status and body of an answer.
async fn get(address: &str, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

/// Whether all is well, and the names of the checks that are not.
async fn checks(address: &str, path: &str) -> (u16, Vec<String>) {
    let (status, body) = get(address, path).await;
    let said: Value = serde_json::from_str(&body).expect("JSON");
    let failing = said["checks"].as_array().expect("checks").iter().filter(|check| check["ok"] == false);
    let failing: Vec<String> =
        failing.map(|check| check["name"].as_str().expect("text").to_owned()).collect();
    assert_eq!(said["ok"], failing.is_empty(), "{said}");
    (status, failing)
}

async fn status(bridge: &Bridge) -> (Option<i32>, Value) {
    let ended = bridge.run(&["status", "--output", "json"]).await;
    (ended.code, ended.json())
}

/// The keys that must be seen nowhere.
fn secrets(database: &Database) -> [String; 2] {
    let key = database.seed().users["posapi"].api_key.clone();
    [KEY.to_owned(), key.expect("posapi has a key")]
}

/// Every line about an order says which, and of which sync.
#[track_caller]
fn assert_names_its_orders(log: &str) {
    let mut about = 0;
    for line in log.lines().filter(|line| line.contains("OBS-")) {
        let said: Value = serde_json::from_str(line).expect("JSON");
        let fields = &said["fields"];
        let named = fields["order"].as_str().or(fields["orders"].as_str()).unwrap_or_default();
        assert!(named.contains("OBS-"), "{line}");
        assert!(
            said["spans"].as_array().is_some_and(|spans| spans.iter().any(|span| span["sync"] == "Web")),
            "{line}"
        );
        about += 1;
    }
    assert!(about >= 10, "received and judged, each of five: {about}\n{log}");
    for id in ["OBS-4", "OBS-5"] {
        let warned = log.lines().filter(|line| line.contains("\"WARN\"") && line.contains(id)).count();
        assert_eq!(warned, 1, "{id}\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_shows_what_it_booked_and_says_the_order_on_every_line_about_one() {
    let shop = DATABASE.shop(&["Card"]).await;
    let mut orders: Vec<String> =
        (1..=3).map(|n| plain(&format!("OBS-{n}"), "B002", dec!(10.00), "Card").json).collect();
    orders.push(plain("OBS-4", "NO-SUCH-THING", dec!(10.00), "Card").json.replace("Name of", "No"));
    orders.push(with(&plain("OBS-5", "B002", dec!(10.00), "Card").json, json!({"GrandTotal": "a lot"})));
    let feed = Feed::start(orders).await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let address = free();
    bridge.add(&format!("[metrics]\nlisten = \"{address}\""));

    // An Odoo that is busy with other tests may need more time than the command gives it.
    let mut before = Value::Null;
    until(LIMIT, async || {
        before = status(&bridge).await.1;
        before["odoo"]["reachable"] == true
    })
    .await;
    assert_eq!((&before["odoo"]["addon"], &before["needs_person"]), (&false.into(), &0.into()), "{before}");
    assert_eq!(before["syncs"][0]["last_pass"], Value::Null, "{before}");

    let service = Service::start_with(&bridge, &["-v", "--log-format", "json"]).await;
    until(LIMIT, async || service.log().contains("pass done")).await;
    assert_eq!(checks(&address, "/healthz").await, (200, Vec::new()));
    assert_eq!(checks(&address, "/readyz").await, (200, Vec::new()));
    let (code, metrics) = get(&address, "/metrics").await;
    assert_eq!(code, 200);
    for line in [
        "tillbridge_orders_total{sync=\"Web\",outcome=\"booked\"} 3",
        "tillbridge_orders_total{sync=\"Web\",outcome=\"refused\"} 2",
        "tillbridge_orders_fetched_total{sync=\"Web\"} 5",
        "tillbridge_passes_total{sync=\"Web\",result=\"ok\"} 1",
        "tillbridge_store_orders{sync=\"Web\",state=\"booked\"} 3",
        "tillbridge_store_orders{sync=\"Web\",state=\"refused\"} 2",
        "tillbridge_sessions_opened_total 1",
        "tillbridge_open_sessions 1",
        "tillbridge_untold_orders 0",
        "tillbridge_ready 1",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    for begins in [
        "tillbridge_rpc_duration_seconds_count{method=\"sync_from_ui\",outcome=\"ok\"}",
        "tillbridge_source_cursor_timestamp_seconds{sync=\"Web\"}",
        "tillbridge_source_read_timestamp_seconds{sync=\"Web\"}",
        "tillbridge_source_requests_total{status=\"2xx\"} ",
        "tillbridge_store_size_bytes ",
        "process_start_time_seconds ",
    ] {
        let begins = if Series::current() == Series::Odoo14 {
            begins.replace("sync_", "create_")
        } else {
            begins.to_owned()
        };
        assert!(metrics.lines().any(|found| found.starts_with(&begins)), "{begins}\n{metrics}");
    }

    let (code, running) = status(&bridge).await;
    assert_eq!((code, &running["needs_person"]), (Some(3), &2.into()), "{running}");
    assert_eq!(running["at_work"][0]["what"], "tillbridge run");
    let mut examples: Vec<&str> = running["causes"]
        .as_array()
        .expect("causes")
        .iter()
        .map(|cause| cause["example"].as_str().expect("an id"))
        .collect();
    examples.sort_unstable();
    assert_eq!(examples, ["OBS-4", "OBS-5"], "{running}");
    let sync = &running["syncs"][0];
    assert_eq!(
        (&sync["last_pass"]["summary"], &sync["orders"]["booked"]),
        (&"3 booked, 2 need you".into(), &3.into())
    );
    let shown = bridge.run(&["status"]).await;
    assert!(shown.code == Some(3) && shown.stdout.contains("tillbridge run, process"), "{shown:?}");
    let doctor = bridge.run(&["doctor"]).await;
    assert!(
        doctor.stdout.contains("The service answers at") || doctor.stderr.contains("The service answers at"),
        "{doctor:?}"
    );
    let second = Bridge::new(&DATABASE);
    let mut second = second.sync(&feed, &shop);
    second.add(&format!("[metrics]\nlisten = \"{address}\""));
    let refused = tokio::time::timeout(LIMIT, second.run(&["run"])).await.expect("it ends");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains(&address) && refused.stderr.contains("choose another port"),
        "{refused:?}"
    );

    let (_, log) = service.stop().await;
    assert_names_its_orders(&log);
    for secret in secrets(&DATABASE) {
        for (place, text) in [
            ("log", &log),
            ("metrics", &metrics),
            ("status", &running.to_string()),
            ("status", &shown.stdout),
        ] {
            assert!(!text.contains(&secret), "a secret in {place}: {text}");
        }
    }
    let (code, after) = status(&bridge).await;
    assert_eq!((code, &after["at_work"]), (Some(3), &Value::Array(Vec::new())), "{after}");
    assert_eq!(after["syncs"][0]["last_pass"]["summary"], "3 booked, 2 need you");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_the_status_is_logged_in_once_and_waits_for_odoo_no_longer_than_said() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(Vec::new()).await;
    // Of all calls only the login has the user's name beside the database's.
    let logins = Proxy::watching(&DATABASE.name(), "posapi").await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.transport("xmlrpc");
    bridge.change_odoo(&server().url, &logins.url());
    let mut watching = bridge.start(&["status", "--watch", "1", "--output", "json"]);
    let mut output = BufReader::new(watching.stdout.take().expect("piped")).lines();
    let mut looks = 0;
    while looks < 3 {
        let line = output.next_line().await.expect("text").expect("it goes on");
        looks += usize::from(line.contains("\"reachable\": true"));
        assert!(!line.contains("\"reachable\": false"), "{line}");
    }
    watching.kill().await.expect("it runs");
    assert_eq!(logins.seen(), 1);

    let slow = Proxy::watching("pos.order", "fields_get").await;
    let (arrived, _is_here) = oneshot::channel();
    let (_never, go_on) = oneshot::channel();
    slow.fates([Fate::Hold { arrived, go_on }]);
    bridge.change_odoo(&logins.url(), &slow.url());
    let (code, shown) = status(&bridge).await;
    assert_eq!((code, &shown["odoo"]["reachable"]), (Some(4), &false.into()), "{shown}");
    assert_eq!(shown["odoo"]["problem"], "It does not answer within 10 s.", "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_odoo_is_away_the_service_lives_and_is_not_ready() {
    let (admin, shop) = (WITH_ADDON.admin().await, WITH_ADDON.shop(&["Card"]).await);
    let feed = Feed::start(vec![plain("OBS-11", "B002", dec!(10.00), "Card").json]).await;
    let proxy = Proxy::start().await;
    let mut bridge: Bridge = bridge(&WITH_ADDON, &admin).await.sync(&feed, &shop);
    let address = free();
    bridge.add(&format!("[metrics]\nlisten = \"{address}\""));
    bridge.change_odoo(&server().url, &proxy.url());
    let service = Service::start(&bridge).await;
    until(LIMIT, async || service.log().contains("pass done")).await;
    assert_eq!(checks(&address, "/readyz").await, (200, Vec::new()));

    proxy.break_down_after(0);
    until(LIMIT, async || checks(&address, "/readyz").await == (503, vec!["odoo".to_owned()])).await;
    assert_eq!(checks(&address, "/healthz").await, (200, Vec::new()));
    let (_, metrics) = get(&address, "/metrics").await;
    assert!(
        metrics.contains("\ntillbridge_ready 0\n") && metrics.contains("\ntillbridge_odoo_connected 0\n"),
        "{metrics}"
    );
    let (code, away) = status(&bridge).await;
    assert_eq!((code, &away["odoo"]["reachable"]), (Some(4), &false.into()), "{away}");
    assert_eq!(away["syncs"][0]["orders"]["booked"], 1, "the store tells of the syncs");

    proxy.repair();
    until(LIMIT, async || checks(&address, "/readyz").await == (200, Vec::new())).await;
    let (code, back) = status(&bridge).await;
    assert_eq!((code, &back["odoo"]["addon"]), (Some(0), &true.into()), "{back}");
    service.stop().await;
}
