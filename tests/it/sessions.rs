//! The session of a shop: taken as it is, opened when allowed, asked for when not.

use serde::Deserialize;
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server};
use crate::support::oracle;
use crate::support::orders::{expected, plains, texts};
use crate::support::proxy::{Fate, Proxy};
use crate::support::series::Series;
use crate::support::till;

static DATABASE: Database = Database::new("sessions");

#[derive(Debug, Deserialize)]
struct Session {
    state: String,
}

async fn sessions(admin: &Admin, shop: &Shop) -> Vec<Session> {
    admin.rows("pos.session", json!([["config_id", "=", shop.id]]), &["state"]).await
}

/// Nobody has to look at a request that got lost: it is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_got_lost_is_tried_again_and_refuses_no_order() {
    let shop = DATABASE.shop(&["Card"]).await;
    let feed = Feed::start(texts(&plains(31, 3))).await;
    let proxy = match Series::current() {
        Series::Odoo14 => Proxy::watching("pos.session", "create").await,
        Series::Odoo19 => Proxy::watching("pos.config", "open_ui").await,
    };
    proxy.fates([Fate::LoseRequest]);
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    let (code, report) = bridge.pass().await;
    assert_eq!((code, report.refused, report.retrying), (4, 0, 3), "{report:#?}");
    assert_eq!(report.order("31").code.as_deref(), Some("odoo_unavailable"), "{report:#?}");
    assert!(sessions(&DATABASE.admin().await, &shop).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_automatic_opening_off_orders_wait_for_a_person_to_open() {
    let shop = DATABASE.shop(&["Cash", "Card"]).await;
    let admin = DATABASE.admin().await;
    let orders = plains(1, 3);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "auto_open_session = false");

    let assert_refused = async |said: &str| {
        let (code, report) = bridge.pass().await;
        report.assert_counts(0, 0, 3);
        assert_eq!(code, 3);
        for order in &report.orders {
            assert_eq!(order.code.as_deref(), Some("no_open_session"), "{order:?}");
            assert!(order.message.as_deref().is_some_and(|message| message.contains(said)), "{order:?}");
        }
        oracle::check(&admin, &shop, &[]).await;
    };
    assert_refused(&format!("No session is open in the shop {}", shop.name)).await;
    assert!(sessions(&admin, &shop).await.is_empty());

    let session = till::begin_session(&admin, shop.id).await;
    let opened = sessions(&admin, &shop).await;
    assert!(matches!(opened.as_slice(), [one] if one.state == "opening_control"), "{opened:?}");
    let (_, report) = bridge.pass().await;
    report.assert_counts(0, 0, 3);
    let said = report.order("1").message.as_deref().unwrap_or_default();
    assert!(said.contains("waiting for its opening control"), "{said}");

    till::finish_opening(&admin, session).await;
    feed.show(Vec::new());
    let (code, report) = bridge.pass().await;
    report.assert_counts(3, 0, 0);
    assert_eq!(code, 0);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_control_left_unfinished_is_finished() {
    let shop = DATABASE.shop(&["Cash", "Card"]).await;
    let admin = DATABASE.admin().await;
    till::begin_session(&admin, shop.id).await;
    let orders = plains(10, 2);
    let feed = Feed::start(texts(&orders)).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);

    let (code, report) = bridge.pass().await;
    report.assert_counts(2, 0, 0);
    assert_eq!(code, 0);
    // The oracle asks for exactly one session, and it open.
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_open_is_used_and_none_is_opened_for_nothing() {
    let shop = DATABASE.shop(&["Card"]).await;
    let admin = DATABASE.admin().await;
    let feed = Feed::start(Vec::new()).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let (code, report) = bridge.pass().await;
    report.assert_counts(0, 0, 0);
    assert_eq!(code, 0);
    assert!(sessions(&admin, &shop).await.is_empty(), "nothing to book, nothing to open");

    till::open_session(&admin, shop.id).await;
    let orders = plains(20, 2);
    feed.show(texts(&orders));
    bridge.pass().await.1.assert_counts(2, 0, 0);
    assert_eq!(sessions(&admin, &shop).await.len(), 1);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}
