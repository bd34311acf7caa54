//! Orders that a person asks the source for, and where an order is.

use serde_json::Value;

use crate::addon::order;
use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::Database;
use crate::support::service::Service;

static DATABASE: Database = Database::new("fetch");

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_asked_for_at_its_own_address_and_booked() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(vec![order(301, "Engine Oil Change")]).await;
    let single = format!("order_url = \"{}/{{id}}\"", feed.url());
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, &single);
    bridge.pass().await.1.assert_counts(1, 0, 0);
    // The list shows them no more, or never did.
    feed.show(Vec::new());
    feed.content().singles = vec![order(302, "Engine Oil Change"), order(303, "No such thing")];
    let ended = bridge.run(&["fetch", "302", "399"]).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(3), "1 of 1 booked\nNot at the source: 399.\n"),
        "{ended:?}"
    );
    let again = bridge.run(&["fetch", "# 00302"]).await;
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), "1 of 1 booked\n"), "{again:?}");

    let service = Service::start(&bridge).await;
    let ended = bridge.run(&["fetch", "303", "398", "--sync", "Web", "--output", "json"]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let report = ended.json::<Value>();
    assert_eq!(
        (&report["missing"][0], &report["booked"], &report["of"]),
        (&"398".into(), &0.into(), &1.into())
    );
    assert_eq!((&report["rest"][0]["id"], &report["rest"][0]["state"]), (&"303".into(), &"refused".into()));
    let unknown = bridge.run(&["fetch", "1", "--sync", "Wob"]).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("no sync named"), "{unknown:?}");
    let (code, log) = service.stop().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_such_an_address_the_list_is_read_again_and_that_is_said() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let feed = Feed::start(Vec::new()).await;
    let bridge = Bridge::new(&DATABASE).sync_with("Web", &feed, &shop, "until_param = \"until\"");
    let report = bridge.pass().await.1;
    assert_eq!(report.fetched, 0, "{report:#?}");
    feed.show(vec![order(311, "Engine Oil Change"), order(312, "Engine Oil Change")]);
    let ended = bridge.run(&["fetch", "311", "397", "--from", "2026-02-20"]).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (
            Some(3),
            "1 of 1 booked\nNot at the source: 397.\nThe source has no address for a single order: its list was read again from 2026-02-20.\n"
        ),
        "{ended:?}"
    );
    assert_eq!(feed.content().since[1].as_deref(), Some("2026-02-20T00:00:00Z"));

    // Of the day that is asked for, and to the end of it.
    feed.show(vec![order(313, "Engine Oil Change")]);
    let ended = bridge.run(&["fetch", "--from", "2026-03-01", "--to", "2026-03-01"]).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "1 of 1 booked\nIts list was read again from 2026-03-01 to 2026-03-01.\n"),
        "{ended:?}"
    );
    assert!(feed.content().until.contains(&Some("2026-03-02T00:00:00Z".to_owned())));
    let none = bridge.run(&["fetch", "--from", "2026-03-02", "--to", "2026-03-02"]).await;
    assert!(none.code == Some(0) && none.stdout.starts_with("The source has no orders"), "{none:?}");
    assert_eq!(bridge.run(&["fetch"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_order_is_is_said_in_a_sentence() {
    let shop = DATABASE.shop(&["Cash"]).await;
    let mut paid: Value = serde_json::from_str(&order(321, "Engine Oil Change")).expect("an order");
    paid["CheckoutDetails"][0]["ReferenceID"] = "TX 9001/7".into();
    paid["CustomerContact"] = "+966 50 123 4567".into();
    let feed = Feed::start(vec![paid.to_string(), order(322, "No such thing")]).await;
    let bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    let before = bridge.run(&["where", "323"]).await;
    assert!(before.code == Some(3) && before.stdout.contains("no source was asked"), "{before:?}");
    bridge.pass().await.1.assert_counts(1, 0, 1);

    let booked = bridge.run(&["where", "321"]).await;
    assert!(booked.stdout.starts_with("Order 321 is booked as "), "{booked:?}");
    assert_eq!((booked.code, booked.stdout.lines().count()), (Some(0), 1), "{booked:?}");
    let found = bridge.run(&["where", "321", "--output", "json"]).await.json::<Value>();
    let name = found["orders"][0]["pos_order"].as_str().expect("its name").to_owned();
    for asked in ["#321", " 0321 ", "3 21", "tx9001-7", "050 123 4567", &name, &name.replace(' ', "")] {
        let ended = bridge.run(&["where", asked]).await;
        assert_eq!((ended.code, &ended.stdout), (Some(0), &booked.stdout), "{asked}: {ended:?}");
    }
    let refused = bridge.run(&["where", "322"]).await;
    assert!(refused.stdout.starts_with("Order 322 needs you: "), "{refused:?}");
    assert!(refused.stdout.contains("No such thing"), "{refused:?}");
    let never = bridge.run(&["where", "138"]).await;
    assert_eq!(never.code, Some(3), "an amount is no id: {never:?}");
    assert!(
        never.stdout.contains("was ever shown by the source of Web, which was last asked at 20"),
        "{never:?}"
    );
    assert!(never.stdout.contains("tillbridge fetch 138"), "{never:?}");
}
