//! What people decided, told to the addon and read back: a lost or older store learns from
//! Odoo what was decided, before anything is sent.
//!
//! The addon numbers decisions; the store notes the number that it has read through. A digest
//! of all of them shows, with each new connection, whether the two sides still agree: after a
//! restored Odoo, or an addon installed anew, everything is told and read again. The addon
//! decides which of two stands: the later one.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::order::OrderKey;
use crate::store::{Decided, Decision, Item, Store, StoreError};

use super::syncs::record_of;
use super::wire::text;

/// Decisions told or read at once.
const PAGE: usize = 200;
/// Note in the store: the number of the last decision that was read from Odoo.
const THROUGH: &str = "decisions.through";
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// How far the two sides are with each other.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The store belongs to this database, and the addon knows decisions.
    active: bool,
    /// Everything is told once more: after this key.
    retelling: Option<String>,
    /// The next call is to compare.
    comparing: bool,
    /// There is more to tell or to read right now.
    behind: bool,
    /// Odoo's clock less ours.
    skew: TimeDelta,
}

/// What we say of decisions.
#[derive(Debug, Serialize)]
pub(super) struct Asked {
    since: i64,
    told: Vec<Row>,
    digest: String,
    #[serde(skip)]
    ours: Vec<Decision>,
}

#[derive(Debug, Serialize)]
struct Row {
    key: String,
    sync: SyncRef,
    order: String,
    document: String,
    decision: &'static str,
    reason: String,
    by: String,
    at: String,
}

/// The sync of an order: id of the record, or name of the file's sync; empty when unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum SyncRef {
    Record(i64),
    File(String),
}

impl SyncRef {
    /// Of the stable id of a sync.
    pub fn of(id: &str) -> Self {
        record_of(id)
            .map_or_else(|| Self::File(id.strip_prefix("file:").unwrap_or_default().to_owned()), Self::Record)
    }
}

/// What the addon says of them.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    rows: Vec<Known>,
    through: i64,
    same: bool,
}

#[derive(Debug, Deserialize)]
struct Known {
    key: String,
    decision: String,
    reason: String,
    by: String,
    at: String,
    number: i64,
}

impl Ledger {
    /// Begins with a comparison of all decisions.
    pub fn begin(&mut self) {
        self.active = true;
        self.comparing = true;
        self.behind = true;
    }

    /// The addon is too old to know decisions.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether there is more to tell or to read right now.
    pub const fn is_behind(&self) -> bool {
        self.behind
    }

    /// Takes in the time of Odoo, as told with an answer at `now`.
    pub fn set_clock(&mut self, server: &str, now: DateTime<Utc>) {
        if let Ok(time) = NaiveDateTime::parse_from_str(server, TIME) {
            self.skew = time.and_utc() - now.trunc_subsecs(0);
        }
    }

    /// What is to be said now; `None` where nothing is.
    pub async fn ask(&self, store: &dyn Store, now: DateTime<Utc>) -> Result<Option<Asked>, StoreError> {
        if !self.active {
            return Ok(None);
        }
        let since = store.note(THROUGH).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let ours = match &self.retelling {
            Some(after) => store.decisions(false, after, PAGE).await?,
            None => store.decisions(true, "", PAGE).await?,
        };
        let digest = if self.comparing && ours.is_empty() { digest(store).await? } else { String::new() };
        let keys: Vec<String> = ours.iter().map(|decision| decision.key.clone()).collect();
        let items = if keys.is_empty() { Vec::new() } else { store.get(&keys).await? };
        let mut items: HashMap<String, Item> =
            items.into_iter().map(|item| (item.key.clone(), item)).collect();
        let told = ours.iter().map(|decision| self.row(items.remove(&decision.key), decision, now)).collect();
        Ok(Some(Asked { since, told, digest, ours }))
    }

    /// A decision as it is told, about an order that the inbox may not know.
    fn row(&self, item: Option<Item>, decision: &Decision, now: DateTime<Utc>) -> Row {
        let key = OrderKey::parse(&decision.key);
        let sync = item.as_ref().map_or("", |item| item.sync.as_str());
        // Ours was made by our clock, and not later than now whatever that clock did since.
        let at = if decision.told { decision.at } else { decision.at.min(now) + self.skew };
        Row {
            sync: SyncRef::of(sync),
            order: match (&key, item) {
                (Some(key), _) => key.order_id.clone(),
                (None, Some(item)) => item.external_id,
                (None, None) => String::new(),
            },
            document: document(&decision.key),
            key: decision.key.clone(),
            decision: decision.decided.as_str(),
            reason: decision.reason.clone(),
            by: decision.by.clone(),
            at: text(at),
        }
    }

    /// Takes in the answer to what was said.
    pub async fn hear(
        &mut self,
        store: &dyn Store,
        asked: Asked,
        told: Told,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Asked { since, ours, digest, .. } = asked;
        self.behind = !ours.is_empty() || told.rows.len() >= PAGE;
        if let Some(after) = &mut self.retelling {
            match ours.last() {
                Some(last) => last.key.clone_into(after),
                None => self.retelling = None,
            }
        }
        store.told(&ours).await?;
        if let Some(last) = told.rows.last() {
            let known: Vec<Decision> = told.rows.iter().filter_map(Known::decision).collect();
            store.learn(&known, now).await?;
            store.set_note(THROUGH, &last.number.to_string()).await?;
        }
        let compared = !digest.is_empty() && !self.behind && told.rows.is_empty();
        if told.through < since || (compared && !told.same && self.comparing) {
            tracing::warn!(
                "Odoo does not know what was decided as this store does (one of them was restored, or the addon is new): both are told everything"
            );
            self.retelling = Some(String::new());
            self.behind = true;
            store.set_note(THROUGH, "0").await?;
        }
        self.comparing &= !compared;
        self.behind |= self.comparing;
        Ok(())
    }
}

impl Known {
    /// The decision; `None` for one that this version does not know.
    fn decision(&self) -> Option<Decision> {
        let at = NaiveDateTime::parse_from_str(&self.at, TIME).ok()?.and_utc();
        Some(Decision {
            key: self.key.clone(),
            decided: Decided::parse(&self.decision)?,
            reason: self.reason.clone(),
            by: self.by.clone(),
            at,
            told: true,
        })
    }
}

/// The same as the addon's: a line each, in the order of their keys.
async fn digest(store: &dyn Store) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    let mut after = String::new();
    loop {
        let page = store.decisions(false, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(format!("{:x}", hash.finalize())) };
        last.key.clone_into(&mut after);
        for decision in &page {
            hash.update(format!("{} {}\n", decision.key, decision.decided.as_str()));
        }
    }
}

/// The last part of a key: `sale`, `refund` or `refund:ID`; empty where it is none.
pub(super) fn document(key: &str) -> String {
    OrderKey::parse(key).and_then(|_| key.rsplit('/').next()).unwrap_or_default().to_owned()
}
