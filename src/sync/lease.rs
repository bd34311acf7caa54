//! One writer per shop, also of several installations: the addon grants each shop to one
//! installation at a time (`external_order_lease.py`).
//!
//! An installation is known by its store, so that services which share one are one. A grant
//! is good for [`GOOD_FOR`] by Odoo's clock and is renewed by each heartbeat, and by whoever
//! is about to open, close or send. Here its age is counted from before it was asked for. So
//! when somebody else is granted the shop, whatever we sent has ended.
//!
//! Without the addon nothing is granted, and nobody is kept away.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::odoo::{CallError, Client, Outcome};
use crate::shop::Shop;
use crate::store::lease::SERVICE as PRESENCE;
use crate::store::{Store, StoreError};
use crate::text;

use super::engine::{Engine, Odoo, OdooFacts};
use super::report::{PassError, PassErrorKind};

const SERVICE: &str = "external.order.service";
/// Note in the store that holds the id of this installation.
const INSTANCE: &str = "instance";
/// The addon's `LEASE_SECONDS`.
const GOOD_FOR: Duration = Duration::from_secs(300);
/// The addon writes a heartbeat, and renews with it, at most this often.
const BEAT: Duration = Duration::from_secs(60);
/// What must be left of a grant when something is begun under it: longer than Odoo lets a
/// request run (`limit_time_real`, 120 s).
const ENOUGH: Duration = Duration::from_secs(180);

/// The id of this installation, if it was ever asked for.
///
/// # Errors
///
/// The store fails.
pub async fn known_instance(store: &dyn Store) -> Result<Option<String>, StoreError> {
    store.note(INSTANCE).await
}

/// The id of this installation, made when it is first asked for.
///
/// # Errors
///
/// The store fails.
pub async fn instance(store: &dyn Store) -> Result<String, StoreError> {
    match known_instance(store).await? {
        Some(instance) => Ok(instance),
        None => store.note_or(INSTANCE, &Uuid::new_v4().to_string()).await,
    }
}

/// A moment by both clocks: one stands still while the machine sleeps, the other can be put
/// back.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    running: Instant,
    wall: SystemTime,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self { running: Instant::now(), wall: SystemTime::now() }
    }

    /// How long ago it was, at least. A clock that was put back makes it very long ago.
    fn age(self) -> Duration {
        self.running.elapsed().max(self.wall.elapsed().unwrap_or(Duration::MAX))
    }
}

/// The shops that this installation holds, with when each grant began to run, at the latest.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<HashMap<i64, (Moment, Duration)>>);

/// What the addon answers to `hold_shop`.
#[derive(Debug, Deserialize)]
struct Answer {
    granted: bool,
    host: String,
    since: String,
}

/// Another installation that holds a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The machine it runs on.
    pub host: String,
    /// Since when, UTC, as Odoo writes it.
    pub since: String,
}

/// The other installation that holds this shop now, if any does. Asked of an addon that
/// grants shops.
///
/// # Errors
///
/// Odoo cannot be asked.
pub async fn held_by_another(
    client: &Client,
    instance: &str,
    shop: i64,
) -> Result<Option<Holder>, CallError> {
    #[derive(Deserialize)]
    struct Answer {
        instance: String,
        host: String,
        since: String,
    }
    let Answer { instance: holder, host, since } = client.read(SERVICE, "shop_holder", (shop,), ()).await?;
    Ok((!holder.is_empty() && holder != instance).then_some(Holder { host, since }))
}

impl Engine {
    /// Makes sure that this installation is the one writer of a shop, for long enough to
    /// begin a request.
    pub(super) async fn hold(&self, odoo: &Odoo, shop: &Shop) -> Result<(), PassError> {
        if !odoo.facts.leases {
            return Ok(());
        }
        // One question at a time: those who come meanwhile find the answer.
        let mut held = self.leases.0.lock().await;
        if let Some((since, good_for)) = held.get(&shop.id)
            && since.age() + ENOUGH <= *good_for
        {
            return Ok(());
        }
        let asked = Moment::now();
        let instance = instance(self.store()).await?;
        let answer = match odoo.client.write::<Answer>(SERVICE, "hold_shop", (instance, shop.id), ()).await {
            Outcome::Committed(answer) => answer,
            Outcome::Refused(fault) => return Err(CallError::Fault(fault).into()),
            // Asking again does no harm.
            Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(error.into()),
        };
        if answer.granted {
            held.insert(shop.id, (asked, GOOD_FOR));
            return Ok(());
        }
        held.remove(&shop.id);
        Err(held_by(shop, &answer))
    }

    /// Takes in which shops this installation holds, as Odoo said in an answer to a question
    /// of this moment. The last heartbeat may be a minute old.
    pub fn holds(&self, shops: &[i64], asked: Moment) {
        // Somebody is asking just now: that answer will be newer.
        let Ok(mut held) = self.leases.0.try_lock() else { return };
        let grants = shops.iter().map(|shop| (*shop, (asked, GOOD_FOR.saturating_sub(BEAT))));
        *held = grants.collect();
    }

    /// Gives all shops back, once no pass of this store runs any more: others may have them at
    /// once. Failing that, they are free once the grants end by themselves. While another
    /// service works on the store, they are that one's too, and stay.
    pub async fn give_back(&self, client: &Client, facts: OdooFacts) {
        if !facts.leases {
            return;
        }
        let mut held = self.leases.0.lock().await;
        if !self.store().holders(PRESENCE).await.is_ok_and(|others| others.is_empty()) {
            return;
        }
        let Ok(instance) = instance(self.store()).await else { return };
        let answer = client.write::<bool>(SERVICE, "give_back_shops", (instance,), ()).await;
        if !matches!(answer, Outcome::Committed(_)) {
            tracing::info!("the shops could not be given back; they are free in five minutes");
        }
        held.clear();
    }
}

fn held_by(shop: &Shop, holder: &Answer) -> PassError {
    PassError::new(
        PassErrorKind::Configuration,
        "shop_held",
        text!(
            "The shop {shop} is held by the tillbridge service on {host} since {since} UTC, which has another store: two would open two sessions and send orders side by side.",
            shop = &shop.name,
            host = &holder.host,
            since = &holder.since
        ),
        text!(
            "Let one service book into this shop: stop the other one, or give this one another shop. When the other one has ended without a word, the shop is free after five minutes. Nothing is lost: the orders are kept."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_put_back_makes_a_moment_old() {
        let moment = Moment { wall: SystemTime::now() + Duration::from_secs(60), ..Moment::now() };
        assert_eq!(moment.age(), Duration::MAX);
        let slept = Moment { wall: SystemTime::now() - Duration::from_secs(60), ..Moment::now() };
        assert!(slept.age() >= Duration::from_secs(60));
        assert!(Moment::now().age() < Duration::from_secs(60));
    }
}
