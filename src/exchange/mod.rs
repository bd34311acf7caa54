//! The conversation with the addon: heartbeat, reports and answers one way, configuration
//! and requests the other. One call, one shape; a protocol number keeps an addon and a
//! service of different ages from misunderstanding each other.

mod syncs;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::config::{Config, Origin, Sync};
use crate::odoo::{CallError, Client, Outcome};
use crate::store::{Store, StoreError};
use crate::sync::{OdooFacts, SyncReport};

pub use wire::{Answer, AnswerState, FileSync, Message, Report, RequestKind, SyncRequest};

/// The protocol that this service speaks.
pub const PROTOCOL: i64 = 1;

const SERVICE: &str = "external.order.service";
/// Note in the store that holds the id of this installation.
const INSTANCE: &str = "instance";

/// Why the addon cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Odoo could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The addon is there, but the API user may not use it.
    #[error("the API user may not talk to the addon External Order Sync: {0}")]
    Rights(String),
    /// The addon and this service are of different ages.
    #[error("{0}")]
    Version(String),
}

impl ExchangeError {
    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::Call(_) => "Check that Odoo runs; the service goes on by itself.".into(),
            Self::Store(_) => "Check the disk that the store is on.".into(),
            Self::Rights(_) => {
                "Give the API user the group \"External Orders: Service\" (Settings → Users).".into()
            }
            Self::Version(_) => "Install the addon and the service of the same release.".into(),
        }
    }
}

/// A sync that is configured in a way that cannot run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSync {
    /// Record id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Our end of the conversation: what is known of the Odoo and of all syncs.
#[derive(Debug)]
pub struct Link {
    instance: String,
    host: String,
    stamp: String,
    /// What is known about the Odoo.
    pub facts: OdooFacts,
    /// The syncs that can run, from the file and from Odoo, archived ones included.
    pub syncs: Vec<Sync>,
    /// Ids of all syncs, runnable or not.
    pub known: BTreeSet<String>,
    /// Syncs that cannot run as they are configured.
    pub bad: Vec<BadSync>,
    file_syncs: Vec<Sync>,
}

impl Link {
    /// Begins the conversation: finds out whether the addon is there and reads the syncs
    /// kept in Odoo. Without the addon the file's syncs are all there is.
    pub async fn open(client: &Client, config: &Config, store: &dyn Store) -> Result<Self, ExchangeError> {
        let instance = if let Some(instance) = store.note(INSTANCE).await? {
            instance
        } else {
            let fresh = Uuid::new_v4().to_string();
            store.set_note(INSTANCE, &fresh).await?;
            fresh
        };
        let mut link = Self {
            instance,
            host: host_name(),
            stamp: String::new(),
            facts: OdooFacts::default(),
            syncs: Vec::new(),
            known: BTreeSet::new(),
            bad: Vec::new(),
            file_syncs: config.syncs.clone(),
        };
        link.facts.addon = has_addon(client).await?;
        if link.facts.addon {
            link.exchange(client, config, Vec::new(), Vec::new()).await?;
        } else {
            link.take_syncs(Vec::new(), config);
        }
        Ok(link)
    }

    /// Names the state of the configuration in Odoo; another one means that it changed.
    pub fn stamp(&self) -> &str {
        &self.stamp
    }

    /// One exchange. Returns the requests that people left in Odoo.
    pub async fn exchange(
        &mut self,
        client: &Client,
        config: &Config,
        reports: Vec<Report>,
        answers: Vec<Answer>,
    ) -> Result<Vec<SyncRequest>, ExchangeError> {
        if !self.facts.addon {
            return Ok(Vec::new());
        }
        let message = Message {
            protocol: PROTOCOL,
            service: wire::Service {
                instance: &self.instance,
                version: env!("CARGO_PKG_VERSION"),
                host: &self.host,
            },
            known: &self.stamp,
            reports: &reports,
            answers: &answers,
            // Told once: afterwards only what became of them changes, and that is reported.
            file_syncs: self.stamp.is_empty().then(|| self.file_syncs.iter().map(FileSync::of).collect()),
        };
        let reply = match client.write::<wire::Reply>(SERVICE, "exchange", (message,), ()).await {
            Outcome::Committed(reply) => reply,
            Outcome::Refused(fault) if fault.kind() == crate::odoo::FaultKind::AccessRights => {
                return Err(ExchangeError::Rights(fault.message().to_owned()));
            }
            Outcome::Refused(fault) => return Err(CallError::Fault(fault).into()),
            // Taking the same reports and answers again changes nothing.
            Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(error.into()),
        };
        if !reply.too_old.is_empty() {
            return Err(ExchangeError::Version(reply.too_old));
        }
        self.facts.unique_uuid = reply.unique_uuid;
        if let Some(syncs) = reply.syncs {
            self.take_syncs(syncs, config);
        }
        self.stamp = reply.stamp;
        Ok(reply.requests)
    }

    /// Reports a pass over a sync, where somebody can see it.
    pub async fn report(
        &mut self,
        client: &Client,
        config: &Config,
        reports: Vec<Report>,
    ) -> Result<(), ExchangeError> {
        self.exchange(client, config, reports, Vec::new()).await.map(drop)
    }

    fn take_syncs(&mut self, rows: Vec<wire::SyncRow>, config: &Config) {
        self.syncs.clear();
        self.bad.clear();
        self.known = self.file_syncs.iter().map(|sync| sync.id.clone()).collect();
        for row in rows {
            self.known.insert(syncs::id_of(row.id));
            let (id, name) = (row.id, row.name.clone());
            match syncs::convert(row, &config.secrets) {
                Ok(sync) => self.syncs.push(sync),
                Err(problem) => self.bad.push(BadSync { id, name, problem }),
            }
        }
        for sync in &self.file_syncs {
            match self.syncs.iter().find(|other| other.active && sync.active && other.feed() == sync.feed()) {
                None => self.syncs.push(sync.clone()),
                Some(other) => tracing::error!(
                    "the sync \"{}\" is kept in {} and, as \"{}\", in Odoo: only the one in Odoo runs; remove the [[sync]] from the file",
                    sync.name,
                    config.path.display(),
                    other.name
                ),
            }
        }
    }
}

/// The report of a pass for Odoo; `None` for a sync that Odoo does not know.
pub async fn report_of(
    sync: &Sync,
    pass: &SyncReport,
    store: &dyn Store,
) -> Result<Option<Report>, StoreError> {
    let Origin::Odoo(id) = sync.origin else { return Ok(None) };
    let counts = store.counts(&sync.id).await?;
    Ok(Some(Report::of_pass(id, pass, &counts)))
}

/// Whether the addon's fields stand on `pos.order`, which any POS user can see.
pub async fn has_addon(client: &Client) -> Result<bool, CallError> {
    let fields: BTreeMap<String, BTreeMap<String, String>> = client
        .read(
            "pos.order",
            "fields_get",
            (["external_order_key"],),
            serde_json::json!({"attributes": ["type"]}),
        )
        .await?;
    Ok(!fields.is_empty())
}

fn host_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_else(|| "unnamed host".to_owned())
}
