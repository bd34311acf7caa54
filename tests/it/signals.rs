//! Told to end while Odoo does not answer: soon, and told again, at once.

use std::time::{Duration, Instant};

use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::addon::bridge;
use crate::support::binary::{Bridge, ended};
use crate::support::feed::Feed;
use crate::support::odoo::{Database, server};
use crate::support::orders::{expected, plains, texts};
use crate::support::proxy::{Fate, Proxy};
use crate::support::{oracle, until};

static DATABASE: Database = Database::new("signals");
static WITH_ADDON: Database = Database::with_addon("signals_addon");

/// Ended at once, on a machine that is busy with other tests; Odoo would be waited for for
/// minutes, and so would a safe point.
const AT_ONCE: Duration = Duration::from_secs(40);

/// Whatever is waited for here came long before.
const LONG: Duration = Duration::from_secs(240);

async fn tell(child: &Child) {
    let pid = child.id().expect("it runs").to_string();
    let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status();
    assert!(told.await.expect("a shell").success());
}

/// Makes the next request that is watched wait for ever: tells when it is there.
fn hold(proxy: &Proxy, after: usize) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (arrived, is_here) = oneshot::channel();
    let (release, go_on) = oneshot::channel();
    let before = std::iter::repeat_with(|| Fate::Pass).take(after);
    proxy.fates(before.chain([Fate::Hold { arrived, go_on }]));
    (is_here, release)
}

#[tokio::test(flavor = "multi_thread")]
async fn told_twice_it_ends_at_once_and_what_was_under_way_is_looked_up() {
    let one = told_twice("run", 1000, "ended at once; what was under way is looked up in Odoo");
    let other = told_twice("sync", 2000, "What was under way is looked up in Odoo first.");
    tokio::join!(one, other);
}

async fn told_twice(command: &str, first: u64, said: &str) {
    let shop = DATABASE.shop(&["Card"]).await;
    let orders = plains(first, 5);
    let feed = Feed::start(texts(&orders)).await;
    let proxy = Proxy::start().await;
    let mut bridge = Bridge::new(&DATABASE).sync(&feed, &shop);
    bridge.change_odoo(&server().url, &proxy.url());
    let (is_here, release) = hold(&proxy, 0);
    let mut child = bridge.start(&[command]);
    tokio::time::timeout(LONG, is_here).await.expect("soon").expect("the orders are sent");
    tell(&child).await;
    // It ends by itself only once it knows what became of them.
    let waits = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    assert!(waits.is_err(), "{command} did not wait: {waits:?}");
    let told = Instant::now();
    tell(&child).await;
    let ended = tokio::time::timeout(LONG, ended(child)).await.expect("it ends");
    assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(said), "{ended:?}");

    // Only now does the request arrive in Odoo.
    release.send(()).expect("it is held");
    until(LONG, async || {
        let (_, report) = bridge.pass().await;
        assert!(report.error.is_none() && report.refused == 0, "{report:#?}");
        report.already_booked == 5
    })
    .await;
    oracle::check(&DATABASE.admin().await, &shop, &expected(&orders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_report_is_not_waited_for_for_ever() {
    let shop = WITH_ADDON.shop(&["Card"]).await;
    let admin = WITH_ADDON.admin().await;
    let feed = Feed::start(texts(&plains(3000, 2))).await;
    let proxy = Proxy::watching("external.order.service", "exchange").await;
    let mut bridge: Bridge = bridge(&WITH_ADDON, &admin).await.sync(&feed, &shop);
    bridge.pass().await.1.assert_counts(2, 0, 0);
    // The report is the last one of the exchanges of a pass.
    bridge.change_odoo(&server().url, &proxy.url());
    bridge.pass().await.1.assert_counts(0, 2, 0);
    let (is_here, _release) = hold(&proxy, proxy.seen() - 1);
    let child = bridge.start(&["sync"]);
    tokio::time::timeout(LONG, is_here).await.expect("soon").expect("it reports");
    tell(&child).await;
    let told = Instant::now();
    let ended = tokio::time::timeout(LONG, ended(child)).await.expect("it ends");
    assert!(
        (Duration::from_secs(9)..Duration::from_secs(10) + AT_ONCE).contains(&told.elapsed()),
        "{:?}",
        told.elapsed()
    );
    assert!(ended.stderr.contains("Odoo did not hear the last report"), "{ended:?}");
    assert!(ended.stdout.contains("2 already booked"), "{ended:?}");
}
