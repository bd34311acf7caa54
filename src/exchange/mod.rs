//! The conversation with the addon: heartbeat, reports and answers one way, configuration
//! and requests the other. One call, one shape; a protocol number keeps an addon and a
//! service of different ages from misunderstanding each other. Orders are told by calls of
//! their own (`orders`), which nothing waits for.

mod binding;
mod days;
mod decisions;
mod draft;
mod orders;
mod sentences;
mod syncs;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Origin, Sync};
use crate::host;
use crate::odoo::{CallError, Client, Outcome};
use crate::order::Text;
use crate::store::{Store, StoreError};
use crate::sync::{Moment, OdooFacts, SyncReport, instance, known_instance};

pub use binding::Binding;
pub use days::tell_days;
use decisions::Ledger;
pub use draft::drafted;
pub use orders::Teller;
pub use sentences::Sentences;
pub use wire::{Answer, AnswerState, Report, RequestKind, SyncRequest};
use wire::{FileSync, Message, Outcome as Told, RecordReport, Subject};

/// The protocol that this service speaks.
pub const PROTOCOL: i64 = 1;

const SERVICE: &str = "external.order.service";
/// The name of an installation whose store was never used, and which only looks.
const LOOKS: &str = "looks-only";

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
                "Give the API user the access right \"External Orders Service: Service\" (Settings → Users)."
                    .into()
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
    pub problem: Text,
}

/// Our end of the conversation: what is known of the Odoo and of all syncs.
#[derive(Debug)]
pub struct Link {
    instance: String,
    host: String,
    /// It only looks, and leaves no trace in Odoo.
    looks: bool,
    /// What people should see to, shown in Odoo; empty for nothing, none while not known.
    pub notice: Option<String>,
    stamp: String,
    /// What is known about the Odoo.
    pub facts: OdooFacts,
    /// Its addon keeps how complete the days are.
    pub keeps_days: bool,
    /// The syncs that can run, from the file and from Odoo, archived ones included.
    pub syncs: Vec<Sync>,
    /// Ids of all syncs, runnable or not.
    pub known: BTreeSet<String>,
    /// Syncs that cannot run as they are configured.
    pub bad: Vec<BadSync>,
    /// The shops that Odoo granted to this installation, as of when it was asked.
    pub held: Option<(Vec<i64>, Moment)>,
    /// What people asked for in Odoo and nobody took up yet.
    asked: Vec<SyncRequest>,
    /// `database.uuid`; empty without the addon.
    database: String,
    file_syncs: Vec<Sync>,
    /// The file's syncs are to be told.
    file_due: bool,
    /// What was last reported of the file's syncs, by name.
    file_told: BTreeMap<String, Told>,
    /// What people decided.
    ledger: Ledger,
}

impl Link {
    /// Whether this store ever took part in a conversation.
    pub async fn was_open(store: &dyn Store) -> Result<bool, StoreError> {
        Ok(known_instance(store).await?.is_some())
    }

    /// Begins the conversation: finds out whether the addon is there, reads the syncs kept in
    /// Odoo, makes sure that the store belongs to this database, and reads what was decided
    /// that the store does not know. Without the addon the file's syncs are all there is.
    pub async fn open(client: &Client, config: &Config, store: &dyn Store) -> Result<Self, ExchangeError> {
        let mut link = Self::meet(client, config, store).await?;
        link.binding(client).check(store).await?;
        // Only now: what another database is shown of the file would be wrong.
        link.file_due = true;
        if link.facts.addon {
            link.ledger.begin();
            while link.ledger.is_behind() {
                link.exchange(client, config, store, &[], &[]).await?;
            }
        }
        Ok(link)
    }

    /// Only looks: reads the syncs, and makes sure that the store belongs to this database. The
    /// store stays as it is, and so does Odoo: it does not even note that we were heard (an addon
    /// of before that does).
    ///
    /// # Errors
    ///
    /// Odoo or the addon cannot be talked to, the store fails or belongs to another database.
    pub async fn look(client: &Client, config: &Config, store: &dyn Store) -> Result<Self, ExchangeError> {
        let link = Self::meet_to_look(client, config, store).await?;
        let own = link.binding(client);
        match Binding::bound(store).await? {
            Some(bound) if !bound.is(&own) => {
                Err(StoreError::OtherOdoo { bound: bound.to_string(), asked: own.to_string() }.into())
            }
            _ => Ok(link),
        }
    }

    /// The database that is talked to, whether or not the store belongs to it.
    ///
    /// # Errors
    ///
    /// Odoo or the addon cannot be talked to, or the store fails.
    pub async fn whose(
        client: &Client,
        config: &Config,
        store: &dyn Store,
    ) -> Result<Binding, ExchangeError> {
        Ok(Self::meet_to_look(client, config, store).await?.binding(client))
    }

    fn binding(&self, client: &Client) -> Binding {
        Binding::new(client, self.database.clone())
    }

    async fn meet(client: &Client, config: &Config, store: &dyn Store) -> Result<Self, ExchangeError> {
        Self::meet_as(instance(store).await?, false, client, config, store).await
    }

    async fn meet_to_look(
        client: &Client,
        config: &Config,
        store: &dyn Store,
    ) -> Result<Self, ExchangeError> {
        let known = known_instance(store).await?.unwrap_or_else(|| LOOKS.to_owned());
        Self::meet_as(known, true, client, config, store).await
    }

    async fn meet_as(
        instance: String,
        looks: bool,
        client: &Client,
        config: &Config,
        store: &dyn Store,
    ) -> Result<Self, ExchangeError> {
        let mut link = Self {
            instance,
            host: host::name(),
            looks,
            notice: None,
            stamp: String::new(),
            facts: OdooFacts::default(),
            keeps_days: false,
            syncs: Vec::new(),
            known: BTreeSet::new(),
            bad: Vec::new(),
            held: None,
            asked: Vec::new(),
            database: String::new(),
            file_due: false,
            file_told: BTreeMap::new(),
            file_syncs: config.syncs.clone(),
            ledger: Ledger::default(),
        };
        link.facts.addon = has_addon(client).await?;
        if link.facts.addon {
            link.exchange(client, config, store, &[], &[]).await?;
        } else {
            link.take_syncs(Vec::new(), config);
        }
        Ok(link)
    }

    /// Names the state of the configuration in Odoo; another one means that it changed.
    pub fn stamp(&self) -> &str {
        &self.stamp
    }

    /// The requests heard since this was last called. An addon repeats to a new connection
    /// those that an earlier one took and did not end, so one may come again.
    pub fn take_asked(&mut self) -> Vec<SyncRequest> {
        std::mem::take(&mut self.asked)
    }

    /// One exchange: tells, and takes in what Odoo says. Telling the same again does no harm.
    pub async fn exchange(
        &mut self,
        client: &Client,
        config: &Config,
        store: &dyn Store,
        reports: &[Report],
        answers: &[Answer],
    ) -> Result<(), ExchangeError> {
        if !self.facts.addon {
            return Ok(());
        }
        // The file's syncs are told as a whole: with each new connection, and with reports.
        let mut records = Vec::new();
        for Report { of, outcome } in reports {
            match of {
                Subject::Record(id) => records.push(RecordReport { sync: *id, outcome }),
                Subject::File(name) => {
                    self.file_told.insert(name.clone(), outcome.clone());
                    self.file_due = true;
                }
            }
        }
        let file_rows = || {
            self.file_syncs.iter().map(|sync| FileSync::of(sync, self.file_told.get(&sync.name))).collect()
        };
        let decisions = self.ledger.ask(store, SystemClock.now()).await?;
        let message = Message {
            protocol: PROTOCOL,
            service: wire::Service {
                instance: &self.instance,
                version: env!("CARGO_PKG_VERSION"),
                host: &self.host,
                notice: self.notice.as_deref(),
            },
            known: &self.stamp,
            looks: self.looks,
            reports: &records,
            answers,
            file_syncs: self.file_due.then(file_rows),
            decisions: decisions.as_ref(),
        };
        let asked = Moment::now();
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
        self.file_due = false;
        let now = SystemClock.now();
        self.ledger.set_clock(&reply.server_time, now);
        match (decisions, reply.decisions) {
            (Some(asked), Some(told)) => self.ledger.hear(store, asked, told, now).await?,
            (Some(_), None) => self.ledger.end(),
            (None, _) => {}
        }
        self.database = reply.database_uuid;
        self.facts.unique = reply.unique_uuid || reply.unique_key;
        self.facts.leases = reply.shops.is_some();
        self.facts.orders = reply.orders > 0;
        self.keeps_days = reply.days > 0;
        self.held = reply.shops.map(|shops| (shops, asked));
        if let Some(syncs) = reply.syncs {
            self.take_syncs(syncs, config);
        }
        self.stamp = reply.stamp;
        self.asked.extend(reply.requests);
        Ok(())
    }

    /// Who tells this Odoo of the orders in the store; `None` where its addon keeps none.
    pub fn teller(&self, client: &Client, store: &Arc<dyn Store>) -> Option<Teller> {
        self.facts.orders.then(|| {
            let (client, store) = (client.clone(), Arc::clone(store));
            Teller::new(client, store, self.instance.clone(), self.syncs.clone())
        })
    }

    fn take_syncs(&mut self, rows: Vec<wire::SyncRow>, config: &Config) {
        self.syncs.clear();
        self.bad.clear();
        self.known.clear();
        for row in rows {
            self.known.insert(syncs::id_of(row.id));
            let (id, name) = (row.id, row.name.clone());
            match syncs::convert(row, &config.secrets) {
                Ok(sync) => self.syncs.push(sync),
                Err(problem) => self.bad.push(BadSync { id, name, problem }),
            }
        }
        self.add_file_syncs(config);
    }

    /// Goes on with the syncs that the file has now.
    pub fn reread_file(&mut self, config: &Config) {
        self.file_syncs.clone_from(&config.syncs);
        self.file_due = true;
        self.syncs.retain(|sync| sync.origin != Origin::File);
        self.known.retain(|id| syncs::record_of(id).is_some());
        self.add_file_syncs(config);
    }

    fn add_file_syncs(&mut self, config: &Config) {
        for sync in &self.file_syncs {
            self.known.insert(sync.id.clone());
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

/// The report of a pass that ended at `now`.
pub async fn report_of(
    sync: &Sync,
    pass: &SyncReport,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Report, StoreError> {
    let subject = match sync.origin {
        Origin::Odoo(id) => Subject::Record(id),
        Origin::File => Subject::File(sync.name.clone()),
    };
    Ok(Report::of_pass(subject, pass, &store.counts(&sync.id).await?, now))
}

impl BadSync {
    /// The report that says so in Odoo.
    pub fn report(&self, now: DateTime<Utc>) -> Report {
        Report::of_problem(Subject::Record(self.id), self.problem.clone(), now)
    }
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
