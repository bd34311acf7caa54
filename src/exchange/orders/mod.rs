//! Telling Odoo of orders and their steps, a batch a call, so that people see there where each
//! stands. Telling the same again changes nothing there.
//!
//! Orders that are settled come first, the newest before the others; what is queued is told
//! once it has been so for a while, since most of it is booked in a moment.

mod anchor;
mod row;
mod sent;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Sync;
use crate::odoo::{CallError, Client, FaultKind, Outcome};
use crate::order::OrderKey;
use crate::shop::ShopRef;
use crate::store::{Item, KeptStep, Store, Untold};

use super::{ExchangeError, PROTOCOL, SERVICE};
use row::{OrderRow, Read, StepRow};

/// Orders and steps told at once.
const ORDERS: usize = 200;
const STEPS: usize = 1_000;
/// Bytes of raw orders told at once, but for one order.
const RAW: usize = 2 * 1024 * 1024;
/// What is queued for less is not told: it is about to be booked.
const QUEUED_FOR: TimeDelta = TimeDelta::seconds(15);
/// Orders that Odoo refuses to take note of, left out while there are no more.
const LEFT_OUT: usize = 50;

/// Tells one Odoo of the orders of one store.
pub struct Teller {
    client: Client,
    store: Arc<dyn Store>,
    instance: String,
    syncs: Vec<Sync>,
    /// `pos.config` ids by name, once asked for.
    shops: Option<HashMap<String, i64>>,
    /// Orders told at once: fewer after a refusal, to find which one is at fault.
    at_once: usize,
    /// Keys of those that Odoo refuses to take note of, with the change that it refused.
    left_out: HashMap<String, i64>,
    /// Whether Odoo still knows what it was told was looked at.
    compared: bool,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    protocol: i64,
    instance: &'a str,
    orders: &'a [OrderRow],
    steps: &'a [StepRow],
}

#[derive(Debug, Deserialize)]
struct Reply {
    too_old: String,
    /// Those of the orders that Odoo keeps: not one of a company that the user is not in.
    taken: usize,
}

/// A batch, and what it tells of.
struct Batch {
    told: Vec<(String, i64)>,
    /// Of its steps.
    run: Option<String>,
    numbers: Vec<i64>,
    orders: Vec<OrderRow>,
    steps: Vec<StepRow>,
}

impl Teller {
    pub(super) fn new(client: Client, store: Arc<dyn Store>, instance: String, syncs: Vec<Sync>) -> Self {
        Self {
            client,
            store,
            instance,
            syncs,
            shops: None,
            at_once: ORDERS,
            left_out: HashMap::new(),
            compared: false,
        }
    }

    /// Tells the next batch. `false`: there is nothing to tell now.
    ///
    /// # Errors
    ///
    /// Odoo does not take it, or the store fails. What was not told is told again.
    pub async fn tell(&mut self, now: DateTime<Utc>) -> Result<bool, ExchangeError> {
        if !self.compared {
            if !anchor::holds(&self.client, self.store.as_ref()).await? {
                tracing::warn!(
                    "Odoo does not know the orders that it was told of (it was restored, or the addon is new): it is told of all"
                );
                self.store.tell_again().await?;
            }
            self.compared = true;
        }
        let Some(batch) = self.batch(now).await? else { return Ok(false) };
        let run = batch.run.as_deref().unwrap_or_default();
        let message = Message {
            protocol: PROTOCOL,
            instance: &format!("{}/{run}", self.instance),
            orders: &batch.orders,
            steps: &batch.steps,
        };
        let reply: Reply = match self.client.write(SERVICE, "take_orders", (message,), ()).await {
            Outcome::Committed(reply) => reply,
            Outcome::Refused(fault) if fault.kind() == FaultKind::AccessRights => {
                return Err(ExchangeError::Rights(fault.message().to_owned()));
            }
            Outcome::Refused(fault) if fault.is_transient() || fault.meets_every_call() => {
                return Err(CallError::Fault(fault).into());
            }
            Outcome::Refused(fault) => return self.refused(&batch, CallError::Fault(fault)),
            Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(error.into()),
        };
        if !reply.too_old.is_empty() {
            return Err(ExchangeError::Version(reply.too_old));
        }
        self.store.reported(&batch.told, &batch.numbers).await?;
        if reply.taken == batch.orders.len() && reply.taken > 0 {
            let taken: Vec<(&str, &str)> = batch.orders.iter().map(OrderRow::mark).collect();
            anchor::set(self.store.as_ref(), &taken).await?;
        }
        self.at_once = (self.at_once * 2).min(ORDERS);
        Ok(true)
    }

    /// One order that Odoo cannot take note of must not keep it from hearing of the others: it
    /// is looked for by halves, and left out until it changes.
    fn refused(&mut self, batch: &Batch, error: CallError) -> Result<bool, ExchangeError> {
        match batch.told.as_slice() {
            [(key, change)] if self.left_out.len() < LEFT_OUT => {
                tracing::warn!(order = %key, %error, "Odoo cannot take note of an order; it is left out there until it changes");
                self.left_out.insert(key.clone(), *change);
                Ok(true)
            }
            [_, _, ..] => {
                self.at_once = batch.told.len() / 2;
                Ok(true)
            }
            _ => Err(error.into()),
        }
    }

    async fn batch(&mut self, now: DateTime<Utc>) -> Result<Option<Batch>, ExchangeError> {
        let mut untold = self.untold(None).await?;
        if untold.is_empty() {
            untold = self.untold(Some(now - QUEUED_FOR)).await?;
        }
        let keys: Vec<String> = untold.iter().map(|one| one.item.key.clone()).collect();
        // Without orders to tell, what is left of them is told: more than one call took.
        let steps = of_one_run(self.store.steps(&keys, STEPS).await?);
        if untold.is_empty() && steps.is_empty() {
            return Ok(None);
        }
        let others = if untold.is_empty() { self.store.get(&keys_of(&steps)).await? } else { Vec::new() };
        self.learn_shops().await?;
        let read =
            untold.iter().map(|one| &one.item).chain(&others).map(|item| (item.key.as_str(), Read::of(item)));
        let read: BTreeMap<&str, Read<'_>> = read.collect();
        let told = untold.iter().map(|one| (one.item.key.clone(), one.change)).collect();
        let orders = untold
            .iter()
            .filter_map(|one| Some(read.get(one.item.key.as_str())?.order(one, self.shop_of(&one.item))));
        let orders = orders.collect();
        let run = steps.first().map(|kept| kept.run.clone());
        let numbers = steps.iter().map(|kept| kept.number).collect();
        let steps = steps.into_iter().filter_map(|kept| Some(read.get(kept.key.as_str())?.step(kept)));
        Ok(Some(Batch { told, run, numbers, orders, steps: steps.collect() }))
    }

    /// The orders to tell next.
    async fn untold(&self, queued_until: Option<DateTime<Utc>>) -> Result<Vec<Untold>, ExchangeError> {
        let mut untold = self.store.untold(queued_until, self.at_once + self.left_out.len()).await?;
        untold.retain(|one| self.left_out.get(&one.item.key) != Some(&one.change));
        untold.truncate(self.at_once);
        let mut bytes = 0;
        let mut fits = |one: &Untold| {
            let first = bytes == 0;
            bytes += one.item.raw.len();
            first || bytes <= RAW
        };
        let fit = untold.iter().take_while(|one| fits(one)).count();
        untold.truncate(fit);
        Ok(untold)
    }

    /// The `pos.config` id of an item's shop, 0 where it is not known.
    fn shop_of(&self, item: &Item) -> i64 {
        let shop = self
            .syncs
            .iter()
            .find(|sync| sync.id == item.sync)
            .and_then(|sync| sync.shops.of(OrderKey::parse(&item.key)?.location.as_deref()));
        match shop {
            Some(ShopRef::Id(id)) => *id,
            Some(ShopRef::Name(name)) => {
                self.shops.as_ref().and_then(|shops| shops.get(name)).copied().unwrap_or_default()
            }
            None => 0,
        }
    }

    /// Reads the ids of shops that the file has by name.
    async fn learn_shops(&mut self) -> Result<(), CallError> {
        #[derive(Deserialize)]
        struct Row {
            id: i64,
            name: String,
        }
        let is_named =
            |sync: &Sync| sync.shops.all().iter().any(|(shop, _)| matches!(shop, ShopRef::Name(_)));
        if self.shops.is_none() && self.syncs.iter().any(is_named) {
            let rows: Vec<Row> =
                self.client.search_read("pos.config", serde_json::json!([]), &["name"], "id desc").await?;
            self.shops = Some(rows.into_iter().map(|row| (row.name, row.id)).collect());
        }
        Ok(())
    }
}

/// Those of one process, by which Odoo tells their numbers apart; the others come next.
fn of_one_run(mut steps: Vec<KeptStep>) -> Vec<KeptStep> {
    if let Some(run) = steps.first().map(|first| first.run.clone()) {
        steps.retain(|kept| kept.run == run);
    }
    steps
}

fn keys_of(steps: &[KeptStep]) -> Vec<String> {
    let mut keys: Vec<String> = steps.iter().map(|kept| kept.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}
