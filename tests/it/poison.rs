//! Orders that Odoo refuses for a reason nobody outside can see: found by bisecting, told with
//! their next try, and never in the way of others twice.

use std::time::Duration;

use chrono::{SubsecRound as _, Utc};
use rust_decimal::dec;
use serde_json::json;

use crate::support::binary::Bridge;
use crate::support::feed::Feed;
use crate::support::odoo::{Admin, Database, Shop, server, shell};
use crate::support::orders::{Generated, expected, plain, plains, texts};
use crate::support::proxy::Proxy;
use crate::support::{oracle, until};

static DATABASE: Database = Database::new("poison");

/// A trigger that fails an order with the PostgreSQL error that `ir.config_parameter` names
/// for it: the one place that an administrator can reach over RPC.
const TRIGGER: &str = "
env.cr.execute('''
create or replace function test_poison() returns trigger as $$
declare code text;
begin
    select value into code from ir_config_parameter
        where key = 'poison.' || split_part(NEW.pos_reference, '/', 3);
    if code is not null then
        raise exception 'poisoned' using errcode = code;
    end if;
    return NEW;
end $$ language plpgsql;
drop trigger if exists test_poison on pos_order;
create trigger test_poison before insert or update on pos_order
    for each row execute function test_poison();
''')
";

struct Scene {
    shop: Shop,
    admin: Admin,
    proxy: Proxy,
    orders: Vec<Generated>,
    feed: Feed,
    bridge: Bridge,
}

impl Scene {
    /// These orders, which reach Odoo through a proxy.
    async fn of(orders: Vec<Generated>) -> Self {
        let shop = DATABASE.shop(&["Card"]).await;
        let admin = DATABASE.admin().await;
        let proxy = Proxy::start().await;
        let feed = Feed::start(texts(&orders)).await;
        let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
        bridge.change_odoo(&server().url, &proxy.url());
        Self { shop, admin, proxy, orders, feed, bridge }
    }

    /// Has Odoo fail an order with this PostgreSQL error; the id of the cause.
    async fn poison(&self, order: &str, code: &str) -> i64 {
        let values = json!({"key": format!("poison.{order}"), "value": code});
        self.admin.create("ir.config_parameter", values).await
    }

    async fn cure(&self, poison: i64) {
        self.admin.act("ir.config_parameter", "unlink", json!([[poison]])).await;
    }

    /// Shows these too from now on.
    fn show(&mut self, more: Vec<Generated>) {
        self.orders.extend(more);
        self.feed.show(texts(&self.orders));
    }

    /// How many requests with orders a pass needed.
    async fn requests<T>(&self, pass: impl Future<Output = T>) -> (usize, T) {
        let before = self.proxy.seen();
        let result = pass.await;
        (self.proxy.seen() - before, result)
    }

    async fn all_stand_once(&self) {
        oracle::check(&self.admin, &self.shop, &expected(&self.orders)).await;
    }
}

async fn ready() {
    static ONCE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    ONCE.get_or_init(async || {
        DATABASE.seed();
        shell(&DATABASE, TRIGGER);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_odoo_refuses_delays_the_others_once() {
    ready().await;
    let mut orders = plains(7000, 15);
    orders.insert(6, plain("7999", "POIS", dec!(10.00), "Card"));
    let mut scene = Scene::of(orders).await;
    let values = json!({
        "name": "Poison", "default_code": "POIS", "type": "service", "available_in_pos": true,
        "taxes_id": [[6, 0, [DATABASE.seed().taxes["15%"]]]],
    });
    let product = scene.admin.create("product.product", values.clone()).await;
    let poison = scene.poison("7999", "P0001").await;

    // Sixteen in halves down to the one: the request, and two for each of four levels.
    let (requests, (code, report)) = scene.requests(scene.bridge.pass()).await;
    report.assert_counts(15, 0, 1);
    assert_eq!((code, requests), (3, 9));
    let refused = report.order("7999").clone();
    assert_eq!(refused.code.as_deref(), Some("odoo_refused"));
    assert!(refused.message.as_deref().is_some_and(|said| said.contains("poisoned")), "{refused:?}");
    let next_try = refused.next_try_at.expect("it has one").trunc_subsecs(3);
    let wait = next_try - Utc::now();
    assert!((30..=60).contains(&wait.num_seconds()), "{wait}");

    // New orders go undisturbed: one request, without it. It is still said.
    scene.show(plains(7100, 5));
    let (requests, (code, report)) = scene.requests(scene.bridge.pass()).await;
    report.assert_counts(5, 15, 1);
    assert_eq!((code, requests), (3, 1), "{report:#?}");
    assert_eq!(report.order("7999").next_try_at, Some(next_try));
    let shown = scene.bridge.run(&["orders", "--show", "7999"]).await;
    assert!(shown.stdout.contains("Next try"), "{shown:?}");

    // A person wants it now: alone, after the others.
    scene.show(plains(7200, 5));
    let told = scene.bridge.run(&["orders", "retry", "7999"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let (requests, (_, report)) = scene.requests(scene.bridge.pass()).await;
    report.assert_counts(5, 20, 1);
    assert_eq!(requests, 2, "{report:#?}");

    // The cause is gone, and what is sent did not change: nobody can see it from outside.
    scene.cure(poison).await;
    let (requests, _) = scene.requests(scene.bridge.pass()).await;
    assert_eq!(requests, 0);
    // Another payload goes at once: another product takes the place of that one.
    scene.admin.write("product.product", &[product], json!({"default_code": "GONE"})).await;
    scene.admin.create("product.product", values).await;
    let (requests, (code, report)) = scene.requests(scene.bridge.pass()).await;
    report.assert_counts(1, 25, 0);
    assert_eq!((code, requests), (0, 1));
    scene.all_stand_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_loses_a_race_is_retried_alone_and_the_others_go_on() {
    ready().await;
    let scene = Scene::of(plains(7300, 2)).await;
    // A serialization failure: Odoo itself tries five times.
    let poison = scene.poison("7301", "40001").await;
    let (code, report) = scene.bridge.pass().await;
    assert!(report.error.is_none(), "{report:#?}");
    let figures = (report.booked, report.retrying, report.refused);
    assert_eq!((code, figures), (0, (1, 1, 0)), "{report:#?}");
    assert_eq!(report.order("7300").state, "booked");
    let racer = report.order("7301");
    assert!(racer.message.as_deref().is_some_and(|said| said.contains("same records")), "{racer:?}");
    assert!(racer.next_try_at.is_some(), "{racer:?}");

    scene.cure(poison).await;
    until(Duration::from_secs(60), async || {
        let (_, report) = scene.bridge.pass().await;
        assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
        report.already_booked == 2
    })
    .await;
    scene.all_stand_once().await;
}

/// PostgreSQL has no room: that is not the orders' fault, and asking for one after the other
/// helps nobody.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_database_stops_the_pass_at_once() {
    ready().await;
    let scene = Scene::of(plains(7400, 8)).await;
    let poison = scene.poison("7405", "53100").await;
    let (requests, (code, report)) = scene.requests(scene.bridge.pass()).await;
    let error = report.error.as_ref().expect("it is said");
    assert_eq!((code, error.code.as_str(), requests), (4, "odoo_unavailable", 1), "{report:#?}");
    assert_eq!((report.refused, report.retrying), (0, 8), "{report:#?}");
    scene.cure(poison).await;
    until(Duration::from_secs(60), async || scene.bridge.pass().await.1.already_booked == 8).await;
    scene.all_stand_once().await;
}
