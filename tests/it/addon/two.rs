//! Two installations, each with a store of its own, on one shop: the addon grants the shop to
//! one of them at a time.

use serde_json::json;

use super::{Kept, LIMIT, booked, bridge};
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, shell};
use crate::support::oracle;
use crate::support::orders::{METHODS, Rounding, expected, generate, texts};
use crate::support::service::Service;
use crate::support::until;

static SERVICES: Database = Database::with_addon("addon_two_services");
static PASSES: Database = Database::with_addon("addon_two_passes");

async fn sessions(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.session", json!([["config_id", "=", shop.id]])).await
}

/// The service that books, and the one that is kept away, once that is known.
async fn sorted(one: Service, other: Service) -> (Service, Service) {
    let is_held = |service: &Service| service.log().contains("is held by the tillbridge service on");
    until(LIMIT, async || is_held(&one) || is_held(&other)).await;
    assert!(!(is_held(&one) && is_held(&other)), "one of them has it");
    if is_held(&one) { (other, one) } else { (one, other) }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_services_one_books_and_the_other_says_who_until_it_is_given_or_falls_free() {
    let (admin, shop) = (SERVICES.admin().await, SERVICES.shop(&METHODS).await);
    let orders = generate(71, 1, 120, Rounding::PerOrder);
    let feed = Feed::start(texts(&orders[..60])).await;
    let (one, other) = (bridge(&SERVICES, &admin).await, bridge(&SERVICES, &admin).await);
    let sync = Kept::new(&admin, &feed, &shop).await;
    let services = tokio::join!(Service::start(&one), Service::start(&other));
    let (holder, waiting) = sorted(services.0, services.1).await;
    until(LIMIT, async || booked(&admin, &shop).await == 60).await;

    // Given back at a clean end: the other one has it with its next pass.
    assert_eq!(holder.stop().await.0, Some(0));
    feed.show(texts(&orders[..90]));
    sync.pressed("action_sync_now").await;
    until(LIMIT, async || booked(&admin, &shop).await == 90).await;

    // The holder dies; a third installation is kept away until the grant ends.
    waiting.kill().await;
    feed.show(texts(&orders));
    let third = bridge(&SERVICES, &admin).await;
    let (code, report) = third.pass().await;
    let error = report.error.expect("it is kept away");
    assert_eq!((code, error.code.as_str()), (2, "shop_held"));
    assert!(error.message.contains(&shop.name) && error.message.contains(" since 2"), "{}", error.message);
    assert!(error.fix.contains("after five minutes"), "{}", error.fix);
    assert_eq!(booked(&admin, &shop).await, 90);
    let doctor = third.run(&["doctor"]).await;
    assert!(doctor.stdout.contains("is held by"), "{doctor:?}");
    let later = "env.cr.execute(\"update external_order_lease set until = until - interval '5 minutes'\")";
    tokio::task::spawn_blocking(move || shell(&SERVICES, later)).await.unwrap();
    let (code, report) = third.pass().await;
    assert_eq!((code, report.error.is_none(), report.booked), (0, true, 30), "{report:#?}");
    assert_eq!(sessions(&admin, &shop).await, 1);
    oracle::check(&admin, &shop, &expected(&orders)).await;
}

/// Without the grant, Odoo 14 opens two sessions in such a race, every time.
#[tokio::test(flavor = "multi_thread")]
async fn passes_of_two_stores_at_the_same_moment_open_one_session_and_book_each_order_once() {
    let admin = PASSES.admin().await;
    for round in 0..4 {
        let shop = PASSES.shop(&METHODS).await;
        let orders = generate(72 + round, 1000 * (round + 1), 20, Rounding::PerOrder);
        let feed = Feed::start(texts(&orders)).await;
        let with_sync = async || {
            let mut one: Bridge = bridge(&PASSES, &admin).await;
            one.add_sync("Web", &feed, &shop, "");
            one
        };
        let (one, other) = (with_sync().await, with_sync().await);
        let passes = tokio::join!(one.pass(), other.pass());
        for (_, report) in [&passes.0, &passes.1] {
            assert!(report.error.as_ref().is_none_or(|error| error.code == "shop_held"), "{report:#?}");
        }
        assert_eq!(passes.0.1.booked + passes.1.1.booked, 20, "{passes:#?}");
        assert_eq!(sessions(&admin, &shop).await, 1);
        oracle::check(&admin, &shop, &expected(&orders)).await;
        // Both are done, so either may go on.
        for bridge in [&one, &other] {
            let (code, report) = bridge.pass().await;
            assert_eq!((code, report.booked, report.error.is_none()), (0, 0, true), "{report:#?}");
        }
    }
}
