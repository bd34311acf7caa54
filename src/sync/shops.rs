//! The shops that passes write to: each is read once, kept, and used by one pass at a time.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::config::Sync;
use crate::odoo::Client;
use crate::order::{Code, OrderKey, Refusal, SubjectKind, Text};
use crate::shop::{LoadError, Shop, ShopLoader, ShopRef};
use crate::store::{Holder, Places};
use crate::text;

use super::report::{PassError, PassErrorKind};

/// The shops known so far. Two names of one shop are one shop.
#[derive(Default)]
pub(super) struct Shops {
    ids: Mutex<HashMap<String, i64>>,
    slots: Mutex<HashMap<i64, Arc<Mutex<Option<ShopLoader>>>>>,
}

/// A shop in the hands of one pass: its one writer and session opener until it is dropped.
pub(super) struct Taken(OwnedMappedMutexGuard<Option<ShopLoader>, ShopLoader>);

impl Shops {
    /// Waits until no other pass uses the shop, and reads what changed of it.
    pub async fn take(&self, client: &Client, shop: &ShopRef) -> Result<Taken, LoadError> {
        let id = self.id(client, shop).await?;
        let slot = Arc::clone(self.slots.lock().await.entry(id).or_default());
        let mut slot = slot.lock_owned().await;
        let read = match slot.take() {
            Some(mut loader) => loader.refresh(client).await.map(|_| ()).map(|()| loader),
            None => ShopLoader::load(client, &ShopRef::Id(id)).await,
        };
        if let (Err(LoadError::NotReady(_)), ShopRef::Name(name)) = (&read, shop) {
            // Perhaps another shop has this name by now.
            self.ids.lock().await.remove(name);
        }
        let loader = read?;
        Ok(Taken(OwnedMutexGuard::map(slot, |slot| slot.insert(loader))))
    }

    async fn id(&self, client: &Client, shop: &ShopRef) -> Result<i64, LoadError> {
        let name = match shop {
            ShopRef::Id(id) => return Ok(*id),
            ShopRef::Name(name) => name,
        };
        if let Some(id) = self.ids.lock().await.get(name) {
            return Ok(*id);
        }
        let id = ShopLoader::find(client, shop).await?;
        self.ids.lock().await.insert(name.clone(), id);
        Ok(id)
    }
}

impl Taken {
    /// The shop.
    pub fn shop(&self) -> &Shop {
        self.0.shop()
    }

    /// Lets the next pass read the whole catalogue anew.
    pub fn forget(mut self) {
        self.0.forget();
    }
}

/// Name of the lease of a shop: its one writer and session opener among the sidecars that
/// share the store.
pub(super) fn lease_of(shop: &Shop) -> String {
    format!("shop {}", shop.id)
}

/// What is said of a shop that another sidecar works on.
pub(super) fn left_to(shop: &Shop, holder: &Holder) -> Text {
    text!(
        "The shop {shop} was left to the tillbridge that works on it: {holder}.",
        shop = &shop.name,
        holder = holder.text()
    )
}

/// Why the sessions of a shop cannot be closed now.
pub(super) fn busy(shop: &Shop, holder: &Holder) -> PassError {
    PassError::new(
        PassErrorKind::Unreachable,
        "shop_busy",
        text!(
            "Another tillbridge works on the shop {shop}: {holder}.",
            shop = &shop.name,
            holder = holder.text()
        ),
        text!("Try again when it is done."),
    )
}

/// Why a second sidecar must not work.
pub(super) fn not_alone(holder: &Holder) -> PassError {
    PassError::new(
        PassErrorKind::Configuration,
        "not_alone",
        text!(
            "Another tillbridge works on this Odoo ({holder}), which would not refuse an order that both send.",
            holder = holder.text()
        ),
        text!(
            "Run one tillbridge only, or install the addon External Order Sync in Odoo: it lets Odoo refuse the second one."
        ),
    )
}

/// What a sync has for each of its shops: `None` for orders that no shop takes.
pub(super) fn by_shop(sync: &Sync) -> Vec<(Option<&ShopRef>, Places)> {
    let shops = sync.shops.all();
    if let ([(shop, _)], true) = (shops.as_slice(), sync.shops.default().is_some()) {
        return vec![(Some(*shop), Places::All)];
    }
    let beginnings = |locations: &[&str]| {
        locations.iter().map(|location| OrderKey::beginning(&sync.source, location)).collect::<Vec<_>>()
    };
    let others = |shop: Option<&ShopRef>| {
        let of_others = shops.iter().filter(|(other, _)| Some(*other) != shop);
        Places::NotOf(of_others.flat_map(|(_, locations)| beginnings(locations)).collect())
    };
    let mut groups: Vec<_> = shops
        .iter()
        .map(|(shop, locations)| match sync.shops.default() {
            Some(default) if default == *shop => (Some(*shop), others(Some(*shop))),
            _ => (Some(*shop), Places::Of(beginnings(locations))),
        })
        .collect();
    if sync.shops.default().is_none() {
        groups.push((None, others(None)));
    }
    groups
}

/// Why an order of an unlisted location is not booked.
pub(super) fn no_shop(location: Option<&str>) -> Refusal {
    let (message, fix) = match location {
        Some(location) => (
            text!("No shop takes the orders of the location {location}.", location),
            text!(
                "List the location {location} with its shop in the sync, or give the sync a shop for all other locations.",
                location,
            ),
        ),
        None => (
            text!("The order names no location, and no shop takes such orders."),
            text!("Give the sync a shop for orders without a listed location."),
        ),
    };
    Refusal::new(Code::UnknownLocation, message, fix).about(SubjectKind::Location, location)
}
