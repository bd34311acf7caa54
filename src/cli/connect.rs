//! What most commands begin with: configuration, store, Odoo, the conversation with the addon.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::clock::SystemClock;
use crate::config::{Config, StoreSettings, Sync};
use crate::daemon::TELLING;
use crate::exchange::{ExchangeError, Link, report_of};
use crate::odoo::{Client, ConnectError, OdooConfig};
use crate::source::http::Allowed;
use crate::store::lease::SERVICE;
use crate::store::{Lock, LockError, PostgresStore, SqliteStore, Store};
use crate::sync::{Engine, EngineSettings, SyncReport};

use super::exit::{CliError, Exit};
use super::stop::Stop;
use super::syncs;

/// How long a command tells Odoo of orders at most.
pub(super) const TELLING_TAKES: Duration = Duration::from_secs(20);

/// Everything that a pass needs.
pub(super) struct Session {
    pub config: Config,
    pub client: Client,
    pub engine: Engine,
    pub link: Link,
}

impl Session {
    /// Logs in and reads the syncs.
    pub async fn open(config: Config, store: Arc<dyn Store>) -> Result<Self, CliError> {
        let client = reach(&config, store.as_ref()).await?;
        let link = Link::open(&client, &config, store.as_ref()).await?;
        let engine = engine(&config, store)?;
        Ok(Self { config, client, engine, link })
    }

    /// The same for a command that only looks: neither the store nor Odoo notes anything of it.
    pub async fn look(config: Config, store: Arc<dyn Store>) -> Result<Self, CliError> {
        let client = reach(&config, store.as_ref()).await?;
        let link = Link::look(&client, &config, store.as_ref()).await?;
        let engine = engine(&config, store)?;
        Ok(Self { config, client, engine, link })
    }

    /// The syncs to work on: the one of this name, or all active ones.
    pub fn syncs(&self, name: Option<&str>) -> Result<Vec<Sync>, CliError> {
        match name {
            Some(name) => Ok(vec![self.named(name)?]),
            None => Ok(self.link.syncs.iter().filter(|sync| sync.active).cloned().collect()),
        }
    }

    /// The sync of a name, or the only one where none is said.
    pub fn sync(&self, name: Option<&str>) -> Result<Sync, CliError> {
        match name {
            None => syncs::only(&self.link.syncs).cloned(),
            Some(name) => self.named(name),
        }
    }

    fn named(&self, name: &str) -> Result<Sync, CliError> {
        if let Some(bad) = self.link.bad.iter().find(|bad| bad.name == name) {
            return Err(CliError::usage(format!("the sync \"{name}\" cannot run"), bad.problem.to_string()));
        }
        syncs::by_name(&self.link.syncs, name).cloned()
    }

    /// Ends the work of a command that changed orders: Odoo is told of them, and the shops are
    /// free for others. Told to end, the command says no more than it can in a moment.
    pub async fn leave(&mut self, stop: &Stop) -> Result<(), CliError> {
        let told = match stop.check() {
            Ok(()) => stop.last_word(self.tell_orders()).await.transpose(),
            Err(_) => Ok(None),
        };
        stop.last_word(self.end()).await;
        told.map(drop)
    }

    /// Ends the work: the shops are free for others.
    pub async fn end(&self) {
        self.engine.give_back(&self.client, self.link.facts).await;
    }

    /// Tells Odoo of orders, as many as fit into a while. The rest is told the next time.
    pub async fn tell_orders(&mut self) -> Result<(), CliError> {
        let store = self.engine.shared_store();
        let Some(mut teller) = self.link.teller(&self.client, &store) else { return Ok(()) };
        let Ok(lease) = self.engine.shared().take(TELLING).await? else { return Ok(()) };
        let tell = async {
            while teller.tell(self.engine.now()).await? {}
            Ok::<_, ExchangeError>(())
        };
        match timeout(TELLING_TAKES, tell).await {
            Ok(Err(ExchangeError::Store(error))) => return Err(error.into()),
            Ok(Err(error)) => tracing::warn!(%error, "Odoo could not be told of all orders"),
            Ok(Ok(())) => {}
            Err(_) => tracing::info!("Odoo is told of the other orders the next time"),
        }
        Ok(lease.give_back(self.engine.store()).await?)
    }

    /// Shows the report of a pass in Odoo, too.
    pub async fn report(&mut self, sync: &Sync, pass: &SyncReport) -> Result<(), CliError> {
        let report = report_of(sync, pass, self.engine.store(), self.engine.now()).await?;
        let store = self.engine.store();
        if let Err(error) = self.link.exchange(&self.client, &self.config, store, &[report], &[]).await {
            // The pass itself is done and recorded; its next report says the same.
            tracing::warn!(%error, "the report could not be shown in Odoo");
        }
        Ok(())
    }
}

impl From<ExchangeError> for CliError {
    fn from(error: ExchangeError) -> Self {
        let exit = match error {
            ExchangeError::Store(error) => return error.into(),
            ExchangeError::Call(_) => Exit::Unreachable,
            ExchangeError::Rights(_) | ExchangeError::Version(_) => Exit::Usage,
        };
        Self { exit, message: error.to_string(), hint: Some(error.fix()) }
    }
}

/// Opens the store of a configuration.
pub(super) async fn store(config: &Config) -> Result<Arc<dyn Store>, CliError> {
    Ok(match &config.store {
        StoreSettings::File(path) => Arc::new(SqliteStore::open(path).await?),
        StoreSettings::Postgres(url) => {
            let url = url.read(config.folder()).map_err(|error| {
                CliError::usage(format!("{}: [store]: {error}", config.path.display()), None)
            })?;
            Arc::new(PostgresStore::open(&url).await?)
        }
    })
}

/// Who works on a store.
pub(super) enum Work {
    /// This command, as long as it holds this.
    Ours(Option<Lock>),
    /// A running service, which takes requests.
    Theirs,
}

/// Begins to work on a store, as the command `what`. In a database several may work at the
/// same time; a command leaves it to a service all the same, whose report says it all.
pub(super) async fn work(config: &Config, store: &dyn Store, what: &str) -> Result<Work, CliError> {
    match &config.store {
        StoreSettings::File(path) => match Lock::acquire(path, what) {
            Ok(lock) => Ok(Work::Ours(Some(lock))),
            Err(LockError::Held { .. }) => Ok(Work::Theirs),
            Err(error) => Err(error.into()),
        },
        StoreSettings::Postgres(_) if store.holders(SERVICE).await?.is_empty() => Ok(Work::Ours(None)),
        StoreSettings::Postgres(_) => Ok(Work::Theirs),
    }
}

/// Logs in to Odoo.
pub(super) async fn odoo(config: &Config) -> Result<Client, CliError> {
    Ok(Client::connect(&settings(config)?).await?)
}

/// The same for a command that works on a store, see [`not_reached`].
async fn reach(config: &Config, store: &dyn Store) -> Result<Client, CliError> {
    let known = Link::was_open(store).await?;
    Client::connect(&settings(config)?).await.map_err(|error| not_reached(error, known))
}

/// How Odoo is reached, the secret read.
pub(super) fn settings(config: &Config) -> Result<OdooConfig, CliError> {
    config
        .odoo
        .connection(config.folder())
        .map_err(|error| CliError::usage(format!("{}: [odoo]: {error}", config.path.display()), None))
}

/// The end of a pass that cannot log in. What answers in Odoo's place, such as a proxy's page,
/// is not Odoo; and where there was a connection with this store before (`known`), a server
/// that lacks the database is not the wrong one.
fn not_reached(error: ConnectError, known: bool) -> CliError {
    let elsewhere = matches!(error, ConnectError::NotOdoo { .. }) || (known && error.is_elsewhere());
    let error = CliError::from(error);
    if elsewhere { CliError { exit: Exit::Unreachable, ..error } } else { error }
}

/// The engine of a configuration.
pub(super) fn engine(config: &Config, store: Arc<dyn Store>) -> Result<Engine, CliError> {
    let allow = config
        .network
        .allow
        .iter()
        .map(|text| {
            text.parse::<Allowed>().map_err(|error| {
                CliError::usage(format!("{}: [network] allow: {error}", config.path.display()), None)
            })
        })
        .collect::<Result<_, _>>()?;
    let settings =
        EngineSettings { parallel: config.odoo.parallel, unknown_settle: config.odoo.unknown_settle, allow };
    Ok(Engine::new(store, Arc::new(SystemClock), settings))
}
